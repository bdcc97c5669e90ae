// The view of the store: tapes, their entries, and the details of one.

import { $, attempt, confirmed, copy, download, el, toast } from './dom.js';
import { all, call, get, text } from './api.js';
import { path, status, timed } from './cells.js';
import { bytes, count, kind, moment } from './format.js';
import { Grid, MOST } from './grid.js';
import { ofHar } from './exchange.js';
import { Panel } from './panel.js';
import { change } from './place.js';
import { promote } from './promote.js';

const PAGE = 1000;

let running = null;     // AbortController of the list
let wanted = null;      // what the list is of

const COLUMNS = [
  { key: 'id', label: 'Entry', width: 60, rank: 2, cell: (x) => String(x.id) },
  { key: 'when', label: 'Recorded', width: 184, rank: 6,
    cell: (x) => moment(x.time) },
  { key: 'tape', label: 'Tape', width: 100, rank: 8, cell: (x) => x.tape },
  { key: 'method', label: 'Method', width: 72, rank: 1, cell: (x) => x.method },
  { key: 'status', label: 'Status', width: 58, rank: 0,
    cell: (x) => status(x.status) },
  { key: 'path', label: 'URL', flexible: 240, rank: 0,
    cell: (x) => path(x.url) },
  { key: 'type', label: 'Type', width: 80, rank: 7,
    cell: (x) => kind(x.content_type) },
  { key: 'size', label: 'Size', width: 70, rank: 5,
    cell: (x) => bytes(x.response_bytes) },
  { key: 'duration', label: 'Time taken', width: 92, rank: 4,
    cell: (x) => timed(x.duration_us) },
];

const grid = new Grid({
  name: 'entries', label: 'Recordings', columns: COLUMNS,
  mark: () => '',
  onSelect: (id) => {
    $('#entry-actions').hidden = grid.marked.size === 0;
    $('#entry-count').textContent = `${grid.marked.size} selected`;
    if (panel.open && id !== null)
      change({ id });
  },
  onOpen: (id) => change({ id }),
});

const panel = new Panel('entries', grid);

async function tapes() {
  const select = $('#tape');
  const had = select.value;
  const { tapes: list } = await get('/v1/tapes');
  select.replaceChildren(el('option', { value: '' }, 'All tapes'),
    ...list.map(({ name, entries }) => el('option', { value: name },
      `${name} (${entries.toLocaleString('en')})`)));
  select.value = had;
}

async function load({ tape, q }) {
  running?.abort();
  const { signal } = running = new AbortController();
  const rows = [];
  let next = null;
  $('#entries-fault').textContent = '';
  try {
    await tapes();
    $('#tape').value = tape;
    do {
      const query = new URLSearchParams({ limit: PAGE });
      for (const [name, value] of Object.entries({ tape, q, after: next }))
        if (value)
          query.set(name, value);
      const got = await get(`/v1/entries?${query}`, signal);
      rows.push(...got.entries);
      next = got.next;
    } while (next && rows.length < MOST);
  } catch (error) {
    if (signal.aborted)
      return;
    $('#entries-fault').textContent = error.message;
  }
  rows.sort((a, b) => a.id - b.id);
  grid.set(rows);
  $('#entries-count').textContent =
    count(rows.length, 'entry', 'entries') + (next ? ' of more' : '');
  $('#entries-empty').hidden = rows.length > 0 || Boolean(tape || q);
  $('#entries-nothing').hidden = rows.length > 0 || !(tape || q);
}

async function remove() {
  const rows = grid.chosen();
  if (!await confirmed(`Delete ${count(rows.length, 'recording')} from the ` +
    'store? This cannot be undone.', 'Delete'))
    return;
  await attempt(async () => {
    for (const { id } of rows) {
      await call('DELETE', `/v1/entries/${id}`);
      grid.remove(id);
    }
    toast(`Deleted ${count(rows.length, 'recording')}`);
  });
  close();
  await load(wanted);
}

async function exportTape() {
  const tape = $('#tape').value;
  const query = new URLSearchParams({ format: 'har', ...(tape && { tape }) });
  download(await all(`/v1/export?${query}`), `${tape || 'hark'}.har`);
}

async function copyCurl() {
  const lines = [];
  for (const { id } of grid.chosen())
    lines.push((await text(`/v1/entries/${id}?as=curl`)).trim());
  await copy(lines.join('\n'), count(lines.length, 'curl command'));
}

const promoteAll = () => promote(
  grid.chosen().map((row) => `/v1/entries/${row.id}`));

function close() {
  grid.select(null);
  change({ id: '', tab: '' });
  grid.grid.focus();
}

export function key(event) {
  if (event.key === 'Enter' && grid.current !== null) {
    change({ id: grid.current });
    panel.focus();
  } else if (event.key === 'Escape') {
    close();
  } else if (event.key === '/') {
    $('#entries-search').select();
  } else if (event.key === 'Delete' && grid.marked.size > 0) {
    remove();
  } else if (event.key === 'c' && grid.current !== null) {
    attempt(copyCurl);
  } else {
    return grid.key(event);
  }
  return true;
}

export function show({ tape = '', q = '', id, tab }) {
  if (wanted?.tape !== tape || wanted?.q !== q) {
    wanted = { tape, q };
    $('#entries-search').value = q;
    load(wanted);
  }
  const chosen = id ? Number(id) : null;
  if (chosen !== grid.current)
    grid.select(chosen);
  panel.show(chosen, tab, async (signal) =>
    ofHar(chosen, await get(`/v1/entries/${chosen}`, signal)));
}

export function start() {
  $('#entries-split').prepend(grid.element);
  $('#entries-split').append(panel.separator, panel.element);
  panel.onClose = close;
  $('#tape').addEventListener('change', () =>
    change({ tape: $('#tape').value, id: '' }));
  $('#entries-search').addEventListener('change', () =>
    change({ q: $('#entries-search').value.trim(), id: '' }));
  const actions = { 'entries-reload': () => load(wanted),
    'entries-export': () => attempt(exportTape),
    'entry-delete': remove,
    'entry-curl': () => attempt(copyCurl),
    'entry-mock': () => attempt(promoteAll) };
  for (const [id, action] of Object.entries(actions))
    $(`#${id}`).addEventListener('click', action);
}
