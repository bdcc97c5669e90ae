# Goal: long request bodies flow to the upstream, whole and in little memory.

import hashlib
import json
import shutil
import subprocess
import threading
import time

from harness import (BIG, Ended, Shared, Skip, case, certificate, check,
                     grown, main, ms, problem, reply, same, tls_server, until)
from sink import (MIB, PIECE, chunk, curl_T, head, pieces, sha256, sink, swallow,
                  written)
from waits import SANITIZED
from wire import Request

HUGE = (48 if SANITIZED else 200) * MIB


@Shared
def gateway(t):
    origin = t.origin()
    origin.on_connect = sink
    return origin, t.hark('proxy', origin)


def flows(t, size):
    origin, hark = gateway()
    same(hark.get('/').json['size'], 0)
    before = hark.status('VmRSS')
    for method in ('PUT', 'REPORT'):
        c = t.client(hark)
        c.send(head(method, '/', f'Content-Length: {size}'))
        for piece in pieces(size):
            c.send(piece)
        r = c.response()
        same((r.status, r.json['size'], r.json['framing'], r.json['sha256']),
             (200, size, 'length', sha256(size)))
        same(c.ask('GET', '/next').json['start'], 'GET /next HTTP/1.1')
    grown(hark, before, 32)


@case(deadline=60)
def a_huge_body_flows_in_little_memory(t):
    flows(t, HUGE)


@case(deadline=600)
def a_body_of_2_GiB_flows_in_little_memory(t):
    if not BIG:
        raise Skip('HARK_BIG=1 is not set')
    flows(t, (2 << 30) + 5)


@case(deadline=60)
def a_chunked_body_flows_with_its_trailers(t):
    _, hark = gateway()
    c = t.client(hark)
    c.send(head('POST', '/', 'Transfer-Encoding: chunked',
                'Trailer: X-Sum'))
    for piece in pieces(8 * MIB):
        c.send(chunk(piece))
    # Another request comes right behind it.
    c.send(b'0\r\nX-Sum: 7\r\n\r\n', head('GET', '/next'))
    r = c.response().json
    same((r['size'], r['framing'], r['sha256'], r['trailers']),
         (8 * MIB, 'chunked', sha256(8 * MIB), [['X-Sum', '7']]))
    same(c.response().json['start'], 'GET /next HTTP/1.1')


@case(deadline=60)
def many_chunks_in_one_read_flow(t):
    """Room for one of them may come with the next, and all go on."""
    _, hark = gateway()
    small = PIECE[:2000]
    n = (4 if SANITIZED else 16) * MIB // len(small)
    for _ in range(3):
        c = t.client(hark)
        c.send(head('POST', '/', 'Transfer-Encoding: chunked'))
        for at in range(0, n, 1000):
            c.send(chunk(small) * min(1000, n - at))
        c.send(b'0\r\n\r\n')
        r = c.response().json
        same((r['size'], r['sha256']),
             (n * len(small), hashlib.sha256(small * n).hexdigest()))


@case(deadline=60)
def a_body_flows_by_TLS_on_both_sides(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl command')
    cert, key = certificate(t.path(), 'both', 'IP:127.0.0.1')
    origin = t.origin(tls=tls_server(cert, key))
    origin.on_connect = sink
    hark = t.hark('proxy', origin, '--upstream-ca', cert, '--tls-cert', cert,
                  '--tls-key', key)
    size = 16 * MIB
    file = written(t, size)
    for name, framing in ((file, 'length'), ('-', 'chunked')):
        r = curl_T(name, file, f'https://{hark.address}/', '--cacert', cert)
        same((r['framing'], r['size'], r['sha256']),
             (framing, size, sha256(size)))


@case
def what_is_not_longer_than_the_threshold_is_held(t):
    origin = t.origin()
    origin.on_connect = sink
    hark = t.hark('proxy', origin, '--stream-request-body', '64k')
    for lines, data in (
            (['Content-Length: 65536'], PIECE[:65536]),
            (['Transfer-Encoding: chunked'], chunk(PIECE[:65536]))):
        c = t.client(hark)
        c.send(head('POST', '/', *lines), data[:-1])
        same(origin.peers, [])
        c.close()
    for lines, data in (
            (['Content-Length: 65537'], PIECE[:65536]),
            (['Transfer-Encoding: chunked'], chunk(PIECE[:65537]))):
        c = t.client(hark)
        before = len(origin.peers)
        c.send(head('POST', '/', *lines), data)
        until(lambda: len(origin.peers) > before,
              'the upstream has a connection')
        c.close()


@case
def Expect_100_continue_is_answered_before_it_flows(t):
    _, hark = gateway()
    c = t.client(hark)
    size = 3 * MIB
    c.send(head('PUT', '/', f'Content-Length: {size}',
                'Expect: 100-continue'))
    same(c.through(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
    for piece in pieces(size):
        c.send(piece)
    r = c.response()
    same((r.status, r.json['sha256']), (200, sha256(size)))


@case(deadline=60)
def a_slow_upstream_holds_the_client_back(t):
    origin = t.origin()
    go = t.gate('go')

    def slow(peer):
        go.wait()
        sink(peer)
    origin.on_connect = slow
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    size = 64 * MIB
    sent = [0]
    before = hark.status('VmRSS')

    def upload():
        c.send(head('PUT', '/', f'Content-Length: {size}'))
        for piece in pieces(size):
            c.send(piece)
            sent[0] += len(piece)
    sender = threading.Thread(target=upload, daemon=True)
    sender.start()
    seen = [(-1, 0.0)]

    def stands_still():
        now = time.monotonic()
        if sent[0] != seen[0][0]:
            seen[0] = (sent[0], now)
        return sent[0] > 0 and now - seen[0][1] > 0.5
    until(stands_still, 'the client is held back')
    check(sent[0] < 40 * MIB, f'{sent[0]} bytes went ahead of the upstream')
    grown(hark, before, 16)
    go.open()
    r = c.response()
    sender.join()
    same((r.status, r.json['sha256']), (200, sha256(size)))


@case
def an_early_answer_ends_the_upload(t):
    origin = t.origin()

    def early(peer):
        peer.keep_log = False
        peer.through(b'\r\n\r\n')
        peer.send(reply(b'too much', '413 Content Too Large'))
        origin.gone = peer.wait_gone()
        gone.open()
    origin.on_connect = early
    gone = t.gate('end of the upstream connection')
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {1 << 40}'), PIECE)
    r = c.response()
    same((r.status, r.body, r.get('connection')), (413, b'too much', 'close'))
    gone.wait()
    same(hark.no_report(), None)


@case
def an_upstream_that_breaks_off_is_a_502(t):
    origin = t.origin()

    def breaks(peer):
        peer.keep_log = False
        peer.through(b'\r\n\r\n')
        peer.exactly(2 * MIB)
        peer.reset()
    origin.on_connect = breaks
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {8 * MIB}'), PIECE, PIECE,
           PIECE)
    problem(c.response(), 502)
    # One that cannot be reached, too.
    origin.stop()
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {8 * MIB}'), PIECE)
    problem(c.response(), 502)


@case
def a_client_that_breaks_off_leaves_no_whole_request(t):
    for lines, data in (
            ([f'Content-Length: {8 * MIB}'], PIECE),
            (['Transfer-Encoding: chunked'], chunk(PIECE) * 2)):
        for leave in ('close', 'reset', 'half_close'):
            origin = t.origin()
            told = []
            done = t.gate('end of the upstream connection')

            def upstream(peer):
                try:
                    r = Request(peer.through(b'\r\n\r\n'))
                    told.append(r)
                    told.append(swallow(peer, r, hashlib.sha256()))
                except Ended:
                    pass
                finally:
                    done.open()
            origin.on_connect = upstream
            hark = t.hark('proxy', origin)
            c = t.client(hark)
            c.send(head('PUT', '/', *lines), data)
            until(lambda: told, 'the upload flows')
            getattr(c, leave)()
            done.wait()
            same(len(told), 1, 'heads without a body')
            hark.stop()


@case
def a_malformed_chunk_ends_the_upload(t):
    origin = t.origin()
    gone = t.gate('end of the upstream connection')

    def upstream(peer):
        peer.keep_log = False
        peer.through(b'\r\n\r\n')
        peer.wait_gone()
        gone.open()
    origin.on_connect = upstream
    hark = t.hark('proxy', origin)
    c = t.client(hark)
    c.send(head('POST', '/', 'Transfer-Encoding: chunked'), chunk(PIECE),
           chunk(PIECE), b'nonsense\r\n')
    problem(c.response(), 400)
    gone.wait()


@case
def a_client_that_stops_sending_is_a_408(t):
    origin = t.origin()
    origin.on_connect = sink
    hark = t.hark('proxy', origin, '--body-timeout', ms(600))
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {8 * MIB}'), PIECE)
    problem(c.response(), 408)


@case
def a_given_limit_holds_for_what_flows(t):
    origin = t.origin()
    origin.on_connect = sink
    hark = t.hark('proxy', origin, '--max-request-body', '4m')
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {4 * MIB}'))
    for piece in pieces(4 * MIB):
        c.send(piece)
    same(c.response().status, 200)
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {4 * MIB + 1}'))
    problem(c.response(), 413)
    c = t.client(hark)
    c.send(head('PUT', '/', 'Transfer-Encoding: chunked'),
           *[chunk(PIECE)] * 4, b'1\r\nx\r\n')
    problem(c.response(), 413)


def begun(t, hark, origin, *data):
    """A client whose body flows before all of it is there."""
    before = len(origin.peers)
    c = t.client(hark)
    c.send(*data)
    until(lambda: len(origin.peers) > before, 'the upload flows')
    return c


@case(deadline=60)
def what_no_mock_can_be_for_flows(t):
    mocks = t.path('mocks.json')
    mocks.write_text(json.dumps({'cors': False, 'routes': [
        {'method': 'post', 'endpoint': 'mocked/:id', 'responses': [
            {'body': "{{len (body)}}", 'rules': [
                {'target': 'body', 'modifier': 'size', 'value': '3',
                 'operator': 'equals'}],
             'fallbackTo404': False}],
         'responseMode': 'FALLBACK'},
        {'type': 'crud', 'endpoint': 'things', 'responses': [{'body': ''}]},
    ]}))
    origin = t.origin()
    origin.on_connect = sink
    hark = t.hark('proxy', origin, '--mocks', mocks)
    for method, target in (('PUT', '/mocked/1'), ('POST', '/mocked'),
                           ('PROPFIND', '/things'), ('POST', '/')):
        c = begun(t, hark, origin,
                  head(method, target, f'Content-Length: {3 * MIB}'), PIECE)
        c.send(PIECE, PIECE)
        same(c.response().json['sha256'], sha256(3 * MIB))
    for method, target in (('POST', '/mocked/1?a=b'), ('POST', '/MOCKED/7/')):
        c = t.client(hark)
        c.send(head(method, target, f'Content-Length: {3 * MIB}'),
               *pieces(3 * MIB))
        # The route declines, which it could not know of the head.
        same(c.response().json['framing'], 'length')
        c = t.client(hark)
        c.send(head(method, target, f'Content-Length: {65 * MIB}'))
        problem(c.response(), 413)


@case(deadline=60)
def what_is_too_long_for_a_description_flows(t):
    openapi = t.path('api.json')
    openapi.write_text(json.dumps({
        'openapi': '3.1.0', 'info': {'title': 'a', 'version': '1'},
        'paths': {'/a': {'put': {
            'requestBody': {'required': True, 'content': {
                'application/json': {'schema': {'type': 'array'}}}},
            'responses': {'200': {'description': 'ok'}}}}}}))
    origin = t.origin()
    origin.on_connect = sink
    hark = t.hark('proxy', origin, '--openapi', openapi,
                  '--max-contract-body', '2m')
    size = 2 * MIB + 1
    for field, said in (('application/json', 'unchecked=request'),
                        ('text/plain', 'request=wrong-content-type')):
        c = begun(t, hark, origin, head(
            'PUT', '/a', f'Content-Length: {size}',
            f'Content-Type: {field}'), PIECE)
        c.send(PIECE, PIECE[:1])
        r = c.response()
        same(r.json['sha256'], sha256(size))
        check(said in r.get('x-hark-contract'), r.get('x-hark-contract'))
    # What is not is held and looked into.
    c = t.client(hark)
    c.send(head('PUT', '/a', f'Content-Length: {2 * MIB}',
                'Content-Type: application/json'), PIECE, PIECE)
    check('request=wrong-body' in c.response().get('x-hark-contract'), 'kept')


@case(deadline=60)
def curl_T_uploads_a_file_and_a_pipe(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl command')
    _, hark = gateway()
    size = 16 * MIB
    file = written(t, size)
    for name, framing in ((file, 'length'), ('-', 'chunked')):
        r = curl_T(name, file, hark.url + '/put')
        same((r['start'], r['framing'], r['size'], r['sha256']),
             ('PUT /put HTTP/1.1', framing, size, sha256(size)))


if __name__ == '__main__':
    main()
