// A table of which only the rows in sight are in the page, so that ten
// thousand stay fluid.  Rows have one height; the newest are at the end, and
// who has scrolled away from it keeps the place.

import { button, el } from './dom.js';

const HEIGHT = 26;
const SPARE = 12;       // rows kept on both sides of what is seen
export const MOST = 10000;      // rows; the oldest go

export class Grid {
  // columns: { key, label, width, rank, cell: (row) => text or node }.  Where
  // there is no room the highest ranks go first; one has the least width
  // `flexible` and takes the rest.  mark(row) is a class for the row.
  constructor({ name, label, columns, mark, onSelect, onOpen }) {
    Object.assign(this, { name, columns, mark, onSelect, onOpen });
    this.rows = [];
    this.drawn = new Map();         // id: its element
    this.current = null;            // id
    this.marked = new Set();        // ids, for what is done to several
    this.follows = true;
    this.fresh = 0;                 // rows since it does not
    this.hidden = new Set(JSON.parse(
      localStorage.getItem(`hark-hidden-${name}`) ||
        JSON.stringify(columns.filter((c) => c.rare).map((c) => c.key))));
    this.make(label);
  }

  make(label) {
    this.header = el('div', { role: 'row', 'aria-rowindex': 1, class: 'row' });
    this.body = el('div', { role: 'rowgroup', class: 'rows' });
    this.grid = el('div', { role: 'grid', tabindex: 0, class: 'grid',
      'aria-label': label, 'aria-multiselectable': 'true' },
    el('div', { role: 'rowgroup', class: 'head' }, this.header), this.body);
    this.pill = button('', () => this.toEnd(), { class: 'pill', hidden: true });
    this.element = el('div', { class: 'gridframe' }, this.grid, this.pill);
    this.grid.addEventListener('scroll', () => this.onScroll());
    this.body.addEventListener('click', (event) => this.onClick(event));
    this.grid.addEventListener('keydown', (event) => {
      if (/^(Arrow(Up|Down)|Page(Up|Down)|Home|End)$/.test(event.key) &&
        this.key(event))
        event.preventDefault();
    });
    new ResizeObserver(() => this.fit()).observe(this.grid);
  }

  // Which columns there is room for.
  fit() {
    const wanted = this.columns.filter((c) => !this.hidden.has(c.key));
    const least = (list) => list.reduce(
      (sum, c) => sum + (c.flexible || c.width), 0);
    let shown = wanted;
    if (this.grid.clientWidth === 0)
      return;
    while (least(shown) > this.grid.clientWidth && shown.length > 1) {
      const last = Math.max(...shown.map((c) => c.rank));
      shown = shown.filter((c) => c.rank !== last);
    }
    this.shown = shown;
    this.grid.style.setProperty('--columns', shown.map((c) => c.flexible
      ? 'minmax(0, 1fr)' : `${c.width}px`).join(' '));
    this.header.replaceChildren(...shown.map((c) => el('div', {
      role: 'columnheader', class: `cell ${c.key}` }, c.label)));
    this.redraw();
    this.keepEnd();
  }

  hide(key, yes) {
    this.hidden[yes ? 'add' : 'delete'](key);
    localStorage.setItem(`hark-hidden-${this.name}`,
      JSON.stringify([...this.hidden]));
    this.fit();
  }

  // All rows anew, in ascending order of id.
  set(rows) {
    this.rows = rows.slice(-MOST);
    this.fresh = 0;
    this.follows = this.at(this.current) < 0;
    if (this.follows)
      this.marked.clear();
    this.redraw();
    this.keepEnd();
    this.reveal();
  }

  // Newer rows, or what has become of those that are there.
  add(rows) {
    for (const row of rows) {
      if (this.rows.length === 0 || row.id > this.rows.at(-1).id) {
        this.rows.push(row);
        this.fresh += !this.follows;
      } else {
        this.update(row);
      }
    }
    const gone = this.rows.length - MOST;
    if (gone > 0) {
      this.rows.splice(0, gone);
      if (!this.follows)
        this.grid.scrollTop -= gone * HEIGHT;
    }
    this.draw();
    this.keepEnd();
  }

  // Older rows, in ascending order, before those that are there.
  addOlder(rows) {
    const taken = rows.slice(-(MOST - this.rows.length || rows.length));
    this.rows.unshift(...taken);
    this.draw();
    if (!this.follows)
      this.grid.scrollTop += taken.length * HEIGHT;
    this.keepEnd();
  }

  update(row) {
    const at = this.at(row.id);
    if (at < 0)
      return;
    this.rows[at] = row;
    this.drawn.get(row.id)?.remove();
    this.drawn.delete(row.id);
  }

  remove(id) {
    const at = this.at(id);
    if (at >= 0)
      this.rows.splice(at, 1);
    this.marked.delete(id);
    this.draw();
  }

  // Where the row with this id is, -1 if it is not.
  at(id) {
    let low = 0, high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].id < id)
        low = middle + 1;
      else
        high = middle;
    }
    return low < this.rows.length && this.rows[low].id === id ? low : -1;
  }

  row(id) {
    return this.rows[this.at(id)];
  }

  chosen() {
    return this.rows.filter((row) => this.marked.has(row.id));
  }

  room() {
    return Math.max(0, this.grid.clientHeight - HEIGHT);
  }

  redraw() {
    for (const element of this.drawn.values())
      element.remove();
    this.drawn.clear();
    this.draw();
  }

  draw() {
    if (!this.shown)
      return;
    const top = this.grid.scrollTop;
    const first = Math.max(0, Math.floor(top / HEIGHT) - SPARE);
    const last = Math.min(this.rows.length,
      Math.ceil((top + this.room()) / HEIGHT) + SPARE);
    const seen = new Set();
    this.body.style.height = `${this.rows.length * HEIGHT}px`;
    this.grid.setAttribute('aria-rowcount', this.rows.length + 1);
    for (let i = first; i < last; i++) {
      seen.add(this.rows[i].id);
      this.place(this.rows[i], i);
    }
    for (const [id, element] of this.drawn)
      if (!seen.has(id)) {
        element.remove();
        this.drawn.delete(id);
      }
    this.drawCurrent();
    this.pill.hidden = this.fresh === 0 || this.atEnd();
    this.pill.textContent = `↓ ${this.fresh} new`;
  }

  place(row, index) {
    let element = this.drawn.get(row.id);
    if (!element) {
      element = el('div', { role: 'row', class: `row ${this.mark(row)}`,
        id: `${this.name}-${row.id}` },
      this.shown.map((c) => el('div', { role: 'gridcell',
        class: `cell ${c.key}` }, c.cell(row))));
      this.drawn.set(row.id, element);
      this.body.append(element);
    }
    element.style.top = `${index * HEIGHT}px`;
    element.setAttribute('aria-rowindex', index + 2);
    element.setAttribute('aria-selected', this.marked.has(row.id));
    element.classList.toggle('current', row.id === this.current);
  }

  drawCurrent() {
    if (this.drawn.has(this.current))
      this.grid.setAttribute('aria-activedescendant',
        `${this.name}-${this.current}`);
    else
      this.grid.removeAttribute('aria-activedescendant');
  }

  atEnd() {
    return this.grid.scrollTop + this.grid.clientHeight >=
      this.grid.scrollHeight - HEIGHT / 2;
  }

  keepEnd() {
    if (this.follows)
      this.grid.scrollTop = this.grid.scrollHeight;
  }

  toEnd() {
    this.follows = true;
    this.fresh = 0;
    this.keepEnd();
    this.draw();
    this.grid.focus();
  }

  onScroll() {
    this.follows = this.atEnd();
    if (this.follows)
      this.fresh = 0;
    this.draw();
  }

  onClick(event) {
    const element = event.target.closest('[role=row]');
    if (!element)
      return;
    const id = Number(element.id.slice(this.name.length + 1));
    if (event.shiftKey)
      this.extend(id);
    else if (event.ctrlKey || event.metaKey)
      this.toggle(id);
    else
      this.select(id);
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey)
      this.onOpen(id);
  }

  toggle(id) {
    if (!this.marked.delete(id))
      this.marked.add(id);
    this.arrive(id);
  }

  extend(id) {
    const from = Math.max(0, this.at(this.anchor));
    const to = this.at(id);
    this.marked = new Set(this.rows
      .slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.id));
    this.arrive(id);
  }

  select(id) {
    this.marked = new Set(id === null ? [] : [id]);
    this.anchor = id;
    this.arrive(id);
  }

  // The row becomes the current one.
  arrive(id) {
    const at = this.at(id);
    this.current = id;
    if (at >= 0)
      this.follows = at === this.rows.length - 1;
    this.reveal();
    this.draw();
    this.onSelect(id);
  }

  // Brings the current row into sight.
  reveal() {
    const top = this.at(this.current) * HEIGHT;
    if (top < 0)
      return;
    if (top < this.grid.scrollTop)
      this.grid.scrollTop = top;
    else if (top + HEIGHT > this.grid.scrollTop + this.room())
      this.grid.scrollTop = top + HEIGHT - this.room();
  }

  // Whether the key was one that moves.
  key(event) {
    const page = Math.max(1, Math.floor(this.room() / HEIGHT) - 1);
    const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, J: 1, K: -1,
      PageDown: page, PageUp: -page, Home: -MOST, End: MOST };
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey)
      return false;
    if (this.rows.length === 0)
      return true;
    const at = this.at(this.current);
    const to = at < 0 ? (step > 0 ? this.rows.length - 1 : 0) : at + step;
    const { id } =
      this.rows[Math.max(0, Math.min(this.rows.length - 1, to))];
    if (event.shiftKey)
      this.extend(id);
    else
      this.select(id);
    if (!document.activeElement.closest('.panel'))
      this.grid.focus();
    return true;
  }
}
