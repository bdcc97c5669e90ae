# Goal: a recorded WebSocket is played to a client that says what was recorded.

import contextlib
import json
import time

from harness import (Ended, case, check, command, main, problem, same, until)
from sockets import (BINARY, CLOSE, PING, PONG, TEXT, closing, frame, opened,
                     serves, shouts)

SECRET = 'correcthorsebatterystaple'


def message(kind, data, time=None, opcode=TEXT):
    return {'type': kind, 'time': time if time is not None else -1,
            'opcode': opcode, 'data': data}


def har(t, *talks, base='http://api.test'):
    """A HAR with a WebSocket for each (target, messages)."""
    def entry(target, messages):
        return {
            'startedDateTime': '2026-01-02T03:04:05.000Z', 'time': 1,
            'request': {
                'method': 'GET', 'url': base.replace('http', 'ws') + target,
                'httpVersion': 'HTTP/1.1', 'cookies': [], 'queryString': [],
                'headers': [{'name': 'Connection', 'value': 'Upgrade'},
                            {'name': 'Upgrade', 'value': 'websocket'}],
                'headersSize': -1, 'bodySize': 0},
            'response': {
                'status': 101, 'statusText': 'Switching Protocols',
                'httpVersion': 'HTTP/1.1', 'cookies': [],
                'headers': [{'name': 'Sec-WebSocket-Protocol',
                             'value': 'chat'},
                            {'name': 'Sec-WebSocket-Accept',
                             'value': 'of another key'},
                            {'name': 'Sec-WebSocket-Extensions',
                             'value': 'permessage-deflate'}],
                'content': {'size': 0, 'mimeType': ''}, 'redirectURL': '',
                'headersSize': -1, 'bodySize': -1},
            'cache': {}, 'timings': {'send': 0, 'wait': 0, 'receive': 0},
            '_webSocketMessages': messages}
    path = t.path('talks.har')
    path.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'a test', 'version': '1'},
        'entries': [entry(*talk) for talk in talks]}}))
    return path


def replays(t, *talks, options=(), mode='replay'):
    store = t.path('talks.db')
    done = command('import', '--store', store, har(t, *talks))
    same(done.returncode, 0, done.stderr)
    return t.hark(mode, *options, store=store)


AGREED = 'permessage-deflate; server_no_context_takeover; ' \
    'client_no_context_takeover'
TALK = [message('receive', 'hello'), message('send', 'a'),
        message('receive', 'A'), message('receive', 'AAEC', opcode=BINARY),
        message('send', 'cGluZw==', opcode=PING),
        message('receive', 'cGluZw==', opcode=PONG),
        message('send', 'AP8=', opcode=BINARY), message('receive', 'end'),
        message('receive', 'A+hkb25l', opcode=CLOSE),
        message('send', 'A+hkb25l', opcode=CLOSE)]


@case
def a_talk_goes_as_it_was_recorded(t):
    hark = replays(t, ('/ws?a=1', TALK))
    s, r = opened(t.client(hark), '/ws?a=1', protocols=['chat'], deflate=True,
                  key='MDEyMzQ1Njc4OWFiY2RlZg==')
    same((r.source, r.get('sec-websocket-protocol')), ('replay', 'chat'))
    same((len(r.all('sec-websocket-accept')),
          r.all('sec-websocket-extensions')), (1, [AGREED]))
    same(s.receive(), 'hello')
    s.send('a')
    same((s.receive(), s.receive()), ('A', b'\0\1\2'))
    s.send(b'\0\xff')
    same((s.receive(), s.closed()), ('end', (1000, 'done')))
    s.close(1000, 'done')
    same(s.wire.ended(), 'eof')
    hark.stop()
    check('1 of them WebSocket, with 7 messages' in hark.log, hark.log)
    hark.stop()
    check('1 replayed' in hark.log and '0 missed' in hark.log, hark.log)


@case
def compression_is_agreed_on_where_it_was_and_both_can(t):
    text = 'again and again and again ' * 200
    talk = [message('send', text), message('receive', text),
            message('send', text), message('receive', text),
            message('receive', ''), message('receive', 'AAAA', opcode=BINARY)]
    hark = replays(t, ('/ws', talk))
    for offer, answer in (
            ('permessage-deflate; client_max_window_bits', AGREED),
            ('permessage-deflate; server_max_window_bits=10, '
             'permessage-deflate; server_max_window_bits="15"',
             AGREED + '; server_max_window_bits=15'),
            ('x-unknown, permessage-deflate; client_max_window_bits=9; '
             'server_no_context_takeover', AGREED),
            ('permessage-deflate; server_max_window_bits=9', None),
            ('permessage-deflate; client_max_window_bits=16', None),
            ('permessage-deflate; never_heard_of=1', None),
            (False, None)):
        s, r = opened(t.client(hark), deflate=offer)
        same((offer, r.get('sec-websocket-extensions')), (offer, answer))
        for _ in range(2):
            s.send(text)
            fin, rsv, opcode, payload = s.frame()
            same((fin, rsv, opcode), (1, 4 if answer else 0, TEXT))
            check(len(payload) < 200 if answer else
                  payload.decode() == text, len(payload))
        same((s.receive(), s.receive()), ('', b'\0\0\0'))
        s.close()
        same(s.closed(), (1000, ''))


@case
def what_is_recorded_replays_without_its_upstream(t):
    origin = t.origin()

    def talk(s):
        s.send('hello')
        for _ in range(3):
            s.send(s.receive().upper())
        s.close(4001, 'enough')
        s.closed()
        s.wire.close()
    origin.routes['/ws'] = serves(talk, deflate=True)
    hark = t.hark('record', origin)
    for mode in ('record', 'replay', 'auto', 'spy'):
        if mode == 'replay':
            hark.stop()
            origin.stop()
            hark.restart(mode=mode)
        elif mode != 'record':
            hark.stop()
            hark.restart(mode=mode, url='http://127.0.0.1:1')
        s, r = opened(t.client(hark), deflate=True)
        same(r.source, 'upstream' if mode == 'record' else 'replay')
        same(s.receive(), 'hello')
        for said in ('a', 'long ' * 50000, 'é'):
            s.send(said)
            same(s.receive(), said.upper())
        same(s.closed(), (4001, 'enough'))
        s.close(4001)
        same(s.wire.ended(), 'eof')


@case
def auto_plays_what_it_has_just_recorded(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(shouts)
    hark = t.hark('auto', origin)
    for source in ('upstream', 'replay', 'replay'):
        s, r = opened(t.client(hark))
        same(r.source, source)
        s.send('a')
        same((s.receive(), s.closed()), ('A', (1000, '')))
        s.close()
        same(s.wire.ended(), 'eof')
    same(len(origin.take()), 1)


@case
def fallback_plays_the_recording_when_the_upstream_is_gone(t):
    store = t.path('talks.db')
    command('import', '--store', store, har(t, ('/ws', TALK)))
    hark = t.hark('fallback', store=store, url='http://127.0.0.1:1')
    s, r = opened(t.client(hark))
    same((r.source, s.receive()), ('replay', 'hello'))


@case
def a_client_may_speak_before_it_listens(t):
    hark = replays(t, ('/ws', TALK))
    c = t.client(hark)
    c.request('GET', '/ws', [
        ('Connection', 'Upgrade'), ('Upgrade', 'websocket'),
        ('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='),
        ('Sec-WebSocket-Version', '13')])
    c.send(frame(TEXT, 'a', True) + frame(PING, b'?', True) +
           frame(BINARY, b'\0\xff', True))
    same(c.head().status, 101)
    wanted = [(TEXT, b'hello'), (PONG, b'?'), (TEXT, b'A'),
              (BINARY, b'\0\1\2'), (TEXT, b'end'),
              (CLOSE, closing(1000, 'done'))]
    got = b''.join(c.exactly(len(frame(*w))) for w in wanted)
    same(sorted(got), sorted(b''.join(frame(*w) for w in wanted)))


@case
def a_miss_closes_with_1011_and_says_what_was_expected(t):
    hark = replays(t, ('/ws', TALK))
    for said, how in (('b', 'message 1: expected "a"'),
                      (b'a', 'message 1: expected "a"')):
        s, _ = opened(t.client(hark))
        same(s.receive(), 'hello')
        s.send(said)
        same(s.closed(), (1011, how))
        s.close(1011)
        same(s.wire.ended(), 'eof')
    s, _ = opened(t.client(hark))
    same(s.receive(), 'hello')
    s.send('a')
    same((s.receive(), s.receive()), ('A', b'\0\1\2'))
    s.send(b'\0')
    same(s.closed(), (1011, 'message 2: expected 2 binary bytes'))
    hark.stop()
    check('3 missed' in hark.log, hark.log)


@case
def tolerance_takes_any_message(t):
    hark = replays(t, ('/ws', TALK), options=['--ws-match', 'tolerant'])
    s, _ = opened(t.client(hark))
    same(s.receive(), 'hello')
    s.send('something else')
    same((s.receive(), s.receive()), ('A', b'\0\1\2'))
    s.send('and again')
    same((s.receive(), s.closed()), ('end', (1000, 'done')))


@case
def nothing_more_recorded_is_silence_and_then_a_miss(t):
    hark = replays(t, ('/ws', TALK[:1]), ('/empty', []))
    s, _ = opened(t.client(hark))
    same(s.receive(), 'hello')
    s.send(b'?', PING)
    same(s.receive(), (PONG, b'?'))
    s.send('more')
    same(s.closed(), (1011, 'message 1: expected none'))
    s, _ = opened(t.client(hark), '/empty')
    s.close(1000, 'bye')
    same(s.closed(), (1000, ''))
    same(s.wire.ended(), 'eof')


@case
def the_rhythm_is_the_recorded_one(t):
    talk = [message('receive', 'one', 100.0), message('receive', 'two', 100.4),
            message('send', 'go', 160.0), message('receive', 'three', 160.3)]
    hark = replays(t, ('/ws', talk), options=['--stream', 'recorded'])
    began = time.monotonic()
    s, _ = opened(t.client(hark))
    same((s.receive(), s.receive()), ('one', 'two'))
    first = time.monotonic() - began
    s.send('go')
    same(s.receive(), 'three')
    check(first >= 0.3 and time.monotonic() - began >= 0.6, 'it came early')


@case
def secrets_differ_and_the_talk_goes_on(t):
    origin = t.origin()

    def talk(s):
        s.send('{"password":"%s"}' % SECRET)
        s.receive()
        s.send('welcome')
    origin.routes['/ws'] = serves(talk)
    hark = t.hark('record', origin, '--redact')
    for mode in ('record', 'replay'):
        if mode == 'replay':
            hark.stop()
            hark.restart(mode=mode)
        s, _ = opened(t.client(hark))
        token = s.receive()
        same(mode == 'record', SECRET in token)
        s.send('{"password":"%s","id":7}' % (
            SECRET if mode == 'record' else 'another' + SECRET[::-1]))
        same(s.receive(), 'welcome')
        s.wire.close()
    s, _ = opened(t.client(hark))
    s.receive()
    s.send('{"password":"%s","id":8}' % SECRET)
    code, reason = s.closed()
    check(code == 1011 and SECRET not in reason, reason)


@case
def only_a_handshake_gets_a_socket(t):
    hark = replays(t, ('/ws', TALK))
    same(hark.get('/ws').source, 'miss')
    c = t.client(hark)
    base = [('Connection', 'Upgrade'), ('Upgrade', 'websocket')]
    problem(c.ask('GET', '/ws', base), 400)
    r = c.ask('GET', '/ws', base + [
        ('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='),
        ('Sec-WebSocket-Version', '8')])
    problem(r, 426)
    same(r.get('sec-websocket-version'), '13')
    s, r = opened(t.client(hark), '/other')
    same((s, r.status, r.source), (None, 501, 'miss'))
    s, _ = opened(c)
    same(s.receive(), 'hello')


@case
def what_a_client_must_not_send_is_refused(t):
    hark = replays(t, ('/ws', TALK), options=['--max-request-body', '64k'])
    for bytes_, code in (
            (frame(TEXT, 'unmasked'), 1002),
            (frame(3, b'', True), 1002),
            (frame(TEXT, b'\xff', True), 1007),
            (frame(CLOSE, closing(1006), True), 1002),
            (frame(BINARY, b'x' * 70000, True), 1009)):
        s, _ = opened(t.client(hark))
        same(s.receive(), 'hello')
        s.wire.send(bytes_)
        same(s.closed()[0], code, bytes_[:20])


@case
def talks_take_turns_and_sessions_have_their_own(t):
    one, two = ([message('receive', text)] for text in ('one', 'two'))
    hark = replays(t, ('/ws', one), ('/ws', two),
                   options=['--session', 'header:X-Session'])
    for wanted in ('one', 'two', 'two'):
        s, _ = opened(t.client(hark))
        same(s.receive(), wanted)
    s, _ = opened(t.client(hark), more=[('X-Session', 'mine')])
    same(s.receive(), 'one')


@case
def stopping_says_goodbye(t):
    hark = replays(t, ('/ws', TALK), options=['--drain-timeout', '60s'])
    sockets = [opened(t.client(hark))[0] for _ in range(5)]
    for s in sockets:
        same(s.receive(), 'hello')
    hark.signal(15)
    for s in sockets:
        same(s.closed()[0], 1001)
        s.close(1001)
        same(s.wire.ended(), 'eof')
    same(hark.wait(), 0)


@case
def leaving_at_any_moment_harms_nobody(t):
    long = [message('receive', 'x' * 100000) for _ in range(100)]
    hark = replays(t, ('/ws', TALK), ('/long', long),
                   options=['--stream', 'recorded'])
    for target in ('/ws', '/long'):
        for how in ('reset', 'close', 'half_close'):
            s, _ = opened(t.client(hark), target)
            s.wire.send(frame(TEXT, 'a', True)[:4])
            getattr(s.wire, how)()
    s, _ = opened(t.client(hark), '/long')
    for m in long:
        same(s.receive(), m['data'])
    s.close()
    with contextlib.suppress(Ended):
        while True:
            s.wire.some()
    until(lambda: hark.descriptors() < 40, 'descriptors are closed')


main()
