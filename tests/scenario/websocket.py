# Goal: what passes on a WebSocket is recorded, message by message.

import contextlib
import time

from harness import (Ended, case, certificate, check, command, entries,
                     export, main, outcome, reply, same, tls_server)
from sockets import (CLOSE, PING, PONG, TEXT, closing, frame, opened, said,
                     serves, upper)
from tunnels import intercepted, world


def chat(t, hark, *messages, target='/ws', **how):
    s, _ = opened(t.client(hark), target, **how)
    same(s.receive(), 'hello')
    for m in messages:
        s.send(m)
        same(s.receive(), m.upper() if isinstance(m, str) else m[::-1])
    s.send('bye')
    same(s.closed(), (1000, 'so long'))
    s.close(1000, 'so long')
    same(s.wire.ended(), 'eof')


@case
def messages_are_recorded_in_order(t):
    origin = t.origin()
    origin.routes['/ws?room=1'] = serves(upper, protocol='chat')
    hark = t.hark('record', origin)
    before = time.time()
    chat(t, hark, 'a', 'é\n"', b'\0\1\xff', '', target='/ws?room=1',
         protocols=['chat'])
    hark.stop()
    (e,) = entries(hark.store)
    same((e['response']['status'], outcome(e)), (101, 'complete'))
    same(e['request']['url'], f'ws://{origin.authority}/ws?room=1')
    same(e['_resourceType'], 'websocket')
    same(said(e), [('r', 1, b'hello'), ('s', 1, b'a'), ('r', 1, b'A'),
                   ('s', 1, 'é\n"'.encode()), ('r', 1, 'É\n"'.encode()),
                   ('s', 2, b'\0\1\xff'), ('r', 2, b'\xff\1\0'),
                   ('s', 1, b''), ('r', 1, b''), ('s', 1, b'bye'),
                   ('r', 8, closing(1000, 'so long')),
                   ('s', 8, closing(1000, 'so long'))])
    times = [m['time'] for m in e['_webSocketMessages']]
    same(times, sorted(times))
    check(before - 1 < times[0] <= times[-1] < time.time() + 1, times)
    same(e['response']['content'], {'size': 0, 'mimeType': '', 'text': ''})


@case
def over_tls_it_is_wss(t):
    cert, key = certificate(t.path(), 'upstream', 'IP:127.0.0.1')
    origin = t.origin(tls=tls_server(cert, key))
    origin.routes['/ws'] = serves(upper)
    hark = t.hark('record', origin, '--upstream-ca', cert)
    chat(t, hark, 'a')
    hark.stop()
    (e,) = entries(hark.store)
    same(e['request']['url'], f'wss://{origin.authority}/ws')
    same(said(e)[2], ('r', 1, b'A'))


@case
def in_a_tunnel_it_is_wss_and_replays_there(t):
    cert, server, folder = world()
    origin = t.origin(tls=server)
    origin.routes['/ws'] = serves(upper, deflate=True)
    hark = t.hark('record', '--ca-dir', folder, '--upstream-ca', cert)

    def talk(source):
        c = intercepted(t, hark, origin.authority, folder)
        s, r = opened(c, deflate=True)
        same(r.source, source)
        same(s.receive(), 'hello')
        for m in ('a', b'\0\1\xff', 'long ' * 50000):
            s.send(m)
            same(s.receive(), m.upper() if isinstance(m, str) else m[::-1])
        s.send('bye')
        same(s.closed(), (1000, 'so long'))
        s.close(1000, 'so long')
        same(s.wire.ended(), 'eof')
    talk('upstream')
    hark.stop()
    origin.stop()
    (e,) = entries(hark.store)
    same(e['request']['url'], f'wss://{origin.authority}/ws')
    same((outcome(e), said(e)[2]), ('complete', ('r', 1, b'A')))
    hark.restart(mode='replay', options=['--ca-dir', folder])
    talk('replay')
    # Another word than the recorded one, and another path.
    s, _ = opened(intercepted(t, hark, origin.authority, folder))
    same(s.receive(), 'hello')
    s.send('b')
    same(s.closed()[0], 1011)
    s, r = opened(intercepted(t, hark, origin.authority, folder), '/other')
    same((s, r.status), (None, 501))


@case
def compressed_messages_are_recorded_as_what_they_say(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(upper, deflate=True)
    hark = t.hark('record', origin)
    chat(t, hark, 'the same again ' * 9, 'the same again ' * 9, b'\1' * 5000,
         deflate=True)
    hark.stop()
    (e,) = entries(hark.store)
    same([(who, n, len(b)) for who, n, b in said(e)][:7],
         [('r', 1, 5), ('s', 1, 135), ('r', 1, 135), ('s', 1, 135),
          ('r', 1, 135), ('s', 2, 5000), ('r', 2, 5000)])
    same(said(e)[3][2], b'the same again ' * 9)


@case
def fragments_are_one_message_and_pings_are_messages(t):
    origin = t.origin()
    whole = []

    def talk(s):
        s.wire.send(frame(TEXT, 'on', fin=False), frame(PING, b'?'),
                    frame(0, 'ce', fin=False), frame(0, b''))
        whole.append(s.receive())
        s.close(4000)
    origin.routes['/ws'] = serves(talk)
    hark = t.hark('record', origin)
    s, _ = opened(t.client(hark))
    for wanted in ((0, 0, TEXT, b'on'), (1, 0, PING, b'?'),
                   (0, 0, 0, b'ce'), (1, 0, 0, b'')):
        same(s.frame(), wanted)
    s.send(b'?', PONG)
    same(s.closed(), (4000, ''))
    s.wire.close()
    hark.stop()
    (e,) = entries(hark.store)
    same(said(e)[:4], [('r', PING, b'?'), ('r', TEXT, b'once'),
                       ('s', PONG, b'?'), ('r', CLOSE, closing(4000))])


@case
def secrets_in_messages_do_not_reach_the_disk(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(upper)
    hark = t.hark('record', origin, '--redact')
    secret = 'correcthorsebatterystaple'
    chat(t, hark, '{"password": "%s", "n": 1}' % secret)
    hark.stop()
    (e,) = entries(hark.store)
    text = said(e)[1][2]
    check(b'"n": 1' in text and secret.encode() not in text, text)
    for path in hark.store.parent.glob('hark.db*'):
        check(secret.encode() not in path.read_bytes(), path)
        check(secret.upper().encode() not in path.read_bytes(), path)


@case
def secrets_in_imported_messages_do_not_reach_the_disk(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(upper)
    hark = t.hark('record', origin)
    secret = 'correcthorsebatterystaple'
    chat(t, hark, '{"password": "%s", "n": 1}' % secret)
    hark.stop()
    har = t.path('it.har')
    command('export', '--store', hark.store, '-o', har)
    check(secret in har.read_text(), 'nothing to replace')
    store = t.path('again.db')
    same(command('import', '--redact', '--store', store, har).returncode, 0)
    for path in store.parent.glob('again.db*'):
        check(secret.encode() not in path.read_bytes(), path)
    (e,) = entries(store)
    check(b'"n": 1' in said(e)[1][2], e)


@case
def what_is_beyond_the_limit_passes_and_is_said_to_be_left_out(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(upper)
    hark = t.hark('record', origin, '--ws-record-limit', '64k')
    chat(t, hark, *['x' * 9000] * 12)
    hark.stop()
    (e,) = entries(hark.store)
    check(4 <= len(said(e)) < 9, len(said(e)))
    same(e['comment'], 'recorded up to --ws-record-limit')


@case
def a_long_message_is_cut_and_says_how_long_it_was(t):
    size = (5 << 20) + 1
    origin = t.origin()

    def talk(s):
        s.send('é' * (size // 2) + '.')
        s.close()
    origin.routes['/ws'] = serves(talk)
    hark = t.hark('record', origin)
    s, _ = opened(t.client(hark))
    same(len(s.receive().encode()), size)
    same(s.closed(), (1000, ''))
    s.wire.close()
    hark.stop()
    (e,) = entries(hark.store)
    m = e['_webSocketMessages'][0]
    same((m['_size'], len(m['data'].encode())), (size, 4 << 20))


@case
def what_nobody_understands_passes_as_it_is(t):
    origin = t.origin()
    garbage = b'\x83\x00garbage' * 100

    def talk(s):
        s.send('understood')
        s.wire.send(garbage)
    origin.routes['/bad'] = serves(talk)
    origin.routes['/other'] = serves(talk, extensions='x-private')
    hark = t.hark('record', origin)
    for target in ('/bad', '/other'):
        s, _ = opened(t.client(hark), target)
        same(s.receive(), 'understood')
        same(s.wire.exactly(len(garbage)), garbage)
        s.wire.close()
    hark.stop()
    bad, other = sorted(entries(hark.store), key=lambda e: e['request']['url'])
    same(said(bad), [('r', 1, b'understood')])
    check('reserved opcode' in bad['comment'], bad['comment'])
    same(said(other), [])
    check('extension' in other['comment'], other['comment'])


@case
def a_refused_handshake_is_recorded_as_the_answer_it_is(t):
    origin = t.origin()
    origin.routes['/ws'] = reply(b'no', '403 Forbidden')
    hark = t.hark('record', origin)
    s, r = opened(t.client(hark))
    same((s, r.status, r.body), (None, 403, b'no'))
    hark.stop()
    (e,) = entries(hark.store)
    same(e['response']['status'], 403)
    same(e['request']['url'], origin.url + '/ws')
    check('_webSocketMessages' not in e, e)
    origin.stop()
    hark.restart(mode='replay', options=[])
    s, r = opened(t.client(hark))
    same((s, r.status, r.body, r.source), (None, 403, b'no', 'replay'))
    same(hark.get('/ws').source, 'miss')


@case
def an_upstream_that_breaks_off_is_a_failure_unless_it_said_close(t):
    origin = t.origin()

    def breaks(s):
        s.send('hello')
        s.receive()
        s.wire.reset()

    def closes(s):
        s.send('hello')
        s.close(1001)
        s.receive()
        s.wire.reset()
    origin.routes['/a'] = serves(breaks)
    origin.routes['/b'] = serves(closes)
    hark = t.hark('record', origin)
    for target in ('/a', '/b'):
        s, _ = opened(t.client(hark), target)
        same(s.receive(), 'hello')
        s.send('x')
        with contextlib.suppress(Ended):
            while True:
                s.wire.some()
    hark.stop()
    a, b = sorted(entries(hark.store), key=lambda e: e['request']['url'])
    same((outcome(a), outcome(b)), ('reset', 'complete'))
    same(said(a)[0], ('r', 1, b'hello'))


@case
def recordings_go_out_and_in_as_har_and_stay_the_same(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(upper)
    hark = t.hark('record', origin)
    chat(t, hark, 'a', b'\0', 'é')
    hark.stop()
    first = export(hark.store)
    for name in ('it.har', 'it.har.zip'):
        har, store = t.path(name), t.path('again.db')
        same(command('export', '--store', hark.store, '-o', har).returncode,
             0)
        done = command('import', '--store', store, har)
        same(done.returncode, 0, done.stderr)
        same(export(store)['log']['entries'], first['log']['entries'], name)
    text = command('show', '--store', hark.store, '1').stdout
    check(' < hello\n' in text and ' > (1 bytes) 00\n' in text and
          ' > é\n' in text and ' < Close 1000 so long\n' in text, text)
    text = command('cat', '--store', hark.store, '1').stdout
    same(text.count('\n'), len(said(first['log']['entries'][0])))


main()
