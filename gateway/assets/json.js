// JSON as a tree that opens and closes and can be searched.  Children come
// into the page when their parent is opened.

import { button, el } from './dom.js';

const TOGETHER = 200;   // children shown at a time
const OPEN = 60;        // values that are open from the start

// A number as it was written: 1.0 and 12345678901234567890 stay so.
class Literal {
  constructor(source) {
    this.source = source;
  }
}

export function parse(text) {
  return JSON.parse(text, (key, value, context) =>
    (typeof value === 'number' && context?.source !== undefined &&
      context.source !== String(value) ? new Literal(context.source) : value));
}

const isTree = (value) => typeof value === 'object' && value !== null &&
  !(value instanceof Literal);

const members = (value) => (Array.isArray(value)
  ? value.map((one, i) => [i, one]) : Object.entries(value));

function scalar(value) {
  const written = value instanceof Literal ? value.source
    : JSON.stringify(value);
  const kind = value instanceof Literal ? 'number'
    : value === null ? 'null' : typeof value;
  return el('span', { class: `json-${kind}` }, written);
}

const brief = (value) => (Array.isArray(value)
  ? `[${value.length}]` : `{${Object.keys(value).length}}`);

function weight(value, most) {
  let n = 1;
  if (isTree(value))
    for (const [, one] of members(value)) {
      n += weight(one, most - n);
      if (n > most)
        break;
    }
  return n;
}

export class JsonTree {
  constructor(value) {
    this.value = value;
    this.nodes = new Map();     // path: { details, fill }
    this.element = el('div', { class: 'json' },
      this.node('', null, value, weight(value, OPEN * 8) <= OPEN * 8));
  }

  node(path, name, value, open) {
    const label = name === null ? '' : [
      el('span', { class: 'json-name' },
        typeof name === 'number' ? String(name) : JSON.stringify(name)), ': '];
    if (!isTree(value))
      return el('div', { class: 'json-line', 'data-path': path }, label,
        scalar(value));
    const details = el('details', { 'data-path': path }, el('summary', {},
      label, el('span', { class: 'dim' }, brief(value))));
    const inside = el('div', { class: 'json-inside' });
    let had = 0;
    const list = members(value);
    const more = button('', () => fill(had + TOGETHER), { class: 'quiet' });
    const fill = (until) => {
      more.remove();
      for (; had < Math.min(until, list.length); had++)
        inside.append(this.node(`${path}/${had}`, ...list[had], open));
      if (had < list.length) {
        more.textContent = `${list.length - had} more…`;
        inside.append(more);
      }
    };
    const unfold = () => had || fill(TOGETHER);
    details.append(inside);
    details.addEventListener('toggle', () => details.open && unfold());
    this.nodes.set(path, { details, unfold, fill });
    if (open || path === '') {
      details.open = true;
      unfold();
    }
    return details;
  }

  fold(open) {
    for (const [path, { details, unfold }] of this.nodes) {
      details.open = open || path === '';
      if (open)
        unfold();
    }
  }

  // Paths of the names and scalars that have the text.
  find(text) {
    const wanted = text.toLowerCase();
    const found = [];
    const walk = (path, name, value) => {
      const own = isTree(value) ? ''
        : value instanceof Literal ? value.source : JSON.stringify(value);
      if (`${name ?? ''}\n${own}`.toLowerCase().includes(wanted))
        found.push(path);
      if (isTree(value))
        members(value).forEach(([key, one], i) =>
          walk(`${path}/${i}`, key, one));
    };
    walk('', null, this.value);
    return found;
  }

  // Opens what is around the path; its element.
  reveal(path) {
    const steps = path.split('/').slice(1);
    let at = '';
    for (const step of steps) {
      const { details, fill } = this.nodes.get(at);
      details.open = true;
      fill(Number(step) + 1);
      at += `/${step}`;
    }
    return this.element.querySelector(`[data-path="${CSS.escape(path)}"]`);
  }
}
