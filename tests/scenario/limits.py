# Goal: what clients do wrong, or too much of, stays theirs and bounded.

import hashlib
import shutil
import signal
import time

from harness import (PATIENCE, Client, Ended, Failed, Shared, Skip,
                     case, check, entries, grown, main, ms, outcome, problem,
                     reply, same, until)

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'


@Shared
def gateway(t):
    origin = t.origin()
    return origin, t.hark('proxy', origin)


# --- clients that leave ------------------------------------------------------

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


# --- slow clients ------------------------------------------------------------

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
    hark = t.hark('proxy', origin, '--send-timeout', ms(600))
    c = t.client(hark, receive_buffer=4096)
    c.request('GET', '/big')
    gone.wait()
    same(hark.get('/').status, 200)


# --- limits ------------------------------------------------------------------

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
    hark = t.hark('proxy', origin, '--header-timeout', ms(600))
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
    same(origin.targets(), [])


@case
def a_request_body_that_stalls_is_given_up(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--body-timeout', ms(600))
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
    hark = t.hark('proxy', origin, '--idle-timeout', ms(600))
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
    hark = t.hark('proxy', origin, '--idle-timeout', ms(600),
                  '--header-timeout', ms(600), '--body-timeout', ms(600))
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


# --- the end -----------------------------------------------------------------

@case
def SIGTERM_and_SIGINT_let_a_running_exchange_finish(t):
    for number in (signal.SIGTERM, signal.SIGINT):
        origin = t.origin()
        gate = t.gate()
        origin.routes['/slow'] = lambda p, r, gate=gate: (
            p.send(CHUNKED), p.chunked(b'one', last=False), gate.wait(),
            p.chunked(b'two'))
        hark = t.hark('record', origin, '--drain-timeout', '60s')
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
