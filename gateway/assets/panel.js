// The panel beside a table with the details of what is selected: a part of
// the window whose width can be dragged, a drawer where that is narrow.

import { $, button, el, icon, tabs } from './dom.js';
import { tabsOf, titleOf } from './detail.js';
import { change } from './place.js';

const LEAST = 25, MOST = 80;    // percent of the width
const AGAIN = 1500;             // ms, while an exchange goes on

export class Panel {
  constructor(name, grid) {
    this.name = name;
    this.grid = grid;
    this.shown = null;          // id
    this.loading = null;
    this.element = el('section', { class: 'panel', hidden: true,
      'aria-label': 'Details' });
    this.separator = el('div', { role: 'separator', class: 'separator',
      tabindex: 0, 'aria-orientation': 'vertical', 'aria-valuemin': LEAST,
      'aria-valuemax': MOST, 'aria-label': 'Width of the details',
      hidden: true });
    this.separator.addEventListener('pointerdown', (event) => this.drag(event));
    this.separator.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: 3, ArrowRight: -3 }[event.key];
      if (step)
        this.size(this.percent + step);
    });
    this.size(Number(localStorage.getItem('hark-panel')) || 50);
  }

  get open() {
    return this.shown !== null;
  }

  size(percent) {
    this.percent = Math.round(Math.max(LEAST, Math.min(MOST, percent)));
    document.documentElement.style.setProperty('--panel', `${this.percent}%`);
    this.separator.setAttribute('aria-valuenow', this.percent);
    localStorage.setItem('hark-panel', this.percent);
  }

  drag(event) {
    const frame = this.element.parentElement.getBoundingClientRect();
    this.separator.setPointerCapture(event.pointerId);
    const move = ({ clientX }) =>
      this.size((frame.right - clientX) / frame.width * 100);
    this.separator.addEventListener('pointermove', move);
    this.separator.addEventListener('lostpointercapture', () =>
      this.separator.removeEventListener('pointermove', move), { once: true });
  }

  show(id, tab, load) {
    this.element.hidden = this.separator.hidden = id === null;
    this.tab = tab || this.tab;
    if (id === this.shown)
      return;
    this.shown = id;
    this.load = load;
    this.loading?.abort();
    if (id !== null)
      this.refresh();
  }

  // What is shown anew: it may have come further.
  async refresh() {
    this.loading?.abort();
    const mine = this.loading = new AbortController();
    try {
      const exchange = await this.load(mine.signal);
      if (!mine.signal.aborted)
        this.fill(exchange, mine.signal);
    } catch (error) {
      if (!mine.signal.aborted)
        this.element.replaceChildren(this.head([`#${this.shown}`]),
          el('p', { class: 'fault' }, error.status === 404
            ? 'It is not there any more.' : error.message));
    }
  }

  head(title) {
    return el('header', { class: 'panelhead' }, title,
      button([icon('close')], () => this.onClose(),
        { class: 'quiet', 'aria-label': 'Close the details (Esc)',
          title: 'Close (Esc)' }));
  }

  fill(exchange, signal) {
    const within = document.activeElement?.id || '';
    const before = $('.tabpanel', this.element);
    const top = before && this.filled === exchange.id ? before.scrollTop : 0;
    const [bar, panel] = tabs('Details', tabsOf(exchange, signal), this.tab,
      (key) => {
        this.tab = key;
        change({ tab: key });
      });
    this.element.replaceChildren(this.head(titleOf(exchange)), bar, panel);
    panel.scrollTop = top;
    this.filled = exchange.id;
    if (within.startsWith('tab-') || this.wanted)
      this.focus();
    if (exchange.state === 'open' && /overview|messages/.test(this.tab))
      setTimeout(() => signal.aborted || this.refresh(), AGAIN);
  }

  // Once it is there.
  focus() {
    const tab = $('[role=tab][aria-selected=true]', this.element);
    this.wanted = !tab;
    tab?.focus();
  }
}
