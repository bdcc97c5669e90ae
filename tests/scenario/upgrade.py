# Goal: a WebSocket goes through as bytes, both ways, however its ends behave.

import contextlib
import hashlib
import itertools
import os
import socket
import ssl
import threading

from harness import (BIG, PATIENCE, SCALE, Ended, case, certificate, check,
                     grown, main, ms, problem, reply, same, tls_server, until)

ASKS = [('Connection', 'keep-alive, Upgrade'), ('Upgrade', 'websocket'),
        ('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='),
        ('Sec-WebSocket-Version', '13'),
        ('Sec-WebSocket-Extensions', 'permessage-deflate'),
        ('Sec-WebSocket-Protocol', 'chat, superchat')]
AGREED = (b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
          b'Connection: Upgrade\r\n'
          b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'
          b'Sec-WebSocket-Protocol: chat\r\n\r\n')


def agrees(then=lambda peer: None):
    def script(peer, r):
        peer.send(AGREED)
        then(peer)
    return script


def echoes(peer):
    while True:
        peer.send(peer.some())


def opened(t, hark, target='/ws', early=b''):
    c = t.client(hark)
    lines = [f'GET {target} HTTP/1.1', f'Host: {hark.address}']
    lines += [f'{n}: {v}' for n, v in ASKS]
    c.send('\r\n'.join(lines).encode() + b'\r\n\r\n' + early)
    r = c.head()
    same(r.status, 101)
    return c, r


def origin_over_tls(t):
    cert, key = certificate(t.path(), 'upstream', 'IP:127.0.0.1')
    return t.origin(tls=tls_server(cert, key)), ('--upstream-ca', cert)


@case
def the_handshake_reaches_the_upstream_and_its_answer_the_client(t):
    origin = t.origin()
    origin.routes['/v1/ws?a=%20b'] = agrees(echoes)
    hark = t.hark('proxy', url=origin.url + '/v1')
    c, r = opened(t, hark, '/ws?a=%20b')
    same((r.get('upgrade'), r.get('connection')), ('websocket', 'Upgrade'))
    same(r.get('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    same(r.get('sec-websocket-protocol'), 'chat')
    same((r.source, r.framing), ('upstream', 'none'))
    (q,) = origin.wait_for(1)
    same((q.all('upgrade'), q.all('connection')), (['websocket'], ['Upgrade']))
    for name, value in ASKS[2:]:
        same(q.all(name), [value])
    same(q.get('host'), origin.authority)
    c.send(b'\x81\x85')
    same(c.exactly(2), b'\x81\x85')


@case
def bytes_pass_both_ways_also_over_tls(t):
    plain = t.origin(), ()
    for origin, options in (plain, origin_over_tls(t)):
        origin.default = agrees(echoes)
        hark = t.hark('proxy', origin, *options)
        c, _ = opened(t, hark)
        for size in (1, 2, 125, 4096, 70000, 300000):
            piece = os.urandom(size)
            threading.Thread(target=c.send, args=(piece,)).start()
            check(c.exactly(size) == piece, f'{size} bytes are changed')
        c.close()
        hark.stop()


@case
def clients_may_come_by_tls(t):
    cert, key = certificate(t.path(), 'gateway', 'IP:127.0.0.1')
    context = ssl.create_default_context(cafile=cert)
    for origin, options in ((t.origin(), ()), origin_over_tls(t)):
        def script(peer, r):
            peer.send(AGREED + b'hello')
            echoes(peer)
        origin.default = script
        hark = t.hark('proxy', origin, '--tls-cert', cert, '--tls-key', key,
                      *options)
        c = t.client(hark)
        c.sock = context.wrap_socket(c.sock, server_hostname='127.0.0.1')
        c.request('GET', '/ws', ASKS)
        same((c.head().status, c.exactly(5)), (101, b'hello'))
        for size in (1, 16384, 16385, 300000):
            # Not by a thread: an SSLSocket is for one at a time.
            piece = os.urandom(size)
            c.send(piece)
            check(c.exactly(size) == piece, f'{size} bytes are changed')
        hark.signal(15)
        same(c.ended(), 'eof')
        same(hark.wait(), 0)


@case
def bytes_behind_the_handshake_are_the_first(t):
    for origin, options in ((t.origin(), ()), origin_over_tls(t)):
        def script(peer, r):
            peer.send(AGREED + b'first of the upstream')
            echoes(peer)
        origin.default = script
        hark = t.hark('proxy', origin, *options)
        c, _ = opened(t, hark, early=b'first of the client')
        same(c.exactly(40), b'first of the upstreamfirst of the client'[:40])
        hark.stop()


@case
def more_than_is_read_ahead_may_come_before_the_answer(t):
    origin = t.origin()
    agreed = t.gate('the upstream may agree')
    bytes_ = os.urandom(3_000_000)

    def script(peer, r):
        agreed.wait()
        agrees(echoes)(peer, r)
    origin.default = script
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    c.request('GET', '/ws', ASKS)
    sender = threading.Thread(target=c.send, args=(bytes_,))
    sender.start()
    origin.wait_for(1)
    agreed.open()
    same(c.head().status, 101)
    check(c.exactly(len(bytes_)) == bytes_, 'the bytes are changed')
    sender.join()


@case
def a_refused_handshake_is_an_ordinary_answer(t):
    origin = t.origin()
    origin.routes['/no'] = reply(b'not you', '403 Forbidden')
    origin.routes['/plain'] = reply(b'a page')
    origin.routes['/ws'] = agrees(echoes)
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    r = c.ask('GET', '/no', ASKS)
    same((r.status, r.body), (403, b'not you'))
    r = c.ask('GET', '/plain', ASKS)
    same((r.status, r.body, r.get('upgrade')), (200, b'a page', None))
    c.request('GET', '/ws', ASKS)
    same(c.head().status, 101)


@case
def the_end_of_one_side_is_the_end_of_one_side(t):
    for origin, options in ((t.origin(), ()), origin_over_tls(t)):
        def script(peer, r):
            peer.send(AGREED)
            got = b''
            try:
                while True:
                    got += peer.some()
            except Exception:
                peer.send(b'all of it: ' + got)
                peer.close()
        origin.default = script
        hark = t.hark('proxy', origin, *options)
        c, _ = opened(t, hark)
        c.send(b'half')
        c.half_close()
        same(c.exactly(15), b'all of it: half')
        same(c.ended(), 'eof')
        hark.stop()


@case(deadline=60)
def a_side_that_reads_slowly_stops_the_other(t):
    size = 96 << 20 if BIG else 48 << 20
    piece = os.urandom(1 << 20)
    origin = t.origin()

    def pours(peer):
        for _ in range(size >> 20):
            peer.send(piece)
        peer.close()
    origin.default = agrees(pours)
    hark = t.hark('proxy', origin)
    before = hark.status('VmHWM')
    c, _ = opened(t, hark)
    c.keep_log = False
    got, digest = 0, hashlib.sha256()
    while got < size:
        part = c.exactly(1 << 20)
        got += len(part)
        digest.update(part)
    same(digest.hexdigest(),
         hashlib.sha256(piece * (size >> 20)).hexdigest())
    check(hark.status('VmHWM') - before < 24 << 10, 'memory grew')


def narrow(origin):
    """Little is on its way to a peer of it that does not read."""
    origin.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)


def fill(c, most=64 << 20):
    """Sends until nothing more is taken for a while; gives the number."""
    piece, sent = bytes(range(256)) * 256, 0
    c.sock.settimeout(0.3 * SCALE)
    with contextlib.suppress(TimeoutError):
        while sent < most:
            at = sent % len(piece)
            sent += c.sock.send(piece[at:])
    check(sent < most, 'nobody held it back')
    c.sock.settimeout(PATIENCE)
    return sent


@case(deadline=60)
def an_upstream_that_reads_slowly_stops_its_client(t):
    for origin, options in ((t.origin(), ()), origin_over_tls(t)):
        narrow(origin)
        go, got = t.gate(), []

        def slow(peer):
            go.wait()
            peer.keep_log = False
            digest, n = hashlib.sha256(), 0
            with contextlib.suppress(Ended):
                while True:
                    part = peer.some()
                    digest.update(part)
                    n += len(part)
            got.append((n, digest.digest()))
            peer.send(b'thanks')
            peer.close()
        origin.default = agrees(slow)
        hark = t.hark('proxy', origin, *options)
        before = hark.status('VmHWM')
        c, _ = opened(t, hark)
        sent = fill(c)
        grown(hark, before, 24)
        # What waits goes before the end.
        c.half_close()
        go.open()
        same(c.exactly(6), b'thanks')
        same(c.ended(), 'eof')
        wanted = (bytes(range(256)) * (sent // 256 + 1))[:sent]
        same(got, [(sent, hashlib.sha256(wanted).digest())])
        hark.stop()


@case
def an_end_waits_for_the_bytes_before_it(t):
    origin = t.origin()
    narrow(origin)
    go, got = t.gate(), []

    def slow(peer):
        go.wait()
        with contextlib.suppress(Ended):
            while True:
                got.append(peer.some())
        peer.close()
    origin.default = agrees(slow)
    hark = t.hark('proxy', origin)
    for size, end in itertools.product(range(1, 16, 5),
                                       ('half_close', 'close')):
        body = bytes(range(256)) * (size << 9)
        go.event.clear()
        got.clear()
        c, _ = opened(t, hark)
        c.send(body)
        getattr(c, end)()
        # Another's whole exchange: hark has seen the end.
        opened(t, hark, '/other')
        go.open()
        until(lambda: len(b''.join(got)) == len(body),
              f'all is there: {size} {end}')
        check(b''.join(got) == body, 'other bytes')


@case
def an_upstream_that_takes_nothing_is_given_up(t):
    origin = t.origin()
    narrow(origin)
    go, gone = t.gate(), []
    origin.default = agrees(lambda peer: (go.wait(), gone.append(
        peer.wait_gone())))
    hark = t.hark('proxy', origin, '--upstream-idle-timeout', ms(600))
    c, _ = opened(t, hark)
    with contextlib.suppress(OSError):
        while True:
            c.sock.sendall(bytes(1 << 20))
    go.open()
    until(lambda: gone, 'the upstream is let go')
    c, _ = opened(t, hark)


@case
def an_upstream_that_resets_while_bytes_wait_ends_its_client(t):
    origin = t.origin()
    narrow(origin)
    go = t.gate()
    origin.default = agrees(lambda peer: (go.wait(), peer.reset()))
    hark = t.hark('proxy', origin)
    c, _ = opened(t, hark)
    fill(c)
    go.open()
    check(c.ended() in ('eof', 'rst'), 'the client is told')
    opened(t, hark)


@case
def a_tunnel_without_a_byte_is_closed(t):
    origin = t.origin()
    gone = []
    origin.default = agrees(lambda peer: gone.append(peer.wait_gone()))
    hark = t.hark('proxy', origin, '--tunnel-idle-timeout', ms(300))
    c, _ = opened(t, hark)
    same(c.ended(), 'eof')
    until(lambda: gone, 'the upstream sees the end')


@case
def stopping_ends_tunnels(t):
    origin = t.origin()
    gone = []
    origin.default = agrees(lambda peer: gone.append(peer.wait_gone()))
    hark = t.hark('proxy', origin)
    clients = [opened(t, hark)[0] for _ in range(6)]
    hark.stop()
    for c in clients:
        same(c.ended(), 'eof')
    until(lambda: len(gone) == 6, 'the upstream sees the ends')


@case
def breaking_off_at_any_stage_harms_nobody_else(t):
    for origin, options in ((t.origin(), ()), origin_over_tls(t)):
        gone = []

        def waits(peer):
            gone.append(peer.wait_gone())

        def mute(peer, r):
            gone.append(peer.wait_gone())
        origin.routes['/mute'] = mute
        origin.routes['/waits'] = agrees(waits)
        origin.routes['/resets'] = agrees(lambda p: p.reset())
        origin.routes['/ends'] = agrees(lambda p: p.close())
        origin.routes['/cut'] = lambda p, r: (p.send(AGREED[:40]), p.close())
        origin.routes['/ws'] = agrees(echoes)
        hark = t.hark('proxy', origin, *options)
        c = t.client(hark)
        c.request('GET', '/mute', ASKS)
        origin.wait_for(1)
        c.reset()
        until(lambda: len(gone) == 1, 'the upstream of /mute is told')
        for how in ('reset', 'close'):
            c, _ = opened(t, hark, '/waits')
            c.send(b'x' * 100000)
            getattr(c, how)()
        until(lambda: len(gone) == 3, 'the upstream of /waits is told')
        for target in ('/resets', '/ends'):
            c, _ = opened(t, hark, target)
            check(c.ended() in ('eof', 'rst'), 'the client is told')
        c = t.client(hark)
        problem(c.ask('GET', '/cut', ASKS), 502, 'head')
        c, _ = opened(t, hark)
        c.send(b'still there')
        same(c.exactly(11), b'still there')
        hark.stop()


@case
def other_upgrades_are_not_passed_on(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    r = c.ask('GET', '/', [('Connection', 'Upgrade, HTTP2-Settings'),
                           ('Upgrade', 'h2c'),
                           ('HTTP2-Settings', 'AAMAAABkAAQAAP__')])
    same((r.status, r.get('upgrade')), (200, None))
    r = c.ask('POST', '/', [('Connection', 'Upgrade'),
                            ('Upgrade', 'websocket')], b'body')
    same(r.status, 200)
    for q in origin.wait_for(2):
        same((q.get('upgrade'), q.get('http2-settings')), (None, None))


@case
def a_switch_that_was_not_agreed_on_is_refused(t):
    origin = t.origin()
    origin.routes['/unasked'] = AGREED
    origin.routes['/other'] = AGREED.replace(b'websocket', b'h2c')
    hark = t.hark('proxy', origin)
    problem(hark.get('/unasked'), 502, 'head')
    problem(hark.get('/other', ASKS), 502)


@case
def http_2_in_the_clear_is_refused_in_words(t):
    hark = t.hark('proxy', t.origin())
    c = t.client(hark)
    c.send(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    r = c.response()
    problem(r, 505)
    check('HTTP/2' in r.json['detail'] and 'HTTP/1.1' in r.json['detail'], r)
    same(c.ended(), 'eof')


main()
