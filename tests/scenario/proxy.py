# Goal: what passes the gateway arrives as it was sent, both ways.

import gzip
import json
import threading

from harness import (Response, case, check, entries, main, reply, same,
                     until)
from passage import gateway, seen, without_host


# --- requests ----------------------------------------------------------------

@case
def A1_a_request_reaches_the_upstream_unchanged(t):
    origin, hark = gateway()
    r = hark.ask('POST', '/PATH', [('X-Key', 'TRUE')], b'BODY')
    same(r.status, 200)
    r = seen(origin)
    same((r.method, r.target, r.version, r.body),
         ('POST', '/PATH', 'HTTP/1.1', b'BODY'))
    check(('X-Key', 'TRUE') in r.headers, r.headers)


@case
def header_lines_keep_order_case_and_duplicates_to_the_origin(t):
    origin, hark = gateway()
    lines = [('b', '2'), ('A', '1'), ('X-CuStOm', 'x  y'), ('b', '1'),
             ('x-empty', ''), ('B', '3'), ('X-Latin', 'caf\xe9'),
             ('Accept', '*/*')]
    hark.get('/', lines)
    same(without_host(seen(origin)), lines)


@case
def no_header_is_added_that_the_client_did_not_send(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(b'GET /bare HTTP/1.1\r\nHost: example.test\r\n\r\n')
    same(c.response().status, 200)
    r = seen(origin)
    same(without_host(r), [])
    same(r.all('host'), [origin.authority])
    check(len(r.all('connection')) <= 1, r.headers)


@case
def A2_an_error_of_the_upstream_is_passed_on(t):
    origin, hark = gateway()
    origin.routes['/a2'] = reply(b'ERROR', '400 Bad Request')
    r = hark.get('/a2')
    same((r.status, r.reason, r.body), (400, 'Bad Request', b'ERROR'))
    same(r.source, 'upstream')


TARGETS = [
    ('A3 a query is neither sorted nor encoded', '/q?z=1&y=2&x=3'),
    ('A4 a key without = keeps none', '/path?WSDL'),
    ('A4 a key with = keeps it', '/path?WSDL='),
    ('A5 percent-encoding survives',
     '/%26%26The%20Lord%20of%20the%20Rings%26%26'),
    ('A6 a trailing slash stays', '/example/'),
    ('A6 none is added', '/example'),
    ('an encoded slash keeps its case', '/@scope%2fname'),
    ('an encoded slash keeps its upper case', '/@scope%2Fname'),
    ('double slashes stay', '//a//b'),
    ('dot segments stay', '/a/../b/./c'),
    ('encoded dot segments stay', '/a/%2e%2e/b'),
    ('an empty query stays', '/a?'),
    ('a second question mark stays', '/a?b?c'),
    ('an escaped line end stays escaped', '/a%0d%0aX:%20y'),
    ('an escaped NUL stays escaped', '/a%00b'),
    ('parameters stay', '/a;v=1/b;w'),
    ('characters that browsers leave raw stay', '/a|b^c`d{e}"f'),
    ('the root', '/'),
    ('a long one', '/' + 'x' * 4000),
]


@case
def A3_to_A6_target_bytes_are_forwarded_untouched(t):
    origin, hark = gateway()
    c = t.client(hark)
    for what, target in TARGETS:
        c.request('GET', target)
        same(c.response().status, 200, what)
        same(seen(origin).target, target, what)


@case
def A7_repeated_request_header_lines_all_arrive(t):
    origin, hark = gateway()
    hark.get('/', [('Accept', 'text/html'), ('Accept', 'text/*')])
    same(seen(origin).all('accept'), ['text/html', 'text/*'])


@case
def A9_cookie_and_connection_are_not_doubled(t):
    origin, hark = gateway()
    hark.get('/', [('Cookie', 'a=1; b=2'), ('Connection', 'keep-alive')])
    r = seen(origin)
    same(r.all('cookie'), ['a=1; b=2'])
    check(len(r.all('connection')) <= 1, r.headers)


@case
def A10_no_accept_encoding_is_added(t):
    origin, hark = gateway()
    hark.get('/')
    same(seen(origin).all('accept-encoding'), [])


@case
def A11_a_gzip_request_body_stays_as_it_is(t):
    origin, hark = gateway()
    packed = gzip.compress(b'{"dependencies": {}}' * 50)
    hark.ask('POST', '/audit', [('Content-Encoding', 'gzip')], packed)
    r = seen(origin)
    same((r.get('content-encoding'), r.body), ('gzip', packed))


@case
def A12_the_framing_of_a_request_is_exact(t):
    origin, hark = gateway()
    hark.ask('POST', '/length', [], b'four')
    r = seen(origin)
    same((r.framing, r.get('content-length'), r.body), ('length', '4',
                                                        b'four'))
    c = t.client(hark)
    c.send(b'POST /chunked HTTP/1.1\r\nHost: a\r\n'
           b'Transfer-Encoding: chunked\r\n\r\n'
           b'3\r\nabc\r\n1;x="y"\r\nd\r\n0\r\n\r\n')
    same(c.response().status, 200)
    r = seen(origin)  # Message.framing refuses both at once
    check(r.framing in ('length', 'chunked'), r.framing)
    same(r.body, b'abcd')


@case
def an_empty_body_keeps_its_content_length(t):
    origin, hark = gateway()
    hark.ask('POST', '/empty', [], b'')
    same(seen(origin).get('content-length'), '0')
    hark.ask('DELETE', '/none')
    same(seen(origin).framing, 'none')


@case
def A14_any_method_goes_through_with_and_without_a_body(t):
    origin, hark = gateway()
    c = t.client(hark)
    for method in ('GET', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND',
                   'FROB-NICATE', 'M-SEARCH', 'get', 'PUT', "a!#$%&'*+.^_`|~",
                   'X' * 32):
        for body in (b'<a/>' * 10, None):
            # Not every method can be answered on one kept connection.
            c.request(method, '/any', [], body)
            answer = c.response(method)
            same(answer.status, 200, method)
            r = seen(origin)
            same((r.method, r.body), (method, body or b''), method)
            if body is None:
                check(r.get('content-length') in (None, '0'), r.headers)
            if (answer.get('connection') or '').lower() == 'close':
                c.ended()
                c = t.client(hark)


@case
def a_method_with_body_is_followed_by_the_next_request(t):
    origin, hark = gateway()
    for method in ('PURGE', 'QUERY', 'DELETE', 'GET', 'OPTIONS'):
        body = b'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
        c = t.client(hark)
        c.request(method, '/one', [], body)
        r = c.response(method)
        same(r.status, 200)
        if (r.get('connection') or '').lower() != 'close':
            c.request('GET', '/two')
            same(c.response().json['start'], 'GET /two HTTP/1.1')
        check('/smuggled' not in origin.targets(), origin.targets())
        c.close()
        origin.take()


@case
def A16_expect_100_continue_gets_its_interim_answer(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(b'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n'
           b'Expect: 100-continue\r\n\r\n')
    interim = Response(c.through(b'\r\n\r\n'))
    same(interim.status, 100)
    c.send(b'0123456789abcdef')
    same(c.response().status, 200)
    same(seen(origin).body, b'0123456789abcdef')


@case
def A16_expect_100_continue_with_the_body_at_once_works_too(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(b'PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n'
           b'Expect: 100-continue\r\n\r\nabc')
    same(c.response().status, 200)
    same(seen(origin).body, b'abc')


@case
def an_unusual_method_can_expect_100_continue(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(b'REPORT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n'
           b'Expect: 100-continue\r\n\r\n')
    same(Response(c.through(b'\r\n\r\n')).status, 100)
    c.send(b'abc')
    same(c.response().status, 200)
    same(seen(origin).body, b'abc')


@case
def A17_the_upstream_sees_its_own_host(t):
    origin, hark = gateway()
    hark.get('/')
    same(seen(origin).all('host'), [origin.authority])


@case
def A17_host_header_client_keeps_the_clients(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--host-header', 'client')
    c = t.client(hark)
    c.send(b'GET / HTTP/1.1\r\nhost: shop.example:81\r\n\r\n')
    same(c.response().status, 200)
    same(seen(origin).all('host'), ['shop.example:81'])


@case
def hop_by_hop_fields_of_a_request_end_at_the_gateway(t):
    origin, hark = gateway()
    hark.get('/', [
        ('Connection', 'keep-alive, X-Secret-Hop, close-not'),
        ('X-Secret-Hop', '1'), ('Keep-Alive', 'timeout=5'),
        ('Proxy-Connection', 'keep-alive'), ('TE', 'gzip'),
        ('Upgrade', 'h2c'), ('HTTP2-Settings', 'AAA'), ('X-Stay', '1'),
        ('Authorization', 'Basic eDp5')])
    r = seen(origin)
    names = {n.lower() for n, _ in r.headers}
    for name in ('x-secret-hop', 'keep-alive', 'proxy-connection', 'upgrade'):
        check(name not in names, f'{name} was forwarded: {r.headers}')
    check(r.get('te') in (None, 'trailers'), r.headers)
    same((r.get('x-stay'), r.get('authorization')), ('1', 'Basic eDp5'))


@case
def a_connection_option_cannot_unframe_a_request(t):
    origin, hark = gateway()
    hark.ask('POST', '/', [('Connection', 'content-length, host, x')], b'abc')
    r = seen(origin)
    same((r.body, r.all('host')), (b'abc', [origin.authority]))


@case
def trailers_of_a_request_reach_the_origin(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(b'POST /t HTTP/1.1\r\nHost: a\r\nTrailer: X-Sum\r\n'
           b'Transfer-Encoding: chunked\r\n\r\n'
           b'3\r\nabc\r\n0\r\nX-Sum: 900150983cd24fb0\r\nx-two: 2\r\n\r\n')
    same(c.response().status, 200)
    r = seen(origin)
    same((r.body, r.trailers),
         (b'abc', [('X-Sum', '900150983cd24fb0'), ('x-two', '2')]))


@case
def an_absolute_form_target_is_taken_apart(t):
    origin, hark = gateway()
    c = t.client(hark)
    for sent, wanted in ((b'http://example.test/a%2fb?c', '/a%2fb?c'),
                         (b'http://example.test', '/'),
                         (b'http://example.test?x=1', '/?x=1'),
                         (b'HTTP://example.test:80/z', '/z')):
        c.send(b'GET ' + sent + b' HTTP/1.1\r\nHost: example.test\r\n\r\n')
        same(c.response().status, 200, sent)
        r = seen(origin)
        same((r.target, r.all('host')), (wanted, [origin.authority]), sent)


@case
def A23_an_absolute_form_target_does_not_choose_the_address(t):
    origin, hark = gateway()
    for host in (b'169.254.169.254', b'192.0.2.1:8080', b'[2001:db8::1]'):
        c = t.client(hark)
        c.send(b'GET http://' + host + b'/latest HTTP/1.1\r\nHost: ' + host +
               b'\r\n\r\n')
        r = c.response()
        same((r.status, r.source), (421, 'hark'))
        c.close()
    for host in (b'[::1]:9', b'[::1]', b'localhost:1', b'api.test'):
        c = t.client(hark)
        c.send(b'GET http://' + host + b'/near HTTP/1.1\r\nHost: ' + host +
               b'\r\n\r\n')
        same(c.response().source, 'upstream')
        same(seen(origin).target, '/near')
        c.close()


@case
def pipelined_requests_are_answered_in_order(t):
    origin, hark = gateway()
    gate = t.gate('first answer')
    def slow(peer, r):
        gate.wait()
        peer.send(reply(b'slow'))
    origin.routes['/slow'] = slow
    c = t.client(hark)
    c.send(b''.join(b'%s HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi' %
                    line for line in (b'POST /slow', b'GET /2', b'PUT /3')) +
           b'GET /4 HTTP/1.1\r\nHost: a\r\n\r\n')
    origin.wait_for(1)
    gate.open()
    same(c.response().body, b'slow')
    for start in ('GET /2', 'PUT /3', 'GET /4'):
        same(c.response().json['start'], start + ' HTTP/1.1')


@case
def a_request_may_come_byte_by_byte(t):
    origin, hark = gateway()
    c = t.client(hark)
    for byte in (b'POST /slow-typist HTTP/1.1\r\nHost: a\r\n'
                 b'Content-Length: 4\r\n\r\nabcd'):
        c.send(bytes([byte]))
    same(c.response().status, 200)
    r = seen(origin)
    same((r.target, r.body), ('/slow-typist', b'abcd'))


@case
def a_kept_client_connection_keeps_its_upstream_connection(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    for i in range(20):
        same(c.ask('POST' if i % 2 else 'GET', f'/{i}', [],
                   b'x' if i % 2 else None).status, 200)
    same(len(origin.peers), 1, 'connections to the origin')


@case
def a_large_request_body_arrives_whole(t):
    origin, hark = gateway()
    body = bytes(range(256)) * 32768  # 8 MiB
    same(hark.ask('POST', '/large', [], body).status, 200)
    check(seen(origin).body == body, 'the body was changed')


# --- HTTP/1.0 ----------------------------------------------------------------

@case
def a_client_of_HTTP_1_0_needs_no_host_and_gets_no_chunks(t):
    origin, hark = gateway()
    def script(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        peer.chunked(b'hello ', b'old ', b'world')
    origin.routes['/old'] = script
    c = t.client(hark)
    c.send(b'GET /old HTTP/1.0\r\n\r\n')
    r = c.response()
    check(r.framing in ('none', 'length'), r.headers)
    same((r.status, r.body, r.complete), (200, b'hello old world', True))
    if r.framing == 'length':
        c.ended()
    same(seen(origin).all('host'), [origin.authority])


@case
def a_client_of_HTTP_1_0_can_keep_its_connection_or_see_it_end(t):
    origin, hark = gateway()
    origin.routes['/old'] = reply(b'abc')
    c = t.client(hark)
    for _ in range(3):
        c.send(b'GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n'
               b'\r\n')
        r = c.response()
        same((r.status, r.body), (200, b'abc'))
        if (r.get('connection') or '').lower() != 'keep-alive':
            if r.ending is None:
                c.ended()
            return
        same(r.framing, 'length', 'framing on a kept HTTP/1.0 connection')


@case
def an_origin_of_HTTP_1_0_is_understood(t):
    origin, hark = gateway()
    origin.routes['/old'] = lambda p, r: (
        p.send(b'HTTP/1.0 200 Fine\r\nX-A: 1\r\n\r\nuntil the end'),
        p.close())
    r = hark.get('/old')
    same((r.status, r.reason, r.body, r.complete),
         (200, 'Fine', b'until the end', True))


@case
def connection_close_of_a_client_is_honoured(t):
    origin, hark = gateway()
    c = t.client(hark)
    r = c.ask('GET', '/', [('Connection', 'close')])
    same(r.status, 200)
    c.ended()
    c = t.client(hark)
    same(c.ask('GET', '/', [('Connection', 'foo, close')]).status, 200)
    c.ended()


# --- responses ---------------------------------------------------------------

def answer(t, raw, method='GET', headers=()):
    """What a client gets when the origin sends raw and keeps open."""
    origin, hark = gateway()
    origin.routes['/answer'] = raw
    c = t.client(hark)
    r = c.ask(method, '/answer', headers)
    # The connection is still good for the next one.
    if (r.get('connection') or '').lower() != 'close' and r.ending is None:
        same(c.ask('GET', '/next').status, 200, 'the next request')
    origin.routes.pop('/answer')
    return r


@case
def A8_A24_response_header_lines_keep_order_case_and_duplicates(t):
    lines = [('Server', 'x'), ('Set-Cookie', 'a=1, b'), ('X-CuStOm', 'v'),
             ('set-cookie', 'c=2; Path=/'), ('SET-COOKIE', 'd=3'),
             ('Date', 'Sat, 21 Nov 2026 06:00:00 GMT'), ('X-Empty', ''),
             ('x-latin', 'caf\xe9'), ('ETag', '"1"')]
    r = answer(t, reply(b'body', headers=lines))
    same(r.end_to_end, lines + [('Content-Length', '4')])
    same(r.headers[-1][0].lower() if r.headers[-1][0].lower() != 'connection'
         else r.headers[-2][0].lower(), 'x-hark-source')


@case
def no_header_is_added_to_an_answer_but_the_source(t):
    r = answer(t, b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    same(r.end_to_end, [('Content-Length', '2')])
    same(r.all('x-hark-source'), ['upstream'])


@case
def source_header_off_adds_nothing(t):
    origin = t.origin()
    origin.routes['/'] = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
    hark = t.hark('proxy', origin, '--source-header', 'off')
    r = hark.get('/')
    same([h for h in r.headers if h[0].lower() != 'connection'],
         [('Content-Length', '2')])


@case
def the_reason_phrase_is_kept(t):
    for line in ('200 Alright Then', '299 ', '404 N\xe4h', '451 No  Way!'):
        r = answer(t, reply(b'x', line))
        same(f'{r.status} {r.reason}', line)


@case
def a_status_line_without_reason_is_understood(t):
    r = answer(t, b'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi')
    same((r.status, r.reason.strip(), r.body), (200, '', b'hi'))


@case
def A13_HEAD_keeps_the_length_of_the_body_it_has_not(t):
    r = answer(t, b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: 1\r\n\r\n',
               'HEAD')
    same((r.status, r.all('content-length'), r.get('x')), (200, ['4'], '1'))


@case
def HEAD_answered_with_chunked_has_no_body(t):
    r = answer(t, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
               'HEAD')
    same((r.status, r.all('content-length')), (200, []))


@case
def HEAD_without_a_length_gets_none(t):
    r = answer(t, b'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n', 'HEAD')
    same((r.status, r.get('content-length'), r.get('x-a')), (200, None, '1'))


@case
def answers_204_and_304_have_no_body(t):
    r = answer(t, b'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n')
    same((r.status, r.end_to_end), (204, [('X-A', '1')]))
    r = answer(t, b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n'
               b'Content-Length: 10\r\n\r\n',
               headers=[('If-None-Match', '"1"')])
    same((r.status, r.get('etag')), (304, '"1"'))


@case
def an_interim_103_reaches_the_client(t):
    r = answer(t, b'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'
               b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    same((r.status, r.body), (200, b'hi'))
    same([(i.status, i.get('link')) for i in r.interim], [(103, '</a.css>')])


@case
def an_unasked_100_of_the_origin_is_not_the_answer(t):
    r = answer(t, b'HTTP/1.1 100 Continue\r\nX-Odd: 1\r\n\r\n'
               b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    same((r.status, r.body, r.get('x-odd')), (200, b'hi', None))


@case
def a_client_of_HTTP_1_0_gets_no_interim_answer(t):
    origin, hark = gateway()
    origin.routes['/hints'] = (
        b'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    c = t.client(hark)
    c.send(b'GET /hints HTTP/1.0\r\n\r\n')
    r = c.response()
    same((r.status, len(r.interim), r.body), (200, 0, b'hi'))


@case
def a_chunked_answer_stays_whole_and_has_its_trailers(t):
    r = answer(t, b'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n'
               b'Transfer-Encoding: chunked\r\n\r\n'
               b'5\r\nhello\r\n6;ext="a;b"\r\n world\r\n0\r\n'
               b'X-Sum: 1\r\nx-two:  2 \r\n\r\n',
               headers=[('TE', 'trailers'), ('Connection', 'TE')])
    same((r.framing, r.body, r.trailers),
         ('chunked', b'hello world', [('X-Sum', '1'), ('x-two', '2')]))


@case
def an_answer_that_ends_with_its_connection_is_delivered(t):
    origin, hark = gateway()
    origin.routes['/close'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n', b'abc' * 1000),
        p.close())
    r = hark.get('/close')
    same((r.status, r.body, r.complete), (200, b'abc' * 1000, True))


@case
def A15_binary_is_binary_whatever_the_content_type_says(t):
    octets = bytes([0, 1, 2, 3]) + bytes(range(256))
    for kind in ('image/gif', 'audio/mpeg', 'application/octet-stream',
                 'text/plain', 'text/html; charset=utf-8', None):
        lines = [('Content-Type', kind)] if kind else []
        r = answer(t, reply(octets, headers=lines))
        same((r.body, r.get('content-type')), (octets, kind), kind)


@case
def a_gzip_answer_is_passed_as_it_is(t):
    for packed in (gzip.compress(b'hello' * 1000), b'\x1f\x8bbroken'):
        r = answer(t, reply(packed, headers=[('Content-Encoding', 'gzip')]))
        same((r.body, r.get('content-encoding')), (packed, 'gzip'))


@case
def A19_a_redirect_is_passed_and_not_followed(t):
    origin, hark = gateway()
    where = origin.url + '/elsewhere'
    r = answer(t, reply(b'', '301 Moved Permanently', [('Location', where)]))
    same((r.status, r.get('location')), (301, where))
    check('/elsewhere' not in origin.targets(), origin.targets())


@case
def hop_by_hop_fields_of_an_answer_end_at_the_gateway(t):
    r = answer(t, reply(b'x', headers=[
        ('Connection', 'X-Hop, keep-alive'), ('X-Hop', '1'),
        ('Keep-Alive', 'timeout=99'), ('Proxy-Connection', 'keep-alive'),
        ('Upgrade', 'h2c'), ('X-Stay', '1')]))
    names = {n.lower() for n, _ in r.headers}
    check(not names & {'x-hop', 'proxy-connection', 'upgrade'}, r.headers)
    check(r.get('keep-alive') != 'timeout=99', r.headers)
    same(r.get('x-stay'), '1')


@case
def an_origin_that_closes_after_its_answer_is_connected_to_anew(t):
    origin, hark = gateway()
    origin.routes['/bye'] = lambda p, r: (
        p.send(reply(b'bye', headers=[('Connection', 'close')])), p.close())
    c = t.client(hark)
    for _ in range(5):
        r = c.ask('GET', '/bye')
        same((r.status, r.body), (200, b'bye'))


# --- many at once ------------------------------------------------------------

@case(deadline=40)
def A21_concurrent_exchanges_do_not_mix(t):
    origin = t.origin()
    def script(peer, r):
        n = r.target[1:]
        peer.send(reply(f'answer {n} {r.body.decode()}'.encode() * 50,
                        headers=[('X-N', n)]))
    origin.default = script
    hark = t.hark('record', origin)
    wrong = []

    def rounds(who):
        c = hark.client()
        for i in range(25):
            n = (who + i) % 5
            body = f'{who}.{i}'.encode()
            r = c.ask('POST', f'/{n}', [], body)
            if r.get('x-n') != str(n) or \
                    r.body != f'answer {n} {who}.{i}'.encode() * 50:
                wrong.append((who, i, r))
        c.close()

    threads = [threading.Thread(target=rounds, args=(i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(wrong, [])
    hark.stop()
    recorded = entries(hark.store)
    same(len(recorded), 500, 'entries')
    for e in recorded:
        n = e['request']['url'].rpartition('/')[2]
        asked = e['request']['postData']['text']
        check(e['response']['content']['text'] == f'answer {n} {asked}' * 50,
              lambda: json.dumps(e)[:2000])


@case
def a_proxy_records_nothing(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    same(hark.get('/').status, 200)
    hark.stop()
    check(not hark.store.exists() or entries(hark.store) == [],
          'proxy left entries')


@case
def connections_are_not_leaked(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    same(hark.get('/').status, 200)
    before = hark.descriptors()
    for _ in range(50):
        hark.get('/', [('Connection', 'close')])
    until(lambda: hark.descriptors() <= before + 8,
          'client connections are closed')


if __name__ == '__main__':
    main()
