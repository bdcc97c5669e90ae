# Goal: an upstream that speaks HTTP/2 is asked by it, and nobody notices.

import shutil
import socket
import ssl
import subprocess

from frames import Http2, Upstream, needs_h2, speaks_h2
from harness import (PATIENCE, Shared, Skip, case, certificate, check, entries,
                     main, ms, problem, reply, same, tls_server, until)


@Shared
def files(t):
    return certificate(t.folder, 'both', 'IP:127.0.0.1', 'DNS:localhost')


def made(t, mode, *options, **settings):
    """An upstream by HTTP/2 and a plain hark in front of it."""
    needs_h2()
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    upstream = Upstream(t, *files(), **settings)
    hark = t.hark(mode, '--upstream-ca', files()[0], '--workers', '1',
                  *options, url=upstream.url)
    return upstream, hark


@Shared
def gateway(t):
    return made(t, 'proxy')


@case
def a_request_by_HTTP_1_is_asked_by_HTTP_2(t):
    upstream, hark = gateway()
    upstream.routes['/a?b=1'] = lambda r: r.reply(
        b'answer', headers=[('x-a', '1'), ('set-cookie', 'a=1'),
                            ('set-cookie', 'b=2')])
    c = t.client(hark)
    r = c.ask('POST', '/a?b=1', [('X-Upper', 'U'),
                                 ('Connection', 'x-hop'), ('X-Hop', '1')],
              b'body')
    same((r.status, r.body, r.get('x-a')), (200, b'answer', '1'))
    same(r.all('set-cookie'), ['a=1', 'b=2'])
    asked = upstream.asked[-1]
    same(asked.pseudo, {
        ':method': 'POST', ':scheme': 'https', ':path': '/a?b=1',
        ':authority': upstream.url[8:]})
    same(asked.body, b'body')
    got = dict(asked.headers)
    same((got.get('x-upper'), got.get('content-length')), ('U', '4'))
    for name in ('connection', 'x-hop', 'host', 'transfer-encoding'):
        check(name not in got, got)


@case
def bodies_trailers_and_interim_answers_pass(t):
    upstream, hark = gateway()

    def answer(r):
        r.head(103, [('link', '</a>')])
        r.head(200)
        r.peer.send(r.number, r.body, [('x-sum', '7')])
    upstream.routes['/up'] = answer
    upstream.routes['/none'] = lambda r: r.head(204, end=True)
    upstream.routes['/empty'] = lambda r: r.head(200, end=True)
    c = t.client(hark)
    interim = []
    body = b'0123456789' * 3000
    c.send(b'POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n'
           b'\r\n%x\r\n%s\r\n0\r\nX-In: 8\r\n\r\n' % (len(body), body))
    r = c.head(interim)
    same([i.status for i in interim], [103])
    c.body(r, r.framing)
    check(r.body == body, 'the body differs')
    same(dict(upstream.asked[-1].trailers), {'x-in': '8'})
    check(b'x-sum: 7\r\n' in bytes(c.log), 'no trailer')
    same(c.ask('GET', '/none').status, 204)
    same(c.ask('GET', '/empty').body, b'')
    same(c.ask('HEAD', '/empty').status, 200)


@case
def long_bodies_flow_both_ways(t):
    upstream, hark = gateway()
    body = bytes(range(256)) * 8192
    upstream.routes['/big'] = lambda r: r.reply(body)
    upstream.routes['/up'] = lambda r: r.reply(b'%d' % len(r.body))
    c = t.client(hark)
    check(c.ask('GET', '/big').body == body, 'the answer differs')
    same(c.ask('PUT', '/up', [], body).body, b'%d' % len(body))
    check(upstream.asked[-1].body == body, 'the request differs')


@case
def calls_share_a_connection_as_far_as_the_upstream_has_them(t):
    upstream, hark = made(t, 'proxy', max_concurrent_streams=4)
    held = []
    upstream.routes['/held'] = held.append
    same(t.client(hark).ask('GET', '/first').status, 200)
    clients = [t.client(hark) for _ in range(6)]
    for c in clients[:4]:
        c.request('GET', '/held')
    upstream.wait_for(5)
    same(len(upstream.peers), 1)
    for c in clients[4:]:
        c.request('GET', '/held')
    until(lambda: len(held) == 6, 'all are asked')
    check(len(upstream.peers) > 1, 'five at once')
    for i, r in enumerate(held):
        r.reply_later(b'%d' % i)
    same(sorted(c.response().body for c in clients),
         [b'%d' % i for i in range(6)])


@case
def first_calls_wait_for_a_connection_that_they_can_share(t):
    upstream, hark = made(t, 'proxy')
    gate = t.gate('all have asked')
    wrapped, secure = upstream.context, ssl.SSLContext.wrap_socket

    class Slow:
        def wrap_socket(self, sock, **how):
            gate.wait()
            return secure(wrapped, sock, **how)
    upstream.context = Slow()
    clients = [t.client(hark) for _ in range(20)]
    for i, c in enumerate(clients):
        c.request('GET', f'/{i}')
    # One that leaves while it waits is none of the others' business.
    clients.pop().close()
    gate.open()
    for i, c in enumerate(clients):
        same(c.response().body, b'GET /%d' % i)
    same((len(upstream.peers), upstream.accepted), (1, 1))


@case
def first_calls_take_their_own_where_they_cannot_share_one(t):
    cert, key = files()
    needs_h2()
    origin = t.origin(tls=tls_server(cert, key))
    gate = t.gate('all are asked at once')
    origin.default = lambda p, r: (gate.wait(), p.send(reply(b'one')))
    hark = t.hark('proxy', '--upstream-ca', cert, '--workers', '1',
                  url=origin.url)
    clients = [t.client(hark) for _ in range(5)]
    for c in clients:
        c.request('GET', '/')
    origin.wait_for(5)
    gate.open()
    same([c.response().body for c in clients], [b'one'] * 5)
    # Nor do they wait for one that says nothing, or is not there.
    with socket.create_server(('127.0.0.1', 0)) as silent:
        hark = t.hark('proxy', '--workers', '1', '--connect-timeout', ms(1000),
                      url=f'https://127.0.0.1:{silent.getsockname()[1]}')
        clients = [t.client(hark) for _ in range(3)]
        for c in clients:
            c.request('GET', '/')
        for _ in clients:
            silent.settimeout(PATIENCE)
            t.ends.callback(silent.accept()[0].close)
        for c in clients:
            problem(c.response(), 504, 'tls')
    for c in [t.client(hark) for _ in range(3)]:
        problem(c.ask('GET', '/'), 502, 'connect')


@case
def what_the_upstream_has_not_looked_at_is_asked_again(t):
    upstream, hark = made(t, 'proxy')
    tries = []

    def refuse(r):
        tries.append(r)
        r.reset(7) if len(tries) == 1 else r.reply(b'taken')
    upstream.routes['/refused'] = refuse

    def leave(r):
        tries.append(r)
        if len(tries) == 1:
            r.peer.h2.close_connection(0, last_stream_id=r.number - 2)
        else:
            r.reply(b'taken')
    upstream.routes['/left'] = leave
    c = t.client(hark)
    for target in ('/refused', '/left'):
        c.ask('GET', '/first')
        tries.clear()
        r = c.ask('POST', target, [], b'x')
        same((r.status, r.body, len(tries)), (200, b'taken', 2), target)
    upstream.routes['/refused'] = lambda r: r.reset(7)
    problem(c.ask('POST', '/refused', [], b'x'), 502,
            'first-byte')


@case
def what_it_may_have_done_is_not_asked_again(t):
    upstream, hark = made(t, 'proxy')
    upstream.routes['/reset'] = lambda r: r.reset(2)
    upstream.routes['/gone'] = lambda r: r.peer.close()
    c = t.client(hark)
    for target in ('/reset', '/gone'):
        c.ask('GET', '/first')
        before = len(upstream.asked)
        problem(c.ask('POST', target, [], b'x'), 502,
                'first-byte')
        same(len(upstream.asked) - before, 1, target)
        # A GET is asked once more.
        c.ask('GET', '/first')
        before = len(upstream.asked)
        problem(c.ask('GET', target), 502, 'first-byte')
        same(len(upstream.asked) - before, 2, target)


@case
def an_answer_that_is_cut_or_malformed_is_told(t):
    upstream, hark = gateway()

    def cut(r):
        r.head(200, [('content-length', '9')])
        r.peer.h2.send_data(r.number, b'half')
        r.reset(2)
    upstream.routes['/cut'] = cut
    upstream.routes['/bad'] = lambda r: r.head(200, [('Bad', '1')])
    upstream.routes['/hop'] = lambda r: r.head(
        200, [('connection', 'close')], end=True)
    upstream.routes['/long'] = lambda r: r.head(
        200, [(f'x-{i}', 'v' * 4000) for i in range(20)], end=True)
    upstream.routes['/late'] = lambda r: r.head(
        200, [('x', '1'), (':status', '200')], end=True)
    for target in ('/bad', '/hop', '/long', '/late'):
        problem(t.client(hark).ask('GET', target), 502, 'head')
    c = t.client(hark)
    c.request('GET', '/cut')
    r = c.head()
    c.body(r, r.framing)
    same((r.status, r.body, r.complete), (200, b'half', False))
    same(t.client(hark).ask('GET', '/fine').status, 200)


@case
def a_client_that_leaves_ends_its_stream_alone(t):
    upstream, hark = gateway()
    upstream.routes['/held'] = lambda r: None
    upstream.wait_for(0)
    c, other = t.client(hark), t.client(hark)
    other.ask('GET', '/first')
    before = len(upstream.asked)
    c.request('GET', '/held')
    upstream.wait_for(before + 1)
    held = upstream.asked[-1]
    c.close()
    until(lambda: hasattr(held, 'gone'), 'the stream is reset')
    same(held.gone, 8)  # CANCEL
    same(other.ask('GET', '/fine').status, 200)


@case
def a_client_that_does_not_read_stops_its_stream_alone(t):
    upstream, hark = gateway()
    body = b'x' * (64 << 20)
    upstream.routes['/endless'] = lambda r: r.reply(body)
    c = t.client(hark, receive_buffer=4096)
    c.request('GET', '/endless')
    same(c.head().status, 200)
    other = t.client(hark)
    for _ in range(20):
        same(other.ask('GET', '/fine').status, 200)
    left = [len(w[0]) for p in upstream.peers for w in p.waiting.values()]
    check(left and left[0] > len(body) // 2, left)


@case
def an_upstream_that_does_not_take_a_body_stops_it(t):
    upstream, hark = gateway()

    def stop(r):
        r.peer.reads = False
    upstream.early['/up'] = stop
    upstream.routes['/up'] = lambda r: r.reply(b'never')
    body = b'x' * (8 << 20)
    c = t.client(hark)
    c.send(b'PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n'
           % len(body))
    c.sock.settimeout(1)
    try:
        c.send(body)
    except OSError:
        pass
    else:
        check(False, 'all of it was taken')


@case
def a_body_that_is_answered_early_is_not_sent_on(t):
    upstream, hark = gateway()
    upstream.early['/early'] = lambda r: r.reply(b'no', 413)
    c = t.client(hark)
    c.send(b'PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n'
           b'\r\n' + b'x' * 100000)
    r = c.response('PUT')
    same((r.status, r.body), (413, b'no'))


@case
def what_is_recorded_says_the_version(t):
    upstream, hark = made(t, 'record')
    upstream.routes['/a'] = lambda r: r.reply(
        b'{"a":1}', headers=[('content-type', 'application/json')])
    c = t.client(hark)
    same(c.ask('GET', '/a').status, 200)
    hark.stop()
    entry, = entries(hark.store)
    same((entry['request']['httpVersion'], entry['response']['httpVersion'],
          entry['response']['statusText']), ('HTTP/2', 'HTTP/2', 'OK'))
    check(entry['timings']['ssl'] >= 0 and entry['serverIPAddress'], entry)
    upstream.stop()
    hark.restart(mode='replay')
    r = t.client(hark).ask('GET', '/a')
    same((r.source, r.body), ('replay', b'{"a":1}'))


@case
def both_sides_may_speak_it(t):
    needs_h2()
    cert, key = files()
    upstream, hark = made(t, 'proxy', '--tls-cert', cert, '--tls-key', key)

    def answer(r):
        r.head(200)
        r.peer.send(r.number, r.body, [('x-sum', '7')])
    upstream.routes['/echo'] = answer
    c = Http2(t.client(hark).sock, cert)
    t.ends.callback(c.close)
    body = b'0123456789' * 100000
    numbers = [c.begin('POST', '/echo', end=False) for _ in range(3)]
    for number in numbers:
        c.send(number, body)
    for number in numbers:
        a = c.answer(number)
        check(a.body == body, 'the bodies differ')
        same(a.trailers, [('x-sum', '7')])


def both(t, mode, *options):
    cert, key = files()
    return made(t, mode, '--tls-cert', cert, '--tls-key', key, *options)


def by_http2(t, hark):
    c = Http2(t.client(hark).sock, files()[0])
    t.ends.callback(c.close)
    return c


@case
def trailers_behind_a_length_pass_and_are_recorded(t):
    upstream, hark = both(t, 'record', '--stream-request-body', '64k')
    long = b'0123456789' * 30000
    for body in (b'body', long):
        c = by_http2(t, hark)
        n = c.begin('POST', '/up', [('content-length', str(len(body))),
                                    ('te', 'trailers')], end=False)
        c.send(n, body, end=False)
        c.trail(n, [('x-sum', '7')])
        same(c.answer(n).status, 200)
        asked = upstream.asked[-1]
        check(asked.body == body, 'the body differs')
        same(asked.trailers, [('x-sum', '7')])
        same((asked.get('te'), asked.get('content-length')),
             ('trailers', str(len(body))))
        # Without any, and the end said by a frame of its own.
        n = c.begin('POST', '/up', [('content-length', str(len(body)))],
                    end=False)
        c.send(n, body, end=False)
        c.send(n, b'')
        same(c.answer(n).status, 200)
        check(upstream.asked[-1].body == body, 'the body differs')
        same((upstream.asked[-1].trailers, upstream.asked[-1].get('te')),
             ([], None))
    c = by_http2(t, hark)
    n = c.begin('POST', '/bad', [('content-length', '4')], end=False)
    c.send(n, b'body', end=False)
    c.trail(n, [('x sum', '7')])
    same(c.answer(n).status, 400)


@case
def answers_with_a_length_have_trailers_recorded_or_not(t):
    upstream, hark = both(t, 'record')
    trailers = [('x-sum', '7')]
    bodies = {'/none': b'', '/some': b'body', '/long': b'0123456789' * 200000}
    held = []

    def answer(r):
        body = bodies[r.path]
        r.head(200, [('content-length', str(len(body)))])
        r.peer.send(r.number, body, trailers)
    for path in bodies:
        upstream.routes[path] = answer

    def slow(r):
        r.head(200, [('content-length', '4')])
        r.peer.h2.send_data(r.number, b'slow')
        held.append(r)
    upstream.routes['/slow'] = slow
    upstream.routes['/cut'] = lambda r: (
        r.head(200, [('content-length', '0')]), r.reset(2))
    upstream.routes['/bare'] = lambda r: r.head(
        200, [('content-length', '0')], end=True)

    def asked():
        c = by_http2(t, hark)
        got = [c.ask('GET', path) for path in bodies]
        for a, body in zip(got, bodies.values()):
            same((a.status, a.trailers, a.ended), (200, trailers, True))
            same(a.get('content-length'), str(len(body)))
            check(a.body == body, 'the body differs')
        bare = c.ask('GET', '/bare')
        same((bare.trailers, bare.ended), ([], True))
        return {a.source for a in got}
    same(asked(), {'upstream'})
    c = by_http2(t, hark)
    number = c.begin('GET', '/slow')
    slow = c.answers[number]
    c.until(lambda: slow.body == b'slow')
    held[0].peer.later(lambda: held[0].peer.h2.send_headers(
        held[0].number, trailers, end_stream=True))
    c.answer(number)
    same((slow.trailers, slow.ended), (trailers, True))
    check(c.ask('GET', '/cut').reset is not None, 'no answer that was whole')
    hark.stop()
    upstream.stop()
    hark.restart(mode='replay')
    same(asked(), {'replay'})
    # HTTP/1.1 has no place for them.
    upstream, hark = gateway()
    upstream.routes['/some'] = answer
    same(t.client(hark).ask('GET', '/some').body, b'body')


@case
def Via_says_by_which_version_a_message_came(t):
    upstream, hark = both(t, 'proxy', '--via')
    same(by_http2(t, hark).ask('GET', '/').get('via'), '2.0 hark')
    same(upstream.asked[-1].get('via'), '2.0 hark')
    origin = t.origin()
    cert, key = files()
    hark = t.hark('proxy', origin, '--via', '--tls-cert', cert, '--tls-key',
                  key)
    same(by_http2(t, hark).ask('GET', '/').get('via'), '1.1 hark')
    same(origin.requests[-1].all('via'), ['2.0 hark'])
    upstream, hark = made(t, 'proxy', '--via')
    same(hark.get('/').get('via'), '2.0 hark')
    same(upstream.asked[-1].get('via'), '1.1 hark')


@case
def an_exchange_like_that_of_gRPC_is_the_same_both_times(t):
    upstream, hark = both(t, 'record')
    message = b'\0\0\0\0\x05' + bytes(range(251, 256))
    kind = ('content-type', 'application/grpc')

    def say(r):
        r.head(200, [kind])
        r.peer.send(r.number, message * 3, [('grpc-status', '0'),
                                            ('grpc-message', 'fine')])
    upstream.routes['/api.Greeter/Say'] = say
    upstream.routes['/api.Greeter/None'] = lambda r: r.head(
        200, [kind, ('grpc-status', '12')], end=True)

    def asked():
        c = by_http2(t, hark)
        headers = [kind, ('te', 'trailers')]
        a = c.ask('POST', '/api.Greeter/Say', headers, message)
        same((a.status, a.body, a.get('content-type'), a.trailers, a.ended),
             (200, message * 3, 'application/grpc',
              [('grpc-status', '0'), ('grpc-message', 'fine')], True))
        # What has no message has its status in its only section.
        b = c.ask('POST', '/api.Greeter/None', headers, message)
        same((b.status, b.get('grpc-status'), b.trailers, b.bare),
             (200, '12', [], True))
        same(a.source, b.source)
        return a.source
    same(asked(), 'upstream')
    for r in upstream.asked:
        same((r.get('te'), r.body), ('trailers', message))
    hark.stop()
    upstream.stop()
    for entry in entries(hark.store):
        names = {h['name'].lower() for h in entry['request']['headers']}
        check('te' in names and 'transfer-encoding' not in names, names)
    hark.restart(mode='replay')
    same(asked(), 'replay')


@case
def one_that_wants_HTTP_1_gets_it(t):
    cert, key = files()
    needs_h2()
    origin = t.origin(tls=tls_server(cert, key))
    hark = t.hark('proxy', '--upstream-ca', cert, url=origin.url)
    same(t.client(hark).ask('GET', '/').status, 200)
    same(origin.requests[0].start, 'GET / HTTP/1.1')
    upstream, hark = made(t, 'proxy', '--http2', 'off')
    same(t.client(hark).ask('GET', '/').body, b'h1')
    same(upstream.peers, [])


@case
def one_that_says_that_it_wants_HTTP_1_is_asked_again(t):
    upstream, hark = made(t, 'proxy')
    upstream.routes['/old'] = lambda r: r.reset(13)  # HTTP_1_1_REQUIRED
    c = t.client(hark)
    same(c.ask('GET', '/first').status, 200)
    same(c.ask('POST', '/old', [], b'x').body, b'h1')
    same(len(upstream.asked), 2)


@case
def nginx_is_asked_by_it(t):
    nginx = shutil.which('nginx') or '/usr/sbin/nginx'
    version = subprocess.run([nginx, '-V'], capture_output=True, text=True) \
        if shutil.which(nginx) else None
    if not version or 'http_v2_module' not in version.stderr:
        raise Skip('there is no nginx with HTTP/2')
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    cert, key = files()
    folder = t.path('nginx')
    folder.mkdir()
    body = bytes(range(256)) * 4000
    (folder / 'big').write_bytes(body)
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    temp = ''.join(f'{n}_temp_path {folder}/{n};' for n in (
        'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    (folder / 'conf').write_text(
        f'daemon off; master_process off; pid {folder}/pid;'
        f'error_log {folder}/log; events {{}} http {{ {temp} access_log off;'
        f'server {{ listen 127.0.0.1:{port} ssl http2; root {folder};'
        f'ssl_certificate {cert}; ssl_certificate_key {key};'
        'location = /v { return 200 "$server_protocol $request_method"; }'
        '} }')
    server = subprocess.Popen([nginx, '-c', folder / 'conf'],
                              stderr=subprocess.DEVNULL)
    t.ends.callback(server.wait)
    t.ends.callback(server.kill)
    hark = t.hark('proxy', '--upstream-ca', cert,
                  url=f'https://127.0.0.1:{port}')
    c = t.client(hark)
    until(lambda: c.ask('GET', '/v').status == 200, 'nginx is there')
    same(c.ask('GET', '/v').body, b'HTTP/2.0 GET')
    for _ in range(3):
        check(c.ask('GET', '/big').body == body, 'the bodies differ')


main()
