'use strict';
// Goal: hark --match playwright finds what Playwright itself finds.
//
// HARs and requests are made by chance out of few pieces, so that they often
// meet; each request goes to Playwright's own lookup and to hark.

const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');

const playwright = require('playwright-core');
const tap = require('./tap.js');

const METHODS = ['GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'get'];
const URLS = ['http://h.test/', 'http://h.test/a', 'http://h.test/a?x=1&y=2',
  'http://h.test/a?y=2&x=1', 'http://h.test/a/b', 'http://g.test:8080/a',
  'http://h.test/%7Ea', 'http://h.test/~a'];
const STATUSES = [200, 200, 200, 404, 204, 304, -1, 301, 302, 303, 307, 308];
const LOCATIONS = ['/a', 'a', '../a', '/a/b', '?x=1&y=2', '//g.test:8080/a',
  'http://h.test:80/a', 'HTTP://H.TEST/./~a', '/%7Ea', '/nowhere', '', '#f',
  'http://[', 'mailto:a@b', ' /a/./b/../b '];
const FIELDS = [['X-A', '1'], ['x-a', '1'], ['X-A', '2'], ['X-B', 'b'],
  ['x-b', 'B'], ['Accept', '*/*'], ['Accept', 'text/html']];
const TYPES = ['text/plain', 'application/json',
  'multipart/form-data; boundary=AAA', 'multipart/form-data; boundary=b',
  'multipart/form-data', 'multipart/mixed; boundary=AAA'];
const BODIES = [null, '', 'x', '{"a":1}', '{"a": 1}', '--AAA\r\n\r\nx\r\n--AAA--',
  '--b\r\n\r\nx\r\n--b--', '--AAA\r\n\r\ny\r\n--AAA--',
  Buffer.from('--AAA\r\n\r\n\xff\r\n--AAA--', 'latin1'),
  Buffer.from('--b\r\n\r\n\xfe\r\n--b--', 'latin1'), Buffer.from([0, 255])];

// Numbers by chance, the same for the same seed.
function dice(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  const roll = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 4294967296 * n);
  };
  return { roll, of: (list) => list[roll(list.length)] };
}

const named = (pairs) => pairs.map(([name, value]) => ({ name, value }));

function fields(d, type) {
  const all = [['X-Own', '0'], ...Array.from({ length: d.roll(4) },
    () => d.of(FIELDS))];
  return named(type ? [...all, ['Content-Type', type]] : all);
}

function postData(d, type) {
  const body = d.of(BODIES);
  if (body === null || d.roll(6) === 0)
    return {};
  const text = Buffer.isBuffer(body)
    ? { text: body.toString('base64'), encoding: 'base64' } : { text: body };
  return { postData: { mimeType: type, params: [], ...text } };
}

function entry(d, i) {
  const status = d.of(STATUSES);
  const headers = [{ name: 'X-Entry', value: `${i + 1}` }];
  const type = d.of(TYPES);
  const method = d.of(METHODS);
  const text = [204, 304, -1].includes(status) || method === 'HEAD'
    ? '' : `entry ${i + 1}`;
  if (d.roll(4) > 0)
    headers.push({ name: d.of(['Location', 'location']),
      value: d.of(LOCATIONS) });
  return {
    startedDateTime: '2026-01-01T00:00:00.000Z', time: 0, cache: {},
    request: { method, url: d.of(URLS), httpVersion: 'HTTP/1.1', cookies: [],
      headers: fields(d, d.roll(3) && type), queryString: [],
      headersSize: -1, bodySize: -1, ...postData(d, type) },
    response: { status, statusText: '', httpVersion: 'HTTP/1.1', cookies: [],
      headers, content: { size: text.length, mimeType: 'text/plain', text },
      redirectURL: '', headersSize: -1, bodySize: -1 },
    timings: { send: 0, wait: 0, receive: 0 },
  };
}

function question(d) {
  const body = d.of(BODIES);
  return { method: d.of(METHODS), url: d.of(URLS),
    headers: fields(d, d.roll(3) && d.of(TYPES)),
    body: body === null ? null : Buffer.from(body),
    navigation: d.roll(4) === 0 };
}

// What Playwright does, in the words of what hark would say on the wire.
async function wanted(utils, harId, q) {
  const found = await utils.harLookup({ harId, url: q.url, method: q.method,
    headers: q.headers, postData: q.body || undefined,
    isNavigationRequest: q.navigation });
  if (found.action === 'redirect')
    return `302 to ${found.redirectURL}`;
  if (found.action !== 'fulfill')
    return '501';
  if (found.status === -1)
    return 'no answer';
  const number = found.headers.find(({ name }) => name === 'X-Entry').value;
  return `${found.status} of entry ${number}: ${found.body}`;
}

function ask(address, q) {
  const lines = [`${q.method} ${q.url} HTTP/1.1`,
    `Host: ${new URL(q.url).host}`, 'Connection: close',
    ...q.headers.map(({ name, value }) => `${name}: ${value}`)];
  if (q.navigation)
    lines.push('Sec-Fetch-Mode: navigate');
  if (q.body)
    lines.push(`Content-Length: ${q.body.length}`);
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const pieces = [];
    const socket = net.connect(port, host);
    socket.on('error', reject);
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('end', () => resolve(Buffer.concat(pieces).toString('latin1')));
    socket.write(Buffer.concat([
      Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), q.body || Buffer.of()]));
  });
}

async function got(address, q) {
  const text = await ask(address, q);
  if (text === '')
    return 'no answer';
  const [head, rest] = text.split('\r\n\r\n', 2);
  const field = (name) => (new RegExp(`^${name}: *(.*)$`, 'im').exec(head) ||
    [])[1];
  const status = head.split(' ')[1];
  if (status === '501')
    return status;
  if (!field('X-Entry'))
    return `${status} to ${field('Location')}`;
  const body = /^transfer-encoding: *chunked/im.test(head)
    ? rest.replace(/^[0-9a-f]+\r\n/, '').replace(/\r\n0?(\r\n)*$/, '') : rest;
  return `${status} of entry ${field('X-Entry')}: ` +
    `${/^0\r\n/.test(rest) ? '' : body}`;
}

async function compare(utils, seed) {
  const d = dice(seed);
  const har = { log: { version: '1.2', creator: { name: 'test', version: '1' },
    entries: Array.from({ length: 1 + d.roll(40) }, (_, i) => entry(d, i)) } };
  const file = tap.fresh('in.har');
  fs.writeFileSync(file, JSON.stringify(har));
  const { harId } = await utils.harOpen({ file });
  const store = tap.fresh('hark.db');
  await tap.mustHark('import', '--no-redact', '--store', store, file);
  const hark = await tap.gateway('replay', store, '--match', 'playwright');
  let answered = 0;
  for (let i = 0; i < 120; i++) {
    const q = question(d);
    const want = await wanted(utils, harId, q);
    assert.strictEqual(await got(hark.url.slice(7), q), want,
      `seed ${seed}: ${JSON.stringify(q)} of ${JSON.stringify(har)}`);
    answered += want !== '501';
  }
  await hark.stop();
  return answered;
}

// Compares rounds of them; how many requests had an answer.
async function lookups(rounds, seed) {
  const utils = playwright._connection.localUtils();
  let answered = 0;
  for (let i = 0; i < rounds; i++)
    answered += await compare(utils, seed + i);
  return answered;
}

module.exports = { lookups };
