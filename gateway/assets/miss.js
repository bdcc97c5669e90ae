// Why nothing answered: the request beside the nearest recording, what
// differs, and the rules that would make the recording answer.

import { attempt, button, copy, el, icon, toast } from './dom.js';
import { call, get, some, text } from './api.js';
import { pairs } from './format.js';
import { ofHar } from './exchange.js';
import { link } from './place.js';

const BODY = 64 * 1024;
const LINES = 400;

const decoder = new TextDecoder();

async function lines(message, signal) {
  if (!message.body)
    return [];
  const { bytes } = await some(message.body, BODY, signal);
  let content = decoder.decode(bytes);
  try {
    content = JSON.stringify(JSON.parse(content), null, 2);
  } catch {
    // Compared as it is.
  }
  return content.split('\n').slice(0, LINES);
}

// Rows of [asked, recorded, same] of two lists of lines: what they have in
// common side by side, and what differs in between.
function align(a, b) {
  const length = Array.from({ length: a.length + 1 },
    () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i][j] = a[i] === b[j] ? length[i + 1][j + 1] + 1
        : Math.max(length[i + 1][j], length[i][j + 1]);
  const rows = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    const asked = [], recorded = [];
    while ((i < a.length || j < b.length) && a[i] !== b[j])
      if (j >= b.length ||
        (i < a.length && length[i + 1][j] >= length[i][j + 1]))
        asked.push(a[i++]);
      else
        recorded.push(b[j++]);
    for (let n = 0; n < Math.max(asked.length, recorded.length); n++)
      rows.push([asked[n], recorded[n], false]);
    if (i < a.length)
      rows.push([a[i++], b[j++], true]);
  }
  return rows;
}

const split = (target) => {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
};

function both(place, asked, recorded) {
  const keys = new Set([...asked, ...recorded].map(([name]) => name));
  const values = (list, name) => list.filter(([one]) => one === name)
    .map(([, value]) => value).join(', ');
  const has = (list, name) => list.some(([one]) => one === name);
  return [...keys].map((name) => [`${place} ${name}`,
    has(asked, name) ? values(asked, name) : null,
    has(recorded, name) ? values(recorded, name) : null]);
}

function row([place, asked, recorded]) {
  const same = asked === recorded;
  const cell = (value) => el('td', {}, value === null
    ? el('span', { class: 'dim' }, 'not there') : value);
  return el('tr', { class: same ? null : 'differs' },
    el('th', { scope: 'row' }, same ? null : icon('differs'), place,
      same ? null : el('span', { class: 'unseen' }, ' differs')),
    cell(asked), cell(recorded));
}

function bodies(rows) {
  return el('table', { class: 'compare lines',
    'aria-label': 'Bodies compared' },
    el('thead', {}, el('tr', {}, ['Body asked', 'Body recorded']
      .map((label) => el('th', { scope: 'col' }, label)))),
    el('tbody', {}, rows.map(([asked = '', recorded = '', same]) =>
      el('tr', { class: same ? null : 'differs' },
        el('td', {}, asked), el('td', {}, recorded)))));
}

function compared(x, near) {
  const [path, query] = split(x.target);
  const [nearPath, nearQuery] = split(near.target);
  const rows = [['Method', x.method, near.method], ['Path', path, nearPath],
    ...both('Query', pairs(query), pairs(nearQuery))];
  return el('table', { class: 'compare', 'aria-label': 'Requests compared' },
    el('thead', {}, el('tr', {}, el('td'), el('th', { scope: 'col' }, 'Asked'),
      el('th', { scope: 'col' }, 'Recorded, ', el('a', {
        href: link({ view: 'recordings', id: near.id }) },
      `entry ${near.id}`)))),
    el('tbody', {}, rows.map(row)));
}

async function add(lines, pressed) {
  pressed.disabled = true;
  try {
    for (const rule of lines)
      await call('POST', '/v1/rules', { rule });
    toast(`Added the rule${lines.length === 1 ? '' : 's'}; ask again`);
  } catch (error) {
    pressed.disabled = false;
    throw error;
  }
}

function rules(x) {
  const { rules: lines } = x.miss;
  const one = lines.length === 1;
  return el('section', { class: 'part' },
    el('h3', {}, 'What would make the recording answer'),
    lines.map((rule) => el('code', { class: 'rule' }, rule)),
    el('p', { class: 'dim' }, 'Added, it is kept until hark ends; in a file ' +
      'that hark is started with, ', el('code', {}, '--rules FILE'),
    ', for good.'),
    el('div', { class: 'actions' },
      button([icon('plus'), one ? 'Add this rule' : 'Add these rules'],
        (event) => attempt(() => add(lines, event.currentTarget)),
        { class: 'main' }),
      button([icon('copy'), one ? 'Copy this rule' : 'Copy these rules'],
        () => copy(`${lines.join('\n')}\n`, one ? 'the rule' : 'the rules')),
      button([icon('copy'), 'Copy curl to ask again'], () =>
        attempt(async () => copy((await text(`${x.url}/curl`)).trim(),
          'the curl command')))));
}

async function nearest(x, signal) {
  const near = ofHar(x.miss.nearest,
    await get(`/v1/entries/${x.miss.nearest}`, signal));
  const aligned = align(await lines(x.request, signal),
    await lines(near.request, signal));
  return [compared(x, near), aligned.length ? bodies(aligned) : null];
}

export async function missView(panel, x, signal) {
  panel.append(el('p', { class: 'hint' }, x.miss.text));
  if (x.miss.rules?.length)
    panel.append(rules(x));
  if (!x.miss.nearest)
    return;
  try {
    panel.append(...(await nearest(x, signal)).filter(Boolean));
  } catch (error) {
    if (!signal.aborted)
      panel.append(el('p', { class: 'fault' },
        `The nearest recording cannot be shown: ${error.message}`));
  }
}
