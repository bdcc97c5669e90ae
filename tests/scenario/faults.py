# Goal: mocked routes fail, drag and change as their file says, to the byte.

import json
import shutil
import subprocess
import time

from harness import (PATIENCE, SCALE, Ended, Skip, case, check, main, ms, same,
                     until)

BODY = 'abcdefghij' * 2
FAULTS = ('reset', 'empty', 'malformed', 'garbage', 'cut', 'stall')


def route(endpoint, *responses, **more):
    return {'endpoint': endpoint, 'method': 'all',
            'responses': list(responses), **more}


def one(endpoint, body=BODY, status=200, **hark):
    return route(endpoint, {'body': body, 'statusCode': status,
                            'hark': hark})


def served(t, *routes, options=(), **more):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes), **more}))
    return t.hark('proxy', '--mocks', path, '--on-miss', '404', *options)


def faulty(t, options=()):
    """A route for each fault, one without, and faults of empty answers."""
    return served(t, one('good'), *(one(f, fault=f) for f in FAULTS),
                  *(one(f'none/{f}', status=204, fault=f) for f in FAULTS),
                  options=options)


def raw(hark, sent):
    """All that comes, and how it ends."""
    client = hark.client()
    client.send(sent.encode())
    try:
        while True:
            client.fill()
    except Ended as e:
        return e.got, e.how
    finally:
        client.close()


def get(target, method='GET', version='1.1'):
    return f'{method} /{target} HTTP/{version}\r\nHost: x\r\n\r\n'


def parts(got):
    head, _, body = got.partition(b'\r\n\r\n')
    return head, body


@case
def each_fault_is_what_it_says(t):
    hark = faulty(t, ['--idle-timeout', ms(600)])
    same(raw(hark, get('reset')), (b'', 'rst'))
    same(raw(hark, get('empty')), (b'', 'eof'))
    garbage, how = raw(hark, get('garbage'))
    same(how, 'eof')
    check(garbage and not garbage.startswith(b'HTTP'), garbage)
    for fault in ('cut', 'stall'):
        got, how = raw(hark, get(fault))
        head, body = parts(got)
        same((body, how), (b'abcdefghij', 'eof'), fault)
        check(head.startswith(b'HTTP/1.1 200 OK\r\n') and
              b'Content-Length: 20' in head, head)
    got, how = raw(hark, get('malformed'))
    head, body = parts(got)
    same(how, 'eof')
    check(b'Transfer-Encoding: chunked' in head and
          b'Content-Length' not in head, head)
    check(body.startswith(b'a\r\nabcdefghij\r\n'), body)
    same(body[15:], garbage)
    same(hark.get('/good').body, BODY.encode())
    hark.stop()
    check('7 mocked' in hark.log, hark.log)


@case
def without_a_body_the_head_lacks_its_end(t):
    hark = faulty(t, ['--idle-timeout', ms(600)])
    for fault in ('cut', 'stall', 'malformed'):
        for request in (get(fault, 'HEAD'), get(f'none/{fault}')):
            got, how = raw(hark, request)
            same(how, 'eof', fault)
            check(got.startswith(b'HTTP/1.1 20') and got.endswith(b'\r\n') and
                  b'\r\n\r\n' not in got, (request, got))
    for fault, how in (('reset', 'rst'), ('empty', 'eof')):
        same(raw(hark, get(fault, 'HEAD')), (b'', how))
        same(raw(hark, get(f'none/{fault}')), (b'', how))


@case
def http_1_0_has_no_chunks_to_be_malformed(t):
    hark = faulty(t)
    got, how = raw(hark, get('malformed', version='1.0'))
    head, body = parts(got)
    same((body, how), (b'abcdefghij', 'eof'))
    check(b'Content-Length: 20' in head and b'chunked' not in head, head)


@case
def requests_in_front_are_answered_and_those_behind_are_not(t):
    hark = faulty(t, ['--idle-timeout', ms(600)])
    for fault in FAULTS:
        got, how = raw(hark, get('good') + get(fault) + get('good'))
        same(how, 'rst' if fault == 'reset' else 'eof', fault)
        # A reset may take away what was not read yet.
        if fault == 'reset':
            continue
        same(got.count(b'HTTP/1.1 '), 1 if fault in ('empty', 'garbage')
             else 2, fault)
        check(parts(got)[1].startswith(BODY.encode()), got)


@case
def a_fault_comes_behind_the_whole_request(t):
    hark = faulty(t)
    long = 'x' * 300000
    post = f'POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: {len(long)}' \
           f'\r\n\r\n{long}'
    same(raw(hark, post % 'empty'), (b'', 'eof'))
    got, how = raw(hark, post % 'cut')
    same((parts(got)[1], how), (b'abcdefghij', 'eof'))


@case
def curl_says_what_went_wrong(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl command')
    hark = faulty(t)

    def curl(target, *more):
        return subprocess.run(
            ['curl', '-sS', '--noproxy', '*', hark.url + '/' + target, *more],
            capture_output=True, timeout=PATIENCE)
    for fault, code in (('reset', 56), ('empty', 52), ('malformed', 56),
                        ('garbage', 1), ('cut', 18)):
        same(curl(fault).returncode, code, fault)
    same(curl('cut').stdout, b'abcdefghij')
    same(curl('malformed', '-0').returncode, 18)
    r = curl('stall', '-N', '--max-time', str(2 * SCALE))
    same((r.returncode, r.stdout), (28, b'abcdefghij'))


@case
def a_stalled_answer_lasts_until_its_client_leaves(t):
    hark = faulty(t, ['--workers', '1', '--drain-timeout', '1h'])
    before = hark.descriptors()
    clients = [hark.client() for _ in range(5)]
    for client in clients:
        client.request('GET', '/stall')
        same(client.head().get('content-length'), '20')
        same(client.exactly(10), b'abcdefghij')
    same(hark.descriptors(), before + 5)
    same(hark.get('/good').status, 200)
    clients[0].reset()
    clients[1].half_close()
    for client in clients[1:3]:
        client.close()
    until(lambda: hark.descriptors() == before + 2, 'they are gone')
    # The rest does not keep the gateway from stopping.
    hark.stop()
    for client in clients[3:]:
        same(client.ended(), 'eof')


# ---- slow ones ------------------------------------------------------------


@case
def a_dribbled_body_comes_whole_in_its_pieces(t):
    hark = served(t, one('a', dribble={'pieces': 3, 'over': 90}),
                  one('b', 'xy', dribble={'pieces': 9, 'over': 9}),
                  one('c', '', dribble={'pieces': 9, 'over': 90000}),
                  one('d', status=204, dribble={'pieces': 9, 'over': 90000}),
                  one('e', 'z' * 3000000, dribble={'pieces': 2, 'over': 9}))
    client = t.client(hark)
    began = time.monotonic()
    # All on one connection, each behind the one before.
    for target in 'abcdea':
        client.request('GET', '/' + target)
    a, b, c, d, e, again = [client.response() for _ in 'abcdea']
    same([len(x) for x in a.chunks], [6, 7, 7])
    same(a.body, BODY.encode())
    check(time.monotonic() - began >= 0.09, 'too early')
    same(b.chunks, [b'x', b'y'])
    same((c.status, c.body, d.status), (200, b'', 204))
    same(e.body, b'z' * 3000000)
    same(again.chunks, a.chunks)
    same(client.ask('HEAD', '/a').status, 200)
    same(client.ask('GET', '/b').body, b'xy')
    got, how = raw(hark, get('a', version='1.0'))
    head, body = parts(got)
    same((body, how), (BODY.encode(), 'eof'))
    check(b'Content-Length: 20' in head and b'chunked' not in head, head)


@case
def bandwidth_limits_a_body(t):
    hark = served(t, one('slow', 'x' * 100000, bandwidth=40),
                  one('fast', 'y' * 200000, bandwidth=2000000))
    client = t.client(hark)
    began = time.monotonic()
    client.request('GET', '/slow')
    same(client.head().get('content-length'), '100000')
    got = 0
    for _ in range(4):
        got += len(client.some())
        most = 2 + 4 + 40 * (time.monotonic() - began)
        check(got <= most, f'{got} bytes are more than {most}')
    client.close()
    client = t.client(hark)
    for _ in range(2):
        same(client.ask('GET', '/fast').body, b'y' * 200000)


@case
def a_slow_reader_gets_all_of_a_slow_body(t):
    body = 'abcdefgh' * 400000
    hark = served(t, one('a', body, bandwidth=1 << 30,
                         dribble={'pieces': 50, 'over': 50}))
    client = t.client(hark, receive_buffer=4096)
    client.request('GET', '/a')
    same(client.response().body, body.encode())


@case
def delays_hold_up_nobody_else(t):
    hark = served(t, one('late', delay=3600000), one('a', delay=60),
                  one('b', delay={'uniform': [40, 60]}),
                  one('c', delay={'lognormal': {'median': 50, 'sigma': 0}}),
                  one('drip', dribble={'pieces': 2, 'over': 3600000}),
                  options=['--workers', '1'])
    waiting = [t.client(hark) for _ in range(20)]
    for i, client in enumerate(waiting):
        client.request('GET', '/late' if i % 2 else '/drip')
    for target, least in (('/a', 0.06), ('/b', 0.04), ('/c', 0.05)):
        began = time.monotonic()
        same(hark.get(target).body, BODY.encode())
        check(time.monotonic() - began >= least, f'{target} is too early')
    for client in waiting:
        client.reset()
    same(hark.get('/a').status, 200)


@case
def who_leaves_a_slow_body_leaves_nothing(t):
    hark = served(t, one('a', 'x' * 1000, dribble={
        'pieces': 1000, 'over': 3600000}))
    before = hark.descriptors()
    clients = [hark.client() for _ in range(6)]
    for client in clients:
        client.request('GET', '/a')
        client.head()
    for i, client in enumerate(clients):
        client.reset() if i % 2 else client.close()
    until(lambda: hark.descriptors() == before, 'the connections are gone')


# ---- what is remembered ---------------------------------------------------


def cart():
    def step(body, **hark):
        return {'body': body, 'hark': {'scenario': 'cart', **hark}}
    return [
        route('cart', step('empty', state='Started'),
              step('full', state='full')),
        route('buy', step('bought', newState='full')),
        route('pay', step('paid', state='full', newState='Started'),
              {'body': 'nothing to pay', 'statusCode': 409}),
    ]


def told(hark, target, session=None):
    headers = [('X-Hark-Session', session)] if session else []
    return hark.ask('GET', '/' + target, headers).body.decode()


@case
def a_scenario_goes_through_several_routes(t):
    hark = served(t, *cart())
    same([told(hark, x) for x in ('cart', 'pay', 'buy', 'cart', 'pay',
                                  'cart')],
         ['empty', 'nothing to pay', 'bought', 'full', 'paid', 'empty'])


@case
def each_session_has_its_own_scenario_and_times(t):
    hark = served(t, *cart(), route('twice', {
        'body': 'yes', 'hark': {'times': 2}}))
    told(hark, 'buy', 'a')
    same([told(hark, 'cart', x) for x in ('a', 'b', None)],
         ['full', 'empty', 'empty'])
    for session in ('a', 'b', None):
        headers = [('X-Hark-Session', session)] if session else []
        same([hark.ask('GET', '/twice', headers).status for _ in '123'],
             [200, 200, 404], session)


@case
def scenarios_and_times_outlive_a_restart_when_they_are_kept(t):
    hark = served(t, *cart(), route('once', {'body': 'yes', 'hark': {
        'times': 1}}), options=['--mock-state', t.path('state')])
    same([told(hark, x) for x in ('buy', 'cart', 'once')],
         ['bought', 'full', 'yes'])
    hark.stop()
    hark.restart()
    same([told(hark, 'cart'), hark.get('/once').status], ['full', 404])
    same([told(hark, x) for x in ('pay', 'cart')], ['paid', 'empty'])


@case
def chance_follows_its_seed(t):
    def seen():
        hark = served(
            t, route('a', *({'body': x, 'hark': {'weight': w}}
                            for x, w in (('1', 1), ('2', 5), ('3', 0)))),
            route('b', {'body': 'fine'},
                  hark={'errors': {'rate': 0.5, 'status': 418}}),
            options=['--faker-seed', '9'],
            headers=[{'key': 'Access-Control-Allow-Origin', 'value': '*'}])
        bodies = [told(hark, 'a') for _ in range(40)]
        answers = [hark.get('/b') for _ in range(40)]
        same({a.get('access-control-allow-origin') for a in answers}, {'*'})
        same({a.source for a in answers}, {'mock'})
        hark.stop()
        return bodies, [a.status for a in answers]
    bodies, statuses = seen()
    same(set(bodies), {'1', '2'})
    check(bodies.count('2') > bodies.count('1'), bodies)
    same(set(statuses), {200, 418})
    same(seen(), (bodies, statuses))


@case
def errors_may_be_faults(t):
    hark = served(t, route('a', {'body': '1', 'label': 'sure'}),
                  hark={'errors': {'rate': 1, 'fault': 'empty'}})
    same(raw(hark, get('a')), (b'', 'eof'))
    same(hark.ask('GET', '/a', [('x-mock-response-name', 'sure')]).body, b'1')
    same(hark.get('/unknown').status, 404)


main()
