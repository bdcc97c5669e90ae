# Goal: the traffic log shows each exchange, finds it, and tells of it live.

import json

from admins import Admin
from harness import case, check, grown, main, reply, same, until
from sockets import opened


def mocks(t, *routes):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes)}))
    return path


def route(endpoint, body='', **response):
    return {'endpoint': endpoint, 'method': 'all',
            'responses': [{'body': body, **response}]}


def served(t, *options, mode='proxy', origin=None, **how):
    """A gateway with some mocks and its admin port."""
    path = mocks(t, route('a', 'hello', statusCode=201, headers=[
        {'key': 'Content-Type', 'value': 'text/plain'}]),
        {'endpoint': 'broken', 'responses': [
            {'body': 'x', 'hark': {'fault': 'reset'}}]},
        {'type': 'ws', 'endpoint': 'chat',
         'responses': [{'body': 'you said {{body}}'}]})
    options = ['--mocks', path, *options]
    if origin:
        options.insert(0, origin)
    hark = t.hark(mode, *options, **how)
    return hark, Admin(t, hark)


def rows(admin, n, query=''):
    """The exchanges, the oldest first, once there are n."""
    def read():
        r = admin.call('GET', f'/v1/traffic?limit=1000&q={query}')
        same(r.status, 200, r)
        found = r.json['entries'][::-1]
        return found if len(found) >= n else None
    found = until(read, f'{n} exchanges')
    same(len(found), n)
    return found


def details(admin, row):
    r = admin.call('GET', f'/v1/traffic/{row["id"]}')
    same(r.status, 200, r)
    return r.json


def body(admin, row, side='response', query=''):
    r = admin.call('GET', f'/v1/traffic/{row["id"]}/{side}/body{query}')
    same((r.status, r.get('content-type')),
         (200, 'application/octet-stream'), r)
    return r


class Live:
    """The stream of events."""

    def __init__(self, t, hark, target='/v1/traffic/live', fields=()):
        self.admin = Admin(t, hark)
        self.admin.request('GET', target, list(fields))
        self.answer = self.admin.head()
        self.text = b''

    def event(self):
        """(event, id, data) of the next one."""
        while True:
            while b'\n\n' not in self.text:
                self.text += self.admin.chunk(self.answer)
            one, _, self.text = self.text.partition(b'\n\n')
            told = dict(line.split(': ', 1) for line in one.decode().split(
                '\n') if not line.startswith(':'))
            if 'event' in told:
                return (told['event'], told.get('id'),
                        json.loads(told['data']))

    def next(self):
        event, number, row = self.event()
        same(event, 'exchange')
        return number, row


@case
def an_exchange_is_shown_with_all_that_is_known(t):
    origin = t.origin()
    origin.routes['/v1/a?b=1'] = reply(b'{"x":1}', headers=[
        ('Content-Type', 'application/json'), ('X-Two', '1'), ('X-Two', '2')])
    hark, admin = served(t, origin=origin)
    c = t.client(hark)
    c.ask('POST', '/v1/a?b=1', [('X-Asked', 'yes')], b'12345')
    row = rows(admin, 1)[0]
    same((row['method'], row['path'], row['status'], row['source'],
          row['mode'], row['state'], row['request_bytes'],
          row['response_bytes'], row['content_type'], row['scheme'],
          row['host']),
         ('POST', '/v1/a?b=1', 200, 'upstream', 'proxy', 'done', 5, 7,
          'application/json', 'http', hark.address))
    check(row['client'].startswith('127.0.0.1:'), row)
    x = details(admin, row)
    for name in row:
        same(x[name], row[name])
    same([h['value'] for h in x['response']['headers']
          if h['name'] == 'X-Two'], ['1', '2'])
    check({'name': 'X-Asked', 'value': 'yes'} in x['request']['headers'], x)
    same((x['response']['reason'], x['version']), ('OK', 'HTTP/1.1'))
    check(x['timings_us']['connect'] >= 0 and x['timings_us']['wait'] >= 0,
          x['timings_us'])
    same(body(admin, row).body, b'{"x":1}')
    same(body(admin, row, 'request').body, b'12345')
    same(body(admin, row).get('x-hark-content-type'), 'application/json')
    r = admin.call('GET', f'/v1/traffic/{row["id"]}/curl')
    check(b"--data-raw '12345'" in r.body, r.body)
    entry = admin.call('GET', f'/v1/traffic/{row["id"]}/har').json[
        'log']['entries'][0]
    same((entry['request']['url'], entry['response']['status'],
          entry['response']['content']['text']),
         (f'{hark.url}/v1/a?b=1', 200, '{"x":1}'))


@case
def each_source_and_each_end_has_its_row(t):
    origin = t.origin()
    gate = t.gate()

    def cut(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345')
        peer.close()

    def waits(peer, r):
        gate.wait()
        return reply(b'')
    origin.routes.update({'/cut': cut, '/waits': waits})
    hark, admin = served(t, origin=origin)
    t.client(hark).ask('GET', '/a')
    for target in '/broken', '/cut':
        c = t.client(hark)
        c.request('GET', target)
        until(lambda: rows(admin, 1, f'path:{target}'), target)
    c = t.client(hark)
    c.send(b'GET /x HTTP/1.1\r\nHost : x\r\n\r\n')
    same(c.response().status, 400)
    c = t.client(hark)
    c.request('GET', '/waits')
    until(lambda: len(origin.requests) == 2, 'the request')
    c.reset()
    found = {r['path']: r for r in rows(admin, 5)}
    gate.open()
    same({p: (r['source'], r['state'], r['status'])
          for p, r in found.items()},
         {'/a': ('mock', 'done', 201), '/broken': ('mock', 'done', None),
          '/cut': ('upstream', 'cut', 200), '-': ('hark', 'done', 400),
          '/waits': ('hark', 'client-gone', None)})
    same(found['/a']['route'], 'a')
    check(found['/cut']['note'], found['/cut'])
    same(body(admin, found['/cut']).body, b'12345')


@case
def a_query_finds_them_and_pages_go_on(t):
    hark, admin = served(t)
    c = t.client(hark)
    for i in range(25):
        c.ask('GET' if i % 2 else 'POST', f'/a?{i}', [('X-N', str(i))])
    c.ask('GET', '/none')
    rows(admin, 26)
    same(len(rows(admin, 13, 'method:POST')), 13)
    same([r['path'] for r in rows(admin, 2, 'header:x-n=3%20status:2xx%20OR'
                                  '%20source:miss')], ['/a?3', '/none'])
    same(len(rows(admin, 1, '-source:mock')), 1)
    got, before = [], ''
    while before is not None:
        r = admin.call('GET', f'/v1/traffic?limit=10&q=path:/a{before}').json
        got += [row['path'] for row in r['entries']]
        before = r['next'] and f'&before={r["next"]}'
    same(got, [f'/a?{i}' for i in reversed(range(25))])
    r = admin.call('GET', '/v1/traffic?q=colour:red')
    same(r.status, 400)
    check('column 1' in r.json['detail'], r.json)


@case
def a_miss_names_what_is_nearest_and_the_rule(t):
    origin = t.origin()
    store = t.path('hark.db')
    hark = t.hark('record', origin, store=store)
    admin = Admin(t, hark)
    t.client(hark).ask('GET', '/v1/users?page=1')
    until(lambda: rows(admin, 1)[0]['entry'] == 1, 'the entry is known')
    hark.stop()
    hark = t.hark('replay', store=store, url=origin.url)
    admin = Admin(t, hark)
    c = t.client(hark)
    c.ask('GET', '/v1/users?page=1')
    c.ask('GET', '/v1/users?page=2')
    played, miss = rows(admin, 2)
    same((played['source'], played['entry'], played['tier'],
          played['miss']), ('replay', 1, 'exact', None))
    same((miss['miss']['reason'], miss['miss']['nearest'],
          miss['miss']['rules']),
         ('not-recorded', 1, ['GET /v1/users ignore query page']))


@case
def the_number_and_the_bytes_are_bounded(t):
    hark, admin = served(t, '--traffic', '10', '--traffic-body', '4')
    c = t.client(hark)
    for i in range(30):
        c.ask('GET', f'/a?{i}', body=b'123456')
    r = until(lambda: (lambda j: j if j['last'] == 30 else None)(
        admin.call('GET', '/v1/traffic').json), 'all')
    same((len(r['entries']), r['first'], r['dropped']), (10, 21, 20))
    row = r['entries'][0]
    x = details(admin, row)
    same((x['response']['body_bytes'], x['response']['kept_bytes'],
          x['response']['cut']), (5, 4, True))
    got = body(admin, row)
    same((got.body, got.get('x-hark-cut')), (b'hell', 'yes'))
    same(admin.call('GET', f'/v1/traffic/{row["id"]}/curl').status, 409)
    same(admin.call('GET', '/v1/traffic/1').status, 404)
    same(admin.call('DELETE', '/v1/traffic').status, 204)
    same(admin.call('GET', '/v1/traffic').json['entries'], [])
    c.ask('GET', '/a')
    same(rows(admin, 1)[0]['id'], 31)


@case
def a_websocket_is_shown_while_it_runs(t):
    hark, admin = served(t)
    s, _ = opened(t.client(hark), '/chat')
    s.send('é')
    s.receive()
    row = rows(admin, 1, 'state:open')[0]
    same((row['status'], row['route']), (101, 'chat'))
    seen = until(lambda: (lambda m: m if len(m) == 2 else None)(
        details(admin, row)['messages']), 'two messages')
    same([(m['type'], m['data']) for m in seen],
         [('send', 'é'), ('receive', 'you said é')])
    s.close(1000, 'bye')
    s.closed()
    done = rows(admin, 1, 'state:done')[0]
    same(done['id'], row['id'])
    same(details(admin, done)['messages_seen'], 4)


@case
def events_of_a_stream_are_shown_with_their_times(t):
    gates = t.gates(2)

    def events(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
                  b'event: tick\nid: 1\ndata: one\n\n')
        gates[0].wait()
        peer.send(b'data: two\n\n')
        gates[1].wait()
        peer.close()
    origin = t.origin()
    origin.routes['/events'] = events
    hark, admin = served(t, origin=origin)
    t.client(hark).request('GET', '/events')
    row = rows(admin, 1, 'state:open')[0]
    one = until(lambda: details(admin, row)['events'], 'an event')
    same([(e['event'], e['id'], e['data']) for e in one],
         [('tick', '1', 'one')])
    gates[0].open()
    two = until(lambda: (lambda e: e if len(e) == 2 else None)(
        details(admin, row)['events']), 'two events')
    check(two[1]['at_us'] >= two[0]['at_us'] >= 0, two)
    gates[1].open()
    rows(admin, 1, 'state:done')


@case
def secrets_are_not_shown(t):
    origin = t.origin()
    origin.routes['/login?access_token=sekret-abcd-4711-efab'] = reply(
        b'{"password":"hunter2222","access_token":"sekret-aaaa-4711-bbbb"}',
        headers=[('Content-Type', 'application/json'),
                 ('Set-Cookie', 'session=sekret-cccc-4711-dddd')])
    hark, admin = served(t, '--redact', mode='record', origin=origin)
    t.client(hark).ask(
        'POST', '/login?access_token=sekret-abcd-4711-efab',
        [('Authorization', 'Bearer sekret-eeee-4711-ffff'),
         ('Content-Type', 'application/json')],
        b'{"password":"hunter2222"}')
    row = rows(admin, 1)[0]
    x = details(admin, row)
    same((x['request']['cut'], x['response']['cut']), (False, False))
    live = Live(t, hark, fields=[('Last-Event-ID', '0')])
    doors = {
        'list': admin.call('GET', '/v1/traffic').body,
        'details': json.dumps(x).encode(),
        'live': json.dumps(live.next()[1]).encode(),
        'response': body(admin, row).body,
        'decoded': body(admin, row, query='?decoded=1').body,
        'request': body(admin, row, 'request').body}
    for door in 'curl', 'har':
        doors[door] = admin.call('GET', f'/v1/traffic/1/{door}').body
    for door, said in doors.items():
        check(said and b'hunter' not in said and b'sekret' not in said,
              (door, said))
    check(b'"password"' in doors['response'], 'the rest is there')
    check(b'--data' in doors['curl'], doors['curl'])
    # Nor can they be guessed.
    for guess in 'body:hunter2222', 'header:authorization=sekret', '4711':
        r = admin.call('GET', f'/v1/traffic?q={guess}')
        same((r.status, r.json['entries']), (200, []), guess)
    rows(admin, 1, 'body:password')


@case
def exchanges_are_told_as_they_come(t):
    hark, admin = served(t)
    c = t.client(hark)
    c.ask('GET', '/a?before')
    rows(admin, 1)
    live = Live(t, hark)
    same(live.answer.get('content-type'), 'text/event-stream')
    # Its place is known once its stream has begun.
    c.ask('GET', '/a?1')
    number, row = live.next()
    same((number, row['path']), ('2', '/a?1'))
    s, _ = opened(t.client(hark), '/chat')
    number, row = live.next()
    same((number, row['state']), ('3', 'open'))
    s.close(1000, 'bye')
    s.closed()
    number, row = live.next()
    same((number, row['id'], row['state']), (None, 3, 'done'))
    c.ask('GET', '/a?4')
    same(live.next()[1]['path'], '/a?4')


@case
def a_reader_goes_on_where_it_was_and_hears_of_gaps(t):
    hark, admin = served(t, '--traffic', '5')
    c = t.client(hark)
    for i in range(1, 9):
        c.ask('GET', f'/a?{i}')
    until(lambda: admin.call('GET', '/v1/traffic').json['last'] == 8, 'all')
    live = Live(t, hark, fields=[('Last-Event-ID', '6')])
    same([live.next()[1]['path'] for _ in range(2)], ['/a?7', '/a?8'])
    live = Live(t, hark, fields=[('Last-Event-ID', '1')])
    same(live.event(), ('gap', '3', {'from': 2, 'to': 3, 'missed': 2}))
    same([live.next()[1]['id'] for _ in range(5)], [4, 5, 6, 7, 8])
    live = Live(t, hark, '/v1/traffic/live?q=query:8',
                [('Last-Event-ID', '3')])
    same(live.next()[1]['path'], '/a?8')
    r = admin.call('GET', '/v1/traffic/live?q=(')
    same(r.status, 400)


@case
def a_reader_that_does_not_read_costs_no_memory(t):
    hark, admin = served(t, '--traffic', '2000')
    c = t.client(hark)
    lives = [Live(t, hark, fields=[('Last-Event-ID', '0')])
             for _ in range(32)]
    r = admin.call('GET', '/v1/traffic/live')
    same(r.status, 503)
    for i in range(2000):
        c.ask('GET', f'/a?{i}')
    before = hark.status('VmHWM')
    for i in range(3000):
        c.ask('GET', f'/a?{i}')
    grown(hark, before, 24)
    last = until(lambda: (lambda j: j['last'] == 5000 and j)(
        admin.call('GET', '/v1/traffic').json), 'all')['last']
    told = 0
    while told < last:
        event, number, _ = lives[0].event()
        told = int(number)
    del lives


@case
def without_an_admin_port_nothing_is_kept(t):
    hark = t.hark('proxy', '--mocks', mocks(t, route('a', 'x' * 1000)),
                  '--admin', 'off', '--workers', '1')
    c = t.client(hark)
    for _ in range(200):
        c.ask('GET', '/a')
    before = hark.status('VmHWM')
    for _ in range(3000):
        c.ask('GET', '/a')
    grown(hark, before, 2)


@case
def an_exchange_becomes_a_mock(t):
    origin = t.origin()
    origin.routes['/login'] = reply(
        b'{"user":"ann","access_token":"sekret-aaaa-4711-bbbb"}',
        headers=[('Content-Type', 'application/json')])
    origin.routes['/long'] = reply(b'x' * 100)
    file = t.path('promoted.json')
    hark, admin = served(t, '--redact', '--traffic-body', '90',
                         '--mocks-write', file, mode='record', origin=origin)
    for i, target in enumerate(('/login', '/long')):
        same(hark.get(target).source, 'upstream')
        rows(admin, i + 1)
    s, _ = opened(t.client(hark), '/chat')
    rows(admin, 3)
    r = admin.call('POST', '/v1/traffic/1/promote', {})
    same((r.status, r.json['endpoint']), (201, 'login'), r)
    check(b'sekret' not in r.body and 'sekret' not in file.read_text(), r)
    r = hark.get('/login')
    same((r.source, r.json['user']), ('mock', 'ann'))
    made = admin.call('GET', '/v1/mocks').json['environments'][-1]['routes']
    check('upstream' not in json.dumps(made), made)
    check(b'sekret' not in r.body, r.body)
    for wrong, status in ((2, 409), (3, 409), (99, 404)):
        same(admin.call('POST', f'/v1/traffic/{wrong}/promote', {}).status,
             status, wrong)
    s.close(1000, 'bye')
    s.closed()
    rows(admin, 1, 'id:3 state:done'.replace(' ', '%20'))
    r = admin.call('POST', '/v1/traffic/3/promote', {})
    check(r.status == 409 and 'WebSocket' in r.json['detail'], r)
    same(hark.get('/long').source, 'upstream')


main()
