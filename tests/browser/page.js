'use strict';
// Goal: a page with one of each kind of request, and the origin that serves it.
//
// What the page has seen ends up in its text, so that two runs of it can be
// compared as a whole.  Nothing in it depends on where it was loaded from.

const http = require('node:http');
const zlib = require('node:zlib');

const HTML = `<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>A page</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css?v=1&amp;w=%C3%A9">
</head><body><h1>Grüße, 世界</h1><img id="image" src="/image.png">
<pre id="out"></pre><script src="/script.js"></script></body></html>
`;

const SCRIPT = `
const out = [];
async function said(what, response) {
  const type = response.headers.get('content-type');
  const bytes = new Uint8Array(await response.arrayBuffer());
  const body = /octet/.test(type) ? bytes.join(' ')
    : new TextDecoder().decode(bytes);
  out.push([what, response.status, type, body].join(' | '));
}
async function post(url, type, body) {
  await said('POST ' + url + ' ' + type, await fetch(url, {
    method: 'POST', headers: type ? { 'Content-Type': type } : {}, body }));
}
(async () => {
  await said('GET', await fetch('/api/items?q=a%20b&q='));
  await post('/api/items', 'application/json', '{"name": "Käse", "n": 1}');
  await post('/api/items', 'application/json', '{"name": "Brot", "n": 2}');
  await post('/api/form', 'application/x-www-form-urlencoded', 'a=1+2&b=%26');
  await post('/api/bytes', 'application/octet-stream',
    new Uint8Array([0, 1, 2, 253, 254, 255]));
  const form = new FormData();
  form.append('text', 'one');
  form.append('file', new Blob(['two']), 'two.txt');
  await said('form', await fetch('/api/upload', { method: 'POST', body: form }));
  await said('PUT', await fetch('/api/items/1',
    { method: 'PUT', body: '{"n":3}' }));
  await said('DELETE', await fetch('/api/items/1', { method: 'DELETE' }));
  await said('redirect', await fetch('/old'));
  await said('missing', await fetch('/missing'));
  await said('gzip', await fetch('/gzip'));
  await said('binary', await fetch('/binary'));
  out.push('cookie | ' + document.cookie);
  const image = document.getElementById('image');
  await image.decode();
  out.push('image | ' + image.naturalWidth + 'x' + image.naturalHeight);
  out.push('color | ' + getComputedStyle(document.querySelector('h1')).color);
})().catch((e) => out.push('error | ' + e)).finally(() => {
  document.getElementById('out').textContent = out.join('\\n');
  document.body.dataset.done = 'yes';
});
`;

const IMAGE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElE' +
  'QVR42mPgEpGDIAY4CwANrAFpEFDRUwAAAABJRU5ErkJggg==', 'base64');

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };

// method and path: [status, fields, body], or a function of the request body.
const ROUTES = {
  'GET /': [200, { 'Content-Type': 'text/html; charset=utf-8',
    'Set-Cookie': ['seen=yes; Path=/', 'other=a%20b; Path=/; Max-Age=86400'],
  }, HTML],
  'GET /style.css': [200, { 'Content-Type': 'text/css' },
    'h1 { color: rgb(1, 2, 3); }\n'],
  'GET /script.js': [200, { 'Content-Type': 'text/javascript' }, SCRIPT],
  'GET /api/items': [200, JSON_TYPE, '{"items": ["Käse", "\\u0000"]}\n'],
  'POST /api/items': (body) => [201, JSON_TYPE, `{"got": ${body}}`],
  'POST /api/form': (body) => [200, { 'Content-Type': 'text/plain' }, body],
  'POST /api/bytes': (body) => [200,
    { 'Content-Type': 'application/octet-stream' }, body.reverse()],
  'POST /api/upload': (body) => [200, { 'Content-Type': 'text/plain' },
    `${/two/.test(body)} ${/one/.test(body)}`],
  'PUT /api/items/1': (body) => [200, JSON_TYPE, body],
  'DELETE /api/items/1': [204, {}, ''],
  'GET /old': [302, { Location: '/new?from=old' }, ''],
  'GET /new': [200, { 'Content-Type': 'text/plain' }, 'the new one'],
  'GET /gzip': [200, { 'Content-Type': 'text/plain; charset=utf-8',
    'Content-Encoding': 'gzip' }, zlib.gzipSync('zipped: é '.repeat(500))],
  'GET /image.png': [200, { 'Content-Type': 'image/png' }, IMAGE],
  'GET /binary': [200, { 'Content-Type': 'application/octet-stream' },
    Buffer.from([...Array(256).keys()])],
};

function answer(request, response, body) {
  const route = ROUTES[`${request.method} ${request.url.split('?')[0]}`] ||
    [404, { 'Content-Type': 'text/plain' }, 'nothing here'];
  const [status, fields, text] = typeof route === 'function'
    ? route(body) : route;
  response.writeHead(status, fields);
  response.end(text);
}

// The origin on a free port: {url, requests, stop}.
async function origin() {
  const requests = [];
  const server = http.createServer((request, response) => {
    const pieces = [];
    requests.push(`${request.method} ${request.url}`);
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => answer(request, response, Buffer.concat(pieces)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests, stop };
}

module.exports = { origin };
