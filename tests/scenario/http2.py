# Goal: HTTP/2 where TLS agrees on it is one more way to say the same.

import contextlib
import json
import shutil
import signal
import socket
import ssl
import struct
import subprocess

from frames import Http2, needs_h2, speaks_h2
from harness import (PATIENCE, SCALE, Shared, Skip, case, certificate, check,
                     entries, main, ms, reply, same, until)

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'


@Shared
def files(t):
    return certificate(t.folder, 'gateway', 'IP:127.0.0.1', 'DNS:localhost')


def built():
    """Skips where hark was built without nghttp2."""
    needs_h2()
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')


def secure(t, mode, *options, **how):
    built()
    cert, key = files()
    return t.hark(mode, *options, '--tls-cert', cert, '--tls-key', key, **how)


@Shared
def gateway(t):
    origin = t.origin()
    return origin, secure(t, 'proxy', origin)


def opened(t, hark, **how):
    c = Http2(t.client(hark).sock, files()[0], **how)
    t.ends.callback(c.close)
    return c


def curl(hark, target, *options):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    return subprocess.run(
        ['curl', '-sS', '--cacert', files()[0], '--max-time', '20',
         '-w', '\n%{http_version} %{http_code}', *map(str, options),
         f'https://{hark.address}{target}'], capture_output=True, timeout=60)


# --- one request -------------------------------------------------------------

@case
def a_request_by_HTTP_2_reaches_an_upstream_by_HTTP_1(t):
    origin, hark = gateway()
    c = opened(t, hark)
    a = c.ask('POST', '/echo?a=1', [('x-a', '1'), ('cookie', 'a=1'),
                                    ('cookie', 'b=2'), ('te', 'trailers'),
                                    ('content-length', '5')], b'hello')
    same((a.status, a.source), (200, 'upstream'))
    told = json.loads(a.body)
    same(told['start'], 'POST /echo?a=1 HTTP/1.1')
    same(told['body'], 'hello')
    fields = {n.lower(): v for n, v in told['headers']}
    same(fields['host'], origin.authority)
    same((fields['x-a'], fields['cookie'], fields['content-length']),
         ('1', 'a=1; b=2', '5'))
    check('te' not in fields, fields)
    same([n for n, _ in a.headers if n != n.lower()], [])
    for name in ('connection', 'transfer-encoding', 'keep-alive'):
        same(a.get(name), None, name)


@case
def curl_agrees_on_it_and_can_be_told_not_to(t):
    _, hark = gateway()
    for options, version in (((), b'2'), (('--http1.1',), b'1.1')):
        done = curl(hark, '/a', *options)
        same(done.stdout.rsplit(b'\n', 1)[1], version + b' 200', done.stderr)
    off = secure(t, 'proxy', gateway()[0], '--http2', 'off')
    same(curl(off, '/a').stdout.rsplit(b'\n', 1)[1], b'1.1 200')


@case
def many_requests_share_a_connection_and_end_in_their_own_order(t):
    origin, hark = gateway()
    gate = t.gate('others are answered')
    origin.routes['/slow'] = lambda p, r: (gate.wait(), p.send(reply(b'slow')))
    c = opened(t, hark)
    slow = c.begin('GET', '/slow')
    origin.wait_for(1)
    quick = [c.begin('GET', f'/{i}') for i in range(50)]
    for number in quick:
        same(c.answer(number).status, 200)
    same(c.answers[slow].status, None)
    gate.open()
    same(c.answer(slow).body, b'slow')


@case
def h2load_gets_all_its_answers(t):
    _, hark = gateway()
    if not shutil.which('h2load'):
        raise Skip('there is no h2load')
    done = subprocess.run(
        ['h2load', '-n', '1000', '-c', '4', '-m', '32',
         f'https://{hark.address}/a'], capture_output=True, text=True,
        timeout=60)
    check(', 1000 succeeded, 0 failed' in done.stdout, done.stdout)


@case
def heads_without_bodies_interim_answers_and_trailers_pass(t):
    origin, hark = gateway()
    origin.routes['/hints'] = \
        b'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n' + reply(b'x')
    origin.routes['/trailers'] = \
        CHUNKED + b'2\r\nhi\r\n0\r\nX-Sum: 7\r\nConnection: no\r\n\r\n'
    origin.routes['/none'] = b'HTTP/1.1 204 No Content\r\n\r\n'
    c = opened(t, hark)
    a = c.ask('GET', '/hints')
    same(a.interim, [{':status': '103', 'link': '</a.css>'}])
    same((a.status, a.body), (200, b'x'))
    a = c.ask('GET', '/trailers')
    same((a.body, a.trailers), (b'hi', [('x-sum', '7')]))
    same(c.ask('GET', '/none').status, 204)
    a = c.ask('HEAD', '/a')
    same((a.status, a.body, a.get('content-length')), (200, b'', '0'))


@case
def a_request_may_have_trailers_and_wait_for_100(t):
    origin, hark = gateway()
    seen = []
    origin.routes['/t'] = lambda p, r: (seen.append(r), p.send(reply(b'ok')))
    c = opened(t, hark)
    n = c.begin('POST', '/t', [('expect', '100-continue')], end=False)
    c.until(lambda: c.answers[n].interim)
    same(c.answers[n].interim, [{':status': '100'}])
    c.send(n, b'body', end=False)
    c.trail(n, [('x-sum', '9')])
    same(c.answer(n).body, b'ok')
    same(seen[0].body, b'body')
    check(b'x-sum: 9\r\n' in origin.received, 'the trailer is not there')


@case
def bodies_are_the_same_in_both_directions(t):
    origin, hark = gateway()
    body = bytes(range(256)) * 4096
    origin.routes['/big'] = reply(body * 4)
    seen = []
    origin.routes['/up'] = lambda p, r: (seen.append(r.body),
                                         p.send(reply(b'')))
    c = opened(t, hark)
    check(c.ask('GET', '/big').body == body * 4, 'the answer differs')
    # Longer than --stream-request-body: with and without a length.
    for headers in ([], [('content-length', str(len(body) * 2))]):
        same(c.ask('PUT', '/up', headers, body * 2).status, 200)
        check(seen.pop() == body * 2, 'the request differs')


@case
def events_arrive_one_by_one(t):
    origin, hark = gateway()
    gates = t.gates(3, 'event at the client')
    events = [b'data: %d\n\n' % i for i in range(3)]

    def script(peer, r):
        peer.send(CHUNKED)
        for event, gate in zip(events, gates):
            peer.chunked(event, last=False)
            gate.wait()
        peer.send(b'0\r\n\r\n')
    origin.routes['/events'] = script
    c = opened(t, hark)
    n = c.begin('GET', '/events')
    for i, gate in enumerate(gates):
        c.until(lambda: c.answers[n].body == b''.join(events[:i + 1]))
        gate.open()
    same(c.answer(n).ended, True)


# --- the same recordings -----------------------------------------------------

@case
def what_is_recorded_by_one_version_is_replayed_to_the_other(t):
    origin = t.origin()
    hark = secure(t, 'record', origin)
    headers = [('accept', 'application/json'), ('cookie', 'a=1'),
               ('cookie', 'b=2')]
    by2 = opened(t, hark).ask('GET', '/by2?x=1', headers).body
    same(opened(t, hark).ask('POST', '/post', [], b'{"a":1}').status, 200)
    done = curl(hark, '/by1?x=1', '--http1.1', '-H',
                'accept: application/json', '-b', 'a=1; b=2')
    by1 = done.stdout.rsplit(b'\n', 1)[0]
    hark.stop()
    origin.stop()
    hark.restart(mode='replay')
    c = opened(t, hark)
    a = c.ask('GET', '/by1?x=1', headers)
    same((a.source, a.body), ('replay', by1))
    a = c.ask('POST', '/post', [], b'{"a":1}')
    same((a.source, a.status), ('replay', 200))
    done = curl(hark, '/by2?x=1', '--http1.1', '-H',
                'accept: application/json', '-b', 'a=1; b=2')
    same(done.stdout.rsplit(b'\n', 1), [by2, b'1.1 200'])
    a = c.ask('GET', '/nothing')
    same((a.source, a.get('content-type')),
         ('miss', 'application/problem+json'))
    kept = [n for e in entries(hark.store) for n, _ in (
        (h['name'].lower(), 0) for h in e['request']['headers'])]
    check(not any(n.startswith(':') for n in kept), kept)


# --- what is refused ---------------------------------------------------------

PSEUDO = [(':method', 'GET'), (':scheme', 'https'), (':authority', 'api.test'),
          (':path', '/')]


@case
def what_is_no_request_is_refused_and_the_connection_goes_on(t):
    origin, hark = gateway()
    c = opened(t, hark)
    for what, pseudo, headers, status in (
            ('a name with capitals', PSEUDO, [('X-Upper', '1')], None),
            ('a name that is no token', PSEUDO, [('x y', '1')], 400),
            ('a line feed', PSEUDO, [('x-a', 'a\r\nhost: b')], 400),
            ('a NUL', PSEUDO, [('x-a', 'a\0b')], 400),
            ('two hosts', PSEUDO, [('host', 'other.test')], 400),
            ('a path with a space', [*PSEUDO[:3], (':path', '/ HTTP/1.1')],
             [], None),
            ('a path with a line feed', [*PSEUDO[:3], (':path', '/\r\nx: y')],
             [], None),
            ('no valid host', [*PSEUDO[:2], (':authority', 'a b'),
                               PSEUDO[3]], [], None),
            ('a scheme of its own', [PSEUDO[0], (':scheme', 'ftp'),
                                     *PSEUDO[2:]], [], 400),
            ('fields that are too long', PSEUDO,
             [(f'x-{i}', 'v' * 4000) for i in range(20)], 431),
            ('connection', PSEUDO, [('connection', 'close')], None),
            ('upgrade', PSEUDO, [('upgrade', 'websocket')], None),
            ('a coding', PSEUDO, [('transfer-encoding', 'chunked')], None),
            ('te', PSEUDO, [('te', 'gzip')], None),
            ('no method', PSEUDO[1:], [], None),
            ('two paths', [*PSEUDO, PSEUDO[3]], [], None),
            ('an unknown one', [*PSEUDO, (':x', '1')], [], None),
            ('a late one', PSEUDO[:3], [('x', '1'), PSEUDO[3]], None),
            ('two lengths', PSEUDO, [('content-length', '1'),
                                     ('content-length', '2')], None)):
        a = c.ask('', '', headers, pseudo=pseudo)
        # Where nothing can be answered the stream is reset.
        same(a.status, status, what)
        check(status or a.reset is not None, what)
    same(c.ask('GET', '/fine').status, 200)
    same(origin.targets(), ['/fine'])


@case
def a_length_that_disagrees_is_no_request(t):
    origin, hark = gateway()
    c = opened(t, hark)
    n = c.begin('POST', '/a', [('content-length', '3')], end=False)
    c.send(n, b'four')
    check(c.answer(n).reset is not None, 'it was not reset')
    n = c.begin('POST', '/a', [('content-length', '5')], end=False)
    c.send(n, b'four')
    check(c.answer(n).reset is not None, 'it was not reset')
    same(c.ask('GET', '/fine').status, 200)
    same(origin.targets(), ['/fine'])


@case
def a_tunnel_has_to_be_asked_for_by_HTTP_1(t):
    _, hark = gateway()
    c = opened(t, hark)
    a = c.ask('', '', pseudo=[(':method', 'CONNECT'),
                              (':authority', 'api.test:443')])
    same(a.reset, 0xd)  # HTTP_1_1_REQUIRED
    same(c.ask('GET', '/fine').status, 200)


@case
def a_body_over_the_limit_is_refused(t):
    origin = t.origin()
    hark = secure(t, 'record', origin, '--max-request-body', '64k')
    c = opened(t, hark)
    n = c.begin('POST', '/a', end=False)
    try:
        c.send(n, b'x' * 200_000)
    except Exception:  # the stream is closed under it
        pass
    same(c.answer(n).status, 413)
    same(c.ask('GET', '/fine').status, 200)
    same(c.ask('POST', '/a', [('content-length', '99999')], b'')
         .status, 413)


# Without the tables of HPACK: GET https://api.test/
HEAD = bytes.fromhex('828784') + b'\x01\x08api.test'
PATH = bytes.fromhex('8287') + b'\x01\x08api.test\x04'
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = \
    0, 1, 2, 3, 4, 6, 7, 9


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + \
        struct.pack('>BBI', kind, flags, stream) + payload


def farewell(sock):
    """Reads to the connection's end; the code of its last GOAWAY."""
    data = b''
    with contextlib.suppress(OSError):
        while piece := sock.recv(65536):
            data += piece
    code = None
    while len(data) >= 9:
        n = int.from_bytes(data[:3], 'big')
        if data[3] == GOAWAY:
            code = int.from_bytes(data[13:17], 'big')
        data = data[9 + n:]
    return code


@case
def floods_of_frames_that_only_cost_end_the_connection(t):
    _, hark = gateway()
    floods = {
        'pings': lambda i: frame(PING, 0, 0, bytes(8)),
        'settings': lambda i: frame(SETTINGS, 0, 0, b'\0\4\0\1\0\0'),
        'priorities': lambda i: frame(PRIORITY, 0, 2 * i + 1, bytes(5)),
        'resets': lambda i: frame(HEADERS, 5, 2 * i + 1, HEAD) +
        frame(RST_STREAM, 0, 2 * i + 1, b'\0\0\0\x08'),
        'pieces of a head': lambda i:
            frame(HEADERS, 1, 5, HEAD) if i == 2 else
            frame(CONTINUATION, 0, 5, b'\0\1a\1b'),
    }
    for what, flood in floods.items():
        c = opened(t, hark)
        c.ask('GET', '/first')
        with contextlib.suppress(OSError):
            c.sock.sendall(b''.join(map(flood, range(2, 3000))))
        check(farewell(c.sock) != 0, what)
    same(opened(t, hark).ask('GET', '/fine').status, 200)


@case
def one_that_unpacks_to_very_much_is_refused(t):
    _, hark = gateway()
    c = opened(t, hark)
    # A long field once, then again and again by its number in the table.
    long = b'\x40\x01a\x7f' + bytes([0xa1, 0x1e]) + b'v' * 4000
    c.sock.sendall(frame(HEADERS, 5, 1, HEAD + long + b'\xbe' * 10000))
    data = b''
    while b'header section is too large' not in data:
        data += c.sock.recv(65536)
    same(opened(t, hark).ask('GET', '/fine').status, 200)


@case
def what_is_not_HTTP_2_behind_its_agreement_ends_the_connection(t):
    _, hark = gateway()
    c = opened(t, hark)
    c.sock.sendall(frame(HEADERS, 5, 2, HEAD))
    same(farewell(c.sock), 1)  # PROTOCOL_ERROR
    context = ssl.create_default_context(cafile=files()[0])
    context.set_alpn_protocols(['h2'])
    sock = context.wrap_socket(t.client(hark).sock,
                               server_hostname='127.0.0.1')
    with sock:
        sock.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        same(farewell(sock), 1)


# --- how much and how long ---------------------------------------------------

@case
def no_more_requests_at_once_are_taken_than_was_agreed(t):
    origin, hark = gateway()
    gate = t.gate('all were sent')
    origin.routes['/held'] = lambda p, r: (gate.wait(), p.send(reply(b'')))
    c = opened(t, hark)
    c.ask('GET', '/first')
    same(c.h2.remote_settings.max_concurrent_streams, 128)
    held = [c.begin('GET', '/held') for _ in range(128)]
    origin.wait_for(129)
    gate.open()
    for number in held:
        same(c.answer(number).status, 200)
    gate.event.clear()
    c = opened(t, hark)
    c.ask('GET', '/first')
    c.sock.sendall(b''.join(frame(HEADERS, 5, 2 * i + 1, PATH + b'\x05/held')
                            for i in range(1, 131)))
    same(farewell(c.sock), 1)  # PROTOCOL_ERROR
    gate.open()


@case
def a_client_that_does_not_read_stops_its_upstream_alone(t):
    origin, hark = gateway()
    stopped = t.gate('upstream stopped')
    sent = [0]

    def endless(peer, r):
        peer.send(CHUNKED)
        peer.sock.settimeout(0.5 * SCALE)
        try:
            while not stopped.is_open:
                peer.chunked(b'x' * 65536, last=False)
                sent[0] += 65536
                check(sent[0] < 64 << 20, 'nobody stopped it')
        except (TimeoutError, socket.timeout):
            stopped.open()
            peer.close()
    origin.routes['/endless'] = endless
    c = opened(t, hark, window=1000)
    n = c.begin('GET', '/endless')
    stopped.wait()
    # Another stream of the same connection is not held up.
    other = c.begin('HEAD', '/fine')
    c.until(lambda: c.answers[other].ended)
    same(len(c.answers[n].body), 1000)


@case
def an_upstream_that_does_not_read_stops_its_client_alone(t):
    origin, hark = gateway()
    gate = t.gate('the other is answered')
    body = b'x' * (8 << 20)
    late_ones = []

    def late(peer):
        original = peer.request

        def request():
            peer.through(b'\r\n\r\n')
            gate.wait()
            peer.exactly(len(body))
            peer.send(reply(b'taken'))
            peer.request = original
            return original()
        peer.request = request
        late_ones.append(peer)
    origin.on_connect = late
    c = opened(t, hark)
    n = c.begin('PUT', '/late', [('content-length', str(len(body)))],
                end=False)
    until(lambda: late_ones, 'the upstream is asked')
    given = quiet = 0
    # Until the window stays shut while pings come back.
    while quiet < 3:
        room = min(c.h2.local_flow_control_window(n), 16384)
        if room:
            quiet = 0
            c.h2.send_data(n, body[given:given + room])
            given += room
            c.flush()
        else:
            quiet += 1
            c.h2.ping(bytes(8))
            c.flush()
            c.some()
    check(given < len(body), 'it was never stopped')
    origin.on_connect = None
    other = c.begin('GET', '/other')
    same(c.answer(other).status, 200)
    gate.open()
    c.send(n, body[given:])
    same(c.answer(n).body, b'taken')


@case
def an_answer_that_is_cut_is_a_reset_stream(t):
    origin, hark = gateway()
    origin.routes['/cut'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
        p.close())
    c = opened(t, hark)
    a = c.ask('GET', '/cut')
    same((a.status, a.body, a.ended), (200, b'half', False))
    check(a.reset, a.reset)
    same(c.ask('GET', '/fine').status, 200)


@case
def a_client_that_resets_its_request_ends_the_call(t):
    origin, hark = gateway()
    gone = []
    origin.routes['/held'] = lambda p, r: gone.append(p.wait_gone())
    c = opened(t, hark)
    n = c.begin('GET', '/held')
    origin.wait_for(1)
    c.h2.reset_stream(n, 8)
    c.flush()
    until(lambda: gone, 'the call ends')
    same(c.ask('GET', '/fine').status, 200)


@case
def a_connection_that_is_idle_or_slow_is_ended(t):
    origin = t.origin()
    hark = secure(t, 'proxy', origin, '--idle-timeout', ms(600),
                  '--header-timeout', ms(600), '--body-timeout', ms(600))
    c = opened(t, hark)
    same(c.ask('GET', '/a').status, 200)
    same(c.ended(), 0)
    c = opened(t, hark)
    n = c.begin('POST', '/a', end=False)
    same(c.answer(n).status, 408)


@case
def a_gateway_that_stops_ends_what_runs_and_takes_nothing_new(t):
    origin = t.origin()
    hark = secure(t, 'proxy', origin, '--drain-timeout', '60s')
    gate = t.gate('it was told to stop')
    origin.routes['/held'] = lambda p, r: (gate.wait(), p.send(reply(b'end')))
    c, idle = opened(t, hark), opened(t, hark)
    idle.ask('GET', '/a')
    n = c.begin('GET', '/held')
    origin.wait_for(2)
    hark.signal(signal.SIGTERM)
    same(idle.ended(), 0)
    c.until(lambda: c.goaway is not None)
    gate.open()
    # python3-h2 wants nothing any more behind GOAWAY.
    data = b''
    while piece := c.sock.recv(65536):
        data += piece
    check(data.endswith(frame(DATA, 1, n, b'end')), data)
    same(hark.wait(), 0)


main()
