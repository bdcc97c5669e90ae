// What hark does with requests that no mock answers: for all, and for those of
// an upstream or route that has a mode of its own.

import { $, attempt, el, toast } from './dom.js';
import { call, get } from './api.js';
import { onState, refresh } from './status.js';

const WORDS = {
  proxy: 'Everything goes to the upstream. Nothing is recorded.',
  record: 'Everything goes to the upstream and is recorded.',
  replay: 'Recordings answer. No connection to an upstream is opened; ' +
    'what is not recorded is a miss.',
  auto: 'Recordings answer. What is not recorded goes to the upstream and ' +
    'is recorded.',
  spy: 'Recordings answer. What is not recorded goes to the upstream and is ' +
    'not recorded.',
  fallback: 'The upstream answers. When it fails, a recording does.',
};

async function put(body, said) {
  const done = await attempt(async () => {
    await call('PUT', '/v1/mode', body);
    toast(said);
    await refresh();
    return true;
  });
  await show();
  return done;
}

function choice(mode, current) {
  return el('label', { class: 'choice' },
    el('input', { type: 'radio', name: 'mode', value: mode,
      checked: mode === current,
      onchange: () => put({ mode }, `Mode is ${mode}`) }),
    el('span', {}, el('b', {}, mode), el('span', { class: 'dim' },
      WORDS[mode] || '')));
}

function select(label, names, mode, onchange) {
  const made = el('select', { 'aria-label': label,
    onchange: () => onchange(made.value) },
  el('option', { value: '', selected: !mode }, 'as above'),
  names.map((one) =>
    el('option', { value: one, selected: one === mode }, one)));
  return made;
}

const row = (name, what, control) => el('tr', {},
  el('th', { scope: 'row' }, name), el('td', {}, what), el('td', {}, control));

function upstream({ scope, url, mode }, names) {
  const name = scope || 'everything else';
  return row(name, url, select(`Mode for ${name}`, names, mode, (to) =>
    put({ upstreams: { [scope || '']: to || null } },
      `Mode for ${name} is ${to || 'the one above'}`)));
}

function route(one, routes, names) {
  const name = `${one.method} ${one.path}`;
  return row(name, '', select(`Mode for ${name}`, names, one.mode,
    (mode) => put({ routes: routes.flatMap((other) =>
      (other !== one ? [other] : mode ? [{ ...one, mode }] : [])) },
    `Mode for ${name} is ${mode || 'the one above'}`)));
}

// What is added stands behind the others: the first that fits counts.
async function add(event) {
  event.preventDefault();
  const form = event.target;
  const one = Object.fromEntries(new FormData(form));
  const { routes } = await get('/v1/mode');
  if (await put({ routes: [...routes, one] },
    `Mode for ${one.method} ${one.path} is ${one.mode}`))
    form.reset();
}

async function show() {
  const got = await attempt(() =>
    Promise.all([get('/v1/state'), get('/v1/mode')]));
  if (!got)
    return;
  const [{ modes, mode, upstreams }, { routes }] = got;
  const focused = document.activeElement?.value;
  $('#mode-choices').replaceChildren(...modes.map((one) => choice(one, mode)));
  $('#mode-parts').hidden = upstreams.length + routes.length === 0;
  $('#mode-parts tbody').replaceChildren(
    ...upstreams.map((one) => upstream(one, modes)),
    ...routes.map((one) => route(one, routes, modes)));
  if (!$('#mode-add [name=mode]').options.length)
    $('#mode-add [name=mode]').replaceChildren(...modes.map((one) =>
      el('option', { value: one, selected: one === 'replay' }, one)));
  $(`#mode-choices [value="${CSS.escape(focused ?? '')}"]`)?.focus();
}

export async function openModes() {
  await show();
  $('#modes').showModal();
}

export function start() {
  $('#mode').addEventListener('click', openModes);
  $('#mode-add').addEventListener('submit', (event) =>
    attempt(() => add(event)));
  onState((state) => {
    const { mode, own_modes: own } = state;
    $('#mode-name').textContent = mode + (own > 0 ? ` +${own}` : '');
  });
}
