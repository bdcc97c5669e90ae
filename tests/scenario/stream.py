# Goal: answers flow as they come, are bounded in memory and replay whole.

import hashlib

from harness import (BIG, Ended, case, check, entries, grown, main, outcome,
                     reply, same)

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
EVENTS = b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n' \
    b'Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n'


def gated(origin, target, head, pieces, seen):
    """The origin sends piece i + 1 only after the client has piece i."""
    def script(peer, r):
        peer.send(head)
        for piece, gate in zip(pieces, seen):
            peer.send(piece)
            gate.wait()
        peer.half_close() if b'chunked' not in head else \
            peer.send(b'0\r\n\r\n')
    origin.routes[target] = script


@case
def five_events_arrive_one_by_one(t):
    for mode in ('proxy', 'record', 'auto'):
        origin = t.origin()
        hark = t.hark(mode, origin)
        events = [f'id: {i}\ndata: event {i}\n\n'.encode() for i in range(5)]
        seen = t.gates(5, 'event at the client')
        gated(origin, '/events', EVENTS,
              [b'%x\r\n%s\r\n' % (len(e), e) for e in events], seen)
        c = t.client(hark)
        c.request('GET', '/events', [('Accept', 'text/event-stream')])
        r = c.head()
        same(r.get('content-type'), 'text/event-stream')
        for event, gate in zip(events, seen):
            same(c.chunk(r), event, mode)
            gate.open()
        same(c.chunk(r), b'')
        hark.stop()


@case
def the_head_of_an_answer_does_not_wait_for_its_body(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    gate = t.gate('head at the client')
    for target, head, rest in (
            ('/chunked', CHUNKED, b'2\r\nhi\r\n0\r\n\r\n'),
            ('/length', b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
             b'hi')):
        gate.event.clear()
        origin.routes[target] = lambda p, r, head=head, rest=rest: (
            p.send(head), gate.wait(), p.send(rest))
        c = t.client(hark)
        c.request('GET', target)
        r = c.head()
        gate.open()
        same(c.body(r, r.framing).body, b'hi', target)


@case
def bytes_of_a_length_or_close_answer_flow_too(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for target, head in (
            ('/length', b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n'),
            ('/close', b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n')):
        seen = t.gates(4)
        gated(origin, target, head, [b'abc'] * 4, seen)
        c = t.client(hark)
        c.request('GET', target)
        r = c.head()
        for gate in seen:
            if r.framing == 'chunked':
                same(c.chunk(r), b'abc', target)
            else:
                same(c.exactly(3), b'abc', target)
            gate.open()
        if r.framing == 'chunked':
            same(c.chunk(r), b'')
        c.close()


@case
def a_chunk_does_not_wait_for_its_end(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    gate = t.gate('first half at the client')
    origin.routes['/half'] = lambda p, r: (
        p.send(CHUNKED, b'6\r\nabc'), gate.wait(),
        p.send(b'def\r\n0\r\n\r\n'))
    c = t.client(hark)
    c.request('GET', '/half')
    r = c.head()
    same(c.chunk(r), b'abc')
    gate.open()
    same((c.chunk(r), c.chunk(r)), (b'def', b''))


@case
def an_answer_may_come_before_another_request_is_done(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--workers', '1')
    upload = t.client(hark)
    upload.send(b'POST /upload HTTP/1.1\r\nHost: a\r\n'
                b'Content-Length: 6\r\n\r\nabc')
    same(hark.get('/meanwhile').status, 200)
    upload.send(b'def')
    same(upload.response().json['body'], 'abcdef')
    same(origin.targets(), ['/meanwhile', '/upload'])


@case
def B15_a_stream_is_recorded_with_its_pieces(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    seen = t.gates(3)
    events = [b'data: 1\n\n', b'data: two\n\n', b'data: drei\n\n']
    gated(origin, '/events', EVENTS,
          [b'%x\r\n%s\r\n' % (len(e), e) for e in events], seen)
    c = t.client(hark)
    c.request('GET', '/events')
    r = c.head()
    for event, gate in zip(events, seen):
        same(c.chunk(r), event)
        gate.open()
    same(c.chunk(r), b'')
    hark.stop()
    origin.stop()
    entry, = entries(hark.store)
    same(entry['response']['content']['text'], b''.join(events).decode())
    own = entry['_hark']
    marks = own.get('chunks') or own['response']['chunks']
    # Offset and microseconds of each piece, in turn.
    same(marks[0::2], [0, 9, 20])
    check(marks[1::2] == sorted(marks[1::2]), marks)
    hark.restart(mode='replay')
    r = hark.get('/events')
    same((r.status, r.framing, r.body, r.get('cache-control')),
         (200, 'chunked', b''.join(events), 'no-cache'))


LINES = b'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n' \
    b'Transfer-Encoding: chunked\r\n\r\n'


@case
def lines_are_kept_as_far_as_they_came_whoever_ends_them(t):
    origin = t.origin()
    seen = t.gates(2, 'line at the client')

    def script(peer, r):
        peer.send(LINES, b'8\r\n{"n": 1}\r\n')
        seen[0].wait()
        peer.send(b'9\r\n\n{"n": 2}\r\n')
        seen[1].wait()
        peer.close() if r.target == '/cut' else peer.wait_gone()
    for target in ('/left', '/cut'):
        origin.routes[target] = script
    hark = t.hark('record', origin)
    for target in ('/left', '/cut'):
        for gate in seen:
            gate.event.clear()
        c = t.client(hark)
        c.request('GET', target)
        r = c.head()
        same(c.chunk(r), b'{"n": 1}')
        seen[0].open()
        same(c.chunk(r), b'\n{"n": 2}')
        if target == '/left':
            c.close()
        seen[1].open()
    c.ended()
    hark.stop()
    same(sorted((e['request']['url'][len(origin.url):], outcome(e),
                 e['response']['content']['text'])
                for e in entries(hark.store)),
         [('/cut', 'truncated', '{"n": 1}\n{"n": 2}'),
          ('/left', 'client-gone', '{"n": 1}\n{"n": 2}')])


@case
def a_long_poll_is_answered_late_and_then_at_once(t):
    origin = t.origin()
    asked, happens = t.gate('the poll'), t.gate('the event')
    origin.routes['/poll'] = lambda p, r: (
        asked.open(), happens.wait(), p.send(reply(b'{"event": 1}')))
    hark = t.hark('record', origin)
    c = t.client(hark)
    c.request('GET', '/poll')
    asked.wait()
    happens.open()
    same(c.response().body, b'{"event": 1}')
    hark.stop()
    origin.stop()
    (e,) = entries(hark.store)
    same(outcome(e), 'complete')
    hark.restart(mode='replay')
    r = hark.get('/poll')
    same((r.body, r.source), (b'{"event": 1}', 'replay'))


@case
def gRPC_web_passes_as_bytes(t):
    # A message, and its trailers in a frame of their own.
    call = b'\0\0\0\0\3\x08\x96\x01'
    answer = b'\0\0\0\0\2\x0a\0\x80\0\0\0\x0fgrpc-status:0\r\n'
    kind = ('Content-Type', 'application/grpc-web+proto')
    origin = t.origin()
    origin.routes['/pkg.Service/Call'] = reply(answer, headers=[kind])
    hark = t.hark('record', origin)
    headers = [kind, ('X-Grpc-Web', '1')]
    for mode in ('upstream', 'replay'):
        r = hark.ask('POST', '/pkg.Service/Call', headers, call)
        same((r.status, r.body, r.get('content-type'), r.source),
             (200, answer, kind[1], mode))
        if mode == 'upstream':
            hark.stop()
            same(origin.requests[0].body, call)
            origin.stop()
            hark.restart(mode='replay')
    same(hark.ask('POST', '/pkg.Service/Call', headers,
                  call[:-1] + b'\2').source, 'miss')


def big(t, size, framing):
    """Downloads size bytes through record, then through replay."""
    piece = hashlib.sha256(b'big').digest() * 2048  # 64 KiB
    origin = t.origin()

    def script(peer, r):
        if framing == 'chunked':
            peer.send(CHUNKED)
        else:
            peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % size)
        for i in range(size // len(piece)):
            part = i.to_bytes(8, 'big') + piece[8:]
            if framing == 'chunked':
                peer.chunked(part, last=False)
            else:
                peer.send(part)
        if framing == 'chunked':
            peer.send(b'0\r\n\r\n')
    origin.routes['/big'] = script
    wanted = hashlib.sha256()
    for i in range(size // len(piece)):
        wanted.update(i.to_bytes(8, 'big') + piece[8:])
    hark = t.hark('record', origin)
    same(hark.get('/small').status, 200)
    for mode in ('record', 'replay'):
        before = hark.status('VmRSS')
        same(download(t, hark, size), wanted.hexdigest(), f'{mode}ed bytes')
        print(f'# {mode} of {size >> 20} MiB {framing}: '
              f'memory grew by {grown(hark, before, 64)} KiB')
        hark.stop()
        if mode == 'record':
            origin.stop()
            hark.restart(mode='replay')
            same(hark.get('/small').source, 'replay')
    hark.store.unlink()


def download(t, hark, size):
    """The hash of /big, read piece by piece."""
    c = t.client(hark)
    c.keep_log = False
    c.request('GET', '/big')
    r = c.head()
    same(r.status, 200)
    digest = hashlib.sha256()
    got = 0
    if r.framing == 'length':
        while got < size:
            part = c.some()
            digest.update(part)
            got += len(part)
    else:
        while True:
            part = c.chunk(r)
            if not part:
                break
            digest.update(part)
            got += len(part)
    same(got, size, 'bytes')
    return digest.hexdigest()


@case(deadline=600 if BIG else 60)
def a_big_download_is_recorded_and_replayed_in_little_memory(t):
    big(t, (2048 if BIG else 256) << 20, 'length')


@case(deadline=60)
def a_big_chunked_download_is_recorded_and_replayed(t):
    big(t, 32 << 20, 'chunked')


@case
def a_big_download_that_breaks_is_not_replayed(t):
    size = 8 << 20
    origin = t.origin()
    cut = t.gate('most of the body at the client')
    origin.routes['/big'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % size),
        p.send(bytes(size - 1)), cut.wait(), p.reset())
    hark = t.hark('record', origin)
    c = t.client(hark)
    c.request('GET', '/big')
    c.head()
    c.exactly(size - (1 << 16))
    cut.open()
    try:
        c.exactly(1 << 16)
        check(False, 'the answer came whole')
    except Ended:
        pass
    hark.stop()
    hark.restart(mode='replay')
    same(hark.get('/big').source, 'miss')


@case
def slow_replay_clients_do_not_hold_up_the_others(t):
    origin = t.origin()
    body = bytes(range(256)) * (64 << 10)  # 16 MiB
    origin.routes['/big'] = reply(body)
    hark = t.hark('record', origin)
    c = t.client(hark)
    c.keep_log = False
    check(c.ask('GET', '/big').body == body, 'recording')
    same(hark.get('/small').status, 200)
    hark.stop()
    hark.restart(mode='replay', options=['--workers', '1'])
    before = hark.status('VmRSS')
    slow = [t.client(hark, receive_buffer=65536) for _ in range(8)]
    for c in slow:
        c.keep_log = False
        c.request('GET', '/big')
        same(c.head().status, 200)
    for _ in range(20):
        same(hark.get('/small').source, 'replay')
    grown(hark, before, 64)
    for c in slow:
        check(c.exactly(len(body)) == body, 'other bytes')


if __name__ == '__main__':
    main()
