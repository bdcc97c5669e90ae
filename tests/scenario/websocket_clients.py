# Goal: real WebSocket libraries talk through hark, live and then recorded.

import asyncio
import contextlib
import json
import shutil
import threading

from harness import Skip, case, check, command, entries, main, outcome, same
from registry import npm, registry

try:
    import websockets
except ImportError:
    websockets = None

# What the client says in one line: the answers, in JSON, and the Close.
PYTHON = """
import asyncio, json, os, sys
import websockets

async def main():
    url = os.environ['HARK_URL'].replace('http', 'ws') + '/chat?room=1'
    got = []
    async with websockets.connect(url, subprotocols=['chat'],
                                  max_size=None) as s:
        got.append(s.subprotocol)
        got.append(await s.recv())
        for said in ('one', 'h\\u00e9 \\U0001f600', '', 'x' * 300000):
            await s.send(said)
            got.append(await s.recv())
        await s.send(bytes(range(256)))
        got.append((await s.recv()).hex())
        await s.send(['in ', 'three ', 'pieces'])
        got.append(await s.recv())
        await asyncio.wait_for(await s.ping(), 30)
        await s.send('bye')
        try:
            await s.recv()
        except websockets.ConnectionClosed as e:
            got.append([e.rcvd.code, e.rcvd.reason])
    print(json.dumps(got))

asyncio.run(main())
"""

NODE = """
const WebSocket = require(process.argv[2]);
const url = process.env.HARK_URL.replace('http', 'ws') + '/chat?room=1';
const said = ['one', 'h\\u00e9 \\u{1f600}', '', 'x'.repeat(300000),
              Buffer.from(Array.from({length: 256}, (_, i) => i)),
              'in three pieces', 'bye'];
const got = [];
const s = new WebSocket(url, 'chat');
s.on('open', () => { got.push(s.protocol); s.ping(); });
s.on('message', (data, binary) => {
  got.push(binary ? data.toString('hex') : data.toString());
  s.send(said.shift());
});
s.on('close', (code, reason) => {
  got.push([code, reason.toString()]);
  console.log(JSON.stringify(got));
});
s.on('error', e => { console.error(e); process.exit(1); });
"""

WANTED = ['chat', 'hello', 'ONE', 'H\u00c9 \U0001f600', '', 'X' * 300000,
          bytes(range(255, -1, -1)).hex(), 'IN THREE PIECES',
          [4000, 'bye then']]


class Server:
    """A chat by python3-websockets, in a thread of its own."""

    def __enter__(self):
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)),
                         daemon=True).start()
        check(ready.wait(30), 'the server of python3-websockets is up')
        return self

    async def serve(self, ready):
        self.loop = asyncio.get_running_loop()
        self.end = self.loop.create_future()
        async with websockets.serve(self.chat, '127.0.0.1', 0,
                                    subprotocols=['chat'],
                                    max_size=None) as s:
            self.port = s.sockets[0].getsockname()[1]
            self.url = f'http://127.0.0.1:{self.port}'
            ready.set()
            await self.end

    async def chat(self, s):
        with contextlib.suppress(websockets.ConnectionClosed):
            await s.send('hello')
            async for said in s:
                if said == 'bye':
                    await s.close(4000, 'bye then')
                    return
                await s.send(said.upper() if isinstance(said, str)
                             else said[::-1])

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.end.set_result, None)


def ours():
    if websockets is None:
        raise Skip('there is no python3-websockets')
    return Server()


def ran(mode, store, client, *options):
    done = command('run', '--mode', mode, '--store', store, *options, '--',
                   *client)
    same(done.returncode, 0, f'{mode}: {done.stderr[-2000:]}')
    same(json.loads(done.stdout), WANTED, mode)


def goes_through(t, client):
    store = t.path('chat.db')
    with ours() as server:
        ran('proxy', t.path('none.db'), client, '--url', server.url)
        ran('record', store, client, '--url', server.url)
    ran('replay', store, client)
    (e,) = entries(store)
    same((e['response']['status'], outcome(e)), (101, 'complete'))
    check('permessage-deflate' in json.dumps(e['response']['headers']),
          'nothing was compressed')
    texts = [m['data'] for m in e['_webSocketMessages'] if m['opcode'] == 1]
    same(texts[:5], ['hello', 'one', 'ONE', 'h\u00e9 \U0001f600',
                     'H\u00c9 \U0001f600'])


@case(deadline=60)
def python3_websockets_is_recorded_and_replayed(t):
    script = t.path('client.py')
    script.write_text(PYTHON)
    goes_through(t, ['/usr/bin/python3', script])


@case(deadline=150)
def npm_ws_is_recorded_and_replayed(t):
    if not shutil.which('node'):
        raise Skip('there is no node command')
    url = registry()
    folder = t.path()
    done = npm('install', 'ws@8', '--registry', url, '--no-audit',
               '--no-fund', '--no-update-notifier', '--ignore-scripts',
               '--prefix', folder)
    if done.returncode:
        raise Skip('ws cannot be installed')
    script = folder / 'client.js'
    script.write_text(NODE)
    goes_through(t, ['node', script, folder / 'node_modules' / 'ws'])


@case(deadline=60)
def many_at_once_do_not_get_in_each_others_way(t):
    async def one(url, n):
        async with websockets.connect(url + f'/chat?room={n}') as s:
            same(await s.recv(), 'hello')
            for i in range(20):
                await s.send(f'{n} {i} ' + 'y' * (i * n))
                same(await s.recv(), f'{n} {i} ' + 'Y' * (i * n))
            if n % 3 == 0:
                s.transport.abort()
            elif n % 3 == 1:
                await s.send('bye')
                await s.wait_closed()

    async def all_of(url):
        await asyncio.gather(*(one(url, n) for n in range(40)))

    with ours() as server:
        hark = t.hark('record', url=server.url)
        asyncio.run(all_of(hark.url.replace('http', 'ws')))
        hark.stop()
    same(len(entries(hark.store)), 40)
    hark.restart(mode='replay', options=[])
    asyncio.run(all_of(hark.url.replace('http', 'ws')))
    hark.stop()
    check('40 replayed' in hark.log and '0 missed' in hark.log, hark.log)


main()
