# Goal: what is recorded of an answer that goes on outlives a gateway that dies.

import contextlib
import sqlite3

from harness import (case, check, command, entries, main, outcome, same,
                     until)
from sockets import TEXT, opened, said, serves, upper

EVENTS = b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n' \
    b'Transfer-Encoding: chunked\r\n\r\n'
FAILURE = 'hark ended while it was being recorded'


def drafted(hark):
    """The bytes that drafts in the store have by now."""
    uri = f'file:{hark.store}?mode=ro'
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
        rows = db.execute('SELECT p.bytes FROM entry AS e JOIN body_part AS p '
                          'ON p.body = e.response_body WHERE e.id < 0 '
                          'ORDER BY p.body, p.at').fetchall()
    return b''.join(row[0] for row in rows)


def holds(hark, text):
    until(lambda: text in drafted(hark), f'the store has {text}')


def event(data):
    text = f'data: {data}\n\n'.encode()
    return text, b'%x\r\n%s\r\n' % (len(text), text)


def streaming(t, hark, origin, *events):
    """A client that has read all events, in turn, of a stream that goes on."""
    read = t.gates(len(events), 'event at the client')

    def script(peer, _):
        peer.send(EVENTS)
        for (_, chunk), gate in zip(events, read):
            peer.send(chunk)
            gate.wait()
    origin.routes['/events'] = script
    c = t.client(hark)
    c.request('GET', '/events')
    r = c.head()
    for (text, _), gate in zip(events[:-1], read):
        same(c.chunk(r), text)
        gate.open()
    same(c.chunk(r), events[-1][0])


@case
def a_talk_that_a_kill_cuts_off_is_there_as_far_as_it_went(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(upper)
    hark = t.hark('record', origin)
    s, _ = opened(t.client(hark))
    same(s.receive(), 'hello')
    s.send('one')
    same(s.receive(), 'ONE')
    holds(hark, b'ONE')
    s.send('two')
    same(s.receive(), 'TWO')
    holds(hark, b'TWO')
    same(command('list', '--store', hark.store).stdout.count('/ws'), 0)
    hark.kill9()
    (e,) = entries(hark.store)
    same((e['response']['status'], outcome(e), e['_hark']['failure']),
         (101, 'truncated', FAILURE))
    same(said(e), [('r', TEXT, b'hello'), ('s', TEXT, b'one'),
                   ('r', TEXT, b'ONE'), ('s', TEXT, b'two'),
                   ('r', TEXT, b'TWO')])
    # It is a failure, which is not played.
    hark.restart(mode='replay')
    s, r = opened(t.client(hark))
    same((s, r.source), (None, 'miss'))


@case
def events_are_there_with_their_times(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    streaming(t, hark, origin, event(1), event('two'))
    holds(hark, b'two')
    hark.kill9()
    (e,) = entries(hark.store)
    same((outcome(e), e['response']['content']['text']),
         ('truncated', 'data: 1\n\ndata: two\n\n'))
    marks = e['_hark'].get('chunks') or e['_hark']['response']['chunks']
    same(marks[0::2], [0, 9])


@case
def whole_events_are_there_without_their_secrets(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--redact', 'on')
    streaming(t, hark, origin, event('{"password":"correct horse"}'),
              event('two'))
    holds(hark, b'two')
    check(b'correct horse' not in drafted(hark), drafted(hark))
    hark.kill9()
    (e,) = entries(hark.store)
    text = e['response']['content']['text']
    check(text.startswith('data: {"password":"') and
          text.endswith('data: two\n\n'), text)
    same(outcome(e), 'truncated')


def ends_whole(t, redact):
    origin = t.origin()
    hark = t.hark('record', origin, '--redact', redact)
    gate = t.gate('the end')
    first, last = event(1), event(2)
    origin.routes['/events'] = lambda p, r: (
        p.send(EVENTS, first[1]), gate.wait(), p.send(last[1], b'0\r\n\r\n'))
    c = t.client(hark)
    c.request('GET', '/events')
    r = c.head()
    same(c.chunk(r), first[0])
    holds(hark, b'data: 1')
    gate.open()
    same((c.chunk(r), c.chunk(r)), (last[0], b''))
    hark.stop()
    (e,) = entries(hark.store)
    same((outcome(e), e['response']['content']['text']),
         ('complete', (first[0] + last[0]).decode()))
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        same(db.execute('SELECT (SELECT sum(id) FROM entry), '
                        '(SELECT count(*) FROM body), '
                        '(SELECT count(*) FROM body_part)').fetchone(),
             (1, 1, 0))


@case
def a_stream_that_ends_is_recorded_once_and_whole(t):
    ends_whole(t, 'off')


@case
def so_is_one_that_is_searched_for_secrets(t):
    ends_whole(t, 'on')


@case
def secrets_of_what_goes_on_do_not_reach_the_disk(t):
    secret = 'correcthorsebatterystaple'
    origin = t.origin()
    hark = t.hark('record', origin, '--redact')
    streaming(t, hark, origin, event(f'{{"password": "{secret}", "n": 1}}'),
              event('{"n": 2}'))
    holds(hark, b'"n": 2')
    files = [p for p in hark.folder.iterdir()
             if p.name.startswith(hark.store.name)]
    check(len(files) > 1, files)
    for path in files:
        check(secret.encode() not in path.read_bytes(), path)
    hark.kill9()
    (e,) = entries(hark.store)
    text = e['response']['content']['text']
    check('"n": 1' in text and '"n": 2' in text and secret not in text, text)


@case
def recording_goes_on_behind_what_was_abandoned(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    same(hark.get('/first').status, 200)
    streaming(t, hark, origin, event(1))
    holds(hark, b'data: 1')
    hark.kill9()
    hark.restart(url=origin.url)
    same(hark.get('/last').status, 200)
    hark.stop()
    same([(e['request']['url'].removeprefix(origin.url), outcome(e))
          for e in entries(hark.store)],
         [('/first', 'complete'), ('/events', 'truncated'),
          ('/last', 'complete')])


if __name__ == '__main__':
    main()
