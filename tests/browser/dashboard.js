'use strict';
// Goal: the dashboard in a real browser, beside a gateway that serves.
//
// Screenshots of each view are left in HARK_SHOTS.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { chromium } = require('playwright-core');
const tap = require('./tap.js');

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const SHOTS = process.env.HARK_SHOTS || tap.fresh('');
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const EVIL = '<img src=x onerror=alert(1)>';
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">' +
  '<script>alert(1)</script><rect width="9" height="9"/></svg>';

let browser;

/* Both ends. */

const ANSWERS = {
  '/v1/users': ['application/json',
    '{"users": [{"id": 12345678901234567890, "name": "Käthe"}, {"id": 2}]}'],
  '/evil': ['text/html', `<p>${EVIL}</p>`],
  '/evil.svg': ['image/svg+xml', SVG],
};

async function origin() {
  const server = http.createServer((request, response) => {
    const [type, body] = ANSWERS[request.url.split('?')[0]] ||
      ['text/plain', `this is ${request.url}`];
    request.resume();
    response.writeHead(request.url.startsWith('/fails') ? 500 : 200,
      { 'Content-Type': type, 'X-Evil': EVIL,
        'Set-Cookie': 'seen=yes; Path=/' });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  tap.finally(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  return `http://127.0.0.1:${server.address().port}`;
}

async function hark(mode, ...options) {
  const store = tap.fresh('hark.db');
  return tap.gateway(mode, store, '--admin', '127.0.0.1:0', ...options,
    await origin());
}

// {status, source, body} of a request to the data port.
function ask(gateway, target, { method = 'GET', body, headers } = {}) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    const request = http.request({ hostname, port, path: target, method,
      headers, agent: ask.agent }, async (response) => {
      const pieces = await response.toArray();
      resolve({ status: response.statusCode,
        source: (response.headers['x-hark-source'] || '').split(';')[0],
        body: Buffer.concat(pieces).toString() });
    });
    request.on('error', reject);
    request.end(body);
  });
}
ask.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

// The dashboard in a window of its own; that its console stays silent is
// looked at when the case is over.
async function open(gateway, hash = '', options = {}) {
  browser = browser || await chromium.launch(
    { executablePath: process.env.CHROMIUM, headless: true, args: FLAGS });
  const context = await browser.newContext(
    { viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.stack));
  page.on('dialog', (dialog) => {
    page.faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text()))
      page.faults.push(message.text());
  });
  tap.finally(async () => {
    await context.close();
    assert.deepStrictEqual(page.faults, []);
  });
  await page.goto(`${gateway.admin}/${hash}`);
  return page;
}

const rows = (page) => page.locator('#traffic .rows .row');
const row = (page, text) => rows(page).filter({ hasText: text }).last();

// A short word in the corner.
const said = (page, text) =>
  page.locator('#toasts').getByText(text).first().waitFor();

async function shot(page, name) {
  fs.mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

/* The cases. */

tap.check('without traffic it says how to send some, then a row appears',
  async () => {
    const gateway = await hark('auto');
    const page = await open(gateway);
    await page.getByText(`curl -i ${gateway.url}/`).waitFor();
    await shot(page, 'empty');
    await ask(gateway, '/v1/users?page=1');
    await row(page, '/v1/users?page=1').waitFor();
    assert.ok(!await page.locator('#traffic-empty').isVisible());
    const text = await row(page, '/v1/users').innerText();
    assert.match(text, /Upstream\s+GET\s+200/);
    await ask(gateway, '/v1/users?page=1');
    await row(page, 'Replay').waitFor();
  });

tap.check('a row opens its details: headers, cookies, a tree of the body',
  async () => {
    const gateway = await hark('proxy');
    await ask(gateway, '/v1/users?a=b%20c');
    const page = await open(gateway);
    await row(page, '/v1/users').click();
    await page.getByRole('tab', { name: 'Request' }).click();
    await page.getByRole('table', { name: 'Query' }).getByText('b c').waitFor();
    await page.getByRole('tab', { name: 'Response' }).click();
    await page.getByRole('table', { name: 'Headers' }).getByText('X-Evil')
      .waitFor();
    await page.getByRole('table', { name: 'Cookies' }).getByText('seen')
      .waitFor();
    await page.getByText('12345678901234567890').waitFor();
    await page.getByLabel('Search the body').fill('käthe');
    await page.getByText('1 of 1').waitFor();
    await page.getByRole('button', { name: 'Bytes' }).click();
    await page.getByText('7b 22 75 73').waitFor();
    await page.getByRole('tab', { name: 'Timing' }).click();
    await page.getByText('Waiting for the answer').waitFor();
  });

tap.check('the filter is the query language, and says what is wrong with it',
  async () => {
    const gateway = await hark('proxy');
    for (const target of ['/v1/a', '/v1/b', '/fails'])
      await ask(gateway, target);
    const page = await open(gateway);
    await row(page, '/fails').waitFor();
    await page.getByLabel('Filter', { exact: true }).fill('status:5xx');
    await page.waitForFunction(
      () => document.querySelectorAll('#traffic .rows .row').length === 1);
    assert.match(await rows(page).innerText(), /\/fails/);
    await ask(gateway, '/v1/c');
    await ask(gateway, '/fails/again');
    await row(page, '/fails/again').waitFor();
    assert.strictEqual(await rows(page).count(), 2);
    await page.getByLabel('Filter', { exact: true }).fill('status:what');
    await page.locator('#filter-fault').getByText(/\w/).waitFor();
    await page.getByLabel('Filter', { exact: true }).fill('status:2xx');
    await row(page, '/v1/c').waitFor();
    await page.getByRole('button', { name: 'Miss' }).click();
    await page.getByText('Nothing matches the filter').waitFor();
    await page.getByRole('button', { name: 'Show all traffic' }).click();
    await row(page, '/v1/c').waitFor();
    assert.strictEqual(await rows(page).count(), 5);
  });

tap.check('the mode is switched, and the data port obeys', async () => {
  const gateway = await hark('auto');
  const page = await open(gateway);
  assert.strictEqual((await ask(gateway, '/one')).status, 200);
  await page.keyboard.press('m');
  await page.getByRole('radio', { name: /^replay/ }).check();
  await said(page, 'Mode is replay');
  assert.strictEqual((await ask(gateway, '/two')).status, 501);
  await page.keyboard.press('Escape');
  await page.locator('#mode-name').getByText('replay').waitFor();
  await row(page, 'Miss').waitFor();
});

tap.check('requests get a mode of their own, and lose it', async () => {
  const gateway = await hark('auto');
  const page = await open(gateway);
  await page.keyboard.press('m');
  const form = page.getByRole('form', { name: 'A mode for some requests' });
  await form.getByLabel('Path').fill('/v1/*');
  await form.getByLabel('Mode').selectOption('replay');
  await form.getByRole('button', { name: 'Add' }).click();
  await said(page, 'Mode for * /v1/* is replay');
  const mode = page.getByLabel('Mode for * /v1/*');
  assert.strictEqual(await mode.inputValue(), 'replay');
  await page.locator('#mode-name').getByText('auto +1').waitFor();
  assert.strictEqual((await ask(gateway, '/v1/users')).status, 501);
  assert.strictEqual((await ask(gateway, '/other')).status, 200);
  await form.getByLabel('Path').fill('no path');
  await form.getByRole('button', { name: 'Add' }).click();
  await said(page, 'expected a path such as /v1/*');
  await mode.selectOption('proxy');
  await said(page, 'Mode for * /v1/* is proxy');
  assert.strictEqual((await ask(gateway, '/v1/users')).status, 200);
  await mode.selectOption('as above');
  await said(page, 'Mode for * /v1/* is the one above');
  await page.locator('#mode-name').getByText(/^auto$/).waitFor();
  assert.strictEqual(await mode.count(), 0);
});

tap.check('the rule that a miss proposes is added, and the request answered',
  async () => {
    const store = tap.fresh('hark.db');
    const gateway = await tap.gateway('auto', store, '--admin', '127.0.0.1:0',
      await origin());
    await ask(gateway, '/v1/users?ts=1');
    const page = await open(gateway);
    await page.keyboard.press('m');
    await page.getByRole('radio', { name: /^replay/ }).check();
    await said(page, 'Mode is replay');
    await page.keyboard.press('Escape');
    await tap.until(async () =>
      (await ask(gateway, '/v1/users?ts=1')).source === 'replay', 'recorded');
    assert.strictEqual((await ask(gateway, '/v1/users?ts=2')).status, 501);
    await row(page, 'Miss').click();
    const compared = page.getByRole('table', { name: 'Requests compared' });
    await compared.getByText('Query ts differs').waitFor();
    await shot(page, 'miss');
    await page.getByRole('button', { name: 'Add this rule' }).click();
    await said(page, 'Added the rule');
    const again = await ask(gateway, '/v1/users?ts=2');
    assert.strictEqual(again.status, 200);
    assert.strictEqual(again.source, 'replay');
  });

tap.check('an exchange becomes a mock, whose answer is edited and turned off',
  async () => {
    const gateway = await hark('record', '--mocks-write',
      tap.fresh('mocks.json'));
    await ask(gateway, '/v1/users');
    const page = await open(gateway);
    await tap.until(async () => (await (await fetch(
      `${gateway.admin}/v1/traffic/1`)).json()).entry, 'recorded');
    await row(page, '/v1/users').click();
    await page.getByRole('button', { name: 'Make a mock of it' }).click();
    await said(page, 'Added the mock GET /v1/users');
    assert.strictEqual((await ask(gateway, '/v1/users')).source, 'mock');
    await page.getByRole('link', { name: 'Edit it' }).click();
    await page.getByRole('spinbutton', { name: 'Status' }).fill('203');
    await page.getByLabel('Body').fill('{"edited": true}');
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'it answers like that now');
    const edited = await ask(gateway, '/v1/users');
    assert.strictEqual(edited.status, 203);
    assert.strictEqual(edited.body, '{"edited": true}');
    await page.getByRole('switch').uncheck();
    await said(page, 'is off');
    assert.strictEqual((await ask(gateway, '/v1/users')).source, 'upstream');
  });

tap.check('a route of a file is found, changed, saved and has a body of JSON',
  async () => {
    const file = mocks();
    const gateway = await hark('proxy', '--mocks', file);
    const page = await open(gateway, '#/mocks');
    await page.getByLabel('Find a route').fill('mocked');
    await page.getByRole('link', { name: 'GET /mocked' }).click();
    const body = page.getByLabel('Body');
    assert.strictEqual(await body.inputValue(), '{\n  "mocked": true\n}');
    await body.fill('{"mocked": "again"');
    await page.getByText('This is not JSON').waitFor();
    await body.fill('{"mocked": "again"}');
    await page.getByRole('button', { name: 'Add a header' }).click();
    await page.getByLabel('Name').last().fill('X-Added');
    await page.getByLabel('Value').last().fill('yes');
    await body.press('Control+s');
    await said(page, 'it answers like that now');
    assert.deepStrictEqual(JSON.parse((await ask(gateway, '/mocked')).body),
      { mocked: 'again' });
    const { responses } = JSON.parse(fs.readFileSync(file)).routes[0];
    assert.deepStrictEqual(responses[0].body, { mocked: 'again' });
    assert.deepStrictEqual(responses[0].headers[1],
      { key: 'X-Added', value: 'yes' });
  });

tap.check('recordings are listed, searched, shown and deleted', async () => {
  const gateway = await hark('record');
  await ask(gateway, '/v1/users');
  await ask(gateway, '/other');
  const page = await open(gateway, '#/recordings');
  const entries = page.locator('#recordings .rows .row');
  await tap.until(async () => {
    await page.getByRole('button', { name: 'Reload' }).click();
    return await entries.count() === 2;
  }, 'two entries');
  await entries.filter({ hasText: '/other' }).click();
  await page.getByRole('tab', { name: 'Response' }).click();
  await page.getByText('this is /other').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' })
    .click();
  await said(page, 'Deleted 1 recording');
  await page.getByText('1 entry', { exact: true }).waitFor();
});

tap.check('the keyboard is enough', async () => {
  const gateway = await hark('proxy');
  for (const target of ['/first', '/second', '/third'])
    await ask(gateway, target);
  const page = await open(gateway);
  await row(page, '/third').waitFor();
  const selected = () => page.locator('[aria-selected=true][role=row]')
    .innerText();
  await page.keyboard.press('j');
  assert.match(await selected(), /third/);
  await page.keyboard.press('k');
  assert.match(await selected(), /second/);
  await page.keyboard.press('Enter');
  await page.locator('[role=tab]:focus').waitFor();
  await page.keyboard.press('ArrowRight');
  assert.strictEqual(await page.locator('[role=tab]:focus').innerText(),
    'Request');
  await page.keyboard.press('Escape');
  await page.locator('[role=grid]:focus').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('path:/first');
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    () => document.querySelectorAll('#traffic .rows .row').length === 1);
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys and filters' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.getByRole('heading', { name: 'No mocks yet' }).waitFor();
});

tap.check('the address says what is shown', async () => {
  const gateway = await hark('proxy');
  await ask(gateway, '/first');
  await ask(gateway, '/second');
  const page = await open(gateway);
  await row(page, '/first').click();
  await page.getByRole('tab', { name: 'Response' }).click();
  await page.getByText('this is /first').waitFor();
  await page.goto('about:blank');
  await page.goBack();
  await page.getByText('this is /first').waitFor();
  assert.match(await page.locator('[aria-selected=true][role=row]').innerText(),
    /first/);
});

tap.check('markup in path, header and body is text', async () => {
  const gateway = await hark('proxy');
  const target = `/${EVIL.replaceAll(' ', '%20')}"'><script>alert(1)</script>`;
  await ask(gateway, target, { headers: { 'X-Evil': EVIL } });
  await ask(gateway, '/evil');
  await ask(gateway, '/evil.svg');
  const page = await open(gateway);
  for (const which of ['alert(1)</script>', '/evil', '/evil.svg']) {
    await row(page, which).click();
    for (const tab of ['Overview', 'Request', 'Response', 'Timing'])
      await page.getByRole('tab', { name: tab }).click();
    await page.getByRole('tab', { name: 'Response' }).click();
    await page.getByText(EVIL).first().waitFor();
    await page.locator('.tools').waitFor();
  }
  await page.getByText('9 × 9 pixels').waitFor();
  assert.strictEqual(
    await page.locator('img[src=x], main script').count(), 0);
});

tap.check('ten thousand rows are some dozens in the page', async () => {
  const gateway = await hark('proxy', '--mocks', mocks());
  const all = Array.from({ length: 10000 }, (_, i) => i);
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (all.length > 0)
      await ask(gateway, `/mocked?${all.pop()}`);
  }));
  const page = await open(gateway);
  await page.waitForFunction(() => Number(document.querySelector('[role=grid]')
    .getAttribute('aria-rowcount')) === 10001);
  const grid = page.locator('#traffic [role=grid]');
  for (const part of [0, 0.3, 0.7, 1, 0.5]) {
    await grid.evaluate((element, y) => {
      element.scrollTop = element.scrollHeight * y;
    }, part);
    await page.waitForFunction(() => {
      const box = document.querySelector('#traffic [role=grid]')
        .getBoundingClientRect();
      const at = document.elementFromPoint(box.x + 200, box.y + box.height / 2);
      return at.closest('[role=row]');
    });
    assert.ok(await rows(page).count() < 100);
  }
  // Who has scrolled away keeps the place and is told of what is new.
  const top = await grid.evaluate((element) => element.scrollTop);
  const seen = await rows(page).nth(20).getAttribute('id');
  await ask(gateway, '/mocked?more');
  await page.getByRole('button', { name: '↓ 1 new' }).waitFor();
  assert.ok(Math.abs(await grid.evaluate((e) => e.scrollTop) - top) <= 26);
  assert.strictEqual(await page.locator(`[id="${seen}"]`).count(), 1);
  await page.getByRole('button', { name: '↓ 1 new' }).click();
  await row(page, '?more').waitFor();
});

tap.check('what is paused waits', async () => {
  const gateway = await hark('proxy');
  await ask(gateway, '/before');
  const page = await open(gateway);
  await row(page, '/before').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await ask(gateway, '/meanwhile');
  await page.getByRole('button', { name: 'Resume (1 new)' }).click();
  await row(page, '/meanwhile').waitFor();
});

tap.check('a connection that is lost is told, and comes back', async () => {
  const gateway = await hark('proxy');
  const page = await open(gateway);
  await ask(gateway, '/before');
  await row(page, '/before').waitFor();
  await page.context().setOffline(true);
  await page.getByRole('alert').getByText('hark does not answer').waitFor();
  await shot(page, 'lost');
  await ask(gateway, '/while-away');
  await page.context().setOffline(false);
  await page.getByRole('alert').getByText(/\w/).waitFor({ state: 'detached' });
  await row(page, '/while-away').waitFor();
});

tap.check('the token is asked for', async () => {
  const gateway = await hark('proxy', '--admin-token', 'not-to-be-guessed-1');
  await ask(gateway, '/secret');
  const page = await open(gateway);
  await page.getByRole('textbox', { name: 'Token' }).fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'hark wants its token' }).waitFor();
  await page.getByRole('textbox', { name: 'Token' })
    .fill('not-to-be-guessed-1');
  await page.keyboard.press('Enter');
  await row(page, '/secret').waitFor();
});

/* Each view, dark and light, for everybody. */

function mocks() {
  const file = tap.fresh('mocks.json');
  fs.writeFileSync(file, JSON.stringify({ name: 'Demo', routes: [
    { uuid: 'r-1', method: 'get', endpoint: 'mocked', documentation: 'One',
      responses: [{ statusCode: 200, body: { mocked: true },
        headers: [{ key: 'Content-Type', value: 'application/json' }] }] },
    { uuid: 'r-2', method: 'post', endpoint: 'orders/:id', enabled: false,
      responses: [{ statusCode: 201, body: '' }] }] }));
  return file;
}

const VIEWS = [
  ['traffic', '#/traffic', '#traffic .rows .row'],
  ['overview', '#/traffic?id=1&tab=overview', 'text=Answered by'],
  ['request', '#/traffic?id=1&tab=request', 'text=There is none'],
  ['response', '#/traffic?id=1&tab=response', '.json'],
  ['timing', '#/traffic?id=1&tab=timing', 'text=All together'],
  ['why-missed', '#/traffic?id=4&tab=miss', 'text=Query x'],
  ['mocks', '#/mocks?route=r-1', 'text=Add a header'],
  ['recordings', '#/recordings', '#recordings .rows .row'],
];

async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(
    () => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.map(({ id, nodes }) =>
    `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
}

for (const colorScheme of ['light', 'dark'])
  tap.check(`axe finds nothing in any view, ${colorScheme}`, async () => {
    const gateway = await hark('auto', '--mocks', mocks());
    await ask(gateway, '/v1/users?x=1');
    await ask(gateway, '/mocked');
    await ask(gateway, '/fails');
    const page = await open(gateway, '', { colorScheme });
    await page.keyboard.press('m');
    await page.getByRole('radio', { name: /^replay/ }).check();
    await said(page, 'Mode is replay');
    await tap.until(async () => (await (await fetch(
      `${gateway.admin}/v1/entries`)).json()).entries.length > 1, 'recorded');
    await ask(gateway, '/v1/users?x=2');
    assert.deepStrictEqual(await violations(page), []);
    await shot(page, `modes-${colorScheme}`);
    for (const [name, hash, sign] of VIEWS) {
      await page.goto('about:blank');
      await page.goto(`${gateway.admin}/${hash}`);
      await page.locator(sign).first().waitFor();
      assert.deepStrictEqual(await violations(page), [], name);
      await shot(page, `${name}-${colorScheme}`);
    }
    await page.setViewportSize({ width: 480, height: 800 });
    await shot(page, `narrow-${colorScheme}`);
  });

tap.main().finally(() => browser && browser.close());
