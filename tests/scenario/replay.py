# Goal: a recorded answer comes back byte for byte.

import datetime
import email.utils
import json
import re
import threading
import time

from answers import ANSWERS, multipart, number, record, shape
from harness import (SCALE, Ended, Failed, Shared, case, check, command, main,
                     reply, same, until)


def replay(t, origin, asked, *options):
    """As record(), then starts replay without the origin."""
    hark, seen = record(t, origin, asked)
    origin.stop()
    hark.restart(mode='replay', options=options)
    return hark, seen


@case
def D17_replay_is_byte_identical_to_what_was_sent(t):
    origin = t.origin()
    origin.routes.update(ANSWERS)
    hark, seen = replay(t, origin, [('GET', target) for target in ANSWERS])
    for cold in (True, False):
        for target, r in zip(ANSWERS, seen):
            again = hark.get(target)
            same(again.source, 'replay', target)
            same(shape(again), shape(r), f'{target}, cold {cold}')
            last = [h for h in again.headers
                    if h[0].lower() not in ('connection',
                                            'transfer-encoding')][-1]
            check(last[0].lower() == 'x-hark-source' and
                  re.fullmatch(r'replay;entry=\d+', last[1]), last)


@case
def source_header_off_leaves_the_answer_alone(t):
    origin = t.origin()
    origin.routes['/'] = ANSWERS['/plain']
    hark, (seen,) = record(t, origin, [('GET', '/')])
    hark.restart(mode='replay', options=['--source-header', 'off'])
    r = hark.get('/')
    same([h for h in r.headers if h[0].lower() != 'connection'],
         seen.end_to_end)


@case
def an_answer_that_ended_with_its_connection_is_replayed_whole(t):
    origin = t.origin()
    origin.routes['/close'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n', b'abc' * 1000),
        p.close())
    hark, _ = replay(t, origin, [('GET', '/close')])
    r = hark.get('/close')
    same((r.source, r.body, r.complete, r.get('x-a')),
         ('replay', b'abc' * 1000, True, '1'))


@case
def a_client_of_HTTP_1_0_can_be_replayed_to(t):
    origin = t.origin()
    origin.routes['/chunked'] = ANSWERS['/chunked']
    hark, _ = replay(t, origin, [('GET', '/chunked')])
    c = t.client(hark)
    c.send(b'GET /chunked HTTP/1.0\r\n\r\n')
    r = c.response()
    same((r.status, r.body), (200, b'hello!'))
    check(r.framing != 'chunked', r.headers)


@case
def replays_can_be_pipelined(t):
    origin = t.origin()
    origin.routes['/large'] = ANSWERS['/large']
    hark, _ = replay(t, origin, [('GET', '/a'), ('POST', '/b', [], b'x'),
                                 ('GET', '/large')])
    c = t.client(hark)
    for _ in range(20):
        c.request('GET', '/a')
        c.request('POST', '/b', [], b'x')
        c.request('GET', '/large')
    for _ in range(20):
        same(c.response().json['start'], 'GET /a HTTP/1.1')
        same(c.response().json['body'], 'x')
        same(len(c.response().body), 16 * (200 << 10))


@case
def dates_move_by_the_age_of_the_recording(t):
    day = 86400
    then = int(time.time()) - 30 * day
    fields = {'Date': then, 'Expires': then + 3600,
              'Last-Modified': then - 7 * day}
    store, har = t.path('aged.db'), t.path('aged.har')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'test', 'version': '1'},
        'entries': [{
            'startedDateTime': datetime.datetime.fromtimestamp(
                then, datetime.timezone.utc).isoformat(),
            'time': 1, 'cache': {},
            'timings': {'send': 0, 'wait': 1, 'receive': 0},
            'request': {
                'method': 'GET', 'url': 'http://api.test/job',
                'httpVersion': 'HTTP/1.1', 'headers': [], 'cookies': [],
                'queryString': [], 'headersSize': -1, 'bodySize': 0},
            'response': {
                'status': 200, 'statusText': 'OK', 'httpVersion': 'HTTP/1.1',
                'headers': [
                    {'name': n, 'value': email.utils.formatdate(
                        at, usegmt=True)} for n, at in fields.items()],
                'cookies': [], 'redirectURL': '', 'headersSize': -1,
                'bodySize': 2, 'content': {
                    'mimeType': 'application/json', 'size': 2,
                    'text': json.dumps({'exp': then + 60, 'id': then})},
            }}]}}))
    same(command('import', '--store', store, har).returncode, 0)
    hark = t.hark('replay', '--store', store, '--refresh-dates',
                  '--rule', 'GET /job shift json /exp')
    r = hark.get('/job')
    at = {n: email.utils.parsedate_to_datetime(r.get(n)).timestamp()
          for n in fields}
    now = time.time()
    check(abs(at['Date'] - now) < 60 + 10 * SCALE, r.headers)
    same(at['Expires'] - at['Date'], 3600)
    check(abs(at['Date'] - 7 * day - at['Last-Modified']) <
          60 + 10 * SCALE, r.headers)
    same(r.json['id'], then)
    check(abs(r.json['exp'] - 60 - now) < 60 + 10 * SCALE, r.json)
    # The copy that a client has stays good.
    again = hark.ask('GET', '/job', [('If-Modified-Since',
                                      r.get('Last-Modified'))])
    same((again.status, again.get('Last-Modified')),
         (304, r.get('Last-Modified')))


# --- the key -----------------------------------------------------------------

@case
def D1_the_method_is_part_of_the_key(t):
    origin = t.origin()
    asked = [('GET', '/style.css'), ('POST', '/style.css'),
             ('get', '/style.css'), ('QUERY', '/style.css')]
    hark, _ = replay(t, origin, asked)
    for a in reversed(asked):
        same(hark.ask(*a).json['start'], f'{a[0]} /style.css HTTP/1.1')
    same(hark.ask('PUT', '/style.css').source, 'miss')


@case
def D2_D3_the_body_is_part_of_the_key_for_every_method(t):
    origin = t.origin()
    methods = ('POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'GET', 'FROB')
    asked = [(m, '/echo', [], b) for m in methods
             for b in (b'1', b'2', b'3')]
    hark, _ = replay(t, origin, asked)
    for m in methods:
        for b in (b'3', b'1', b'2'):
            r = hark.ask(m, '/echo', [], b)
            same((r.source, r.json['body']), ('replay', b.decode()), m)
        same(hark.ask(m, '/echo', [], b'4').source, 'miss', m)
        same(hark.ask(m, '/echo').source, 'miss', m)


@case
def A4_A6_targets_are_compared_byte_for_byte(t):
    origin = t.origin()
    recorded = ['/p?WSDL', '/p/', '/a%2fb', '/q?a=1&b=2', '/x//y', '/e?',
                '/%41']
    hark, _ = replay(t, origin, [('GET', target) for target in recorded])
    for target in recorded:
        same(hark.get(target).source, 'replay', target)
    for target in ('/p?WSDL=', '/p?wsdl', '/p', '/a%2Fb', '/a/b',
                   '/q?b=2&a=1', '/x/y', '/e', '/A'):
        same(hark.get(target).source, 'miss', target)


@case
def no_body_and_an_empty_one_are_the_same(t):
    origin = t.origin()
    hark, _ = replay(t, origin, [('POST', '/x'), ('PUT', '/y', [], b'')])
    same(hark.ask('POST', '/x', [], b'').source, 'replay')
    same(hark.ask('PUT', '/y').source, 'replay')


@case
def the_framing_of_a_request_is_not_part_of_the_key(t):
    origin = t.origin()
    hark, _ = replay(t, origin, [('POST', '/x', [], b'abcdef')])
    c = t.client(hark)
    c.send(b'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n'
           b'\r\n2\r\nab\r\n4\r\ncdef\r\n0\r\n\r\n')
    same(c.response().source, 'replay')


@case
def D4_multipart_matches_with_another_boundary(t):
    origin = t.origin()

    def post(boundary, *how):
        return ('POST', '/form',
                [('Content-Type',
                  f'multipart/form-data; boundary={boundary}')],
                multipart(boundary, *how))
    hark, _ = replay(t, origin, [post('----one')])
    same(hark.ask(*post('----one')).source, 'replay')
    same(hark.ask(*post('another-2')).source, 'replay')
    same(hark.ask(*post('x', 'valuf')).source, 'miss')
    same(hark.ask(*post('x', 'value', 'text/html')).source, 'miss')
    quoted = post('a b')
    quoted = (*quoted[:2], [('Content-Type',
                             'multipart/form-data; boundary="a b"')],
              quoted[3])
    same(hark.ask(*quoted).source, 'replay')


# --- choosing ----------------------------------------------------------------

@case
def D5_the_most_equal_headers_win(t):
    origin = t.origin()
    origin.routes['/echo'] = lambda p, r: p.send(
        reply((r.get('baz') or 'none').encode()))
    asked = [('POST', '/echo', [('Baz', f'baz{i}')], b'x')
             for i in (1, 2, 3)]
    hark, _ = replay(t, origin, asked)
    for i in (3, 1, 2):
        same(hark.ask(*asked[i - 1]).body, f'baz{i}'.encode())


@case
def D6_D7_repeats_come_in_recorded_order_and_the_last_stays(t):
    origin = t.origin()
    number(origin, '/sequence')
    hark, _ = replay(t, origin, [('GET', '/sequence')] * 3)
    same([hark.get('/sequence').body for _ in range(6)],
         [b'1', b'2', b'3', b'3', b'3', b'3'])


@case
def repeats_follow_the_policy(t):
    origin = t.origin()
    number(origin, '/n')
    number(origin, '/once')
    hark, _ = record(t, origin, [('GET', '/n')] * 3 + [('GET', '/once')])
    for policy, want in (('hold', '123333'), ('cycle', '123123'),
                         ('first', '111111'), ('latest', '333333')):
        hark.restart(mode='replay', options=['--repeat', policy])
        same(''.join(hark.get('/n').body.decode() for _ in want), want,
             policy)
        hark.stop()
    hark.restart(mode='replay', options=['--repeat', 'fail'])
    same(''.join(hark.get('/n').body.decode() for _ in '123'), '123')
    same(hark.get('/once').body, b'1')
    for target in ('/n', '/once'):
        r = hark.get(target)
        same((r.status, r.source), (501, 'miss'))
        check('exhausted' in r.json['detail'], r.json)
    hark.told('(matched but exhausted)')


@case
def a_rule_gives_some_requests_a_policy_of_their_own(t):
    origin = t.origin()
    targets = ('/n', '/jobs/1', '/jobs/2?x=/n', '/last')
    for target in targets:
        number(origin, target)
    hark, _ = record(t, origin, [('GET', x) for x in targets] * 2)
    rules = t.path('rules')
    rules.write_text('# comes first\n* /jobs/?* repeat cycle\n'
                     '* * repeat fail\n')
    hark.restart(mode='replay', options=[
        '--rule', 'GET,HEAD /last repeat latest', '--rules', rules])
    for target, want in (('/jobs/1', '1212'), ('/jobs/2?x=/n', '1212'),
                         ('/last', '2222'), ('/n', '12--')):
        same(''.join(r.body.decode() if r.source == 'replay' else '-'
                     for r in (hark.get(target) for _ in want)), want, target)
    hark.stop()
    bad = t.path('bad')
    bad.write_text('\n* /jobs repeat sometimes\n')
    done = command('replay', '--store', hark.store, '--rules', bad)
    same(done.returncode, 2)
    check(f'{bad}: line 2: rule "* /jobs repeat sometimes": sometimes: '
          'expected one of hold, cycle' in done.stderr, done.stderr)


@case
def reads_advance_only_behind_a_write_to_the_same_path(t):
    origin = t.origin()
    items = []

    def todos(p, r):
        if r.method == 'POST':
            items.append(r.body.decode())
        p.send(reply(','.join(items).encode()))
    origin.routes.update({'/todos': todos, '/todos?x': todos,
                          '/todos/1': todos, '/else': todos})
    asked = [('GET', '/todos'), ('GET', '/todos/1'), ('GET', '/else'),
             ('POST', '/todos', [], b'a'), ('GET', '/todos'),
             ('GET', '/todos/1'), ('GET', '/else'), ('GET', '/todos'),
             ('POST', '/todos', [], b'b'), ('GET', '/todos')]
    hark, _ = record(t, origin, asked)
    for options in (['--advance', 'on-write'],
                    ['--rule', '* /todos* advance on-write']):
        hark.restart(mode='replay', options=options)
        seen = {}
        for step in (None, b'a', b'b'):
            if step:
                same(hark.ask('POST', '/todos', [], step).source, 'replay')
            for _ in range(3):
                seen.setdefault('/todos', []).append(hark.get('/todos').body)
            seen.setdefault('/todos/1', []).append(
                hark.get('/todos/1').body)
        same(seen, {'/todos': [b''] * 3 + [b'a'] * 3 + [b'a,b'] * 3,
                    '/todos/1': [b'', b'a', b'a']}, options)
        same([hark.get('/else').body for _ in '12'],
             [b'', b''] if '--advance' in options else [b'', b'a'])
        hark.stop()


@case
def a_used_up_sequence_is_forwarded_where_the_mode_does(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')] * 2)
    hark.restart(mode='spy', url=origin.url, options=['--repeat', 'fail'])
    same([(r.source, r.body) for r in (hark.get('/n') for _ in '1234')],
         [('replay', b'1'), ('replay', b'2'), ('upstream', b'3'),
          ('upstream', b'4')])


@case
def a_cycle_is_shared_by_all_workers(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')] * 5)
    hark.restart(mode='replay',
                 options=['--repeat', 'cycle', '--workers', '4'])
    same([int(hark.get('/n').body) for _ in range(15)],
         [1, 2, 3, 4, 5] * 3)


@case
def by_time_a_status_changes_when_it_did(t):
    origin = t.origin()
    job = t.gate('the job is done')
    origin.routes['/job'] = lambda p, r: p.send(
        reply(b'done' if job.event.is_set() else b'running'))
    hark = t.hark('record', origin)
    same(hark.get('/job').body, b'running')
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 1, 'a second has passed')
    job.open()
    same(hark.get('/job').body, b'done')
    hark.stop()
    hark.restart(mode='replay', options=['--repeat', 'by-time'])
    began = time.monotonic()
    same(hark.get('/job').body, b'running')
    until(lambda: hark.get('/job').body == b'done', 'the job is done')
    check(time.monotonic() - began >= 1, 'it was done too early')
    same(hark.get('/job').body, b'done')


@case
def D8_sequences_of_different_keys_are_independent(t):
    origin = t.origin()
    number(origin, '/a')
    number(origin, '/b')
    hark, _ = replay(t, origin, [('GET', '/a'), ('GET', '/b')] * 3)
    same([hark.get(x).body for x in ('/a', '/a', '/b', '/a', '/b')],
         [b'1', b'2', b'1', b'3', b'2'])


@case
def a_sequence_is_shared_by_all_workers(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')] * 90)
    hark.restart(mode='replay', options=['--workers', '4'])
    got = sorted(int(hark.get('/n').body) for _ in range(90))
    same(got, list(range(1, 91)))


@case
def Vary_decides_between_answers(t):
    origin = t.origin()

    def script(peer, r):
        peer.send(reply((r.get('accept-language') or '-').encode(),
                        headers=[('Vary', 'accept-LANGUAGE, X-Other')]))
    origin.routes['/'] = script
    asked = [('GET', '/', [('Accept-Language', 'de')]),
             ('GET', '/', [('Accept-Language', 'fr')]), ('GET', '/')]
    hark, _ = replay(t, origin, asked)
    same(hark.ask(*asked[1]).body, b'fr')
    same(hark.ask(*asked[0]).body, b'de')
    same(hark.ask(*asked[2]).body, b'-')
    for lines in ([('Accept-Language', 'es')],
                  [('Accept-Language', 'de'), ('X-Other', '1')]):
        same(hark.get('/', lines).source, 'miss')


@case
def failed_exchanges_are_skipped(t):
    origin = t.origin()
    scripts = iter([
        lambda p: (p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
                   p.close()),
        lambda p: p.close(),
        lambda p: p.send(reply(b'good'))])
    origin.routes['/x'] = lambda p, r: next(scripts)(p)
    hark, _ = replay(t, origin, [('POST', '/x')] * 3)
    for _ in range(3):
        r = hark.ask('POST', '/x')
        same((r.source, r.body), ('replay', b'good'))


@case
def HEAD_is_replayed_without_a_body(t):
    origin = t.origin()
    origin.routes['/h'] = lambda p, r: p.send(
        b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "1"\r\n\r\n',
        b'' if r.method == 'HEAD' else b'body')
    hark, (head,) = replay(t, origin, [('HEAD', '/h')])
    c = t.client(hark)
    for _ in range(2):
        r = c.ask('HEAD', '/h')
        same((shape(r), r.source), (shape(head), 'replay'))


@case
def a_304_is_no_answer_to_an_unconditional_request(t):
    origin = t.origin()
    origin.routes['/c'] = lambda p, r: p.send(
        b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
        if r.get('if-none-match') else reply(b'full',
                                             headers=[('ETag', '"1"')]))
    hark, _ = record(t, origin, [
        ('GET', '/c', [('If-None-Match', '"1"')])])
    hark.restart(mode='replay')
    same(hark.get('/c').source, 'miss')
    r = hark.get('/c', [('If-None-Match', '"1"')])
    same((r.status, r.get('etag'), r.source), (304, '"1"', 'replay'))
    hark.stop()
    hark.restart(mode='record', url=origin.url)
    hark.get('/c')
    hark.stop()
    hark.restart(mode='replay')
    for _ in range(2):
        same(hark.get('/c').body, b'full')
    same(hark.get('/c', [('If-None-Match', '"1"')]).status, 304)


@case
def a_206_is_no_answer_without_Range(t):
    origin = t.origin()
    origin.routes['/r'] = lambda p, r: p.send(
        reply(b'art', '206 Partial Content',
              [('Content-Range', 'bytes 1-3/4')]) if r.get('range')
        else reply(b'part'))
    asked = ('GET', '/r', [('Range', 'bytes=1-3')])
    hark, _ = record(t, origin, [asked])
    hark.restart(mode='replay')
    same(hark.get('/r').source, 'miss')
    r = hark.ask(*asked)
    same((r.status, r.body, r.get('content-range')),
         (206, b'art', 'bytes 1-3/4'))


@case
def D16_set_cookie_lines_come_back_as_they_were(t):
    origin = t.origin()
    lines = [('Set-Cookie', 'a=1; Path=/; HttpOnly'),
             ('set-cookie', 'b="x,y"; Expires=Sat Sep 14 01:02:27 CET 2024')]
    origin.routes['/'] = reply(b'', headers=lines)
    hark, _ = replay(t, origin, [('GET', '/')])
    same([h for h in hark.get('/').headers if h[0].lower() == 'set-cookie'],
         lines)


@case
def D19_a_chain_of_redirects_is_replayed_step_by_step(t):
    origin = t.origin()
    origin.routes['/1'] = reply(b'', '302 Found', [('Location', '/2')])
    origin.routes['/2'] = reply(b'', '302 Found', [('Location', '/1')])
    hark, _ = replay(t, origin, [('GET', '/1'), ('GET', '/2')])
    same([(r.status, r.get('location')) for r in
          (hark.get('/1'), hark.get('/2'), hark.get('/1'))],
         [(302, '/2'), (302, '/1'), (302, '/2')])


# --- misses ------------------------------------------------------------------

@case
def D11_a_miss_names_what_was_asked_and_the_nearest(t):
    origin = t.origin()
    hark, _ = replay(t, origin, [('POST', '/users/7', [], b'abc'),
                                 ('GET', '/other')])
    r = hark.ask('POST', '/users/7', [], b'abd!')
    same((r.status, r.get('content-type'), r.source),
         (501, 'application/problem+json', 'miss'))
    text = r.json
    same((text['type'], text['status'], text['method'], text['body_bytes']),
         ('about:blank', 501, 'POST', 4))
    check(text['title'] and text['detail'], text)
    check(text['url'].endswith('/users/7'), text)
    same(text['nearest']['method'], 'POST')
    check(text['nearest']['url'].endswith('/users/7'), text)
    check(isinstance(text['nearest']['entry'], int), text)


@case
def a_miss_on_an_empty_tape_has_no_nearest(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.stop()
    hark.restart(mode='replay')
    r = hark.get('/a"b%00<\xe9>')
    same((r.status, r.json.get('nearest')), (501, None))
    r = hark.ask('HEAD', '/x')
    same((r.status, r.body), (501, b''))


@case
def on_miss_chooses_the_answer(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known')])
    for status in ('501', '404', '502'):
        hark.restart(mode='replay', options=['--on-miss', status])
        r = hark.get('/x')
        same((r.status, r.source), (int(status), 'miss'))
        same(r.json['status'], int(status))
        same(hark.get('/known').source, 'replay')
        hark.stop()
    hark.restart(mode='replay', options=['--on-miss', 'drop'])
    c = t.client(hark)
    c.request('GET', '/x')
    c.ended()
    same(hark.get('/known').source, 'replay')


@case
def on_miss_forward_asks_the_upstream(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known')])
    origin.take()
    hark.restart(mode='replay', url=origin.url,
                 options=['--on-miss', 'forward'])
    same(hark.get('/known').source, 'replay')
    same(origin.targets(), [])
    same(hark.get('/new').source, 'upstream')
    same(origin.targets(), ['/new'])


# --- under load --------------------------------------------------------------

@Shared
def loaded(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for i in range(200):
        same(hark.get(f'/{i}').status, 200)
    hark.stop()
    hark.restart(mode='replay', options=['--cache-size', '64k'])
    return hark


@case
def many_clients_get_the_right_answers_from_a_small_cache(t):
    hark = loaded()
    wrong = []

    def many(who):
        try:
            c = hark.client()
            for i in range(100):
                target = f'/{(who * 37 + i * 11) % 200}'
                r = c.ask('GET', target)
                if r.source != 'replay' or \
                        r.json['start'] != f'GET {target} HTTP/1.1':
                    wrong.append((target, r))
            c.close()
        except (Failed, Ended, OSError) as e:
            wrong.append(e)
    threads = [threading.Thread(target=many, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(wrong, [])


if __name__ == '__main__':
    main()
