# Goal: the access log has a line for each exchange, however it ended.

import json
import os
import re
import signal

from harness import case, check, main, reply, same, until
from sockets import opened

# As the log analysers read it: no quote, control or other odd byte inside.
COMBINED = re.compile(
    r'(\S+) - - \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000)\] '
    r'"([!-~ ]*?)" (\d{1,3}) (\d+) "([^"\n]*)" "([^"\n]*)"')


def lines(path, n):
    """The first n lines, once they are there."""
    def read():
        text = path.read_text(errors='strict') if path.exists() else ''
        return text.split('\n')[:-1] if text.count('\n') >= n else None
    return until(read, f'{n} lines in {path.name}')


def objects(path, n):
    return [json.loads(line) for line in lines(path, n)]


def mocks(t, *routes):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes)}))
    return path


def route(endpoint, body='', **response):
    return {'endpoint': endpoint, 'responses': [{'body': body, **response}]}


@case
def combined_lines_are_those_of_other_servers(t):
    log = t.path('access.log')
    hark = t.hark('proxy', '--mocks', mocks(t, route('a', 'hello')),
                  '--access-log', log)
    c = t.client(hark)
    c.ask('GET', '/a?b=%22', [('User-Agent', 'x "y" \\z\xe9'),
                              ('Referer', 'http://r/')])
    c.ask('GET', '/none')
    first, second = lines(log, 2)
    m = COMBINED.fullmatch(first)
    check(m, first)
    same(m[1], '127.0.0.1')
    same(m.groups()[2:], ('GET /a?b=%22 HTTP/1.1', '200', '5', 'http://r/',
                          'x \\x22y\\x22 \\x5Cz\\xE9'))
    m = COMBINED.fullmatch(second)
    check(m, second)
    same((m[3], m[4], m[6]), ('GET /none HTTP/1.1', '501', '-'))


@case
def json_lines_tell_of_each_source_and_of_each_end(t):
    log = t.path('access.log')
    origin = t.origin()
    origin.routes['/live?x=1'] = reply(
        b'live', headers=[('Content-Type', 'text/plain')])
    hark = t.hark('proxy', origin, '--mocks', mocks(
        t, route('a', 'mock', statusCode=201),
        {'endpoint': 'broken', 'responses': [
            {'body': 'x', 'hark': {'fault': 'reset'}}]}),
        '--access-log', log, '--access-format', 'ndjson')
    c = t.client(hark)
    c.ask('GET', '/a')
    c.ask('POST', '/live?x=1', body=b'12345')
    c.send(b'GET /bad HTTP/1.1\r\nHost : x\r\n\r\n')
    same(c.response().status, 400)
    c = t.client(hark)
    c.send(b'GET /broken HTTP/1.1\r\nHost: x\r\n\r\n')
    c.ended()
    # Connections may be served by different workers, in no order.
    a, live, bad, broken = sorted(objects(log, 4), key=lambda o: [
        '/a', '/live?x=1', '-', '/broken'].index(o['path']))
    same((a['id'] > 0, a['method'], a['path'], a['status'], a['source'],
          a['state'], a['response_bytes']),
         (True, 'GET', '/a', 201, 'mock', 'done', 4))
    same(a['route'], 'a')
    same((live['method'], live['path'], live['source'], live['request_bytes'],
          live['response_bytes'], live['content_type']),
         ('POST', '/live?x=1', 'upstream', 5, 4, 'text/plain'))
    check(0 <= live['wait_us'] <= live['duration_us'], live)
    same((bad['method'], bad['status'], bad['source']), ('-', 400, 'hark'))
    check(bad['note'], bad)
    same((broken['path'], broken['status'], broken['source']),
         ('/broken', None, 'mock'))


@case
def a_miss_and_a_replay_name_entry_and_reason(t):
    origin = t.origin()
    store = t.path('hark.db')
    log = t.path('access.log')
    hark = t.hark('record', origin, store=store)
    t.client(hark).ask('GET', '/v1/users?page=1')
    hark.stop()
    hark = t.hark('replay', '--access-log', log, '--access-format', 'json',
                  store=store, url=origin.url)
    c = t.client(hark)
    c.ask('GET', '/v1/users?page=1')
    c.ask('GET', '/v1/users?page=2')
    played, miss = objects(log, 2)
    same((played['source'], played['entry'], played['tier']),
         ('replay', 1, 'exact'))
    same(played['miss'], None)
    same((miss['source'], miss['status']), ('miss', 501))
    same((miss['miss']['reason'], miss['miss']['nearest']),
         ('not-recorded', 1))
    check('query page: recorded 1, asked 2' in miss['miss']['text'], miss)
    same(miss['miss']['rules'], ['GET /v1/users ignore query page'])


@case
def secrets_are_not_in_it(t):
    log = t.path('access.log')
    origin = t.origin()
    hark = t.hark('record', origin, '--redact', '--access-log', log)
    t.client(hark).ask('GET', '/v1/a?access_token=sekret-4711-aaaa-bbbb',
                       [('Cookie', 'session=hunter2222')])
    line = lines(log, 1)[0]
    check('sekret' not in line and '/v1/a' in line, line)


@case
def a_log_that_was_moved_away_is_opened_anew(t):
    log = t.path('access.log')
    hark = t.hark('proxy', '--mocks', mocks(t, route('a')),
                  '--access-log', log)
    c = t.client(hark)
    c.ask('GET', '/a?1')
    lines(log, 1)
    moved = log.with_suffix('.1')
    os.rename(log, moved)
    hark.signal(signal.SIGHUP)
    until(log.exists, 'a new log')
    c.ask('GET', '/a?2')
    check('/a?2' in lines(log, 1)[0], 'the old line')
    check('/a?1' in moved.read_text() and '/a?2' not in moved.read_text(),
          'the moved log')


@case
def all_lines_are_there_when_it_has_ended(t):
    log = t.path('access.log')
    hark = t.hark('proxy', '--mocks', mocks(t, route('a')),
                  '--access-log', log)
    c = t.client(hark)
    for i in range(500):
        c.ask('GET', f'/a?{i}')
    hark.stop()
    same([line.split()[6] for line in lines(log, 500)],
         [f'/a?{i}' for i in range(500)])


@case
def a_log_that_cannot_be_written_stops_no_traffic(t):
    hark = t.hark('proxy', '--mocks', mocks(t, route('a', 'x')),
                  '--access-log', '/dev/full')
    c = t.client(hark)
    same(c.ask('GET', '/a').body, b'x')
    until(lambda: 'the access log cannot be written' in hark.log, 'the word')
    same(c.ask('GET', '/a').body, b'x')


@case
def a_websocket_has_its_line_when_it_is_over(t):
    log = t.path('access.log')
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': [
        {'type': 'ws', 'endpoint': 'chat',
         'responses': [{'body': 'you said {{body}}'}]}]}))
    hark = t.hark('proxy', '--mocks', path, '--access-log', log,
                  '--access-format', 'json')
    s, _ = opened(t.client(hark), '/chat')
    s.send('x')
    same(s.receive(), 'you said x')
    check(not log.read_text(), 'a line before its end')
    s.close(1000, 'bye')
    s.closed()
    line = objects(log, 1)[0]
    same((line['status'], line['source'], line['state'], line['route']),
         (101, 'mock', 'done', 'chat'))


main()
