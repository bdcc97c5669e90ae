# Goal: a full recording answers HEAD, ranges and conditions as HTTP has it.

import re

from answers import record
from harness import case, check, main, reply, same

DATE = 'Sat, 21 Nov 2026 06:00:00 GMT'
LATER = 'Sat, 21 Nov 2026 06:00:01 GMT'
EARLIER = 'Sat, 21 Nov 2026 05:59:59 GMT'
BODY = bytes(range(256)) * 4
CHUNKED = b'HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n' \
    b'Trailer: X-Sum\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n'


def full(body=BODY, etag='"1"'):
    return reply(body, headers=[
        ('Date', DATE), ('Content-Type', 'application/octet-stream'),
        ('ETag', etag), ('Last-Modified', DATE), ('Cache-Control', 'no-cache'),
        ('Vary', 'Accept'), ('X-Own', 'yes')])


def replay(t, routes, asked=None, options=()):
    origin = t.origin()
    origin.routes.update(routes)
    hark, _ = record(t, origin, asked or [('GET', x) for x in routes])
    origin.stop()
    return hark.restart(mode='replay', options=options)


def source(r):
    """X-Hark-Source without the number of the entry."""
    return re.sub(r';entry=\d+', '', r.get('x-hark-source'))


def parts(r):
    """The (Content-Type, Content-Range, body) of a multipart/byteranges."""
    boundary = re.fullmatch(r'multipart/byteranges; boundary=([0-9a-f]{32})',
                            r.get('content-type')).group(1).encode()
    check(r.body.startswith(b'--' + boundary + b'\r\n'), r.body[:100])
    check(r.body.endswith(b'\r\n--' + boundary + b'--\r\n'), r.body[-100:])
    inner = r.body[len(boundary) + 4:-len(boundary) - 8]
    found = []
    for part in inner.split(b'\r\n--' + boundary + b'\r\n'):
        head, body = part.split(b'\r\n\r\n', 1)
        fields = dict(line.split(': ', 1)
                      for line in head.decode().split('\r\n'))
        found.append((fields.get('Content-Type'), fields['Content-Range'],
                      body))
    return found


# --- HEAD --------------------------------------------------------------------

@case
def HEAD_is_answered_from_a_recorded_GET(t):
    hark = replay(t, {'/full': full(), '/chunked': CHUNKED,
                      '/none': reply(b'no', '404 Nope'),
                      '/204': b'HTTP/1.1 204 No Content\r\n\r\n'})
    c = t.client(hark)
    for _ in range(2):
        r = c.ask('HEAD', '/full')
        same((r.status, r.body, r.get('content-length'), r.get('etag'),
              source(r)),
             (200, b'', '1024', '"1"', 'replay;derived=head'))
        check(re.search(r'entry=\d+;derived=head$', r.get('x-hark-source')),
              r.headers)
        r = c.ask('HEAD', '/chunked')
        same((r.status, r.body, r.get('content-length'),
              r.get('transfer-encoding')), (200, b'', '6', None))
        r = c.ask('HEAD', '/none')
        same((r.status, r.reason, r.get('content-length')),
             (404, 'Nope', '2'))
        r = c.ask('HEAD', '/204')
        same((r.status, r.get('content-length')), (204, None))
        same(c.ask('HEAD', '/unknown').source, 'miss')
        same(c.ask('POST', '/full').source, 'miss')


@case
def a_recorded_HEAD_is_better_than_a_GET(t):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX-Head: 1\r\n\r\n'
    hark = replay(t, {'/x': lambda p, r: p.send(
        head if r.method == 'HEAD' else full())},
        [('GET', '/x'), ('HEAD', '/x')])
    r = hark.ask('HEAD', '/x')
    same((source(r), r.get('x-head'), r.get('content-length')),
         ('replay', '1', '7'))


@case
def HEAD_does_not_use_a_GET_up(t):
    answers = iter([full(b'1'), full(b'22')])
    hark = replay(t, {'/x': lambda p, r: p.send(next(answers))},
                  [('GET', '/x')] * 2)
    for length, body in (('1', b'1'), ('2', b'22'), ('2', b'22')):
        same(hark.ask('HEAD', '/x').get('content-length'), length)
        same(hark.get('/x').body, body)


# --- conditions --------------------------------------------------------------

@case
def conditions_are_answered_from_a_full_recording(t):
    hark = replay(t, {'/x': full()})
    c = t.client(hark)
    for name, value, status in (
            ('If-None-Match', '"1"', 304),
            ('If-None-Match', '"0", W/"1"', 304),
            ('If-None-Match', '*', 304),
            ('If-None-Match', '"2"', 200),
            ('If-Modified-Since', DATE, 304),
            ('If-Modified-Since', LATER, 304),
            ('If-Modified-Since', EARLIER, 200),
            ('If-Modified-Since', 'nonsense', 200),
            ('If-Match', '"1"', 200),
            ('If-Match', '"2"', 412),
            ('If-Unmodified-Since', EARLIER, 412)):
        for method in ('GET', 'HEAD'):
            r = c.ask(method, '/x', [(name, value)])
            same(r.status, status, (method, name, value))
            same(r.body, BODY if (status, method) == (200, 'GET') else b'')
            same(r.get('x-own'), 'yes')
    same(c.ask('GET', '/x').body, BODY)


@case
def a_304_has_the_fields_it_should_and_no_others(t):
    hark = replay(t, {'/x': full()})
    r = hark.get('/x', [('If-None-Match', '"1"')])
    same((r.reason, r.body, source(r)),
         ('Not Modified', b'', 'replay;derived=not-modified'))
    same([h for h in r.headers if h[0] != 'X-Hark-Source'],
         [('Date', DATE), ('ETag', '"1"'), ('Last-Modified', DATE),
          ('Cache-Control', 'no-cache'), ('Vary', 'Accept'),
          ('X-Own', 'yes')])


@case
def a_304_uses_its_answer_up(t):
    answers = iter([full(b'1', '"1"'), full(b'1', '"1"'), full(b'2', '"2"')])
    hark = replay(t, {'/x': lambda p, r: p.send(next(answers))},
                  [('GET', '/x')] * 3)
    got = []
    etag = '"0"'
    for _ in range(5):
        r = hark.get('/x', [('If-None-Match', etag)])
        etag = r.get('etag')
        got.append((r.status, r.body))
    same(got, [(200, b'1'), (304, b''), (200, b'2'), (304, b''), (304, b'')])


@case
def an_entry_for_exactly_such_a_request_is_sent_as_recorded(t):
    def script(peer, r):
        if r.get('if-none-match') == '"1"':
            peer.send(full(b'always'))
        elif r.get('range') == 'bytes=0-3':
            peer.send(full(b'no ranges'))
        elif r.get('if-none-match') == '"3"':
            peer.send(b'HTTP/1.1 304 Not Modified\r\nX-Recorded: 1\r\n\r\n')
        else:
            peer.send(full())
    hark = replay(t, {'/x': script}, [
        ('GET', '/x'), ('GET', '/x', [('If-None-Match', '"1"')]),
        ('GET', '/x', [('Range', 'bytes=0-3')]),
        ('GET', '/x', [('If-None-Match', '"3"')])])
    for _ in range(2):
        r = hark.get('/x', [('If-None-Match', '"1"')])
        same((r.body, source(r)), (b'always', 'replay'))
        r = hark.get('/x', [('Range', 'bytes=0-3')])
        same((r.status, r.body, source(r)), (200, b'no ranges', 'replay'))
        r = hark.get('/x', [('If-None-Match', '"3"')])
        same((r.status, r.get('x-recorded')), (304, '1'))
        r = hark.get('/x', [('Range', 'bytes=1-2')])
        same((r.status, source(r)), (206, 'replay;derived=range'))


@case
def other_methods_and_statuses_derive_nothing(t):
    hark = replay(t, {'/x': full(), '/404': reply(b'none', '404 Not Found',
                                                  [('ETag', '"1"')])},
                  [('POST', '/x'), ('GET', '/404')])
    lines = [('If-None-Match', '"1"'), ('Range', 'bytes=0-1')]
    r = hark.ask('POST', '/x', lines)
    same((r.status, r.body, source(r)), (200, BODY, 'replay'))
    r = hark.get('/404', lines)
    same((r.status, r.body, source(r)), (404, b'none', 'replay'))


# --- ranges ------------------------------------------------------------------

@case
def a_range_is_cut_from_a_full_recording(t):
    hark = replay(t, {'/x': full(), '/chunked': CHUNKED})
    c = t.client(hark)
    for value, first, end in (('bytes=0-0', 0, 1), ('bytes=-1', 1023, 1024),
                              ('bytes=10-19', 10, 20),
                              ('bytes=1000-', 1000, 1024),
                              ('bytes=0-9999', 0, 1024)):
        r = c.ask('GET', '/x', [('Range', value)])
        same((r.status, r.reason, r.body, r.get('content-range')),
             (206, 'Partial Content', BODY[first:end],
              f'bytes {first}-{end - 1}/1024'), value)
        same([h for h in r.headers if h[0] not in (
            'X-Hark-Source', 'Content-Range', 'Content-Length')],
            [('Date', DATE), ('Content-Type', 'application/octet-stream'),
             ('ETag', '"1"'), ('Last-Modified', DATE),
             ('Cache-Control', 'no-cache'), ('Vary', 'Accept'),
             ('X-Own', 'yes')])
        same(source(r), 'replay;derived=range')
    r = c.ask('GET', '/chunked', [('Range', 'bytes=3-')])
    same((r.status, r.body, r.framing, r.trailers, r.get('trailer')),
         (206, b'lo!', 'length', [], None))


@case
def a_range_behind_the_end_cannot_be_satisfied(t):
    hark = replay(t, {'/x': full()})
    r = hark.get('/x', [('Range', 'bytes=1024-')])
    same((r.status, r.body, r.get('content-range'), r.get('content-length'),
          r.get('content-type'), source(r)),
         (416, b'', 'bytes */1024', '0', None, 'replay;derived=range'))


@case
def several_ranges_are_a_multipart(t):
    hark = replay(t, {'/x': full()})
    c = t.client(hark)
    for _ in range(2):
        r = c.ask('GET', '/x', [('Range', 'bytes=5-9,-2, 0-0')])
        same((r.status, r.get('content-range')), (206, None))
        kind = 'application/octet-stream'
        same(parts(r), [(kind, 'bytes 5-9/1024', BODY[5:10]),
                        (kind, 'bytes 1022-1023/1024', BODY[-2:]),
                        (kind, 'bytes 0-0/1024', BODY[:1])])
    r = c.ask('GET', '/x', [('Range', 'bytes=5-9,2000-')])
    same((r.status, r.body, r.get('content-range')),
         (206, BODY[5:10], 'bytes 5-9/1024'))


@case
def a_range_that_is_none_or_too_much_gets_the_whole(t):
    hark = replay(t, {'/x': full()})
    for value in ('bytes=5-1', 'lines=1-2', 'bytes=x', 'bytes=0-,0-',
                  'bytes=' + ','.join(f'{i}-{i}' for i in range(100))):
        r = hark.get('/x', [('Range', value)])
        same((r.status, r.body, source(r)), (200, BODY, 'replay'), value)


@case
def If_Range_decides_between_part_and_whole(t):
    hark = replay(t, {'/x': full()})
    for value, status in (('"1"', 206), ('"2"', 200), ('W/"1"', 200),
                          (DATE, 206), (LATER, 200)):
        r = hark.get('/x', [('Range', 'bytes=0-1'), ('If-Range', value)])
        same((r.status, r.body), (status, BODY[:2] if status == 206
                                  else BODY), value)


@case
def a_range_of_another_recorded_range_is_a_miss(t):
    part = reply(b'art', '206 Partial Content',
                 [('Content-Range', 'bytes 1-3/4')])
    hark = replay(t, {'/x': part}, [('GET', '/x', [('Range', 'bytes=1-3')])])
    same(hark.get('/x', [('Range', 'bytes=1-3')]).body, b'art')
    same(hark.get('/x', [('Range', 'bytes=0-3')]).source, 'miss')
    same(hark.get('/x').source, 'miss')


@case
def ranges_are_cut_from_a_body_that_stays_in_the_store(t):
    body = b''.join(b'%015d\n' % i for i in range(400 << 10))  # 6.25 MiB
    size = len(body)
    hark = replay(t, {'/big': full(body)})
    c = t.client(hark)
    c.keep_log = False
    for first, last in ((0, 0), (size - 1, size - 1), (1 << 20, 3 << 20),
                        (65535, 65536), (0, size - 1)):
        r = c.ask('GET', '/big', [('Range', f'bytes={first}-{last}')])
        same((r.status, r.get('content-range')),
             (206, f'bytes {first}-{last}/{size}'))
        check(r.body == body[first:last + 1], 'other bytes')
    r = c.ask('GET', '/big', [('Range', 'bytes=7-7,1000000-3000000,-5')])
    check([p[1:] for p in parts(r)] == [
        (f'bytes 7-7/{size}', body[7:8]),
        (f'bytes 1000000-3000000/{size}', body[1000000:3000001]),
        (f'bytes {size - 5}-{size - 1}/{size}', body[-5:])], 'other parts')
    same(c.ask('GET', '/big', [('Range', f'bytes={size}-')]).status, 416)
    same(c.ask('HEAD', '/big').get('content-length'), str(size))
    check(c.ask('GET', '/big').body == body, 'other bytes')


@case
def a_client_of_HTTP_1_0_gets_a_range(t):
    hark = replay(t, {'/chunked': CHUNKED})
    c = t.client(hark)
    c.send(b'GET /chunked HTTP/1.0\r\nRange: bytes=0-1\r\n\r\n')
    r = c.response()
    same((r.status, r.body, r.get('content-length')), (206, b'he', '2'))


# --- where it applies --------------------------------------------------------

@case
def http_rules_off_derives_nothing(t):
    hark = replay(t, {'/x': full()}, options=['--http-rules', 'off'])
    for lines in ([('If-None-Match', '"1"')], [('Range', 'bytes=0-1')]):
        r = hark.get('/x', lines)
        same((r.status, r.body, source(r)), (200, BODY, 'replay'))
    same(hark.ask('HEAD', '/x').source, 'miss')


@case
def auto_does_not_forward_what_it_can_derive(t):
    origin = t.origin()
    origin.routes['/x'] = full()
    hark = t.hark('auto', origin)
    same(hark.get('/x').source, 'upstream')
    # Fresh or written, it is the same.
    for _ in range(3):
        same(hark.ask('HEAD', '/x').status, 200)
        same(hark.get('/x', [('Range', 'bytes=0-1')]).status, 206)
        same(hark.get('/x', [('If-None-Match', '"1"')]).status, 304)
    same(origin.targets(), ['/x'])


@case
def under_fail_a_part_uses_nothing_up(t):
    hark = replay(t, {'/x': full()}, options=['--repeat', 'fail'])
    for _ in range(3):
        same(hark.get('/x', [('Range', 'bytes=0-1')]).status, 206)
        same(hark.ask('HEAD', '/x').status, 200)
    same(hark.get('/x').status, 200)
    same(hark.get('/x', [('Range', 'bytes=0-1')]).source, 'miss')


if __name__ == '__main__':
    main()
