// The view of what passes: a live table, a filter, and the details of one.

import { $, attempt, button, confirmed, copy, download, el, icon, toast }
  from './dom.js';
import { call, events, get, text } from './api.js';
import { bytes, clock, count, kind, SOURCES } from './format.js';
import { path, source, status, timed } from './cells.js';
import { Grid, MOST } from './grid.js';
import { ofTraffic } from './exchange.js';
import { Panel } from './panel.js';
import { change } from './place.js';
import { promote } from './promote.js';
import { onState, trouble } from './status.js';

const PAGE = 1000;
const TOGETHER = 100;   // ms that live rows are collected
const RETRY = 2000;
const CALM = 1500;      // ms without news before what was skipped is had

let running = null;     // AbortController of the list and the live stream
let query = null;       // that the rows in the table are of
let waiting = [];       // rows that came while paused, or lately
let paused = false;
let timer = 0;
let calm = 0;           // timer, too
let seen = 0;           // number of the newest that was told
let skipped = 0;        // that came too fast to be told

const COLUMNS = [
  { key: 'id', label: '#', width: 60, rank: 8, cell: (x) => String(x.id) },
  { key: 'time', label: 'Time', width: 104, rank: 6,
    cell: (x) => clock(x.time) },
  { key: 'source', label: 'Source', width: 106, rank: 1,
    cell: (x) => source(x.source) },
  { key: 'method', label: 'Method', width: 72, rank: 2, cell: (x) => x.method },
  { key: 'status', label: 'Status', width: 58, rank: 0,
    cell: (x) => (x.state === 'open' && !x.status ? '…' : status(x.status)) },
  { key: 'host', label: 'Host', width: 150, rank: 10, rare: true,
    cell: (x) => x.host },
  { key: 'path', label: 'Path', flexible: 240, rank: 0,
    cell: (x) => path(x.path) },
  { key: 'client', label: 'Client', width: 130, rank: 11, rare: true,
    cell: (x) => x.client },
  { key: 'session', label: 'Session', width: 100, rank: 12, rare: true,
    cell: (x) => x.session },
  { key: 'mode', label: 'Mode', width: 76, rank: 9, rare: true,
    cell: (x) => x.mode || '' },
  { key: 'type', label: 'Type', width: 80, rank: 7,
    cell: (x) => kind(x.content_type) },
  { key: 'size', label: 'Size', width: 70, rank: 5,
    cell: (x) => bytes(x.response_bytes) },
  { key: 'duration', label: 'Time taken', width: 92, rank: 4,
    cell: (x) => (x.state === 'open' ? 'open' : timed(x.duration_us)) },
];

const grid = new Grid({
  name: 'traffic', label: 'Traffic, the newest at the end', columns: COLUMNS,
  mark: (x) => (x.source === 'miss' || x.status >= 500 ? 'bad' : ''),
  onSelect: selected,
  onOpen: (id) => change({ id }),
});

const panel = new Panel('traffic', grid);

function selected(id) {
  const n = grid.marked.size;
  $('#selection').hidden = n < 2;
  $('#selection-count').textContent = `${n} selected`;
  if (panel.open && id !== null)
    change({ id });
}

/* What comes. */

function flush() {
  timer = 0;
  if (paused) {
    pauseWords();
    return;
  }
  grid.add(waiting.splice(0));
  emptiness();
  clearTimeout(calm);
  if (skipped > 0 && grid.follows)
    calm = setTimeout(load, CALM);
}

function came({ event, id, data }) {
  seen = Math.max(seen, Number(id));
  if (event === 'gap')
    skipped += JSON.parse(data).missed;
  if (event !== 'exchange')
    return;
  const row = JSON.parse(data);
  if (waiting.push(row) > 2 * MOST)
    waiting.splice(0, MOST);
  timer = timer || setTimeout(flush, TOGETHER);
  if (row.id === panel.shown && !paused)
    panel.refresh();
}

const searching = () => (query ? `&q=${encodeURIComponent(query)}` : '');

async function page(before, signal) {
  const { entries, next, last } = await get(`/v1/traffic?limit=${PAGE}` +
    (before ? `&before=${before}` : '') + searching(), signal);
  return { rows: entries.reverse(), next, last };
}

async function older(before, signal) {
  while (before && grid.rows.length < MOST) {
    const { rows, next } = await page(before, signal);
    grid.addOlder(rows);
    before = next;
  }
}

// From the newest that is there on, and again from there when it breaks; a
// gateway that was started anew counts from the beginning.
async function live(signal) {
  for (;;) {
    try {
      if ((await page(1, signal)).last < seen)
        return load();
      await events(`/v1/traffic/live?${searching().slice(1)}`, seen, came,
        () => trouble('live', null), signal);
    } catch (error) {
      if (signal.aborted || error.status === 400)
        throw error;
    }
    trouble('live', 'The live view was cut off. Connecting again…');
    await new Promise((resolve) => setTimeout(resolve, RETRY));
    signal.throwIfAborted();
  }
}

function filterFault(text) {
  $('#filter').setAttribute('aria-invalid', text !== '');
  $('#filter-fault').textContent = text;
}

async function load() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  waiting = [];
  try {
    const { rows, next, last } = await page(null, signal);
    seen = last;
    skipped = 0;
    filterFault('');
    grid.set(rows);
    emptiness();
    older(next, signal).catch(() => {});
    await live(signal);
  } catch (error) {
    if (signal.aborted)
      return;
    if (error.status === 400) {
      filterFault(error.message);
      return;
    }
    trouble('live', 'The traffic cannot be read. Trying again…');
    setTimeout(() => !signal.aborted && load(), RETRY);
  }
}

/* Words where there are no rows. */

function emptiness() {
  const none = grid.rows.length === 0;
  $('#traffic-empty').hidden = !none || Boolean(query);
  $('#traffic-nothing').hidden = !none || !query;
  $('#traffic-count').textContent = none ? ''
    : count(grid.rows.length, 'request') +
      (skipped > 0 ? `, ${skipped.toLocaleString('en')} came too fast` : '');
  document.title = none ? 'hark' : `hark · ${grid.rows.length}`;
}

function teach({ listen, mode }) {
  const url = listen.find((one) => one.startsWith('http')) ||
    'http://127.0.0.1:8080';
  $('#first-curl').textContent = `curl -i ${url}/`;
  $('#first-mode').textContent = mode;
}

/* What is done to what is selected. */

const chosen = () => (grid.marked.size ? grid.chosen() : grid.rows);

async function exportHar() {
  const log = { version: '1.2', creator: { name: 'hark', version: '' },
    entries: [] };
  for (const { id } of chosen()) {
    const har = await get(`/v1/traffic/${id}/har`);
    log.creator = har.log.creator;
    log.entries.push(...har.log.entries);
  }
  download(JSON.stringify({ log }, null, 1), 'traffic.har');
  toast(`Exported ${count(log.entries.length, 'request')}`);
}

async function copyCurl() {
  const lines = [];
  for (const { id } of grid.chosen())
    lines.push((await text(`/v1/traffic/${id}/curl`)).trim());
  await copy(lines.join('\n'), count(lines.length, 'curl command'));
}

const promoteAll = () => promote(
  grid.chosen().map((row) => `/v1/traffic/${row.id}`));

/* The bar above the table. */

function pauseWords() {
  const label = $('#pause-words');
  label.textContent = paused
    ? `Resume${waiting.length ? ` (${waiting.length} new)` : ''}` : 'Pause';
  $('#pause').setAttribute('aria-pressed', paused);
  $('#pause use').setAttribute('href', paused ? '#icon-play' : '#icon-pause');
}

function pause() {
  paused = !paused;
  if (!paused)
    flush();
  pauseWords();
}

async function clear() {
  if (!await confirmed('Forget all traffic that is shown? ' +
    'Recordings stay.', 'Clear'))
    return;
  await attempt(async () => {
    await call('DELETE', '/v1/traffic');
    close();
    await load();
  });
}

// One source at a time is what the buttons say; the box says anything.
function chips() {
  for (const name of Object.keys(SOURCES)) {
    const chip = button([icon(name), SOURCES[name][0]], () => {
      const rest = (query || '').replace(/(^| )source:\S+/g, '').trim();
      const on = chip.getAttribute('aria-pressed') === 'true';
      filter(on ? rest : `${rest} source:${name}`.trim());
    }, { class: `chip ${name}`, 'aria-pressed': 'false', 'data-source': name,
      title: SOURCES[name][1] });
    $('#chips').append(chip);
  }
}

function filter(text) {
  $('#filter').value = text;
  change({ q: text.trim() });
}

function chooser() {
  $('#columns-list').replaceChildren(...COLUMNS.map((column) =>
    el('label', {}, el('input', { type: 'checkbox',
      checked: !grid.hidden.has(column.key),
      onchange: (event) => grid.hide(column.key, !event.target.checked) }),
    column.label === '#' ? 'Number' : column.label)));
}

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
    $('#filter').select();
  } else if (event.key === 'p') {
    pause();
  } else if (event.key === 'c' && grid.current !== null) {
    attempt(copyCurl);
  } else {
    return grid.key(event);
  }
  return true;
}

export function show({ q = '', id, tab }) {
  if (query !== q) {
    query = q;
    $('#filter').value = q;
    for (const chip of $('#chips').children)
      chip.setAttribute('aria-pressed',
        q.split(' ').includes(`source:${chip.dataset.source}`));
    load();
  }
  const wanted = id ? Number(id) : null;
  if (wanted !== grid.current)
    grid.select(wanted);
  panel.show(wanted, tab, (signal) => get(`/v1/traffic/${wanted}`, signal)
    .then(ofTraffic));
}

export function start() {
  $('#traffic-split').prepend(grid.element);
  $('#traffic-split').append(panel.separator, panel.element);
  let typing = 0;
  $('#filter').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => filter($('#filter').value), 250);
  });
  $('#filter').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === 'Escape') {
      clearTimeout(typing);
      filter(event.key === 'Escape' ? '' : $('#filter').value);
      grid.grid.focus();
      event.stopPropagation();
    }
  });
  chips();
  chooser();
  onState(teach);
  panel.onClose = close;
  const actions = { pause, clear, 'copy-first': () =>
    copy($('#first-curl').textContent, 'the command'),
  'unfilter': () => filter(''),
  'export-har': () => attempt(exportHar),
  'selection-har': () => attempt(exportHar),
  'selection-curl': () => attempt(copyCurl),
  'selection-mock': () => attempt(promoteAll) };
  for (const [id, action] of Object.entries(actions))
    $(`#${id}`).addEventListener('click', action);
}
