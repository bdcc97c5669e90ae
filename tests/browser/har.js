'use strict';
// Goal: what hark exports is HAR 1.2 to others, whatever was recorded.
//
// HARK_CORPUS may name a folder with har/, HAR files of real producers; it is
// looked for beside the checkout, too.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const zlib = require('node:zlib');

const validator = require('har-validator');
const tap = require('./tap.js');

const BYTES = Buffer.from([...Array(256).keys()]);
const BOMB = zlib.gzipSync(Buffer.alloc(1 << 20));

function reply(fields, body, status = '200 OK') {
  const head = [`HTTP/1.1 ${status}`, ...fields,
    `Content-Length: ${body.length}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

// What the origin says to each path; a string is written and then cut off.
const ANSWERS = {
  '/plain': reply(['Content-Type: text/plain'], 'hello'),
  '/unicode': reply(['Content-Type: text/plain; charset=utf-8'], 'Grüße 世界 😀'),
  '/latin': reply(['Content-Type: text/plain; charset=iso-8859-1',
    'X-Latin: caf\xe9'], Buffer.from([0x63, 0xe9]), '200 D\xe9j\xe0'),
  '/empty': reply([], ''),
  '/binary': reply(['Content-Type: image/png'], BYTES),
  '/text-with-nul': reply(['Content-Type: text/plain'], 'a\0b'),
  '/untyped': reply([], BYTES),
  '/gzip': reply(['Content-Type: text/html', 'Content-Encoding: gzip'],
    zlib.gzipSync('zipped')),
  '/deflate': reply(['Content-Encoding: deflate'], zlib.deflateSync('deflated')),
  '/br': reply(['Content-Encoding: br'], zlib.brotliCompressSync('brotli')),
  '/bomb': reply(['Content-Encoding: gzip'], BOMB),
  '/broken-gzip': reply(['Content-Encoding: gzip'], 'this is no gzip'),
  '/unknown-coding': reply(['Content-Encoding: x-none'], 'as it is'),
  '/204': Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'),
  '/304': Buffer.from('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
  '/redirect': reply(['Location: /plain?from=redirect'], '', '301 Moved'),
  '/redirect-far': reply(['Location: //other.test/a b|c'], '', '302 Found'),
  '/cookies': reply(['Set-Cookie: a=1; Path=/; HttpOnly; Secure; SameSite=Lax',
    'Set-Cookie: b="x, y"; Expires=Wed, 21 Oct 2037 07:28:00 GMT',
    'Set-Cookie: c=; Max-Age=0; Domain=.h.test', 'Set-Cookie: nonsense',
    'Set-Cookie: d=1; Expires=yesterday'], 'ok'),
  '/chunked': Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n' +
    'Trailer: X-End\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-End: yes\r\n\r\n'),
  '/interim': Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  '/no-reason': reply([], 'x', '200 '),
  '/odd-status': reply([], 'x', '599 Odd'),
  '/error': reply(['Content-Type: application/problem+json'], '{"a": 1}',
    '500 Internal Server Error'),
  '/cut': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this',
  '/cut-head': 'HTTP/1.1 200 OK\r\nContent-Le',
  '/nothing': '',
  '/not-http': 'SSH-2.0-nobody\r\n',
};

// Method, target, fields and body of what is asked.
const QUESTIONS = [
  ...Object.keys(ANSWERS).map((target) => ['GET', target]),
  ['HEAD', '/plain'], ['OPTIONS', '/plain'], ['DELETE', '/204'],
  ['GET', '/plain?a=b%20c&a=&d&=e&&f=%zz&%E4=%C3%A4&g=1=2'],
  ['GET', '/plain?a|b^c`d{e}"f<g>\\h[i]'], ['GET', '//plain'],
  ['GET', '/plain', ['Cookie: a=1; b="x y"; c; =d; e=f=g', 'X: ', 'x: y']],
  ['GET', '/plain', ['X-Raw: caf\xe9 \x80']],
  ['POST', '/plain', ['Content-Type: application/json'], '{"ä": [1, "\\u0000"]}'],
  ['POST', '/plain', ['Content-Type: application/x-www-form-urlencoded'],
    'a=1+2&b=%26&c'],
  ['POST', '/plain', ['Content-Type: application/octet-stream'], BYTES],
  ['POST', '/plain', ['Content-Type: multipart/form-data; boundary=x'],
    '--x\r\nContent-Disposition: form-data; name="f"; filename="é.bin"\r\n\r\n' +
    '\0\x01\r\n--x--\r\n'],
  ['POST', '/plain', ['Content-Encoding: gzip'], zlib.gzipSync('zipped')],
  ['POST', '/plain', [], ''], ['PUT', '/plain', [], 'untyped'],
  ['PATCH', '/plain', ['Content-Type: text/plain; charset=latin1'],
    Buffer.from([0xe9])],
  ['X-OWN', '/plain', [], 'a'],
];

// An origin of raw bytes: {url, stop}.
async function origin() {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    let seen = '';
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      seen += data.toString('latin1');
      const head = /^\S+ (?:\/(?=\/))?([^ ?]*)\S* HTTP[^]*?\r\n\r\n/.exec(seen);
      const length = head && /^content-length: *(\d+)/im.exec(head[0]);
      if (!head || seen.length < head[0].length + Number(length ? length[1] : 0))
        return;
      const method = seen.split(' ')[0];
      const answer = ANSWERS[head[1]];
      seen = '';
      if (typeof answer === 'string')
        socket.end(answer);
      else if (method === 'HEAD')
        socket.write(answer.subarray(0, answer.indexOf('\r\n\r\n') + 4));
      else
        socket.write(answer);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  tap.finally(() => new Promise((resolve) => {
    server.close(resolve);
    sockets.forEach((socket) => socket.destroy());
  }));
  return `http://127.0.0.1:${server.address().port}`;
}

// Asks on a connection of its own and reads to its end.
function ask(url, [method, target, fields = [], body = null]) {
  const { hostname, port, host } = new URL(url);
  const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}`,
    'Connection: close', ...fields,
    ...(body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    '', ''].join('\r\n');
  return new Promise((resolve) => {
    const socket = net.connect(port, hostname);
    socket.on('error', resolve);
    socket.on('close', resolve);
    socket.resume();
    socket.write(Buffer.concat([Buffer.from(head, 'latin1'),
      Buffer.from(body || '')]));
  });
}

// What k6 cannot even ask for.
const MALFORMED = ([, target]) => /%zz|\|/.test(target);

// A store with an exchange of each kind.
async function recorded(questions) {
  const store = tap.fresh('hark.db');
  const hark = await tap.gateway('record', store, await origin());
  for (const question of questions)
    await ask(hark.url, question);
  await hark.stop();
  const nobody = await tap.gateway('record', store, 'http://127.0.0.1:1');
  await ask(nobody.url, ['GET', '/refused']);
  await nobody.stop();
  return store;
}

let once;
const diverse = () => (once = once || recorded(QUESTIONS));

async function exported(store, ...options) {
  const file = tap.fresh('out.har');
  await tap.mustHark('export', '--store', store, '-o', file, ...options);
  return file;
}

// The complaints of har-validator about a whole file, or none.
async function complaints(file) {
  const har = JSON.parse(fs.readFileSync(file, 'utf8'));
  try {
    await validator.har(har);
    return { har, text: '' };
  } catch (e) {
    return { har, text: (e.errors || [e]).slice(0, 5).map((one) =>
      `${one.dataPath || ''} ${one.message} ${place(har, one)}`).join('; ') };
  }
}

function place(har, { dataPath = '' }) {
  const index = /entries\[(\d+)\]/.exec(dataPath);
  return index ? JSON.stringify(har.log.entries[index[1]]).slice(0, 800) : '';
}

tap.check('an export of all kinds of exchanges is valid', async () => {
  const { har, text } = await complaints(await exported(await diverse()));
  assert.strictEqual(text, '');
  assert.strictEqual(har.log.entries.length, QUESTIONS.length + 1);
});

tap.check('the validator would complain of a wrong one', async () => {
  const file = await exported(await diverse());
  const har = JSON.parse(fs.readFileSync(file, 'utf8'));
  delete har.log.entries[3].response.content.mimeType;
  fs.writeFileSync(file, JSON.stringify(har));
  assert.match((await complaints(file)).text, /entries\[3\]/);
});

for (const mode of [['--mode', 'minimal'], ['--bodies', 'omit']])
  tap.check(`so is one with ${mode.join(' ')}`, async () => {
    if (!(await tap.hark('help', 'export')).stdout.includes(mode[0]))
      throw new tap.Skip(`hark export has no ${mode[0]}`);
    const file = await exported(await diverse(), ...mode);
    assert.strictEqual((await complaints(file)).text, '');
  });

tap.check('so is an empty one', async () => {
  const store = await diverse();
  const file = await exported(store, '--url', 'http://nobody.test/*');
  const { har, text } = await complaints(file);
  assert.strictEqual(text, '');
  assert.deepStrictEqual(har.log.entries, []);
});

function corpus() {
  const beside = path.join(process.env.top_srcdir || '.', '../shared/corpus');
  const folder = path.join(process.env.HARK_CORPUS || beside, 'har');
  if (!fs.existsSync(folder))
    throw new tap.Skip('there is no corpus beside the checkout');
  return fs.readdirSync(folder).sort().map((name) => path.join(folder, name))
    .filter((file) => fs.statSync(file).isFile() &&
      /\.(har|har\.gz|zip|json)$/.test(file));
}

tap.check('so is the export of what real producers wrote', async () => {
  const wrong = [];
  let valid = 0;
  for (const file of corpus()) {
    const store = tap.fresh('hark.db');
    if ((await tap.hark('import', '--no-redact', '--store', store, file)).code !== 0)
      continue;
    const { text } = await complaints(await exported(store));
    fs.rmSync(path.dirname(store), { recursive: true });
    if (text)
      wrong.push(`${path.basename(file)}: ${text}`);
    else
      valid++;
  }
  console.log(`# ${valid} exports are valid, ${wrong.length} are not`);
  assert.deepStrictEqual(wrong, []);
  assert.ok(valid > 0);
});

// A recorded GET again, through the gateway, which stands for its host.
function get(gateway, { url, headers }) {
  const { host, pathname, search } = new URL(url);
  const fields = Object.fromEntries(headers
    .filter(({ name }) => !/^:|^(host|connection|content-length)$/i.test(name))
    .map(({ name, value }) => [name, value]));
  return new Promise((resolve, reject) => {
    http.get(gateway, { path: pathname + search, agent: false,
      headers: { ...fields, Host: host } }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode,
        source: response.headers['x-hark-source'],
        body: Buffer.concat(pieces) }));
    }).on('error', reject);
  });
}

// The entries of a browser's HAR that say what a GET was answered with.
function answered({ log: { entries } }) {
  return entries.filter(({ request, response }) => request.method === 'GET' &&
    /^https?:/.test(request.url) && !request.postData &&
    response.status === 200 && response.content.text !== undefined);
}

// Whether body is what the entry has, as text possibly in ISO 8859-1.
function has({ response: { content } }, body) {
  return (content.encoding === 'base64' ? ['base64'] : ['utf8', 'latin1'])
    .some((how) => Buffer.from(content.text, how).equals(body));
}

async function replays(file) {
  const store = tap.fresh('hark.db');
  if ((await tap.hark('import', '--no-redact', '--store', store, file)).code !== 0) {
    console.log(`# ${path.basename(file)} is not importable`);
    return 0;
  }
  const hark = await tap.gateway('replay', store);
  const text = fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  const entries = answered(JSON.parse(text));
  for (const { request } of entries) {
    const { status, source, body } = await get(hark.url, request);
    assert.match(source, /^replay;/, `${file}: ${request.url}: ${status}`);
    assert.ok(entries.some((one) => one.request.url === request.url &&
      has(one, body)), `${file}: ${request.url}: ${
      body.toString('latin1', 0, 300)}`);
  }
  await hark.stop();
  return entries.length;
}

tap.check('what Chromium wrote is imported and replayed', async () => {
  let files = 0;
  let entries = 0;
  for (const file of corpus()) {
    if (!/\.har$/.test(file))
      continue;
    const start = fs.readFileSync(file, 'utf8').slice(0, 4000);
    if (!/"(WebInspector|chrome-har[a-z-]*|Chrome HAR Capturer)"/i.test(start))
      continue;
    entries += await replays(file);
    files++;
  }
  console.log(`# ${entries} entries of ${files} files`);
  assert.ok(entries > 0);
});

function run(command, ...argv) {
  return new Promise((resolve) => {
    execFile(command, argv, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, said: stdout + stderr });
    });
  });
}

tap.check('har-to-k6 makes a test script of an export', async () => {
  const file = await exported(
    await recorded(QUESTIONS.filter((question) => !MALFORMED(question))));
  const script = tap.fresh('script.mjs');
  const bin = path.join(path.dirname(require.resolve('har-to-k6')), '..');
  const tool = ['har-to-k6.js', 'bin/har-to-k6.js']
    .map((name) => path.join(bin, name)).find((name) => fs.existsSync(name));
  const done = await run('node', tool, file, '-o', script);
  assert.strictEqual(done.code, 0, done.said);
  assert.ok(fs.existsSync(script), done.said);
  const text = fs.readFileSync(script, 'utf8');
  const { entries } = JSON.parse(fs.readFileSync(file)).log;
  for (const { request: { url } } of entries)
    assert.ok(text.includes(new URL(url).pathname), `no ${url} in the script`);
  const calls = text.match(/\bhttp\.[a-z]+\(/g).length;
  assert.strictEqual(calls, entries.length);
  const checked = await run('node', '--check', script);
  assert.strictEqual(checked.code, 0, checked.said);
});

tap.main();
