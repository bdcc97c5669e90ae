# Goal: what goes wrong with an upstream is told as it is, and soon.

import socket

from harness import (Ended, Failed, Shared, case, certificate, check, entries,
                     grown, main, ms, outcome, problem, reply, same,
                     tls_server, until)

LENGTH = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'


@Shared
def gateway(t):
    origin = t.origin()
    return origin, t.hark('proxy', origin)


# --- no connection -----------------------------------------------------------

def closed_port(t):
    """Nobody else has it either, until the case is over."""
    s = socket.socket()
    t.ends.callback(s.close)
    s.bind(('127.0.0.1', 0))
    return s.getsockname()[1]


@case
def A22_an_upstream_that_does_not_listen_is_a_502_of_connect(t):
    hark = t.hark('proxy', url=f'http://127.0.0.1:{closed_port(t)}')
    problem(hark.get('/'), 502, 'connect')
    c = t.client(hark)
    for _ in range(3):  # the client's connection survives
        problem(c.ask('POST', '/', [], b'x'), 502, 'connect')
    hark.told('connect')


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
    hark = t.hark('proxy', '--connect-timeout', ms(600),
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


# --- TLS ---------------------------------------------------------------------

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
    hark = t.hark('proxy', '--connect-timeout', ms(600),
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


# --- no answer ---------------------------------------------------------------

@case
def A20_a_late_first_byte_is_a_504_and_an_early_one_passes(t):
    origin = t.origin()
    origin.routes['/late'] = lambda p, r: p.wait_gone()
    hark = t.hark('record', origin, '--first-byte-timeout', ms(600))
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
    hark = t.hark('proxy', origin, '--first-byte-timeout', ms(600),
                  '--upstream-idle-timeout', ms(600))
    problem(hark.get('/stall'), 504)


# --- half an answer ----------------------------------------------------------

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
    hark = t.hark('record', origin, '--upstream-idle-timeout', ms(600))
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


# --- pooled connections that went stale --------------------------------------

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
def a_POST_is_not_sent_where_an_end_has_come_already(t):
    cert, key = tls_files()['good']
    for origin in (t.origin(), t.origin(tls=tls_server(cert, key))):
        hark = t.hark('proxy', origin, '--upstream-ca', cert, '--workers', '1')
        c = t.client(hark)
        for end in ('close', 'half_close'):
            same(c.ask('GET', '/').status, 200)
            with hark.stopped():
                # Of two things that wait it learns of this one first.
                c.request('POST', '/', body=b'once')
                getattr(origin.peers[-1], end)()
            same((c.response().status, end), (200, end))


@case
def bytes_that_nobody_asked_for_answer_no_request(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--workers', '1')
    c = t.client(hark)
    for method in ('GET', 'POST'):
        same(c.ask('GET', '/first').status, 200)
        with hark.stopped():
            c.request(method, '/second')
            origin.peers[-1].send(reply(b"another's"))
        same(c.response().json['start'], f'{method} /second HTTP/1.1')


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


if __name__ == '__main__':
    main()
