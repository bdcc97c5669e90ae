// What hark does with requests that no mock answers: for all, and for each
// upstream.

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
  await attempt(async () => {
    await call('PUT', '/v1/mode', body);
    toast(said);
    await refresh();
  });
  await show();
}

function choice(mode, current) {
  return el('label', { class: 'choice' },
    el('input', { type: 'radio', name: 'mode', value: mode,
      checked: mode === current,
      onchange: () => put({ mode }, `Mode is ${mode}`) }),
    el('span', {}, el('b', {}, mode), el('span', { class: 'dim' },
      WORDS[mode] || '')));
}

function upstream({ scope, url, mode }, names) {
  const name = scope || 'everything else';
  const select = el('select', { 'aria-label': `Mode for ${name}`,
    onchange: () => put({ upstreams: { [scope]: select.value || null } },
      `Mode for ${name} is ${select.value || 'the one above'}`) },
  el('option', { value: '', selected: !mode }, 'as above'),
  names.map((one) => el('option', { value: one, selected: one === mode }, one)));
  return el('tr', {}, el('th', { scope: 'row' }, name),
    el('td', {}, url), el('td', {}, select));
}

async function show() {
  const state = await attempt(() => get('/v1/state'));
  if (!state)
    return;
  const focused = document.activeElement?.value;
  $('#mode-choices').replaceChildren(
    ...state.modes.map((mode) => choice(mode, state.mode)));
  $('#mode-upstreams').hidden = state.upstreams.length === 0;
  $('#mode-upstreams tbody').replaceChildren(
    ...state.upstreams.map((one) => upstream(one, state.modes)));
  $(`#mode-choices [value="${CSS.escape(focused ?? '')}"]`)?.focus();
}

export async function openModes() {
  await show();
  $('#modes').showModal();
}

export function start() {
  $('#mode').addEventListener('click', openModes);
  onState((state) => {
    const own = state.upstreams.filter((one) => one.mode).length;
    $('#mode-name').textContent = state.mode + (own > 0 ? ` +${own}` : '');
  });
}
