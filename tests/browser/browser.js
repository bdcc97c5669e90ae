'use strict';
// Goal: what hark records, Playwright replays, and the other way round.

const assert = require('node:assert');
const fs = require('node:fs');

const { chromium } = require('playwright-core');
const { lookups } = require('./lookup.js');
const { origin } = require('./page.js');
const tap = require('./tap.js');

// Nothing of Chromium's own goes out.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

let browser;

async function context(options) {
  browser = browser || await chromium.launch(
    { executablePath: process.env.CHROMIUM, headless: true, args: FLAGS });
  const made = await browser.newContext(options);
  tap.finally(() => made.close());
  return made;
}

// Opens the page; its content once all of its requests are answered.
async function seen(where, url) {
  const page = await where.newPage();
  await page.goto(url);
  await page.waitForSelector('body[data-done]', { state: 'attached' });
  const content = await page.content();
  await page.close();
  return content;
}

// What the page shows with everything answered by the origin itself.
async function real(url) {
  const content = await seen(await context(), url);
  for (const part of ['Grüße, 世界', 'Käse', '{"got": {"name": "Brot"',
    'a=1+2&amp;b=%26', '255 254 253 2 1 0', 'true true', 'the new one',
    'missing | 404', 'zipped: é', 'seen=yes; other=a%20b', 'image | 3x2',
    'color | rgb(1, 2, 3)'])
    assert.ok(content.includes(part), `no "${part}" in ${content}`);
  assert.ok(!content.includes('error |'), content);
  return content;
}

async function site() {
  const there = await origin();
  tap.finally(there.stop);
  return there;
}

// The page through hark record: the store, and what it showed.
async function recorded(there) {
  const store = tap.fresh('hark.db');
  const hark = await tap.gateway('record', store, '--no-redact', there.url);
  const content = await real(`${hark.url}/`);
  await hark.stop();
  return { store, content };
}

async function hasFormat(word) {
  return (await tap.hark('help', 'export')).stdout.includes(word);
}

// routeFromHAR of hark's export, with nobody there to answer otherwise.
async function replayedByPlaywright(name, ...options) {
  const there = await site();
  const { store, content } = await recorded(there);
  const file = tap.fresh(name);
  await tap.mustHark('export', '--store', store, '-o', file, ...options);
  const asked = there.requests.length;
  await there.stop();
  const offline = await context();
  await offline.routeFromHAR(file, { notFound: 'abort' });
  assert.strictEqual(await seen(offline, `${there.url}/`), content);
  assert.strictEqual(there.requests.length, asked);
}

tap.check('a page recorded by hark is replayed by routeFromHAR', () =>
  replayedByPlaywright('page.har'));

for (const [name, format] of [['page.har.zip', 'har.zip'],
  ['page.zip', 'playwright-zip']])
  tap.check(`a page recorded by hark is replayed from ${format}`, async () => {
    if (!(await hasFormat(format)))
      throw new tap.Skip(`hark export has no ${format}`);
    await replayedByPlaywright(name, '--format', format);
  });

tap.check('a minimal export replays, too', async () => {
  if (!(await hasFormat('--mode')))
    throw new tap.Skip('hark export has no --mode');
  await replayedByPlaywright('page.har', '--mode', 'minimal');
});

// The page with its network recorded by Playwright: its HAR's path.
async function recordedByPlaywright(url, name, content) {
  const path = tap.fresh(name);
  const recording = await context({ recordHar: { path, content } });
  const shown = await seen(recording, url);
  await recording.close();
  return { path, shown };
}

// hark import and hark replay of Playwright's file, for a real page.
async function replayedByHark(name, content, ...options) {
  const there = await site();
  const { path, shown } = await recordedByPlaywright(
    `${there.url}/`, name, content);
  const asked = there.requests.length;
  await there.stop();
  const store = tap.fresh('hark.db');
  const done = await tap.mustHark('import', '--no-redact', '--store', store, path);
  assert.match(done.stdout, /^imported \d+ entries \(\d+ repaired, 0 skipped\)/);
  const hark = await tap.gateway('replay', store, ...options);
  assert.strictEqual(await seen(await context(), `${hark.url}/`), shown);
  await hark.stop();
  assert.doesNotMatch(hark.log(), /: miss/);
  assert.strictEqual(there.requests.length, asked);
  return store;
}

const RECORDINGS = [['embedded bodies', 'page.har', 'embed'],
  ['attached bodies', 'page.har', 'attach'], ['a zip', 'page.zip', 'attach']];

for (const [how, name, content] of RECORDINGS)
  tap.check(`what Playwright recorded with ${how} is replayed by hark`, () =>
    replayedByHark(name, content));

tap.check('hark --match playwright replays what Playwright recorded', () =>
  replayedByHark('page.zip', 'attach', '--match', 'playwright'));

tap.check('what Playwright recorded comes back from hark to Playwright',
  async () => {
    const there = await site();
    const { path, shown } = await recordedByPlaywright(
      `${there.url}/`, 'page.zip', 'attach');
    const store = tap.fresh('hark.db');
    const file = tap.fresh('again.har');
    await there.stop();
    await tap.mustHark('import', '--no-redact', '--store', store, path);
    await tap.mustHark('export', '--store', store, '-o', file);
    const offline = await context();
    await offline.routeFromHAR(file, { notFound: 'abort' });
    assert.strictEqual(await seen(offline, `${there.url}/`), shown);
    const entries = (har) => JSON.parse(har).log.entries.length;
    assert.ok(entries(fs.readFileSync(file)) >= 15);
  });

tap.check('hark --match playwright finds what Playwright finds', async () => {
  assert.ok(await lookups(25, 1) > 300);
});

tap.main().finally(() => browser && browser.close());
