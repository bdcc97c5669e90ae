// What stands in the cells of tables, and in the heads of details.

import { el, icon } from './dom.js';
import { duration, SOURCES } from './format.js';

export function source(name) {
  return el('span', { class: `source ${name}` }, icon(name),
    (SOURCES[name] || [name])[0]);
}

export function status(code) {
  return el('span', { class: `code s${Math.floor(code / 100)}` },
    code ? String(code) : '—');
}

export function path(text) {
  const at = text.indexOf('?');
  return el('span', { title: text }, at < 0 ? text : text.slice(0, at),
    at < 0 ? null : el('span', { class: 'dim' }, text.slice(at)));
}

// The gauge is logarithmic: 0.1 ms is nothing, 10 s all of it.
export function timed(us) {
  const gauge = el('span', { class: 'gauge' });
  const part = Math.log10(Math.max(us, 100) / 100) / 5;
  gauge.style.width = `${Math.min(1, part) * 100}%`;
  return el('span', { class: 'timed' }, gauge, duration(us));
}
