'use strict';
// Goal: named cases with a deadline each, counted as TAP, and hark beside them.

const assert = require('node:assert');
const { spawn, execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');

const HARK = process.env.HARK || './hark';
const PATIENCE = 60e3;
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'hark-browser-'));
const cases = [];
const ends = [];
let numbers = 0;

class Skip extends Error {}

// A file or folder of the test run that does not exist yet.
function fresh(name) {
  const folder = path.join(root, String(++numbers));
  fs.mkdirSync(folder);
  return path.join(folder, name || '');
}

function check(name, run) {
  cases.push({ name, run });
}

// Calls end when the case is over, whatever became of it.
function finally_(end) {
  ends.push(end);
}

async function within(promise, what) {
  const late = new AbortController();
  try {
    return await Promise.race([
      promise,
      pause(PATIENCE, null, { signal: late.signal, ref: false }).then(() => {
        throw new Error(`${what}: not in time`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

async function until(condition, what) {
  const last = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > last)
      throw new Error(`${what}: not in time`);
    await pause(10);
  }
}

// Runs hark to its end: {code, stdout, stderr}.
function hark(...argv) {
  return new Promise((resolve) => {
    execFile(HARK, argv, { maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

async function mustHark(...argv) {
  const done = await hark(...argv);
  assert.strictEqual(done.code, 0, `hark ${argv.join(' ')}: ${done.stderr}`);
  return done;
}

// hark MODE on a free port: {url, admin, stop, log}.
async function gateway(mode, store, ...options) {
  const ready = fresh('ready.json');
  const child = spawn(HARK, [mode, '--store', store, '--listen', '127.0.0.1:0',
    '--ready-file', ready, ...options],
  { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const ended = new Promise((resolve) => {
    child.on('close', (code) => resolve(code));
  });
  const stop = async () => {
    if (child.exitCode !== null)
      return;
    child.kill('SIGTERM');
    const code = await within(ended, 'the end of hark');
    assert.strictEqual(code, 0, `hark ended with ${code}: ${log}`);
  };
  finally_(stop);
  await until(() => fs.existsSync(ready) || child.exitCode !== null,
    'hark is ready');
  assert.strictEqual(child.exitCode, null, `hark ended: ${log}`);
  const { listen, admin } = JSON.parse(fs.readFileSync(ready));
  return { url: `http://${listen[0]}`, admin, stop, log: () => log };
}

async function runOne(one) {
  try {
    await within(one.run(), one.name);
    return '';
  } catch (e) {
    if (e instanceof Skip)
      return ` # SKIP ${e.message}`;
    console.log(String(e.stack).replace(/^/gm, '# ').slice(0, 6000));
    return null;
  } finally {
    for (const end of ends.splice(0).reverse())
      await Promise.resolve().then(end).catch((e) => console.log(`# ${e}`));
  }
}

async function main() {
  let failed = 0;
  console.log(`1..${cases.length}`);
  for (const [i, one] of cases.entries()) {
    const how = await runOne(one);
    failed += how === null;
    console.log(`${how === null ? 'not ' : ''}ok ${i + 1} - ${one.name}` +
      (how || ''));
    if (how)
      console.error(`SKIPPED: ${one.name}: ${how.slice(8)}`);
  }
  if (!process.env.HARK_KEEP)
    fs.rmSync(root, { recursive: true, force: true });
  console.log(`# ${cases.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

module.exports = {
  Skip, check, finally: finally_, fresh, gateway, hark, main, mustHark, until,
};
