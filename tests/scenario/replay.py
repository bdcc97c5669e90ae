# Goal: a recorded answer comes back byte for byte, and nothing goes out.

import contextlib
import gzip
import itertools
import json
import os
import pathlib
import re
import shutil
import threading

from harness import (Ended, Failed, Shared, Skip, case, check, command,
                     entries, export, main, reply, same, until)

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'


def shape(r):
    """What must be equal in what was recorded and what is replayed."""
    return (r.version, r.status, r.reason, r.end_to_end, r.body, r.trailers,
            r.framing == 'chunked')


def record(t, origin, asked, *options):
    """Asks all through record, stops it; gives hark and the answers."""
    hark = t.hark('record', origin, *options)
    seen = [hark.ask(*a) for a in asked]
    hark.stop()
    return hark, seen


def replay(t, origin, asked, *options):
    """As record(), then starts replay without the origin."""
    hark, seen = record(t, origin, asked)
    origin.stop()
    hark.restart(mode='replay', options=options)
    return hark, seen


def number(origin, target):
    """target answers 1, 2, 3, ..."""
    numbers = itertools.count(1)
    origin.routes[target] = lambda p, r: p.send(
        reply(str(next(numbers)).encode()))


ANSWERS = {
    '/plain': reply(b'Hello', '200 Alright', [
        ('Server', 'x/1'), ('Date', 'Sat, 21 Nov 2026 06:00:00 GMT'),
        ('set-cookie', 'a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT'),
        ('X-CuStOm', 'v'), ('Set-Cookie', 'b=2, c'), ('x-latin', 'caf\xe9'),
        ('X-Empty', ''), ('X-CuStOm', 'w')]),
    '/empty': reply(b''),
    '/204': b'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    '/404': reply(b'no', '404 N\xe4h'),
    '/500': reply(b'oops', '500 '),
    '/301': reply(b'', '301 Moved Permanently',
                  [('Location', 'http://elsewhere.test/')]),
    '/binary': reply(bytes(range(256)) * 50,
                     headers=[('Content-Type', 'text/plain')]),
    '/gzip': reply(gzip.compress(b'text' * 500), headers=[
        ('Content-Encoding', 'gzip'), ('Content-Type', 'text/plain')]),
    '/not-gzip': reply(b'not gzip', headers=[('Content-Encoding', 'gzip')]),
    '/chunked': CHUNKED + b'5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n',
    '/trailers': b'HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked'
        b'\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-two: 2\r\n\r\n',
    '/large': reply(b'0123456789abcdef' * (200 << 10)),
    '/hints': b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    '/hop': reply(b'x', headers=[('Connection', 'X-Hop'), ('X-Hop', '1'),
                                 ('Keep-Alive', 'timeout=5'), ('X', 'y')]),
    '/no-type': b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x00\x01\x02',
}


@case
def D17_replay_is_byte_identical_to_what_was_sent(t):
    origin = t.origin()
    origin.routes.update(ANSWERS)
    hark, seen = replay(t, origin, [('GET', target) for target in ANSWERS])
    for cold in (True, False):
        for target, r in zip(ANSWERS, seen):
            again = hark.get(target)
            same(again.source, 'replay', target)
            same(shape(again), shape(r), f'{target}, cold {cold}')
            last = [h for h in again.headers
                    if h[0].lower() not in ('connection',
                                            'transfer-encoding')][-1]
            check(last[0].lower() == 'x-hark-source' and
                  re.fullmatch(r'replay;entry=\d+', last[1]), last)


@case
def source_header_off_leaves_the_answer_alone(t):
    origin = t.origin()
    origin.routes['/'] = ANSWERS['/plain']
    hark, (seen,) = record(t, origin, [('GET', '/')])
    hark.restart(mode='replay', options=['--source-header', 'off'])
    r = hark.get('/')
    same([h for h in r.headers if h[0].lower() != 'connection'],
         seen.end_to_end)


@case
def an_answer_that_ended_with_its_connection_is_replayed_whole(t):
    origin = t.origin()
    origin.routes['/close'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n', b'abc' * 1000),
        p.close())
    hark, _ = replay(t, origin, [('GET', '/close')])
    r = hark.get('/close')
    same((r.source, r.body, r.complete, r.get('x-a')),
         ('replay', b'abc' * 1000, True, '1'))


@case
def a_client_of_HTTP_1_0_can_be_replayed_to(t):
    origin = t.origin()
    origin.routes['/chunked'] = ANSWERS['/chunked']
    hark, _ = replay(t, origin, [('GET', '/chunked')])
    c = t.client(hark)
    c.send(b'GET /chunked HTTP/1.0\r\n\r\n')
    r = c.response()
    same((r.status, r.body), (200, b'hello!'))
    check(r.framing != 'chunked', r.headers)


@case
def replays_can_be_pipelined(t):
    origin = t.origin()
    origin.routes['/large'] = ANSWERS['/large']
    hark, _ = replay(t, origin, [('GET', '/a'), ('POST', '/b', [], b'x'),
                                 ('GET', '/large')])
    c = t.client(hark)
    for _ in range(20):
        c.request('GET', '/a')
        c.request('POST', '/b', [], b'x')
        c.request('GET', '/large')
    for _ in range(20):
        same(c.response().json['start'], 'GET /a HTTP/1.1')
        same(c.response().json['body'], 'x')
        same(len(c.response().body), 16 * (200 << 10))


# --- the key ----------------------------------------------------------------

@case
def D1_the_method_is_part_of_the_key(t):
    origin = t.origin()
    asked = [('GET', '/style.css'), ('POST', '/style.css'),
             ('get', '/style.css'), ('QUERY', '/style.css')]
    hark, _ = replay(t, origin, asked)
    for a in reversed(asked):
        same(hark.ask(*a).json['start'], f'{a[0]} /style.css HTTP/1.1')
    same(hark.ask('PUT', '/style.css').source, 'miss')


@case
def D2_D3_the_body_is_part_of_the_key_for_every_method(t):
    origin = t.origin()
    methods = ('POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'GET', 'FROB')
    asked = [(m, '/echo', [], b) for m in methods
             for b in (b'1', b'2', b'3')]
    hark, _ = replay(t, origin, asked)
    for m in methods:
        for b in (b'3', b'1', b'2'):
            r = hark.ask(m, '/echo', [], b)
            same((r.source, r.json['body']), ('replay', b.decode()), m)
        same(hark.ask(m, '/echo', [], b'4').source, 'miss', m)
        same(hark.ask(m, '/echo').source, 'miss', m)


@case
def A4_A6_targets_are_compared_byte_for_byte(t):
    origin = t.origin()
    recorded = ['/p?WSDL', '/p/', '/a%2fb', '/q?a=1&b=2', '/x//y', '/e?',
                '/%41']
    hark, _ = replay(t, origin, [('GET', target) for target in recorded])
    for target in recorded:
        same(hark.get(target).source, 'replay', target)
    for target in ('/p?WSDL=', '/p?wsdl', '/p', '/a%2Fb', '/a/b',
                   '/q?b=2&a=1', '/x/y', '/e', '/A'):
        same(hark.get(target).source, 'miss', target)


@case
def no_body_and_an_empty_one_are_the_same(t):
    origin = t.origin()
    hark, _ = replay(t, origin, [('POST', '/x'), ('PUT', '/y', [], b'')])
    same(hark.ask('POST', '/x', [], b'').source, 'replay')
    same(hark.ask('PUT', '/y').source, 'replay')


@case
def the_framing_of_a_request_is_not_part_of_the_key(t):
    origin = t.origin()
    hark, _ = replay(t, origin, [('POST', '/x', [], b'abcdef')])
    c = t.client(hark)
    c.send(b'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n'
           b'\r\n2\r\nab\r\n4\r\ncdef\r\n0\r\n\r\n')
    same(c.response().source, 'replay')


def multipart(boundary, text='value', kind='text/plain'):
    return (f'--{boundary}\r\n'
            'Content-Disposition: form-data; name="a"\r\n\r\n'
            f'{text}\r\n--{boundary}\r\n'
            'Content-Disposition: form-data; name="f"; filename="f.bin"\r\n'
            f'Content-Type: {kind}\r\n\r\n\0\1\2\r\n'
            f'--{boundary}--\r\n').encode()


@case
def D4_multipart_matches_with_another_boundary(t):
    origin = t.origin()

    def post(boundary, *how):
        return ('POST', '/form',
                [('Content-Type',
                  f'multipart/form-data; boundary={boundary}')],
                multipart(boundary, *how))
    hark, _ = replay(t, origin, [post('----one')])
    same(hark.ask(*post('----one')).source, 'replay')
    same(hark.ask(*post('another-2')).source, 'replay')
    same(hark.ask(*post('x', 'valuf')).source, 'miss')
    same(hark.ask(*post('x', 'value', 'text/html')).source, 'miss')
    quoted = post('a b')
    quoted = (*quoted[:2], [('Content-Type',
                             'multipart/form-data; boundary="a b"')],
              quoted[3])
    same(hark.ask(*quoted).source, 'replay')


# --- choosing ---------------------------------------------------------------

@case
def D5_the_most_equal_headers_win(t):
    origin = t.origin()
    origin.routes['/echo'] = lambda p, r: p.send(
        reply((r.get('baz') or 'none').encode()))
    asked = [('POST', '/echo', [('Baz', f'baz{i}')], b'x')
             for i in (1, 2, 3)]
    hark, _ = replay(t, origin, asked)
    for i in (3, 1, 2):
        same(hark.ask(*asked[i - 1]).body, f'baz{i}'.encode())


@case
def D6_D7_repeats_come_in_recorded_order_and_the_last_stays(t):
    origin = t.origin()
    number(origin, '/sequence')
    hark, _ = replay(t, origin, [('GET', '/sequence')] * 3)
    same([hark.get('/sequence').body for _ in range(6)],
         [b'1', b'2', b'3', b'3', b'3', b'3'])


@case
def D8_sequences_of_different_keys_are_independent(t):
    origin = t.origin()
    number(origin, '/a')
    number(origin, '/b')
    hark, _ = replay(t, origin, [('GET', '/a'), ('GET', '/b')] * 3)
    same([hark.get(x).body for x in ('/a', '/a', '/b', '/a', '/b')],
         [b'1', b'2', b'1', b'3', b'2'])


@case
def a_sequence_is_shared_by_all_workers(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')] * 90)
    hark.restart(mode='replay', options=['--workers', '4'])
    got = sorted(int(hark.get('/n').body) for _ in range(90))
    same(got, list(range(1, 91)))


@case
def Vary_decides_between_answers(t):
    origin = t.origin()

    def script(peer, r):
        peer.send(reply((r.get('accept-language') or '-').encode(),
                        headers=[('Vary', 'accept-LANGUAGE, X-Other')]))
    origin.routes['/'] = script
    asked = [('GET', '/', [('Accept-Language', 'de')]),
             ('GET', '/', [('Accept-Language', 'fr')]), ('GET', '/')]
    hark, _ = replay(t, origin, asked)
    same(hark.ask(*asked[1]).body, b'fr')
    same(hark.ask(*asked[0]).body, b'de')
    same(hark.ask(*asked[2]).body, b'-')
    for lines in ([('Accept-Language', 'es')],
                  [('Accept-Language', 'de'), ('X-Other', '1')]):
        same(hark.get('/', lines).source, 'miss')


@case
def failed_exchanges_are_skipped(t):
    origin = t.origin()
    scripts = iter([
        lambda p: (p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
                   p.close()),
        lambda p: p.close(),
        lambda p: p.send(reply(b'good'))])
    origin.routes['/x'] = lambda p, r: next(scripts)(p)
    hark, _ = replay(t, origin, [('POST', '/x')] * 3)
    for _ in range(3):
        r = hark.ask('POST', '/x')
        same((r.source, r.body), ('replay', b'good'))


@case
def HEAD_is_replayed_without_a_body(t):
    origin = t.origin()
    origin.routes['/h'] = lambda p, r: p.send(
        b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "1"\r\n\r\n',
        b'' if r.method == 'HEAD' else b'body')
    hark, (head,) = replay(t, origin, [('HEAD', '/h')])
    c = t.client(hark)
    for _ in range(2):
        r = c.ask('HEAD', '/h')
        same((shape(r), r.source), (shape(head), 'replay'))


@case
def a_304_is_no_answer_to_an_unconditional_request(t):
    origin = t.origin()
    origin.routes['/c'] = lambda p, r: p.send(
        b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
        if r.get('if-none-match') else reply(b'full',
                                             headers=[('ETag', '"1"')]))
    hark, _ = record(t, origin, [
        ('GET', '/c', [('If-None-Match', '"1"')])])
    hark.restart(mode='replay')
    same(hark.get('/c').source, 'miss')
    r = hark.get('/c', [('If-None-Match', '"1"')])
    same((r.status, r.get('etag'), r.source), (304, '"1"', 'replay'))
    hark.stop()
    hark.restart(mode='record', url=origin.url)
    hark.get('/c')
    hark.stop()
    hark.restart(mode='replay')
    for _ in range(2):
        same(hark.get('/c').body, b'full')
    same(hark.get('/c', [('If-None-Match', '"1"')]).status, 304)


@case
def a_206_is_no_answer_without_Range(t):
    origin = t.origin()
    origin.routes['/r'] = lambda p, r: p.send(
        reply(b'art', '206 Partial Content',
              [('Content-Range', 'bytes 1-3/4')]) if r.get('range')
        else reply(b'part'))
    asked = ('GET', '/r', [('Range', 'bytes=1-3')])
    hark, _ = record(t, origin, [asked])
    hark.restart(mode='replay')
    same(hark.get('/r').source, 'miss')
    r = hark.ask(*asked)
    same((r.status, r.body, r.get('content-range')),
         (206, b'art', 'bytes 1-3/4'))


@case
def D16_set_cookie_lines_come_back_as_they_were(t):
    origin = t.origin()
    lines = [('Set-Cookie', 'a=1; Path=/; HttpOnly'),
             ('set-cookie', 'b="x,y"; Expires=Sat Sep 14 01:02:27 CET 2024')]
    origin.routes['/'] = reply(b'', headers=lines)
    hark, _ = replay(t, origin, [('GET', '/')])
    same([h for h in hark.get('/').headers if h[0].lower() == 'set-cookie'],
         lines)


@case
def D19_a_chain_of_redirects_is_replayed_step_by_step(t):
    origin = t.origin()
    origin.routes['/1'] = reply(b'', '302 Found', [('Location', '/2')])
    origin.routes['/2'] = reply(b'', '302 Found', [('Location', '/1')])
    hark, _ = replay(t, origin, [('GET', '/1'), ('GET', '/2')])
    same([(r.status, r.get('location')) for r in
          (hark.get('/1'), hark.get('/2'), hark.get('/1'))],
         [(302, '/2'), (302, '/1'), (302, '/2')])


# --- misses -----------------------------------------------------------------

@case
def D11_a_miss_names_what_was_asked_and_the_nearest(t):
    origin = t.origin()
    hark, _ = replay(t, origin, [('POST', '/users/7', [], b'abc'),
                                 ('GET', '/other')])
    r = hark.ask('POST', '/users/7', [], b'abd!')
    same((r.status, r.get('content-type'), r.source),
         (501, 'application/problem+json', 'miss'))
    text = r.json
    same((text['type'], text['status'], text['method'], text['body_bytes']),
         ('about:blank', 501, 'POST', 4))
    check(text['title'] and text['detail'], text)
    check(text['url'].endswith('/users/7'), text)
    same(text['nearest']['method'], 'POST')
    check(text['nearest']['url'].endswith('/users/7'), text)
    check(isinstance(text['nearest']['entry'], int), text)


@case
def a_miss_on_an_empty_tape_has_no_nearest(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.stop()
    hark.restart(mode='replay')
    r = hark.get('/a"b%00<\xe9>')
    same((r.status, r.json.get('nearest')), (501, None))
    r = hark.ask('HEAD', '/x')
    same((r.status, r.body), (501, b''))


@case
def on_miss_chooses_the_answer(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known')])
    for status in ('501', '404', '502'):
        hark.restart(mode='replay', options=['--on-miss', status])
        r = hark.get('/x')
        same((r.status, r.source), (int(status), 'miss'))
        same(r.json['status'], int(status))
        same(hark.get('/known').source, 'replay')
        hark.stop()
    hark.restart(mode='replay', options=['--on-miss', 'drop'])
    c = t.client(hark)
    c.request('GET', '/x')
    c.ended()
    same(hark.get('/known').source, 'replay')


@case
def on_miss_forward_asks_the_upstream(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known')])
    origin.take()
    hark.restart(mode='replay', url=origin.url,
                 options=['--on-miss', 'forward'])
    same(hark.get('/known').source, 'replay')
    same(origin.targets(), [])
    same(hark.get('/new').source, 'upstream')
    same(origin.targets(), ['/new'])


# --- the other modes that read ----------------------------------------------

@case
def B14_auto_forwards_and_records_a_miss_once(t):
    origin = t.origin()
    number(origin, '/n')
    hark = t.hark('auto', origin)
    same([(r.source, r.body) for r in (hark.get('/n') for _ in range(3))],
         [('upstream', b'1'), ('replay', b'1'), ('replay', b'1')])
    c = t.client(hark)
    for i in range(20):
        c.request('GET', f'/{i}')
        same(c.response().source, 'upstream')
        c.request('GET', f'/{i}')  # right away, before any commit
        same(c.response().source, 'replay', i)
    same(len(origin.take()), 21)
    hark.stop()
    same(len(entries(hark.store)), 21)
    hark.restart(url=origin.url)
    same((hark.get('/n').body, hark.get('/19').source), (b'1', 'replay'))
    same(origin.targets(), [])


@case
def auto_replays_what_it_recorded_byte_for_byte(t):
    origin = t.origin()
    origin.routes.update(ANSWERS)
    hark = t.hark('auto', origin)
    for target in ANSWERS:
        first, second = hark.get(target), hark.get(target)
        if target == '/large':  # too big to be findable before its commit
            until(lambda: hark.get('/large').source == 'replay',
                  'the large one is committed')
            second = hark.get(target)
        same((first.source, second.source), ('upstream', 'replay'), target)
        same(shape(second), shape(first), target)


@case
def auto_does_not_replay_a_failure(t):
    origin = t.origin()
    scripts = iter([lambda p: p.close(), lambda p: p.send(reply(b'good'))])
    origin.routes['/x'] = lambda p, r: next(scripts)(p)
    hark = t.hark('auto', origin)
    same([hark.ask('POST', '/x').status for _ in range(3)],
         [502, 200, 200])


@case
def B4_auto_keeps_methods_apart(t):
    origin = t.origin()
    hark = t.hark('auto', origin)
    asked = [('GET', '/first'), ('DELETE', '/first'), ('GET', '/second')]
    for a in asked + asked:
        same(hark.ask(*a).json['start'], f'{a[0]} {a[1]} HTTP/1.1')
    same(len(origin.requests), 3)


@case
def spy_forwards_a_miss_and_keeps_nothing(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known')])
    origin.take()
    before = hark.store.read_bytes()
    hark.restart(mode='spy', url=origin.url)
    same([hark.get(x).source for x in ('/known', '/new', '/new')],
         ['replay', 'upstream', 'upstream'])
    same(origin.targets(), ['/new', '/new'])
    hark.stop()
    same(len(entries(hark.store)), 1)
    check(hark.store.read_bytes() == before, 'the store was changed')


@case
def fallback_answers_from_the_tape_when_the_upstream_fails(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')])
    hark.restart(mode='fallback', url=origin.url)
    r = hark.get('/n')
    same((r.source, r.body), ('upstream', b'2'))
    origin.stop()
    r = hark.get('/n')
    same((r.source, r.body), ('replay', b'1'))
    r = hark.get('/unknown')
    same((r.status, r.source, r.json['phase']), (502, 'hark', 'connect'))


@case
def fallback_answers_when_the_first_byte_is_late_or_never_comes(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('POST', '/x', [], b'q')])
    hark.restart(mode='fallback', url=origin.url,
                 options=['--first-byte-timeout', '500ms'])
    for script in (lambda p, r: p.wait_gone(), lambda p, r: p.close(),
                   b'nonsense\r\n\r\n'):
        origin.routes['/x'] = script
        same(hark.ask('POST', '/x', [], b'q').source, 'replay')


@case
def fallback_does_not_hide_an_error_status_or_half_an_answer(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/x'), ('GET', '/half')])
    origin.routes['/x'] = reply(b'down', '503 Service Unavailable')
    origin.routes['/half'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
        p.close())
    hark.restart(mode='fallback', url=origin.url)
    same((hark.get('/x').status, hark.get('/half').complete), (503, False))


# --- offline ----------------------------------------------------------------

@case(deadline=40)
def replay_opens_no_outbound_socket_and_asks_no_name(t):
    if not shutil.which('strace'):
        raise Skip('there is no strace command')
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known'), ('GET', '/large')])
    trace = t.path('trace')
    hark.wrap = ['strace', '-D', '-f', '-e', 'trace=%network', '-o',
                 str(trace)]
    hark.env = {'ASAN_OPTIONS': 'detect_leaks=0'}
    try:
        # A URL is fine in this mode and is still not asked, not even for
        # the address of its name.
        hark.restart(mode='replay', url='http://no-such-name.invalid')
    except Failed:
        if 'ptrace' in hark.log or 'PTRACE' in hark.log:
            hark.process = None
            raise Skip('strace may not trace here') from None
        raise
    same((hark.get('/known').source, hark.get('/unknown').source,
          hark.ask('POST', '/unknown', [], b'x').source),
         ('replay', 'miss', 'miss'))
    hark.stop()
    text = until(lambda: '+++ exited' in trace.read_text() and
                 trace.read_text(), 'the trace is complete')
    check('accept' in text and 'listen(' in text, 'nothing was traced')
    out = [line for line in text.splitlines()
           if re.search(r'\b(connect|sendto|sendmsg|sendmmsg)\(', line)]
    # What a thread tells another over its own pair of sockets stays here.
    out = [line for line in out if not re.search(
        r'send(to|msg)\(\d+, .*(NULL|msg_name=NULL)', line)]
    same(out, [])
    sockets = [line for line in text.splitlines() if ' socket(' in line]
    check(all('AF_INET' in line and 'SOCK_STREAM' in line or
              'AF_UNIX' in line for line in sockets), sockets)


@case
def a_store_that_cannot_be_written_is_replayed(t):
    origin = t.origin()
    hark, (seen,) = record(t, origin, [('GET', '/x')])
    folder = pathlib.Path(hark.store).parent
    home = t.path('ready')
    hark.ready, hark.stderr = home, t.path('stderr')
    left = {p.name for p in folder.iterdir()} - {'ready.json', 'stderr'}
    for p in folder.iterdir():
        os.chmod(p, 0o444)
    os.chmod(folder, 0o555)
    wrap = []
    if os.geteuid() == 0:  # root may write anything but for this
        for argv in (['setpriv', '--bounding-set=-all', '--inh-caps=-all',
                      '--reuid=65534', '--clear-groups'],):
            if shutil.which(argv[0]):
                wrap = argv
        if not wrap:
            raise Skip('root, and there is no setpriv command')
        reach(t.folder)
        os.chmod(home.parent, 0o777)
        os.chmod(hark.stderr.parent, 0o777)
    hark.wrap = wrap
    try:
        hark.restart(mode='replay')
        same(shape(hark.get('/x')), shape(seen))
        same(hark.get('/y').source, 'miss')
        hark.stop()
        same({p.name for p in folder.iterdir()} - {'ready.json', 'stderr'},
             left)
    finally:
        os.chmod(folder, 0o755)


def reach(folder):
    """Lets everybody walk down to folder."""
    while folder != pathlib.Path(folder.anchor):
        with contextlib.suppress(OSError):
            os.chmod(folder, folder.stat().st_mode | 0o011)
        folder = folder.parent


@case
def replay_of_a_store_that_is_not_there_is_a_clear_error(t):
    path = t.path('no-such.db')
    done = command('replay', '--listen', '127.0.0.1:0', '--store', path)
    check(done.returncode in (1, 2), done)
    check('no-such.db' in done.stderr and done.stderr.count('\n') == 1,
          done.stderr)
    check(not path.exists(), 'it was created')


@case
def what_another_process_records_is_replayed_soon(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/one')])
    reader = t.hark('replay', store=hark.store)
    same(reader.get('/one').source, 'replay')
    same(reader.get('/two').source, 'miss')
    hark.restart(url=origin.url)
    hark.get('/two')
    until(lambda: reader.get('/two').source == 'replay',
          'the new entry is found')


@case
def removing_an_entry_is_seen_by_a_running_replay(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/one')])
    reader = t.hark('replay', store=hark.store)
    r = reader.get('/one')
    entry = r.get('x-hark-source').rpartition('=')[2]
    same(command('rm', '--store', hark.store, entry).returncode, 0)
    until(lambda: reader.get('/one').source == 'miss', 'the entry is gone')


# --- there and back ---------------------------------------------------------

@case
def C9_export_wipe_import_replay_is_identical(t):
    origin = t.origin()
    origin.routes.update(ANSWERS)
    asked = [('GET', target) for target in ANSWERS] + [
        ('POST', '/echo', [('Content-Type', 'text/plain')], b'text'),
        ('POST', '/echo', [], bytes(range(256))),
        ('PUT', '/form', [('Content-Type',
                           'multipart/form-data; boundary=q')],
         multipart('q')),
        ('HEAD', '/plain'), ('FROB', '/a%2fb?x&y=')]
    hark, seen = record(t, origin, asked)
    origin.stop()
    path = t.path('f.har')
    done = command('export', '--store', hark.store, '-o', path)
    same((done.returncode, done.stderr), (0, ''))
    first = export(hark.store)
    for p in hark.store.parent.glob('hark.db*'):
        if not p.name.endswith('.har'):
            p.unlink()
    done = command('import', '--store', hark.store, path)
    same((done.returncode, done.stderr), (0, ''))
    hark.restart(mode='replay')
    for a, r in zip(asked, seen):
        again = hark.ask(*a)
        same(again.source, 'replay', a[:2])
        same(shape(again), shape(r), a[:2])
    hark.stop()
    second = export(hark.store)
    same(len(second['log']['entries']), len(asked))
    for a, b in zip(first['log']['entries'], second['log']['entries']):
        same((a['request'], a['response']), (b['request'], b['response']))


def minimal(url, body, **response):
    return {'startedDateTime': '2026-11-21T06:00:00.000Z', 'time': 1,
            'request': {'method': 'GET', 'url': url,
                        'httpVersion': 'HTTP/1.1', 'cookies': [],
                        'headers': [], 'queryString': [],
                        'headersSize': -1, 'bodySize': 0},
            'response': {'status': 200, 'statusText': 'OK',
                         'httpVersion': 'HTTP/1.1', 'cookies': [],
                         'headers': [], 'content': body,
                         'redirectURL': '', 'headersSize': -1,
                         'bodySize': -1, **response},
            'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}


def har_file(t, *har_entries):
    path = t.path('in.har')
    path.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'test', 'version': '1'},
        'entries': list(har_entries)}}))
    return path


@case
def D18_a_wrong_recorded_length_is_corrected(t):
    path = har_file(t, minimal(
        'http://api.test/i', {'size': 3, 'mimeType': 'image/png',
                              'encoding': 'base64', 'text': 'AAEC'},
        headers=[{'name': 'Content-Type', 'value': 'image/png'},
                 {'name': 'Content-Length', 'value': '67'}]))
    store = t.path('hark.db')
    same(command('import', '--store', store, path).returncode, 0)
    hark = t.hark('replay', store=store)
    r = hark.get('/i')
    same((r.status, r.body, r.all('content-length'),
          r.get('content-type')), (200, b'\0\1\2', ['3'], 'image/png'))


@case
def D20_a_second_import_appends(t):
    store = t.path('hark.db')
    for text in ('one', 'two'):
        path = har_file(t, minimal('http://api.test/x', {
            'size': 3, 'mimeType': 'text/plain', 'text': text}))
        same(command('import', '--store', store, path).returncode, 0)
    hark = t.hark('replay', store=store)
    same([hark.get('/x').body for _ in range(3)], [b'one', b'two', b'two'])


@case
def D12_a_bad_HAR_is_a_clear_error_and_changes_nothing(t):
    store = t.path('hark.db')
    good = har_file(t, minimal('http://api.test/x', {
        'size': 3, 'mimeType': 'text/plain', 'text': 'one'}))
    same(command('import', '--store', store, good).returncode, 0)
    for text in ('{"log":{}}', '{"log":{"entries":[{"request":', '', '[]',
                 '{"log":{"entries":{}}}',
                 '{"log":{"entries":[{"request":5,"response":{}}]}}'):
        bad = t.path('bad.har')
        bad.write_text(text)
        done = command('import', '--store', store, bad)
        # One bad entry is left out and named, a bad file is refused.
        check(done.returncode in (1, 2) or '/log/entries/0' in done.stderr,
              (text, done))
        check('bad.har' in done.stderr, (text, done.stderr))
        same(len(entries(store)), 1, text)


# --- under load -------------------------------------------------------------

@Shared
def loaded(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for i in range(200):
        same(hark.get(f'/{i}').status, 200)
    hark.stop()
    hark.restart(mode='replay', options=['--cache-size', '64k'])
    return hark


@case
def many_clients_get_the_right_answers_from_a_small_cache(t):
    hark = loaded()
    wrong = []

    def many(who):
        try:
            c = hark.client()
            for i in range(100):
                target = f'/{(who * 37 + i * 11) % 200}'
                r = c.ask('GET', target)
                if r.source != 'replay' or \
                        r.json['start'] != f'GET {target} HTTP/1.1':
                    wrong.append((target, r))
            c.close()
        except (Failed, Ended, OSError) as e:
            wrong.append(e)
    threads = [threading.Thread(target=many, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(wrong, [])


if __name__ == '__main__':
    main()
