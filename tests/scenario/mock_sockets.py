# Goal: WebSocket routes say what Mockoon's say; bodies come in pieces.

import json
import signal

from answers import ANSWERS
from harness import case, check, command, grown, main, same, until
from sockets import CLOSE, PING, PONG, TEXT, frame, opened, serves

BIG = 300_000


def ws(endpoint, *responses, **more):
    return {'type': 'ws', 'endpoint': endpoint,
            'responses': list(responses) or [{}], **more}


def http(endpoint, stream, **response):
    return {'endpoint': endpoint,
            'responses': [{**response, 'hark': {'stream': stream}}]}


def mocks(t, *routes, **more):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes), **more}))
    return path


def served(t, *routes, options=(), **more):
    return t.hark('proxy', '--mocks', mocks(t, *routes, **more), *options)


def met(t, hark, target='/chat', **how):
    s, r = opened(t.client(hark), target, **how)
    check(s is not None, f'refused with {r}')
    return s


def told(s, text):
    s.send(text)
    return s.receive()


def left(s):
    """Says Close in the middle of what it hears."""
    s.close()
    while s.frame()[2] != CLOSE:
        pass
    same(s.wire.ended(), 'eof')


def done(s, code=1000):
    """Says Close and hears it."""
    s.close(code, 'bye')
    same(s.closed()[0], code)
    same(s.wire.ended(), 'eof')


ECHO = ws('chat', {'body': 'you said {{body}}'})


@case
def a_text_is_answered_and_the_handshake_names_the_route(t):
    hark = served(t, ws('room/:id', {'body': "{{urlParam 'id'}} "
                                     "{{queryParam 'q'}}: {{body}}"}))
    s, r = opened(t.client(hark), '/room/7?q=x', protocols=['a', 'b'])
    same(r.get('sec-websocket-protocol'), 'a')
    same(r.get('x-hark-source'), 'mock;route=room/:id')
    same(told(s, 'é'), '7 x: é')
    same(told(s, ''), '7 x: ')
    done(s)
    hark.stop()
    check('1 mocked' in hark.log, hark.log)


@case
def rules_choose_and_each_connection_counts_for_itself(t):
    hark = served(t, ws(
        'chat', {'body': 'other'},
        {'body': 'third', 'rules': [{
            'target': 'request_number', 'value': '3',
            'operator': 'equals'}]},
        {'body': 'hello', 'rules': [{
            'target': 'body', 'modifier': 'say', 'value': 'hi',
            'operator': 'equals'}]}))
    for _ in range(2):
        s = met(t, hark, more=[('Content-Type', 'application/json')])
        same([told(s, x) for x in ('{"say":"hi"}', '{}', '{}', '{}')],
             ['hello', 'other', 'third', 'other'])
        done(s)


@case
def fragments_are_one_message_and_pings_are_answered(t):
    s = met(t, served(t, ECHO))
    s.send('a', fin=False)
    s.send(b'p', PING)
    s.send('b', 0, fin=False)
    s.send('c', 0)
    same([s.receive(), s.receive()], [(PONG, b'p'), 'you said abc'])
    done(s)


@case
def what_no_client_may_send_is_a_close(t):
    hark = served(t, ECHO)
    for sent, code in ((frame(TEXT, 'x', False), 1002),
                       (frame(TEXT, b'\xff', True), 1007),
                       (frame(3, 'x', True), 1002),
                       (frame(TEXT, 'x' * (1 << 20) + 'y', True), 1009)):
        s = met(t, hark)
        s.wire.send(sent)
        same(s.closed()[0], code)
        same(s.wire.ended(), 'eof')


@case
def binary_messages_have_no_answer(t):
    s = met(t, served(t, ECHO))
    s.send(b'\0\1')
    same(told(s, 'x'), 'you said x')
    done(s)


@case
def a_latency_delays_one_answer_and_not_the_next(t):
    hark = served(t, ws('chat', {'body': '{{body}}'}, {
        'body': 'late {{body}}', 'latency': 300, 'rules': [{
            'target': 'body', 'value': 'a', 'operator': 'equals'}]}))
    s = met(t, hark)
    # At once: who is slow would be late himself.
    s.wire.send(frame(TEXT, 'a', True) + frame(TEXT, 'b', True))
    same([s.receive(), s.receive()], ['b', 'late a'])
    done(s)


@case
def who_leaves_before_the_answer_is_forgotten(t):
    hark = served(t, ws('chat', {'body': 'x', 'latency': 60000}))
    s = met(t, hark)
    s.send('a')
    done(s)
    s = met(t, hark)
    s.send('a')
    s.wire.reset()
    same(hark.get('/none').status, 501)


@case
def a_stream_comes_without_a_word(t):
    hark = served(t, ws(
        'chat', {'body': "{{queryParam 'q'}}1"}, {'body': ''}, {'body': '2'},
        responseMode='SEQUENTIAL', streamingMode='UNICAST',
        streamingInterval=10))
    a, b = met(t, hark, '/chat?q=a'), met(t, hark, '/chat?q=b')
    a.send('deaf')
    same([a.receive() for _ in range(3)], ['a1', '2', 'a1'])
    same([b.receive() for _ in range(3)], ['b1', '2', 'b1'])
    a.close()
    b.close()


@case
def a_broadcast_reaches_all_on_all_workers(t):
    hark = served(t, ws(
        'chat', {'body': "{{queryParam 'q'}}"}, streamingMode='BROADCAST',
        streamingInterval=20), options=['--workers', '4'])
    sockets = [met(t, hark, f'/chat?q={i}') for i in range(12)]
    # Of clients on several workers it is not said who is first.
    first = sockets[0].receive()
    check(first in [str(i) for i in range(12)], f'got {first}')
    same([s.receive() for s in sockets[1:]], [first] * 11)
    for s in sockets[:6]:
        left(s)
    for s in sockets[6:]:
        same(s.receive(), first)
        left(s)
    # When all have left it begins anew.
    s = met(t, hark, '/chat?q=new')
    same(s.receive(), 'new')
    left(s)


@case
def sessions_have_broadcasts_of_their_own(t):
    hark = served(t, ws(
        'chat', {'body': "{{queryParam 'q'}}"}, streamingMode='BROADCAST',
        streamingInterval=20), options=['--session', 'header:X-S'])
    a = met(t, hark, '/chat?q=a', more=[('X-S', 'a')])
    b = met(t, hark, '/chat?q=b', more=[('X-S', 'b')])
    same([a.receive(), b.receive()], ['a', 'b'])
    a.close()
    b.close()


@case
def a_route_can_greet_and_close(t):
    hark = served(t, ws(
        'chat', {'body': 'so {{body}}', 'hark': {'close': {
            'code': 4001, 'reason': 'enough of {{body}}'}}},
        hark={'open': 'welcome'}))
    s = met(t, hark)
    same([s.receive(), told(s, 'you')], ['welcome', 'so you'])
    same(s.closed(), (4001, 'enough of you'))
    s.close(4001)
    same(s.wire.ended(), 'eof')


@case
def a_missing_file_and_a_bad_template_close(t):
    file = mocks(t, ws('chat', {'filePath': 'f.txt'}),
                 ws('no', {'filePath': 'no.txt'}),
                 ws('bad', {'body': "{{faker 'no.such'}}"}))
    (file.parent / 'f.txt').write_bytes(b'<{{body}}>\xff')
    hark = t.hark('proxy', '--mocks', file)
    s = met(t, hark)
    same(told(s, 'x'), '<x>\ufffd')
    done(s)
    s = met(t, hark, '/no')
    same(told(s, 'x')[:34], 'Status: 500, File reading error! (')
    same(s.closed(), (1005, ''))
    s = met(t, hark, '/bad')
    s.send('x')
    same(s.closed()[0], 1011)


@case
def without_a_route_the_upstream_has_it_and_else_nobody(t):
    origin = t.origin()
    origin.routes['/chat2'] = ANSWERS['/plain']
    hark = t.hark('proxy', origin, '--mocks', mocks(t, ECHO))
    same(told(met(t, hark), 'x'), 'you said x')
    _, body = opened(t.client(hark), '/chat2')
    same(body.source, 'upstream')
    hark = served(t, ECHO, {'endpoint': 'page', 'responses': [{}]})
    same(opened(t.client(hark), '/page')[1].body,
         b'No WebSocket route found for this path')
    same(opened(t.client(hark), key='short', target='/chat')[1].body,
         b'Missing or invalid Sec-WebSocket-Key header')
    same(hark.get('/page').source, 'mock')


@case
def stopping_says_goodbye(t):
    hark = served(t, ECHO, options=['--drain-timeout', '60s'])
    s = met(t, hark)
    same(told(s, 'x'), 'you said x')
    hark.signal(signal.SIGTERM)
    same(s.closed()[0], 1001)
    s.close(1001)
    same(hark.wait(), 0)


@case
def a_client_that_does_not_read_is_closed(t):
    hark = served(t, ws(
        'chat', {'body': 'x' * BIG}, streamingMode='UNICAST',
        streamingInterval=10))
    s = met(t, hark)
    until(lambda: 'reads too slowly' in hark.log, 'hark gave it up')
    opcode = TEXT
    while opcode == TEXT:
        _, _, opcode, payload = s.frame()
    same((opcode, payload[:2]), (CLOSE, (1013).to_bytes(2, 'big')))


@case
def a_client_that_asks_more_than_it_takes_is_heard_later(t):
    hark = served(t, ws('chat', {'body': "{{body}}" + 'x' * BIG}))
    s = met(t, hark)
    before, n = hark.status('VmHWM'), 400
    s.wire.send(b''.join(frame(TEXT, f'{i:03d}', True) for i in range(n)))
    for i in range(n):
        said = s.receive()
        same((said[:3], len(said)), (f'{i:03d}', BIG + 3))
    grown(hark, before, 32)
    done(s)


@case
def events_come_one_by_one(t):
    hark = served(t, http('sse', {
        'interval': 20, 'repeat': 2, 'events': [
            {'event': 'tick', 'id': '{{index}}', 'retry': 50,
             'data': {'path': "{{queryParam 'p'}}"}},
            {'data': 'a\nb'}]}))
    c = t.client(hark)
    c.request('GET', '/sse?p=x')
    r = c.head()
    same((r.get('content-type'), r.get('cache-control'), r.framing),
         ('text/event-stream', 'no-cache', 'chunked'))
    pieces = list(iter(lambda: c.chunk(r), b''))
    same(pieces, [
        b'event: tick\nid: 0\nretry: 50\ndata: {"path":"x"}\n\n',
        b'data: a\ndata: b\n\n',
        b'event: tick\nid: 2\nretry: 50\ndata: {"path":"x"}\n\n',
        b'data: a\ndata: b\n\n'])
    same(c.ask('HEAD', '/sse').body, b'')


@case
def a_body_comes_in_lines_and_once_more(t):
    hark = served(t, http('lines', {'interval': 10, 'repeat': 2},
                          body='1\n2\n'))
    r = hark.get('/lines')
    same((r.status, r.body, r.source), (200, b'1\n2\n1\n2\n', 'mock'))


@case
def a_stream_waits_for_a_client_that_reads_slowly(t):
    # The first piece is more than the kernel takes, whoever reads.
    lines = ['x' * (12 << 20), 'behind it']
    hark = served(t, http('lines', {'interval': 10},
                          body=''.join(line + '\n' for line in lines)))
    r = hark.get('/lines')
    same(r.status, 200)
    check(r.body.decode().split('\n') == [*lines, ''], len(r.body))


@case
def an_endless_stream_ends_with_its_client_or_the_gateway(t):
    hark = served(t, http('on', {'interval': 10, 'repeat': 0,
                                 'events': [{'data': 'x'}]}))
    a, b = t.client(hark), t.client(hark)
    for c in (a, b):
        c.request('GET', '/on')
        r = c.head()
        same([c.chunk(r) for _ in range(3)], [b'data: x\n\n'] * 3)
    a.reset()
    hark.signal(signal.SIGTERM)
    while c.chunk(r) != b'':
        pass
    same(hark.wait(), 0)


def talks(s):
    s.send('hello {{you}}')
    while (said := s.receive()) != 'bye':
        s.send(said.upper())
        s.send('and more')
    s.close(4001, 'so long')
    s.closed()
    s.wire.close()


@case
def a_recorded_talk_becomes_a_route(t):
    origin = t.origin()
    origin.routes['/chat?room=1'] = serves(talks)
    hark = t.hark('record', origin)
    s, _ = opened(t.client(hark), '/chat?room=1')
    same(s.receive(), 'hello {{you}}')
    for text in ('{"a": "{{b}}"}', 'two'):
        s.send(text)
        same((s.receive(), s.receive()), (text.upper(), 'and more'))
    s.send('bye')
    same(s.closed(), (4001, 'so long'))
    s.close(4001)
    hark.stop()
    mocks = t.path('mocks.json')
    done = command('mock', 'from-entry', '--store', hark.store, 1,
                   '-o', mocks)
    same((done.returncode, done.stderr.count('the first stays')), (0, 1),
         done.stderr)
    same(command('check', mocks).returncode, 0)
    mock = t.hark('replay', '--mocks', mocks, store=hark.store)
    s, r = opened(t.client(mock), '/chat?room=1')
    same((r.source, s.receive()), ('mock', 'hello {{you}}'))
    s.send('never heard')
    for text in ('two', '{"a": "{{b}}"}'):
        s.send(text)
        same(s.receive(), text.upper())
    s.send('bye')
    same(s.closed(), (4001, 'so long'))


main()
