// The state of the gateway: asked for every other second while the page is
// seen, shown in the bar at the bottom, and above all when something is wrong.

import { $, button, copy, el, icon } from './dom.js';
import { get } from './api.js';
import { count, duration, SOURCES } from './format.js';

const EVERY = 2000;
const watchers = [];
const troubles = new Map();     // what is wrong, by who says so

let state = null;

export function onState(watcher) {
  watchers.push(watcher);
}

// text is null when it is over.
export function trouble(who, text) {
  if ((troubles.get(who) || null) === text)
    return;
  if (text)
    troubles.set(who, text);
  else
    troubles.delete(who);
  // Of a gateway that is away there is nothing else to say.
  const said = troubles.has('gateway') ? [troubles.get('gateway')]
    : [...troubles.values()];
  $('#banner').replaceChildren(...said.map((text) =>
    el('p', {}, icon('miss'), text)));
}

function judge() {
  const { error, lost } = state.recording || {};
  trouble('store', error
    ? `The store does not take recordings: ${error}` : null);
  trouble('lost', lost > 0
    ? `${count(lost, 'exchange')} could not be recorded` : null);
}

const FIGURES = [['mocked', 'mock'], ['replayed', 'replay'],
  ['forwarded', 'upstream'], ['missed', 'miss']];

function show() {
  const { figures, recording, listen, uptime_us: uptime, version } = state;
  const parts = [
    el('span', { class: 'address' }, 'Listening on ',
      ...listen.map((url) => button(url, () => copy(url, url),
        { class: 'plain', title: 'Copy the address' }))),
    el('span', {}, count(figures.requests, 'request')),
    ...FIGURES.map(([key, source]) => el('span', {
      class: `figure ${source}`, title: SOURCES[source][1] },
    icon(source), `${figures[key].toLocaleString('en')} ${key}`)),
    figures.failed > 0 ? el('span', { class: 'figure miss' },
      `${figures.failed.toLocaleString('en')} failed`) : null,
    el('span', { class: 'space' }),
    recording ? el('span', { title: `Store: ${state.store || 'none'}` },
      `${recording.recorded.toLocaleString('en')} recorded` +
      (recording.queue_entries > 0
        ? `, ${recording.queue_entries.toLocaleString('en')} waiting` : '') +
      (recording.buffer?.entries > 0
        ? `, ${recording.buffer.entries.toLocaleString('en')} in the buffer`
        : ''))
      : null,
    el('span', {}, `hark ${version}, up ${duration(uptime)}`),
  ];
  $('#status').replaceChildren(...parts.filter(Boolean));
}

export async function refresh() {
  try {
    state = await get('/v1/state', AbortSignal.timeout(10e3));
    trouble('gateway', null);
  } catch (error) {
    trouble('gateway', error.status
      ? `The state of hark is not known: ${error.message}`
      : 'hark does not answer. Is it still running? Trying again…');
    return;
  }
  judge();
  show();
  for (const watcher of watchers)
    watcher(state);
}

export async function start() {
  for (;;) {
    if (!document.hidden)
      await refresh();
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
