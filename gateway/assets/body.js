// A body as what it is: JSON as a tree, text, a form, an image, or bytes.

import { attempt, button, download, el, icon } from './dom.js';
import { all, some } from './api.js';
import { bytes, kind, pairs } from './format.js';
import { JsonTree, parse } from './json.js';

const LIMIT = 512 * 1024;
const HEX = 8 * 1024;

// In an <img> none of these runs anything; SVG neither.
const IMAGES = /^image\/(png|jpeg|gif|webp|avif|bmp|x-icon|svg\+xml)$/;

const essence = (type) => type.split(';')[0].trim().toLowerCase();

function textOf(data) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data);
    return /[\0-\x08\x0e-\x1a]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function jsonOf(text) {
  try {
    return { value: parse(text) };
  } catch {
    return null;
  }
}

function hex(data) {
  const lines = [];
  for (let at = 0; at < Math.min(data.length, HEX); at += 16) {
    const row = [...data.subarray(at, at + 16)];
    const numbers = row.map((b) => b.toString(16).padStart(2, '0')).join(' ');
    const letters = row.map((b) =>
      (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ` +
      `${numbers.padEnd(48)} ${letters}`);
  }
  if (data.length > HEX)
    lines.push(`… ${bytes(data.length - HEX)} more`);
  return el('pre', { class: 'text', tabindex: 0, 'aria-label': 'Bytes' },
    lines.join('\n'));
}

// Text with what is looked for marked by ranges, not by elements.
class Text {
  constructor(text) {
    this.text = text;
    this.node = document.createTextNode(text);
    this.element = el('pre', { class: 'text', tabindex: 0,
      'aria-label': 'Text' }, this.node);
  }

  find(wanted) {
    const found = [];
    const text = this.text.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0 && found.length < 10000;
      at = text.indexOf(wanted, at + wanted.length))
      found.push([at, wanted.length]);
    return found;
  }

  reveal([at, length]) {
    const range = new Range();
    range.setStart(this.node, at);
    range.setEnd(this.node, at + length);
    CSS.highlights?.set('found', new Highlight(range));
    const { top } = range.getBoundingClientRect();
    const box = this.element.getBoundingClientRect();
    this.element.scrollTop += top - box.top - this.element.clientHeight / 2;
    return this.element;
  }
}

// A field that looks through a Text or JsonTree, from match to match.
function search(shown) {
  let found = [], at = -1, marked = null;
  const said = el('span', { class: 'dim', role: 'status' });
  const step = (by) => {
    marked?.classList.remove('found');
    if (found.length === 0)
      return;
    at = (at + by + found.length) % found.length;
    marked = shown.reveal(found[at]);
    marked.classList.add('found');
    if (!(shown instanceof Text))
      marked.scrollIntoView({ block: 'nearest' });
    said.textContent = `${at + 1} of ${found.length}`;
  };
  const field = el('input', { type: 'search', placeholder: 'Search the body',
    'aria-label': 'Search the body', oninput: () => {
      const wanted = field.value.toLowerCase();
      found = wanted ? shown.find(wanted) : [];
      at = -1;
      said.textContent = wanted ? 'nothing found' : '';
      CSS.highlights?.delete('found');
      step(1);
    }, onkeydown: (event) => {
      if (event.key === 'Enter')
        step(event.shiftKey ? -1 : 1);
    } });
  return [field, said];
}

function image(data, type, signal) {
  const url = URL.createObjectURL(new Blob([data], { type }));
  signal.addEventListener('abort', () => URL.revokeObjectURL(url));
  const shown = el('img', { src: url, alt: 'The image in the body' });
  const size = el('p', { class: 'dim' });
  shown.addEventListener('load', () => {
    size.textContent = `${shown.naturalWidth} × ${shown.naturalHeight} pixels`;
  });
  shown.addEventListener('error', () => {
    size.textContent = 'The image cannot be read.';
  });
  return el('div', { class: 'image' }, shown, size);
}

function form(text) {
  return el('table', { class: 'pairs', 'aria-label': 'Form' }, el('tbody', {},
    pairs(text).map(([name, value]) => el('tr', {},
      el('th', { scope: 'row' }, name), el('td', {}, value)))));
}

// Ways to show it, the best first: { label, make: (tools) => element }.
function waysOf(data, type, cut, signal) {
  const ways = [];
  const text = textOf(data);
  const json = text !== null && !cut && /^\s*[[{]/.test(text) && jsonOf(text);
  if (IMAGES.test(type) && !cut)
    ways.push({ label: 'Image', make: () => image(data, type, signal) });
  if (json)
    ways.push({ label: 'Tree', make: (tools) => {
      const tree = new JsonTree(json.value);
      tools.append(...search(tree), button('Open all', () => tree.fold(true)),
        button('Close all', () => tree.fold(false)));
      return tree.element;
    } });
  if (text !== null && type === 'application/x-www-form-urlencoded')
    ways.push({ label: 'Form', make: () => form(text) });
  if (text !== null)
    ways.push({ label: 'Text', make: (tools) => {
      const shown = new Text(text);
      tools.append(...search(shown));
      return shown.element;
    } });
  ways.push({ label: 'Bytes', make: () => hex(data) });
  return ways;
}

function show(part, body, got, signal) {
  const type = essence(body.type);
  const tools = el('div', { class: 'tools' });
  const place = el('div', { class: 'body' });
  const ways = waysOf(got.bytes, type, got.cut, signal);
  const extra = el('span', { class: 'extra' });
  const buttons = ways.map((way) => button(way.label, () => choose(way),
    { class: 'way' }));
  const choose = (way) => {
    buttons.forEach((one, i) =>
      one.setAttribute('aria-pressed', ways[i] === way));
    extra.replaceChildren();
    place.replaceChildren(way.make(extra));
  };
  tools.append(...buttons, extra, el('span', { class: 'space' }),
    el('span', { class: 'dim' }, `${kind(type)} ${bytes(body.size)}`),
    button([icon('save')], () => attempt(async () =>
      download(await all(body.url), body.name)),
    { class: 'quiet', title: 'Save the body', 'aria-label': 'Save the body' }));
  part.append(tools, ...cuts(body, got), place);
  choose(ways[0]);
}

function cuts(body, { cut }) {
  const words = [];
  if (cut)
    words.push(`Only the first ${bytes(LIMIT)} are shown; ` +
      'save the body to have all that there is.');
  if (body.cut)
    words.push('The traffic log kept only the start of this body.');
  return words.map((one) => el('p', { class: 'hint' }, one));
}

// Puts the body into part once it is there.
export async function bodyView(part, body, signal) {
  if (!body.url) {
    part.append(el('p', { class: 'dim' }, 'There is none.'));
    return;
  }
  try {
    const got = await some(body.url, LIMIT, signal);
    show(part, body, got, signal);
  } catch (error) {
    if (!signal.aborted)
      part.append(el('p', { class: 'fault' }, error.message));
  }
}
