# Goal: HTTP/2 works on every way to a server: through tunnels, both ways.

import os
import shutil
import subprocess
import textwrap

from frames import Http2, Upstream, needs_h2, speaks_h2
from harness import (Shared, Skip, case, certificate, check, entries, main,
                     same, until)
from tunnels import tunnel, world


@Shared
def files(t):
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    needs_h2()
    world()
    return certificate(t.folder, 'api', 'IP:127.0.0.1', 'DNS:localhost')


def relay(t, mode, *options, **how):
    return t.hark(mode, '--ca-dir', world()[2], '--upstream-ca', files()[0],
                  *options, **how)


def curl(hark, url, *options):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    done = subprocess.run(
        ['curl', '-sS', '--noproxy', '', '--proxy', f'http://{hark.address}',
         '--cacert', world()[2] / 'ca.pem', '--http2', '--max-time', '20',
         '-w', '\n%{http_version} %{http_code}', *options, url],
        capture_output=True, timeout=60)
    same(done.stderr, b'')
    return done.stdout.rsplit(b'\n', 1)


def intercepted(t, hark, authority):
    c = Http2(tunnel(t, hark, authority).sock, world()[2] / 'ca.pem')
    t.ends.callback(c.close)
    return c


# --- a tunnel that is looked into --------------------------------------------

@case
def curl_speaks_it_in_a_tunnel_both_times(t):
    upstream = Upstream(t, *files())
    body = os.urandom(300000)
    upstream.routes['/big'] = lambda r: r.reply(body)
    upstream.routes['/up'] = lambda r: r.reply(r.body)
    hark = relay(t, 'record', '--workers', '1')

    def asked():
        done = curl(hark, upstream.url + '/big')
        check(done == [body, b'2 200'], done[1])
        same(curl(hark, upstream.url + '/up', '-d', 'a=1'),
             [b'a=1', b'2 200'])
    asked()
    same([r.pseudo[':authority'] for r in upstream.asked],
         [upstream.url[8:]] * 2)
    hark.stop()
    upstream.stop()
    same([(e['request']['url'], e['request']['httpVersion'])
          for e in entries(hark.store)],
         [(upstream.url + path, 'HTTP/2') for path in ('/big', '/up')])
    hark.restart(mode='replay')
    asked()


@case
def requests_of_a_tunnel_share_it(t):
    upstream = Upstream(t, *files())
    held = []
    upstream.routes['/held'] = held.append
    hark = relay(t, 'proxy', '--workers', '1')
    c = intercepted(t, hark, upstream.url[8:])
    same(c.ask('GET', '/first', authority=upstream.url[8:]).status, 200)
    numbers = [c.begin('GET', '/held', authority=upstream.url[8:])
               for _ in range(3)]
    until(lambda: len(held) == 3, 'all are asked')
    same(len(upstream.peers), 1)
    for i, r in enumerate(held):
        r.reply_later(b'%d' % i)
    same(sorted(c.answer(n).body for n in numbers), [b'0', b'1', b'2'])


# --- a proxy on the way out --------------------------------------------------

@case
def an_upstream_behind_a_proxy_is_asked_by_it(t):
    upstream = Upstream(t, *files())
    proxy = t.hark('proxy', '--ca-dir', t.path('none'))
    hark = t.hark('proxy', '--upstream-ca', files()[0], '--upstream-proxy',
                  proxy.url, '--workers', '1', url=upstream.url)
    body = os.urandom(300000)
    upstream.routes['/echo'] = lambda r: r.reply(r.body)
    for _ in range(2):
        r = hark.ask('POST', '/echo', [], body)
        check(r.status == 200 and r.body == body, r.status)
    same(hark.get('/a').body, b'GET /a')
    same((len(upstream.asked), len(upstream.peers)), (3, 1))
    check('proxy-authorization' not in dict(upstream.asked[0].headers), 'no')


# --- another client ----------------------------------------------------------

NODE = textwrap.dedent('''
    const fs = require('fs'), http2 = require('http2');
    const c = http2.connect(process.argv[2],
        { ca: fs.readFileSync(process.argv[3]) });
    const ask = (headers, body) => new Promise((done, fail) => {
        const r = c.request(headers), told = { body: '' };
        r.setEncoding('utf8');
        r.on('response', h => told.status = h[':status']);
        r.on('trailers', h => told.sum = h['x-sum']);
        r.on('data', d => told.body += d);
        r.on('end', () => done(told));
        r.on('error', fail);
        r.end(body);
    });
    const all = [];
    for (let i = 0; i < 20; i++)
        all.push(ask({ ':path': '/' + i }));
    all.push(ask({ ':path': '/echo', ':method': 'POST' }, 'x'.repeat(200000)));
    Promise.all(all).then(told => {
        const echo = told.pop();
        const right = told.every((a, i) =>
            a.status === 200 && a.body === 'GET /' + i);
        console.log(right, echo.status, echo.body.length, echo.sum);
        c.close();
    });
''')


@case
def node_asks_at_once_both_times(t):
    if not shutil.which('node'):
        raise Skip('there is no node')
    cert, key = files()
    upstream = Upstream(t, cert, key)

    def echo(r):
        r.head(200)
        r.peer.send(r.number, r.body, [('x-sum', '7')])
    upstream.routes['/echo'] = echo
    hark = t.hark('record', '--upstream-ca', cert, '--tls-cert', cert,
                  '--tls-key', key, url=upstream.url)
    script = t.path('ask.js')
    script.write_text(NODE)

    def asked():
        done = subprocess.run(
            ['node', script, f'https://{hark.address}', cert],
            capture_output=True, text=True, timeout=60)
        same((done.stdout, done.stderr), ('true 200 200000 7\n', ''))
    asked()
    hark.stop()
    upstream.stop()
    hark.restart(mode='replay')
    asked()


main()
