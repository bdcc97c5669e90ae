# Goal: what goes wrong on either side is told as it is, soon and bounded.

import hashlib
import shutil
import signal
import socket
import time

from harness import (PATIENCE, SCALE, Client, Ended, Failed, Shared, Skip,
                     case, certificate, check, entries, grown, main,
                     reply, same, tls_server, until)

LENGTH = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'


@Shared
def gateway(t):
    origin = t.origin()
    return origin, t.hark('proxy', origin)


def ms(n):
    return f'{int(n * SCALE)}ms'


def problem(r, status, phase=None):
    """r is hark's own error, in the form of RFC 9457."""
    same((r.status, r.get('content-type')),
         (status, 'application/problem+json'), r)
    same(r.source, 'hark')
    text = r.json
    same((text['type'], text['status']), ('about:blank', status))
    check(text['title'] and text['detail'], text)
    if phase:
        same(text.get('phase'), phase, text)
    return text


# --- no connection ----------------------------------------------------------

def closed_port():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
    s.close()
    return port


@case
def A22_an_upstream_that_does_not_listen_is_a_502_of_connect(t):
    hark = t.hark('proxy', url=f'http://127.0.0.1:{closed_port()}')
    problem(hark.get('/'), 502, 'connect')
    c = t.client(hark)
    for _ in range(3):  # the client's connection survives
        problem(c.ask('POST', '/', [], b'x'), 502, 'connect')
    check('connect' in hark.log, 'the log does not tell of the failure')


@case
def A22_a_name_that_does_not_resolve_is_a_502_of_resolve(t):
    hark = t.hark('proxy', url='http://no-such-name.invalid',
                  env={'RES_OPTIONS': 'attempts:1 timeout:1'})
    text = problem(hark.get('/'), 502, 'resolve')
    check('no-such-name.invalid' in text['detail'], text)
    problem(hark.get('/again'), 502, 'resolve')


@case
def a_connect_that_hangs_is_a_504_of_connect(t):
    # A listener whose queue is full drops what comes.
    full = socket.socket()
    full.bind(('127.0.0.1', 0))
    full.listen(0)
    queue = []
    for _ in range(4):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(full.getsockname())
        queue.append(s)
    hark = t.hark('proxy', '--connect-timeout', ms(300),
                  url=f'http://127.0.0.1:{full.getsockname()[1]}')
    problem(hark.get('/'), 504, 'connect')
    for s in [full, *queue]:
        s.close()


@case
def an_upstream_that_comes_back_is_used_again(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    same(hark.get('/').status, 200)
    origin.stop()
    problem(hark.get('/'), 502)
    t.origin(port=origin.port)
    same(hark.get('/').status, 200)


# --- TLS --------------------------------------------------------------------

@Shared
def tls_files(t):
    return {'good': certificate(t.folder, 'good', 'IP:127.0.0.1',
                                'DNS:localhost'),
            'other': certificate(t.folder, 'other', 'DNS:other.test'),
            'client': certificate(t.folder, 'client')}


@case
def https_upstreams_work_with_a_given_authority(t):
    cert, key = tls_files()['good']
    origin = t.origin(tls=tls_server(cert, key))
    hark = t.hark('proxy', origin, '--upstream-ca', cert)
    body = bytes(range(256)) * 4096
    origin.routes['/big'] = reply(body)
    c = t.client(hark)
    for _ in range(3):
        r = c.ask('POST', '/big', [], body)
        same(r.status, 200)
        check(r.body == body and origin.requests[-1].body == body,
              'bodies differ')
    same(len(origin.peers), 1, 'TLS connections')


@case
def an_unknown_authority_is_a_502_of_tls(t):
    origin = t.origin(tls=tls_server(*tls_files()['good']))
    hark = t.hark('proxy', origin)
    problem(hark.get('/'), 502, 'tls')
    same(origin.requests, [])


@case
def a_certificate_for_another_host_is_a_502_of_tls(t):
    cert, key = tls_files()['other']
    origin = t.origin(tls=tls_server(cert, key))
    hark = t.hark('proxy', origin, '--upstream-ca', cert)
    problem(hark.get('/'), 502, 'tls')
    same(origin.requests, [])


@case
def upstream_insecure_accepts_any_certificate(t):
    origin = t.origin(tls=tls_server(*tls_files()['other']))
    hark = t.hark('proxy', origin, '--upstream-insecure')
    same(hark.get('/').status, 200)


@case
def the_host_name_is_sent_and_verified(t):
    cert, key = tls_files()['good']
    names = []
    server = tls_server(cert, key)
    server.sni_callback = lambda s, name, c: names.append(name)
    origin = t.origin(tls=server)
    hark = t.hark('proxy', '--upstream-ca', cert,
                  url=f'https://localhost:{origin.port}')
    same(hark.get('/').status, 200)
    same(names, ['localhost'])


@case
def a_client_certificate_is_shown_when_configured(t):
    cert, key = tls_files()['good']
    own, own_key = tls_files()['client']
    origin = t.origin(tls=tls_server(cert, key, client_ca=own))
    hark = t.hark('proxy', origin, '--upstream-ca', cert,
                  '--upstream-cert', own, '--upstream-key', own_key)
    same(hark.get('/').status, 200)
    bare = t.hark('proxy', origin, '--upstream-ca', cert)
    same(bare.get('/').status, 502)


@case
def an_upstream_without_tls_is_a_502_of_tls(t):
    origin = t.origin()
    origin.on_connect = lambda p: (p.some(), p.send(b'HTTP/1.1 400 No\r\n'),
                                   p.close())
    hark = t.hark('proxy', url=origin.url.replace('http:', 'https:'))
    problem(hark.get('/'), 502, 'tls')


@case
def a_tls_handshake_that_hangs_is_a_504(t):
    origin = t.origin()
    origin.on_connect = lambda p: p.wait_gone()
    hark = t.hark('proxy', '--connect-timeout', ms(300),
                  url=origin.url.replace('http:', 'https:'))
    problem(hark.get('/'), 504, 'tls')


@case
def half_an_answer_over_tls_is_half_an_answer(t):
    cert, key = tls_files()['good']
    origin = t.origin(tls=tls_server(cert, key))
    hark = t.hark('record', origin, '--upstream-ca', cert)
    for target, raw in (('/length', LENGTH + b'123456789'),
                        ('/chunked', CHUNKED + b'9\r\n123456789\r\n')):
        for end in ('close', 'reset'):  # neither says goodbye in TLS
            origin.routes[target] = lambda p, r, raw=raw, end=end: (
                p.send(raw), getattr(p, end)())
            try:
                check(not hark.get(target).complete, (target, end))
            except Ended:
                pass  # the reset came before anything was read
    hark.stop()
    hark.restart(mode='replay', options=[])
    same([hark.get(x).source for x in ('/length', '/chunked')],
         ['miss', 'miss'])


@case
def a_stream_over_tls_flows_and_is_held_back(t):
    cert, key = tls_files()['good']
    origin = t.origin(tls=tls_server(cert, key))
    gates = t.gates(5, 'event at the client')

    def events(peer, r):
        peer.send(CHUNKED)
        for i, gate in enumerate(gates):
            peer.chunked(f'data: {i}\n\n'.encode(), last=False)
            gate.wait()
        peer.send(b'0\r\n\r\n')
    origin.routes['/events'] = events
    body = bytes(range(256)) * (64 << 10)
    origin.routes['/big'] = reply(body)
    hark = t.hark('proxy', origin, '--upstream-ca', cert)
    c = t.client(hark)
    c.request('GET', '/events')
    r = c.head()
    for i, gate in enumerate(gates):
        same(c.chunk(r), f'data: {i}\n\n'.encode())
        gate.open()
    same(c.chunk(r), b'')
    before = hark.status('VmRSS')
    slow = t.client(hark, receive_buffer=65536)
    slow.request('GET', '/big')
    slow.head()
    same(c.ask('GET', '/meanwhile').status, 200)
    check(slow.exactly(len(body)) == body, 'other bytes')
    grown(hark, before, 12)


# --- no answer --------------------------------------------------------------

@case
def A20_a_late_first_byte_is_a_504_and_an_early_one_passes(t):
    origin = t.origin()
    origin.routes['/late'] = lambda p, r: p.wait_gone()
    hark = t.hark('record', origin, '--first-byte-timeout', ms(300))
    problem(hark.get('/late'), 504, 'first-byte')
    same(hark.get('/early').status, 200)
    hark.stop()
    for e in entries(hark.store):
        if e['request']['url'].endswith('/late'):
            same(e['response']['status'], 0)
    hark.restart(mode='replay')
    same(hark.get('/late').source, 'miss')
    same(hark.get('/early').source, 'replay')


@case
def an_upstream_that_closes_without_a_byte_is_a_502(t):
    origin, hark = gateway()
    origin.routes['/gone'] = lambda p, r: p.close()
    problem(hark.get('/gone'), 502, 'first-byte')
    problem(hark.ask('POST', '/gone', [], b'x'), 502, 'first-byte')


@case
def an_upstream_that_resets_without_a_byte_is_a_502(t):
    origin, hark = gateway()
    origin.routes['/reset'] = lambda p, r: p.reset()
    c = t.client(hark)
    problem(c.ask('GET', '/reset'), 502, 'first-byte')
    same(c.ask('GET', '/fine').status, 200)


@case
def an_answer_cut_in_its_head_is_a_502(t):
    origin, hark = gateway()
    origin.routes['/cut'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Le'), p.close())
    problem(hark.get('/cut'), 502)


@case
def an_answer_that_stalls_in_its_head_is_a_504(t):
    origin = t.origin()
    origin.routes['/stall'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Le'), p.wait_gone())
    hark = t.hark('proxy', origin, '--first-byte-timeout', ms(300),
                  '--upstream-idle-timeout', ms(300))
    problem(hark.get('/stall'), 504)


# --- half an answer ---------------------------------------------------------

HALVES = {  # target: (what the origin sends, how it ends, outcome)
    '/length-eof': (LENGTH + b'123456789', 'close', 'truncated'),
    '/length-rst': (LENGTH + b'123456789', 'reset', 'reset'),
    '/length-stall': (LENGTH + b'123456789', 'wait_gone', 'timeout'),
    '/chunked-eof': (CHUNKED + b'9\r\n123456789\r\n', 'close', 'truncated'),
    '/chunked-rst': (CHUNKED + b'9\r\n123456789\r\n', 'reset', 'reset'),
    '/chunked-stall': (CHUNKED + b'9\r\n123456789\r\n', 'wait_gone',
                       'timeout'),
    '/chunk-eof': (CHUNKED + b'ff\r\n123456789', 'close', 'truncated'),
    '/chunk-bad': (CHUNKED + b'9\r\n123456789\r\nzz\r\n', 'wait_gone',
                   'bad-answer'),
}


@case
def B11_half_answers_reach_the_client_and_the_store_as_such(t):
    origin = t.origin()
    passed = t.gate('half answer at the client')
    for target, (raw, end, _) in HALVES.items():
        def script(peer, r, raw=raw, end=end):
            peer.send(raw)
            # The reset must not overtake the bytes before it.
            passed.wait()
            getattr(peer, end)()
        origin.routes[target] = script
    hark = t.hark('record', origin, '--upstream-idle-timeout', ms(400))
    for target in HALVES:
        passed.event.clear()
        c = t.client(hark)
        c.request('GET', target)
        if 'stall' in target or 'bad' in target:
            passed.open()
        r = c.head()
        got = b''
        try:
            if r.framing == 'length':
                got = c.exactly(9)
                passed.open()
                c.exactly(91)
            else:
                got = c.chunk(r)
                passed.open()
                while c.chunk(r):
                    pass
            raise Failed(f'{target}: the answer ended as if it were whole')
        except Ended as e:
            same((r.status, got[:9] or e.got[-9:]), (200, b'123456789'),
                 target)
    hark.stop()
    recorded = {e['request']['url'][len(origin.url):]: e
                for e in entries(hark.store)}
    same(sorted(recorded), sorted(HALVES), 'recorded')
    for target, e in recorded.items():
        same(outcome(e), HALVES[target][2], target)
    hark.restart(mode='replay')
    for target in HALVES:
        same(hark.get(target).source, 'miss', target)


def outcome(entry):
    """How an exported exchange ended; complete when it does not say."""
    own = entry.get('_hark') or {}
    return own.get('outcome', 'complete')


@case
def B10_a_failed_exchange_is_kept_with_its_reason(t):
    origin = t.origin()
    origin.routes['/x'] = lambda p, r: p.close()
    hark = t.hark('record', origin)
    same(hark.get('/x').status, 502)
    hark.stop()
    e, = entries(hark.store)
    same(e['response']['status'], 0)
    check(outcome(e) != 'complete', e)
    hark.restart(mode='replay')
    r = hark.get('/x')
    same((r.status, r.source), (501, 'miss'))


@case
def record_failures_off_keeps_only_what_is_whole(t):
    origin = t.origin()
    origin.routes['/x'] = lambda p, r: p.close()
    hark = t.hark('record', origin, '--record-failures', 'off')
    same(hark.get('/x').status, 502)
    same(hark.get('/fine').status, 200)
    hark.stop()
    same([e['response']['status'] for e in entries(hark.store)], [200])


# --- clients that leave -----------------------------------------------------

@case
def a_client_that_leaves_cancels_the_upstream_request(t):
    origin, hark = gateway()
    gone = t.gate('end of the upstream connection')
    origin.routes['/wait'] = lambda p, r: (p.wait_gone(), gone.open())
    for leave in ('close', 'reset'):
        gone.event.clear()
        c = t.client(hark)
        c.request('GET', '/wait')
        origin.wait_for(1)
        getattr(c, leave)()
        gone.wait()
        origin.take()
    same(hark.get('/').status, 200)


@case
def a_client_that_leaves_in_an_answer_cancels_it(t):
    origin = t.origin()
    gone = t.gate('end of the upstream connection')
    origin.routes['/drip'] = lambda p, r: (
        p.send(CHUNKED), p.chunked(b'first', last=False), p.wait_gone(),
        gone.open())
    hark = t.hark('record', origin)
    c = t.client(hark)
    c.request('GET', '/drip')
    same(c.chunk(c.head()), b'first')
    c.close()
    gone.wait()
    hark.stop()
    e, = entries(hark.store)
    same(outcome(e), 'client-gone')


@case
def a_client_that_leaves_in_its_request_leaves_nothing(t):
    origin, hark = gateway()
    before = hark.descriptors()
    for part in (b'POST / HTTP/1.1\r\nHost: a\r\nContent-Len',
                 b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab',
                 b'REPORT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
                 b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked'
                 b'\r\n\r\n5\r\nab'):
        for leave in ('close', 'reset'):
            c = t.client(hark)
            c.send(part)
            getattr(c, leave)()
    until(lambda: hark.descriptors() <= before, 'all connections are closed')
    same(origin.targets(), [])
    same(hark.get('/').status, 200)


@case
def a_client_that_only_ends_its_sending_side_gets_its_answer(t):
    origin, hark = gateway()
    for raw in (b'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
                b'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi'):
        c = t.client(hark)
        c.send(raw)
        c.half_close()
        same(c.response().status, 200)


@case
def an_answer_before_the_body_was_sent_reaches_the_client(t):
    origin = t.origin()

    def early(peer):
        peer.through(b'\r\n\r\n')
        peer.send(reply(b'too much', '413 Too Much',
                        [('Connection', 'close')]))
        peer.half_close()
        peer.wait_gone()
    origin.on_connect = early
    hark = t.hark('proxy', origin)
    r = hark.ask('POST', '/', [], bytes(16 << 20))
    same((r.status, r.body), (413, b'too much'))


@case
def CONNECT_is_refused_and_opens_nothing(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(f'CONNECT {origin.authority} HTTP/1.1\r\n'
           f'Host: {origin.authority}\r\n\r\n'.encode())
    r = c.response()
    check(400 <= r.status < 600 and r.source != 'upstream', r)
    if r.get('connection') != 'close':
        same(c.ask('GET', '/after').status, 200)
        origin.take()
    same(origin.targets(), [])


# --- pooled connections that went stale -------------------------------------

def stale(t, end):
    """An origin that ends a connection when its second request comes."""
    origin = t.origin()

    def script(peer, r):
        peer.count = getattr(peer, 'count', 0) + 1
        if peer.count == 2:
            getattr(peer, end)()
        else:
            peer.send(reply(f'{r.method} {peer.number}'.encode()))
    origin.default = script
    return origin, t.hark('proxy', origin)


@case
def an_idempotent_request_on_a_stale_connection_is_sent_again(t):
    for end in ('close', 'reset'):
        for method in ('GET', 'PUT', 'DELETE', 'OPTIONS'):
            origin, hark = stale(t, end)
            c = t.client(hark)
            same(c.ask('GET', '/1').body, b'GET 0')
            body = b'x' if method == 'PUT' else None
            r = c.ask(method, '/2', [], body)
            same((r.status, r.body), (200, f'{method} 1'.encode()),
                 (end, method))
            same(origin.targets(), ['/1', '/2', '/2'])
            hark.stop()


@case
def a_POST_on_a_stale_connection_is_not_sent_again(t):
    for method in ('POST', 'PATCH', 'FROB'):
        origin, hark = stale(t, 'close')
        c = t.client(hark)
        same(c.ask('GET', '/1').status, 200)
        problem(c.ask(method, '/2', [], b'pay 5'), 502, 'first-byte')
        same(origin.targets(), ['/1', '/2'])
        hark.stop()


@case
def nothing_is_sent_again_once_an_answer_began(t):
    origin = t.origin()

    def script(peer, r):
        peer.count = getattr(peer, 'count', 0) + 1
        if peer.count == 2:
            peer.send(b'HTTP/1.1 2')
            peer.close()
        else:
            peer.send(reply(b'ok'))
    origin.default = script
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    same(c.ask('GET', '/1').status, 200)
    same(c.ask('GET', '/2').status, 502)
    same(origin.targets(), ['/1', '/2'])


@case
def an_idle_connection_that_the_origin_closes_is_dropped(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    for n in range(1, 4):
        r = c.ask('POST', '/', [], b'not to be sent twice')
        same(r.status, 200)
        before = hark.descriptors()
        origin.peers[-1].close()
        until(lambda: hark.descriptors() < before,
              'hark closes its end')
        same(len(origin.peers), n)


# --- slow clients -----------------------------------------------------------

@case(deadline=40)
def a_slow_client_bounds_memory_and_loses_nothing(t):
    size = 96 << 20
    piece = bytes(range(256)) * 256
    origin = t.origin()
    sent = [0]

    def script(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % size)
        while sent[0] < size:
            peer.send(piece)
            sent[0] += len(piece)
    origin.routes['/big'] = script
    hark = t.hark('proxy', origin)
    same(hark.get('/').status, 200)
    before = hark.status('VmRSS')
    c = t.client(hark, receive_buffer=65536)
    c.keep_log = False
    c.request('GET', '/big')
    seen = [(-1, 0.0)]

    def stands_still():
        now = time.monotonic()
        if sent[0] != seen[0][0]:
            seen[0] = (sent[0], now)
        return sent[0] > 0 and now - seen[0][1] > 0.4
    until(stands_still, 'the origin is held back')
    check(sent[0] < 40 << 20, f'{sent[0]} bytes went ahead of the client')
    grown(hark, before, 24)
    r = c.head()
    digest = hashlib.sha256()
    left = size
    while left:
        part = c.some()
        digest.update(part)
        left -= len(part)
    same(r.get('content-length'), str(size))
    same(digest.digest(),
         hashlib.sha256(piece * (size // len(piece))).digest())


@case
def a_client_that_takes_nothing_is_cut_off(t):
    origin = t.origin()
    gone = t.gate('end of the upstream connection')

    def script(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n')
        try:
            while True:
                peer.send(bytes(65536))
        except OSError:
            gone.open()
    origin.routes['/big'] = script
    hark = t.hark('proxy', origin, '--send-timeout', ms(500))
    c = t.client(hark, receive_buffer=4096)
    c.request('GET', '/big')
    gone.wait()
    same(hark.get('/').status, 200)


# --- limits -----------------------------------------------------------------

@case
def a_request_body_over_the_limit_is_a_413(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--max-request-body', '64k')
    same(hark.ask('POST', '/at', [], bytes(65536)).status, 200)
    origin.take()
    for method in (b'POST', b'REPORT'):
        c = t.client(hark)
        c.send(method + b' /over HTTP/1.1\r\nHost: a\r\n'
               b'Content-Length: 65537\r\n\r\n')
        problem(c.response(), 413)
        c.ended()
        c = t.client(hark)
        c.send(method + b' /over HTTP/1.1\r\nHost: a\r\n'
               b'Transfer-Encoding: chunked\r\n\r\n10001\r\n')
        for _ in range(3):
            try:
                c.send(bytes(32768))
            except OSError:
                break
        try:
            problem(c.response(), 413)
        except Ended as e:  # the answer may be lost to a reset
            same(e.how, 'rst')
    same(origin.targets(), [])
    same(hark.get('/').status, 200)


@case
def Expect_100_continue_for_too_much_is_refused_at_once(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--max-request-body', '64k')
    c = t.client(hark)
    c.send(b'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n'
           b'Expect: 100-continue\r\n\r\n')
    r = c.response()
    problem(r, 413)
    same(r.interim, [])


@case
def request_bodies_have_a_budget_over_all_connections(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--max-request-body', '1m',
                  '--request-body-budget', '1m')
    head = b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n'
    clients, refused = [], 0
    for _ in range(4):
        c = t.client(hark)
        c.send(head, bytes(500000))
        clients.append(c)
    # One that can finish does; the others are refused, not kept waiting.
    answers = []
    for c in clients:
        try:
            c.send(bytes(500000))
            answers.append(c.response().status)
        except (Ended, OSError):
            answers.append(413)
    for status in answers:
        check(status in (200, 413, 503), answers)
        refused += status != 200
    check(0 < refused < 4, answers)
    until(lambda: hark.ask('POST', '/', [], bytes(900000)).status == 200,
          'the budget is free again')


@case
def long_heads_are_a_431_and_long_lines_a_414(t):
    origin, hark = gateway()
    for status, head in (
            (431, b'GET / HTTP/1.1\r\nHost: a\r\nX: ' + b'x' * 66000),
            (431, b'GET / HTTP/1.1\r\nHost: a\r\n' + b'X: y\r\n' * 201),
            (431, b'GET / HTTP/1.1\r\nHost: a\r\n' + b':\r\n' * 30000),
            (414, b'GET /' + b'x' * 70000 + b' HTTP/1.1\r\nHost: a')):
        c = t.client(hark)
        try:
            c.send(head + b'\r\n\r\n')
            r = c.response()
            if b':\r\n:' in head:
                check(r.status in (400, 431), r)
            else:
                problem(r, status)
            c.ended()
        except (Ended, OSError):
            raise Failed(f'no answer to {head[:40]!r}') from None
    same(origin.targets(), [])


@case
def as_many_fields_as_allowed_pass(t):
    origin, hark = gateway()
    c = t.client(hark)
    lines = [('X', 'y')] * 199  # and Host
    c.request('GET', '/', lines)
    same(c.response().status, 200)
    same(len(origin.take()[0].all('x')), 199)


@case
def limits_are_options(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--max-headers', '5',
                  '--max-header-bytes', '1k')
    same(hark.get('/', [('A', '1')] * 4).status, 200)
    same(hark.get('/', [('A', '1')] * 5).status, 431)
    same(hark.get('/', [('A', 'x' * 1100)]).status, 431)


@case
def a_head_that_dribbles_in_is_given_up(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--header-timeout', ms(400))
    for start in (b'GET / HT', b'GET / HTTP/1.1\r\nHost: a\r\nX: '):
        c = t.client(hark)
        c.send(start)
        began = time.monotonic()
        try:
            # A byte now and then does not buy more time.
            while time.monotonic() - began < PATIENCE:
                c.sock.settimeout(0.05)
                try:
                    c.send(b'x')
                    c.fill()
                    break
                except Failed:
                    continue
            else:
                raise Failed('still open')
            c.sock.settimeout(PATIENCE)
            problem(c.response(), 408)
            c.ended()
        except (Ended, OSError):
            pass  # closed without a word is fine, too
        check(time.monotonic() - began < 0.4 * SCALE + 2,
              'it took too long')
    same(origin.targets(), [])


@case
def a_request_body_that_stalls_is_given_up(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--body-timeout', ms(300))
    for method in (b'POST', b'REPORT'):
        c = t.client(hark)
        c.send(method + b' / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n'
               b'\r\nab')
        try:
            problem(c.response(), 408)
        except Ended as e:
            same(e.got, b'')
    same(origin.targets(), [])


@case
def an_idle_connection_is_closed_without_a_word(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--idle-timeout', ms(300))
    c = t.client(hark)
    same(c.ask('GET', '/').status, 200)
    same(c.ended(), 'eof')
    same(t.client(hark).ended(), 'eof')


@case
def a_quiet_stream_is_not_idle(t):
    origin = t.origin()
    gate = t.gate()
    origin.routes['/sse'] = lambda p, r: (
        p.send(CHUNKED), p.chunked(b'one', last=False), gate.wait(),
        p.chunked(b'two'))
    hark = t.hark('proxy', origin, '--idle-timeout', ms(200),
                  '--header-timeout', ms(200), '--body-timeout', ms(200))
    c = t.client(hark)
    c.request('GET', '/sse')
    r = c.head()
    same(c.chunk(r), b'one')
    idle = t.client(hark)  # measures the time that an idle one is given
    idle.ended()
    gate.open()
    same(c.chunk(r), b'two')
    same(c.chunk(r), b'')


@case
def running_out_of_descriptors_neither_spins_nor_kills(t):
    if not shutil.which('prlimit'):
        raise Skip('there is no prlimit command')
    origin = t.origin()
    hark = t.hark('proxy', origin, '--workers', '1',
                  wrap=['prlimit', '--nofile=48:48'])
    good = t.client(hark)
    same(good.ask('GET', '/').status, 200)
    crowd = [t.client(hark) for _ in range(60)]

    def cpu():
        with open(f'/proc/{hark.process.pid}/stat') as f:
            fields = f.read().rpartition(')')[2].split()
        return int(fields[11]) + int(fields[12])  # in ticks of 10 ms
    same(good.ask('GET', '/').status, 200)
    before, began = cpu(), time.monotonic()
    until(lambda: time.monotonic() - began > 0.5, 'half a second passed')
    used = cpu() - before
    check(used < 25, f'{used * 10} ms of CPU in 500 ms of waiting')
    for c in crowd:
        c.close()
    same(good.ask('GET', '/').status, 200)

    def served():
        try:
            return hark.get('/').status == 200
        except Ended:
            return False
    until(served, 'a new connection is served')


@case
def more_connections_than_allowed_wait_or_are_refused(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--workers', '1', '--max-connections', '4')
    held = [t.client(hark) for _ in range(4)]
    for c in held:
        same(c.ask('GET', '/').status, 200)
    extra = t.client(hark)
    try:
        extra.request('GET', '/extra')
    except OSError:
        pass
    same(held[0].ask('GET', '/').status, 200)
    for c in held:
        c.close()

    def served():
        try:
            return hark.get('/').status == 200
        except (Ended, OSError):
            return False
    until(served, 'a new connection is served')


# --- the end ----------------------------------------------------------------

@case
def SIGTERM_and_SIGINT_let_a_running_exchange_finish(t):
    for number in (signal.SIGTERM, signal.SIGINT):
        origin = t.origin()
        gate = t.gate()
        origin.routes['/slow'] = lambda p, r, gate=gate: (
            p.send(CHUNKED), p.chunked(b'one', last=False), gate.wait(),
            p.chunked(b'two'))
        hark = t.hark('record', origin)
        idle = t.client(hark)
        same(idle.ask('GET', '/').status, 200)
        c = t.client(hark)
        c.request('GET', '/slow')
        r = c.head()
        same(c.chunk(r), b'one')
        hark.signal(number)
        idle.ended()

        def refused():
            try:
                Client(hark.address).close()
                return False
            except OSError:
                return True
        until(refused, 'no new connection is accepted')
        gate.open()
        same((c.chunk(r), c.chunk(r)), (b'two', b''))
        same(hark.wait(), 0, 'exit status')
        hark.stop()
        same([outcome(e) for e in entries(hark.store)], ['complete'] * 2)


@case
def an_exchange_that_never_ends_does_not_hold_up_the_end(t):
    origin = t.origin()
    origin.routes['/never'] = lambda p, r: p.wait_gone(60)
    hark = t.hark('proxy', origin, '--drain-timeout', ms(300))
    c = t.client(hark)
    c.request('GET', '/never')
    origin.wait_for(1)
    hark.signal(signal.SIGTERM)
    same(hark.wait(), 0)


@case
def a_second_signal_ends_at_once_and_keeps_what_is_stored(t):
    origin = t.origin()
    origin.routes['/never'] = lambda p, r: p.wait_gone(60)
    hark = t.hark('record', origin, '--drain-timeout', '1h',
                  '--durability', 'strict')
    c = t.client(hark)
    c.request('GET', '/never')
    origin.wait_for(1)
    idle = t.client(hark)
    same(idle.ask('GET', '/').status, 200)
    hark.signal(signal.SIGTERM)
    idle.ended()  # the first has been seen
    hark.signal(signal.SIGTERM)
    check(hark.wait() in (0, -signal.SIGTERM), hark.log)
    hark.kill9()
    check(origin.authority in entries(hark.store)[0]['request']['url'],
          'the entry is lost')


if __name__ == '__main__':
    main()
