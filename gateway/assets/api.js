// The admin API: requests with the token, its errors, and live events.

import { $ } from './dom.js';

let token = sessionStorage.getItem('hark-token') || '';
let asking = null;

class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// Resolves when somebody has given a token; one dialog for all who wait.
function askToken() {
  const dialog = $('#token');
  asking = asking || new Promise((resolve) => {
    dialog.showModal();
    dialog.addEventListener('close', () => {
      token = $('#token-text').value.trim();
      sessionStorage.setItem('hark-token', token);
      $('#token-text').value = '';
      asking = null;
      resolve();
    }, { once: true });
  });
  return asking;
}

async function problem(response) {
  const told = await response.json().catch(() => ({}));
  return new ApiError(response.status, told.detail || told.title ||
    `${response.status} ${response.statusText}`);
}

// A response that is fine, or an ApiError.
async function ask(method, path, { body, headers = {}, signal } = {}) {
  for (;;) {
    const sent = { ...headers };
    if (token)
      sent.Authorization = `Bearer ${token}`;
    if (method !== 'GET')       // even without a body: strangers cannot
      sent['Content-Type'] = 'application/json';
    const response = await fetch(path, { method, headers: sent, signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store', credentials: 'omit' });
    if (response.ok)
      return response;
    if (response.status !== 401)
      throw await problem(response);
    await askToken();
  }
}

export async function call(method, path, body, signal) {
  const response = await ask(method, path, { body, signal });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

export const get = (path, signal) => call('GET', path, undefined, signal);

export async function text(path) {
  return (await ask('GET', path)).text();
}

// Everything, for a download.
export async function all(path) {
  return (await ask('GET', path)).arrayBuffer();
}

// At most limit bytes: { bytes, cut, total }, total being -1 if unknown.
export async function some(path, limit, signal) {
  const response = await ask('GET', path, { signal });
  const length = response.headers.get('Content-Length');
  const pieces = [];
  let had = 0;
  const reader = response.body.getReader();
  while (had <= limit) {
    const { done, value } = await reader.read();
    if (done)
      break;
    pieces.push(value);
    had += value.length;
  }
  reader.cancel();
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return { bytes: bytes.subarray(0, limit), cut: had > limit,
    total: length === null ? -1 : Number(length) };
}

// Server-sent events by fetch, since EventSource sends no Authorization.
// onEvent gets { event, id, data }; returns when the stream ends.
export async function events(path, lastId, onEvent, onOpen, signal) {
  const headers = { Accept: 'text/event-stream' };
  if (lastId !== null)
    headers['Last-Event-ID'] = String(lastId);
  const response = await ask('GET', path, { headers, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  onOpen();
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      return;
    const parts = (waiting + value).split('\n\n');
    waiting = parts.pop();
    for (const part of parts)
      onEvent(parse(part));
  }
}

function parse(part) {
  const told = { event: 'message', id: null, data: '' };
  for (const line of part.split('\n')) {
    const at = line.indexOf(': ');
    if (at > 0)
      told[line.slice(0, at)] = line.slice(at + 2);
  }
  return told;
}
