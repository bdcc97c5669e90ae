// What there is to know about one exchange, in tabs.

import { attempt, button, copy, download, el, icon } from './dom.js';
import { get, text } from './api.js';
import { bytes, duration, moment, pairs, SOURCES } from './format.js';
import { bodyView } from './body.js';
import { source, status } from './cells.js';
import { field } from './exchange.js';
import { missView } from './miss.js';
import { link } from './place.js';
import { promote } from './promote.js';

const section = (title, ...content) =>
  el('section', { class: 'part' }, el('h3', {}, title), ...content);

function table(label, rows) {
  return el('table', { class: 'pairs', 'aria-label': label }, el('tbody', {},
    rows.map(([name, value]) => el('tr', {},
      el('th', { scope: 'row' }, name), el('td', {}, value)))));
}

const titled = (title, rows) =>
  (rows.length ? section(title, table(title, rows)) : null);

export function titleOf(x) {
  return [el('h2', {}, status(x.status), ' ',
    el('b', {}, x.method), ' ', el('span', { title: x.full }, x.target))];
}

/* The first tab. */

function how(x) {
  const words = x.source ? (SOURCES[x.source] || ['', x.source])[1]
    : 'a recording';
  const which = {
    replay: x.tier && x.tier !== 'exact' ? ', by a rule' : '',
    miss: x.miss ? `: ${x.miss.reason.replaceAll('-', ' ')}` : '',
  }[x.source] || '';
  return el('span', {}, x.source ? source(x.source) : icon('replay'), ' ',
    el('span', { class: 'dim' }, words + which));
}

function references(x) {
  const rows = [];
  if (x.entry)
    rows.push(['Recording', el('a', {
      href: link({ view: 'recordings', id: x.entry }) }, `entry ${x.entry}`)]);
  if (x.route)
    rows.push(['Mock', el('a', {
      href: link({ view: 'mocks', route: x.route }) }, `route ${x.route}`)]);
  return rows;
}

function facts(x) {
  return [
    ['URL', x.full],
    ['Answered by', how(x)],
    ['Status', `${x.status || 'none'} ${x.reason || ''}`.trim()],
    ...references(x),
    ['Note', x.note],
    ['Time', moment(x.time)],
    ['Time taken', duration(x.duration_us)],
    ['Request body', bytes(x.request_bytes)],
    ['Response body', [bytes(x.response_bytes), x.content_type]
      .filter(Boolean).join(', ')],
    ['Upstream', x.upstream],
    ['Client', x.client],
    ['Session', x.session],
    ['Mode', x.mode],
  ].filter(([, value]) => value);
}

function actions(x) {
  return el('div', { class: 'actions' },
    button([icon('copy'), 'Copy as curl'], () => attempt(async () =>
      copy((await curl(x)).trim(), 'the curl command'))),
    button([icon('save'), 'Save as HAR'], () => attempt(async () =>
      download(JSON.stringify(await har(x), null, 1), `hark-${x.id}.har`))),
    button([icon('mock'), 'Make a mock of it'],
      () => attempt(() => promote([x.url]))));
}

const curl = (x) => text(x.source ? `${x.url}/curl` : `${x.url}?as=curl`);

async function har(x) {
  if (x.source)
    return get(`${x.url}/har`);
  return { log: { version: '1.2', creator: { name: 'hark', version: '' },
    entries: [await get(x.url)] } };
}

function overview(x) {
  return [x.miss ? el('p', { class: 'hint' }, x.miss.text) : null,
    table('Overview', facts(x)), actions(x)].filter(Boolean);
}

/* Messages of HTTP. */

function requestCookies(message) {
  return field(message, 'cookie').split(/; */).filter(Boolean).map((one) => {
    const at = one.indexOf('=');
    return [one.slice(0, at), one.slice(at + 1)];
  });
}

function setCookies(message) {
  return message.headers
    .filter(({ name }) => name.toLowerCase() === 'set-cookie')
    .map(({ value }) => {
      const [pair, ...rest] = value.split(/; */);
      const at = pair.indexOf('=');
      return [pair.slice(0, at), el('span', {}, pair.slice(at + 1),
        el('span', { class: 'dim' }, rest.map((one) => `; ${one}`).join('')))];
    });
}

const headers = (message) => titled('Headers',
  message.headers.map(({ name, value }) => [name, value]));

function body(message, name, signal) {
  const part = section('Body');
  bodyView(part, { url: message.body, size: message.size, cut: message.cut,
    type: field(message, 'content-type'), name }, signal);
  return part;
}

function request(x, signal) {
  const query = x.target.split('?').slice(1).join('?');
  return [titled('Query', pairs(query)), headers(x.request),
    titled('Cookies', requestCookies(x.request)),
    body(x.request, `hark-${x.id}-request`, signal)];
}

function response(x, signal) {
  return [headers(x.response), titled('Cookies', setCookies(x.response)),
    body(x.response, `hark-${x.id}-response`, signal)];
}

/* Timing: where in the whole each phase was. */

const PHASES = { blocked: 'Waiting for a connection', dns: 'Name look-up',
  connect: 'Connecting', ssl: 'TLS handshake', send: 'Sending',
  wait: 'Waiting for the answer', receive: 'Receiving' };

function timing(x) {
  const known = x.phases.filter(([, us]) => us >= 0);
  const sum = known.reduce(
    (n, [name, us]) => n + (name === 'ssl' ? 0 : us), 0);
  const total = Math.max(x.duration_us, sum, 1);
  let at = 0;
  const rows = known.map(([name, us]) => {
    const bar = el('span', { class: `phase ${name}` });
    // The handshake is the end of connecting (HAR 1.2).
    const start = name === 'ssl' ? at - us : at;
    bar.style.left = `${start / total * 100}%`;
    bar.style.width = `${us / total * 100}%`;
    at = start + us;
    return el('tr', {}, el('th', { scope: 'row' }, PHASES[name]),
      el('td', { class: 'number' }, duration(us)),
      el('td', { class: 'track' }, bar));
  });
  return [el('table', { class: 'timing', 'aria-label': 'Timing' },
    el('tbody', {}, rows, el('tr', { class: 'total' },
      el('th', { scope: 'row' }, 'All together'),
      el('td', { class: 'number' }, duration(x.duration_us)),
      el('td', { class: 'track' })))),
  known.length === 0 ? el('p', { class: 'dim' },
    'hark answered by itself: there are no phases of an upstream.') : null];
}

/* What passed while it lasted. */

const DIRECTIONS = { true: ['up', 'to the server'],
  false: ['down', 'to the client'] };

function messages(x) {
  return [el('table', { class: 'messages', 'aria-label': 'Messages' },
    el('thead', {}, el('tr', {}, ['Time', 'Direction', 'Size', 'Content']
      .map((label) => el('th', { scope: 'col' }, label)))),
    el('tbody', {}, x.messages.map((one) => {
      const [arrow, words] = DIRECTIONS[one.sent];
      return el('tr', { class: one.sent ? 'sent' : 'received' },
        el('td', { class: 'number' }, `+${duration(one.at_us)}`),
        el('td', {}, icon(arrow), words),
        el('td', { class: 'number' }, bytes(one.size)),
        el('td', { class: 'content' }, one.kind
          ? el('span', { class: 'dim' }, `${one.kind} `) : null, one.text));
    })))];
}

export function tabsOf(x, signal) {
  const into = (make) => (panel) =>
    panel.append(...make(x, signal).filter(Boolean));
  const list = [
    { key: 'overview', label: 'Overview', show: into(overview) },
    { key: 'request', label: 'Request', show: into(request) },
    { key: 'response', label: 'Response', show: into(response) },
    { key: 'timing', label: 'Timing', show: into(timing) },
  ];
  if (x.messages?.length)
    list.splice(3, 0, { key: 'messages',
      label: `Messages (${x.messages.length})`, show: into(messages) });
  if (x.miss)
    list.unshift({ key: 'miss', label: 'Why it missed', show: (panel) =>
      missView(panel, x, signal) });
  return list;
}
