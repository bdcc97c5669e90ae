# Goal: rules that come while the gateway runs hold at once, for what was
# recorded before, for what is recorded meanwhile and for what comes.

import contextlib
import json
import threading

from admins import Admin
from harness import case, check, command, main, reply, same, until
from program import entries
from sink import head, pieces, sha256, sink

IGNORE = '* * ignore query ts'


def add(c, rule, status=201):
    r = c.call('POST', '/v1/rules', {'rule': rule})
    same(r.status, status, r.body)
    return r.json


def rules(c):
    return c.call('GET', '/v1/rules').json['rules']


def recorded(t, *targets, **how):
    """A store in which these are answered, each with its own name."""
    origin = t.origin()
    for target in targets:
        origin.routes[target] = reply(target.encode())
    hark = t.hark('record', origin, **how)
    for target in targets:
        hark.get(target)
    hark.stop()
    return hark


def replaying(t, *targets, mode='replay', options=()):
    hark = recorded(t, *targets)
    hark.restart(mode=mode, options=options)
    return hark, Admin(t, hark)


def answered(hark, target, by):
    r = hark.get(target)
    same((r.status, r.source, r.body), (200, 'replay', by.encode()))


@case
def a_rule_is_added_and_the_next_request_hits(t):
    hark, c = replaying(t, '/a?ts=1', '/b?n=1', options=('--workers', '3'))
    same([hark.get('/a?ts=2').status for _ in range(6)], [501] * 6)
    told = add(c, f'  {IGNORE} ')
    same((told['added'], told['line'], told['rules']),
         (True, IGNORE, [IGNORE]))
    check('--rules FILE' in told['note'], told)
    for i in range(6):
        answered(hark, f'/a?ts={i}', '/a?ts=1')
    same(add(c, IGNORE, 200)['added'], False)
    add(c, 'GET /b ignore query n')
    answered(hark, '/b?n=2', '/b?n=1')
    answered(hark, '/a?ts=7', '/a?ts=1')
    same(rules(c), [IGNORE, 'GET /b ignore query n'])
    same(hark.get('/c').status, 501)
    hark.told(f'rule added: {IGNORE}')
    hark.stop()
    # It was for that run; what is recorded goes by none again.
    hark.restart(mode='record', url=t.origin().url)
    hark.stop()
    hark.restart(mode='replay', url=None)
    same(hark.get('/a?ts=2').status, 501)
    answered(hark, '/a?ts=1', '/a?ts=1')


@case
def what_is_no_rule_is_refused(t):
    hark, c = replaying(t, '/a')
    for wrong in ({}, {'rule': 7}, {'rule': 'nix'}, {'rule': ''},
                  {'rule': '# nothing'}, {'rule': f'{IGNORE}\n{IGNORE}'}):
        same(c.call('POST', '/v1/rules', wrong).status, 400, wrong)
    same(rules(c), [])


@case
def rules_that_make_no_keys_hold_at_once(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for i in range(2):
        origin.routes['/n'] = reply(b'%d' % i)
        hark.get('/n')
    hark.stop()
    hark.restart(mode='replay')
    c = Admin(t, hark)
    same([hark.get('/n').body for _ in range(3)], [b'0', b'1', b'1'])
    add(c, '* /n repeat cycle')
    same([hark.get('/n').body for _ in range(2)], [b'0', b'1'])


@case
def what_is_recorded_before_during_and_after_is_found(t):
    """By rules that make other exact keys, too."""
    origin, gate = t.origin(), t.gate()
    origin.routes['/slow?ts=1'] = lambda p, r: (
        gate.wait(), p.send(reply(b'slow')))
    for name in ('before', 'after'):
        origin.routes[f'/{name}?ts=1'] = reply(name.encode())
    hark = t.hark('auto', origin, '--workers', '2')
    c = Admin(t, hark)
    same(hark.get('/before?ts=1').source, 'upstream')
    slow = t.client(hark)
    slow.request('GET', '/slow?ts=1', [('X-Kind', 'one')])
    until(lambda: '/slow?ts=1' in [r.target for r in origin.requests],
          'the request runs')
    add(c, IGNORE)
    add(c, '* /slow compare header X-Kind')
    gate.open()
    same(slow.response().body, b'slow')
    same(hark.get('/after?ts=1').source, 'upstream')
    c.call('PUT', '/v1/mode', {'mode': 'replay'})
    for name in ('before', 'after'):
        for ts in (1, 2):
            r = hark.get(f'/{name}?ts={ts}')
            same((r.source, r.body), ('replay', name.encode()))
    for kind, source in (('one', 'replay'), ('two', 'miss')):
        r = t.client(hark).ask('GET', '/slow?ts=3', [('X-Kind', kind)])
        same(r.source, source)


def har(targets):
    return {'log': {'version': '1.2', 'creator': {'name': 't', 'version': '1'},
            'entries': [{
                'startedDateTime': '2024-01-01T00:00:00Z', 'time': 1,
                'request': {'method': 'GET', 'url': f'http://o.test{target}',
                            'httpVersion': 'HTTP/1.1', 'headers': [],
                            'cookies': [], 'queryString': [],
                            'headersSize': -1, 'bodySize': 0},
                'response': {'status': 200, 'statusText': 'OK',
                             'httpVersion': 'HTTP/1.1', 'headers': [],
                             'cookies': [], 'redirectURL': '',
                             'headersSize': -1, 'bodySize': 4,
                             'content': {'size': 4, 'mimeType': 'text/plain',
                                         'text': 'many'}},
                'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}
                for target in targets]}}


@contextlib.contextmanager
def asking(hark, target, body):
    """Somebody asks all the time, and gets the right answer each time."""
    end, wrong = threading.Event(), []

    def ask():
        with contextlib.closing(hark.client()) as client:
            while not end.is_set():
                r = client.ask('GET', target)
                if (r.status, r.body) != (200, body):
                    wrong.append((r.status, r.source, r.body))
                    return
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()
    same(wrong, [])


@case
def a_long_tape_is_done_in_pieces_while_requests_go_on(t):
    file = t.path('many.har')
    file.write_text(json.dumps(har(f'/m/{i}?ts=1' for i in range(9000))))
    origin = t.origin()
    origin.routes['/live'] = reply(b'live')
    hark = recorded(t, '/x')
    done = command('import', '--store', hark.store, file, '--tape', 'default')
    same(done.returncode, 0, done)
    hark.restart(mode='auto', url=origin.url)
    c = Admin(t, hark)
    same(hark.get('/live').body, b'live')
    with asking(hark, '/live', b'live'):
        add(c, IGNORE)
        add(c, '* /m/* compare header X-None')
    c.call('PUT', '/v1/mode', {'mode': 'replay'})
    for i in (0, 4000, 8999):
        r = hark.get(f'/m/{i}?ts=2')
        same((r.source, r.body), ('replay', b'many'))


@case
def a_streamed_upload_goes_on_under_other_rules(t):
    origin, begun = t.origin(), t.gate()
    origin.on_connect = lambda peer: (begun.open(), sink(peer))
    hark = t.hark('record', origin, '--workers', '1', '--stream-request-body',
                  '64k')
    c, size = Admin(t, hark), 3 << 20
    up = t.client(hark)
    up.send(head('PUT', '/up?ts=1', f'Content-Length: {size}'))
    some = list(pieces(size))
    up.send(some[0][:1 << 18])
    begun.wait()
    add(c, IGNORE)
    up.send(some[0][1 << 18:])
    for piece in some[1:]:
        up.send(piece)
    same(up.response().json['sha256'], sha256(size))
    c.call('PUT', '/v1/mode', {'mode': 'replay'})
    # Not all of it was kept to be taken by its meaning, as if it was longer.
    for ts, source in ((1, 'replay'), (2, 'miss')):
        again = t.client(hark)
        again.send(head('PUT', f'/up?ts={ts}', f'Content-Length: {size}'))
        for piece in some:
            again.send(piece)
        same(again.response().source, source, ts)


@case
def what_another_records_to_stays_as_it_is(t):
    hark, c = replaying(t, '/a?ts=1')
    other = t.hark('record', t.origin(), '--store', hark.store)
    r = c.call('POST', '/v1/rules', {'rule': IGNORE})
    same(r.status, 409, r.body)
    check('stay as they were' in r.json['detail'], r.body)
    same(rules(c), [])
    answered(hark, '/a?ts=1', '/a?ts=1')
    same(hark.get('/a?ts=2').status, 501)
    other.stop()
    add(c, IGNORE)
    answered(hark, '/a?ts=2', '/a?ts=1')


@case
def a_reload_keeps_them_and_takes_those_of_files(t):
    file = t.path('rules')
    file.write_text('* /b ignore query n\n')
    hark, c = replaying(t, '/a?ts=1', '/b?n=1',
                        options=('--rules', str(file), '--no-watch'))
    add(c, IGNORE)
    answered(hark, '/b?n=2', '/b?n=1')
    file.write_text('* * redact query key\n* /a ignore query x\n')
    r = c.call('POST', '/v1/reload', {}).json
    same(r, {'changed': ['rules'], 'next_start': []})
    same(rules(c), ['* * redact query key', '* /a ignore query x', IGNORE])
    answered(hark, '/a?ts=2&x=5', '/a?ts=1')
    same(hark.get('/b?n=2').status, 501)
    answered(hark, '/b?n=1', '/b?n=1')
    file.write_text(f'{IGNORE}\n* /b ignore query n\n')
    same(c.call('POST', '/v1/reload', {}).json,
         {'changed': ['rules'], 'next_start': []})
    same(rules(c), [IGNORE, '* /b ignore query n'])
    answered(hark, '/b?n=2', '/b?n=1')
    answered(hark, '/a?ts=2', '/a?ts=1')
    same(c.call('POST', '/v1/reload', {}).json,
         {'changed': [], 'next_start': []})


REDACT = '* * redact query ticket'


def kept(hark):
    """What of the secrets below lies in the store's files."""
    files = b''.join(path.read_bytes()
                     for path in hark.store.parent.glob(hark.store.name + '*'))
    return {secret for secret in ('t-before', 't-between', 't-after', 'p-now')
            if secret.encode() in files}


@case
def rules_of_redaction_hold_for_what_begins_then(t):
    origin = t.origin()
    json = [('Content-Type', 'application/json')]
    origin.routes['/pin'] = reply(b'{"pin":"p-now"}', headers=json)
    file = t.path('rules')
    file.write_text('')
    hark = t.hark('auto', origin, '--redact', 'on', '--rules', str(file),
                  '--workers', '2', '--no-watch')
    c = Admin(t, hark)
    same(hark.get('/a?ticket=t-before').source, 'upstream')
    until(lambda: kept(hark) == {'t-before'}, 'it is recorded')
    # Who asks is answered when what begins goes by them.
    file.write_text(f'{REDACT}\n')
    same(c.call('POST', '/v1/reload', {}).json,
         {'changed': ['rules'], 'next_start': []})
    add(c, '* /pin redact json /pin')
    same(hark.get('/a?ticket=t-between').source, 'upstream')
    same(hark.get('/pin').body, b'{"pin":"p-now"}')
    # Both are found, each in the way in which it was recorded.
    for path in ('/a?ticket=t-between', '/a?ticket=t-before', '/pin'):
        until(lambda: hark.get(path).source == 'replay', f'{path} is found')
    # And as before without.
    file.write_text('')
    same(c.call('POST', '/v1/reload', {}).json['changed'], ['rules'])
    same(hark.get('/b?ticket=t-after').source, 'upstream')
    hark.stop()
    same(kept(hark), {'t-before', 't-after'})
    hark.restart(mode='replay', url=None, options=[])
    for path in ('/a?ticket=t-between', '/a?ticket=t-before', '/pin',
                 '/b?ticket=t-after'):
        same(hark.get(path).source, 'replay', path)


@case
def what_records_later_goes_by_rules_that_came_before(t):
    hark = t.hark('proxy', t.origin(), '--redact', 'on')
    c = Admin(t, hark)
    add(c, REDACT)
    same(c.call('PUT', '/v1/mode', {'mode': 'auto'}).status, 200)
    same(hark.get('/a?ticket=t-between').source, 'upstream')
    until(lambda: hark.get('/a?ticket=t-between').source == 'replay',
          'it is found')
    hark.stop()
    same(kept(hark), set())


@case
def a_tape_that_was_redacted_in_many_ways_takes_no_more(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--redact', 'on')
    c = Admin(t, hark)
    hark.get('/a?n=1')
    for i in range(63):
        add(c, f'* * redact query n{i}')
    r = c.call('POST', '/v1/rules', {'rule': '* * redact query n'})
    same(r.status, 409, r.body)
    check('redacted in 64 ways' in r.json['detail'], r.body)
    same(len(rules(c)), 63)
    hark.get('/a?n=t-after')
    hark.stop()
    same(kept(hark), {'t-after'})


@case
def what_records_only_makes_keys_by_them(t):
    """Also of a request that began before."""
    origin, gate = t.origin(), t.gate()
    origin.routes['/slow?ts=1'] = lambda p, r: (
        gate.wait(), p.send(reply(b'slow')))
    hark = t.hark('record', origin)
    c = Admin(t, hark)
    hark.get('/a?ts=1')
    slow = t.client(hark)
    slow.request('GET', '/slow?ts=1')
    until(lambda: '/slow?ts=1' in [r.target for r in origin.requests],
          'the request runs')
    add(c, IGNORE)
    hark.get('/b?ts=1')
    gate.open()
    same(slow.response().body, b'slow')
    c.call('PUT', '/v1/mode', {'mode': 'replay'})
    for name in ('a', 'b', 'slow'):
        same(hark.get(f'/{name}?ts=2').source, 'replay')
    hark.stop()
    same(len(entries(hark.store)), 3)


main()
