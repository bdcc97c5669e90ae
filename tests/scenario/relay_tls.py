# Goal: a forward proxy that is itself asked by TLS serves as any does.

import os
import shutil
import socket
import ssl
import subprocess
import threading

from harness import (Skip, case, check, entries, main, problem, reply, same,
                     until)
from sockets import opened, serves, shouts
from tunnels import world


class Inner:
    """TLS in TLS: Python's own sockets cannot."""

    def __init__(self, sock, context, name):
        self.sock = sock
        self.come, self.go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.come, self.go, server_hostname=name)
        self.until_done(self.tls.do_handshake)

    def until_done(self, act, *args):
        while True:
            try:
                done = act(*args)
                self.flush()
                return done
            except ssl.SSLWantReadError:
                self.flush()
                more = self.sock.recv(65536)
                self.come.write(more) if more else self.come.write_eof()

    def flush(self):
        if self.go.pending:
            self.sock.sendall(self.go.read())

    def sendall(self, data):
        view = memoryview(data)
        while view:
            view = view[self.until_done(self.tls.write, view[:65536]):]

    def send(self, data):
        self.sendall(data)
        return len(data)

    def recv(self, n):
        try:
            return self.until_done(self.tls.read, n)
        except ssl.SSLZeroReturnError:
            return b''

    def __getattr__(self, name):
        return getattr(self.sock, name)


def proxy(t, mode, *options, **how):
    _, _, folder = world()
    return t.hark(mode, '--tls', 'auto', '--ca-dir', folder, *options, **how)


def trusting():
    return ssl.create_default_context(cafile=world()[2] / 'ca.pem')


def asked(t, hark, authority):
    """A client, by TLS, that has sent its CONNECT."""
    c = t.client(hark)
    c.sock = trusting().wrap_socket(c.sock, server_hostname='localhost')
    c.send(f'CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n'
           .encode())
    return c


def tunnel(t, hark, authority):
    c = asked(t, hark, authority)
    r = c.head()
    same((r.status, r.headers, c.buffer), (200, [], b''), r)
    c.address = authority
    return c


def intercepted(t, hark, authority):
    c = tunnel(t, hark, authority)
    c.sock = Inner(c.sock, trusting(), authority.rpartition(':')[0])
    return c


@case
def what_passes_is_recorded_and_replayed_offline(t):
    cert, server, _ = world()
    origin = t.origin(tls=server)
    hark = proxy(t, 'record', '--upstream-ca', cert)
    body = os.urandom(300000)
    origin.routes['/big'] = reply(body)
    c = intercepted(t, hark, origin.authority)
    same(c.ask('GET', '/a').source, 'upstream')
    check(c.ask('GET', '/big').body == body, 'the bodies differ')
    same(c.ask('POST', '/post', [], b'x' * 300000).status, 200)
    hark.stop()
    origin.stop()
    same([e['request']['url'] for e in entries(hark.store)],
         [f'https://{origin.authority}{x}' for x in ('/a', '/big', '/post')])
    hark.restart(mode='replay', options=hark.options[:4])
    c = intercepted(t, hark, origin.authority)
    check(c.ask('GET', '/big').body == body, 'the bodies differ')
    same(c.ask('POST', '/post', [], b'x' * 300000).source, 'replay')
    same(c.ask('GET', '/never').source, 'miss')


@case
def plain_http_in_such_a_tunnel_is_http(t):
    origin = t.origin()
    hark = proxy(t, 'record')
    c = tunnel(t, hark, origin.authority)
    same(c.ask('GET', '/plain').source, 'upstream')
    hark.stop()
    (e,) = entries(hark.store)
    same(e['request']['url'], f'{origin.url}/plain')


@case
def a_WebSocket_goes_through_both(t):
    cert, server, _ = world()
    origin = t.origin(tls=server)
    origin.routes['/ws'] = serves(shouts)
    hark = proxy(t, 'record', '--upstream-ca', cert)
    s, _ = opened(intercepted(t, hark, origin.authority))
    s.send('hi')
    same((s.receive(), s.closed()), ('HI', (1000, '')))
    s.close()
    hark.stop()
    (e,) = entries(hark.store)
    same(e['request']['url'], f'wss://{origin.authority}/ws')


@case
def a_tunnel_that_is_left_alone_is_exact_both_ways(t):
    server = socket.create_server(('127.0.0.1', 0))
    there, back = os.urandom(1 << 20), os.urandom(1 << 20)
    got = []

    def serve():
        peer, _ = server.accept()
        data = b''
        while len(data) < len(there):
            data += peer.recv(65536)
        got.append(data)
        peer.sendall(back)
        peer.close()
    threading.Thread(target=serve, daemon=True).start()
    hark = proxy(t, 'record', '--intercept', '*.test')
    c = tunnel(t, hark, f'127.0.0.1:{server.getsockname()[1]}')
    c.keep_log = False
    c.send(there)
    parts = []
    while sum(map(len, parts)) < len(back):
        parts.append(c.some())
    check(b''.join(parts) == back, 'what came back differs')
    same(c.ended(), 'eof')
    until(lambda: got, 'the server has read all')
    check(got[0] == there, 'what arrived differs')
    server.close()


@case
def a_tunnel_in_such_a_tunnel_is_refused(t):
    hark = proxy(t, 'record')
    c = intercepted(t, hark, '127.0.0.1:4')
    c.send(b'CONNECT 127.0.0.1:4 HTTP/1.1\r\nHost: 127.0.0.1:4\r\n\r\n')
    problem(c.response(), 501)


@case
def abrupt_ends_leave_nothing_behind(t):
    cert, server, _ = world()
    origin = t.origin(tls=server)
    hark = proxy(t, 'record', '--upstream-ca', cert)
    before = hark.descriptors()
    for stage in range(6):
        c = (asked if stage == 0 else tunnel if stage < 3 else intercepted)(
            t, hark, origin.authority)
        if stage == 2:
            c.send(b'\x16\x03\x01')
        if stage > 3:
            c.send(b'GET / HTTP/1.1\r\nHost: ' + origin.authority.encode() +
                   (b'\r\n\r\n' if stage == 5 else b''))
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          b'\1\0\0\0\0\0\0\0')
        socket.close(c.sock.detach())
    until(lambda: hark.descriptors() <= before + 4, 'descriptors closed')
    same(intercepted(t, hark, origin.authority).ask('GET', '/').status, 200)


@case
def curl_has_an_HTTPS_proxy(t):
    if not shutil.which('curl'):
        raise Skip('no curl')
    cert, server, folder = world()
    origin = t.origin(tls=server)
    origin.routes['/hello'] = reply(b'hello in TLS in TLS\n')
    hark = proxy(t, 'record', '--upstream-ca', cert)
    ca = str(folder / 'ca.pem')
    argv = ['curl', '-sS', '--noproxy', '', '--max-time', '20', '--cacert', ca,
            '--proxy-cacert', ca, f'https://{origin.authority}/hello']

    def shown():
        port = hark.address.rpartition(':')[2]
        done = subprocess.run([*argv, '--proxy', f'https://localhost:{port}'],
                              capture_output=True, text=True, timeout=60)
        return done.stdout, done.stderr
    same(shown(), ('hello in TLS in TLS\n', ''))
    hark.stop()
    origin.stop()
    hark.restart(mode='replay', options=hark.options[:4])
    same(shown(), ('hello in TLS in TLS\n', ''))


if __name__ == '__main__':
    main()
