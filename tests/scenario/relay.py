# Goal: clients that only know a proxy are recorded and replayed, by HTTPS too.

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading

from harness import (Skip, case, check, command, entries, export, main,
                     problem, reply, same, until)
from repository import backend, repository
from tunnels import connect, imported, intercepted, tunnel, world


# --- plain requests ----------------------------------------------------------

@case
def an_absolute_target_names_its_origin(t):
    one, two = t.origin(), t.origin()
    hark = t.hark('record')
    c = t.client(hark)
    for origin in (one, two, one):
        same(c.ask('GET', f'{origin.url}/a?b').status, 200)
        r = origin.take()[-1]
        same((r.target, r.all('host')), ('/a?b', [origin.authority]))
    hark.stop()
    same([e['request']['url'] for e in entries(hark.store)],
         [f'{o.url}/a?b' for o in (one, two, one)])
    one.stop()
    two.stop()
    hark.restart(mode='replay')
    c = t.client(hark)
    for origin in (one, two):
        r = c.ask('GET', f'{origin.url}/a?b')
        same((r.status, r.source), (200, 'replay'))
    same(c.ask('GET', f'http://other.test/a?b').status, 501)


@case
def connections_to_a_named_origin_are_kept(t):
    origin = t.origin()
    hark = t.hark('record', '--workers', 1)
    for _ in range(5):
        same(t.client(hark).ask('GET', f'{origin.url}/').status, 200)
    same(len(origin.peers), 1, 'connections')


@case
def the_gateway_does_not_ask_itself(t):
    hark = t.hark('record', listen=['127.0.0.1:0', '127.0.0.1:0'])
    port = hark.addresses[1].rpartition(':')[2]
    # Its own address is what HARK_URL names: no proxy's business.
    same(t.client(hark).ask('GET', f'http://{hark.address}/').status, 501)
    same(t.client(hark).ask('GET', f'http://localhost:{port}/').status, 502)
    r = connect(t, hark, f'localhost:{port}').response()
    problem(r, 502, 'connect')
    check('itself' in r.json['detail'], r.json)


@case
def an_upstream_of_the_settings_comes_first(t):
    one, named = t.origin(), t.origin()
    hark = t.hark('record', '--forward-proxy', '--upstream',
                  f'api.test={one.url}')
    same(t.client(hark).ask('GET', 'http://api.test/x').status, 200)
    same(t.client(hark).ask('GET', f'{named.url}/y').status, 200)
    same((one.targets(), named.targets()), (['/x'], ['/y']))


@case
def without_forward_proxy_nothing_is_reached(t):
    origin, other = t.origin(), t.origin()
    hark = t.hark('record', origin)
    problem(connect(t, hark, other.authority).response(), 501)
    same((other.targets(), other.peers), ([], []))


# --- who may -----------------------------------------------------------------

@case
def a_proxy_open_to_the_world_is_refused(t):
    for mode in ('record', 'proxy', 'auto'):
        done = command(mode, '--listen', '0.0.0.0:0', '--store',
                       t.path('h.db'))
        same(done.returncode, 2)
        check('--proxy-auth' in done.stderr and
              '--allow-remote' in done.stderr, done.stderr)
    origin = t.origin()
    for option in (['--proxy-auth', 'a:b'], ['--allow-remote']):
        hark = t.hark('record', *option, listen=['0.0.0.0:0'])
        hark.stop()


@case
def who_is_not_known_gets_407(t):
    origin = t.origin()
    hark = t.hark('record', '--proxy-auth', 'me:pass word')
    right = base64.b64encode(b'me:pass word').decode()
    for value in (None, 'Basic ' + right[:-2], 'Basic', 'Bearer x',
                  'Basic ' + base64.b64encode(b'me:').decode()):
        fields = [('Proxy-Authorization', value)] if value else []
        for target in ('absolute', 'connect'):
            if target == 'connect':
                c = connect(t, hark, origin.authority, fields)
            else:
                c = t.client(hark)
                c.request('GET', origin.url + '/', fields)
            r = c.response()
            problem(r, 407)
            same(r.all('proxy-authenticate'), ['Basic realm="hark"'])
    same(origin.peers, [])
    fields = [('Proxy-Authorization', 'basic  ' + right)]
    same(t.client(hark).ask('GET', origin.url + '/', fields).status, 200)
    same(origin.requests[-1].all('proxy-authorization'), [])
    tunnel(t, hark, origin.authority, fields)
    hark.stop()
    check('roxy-' not in str(entries(hark.store)[0]['request']),
          'the word for the proxy is recorded')


# --- tunnels that are not opened ---------------------------------------------

@case
def a_tunnel_is_exact_both_ways(t):
    server = socket.create_server(('127.0.0.1', 0))
    port = server.getsockname()[1]
    there, back = os.urandom(3 << 20), os.urandom(2 << 20)
    got = []

    def serve():
        peer, _ = server.accept()
        data = b''
        while more := peer.recv(65536):
            data += more
        got.append(data)
        peer.sendall(back)
        peer.close()
    threading.Thread(target=serve, daemon=True).start()
    _, _, folder = world()
    hark = t.hark('record', '--ca-dir', folder, '--intercept', '*.test')
    c = tunnel(t, hark, f'127.0.0.1:{port}')
    c.send(there)
    c.half_close()
    parts = []
    c.keep_log = False
    while sum(map(len, parts)) < len(back):
        parts.append(c.some())
    check(b''.join(parts) == back, 'what came back differs')
    same(c.ended(), 'eof')
    until(lambda: got, 'the server has read all')
    check(got[0] == there, 'what arrived differs')
    server.close()
    hark.stop()
    same(entries(hark.store), [])


@case
def early_bytes_of_a_tunnel_are_not_lost(t):
    origin = t.origin()
    _, _, folder = world()
    hark = t.hark('record', '--ca-dir', folder, '--intercept', '*.test')
    c = t.client(hark)
    a = origin.authority
    c.send(f'CONNECT {a} HTTP/1.1\r\nHost: {a}\r\n\r\n'
           f'GET /early HTTP/1.1\r\nHost: {a}\r\n\r\n'.encode())
    same(c.head().status, 200)
    check('/early' in c.response().json['start'], 'lost')


@case
def a_host_that_cannot_be_reached_is_a_502(t):
    gone = t.origin()
    gone.stop()
    hark = t.hark('record', '--ca-dir', t.path('none'),
                  env={'RES_OPTIONS': 'attempts:1 timeout:1'})
    problem(connect(t, hark, gone.authority).response(), 502, 'connect')
    problem(connect(t, hark, 'no-such-host.invalid:443').response(), 502,
            'resolve')


@case
def replay_opens_no_tunnel(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.get('/')
    hark.stop()
    origin.peers.clear()
    hark.restart(mode='replay', options=['--ca-dir', t.path('none')])
    r = connect(t, hark, origin.authority).response()
    problem(r, 501)
    check('hark ca' in r.json['detail'], r.json)
    same(origin.peers, [])


# --- tunnels that are --------------------------------------------------------

@case
def what_passes_in_a_tunnel_is_recorded_and_replayed_offline(t):
    cert, server, folder = world()
    origin = t.origin(tls=server)
    hark = t.hark('record', '--ca-dir', folder, '--upstream-ca', cert)
    url = f'https://{origin.authority}'
    c = intercepted(t, hark, origin.authority, folder)
    body = os.urandom(200000)
    origin.routes['/big'] = reply(body)
    for target in ('/a?b=c', '/big', '/a?b=c'):
        r = c.ask('GET', target)
        same((r.status, r.source), (200, 'upstream'))
    same(c.ask('POST', '/post', [], b'x' * 70000).status, 200)
    same(origin.requests[0].all('host'), [origin.authority])
    hark.stop()
    origin.stop()
    har = export(hark.store)['log']['entries']
    same([e['request']['url'] for e in har],
         [url + x for x in ('/a?b=c', '/big', '/a?b=c', '/post')])
    # A name is not even looked up: nothing could answer for it.
    hark.restart(mode='replay', options=['--ca-dir', folder])
    c = intercepted(t, hark, origin.authority, folder)
    check(c.ask('GET', '/big').body == body, 'the bodies differ')
    same(c.ask('POST', '/post', [], b'x' * 70000).source, 'replay')
    same(c.ask('GET', '/never').status, 501)
    # The same path by http is another one.
    r = t.client(hark).ask('GET', f'http://{origin.authority}/big')
    check(r.source in ('replay', 'miss'), r)


@case
def names_need_not_be_resolved_to_be_replayed(t):
    _, _, folder = world()
    har = t.path('a.har')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 't', 'version': '1'},
        'entries': [imported(url) for url in (
            'https://api.invalid/v1', 'http://plain.invalid/v1')]}}))
    store = t.path('h.db')
    done = command('import', har, '--store', store)
    same(done.returncode, 0, done.stderr)
    hark = t.hark('replay', '--ca-dir', folder, store=store)
    c = intercepted(t, hark, 'api.invalid:443', folder)
    c.address = 'api.invalid'
    same(c.ask('GET', '/v1').body, b'https://api.invalid/v1')
    c = t.client(hark)
    same(c.ask('GET', 'http://plain.invalid/v1').body,
         b'http://plain.invalid/v1')
    same(c.ask('GET', 'http://other.invalid/v1').status, 501)


@case
def the_way_of_playwright_knows_what_was_asked_in_a_tunnel(t):
    _, _, folder = world()
    har, store = t.path('a.har'), t.path('h.db')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 't', 'version': '1'},
        'entries': [imported('https://api.invalid/v1')]}}))
    same(command('import', har, '--store', store).returncode, 0)
    hark = t.hark('replay', '--match', 'playwright', '--ca-dir', folder,
                  store=store)
    c = intercepted(t, hark, 'api.invalid:443', folder)
    c.address = 'api.invalid'
    same(c.ask('GET', '/v1').body, b'https://api.invalid/v1')
    same(t.client(hark).ask('GET', 'http://api.invalid/v1').status, 501)


@case
def plain_http_in_a_tunnel_is_recorded_too(t):
    _, _, folder = world()
    origin = t.origin()
    hark = t.hark('record', '--ca-dir', folder)
    c = tunnel(t, hark, origin.authority)
    same(c.ask('GET', '/plain').status, 200)
    hark.stop()
    same([e['request']['url'] for e in entries(hark.store)],
         [f'{origin.url}/plain'])


@case
def early_bytes_of_a_handshake_are_not_lost(t):
    cert, server, folder = world()
    origin = t.origin(tls=server)
    hark = t.hark('record', '--ca-dir', folder, '--upstream-ca', cert)
    a = origin.authority
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context(cafile=folder / 'ca.pem').wrap_bio(
        incoming, outgoing, server_hostname='127.0.0.1')
    c = t.client(hark)
    first = f'CONNECT {a} HTTP/1.1\r\nHost: {a}\r\n\r\n'.encode()

    def talk(step):
        nonlocal first
        while True:
            try:
                result = step()
                c.send(first + outgoing.read())
                first = b''
                return result
            except ssl.SSLWantReadError:
                c.send(first + outgoing.read())
                if first:
                    first = b''
                    same(c.head().status, 200)
                incoming.write(c.some())
    talk(tls.do_handshake)
    request = f'GET /e HTTP/1.1\r\nHost: {a}\r\n\r\n'.encode()
    talk(lambda: tls.write(request))
    check(b' 200 ' in talk(lambda: tls.read(4096)), 'no answer')
    same(origin.targets(), ['/e'])


@case
def a_request_for_another_host_than_the_tunnels_is_misdirected(t):
    cert, server, folder = world()
    origin = t.origin(tls=server)
    hark = t.hark('record', '--ca-dir', folder, '--upstream-ca', cert)
    c = intercepted(t, hark, origin.authority, folder)
    c.send(b'GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n')
    problem(c.response(), 421)
    same(origin.targets(), [])


@case
def a_tunnel_in_a_tunnel_is_refused(t):
    _, _, folder = world()
    hark = t.hark('record', '--ca-dir', folder)
    c = intercepted(t, hark, '127.0.0.1:4', folder)
    c.send(b'CONNECT 127.0.0.1:4 HTTP/1.1\r\nHost: 127.0.0.1:4\r\n\r\n')
    problem(c.response(), 501)


@case
def an_upstream_that_cannot_be_trusted_is_a_502(t):
    _, server, folder = world()
    origin = t.origin(tls=server)
    hark = t.hark('record', '--ca-dir', folder)
    c = intercepted(t, hark, origin.authority, folder)
    problem(c.ask('GET', '/'), 502, 'tls')


@case
def abrupt_ends_of_tunnels_leave_nothing_behind(t):
    cert, server, folder = world()
    origin, plain = t.origin(tls=server), t.origin()
    hark = t.hark('record', '--ca-dir', folder, '--upstream-ca', cert,
                  '--intercept', '127.0.0.1')
    opaque = f'localhost:{plain.port}'
    before = hark.descriptors()
    for stage in range(8):
        if stage < 3:
            c = connect(t, hark, [origin.authority, opaque,
                                  'no-such.invalid:1'][stage])
        elif stage < 5:
            c = tunnel(t, hark, [origin.authority, opaque][stage - 3])
            if stage == 3:
                c.send(b'\x16\x03\x01')
            else:
                c.send(b'GET /')
        else:
            c = intercepted(t, hark, origin.authority, folder)
            if stage > 5:
                c.send(b'GET / HTTP/1.1\r\nHost: ' +
                       origin.authority.encode() +
                       (b'\r\n\r\n' if stage == 7 else b''))
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          b'\1\0\0\0\0\0\0\0')
        socket.close(c.sock.detach())
    until(lambda: hark.descriptors() <= before + 4, 'descriptors closed')
    same(intercepted(t, hark, origin.authority, folder).ask('GET', '/').status,
         200)


# --- hark run ----------------------------------------------------------------

def twice(t, argv, origin, cert, shown=None):
    """Runs argv while it is recorded and, without the server, again."""
    store = t.path('run.db')
    env = {'XDG_DATA_HOME': str(t.path()), 'NO_PROXY': '', 'no_proxy': ''}
    outputs = []
    for mode in ('record', 'replay'):
        trust = ['--upstream-ca', cert] if mode == 'record' else []
        done = command('run', '--mode', mode, *trust, '--store', store,
                       '--no-redact', '--', *argv, env=env, timeout=120)
        same(done.returncode, 0, done.stdout + done.stderr)
        outputs.append(done.stdout)
        if mode == 'record':
            check(entries(store), 'nothing was recorded')
            check(all(e['request']['url'].startswith('https://')
                      for e in entries(store)), 'urls')
            origin.stop()
    same(outputs[1], outputs[0], 'what the command printed')
    return outputs[0]


def server(t):
    cert, tls, _ = world()
    origin = t.origin(tls=tls)
    origin.routes['/hello'] = reply(b'hello by TLS\n')
    return cert, origin


@case
def a_command_has_its_environment_for_as_long_as_it_runs(t):
    folder = t.path()
    done = command('run', '--mode', 'record', '--store',
                   t.path('h.db'), '--', 'env',
                   env={'TMPDIR': str(folder), 'NO_PROXY': 'corp.test',
                        'XDG_DATA_HOME': str(folder)})
    env = dict(line.split('=', 1) for line in done.stdout.splitlines()
               if '=' in line)
    url = env['HARK_URL']
    for name in ('HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'):
        same(env[name], url, name)
    for name in ('NO_PROXY', 'no_proxy'):
        same(env[name], url[len('http://'):] + ',corp.test', name)
    for name in ('SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE',
                 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS'):
        check(env[name].startswith(str(folder)), name)
    same(os.listdir(folder), [], 'files left behind')


@case
def a_commands_proxy_has_the_name_and_password_in_its_URL(t):
    done = command('run', '--mode', 'record', '--store', t.path('h.db'),
                   '--proxy-auth', 'me:p@ss:w/%^', '--', 'env',
                   env={'XDG_DATA_HOME': str(t.path())})
    env = dict(line.split('=', 1) for line in done.stdout.splitlines()
               if '=' in line)
    same(env['HTTPS_PROXY'].replace(env['HARK_URL'][len('http://'):], 'HOST'),
         'http://me:p%40ss:w%2F%25%5E@HOST')


@case
def with_a_URL_a_command_has_HARK_URL_alone(t):
    done = command('run', '--mode', 'record', '--url', 'http://127.0.0.1:1',
                   '--store', t.path('h.db'), '--', 'env',
                   env={'HTTP_PROXY': 'as it was',
                        'CURL_CA_BUNDLE': 'this, too'})
    check('HARK_URL=http://127' in done.stdout and
          'HTTP_PROXY=as it was' in done.stdout and
          'CURL_CA_BUNDLE=this, too' in done.stdout, done.stdout)


@case(deadline=60)
def curl_runs_again_without_its_server(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    cert, origin = server(t)
    same(twice(t, ['curl', '-sS', origin.url + '/hello'], origin, cert),
         'hello by TLS\n')


@case(deadline=60)
def python_runs_again_without_its_server(t):
    cert, origin = server(t)
    script = ('import sys, urllib.request as u\n'
              'print(u.urlopen(sys.argv[1]).read())')
    out = twice(t, [sys.executable, '-c', script, origin.url + '/hello'],
                origin, cert)
    check('hello by TLS' in out, out)


@case(deadline=60)
def requests_runs_again_without_its_server(t):
    try:
        import requests  # noqa: F401
    except ImportError:
        raise Skip('there is no python3-requests') from None
    cert, origin = server(t)
    script = ('import sys, requests as r\n'
              's = r.Session()\n'
              'for i in range(3): print(s.get(sys.argv[1]).text)\n'
              'print(s.post(sys.argv[1] + "x", json={"a": 1}).status_code)')
    out = twice(t, [sys.executable, '-c', script, origin.url + '/hello'],
                origin, cert)
    check(out.count('hello by TLS') == 3, out)


NODE = '''
const http = require("http"), https = require("https"), tls = require("tls");
const proxy = new URL(process.env.HTTPS_PROXY), url = new URL(process.argv[1]);
http.request({ host: proxy.hostname, port: proxy.port, method: "CONNECT",
    path: url.host }).on("connect", (res, socket) => {
  https.get(url, { createConnection: () => tls.connect({ socket,
      servername: "localhost" }) }, (r) => {
    r.on("data", (d) => process.stdout.write(d)); r.on("end", () =>
      process.exit(0)); });
}).end();
'''


@case(deadline=60)
def node_runs_again_without_its_server(t):
    if not shutil.which('node'):
        raise Skip('there is no node')
    cert, origin = server(t)
    url = f'https://localhost:{origin.port}/hello'
    same(twice(t, ['node', '-e', NODE, url], origin, cert), 'hello by TLS\n')


@case(deadline=120)
def git_runs_again_without_its_server(t):
    if not shutil.which('git'):
        raise Skip('there is no git')
    cert, origin = server(t)
    origin.default = backend(repository(t))
    script = ('d=$(mktemp -d) && GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL='
              '/dev/null HOME=/nonexistent GIT_TERMINAL_PROMPT=0 '
              'git clone -q "$1" "$d/c" && git -C "$d/c" log --oneline | '
              'tail -1; rm -rf "$d"')
    out = twice(t, ['sh', '-c', script, 'sh',
                    f'https://localhost:{origin.port}/repo.git'],
                origin, cert)
    check('change 0' in out, out)


@case
def a_tunnel_that_goes_out_is_a_live_call(t):
    origin = t.origin()
    script = ('import socket, os, urllib.parse\n'
              'p = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])\n'
              's = socket.create_connection((p.hostname, p.port))\n'
              f's.sendall(b"CONNECT {origin.authority} HTTP/1.1\\r\\n'
              f'Host: {origin.authority}\\r\\n\\r\\n")\n'
              'print(s.recv(100))')
    done = command('run', '--mode', 'record', '--intercept', '*.test',
                   '--fail-on', 'live', '--store', t.path('h.db'), '--',
                   sys.executable, '-c', script)
    same(done.returncode, 6, done.stdout + done.stderr)
    check('200' in done.stdout, done.stdout)


main()
