// Numbers and names as people read them.

export function bytes(n) {
  if (n < 1000)
    return `${n} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let i = -1;
  do {
    n /= 1000;
    i++;
  } while (n >= 999.5 && i < units.length - 1);
  return `${n < 9.95 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

export function duration(us) {
  if (us < 0 || us === null || us === undefined)
    return '';
  if (us < 9950)
    return `${(us / 1e3).toFixed(us < 995 ? 2 : 1)} ms`;
  if (us < 999500)
    return `${Math.round(us / 1e3)} ms`;
  return us < 60e6 ? `${(us / 1e6).toFixed(2)} s`
    : `${Math.floor(us / 60e6)} min ${Math.round(us / 1e6) % 60} s`;
}

const pad = (n, width = 2) => String(n).padStart(width, '0');

// The time of day where the reader is, to the millisecond.
export function clock(iso) {
  const t = new Date(iso);
  return `${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}` +
    `.${pad(t.getMilliseconds(), 3)}`;
}

export function moment(iso) {
  const t = new Date(iso);
  return `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())} ` +
    clock(iso);
}

export const count = (n, one, many = `${one}s`) =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

// "application/vnd.api+json; charset=utf-8" is json.
export function kind(type) {
  const essence = (type || '').split(';')[0].trim().toLowerCase();
  return essence.replace('svg+xml', 'svg').replace(/^.*[/+]/, '')
    .replace(/^(x-|vnd\.)/, '').replace(/^javascript$/, 'js')
    .replace(/^octet-stream$/, 'binary').replace('www-form-urlencoded', 'form')
    .replace('event-stream', 'events');
}

export const SOURCES = {
  mock: ['Mock', 'a mocked route answered'],
  replay: ['Replay', 'a recording answered'],
  upstream: ['Upstream', 'the real API answered'],
  miss: ['Miss', 'nothing answered'],
  hark: ['hark', 'hark itself answered'],
};

export function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

// [[name, value]] of a query or form, in its order.
export function pairs(text) {
  return text.split('&').filter(Boolean).map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [decoded(pair), '']
      : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))];
  });
}
