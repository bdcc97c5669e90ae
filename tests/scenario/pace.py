# Goal: recorded answers take the time that was asked for, and no other.

import time

from answers import number, record
from harness import SCALE, case, check, main, reply, same, until

CHUNKED = b'HTTP/1.1 200 OK\r\nContent-Type: %s\r\n' \
    b'Transfer-Encoding: chunked\r\n\r\n'
GAP = 0.15 * SCALE  # between pieces at the origin, in seconds


def pass_time(seconds=GAP):
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end, 'time has passed')


def timed(f):
    began = time.monotonic()
    return f(), time.monotonic() - began


def streamed(t, pieces, kind=b'text/plain', head=None):
    """Records /s, whose pieces come GAP after the one before has arrived."""
    origin = t.origin()
    arrived = t.gates(len(pieces), 'piece at the client')

    def script(peer, r):
        # The first comes with the head: a wait between them counts, too.
        start = head or CHUNKED % kind
        for piece, gate in zip(pieces, arrived):
            framed = piece if head else b'%x\r\n%s\r\n' % (len(piece), piece)
            peer.send(start + framed)
            start = b''
            gate.wait()
            pass_time()
        if not head:
            peer.send(b'0\r\n\r\n')
    origin.routes['/s'] = script
    hark = t.hark('record', origin)
    c = t.client(hark)
    c.request('GET', '/s')
    r = c.head()
    for piece, gate in zip(pieces, arrived):
        got = b''
        while len(got) < len(piece):
            got += c.exactly(len(piece)) if head else c.chunk(r)
        gate.open()
    if not head:
        same(c.chunk(r), b'')
    hark.stop()
    origin.stop()
    return hark


def chunks(hark, target='/s'):
    """The chunks of an answer and when each came."""
    c = hark.client()
    began = time.monotonic()
    c.request('GET', target)
    r = c.head()
    got = []
    while True:
        piece = c.chunk(r)
        if not piece:
            c.close()
            return got
        got.append((piece, time.monotonic() - began))


def in_rhythm(hark, want):
    """When each piece came of an answer in just these.  While somebody is held
    up by the machine some come as one, but no other parts ever do."""
    ends = {sum(map(len, want[:i + 1])) for i in range(len(want))}

    def attempt():
        got = chunks(hark)
        same(b''.join(p for p, _ in got), b''.join(want))
        at = 0
        for piece, _ in got:
            at += len(piece)
            check(at in ends, (at, ends))
        return [p for p, _ in got] == want and [when for _, when in got]
    return until(attempt, 'the pieces come one by one')


# --- before the first byte ---------------------------------------------------

@case
def a_fixed_latency_is_waited_for(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/x')])
    hark.restart(mode='replay', options=['--latency', '300ms'])
    c = t.client(hark)
    for _ in range(2):
        r, took = timed(lambda: c.ask('GET', '/x'))
        same((r.status, r.source), (200, 'replay'))
        check(took >= 0.3, f'it took {took:.3f} s')
    same(c.ask('GET', '/none').source, 'miss')


@case
def a_recorded_latency_comes_again_and_can_be_scaled(t):
    origin = t.origin()
    origin.routes['/slow'] = lambda p, r: (pass_time(0.4),
                                           p.send(reply(b'slow')))
    hark, _ = record(t, origin, [('GET', '/slow')])
    for option, least in (('recorded', 0.4), ('x2', 0.8), ('x0.5', 0.2)):
        hark.restart(mode='replay', options=['--latency', option])
        r, took = timed(lambda: hark.get('/slow'))
        same((r.status, r.body), (200, b'slow'))
        check(took >= least, f'{option} took {took:.3f} s')
        hark.stop()


@case
def others_do_not_wait_for_a_waiting_answer(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/x')])
    hark.restart(mode='replay', options=['--latency', '1h',
                                         '--workers', '1'])
    c = t.client(hark)
    c.request('GET', '/x')
    same(hark.get('/none').source, 'miss')


@case
def a_client_that_leaves_cancels_its_wait(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')] * 2)
    hark.restart(mode='replay', options=['--latency', '1h'])
    same(hark.get('/none').source, 'miss')
    before = hark.descriptors()
    clients = [t.client(hark) for _ in range(5)]
    for c in clients:
        c.request('GET', '/n')
    until(lambda: hark.descriptors() >= before + 4, 'they are connected')
    for c in clients:
        c.reset()
    until(lambda: hark.descriptors() <= before, 'their ends are noticed')
    hark.stop()
    check('0 replayed' in hark.log.splitlines()[-1], hark.log)


@case
def all_kinds_of_replies_wait_but_misses_and_mocks(t):
    origin = t.origin()
    origin.routes['/x'] = reply(b'body', headers=[('ETag', '"1"')])
    hark, _ = record(t, origin, [('GET', '/x')])
    hark.restart(mode='replay', options=['--latency', '100ms'])
    for asked in (('GET', '/x'), ('HEAD', '/x'),
                  ('GET', '/x', [('If-None-Match', '"1"')]),
                  ('GET', '/x', [('Range', 'bytes=0-1')])):
        r, took = timed(lambda: hark.ask(*asked))
        same(r.source, 'replay')
        check(took >= 0.1, f'{asked} took {took:.3f} s')


# --- between pieces ----------------------------------------------------------

@case
def a_stream_comes_in_its_rhythm(t):
    pieces = [b'one', b'two', b'three']
    hark = streamed(t, pieces)
    for option, factor in (('recorded', 1), ('x2', 2)):
        hark.restart(mode='replay', options=['--stream', option])
        times = in_rhythm(hark, pieces)
        check(times[-1] >= 1.5 * GAP * factor, (option, times))
        hark.stop()


@case
def a_stream_comes_as_fast_as_possible_by_default(t):
    hark = streamed(t, [b'one', b'two', b'three'])
    hark.restart(mode='replay')
    same([p for p, _ in chunks(hark)], [b'onetwothree'])


@case
def a_stream_with_a_length_has_its_rhythm_too(t):
    hark = streamed(t, [b'one', b'two'], head=b'HTTP/1.1 200 OK\r\n'
                    b'Content-Length: 6\r\nX-A: 1\r\n\r\n')
    hark.restart(mode='replay', options=['--stream', 'recorded'])
    c = t.client(hark)

    def apart():
        began = time.monotonic()
        c.request('GET', '/s')
        r = c.head()
        same((r.framing, r.get('x-a')), ('length', '1'))
        same(c.exactly(3), b'one')
        rest, took = timed(lambda: c.exactly(3))
        same(rest, b'two')
        whole = time.monotonic() - began
        check(whole >= GAP / 2, f'it took {whole:.3f} s')
        return took >= GAP / 2
    # Who is held up by the machine in between finds the rest there.
    for _ in range(2):
        until(apart, 'the second piece comes later than the first')


@case
def events_stay_whole(t):
    pieces = [b'data: 1\n\ndata: 2', b'\ndata: 2b\n\ndata: 3\r\n\r\nda',
              b'ta: 4\n\n']
    for kind, want in (
            (b'text/event-stream', [b'data: 1\n\n',
                                    b'data: 2\ndata: 2b\n\ndata: 3\r\n\r\n',
                                    b'data: 4\n\n']),
            (b'text/plain', pieces)):
        hark = streamed(t, pieces, kind)
        hark.restart(mode='replay', options=['--stream', 'recorded'])
        in_rhythm(hark, want)
        hark.stop()


@case
def an_event_in_many_pieces_comes_when_it_is_whole(t):
    hark = streamed(t, [b'data:', b' 1', b'\n\n'], b'text/event-stream')
    hark.restart(mode='replay', options=['--stream', 'recorded'])
    (piece, at), = chunks(hark)
    same(piece, b'data: 1\n\n')
    check(at >= 1.5 * GAP, at)


@case
def a_stream_that_stays_in_the_store_has_its_rhythm(t):
    pieces = [bytes([i]) * (700 << 10) for i in range(4)]
    hark = streamed(t, pieces)
    hark.restart(mode='replay', options=['--stream', 'x0.5'])
    got = chunks(hark)
    check(b''.join(p for p, _ in got) == b''.join(pieces), 'other bytes')
    check(got[-1][1] >= 1.2 * GAP, got[-1][1])


@case
def a_client_that_leaves_cancels_its_stream(t):
    hark = streamed(t, [b'one', b'two'])
    hark.restart(mode='replay', options=['--stream', 'x1000'])
    same(hark.get('/none').source, 'miss')
    before = hark.descriptors()
    c = t.client(hark)
    c.request('GET', '/s')
    same(c.chunk(c.head()), b'one')
    c.reset()
    until(lambda: hark.descriptors() <= before, 'its end is noticed')
    same(hark.get('/none').source, 'miss')


@case
def a_part_of_a_stream_comes_at_once(t):
    hark = streamed(t, [b'one', b'two'])
    hark.restart(mode='replay', options=['--stream', 'x1000'])
    r = hark.get('/s', [('Range', 'bytes=1-4')])
    same((r.status, r.body), (206, b'netw'))
    same(hark.ask('HEAD', '/s').get('content-length'), '6')


if __name__ == '__main__':
    main()
