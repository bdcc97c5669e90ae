// The view of mocked routes: a list, and one of them to look at and change.

import { $, attempt, button, confirmed, el, icon, toast } from './dom.js';
import { call, get } from './api.js';
import { change, link } from './place.js';

let environments = [];
let open = null;        // { environment, route, response, changed }

const url = (environment, route) => '/v1/mocks/' +
  `${encodeURIComponent(environment)}/routes/${encodeURIComponent(route)}`;

const name = (route) => `${(route.method || route.type || '').toUpperCase()} ` +
  `/${(route.endpoint || '').replace(/^\//, '')}`;

/* The list. */

async function enable(environment, route, on) {
  await attempt(async () => {
    await call('POST',
      `${url(environment.id, route.uuid)}/${on ? 'enable' : 'disable'}`);
    toast(`${name(route)} is ${on ? 'on' : 'off'}`);
  });
  await load();
}

function item(environment, route) {
  const on = route.enabled !== false;
  return el('li', { class: on ? '' : 'off' },
    el('input', { type: 'checkbox', role: 'switch', checked: on,
      'aria-label': `${name(route)} answers`,
      onchange: (event) => enable(environment, route, event.target.checked) }),
    el('a', { 'aria-current': isOpen(environment, route) ? 'true' : null,
      href: link({ view: 'mocks', environment: environment.id,
        route: route.uuid }) },
    el('b', {}, (route.method || route.type || '').toUpperCase()),
    ` /${(route.endpoint || '').replace(/^\//, '')}`));
}

const isOpen = (environment, route) =>
  open?.environment.id === environment.id && open.route.uuid === route.uuid;

function list() {
  const words = $('#mocks-search').value.toLowerCase();
  $('#mocks-list').replaceChildren(...environments.map((one) =>
    el('section', {}, el('h2', {}, one.name || 'Made of traffic', ' ',
      el('span', { class: 'dim' }, one.file || 'kept until hark ends')),
    one.error ? el('p', { class: 'fault' }, one.error) : null,
    el('ul', {}, one.routes
      .filter((route) => name(route).toLowerCase().includes(words))
      .map((route) => item(one, route))))));
  $('#mocks-empty').hidden = environments.length > 0;
  $('#mocks-tools').hidden = environments.length === 0;
}

/* The editor. */

const BODIES = { FILE: 'This answer is a file; what stands here is not sent.',
  DATABUCKET: 'This answer is a data bucket; what stands here is not sent.' };

const isJson = (response) => response.headers.some(({ key, value }) =>
  key.toLowerCase() === 'content-type' && /json/.test(value));

// A body may be JSON in the file, and stays so while it can.
const textOf = (body) =>
  (typeof body === 'string' ? body : JSON.stringify(body, null, 2));

function bodyOf(text, before) {
  if (typeof before === 'string')
    return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function labelled(label, control) {
  return el('label', { class: 'field' }, el('span', {}, label), control);
}

function changed() {
  open.changed = true;
  $('#route-save').disabled = $('#route-revert').disabled = false;
}

function field(label, value, set, properties = {}) {
  return labelled(label, el('input', { value, spellcheck: 'false',
    ...properties, oninput: (event) => {
      set(event.target.value);
      changed();
    } }));
}

function headerRows(response) {
  const box = el('div', { class: 'headers' });
  const draw = () => box.replaceChildren(
    ...response.headers.map((one, i) => el('div', { class: 'headerrow' },
      field('Name', one.key, (text) => { one.key = text; }),
      field('Value', one.value, (text) => { one.value = text; }),
      button([icon('close')], () => {
        response.headers.splice(i, 1);
        changed();
        draw();
      }, { class: 'quiet', 'aria-label': `Remove ${one.key || 'the header'}`,
        title: 'Remove' }))),
    button('Add a header', () => {
      response.headers.push({ key: '', value: '' });
      changed();
      draw();
      box.querySelector('.headerrow:last-of-type input').focus();
    }));
  draw();
  return el('fieldset', {}, el('legend', {}, 'Headers'), box);
}

function bodyField(response) {
  const before = response.body ?? '';
  const fault = el('p', { class: 'dim', role: 'status' });
  const area = el('textarea', { spellcheck: 'false', rows: 14,
    oninput: () => {
      response.body = bodyOf(area.value, before);
      changed();
      judge();
    } });
  // Templates make JSON of what is none yet, so that this is only a hint.
  const judge = () => {
    fault.textContent = '';
    if (!isJson(response) || /\{\{/.test(area.value))
      return;
    try {
      JSON.parse(area.value);
    } catch (error) {
      fault.textContent = `This is not JSON: ${error.message}`;
    }
  };
  area.value = textOf(before);
  judge();
  return [BODIES[response.bodyType] ? el('p', { class: 'hint' },
    BODIES[response.bodyType]) : null, labelled('Body', area), fault];
}

function editor() {
  const { route, response } = open;
  response.headers ||= [];
  $('#route-responses').replaceChildren(...route.responses.map((one, i) =>
    el('option', { value: i, selected: one === response },
      [one.statusCode || 200, one.label || (one.default ? 'default' : '')]
        .join(' '))));
  $('#route-body').replaceChildren(
    el('div', { class: 'fields' },
      field('Status', response.statusCode || 200, (text) => {
        response.statusCode = Number(text);
      }, { type: 'number', min: 100, max: 599 }),
      field('Delay (ms)', response.latency || 0, (text) => {
        response.latency = Number(text);
      }, { type: 'number', min: 0 }),
      field('Label', response.label || '', (text) => {
        response.label = text;
      })),
    headerRows(response), ...bodyField(response).filter(Boolean));
}

// wanted is a uuid, or the endpoint of a route that has none.
async function openRoute(wanted, within) {
  const is = (route) => route.uuid === wanted || route.endpoint === wanted;
  const environment = environments.find(({ id, routes }) =>
    (within ? id === within : true) && routes.some(is));
  open = null;
  $('#route').hidden = !environment;
  $('#route-none').hidden = Boolean(environment) || environments.length === 0;
  if (!environment)
    return;
  const { uuid } = environment.routes.find(is);
  const route = await attempt(() => get(url(environment.id, uuid)));
  if (!route)
    return;
  const { responses } = route;
  open = { environment, route, changed: false,
    response: responses.find((one) => one.default) || responses[0] };
  $('#route-name').textContent = name(route);
  $('#route-words').textContent = route.documentation || '';
  $('#route-save').disabled = $('#route-revert').disabled = true;
  editor();
}

async function save() {
  await attempt(async () => {
    const { environment, route } = open;
    await call('PUT', url(environment.id, route.uuid), route);
    toast(`Saved ${name(route)}: it answers like that now`);
    await load();
    await openRoute(route.uuid, environment.id);
    list();
  });
}

async function reset() {
  if (!await confirmed('Reset the data that mocks have collected and their ' +
    'sequences to how they begin?', 'Reset'))
    return;
  await attempt(async () => {
    await call('POST', '/v1/mocks/reset');
    toast('The state of the mocks is as it began');
  });
}

async function load() {
  const got = await attempt(() => get('/v1/mocks'));
  environments = got?.environments || [];
  list();
}

export function key(event) {
  if (event.key === '/') {
    $('#mocks-search').select();
    return true;
  }
  const step = { j: 1, k: -1 }[event.key];
  const links = [...$('#mocks-list').querySelectorAll('a')];
  if (!step || links.length === 0)
    return false;
  const at = links.findIndex((one) => one.hasAttribute('aria-current'));
  const to = links[Math.max(0, Math.min(links.length - 1, at + step))];
  to.click();
  return true;
}

export async function show({ environment, route }) {
  if (open && open.route.uuid === route &&
    (!environment || open.environment.id === environment))
    return;
  if (open?.changed &&
    !await confirmed(`${name(open.route)} has changes that are not saved. ` +
      'Leave them?', 'Leave them')) {
    change({ environment: open.environment.id, route: open.route.uuid });
    return;
  }
  await load();
  await openRoute(route, environment);
  list();
}

export function start() {
  const actions = { 'route-save': save, 'mocks-reset': reset,
    'route-revert': () => openRoute(open.route.uuid, open.environment.id) };
  for (const [id, action] of Object.entries(actions))
    $(`#${id}`).addEventListener('click', action);
  $('#mocks-search').addEventListener('input', list);
  $('#route-responses').addEventListener('change', (event) => {
    open.response = open.route.responses[event.target.value];
    editor();
  });
  $('#route').addEventListener('keydown', (event) => {
    if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save();
    }
  });
  addEventListener('beforeunload', (event) => {
    if (open?.changed)
      event.preventDefault();
  });
}
