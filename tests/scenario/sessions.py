# Goal: test workers that share a gateway do not see each other.

import re
import threading

from answers import number, record
from harness import case, check, command, entries, main, reply, same

NAMED = 'X-Hark-Session'


def as_one(hark, name, target='/n', times=1):
    """What a session gets, in turn."""
    return [hark.ask('GET', target, [(NAMED, name)]).body.decode()
            for _ in range(times)]


def replaying(t, *options, times=3):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')] * times)
    hark.restart(mode='replay', options=options)
    return hark


@case
def each_session_has_cursors_of_its_own(t):
    hark = replaying(t)
    same(as_one(hark, 'a', times=2), ['1', '2'])
    same(as_one(hark, 'b', times=4), ['1', '2', '3', '3'])
    same(as_one(hark, 'a'), ['3'])
    same(hark.get('/n').body, b'1')
    hark.stop()
    check('session: a ended: requests 3, replay 3' in hark.log, hark.log)
    check('session: b ended: requests 4, replay 4' in hark.log, hark.log)


@case
def two_hundred_workers_do_not_see_each_other(t):
    hark = replaying(t, '--workers', '4', times=5)
    seen = {}

    def work(name):
        seen[name] = as_one(hark, name, times=6)
    threads = [threading.Thread(target=work, args=(f'worker {i}',))
               for i in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(len(seen), 200)
    for name, got in seen.items():
        same(got, ['1', '2', '3', '4', '5', '5'], name)


@case
def a_session_is_named_in_four_ways(t):
    hark = replaying(t, '--session', 'cookie:hs', '--session', 'path:/with',
                     '--session', 'host:hark.test')
    ways = {
        'cookie': ('/n', [('Cookie', 'x=1; hs=bob')]),
        'path': ('/with/eve/n', []),
    }
    for way, (target, fields) in ways.items():
        same([hark.ask('GET', target, fields).body for _ in '123'],
             [b'1', b'2', b'3'], way)
    c = t.client(hark)
    for want in (b'1', b'2', b'3'):
        c.send(b'GET /n HTTP/1.1\r\nHost: joe.hark.test\r\n\r\n')
        same(c.response().body, want)
    # One replaces the initial way, which is the field.
    same(as_one(hark, 'ann', times=2), ['1', '2'])
    same(hark.get('/n').body, b'3')


@case
def what_names_a_session_stays_with_the_gateway(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--session', f'header:{NAMED}',
                  '--session', 'path:/with', '--session', 'cookie:hs')
    for target, fields in (('/echo', [(NAMED, 'bob')]), ('/with/bob/echo', []),
                           ('/echo', [('Cookie', 'a=1; hs=bob; b=2')])):
        r = hark.ask('GET', target, fields)
        same(r.json['start'], 'GET /echo HTTP/1.1')
        check(b'bob' not in r.body, r.body)
    check(b'a=1; b=2' in r.body, r.body)
    hark.stop()
    recorded = entries(hark.store)
    same([e['_hark']['session'] for e in recorded], ['bob'] * 3)
    check(all('/with' not in e['request']['url'] for e in recorded), recorded)


@case
def a_bad_name_is_refused(t):
    hark = replaying(t)
    for name in ('', 'x' * 201):
        r = hark.ask('GET', '/n', [(NAMED, name)])
        same((r.status, r.source), (400, 'hark'), name)
    hark.stop()
    done = command('replay', '--store', hark.store, '--session', 'X-Session')
    same(done.returncode, 2)
    check('expected header:NAME, cookie:NAME' in done.stderr, done.stderr)
    hark.restart(mode='replay', options=['--session', 'none'])
    same(as_one(hark, 'a', times=2) + as_one(hark, 'b'), ['1', '2', '3'])


@case
def sessions_are_bounded_in_number(t):
    hark = replaying(t, '--max-sessions', '2', '--verbose')
    same(as_one(hark, 'a', times=2), ['1', '2'])
    # It is counted behind the answer.
    hark.told('200 from replay', 2)
    same(as_one(hark, 'b') + as_one(hark, 'c'), ['1', '1'])
    hark.told('session: a ended: requests 2, replay 2')
    same(as_one(hark, 'a'), ['1'])


@case
def a_session_that_was_left_begins_anew(t):
    hark = replaying(t, '--session-timeout', '1ms')
    same(as_one(hark, 'a'), ['1'])
    # Each other request is later than that, sooner or later.
    for _ in range(1000):
        hark.get('/n')
        if re.search('session: a ended', hark.log):
            break
        as_one(hark, 'b')
    check('session: a ended' in hark.log, hark.log)
    same(as_one(hark, 'a'), ['1'])


@case
def sessions_write_and_read_apart(t):
    origin = t.origin()
    items = []

    def todos(p, r):
        if r.method == 'POST':
            items.append('x')
        p.send(reply(str(len(items)).encode()))
    origin.routes['/todos'] = todos
    hark, _ = record(t, origin, [('GET', '/todos'), ('POST', '/todos'),
                                 ('GET', '/todos')])
    hark.restart(mode='replay', options=['--advance', 'on-write'])
    same(as_one(hark, 'a', '/todos', 2), ['0', '0'])
    hark.ask('POST', '/todos', [(NAMED, 'a')])
    same(as_one(hark, 'a', '/todos', 2), ['1', '1'])
    same(as_one(hark, 'b', '/todos'), ['0'])


if __name__ == '__main__':
    main()
