# Goal: TLS, HTTP/2 and what lasts longer than an answer fail at each place as
# hark(1) says in "When something fails", from either end.
#
# As in phases.py each cell is one of many that go through one gateway at a
# time.

import contextlib
import os
import random
import select
import signal
import socket
import ssl
import struct
import threading

from frames import Http2, Upstream, needs_h2, speaks_h2
from harness import (PATIENCE, SCALE, Ended, Failed, Shared, Skip, case,
                     certificate, check, entries, main, ms, outcome, problem,
                     reply, same, tls_server, until)
from ends import SEED, cut_off, each, fails, half_close
from sockets import opened, serves
from tunnels import tunnel

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
ENDS = ('close', 'half_close', 'reset', 'stall')


@Shared
def files(t):
    return certificate(t.folder, 'both', 'IP:127.0.0.1', 'DNS:localhost')


def secure(t, mode, *options, **how):
    cert, key = files()
    return t.hark(mode, *options, '--tls-cert', cert, '--tls-key', key, **how)


def settled(hark, before, more=2):
    """All connections but those that may be kept are given back."""
    until(lambda: hark.descriptors() <= before + more,
          f'all connections are closed, HARK_SEED={SEED}')


# --- the upstream's TLS ------------------------------------------------------

def flight(hello):
    """What a server answers to a hello."""
    cert, key = files()
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    s = tls_server(cert, key).wrap_bio(into, out, server_side=True)
    into.write(hello)
    with contextlib.suppress(ssl.SSLWantReadError):
        s.do_handshake()
    return out.read()


PLACES = {  # in the server's first flight
    'before-it': lambda raw: b'',
    'in-a-record-head': lambda raw: raw[:3],
    'behind-a-record-head': lambda raw: raw[:5],
    'in-the-hello': lambda raw: raw[:60],
    'in-the-middle': lambda raw: raw[:len(raw) // 2],
    'before-the-last-byte': lambda raw: raw[:-1],
    'with-another-version': lambda raw: b'\x15\x03\x03\0\2\2\x46',
    'with-an-alert': lambda raw: b'\x15\x03\x03\0\2\2\x28',
    'with-other-bytes': lambda raw: b'HTTP/1.1 400 Bad Request\r\n\r\n',
    'with-a-record-too-long': lambda raw: b'\x16\x03\x03\xff\xff' + raw,
}


def stalls(cell):
    return cell[1] == 'stall' and not cell[0].startswith('with-')


@case(deadline=60)
def handshakes_of_an_upstream_that_fail_are_502_or_504_of_tls(t):
    cells = [(place, end) for place in PLACES for end in ENDS]
    options, origins = [], {}
    for place, end in cells:
        origin = origins[place, end] = t.origin()

        def script(peer, place=place, end=end):
            peer.send(PLACES[place](flight(peer.some())))
            fails(peer, end)
        origin.on_connect = script
        options += ['--upstream', f'/{place}-{end}=https://'
                                  f'{origin.authority}']
    # Only those that shall run into a timeout have one that is short.
    hasty, hark = (t.hark('record', '--upstream-ca', files()[0], *options,
                          *short) for short in (
        ('--connect-timeout', ms(1000)), ()))
    before, hasty_before = hark.descriptors(), hasty.descriptors()

    def attempt(cell):
        r = (hasty if stalls(cell) else hark).get('/{}-{}/x'.format(*cell))
        problem(r, 504 if stalls(cell) else 502, 'tls')
    each(cells, attempt, 'handshakes')
    settled(hark, before)
    settled(hasty, hasty_before)
    hark.stop()
    hasty.stop()
    told = {e['request']['url'].rsplit('/', 1)[0].split('//')[1]: outcome(e)
            for one in (hark, hasty) for e in entries(one.store)}
    for cell, origin in origins.items():
        same(told[origin.authority],
             'timeout' if stalls(cell) else 'refused', cell)


def raw_send(peer, data):
    """Below TLS."""
    os.write(peer.sock.fileno(), data)


@case
def what_breaks_TLS_in_an_answer_is_a_cut_answer(t):
    cert, key = files()
    origin = t.origin(tls=tls_server(cert, key))
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'
    origin.routes = {
        '/alert': lambda p, r: (p.send(head + b'01234'), raw_send(
            p, b'\x15\x03\x03\0\2\2\x50'), p.wait_gone()),
        '/garbage': lambda p, r: (p.send(head + b'01234'), raw_send(
            p, b'HTTP/1.1 200 OK\r\n\r\n'), p.wait_gone()),
        '/forged': lambda p, r: (p.send(head + b'01234'), raw_send(
            p, b'\x17\x03\x03\0\x20' + bytes(32)), p.wait_gone()),
        '/half': lambda p, r: (p.send(head + b'01234'), raw_send(
            p, b'\x17\x03\x03\0\x20' + bytes(9)), p.reset()),
        '/open': lambda p, r: (p.send(b'HTTP/1.1 200 OK\r\n\r\n01234'),
                               half_close(p), p.wait_gone()),
        '/good': lambda p, r: (p.send(b'HTTP/1.1 200 OK\r\n\r\n01234'),
                               p.sock.unwrap(), p.close()),
    }
    hark = t.hark('record', origin, '--upstream-ca', cert)
    for target in sorted(origin.routes):
        try:
            r = hark.get(target)
            same((r.status, r.complete), (200, target == '/good'), target)
        except Ended:
            check(target != '/good', 'a whole answer was cut')
    same(hark.get('/after').status, 200)
    hark.stop()
    same({e['request']['url'][len(origin.url):]: outcome(e)
          for e in entries(hark.store)},
         {'/alert': 'reset', '/forged': 'reset', '/garbage': 'reset',
          '/half': 'reset', '/open': 'reset', '/good': 'complete',
          '/after': 'complete'})


# --- a client's TLS and HTTP/2 -----------------------------------------------

def hello():
    out = ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=files()[0])
    context.set_alpn_protocols(['h2', 'http/1.1'])
    s = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname='localhost')
    with contextlib.suppress(ssl.SSLWantReadError):
        s.do_handshake()
    return out.read()


@case(deadline=60)
def handshakes_of_a_client_that_fail_leave_nothing(t):
    origin = t.origin()
    hark = secure(t, 'proxy', origin, '--header-timeout', ms(600))
    before = hark.descriptors()
    whole = hello()
    cells = [(n, end) for n in (0, 1, 3, 5, 60, len(whole) - 1, len(whole))
             for end in ENDS]

    def attempt(cell):
        n, end = int(cell[0]), cell[1]
        c = hark.client()
        try:
            c.send(whole[:n])
            if end in ('close', 'reset'):
                cut_off(c, end)
                return
            if end == 'half_close':
                half_close(c)
            # Whatever it says, it ends in time.
            with contextlib.suppress(Ended):
                while True:
                    c.some()
        finally:
            c.close()
    each([(str(n), end) for n, end in cells], attempt, 'hellos')
    settled(hark, before, 0)
    same(origin.targets(), [])


@case
def a_hello_or_preface_that_dribbles_in_is_given_up(t):
    needs_h2()
    origin = t.origin()
    hark = secure(t, 'proxy', origin, '--header-timeout', ms(600),
                  '--idle-timeout', ms(600))
    before = hark.descriptors()

    def dribble(c, data):
        with contextlib.suppress(OSError, Ended):
            for byte in data:
                c.send(bytes([byte]))
                if select.select([c.sock], [], [], 0.05 * SCALE)[0]:
                    c.some()
            raise Failed('all of it was waited for')
    dribble(t.client(hark), hello())
    if speaks_h2():
        c = Wired(hark)
        t.ends.callback(c.close)
        dribble(c, PREFACE * 3)
    settled(hark, before, 0)


PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack(
        '>BBI', kind, flags, stream) + payload


class Wired:
    """TLS that agreed on h2, and frames by hand."""

    def __init__(self, hark):
        context = ssl.create_default_context(cafile=files()[0])
        context.set_alpn_protocols(['h2'])
        self.sock = context.wrap_socket(hark.client().sock,
                                        server_hostname='127.0.0.1')
        self.sock.settimeout(PATIENCE)

    def send(self, data):
        self.sock.sendall(data)

    def some(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            raise Ended('rst') from None
        if not data:
            raise Ended('eof')
        return data

    def close(self):
        self.sock.close()


SETTINGS = PREFACE + frame(4, 0, 0)
# ":method POST, :scheme https, :path /, :authority a", by the static table.
POST = b'\x83\x87\x84\x01\x01a'
HEAD = frame(1, 4, 1, POST)
H2_PLACES = {
    'before-the-preface': b'',
    'in-the-preface': PREFACE[:10],
    'before-the-settings': PREFACE,
    'in-the-settings': SETTINGS[:-3],
    'in-a-frame-head': SETTINGS + HEAD[:4],
    'in-a-header-section': SETTINGS + HEAD[:-2],
    'before-its-continuation': SETTINGS + frame(1, 0, 1, POST[:3]),
    'in-its-continuation': SETTINGS + frame(1, 0, 1, POST[:3]) +
                           frame(9, 4, 1, POST[3:])[:-1],
    'before-the-body': SETTINGS + HEAD,
    'in-a-data-head': SETTINGS + HEAD + frame(0, 0, 1, b'abc')[:5],
    'in-data': SETTINGS + HEAD + frame(0, 0, 1, b'abc')[:-1],
    'between-data': SETTINGS + HEAD + frame(0, 0, 1, b'abc'),
    'before-the-trailers': SETTINGS + HEAD + frame(0, 0, 1, b'abc') +
                           frame(1, 1, 1, b''),
}


@case(deadline=60)
def connections_by_HTTP_2_that_fail_reach_nobody_as_whole(t):
    needs_h2()
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    origin = t.origin()
    hark = secure(t, 'record', origin, '--header-timeout', ms(600),
                  '--body-timeout', ms(600), '--idle-timeout', ms(800))
    before = hark.descriptors()
    cells = [(place, end) for place in H2_PLACES for end in ENDS]

    def attempt(cell):
        c = Wired(hark)
        try:
            with contextlib.suppress(OSError, Ended):
                c.send(H2_PLACES[cell[0]])
                if cell[1] in ('close', 'reset'):
                    cut_off(c, cell[1])
                    return
                if cell[1] == 'half_close':
                    half_close(c)
                while True:
                    c.some()
        finally:
            c.close()
    each(cells, attempt, 'HTTP/2')
    settled(hark, before, 0)
    same(origin.targets(), [])
    c = Http2(hark.client().sock, files()[0])
    t.ends.callback(c.close)
    same(c.ask('GET', '/fine').status, 200)


@case(deadline=60)
def an_upstream_by_HTTP_2_that_fails_fails_its_calls_alone(t):
    needs_h2()
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    upstream = Upstream(t, *files())

    def gone(r):
        r.peer.flush()
        r.peer.sock.shutdown(socket.SHUT_RDWR)

    def head(r, then=lambda r: None):
        r.head(headers=[('content-length', '10')])
        r.peer.h2.send_data(r.number, b'01234')
        r.peer.flush()
        then(r)
    # (what it does, status, whole, outcome)
    rows = {
        '/reset-before': (lambda r: r.reset(2), 502, 'reset'),
        '/reset-in': (lambda r: head(r, lambda r: r.reset(2)), 200, 'reset'),
        '/mute': (lambda r: None, 504, 'timeout'),
        '/mute-in': (head, 200, 'timeout'),
        '/short': (lambda r: head(
            r, lambda r: r.peer.h2.end_stream(r.number)), 200, None),
    }
    for target, (script, _, _) in rows.items():
        upstream.routes[target] = script
    hark = t.hark('record', '--upstream-ca', files()[0], '--workers', '1',
                  '--first-byte-timeout', ms(800),
                  '--upstream-idle-timeout', ms(800), url=upstream.url)
    same(hark.get('/fine').status, 200)
    before = hark.descriptors()

    def attempt(cell):
        try:
            r = hark.get(cell[0])
            same((r.status, r.complete),
                 (rows[cell[0]][1], rows[cell[0]][1] != 200), cell)
        except Ended:
            same(rows[cell[0]][1], 200, 'only an answer that has begun ends')
    each([(target,) for target in rows], attempt, 'an upstream by HTTP/2')
    same(hark.get('/between').status, 200)
    settled(hark, before)
    # The whole connection goes while some wait for it.
    upstream.routes['/wait'] = lambda r: None
    upstream.routes['/gone'] = gone
    crowd = [t.client(hark) for _ in range(3)]
    for c in crowd:
        c.request('POST', '/wait', [], b'x')
    upstream.wait_for(2 + len(rows) + len(crowd))
    problem(hark.ask('POST', '/gone', [], b'x'), 502)
    for c in crowd:
        problem(c.response(), 502)
    same(hark.get('/after').status, 200)
    settled(hark, before, 2 + len(crowd))
    hark.stop()
    told = {e['request']['url'][len(upstream.url):]: outcome(e)
            for e in entries(hark.store)}
    for target, (_, _, how) in rows.items():
        if how:
            same(told[target], how, target)
        check(told[target] != 'complete', target)


# --- what lasts --------------------------------------------------------------

def lasting(t, kind, hark, origin, who, how):
    """Both ends of something that lasts and has begun: (client, peer)."""
    target = f'/{kind}-{who}-{how}'
    if kind == 'tunnel':
        n = len(origin.peers)
        c = tunnel(t, hark, origin.authority)
        c.send(b'x')
        until(lambda: len(origin.peers) > n, 'the tunnel is up')
        return c, origin.peers[n]
    c = t.client(hark)
    if kind == 'socket':
        opened(c, target)
    else:
        c.request('GET' if kind == 'events' else 'POST', target,
                  body=b'x' if kind == 'download' else None)
        c.chunk(c.head())
    r = until(lambda: next((r for r in origin.requests
                            if r.target == target), None), 'it has begun')
    return c, r.peer


@case(deadline=60)
def what_lasts_ends_for_both_when_one_end_fails(t):
    origin, raw = t.origin(), t.origin()
    raw.on_connect = lambda p: (p.some(), until(
        lambda: p.closed or p.sock.fileno() == -1, 'the case ends it', 60))
    hold = threading.Event()
    t.ends.callback(hold.set)

    def stream(peer, r):
        peer.send(CHUNKED)
        peer.chunked(b'data: 1\n\n', last=False)
        hold.wait(60)
    for kind in ('events', 'download'):
        for who in ('client', 'upstream'):
            for how in ('close', 'reset', 'half_close'):
                origin.routes[f'/{kind}-{who}-{how}'] = stream
    for who in ('client', 'upstream'):
        for how in ('close', 'reset', 'half_close'):
            origin.routes[f'/socket-{who}-{how}'] = serves(
                lambda s: hold.wait(60))
    hark = t.hark('record', origin, '--forward-proxy', '--workers', '1')
    same(hark.get('/fine').status, 200)
    before = hark.descriptors()
    for kind in ('events', 'download', 'socket', 'tunnel'):
        for who in ('client', 'upstream'):
            for how in ('close', 'reset', 'half_close'):
                if (kind, who, how) in (('events', 'client', 'half_close'),
                                        ('download', 'client', 'half_close')):
                    continue  # a request that is over: nothing fails
                c, peer = lasting(t, kind, hark,
                                  raw if kind == 'tunnel' else origin,
                                  who, how)
                one, other = (c, peer) if who == 'client' else (peer, c)
                # Not by close(2) alone: another thread may be in recv(2).
                getattr(one, how)()
                other.sock.settimeout(PATIENCE)
                with contextlib.suppress(Ended, OSError):
                    while True:
                        other.some()
                for end in (c, peer):
                    end.close()
    settled(hark, before, 1)
    same(hark.get('/after').status, 200)
    hark.stop()
    for e in entries(hark.store):
        name = e['request']['url'].rsplit('/', 1)[1]
        if name in ('fine', 'after'):
            continue
        kind, who, how = name.split('-')
        broke = 'reset' if how == 'reset' else 'truncated'
        if kind == 'socket':
            # The end of one is an end; only an upstream can break it off.
            broke = 'reset' if how == 'reset' else 'complete'
        gone = 'complete' if kind == 'socket' else 'client-gone'
        same(outcome(e), gone if who == 'client' else broke, name)


# --- signals -----------------------------------------------------------------

@case(deadline=60)
def signals_at_any_time_end_no_exchange(t):
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(r.target.encode() * 100))
    hark = t.hark('record', origin)
    chance = random.Random(SEED)
    wrong, over = [], threading.Event()

    def asking(who):
        with contextlib.closing(hark.client()) as c:
            for i in range(60):
                target = f'/{who}/{i}'
                r = c.ask('GET', target)
                if (r.status, r.body) != (200, target.encode() * 100):
                    wrong.append((target, r))
    threads = [threading.Thread(target=asking, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        hark.signal(chance.choice((signal.SIGHUP, signal.SIGPIPE,
                                   signal.SIGCHLD, signal.SIGWINCH,
                                   signal.SIGURG)))
        hark.signal(signal.SIGSTOP)
        hark.signal(signal.SIGCONT)
        over.wait(0.01)
    check(not wrong, lambda: f'HARK_SEED={SEED}: {wrong[:3]}')
    hark.stop()
    same({outcome(e) for e in entries(hark.store)}, {'complete'})
    same(len(entries(hark.store)), 360)


if __name__ == '__main__':
    print(f'# HARK_SEED={SEED}')
    main()
