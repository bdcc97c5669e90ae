// One shape for what the details show, be it of the traffic log or a HAR
// entry of a store.

const PHASES = ['blocked', 'dns', 'connect', 'ssl', 'send', 'wait', 'receive'];

export function field(message, name) {
  return message.headers.find(
    (one) => one.name.toLowerCase() === name)?.value || '';
}

// Messages of a WebSocket (as in HARs of Chrome) or events of a stream:
// { sent, at_us, size, text }, the kind of it before the text.
function messagesOf({ messages, events }, began) {
  if (events)
    return events.map(({ at_us, event, data }) => ({ sent: false, at_us,
      kind: event || '', text: data, size: new Blob([data]).size }));
  return (messages || []).map((one) => {
    const coded = one.opcode !== 1 || one._encoding === 'base64';
    const size = coded ? atob(one.data).length : new Blob([one.data]).size;
    return { sent: one.type === 'send', text: one.data, size: one._size ?? size,
      at_us: Math.round(one.time * 1e6 - Date.parse(began) * 1e3),
      kind: { 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' }[one.opcode] ||
        '' };
  });
}

export function ofTraffic(x) {
  const url = `/v1/traffic/${x.id}`;
  const message = (m, name) => ({ headers: m.headers, size: m.body_bytes,
    cut: m.cut,
    body: m.kept_bytes > 0 ? `${url}/${name}/body?decoded=1` : null });
  return { ...x, url, target: x.path, reason: x.response.reason,
    full: /^\//.test(x.path) ? `${x.scheme}://${x.host}${x.path}` : x.path,
    request: message(x.request, 'request'),
    response: message(x.response, 'response'),
    phases: PHASES.map((name) => [name, x.timings_us[name] ?? -1]),
    messages: messagesOf(x, x.time) };
}

export function ofHar(id, entry) {
  const { request, response, timings, _hark: more = {} } = entry;
  const url = `/v1/entries/${id}`;
  const message = (m, name, size) => ({ headers: m.headers, size, cut: false,
    body: size > 0 ? `${url}/${name}/body?decoded=1` : null });
  return { id, url, entry: id, method: request.method, full: request.url,
    target: more.target || request.url.replace(/^[^/]*\/\/[^/]*/, ''),
    time: entry.startedDateTime, status: response.status,
    reason: response.statusText, mode: more.mode, session: more.session,
    client: more.client, note: more.failure, miss: null,
    duration_us: Math.round(entry.time * 1e3),
    request_bytes: Math.max(0, request.bodySize),
    response_bytes: Math.max(0, response.bodySize),
    content_type: response.content.mimeType,
    request: message(request, 'request', request.bodySize),
    response: message(response, 'response', response.bodySize),
    phases: PHASES.map((name) => [name,
      timings[name] >= 0 ? Math.round(timings[name] * 1e3) : -1]),
    messages: messagesOf({ messages: entry._webSocketMessages },
      entry.startedDateTime) };
}
