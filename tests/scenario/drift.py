# Goal: hark tells how the live API differs from what was recorded of it.

import gzip
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

from harness import (HARK, case, certificate, check, command, entries, main,
                     ms, reply, same, tls_server, until)
from sockets import opened, serves, shouts

JSON = ('Content-Type', 'application/json')


def document(value, *headers, **how):
    return reply(json.dumps(value).encode(), headers=[JSON, *headers], **how)


OLD = {
    '/users/1': document({'id': 1, 'name': 'Ann', 'state': 'on'}),
    '/users/2': document({'id': 2, 'name': 'Bob', 'state': 'off'}),
    '/users/3': document({'id': 3, 'name': 'Cy', 'state': 'on'}),
    '/users/4': document({'id': 4, 'name': 'Di', 'state': 'off'}),
    '/gone': document({'a': 1}, ('ETag', '"1"'), ('X-Total', '2')),
    '/fields': document({}, ('ETag', '"1"'), ('X-Total', '2'),
                        ('Date', 'Sat, 21 Nov 2026 06:00:00 GMT')),
    '/type': document({'a': {'b': [1, 2]}, 'n': 'x'}),
    '/same': reply(gzip.compress(b'{"at": "2026-11-21", "n": 17}'),
                   headers=[JSON, ('Content-Encoding', 'gzip')]),
    '/text': reply(b'some text', headers=[('Content-Type', 'text/plain')]),
}
NEW = {
    '/users/1': document({'id': '1', 'name': 'Ann', 'state': 'on'}),
    '/users/2': document({'id': 2, 'state': 'off'}),
    '/users/3': document({'id': 3, 'name': 'Cy', 'state': 'broken'}),
    '/users/4': document({'id': 4, 'name': 'Di', 'state': 'on', 'new': 1}),
    '/gone': document({'error': 'x'}, status='404 Not Found'),
    '/fields': document({}, ('X-New', '1')),
    '/type': document({'a': {'b': [1, None]}, 'n': None}),
    '/same': document({'at': '2027-01-01', 'n': -1.5}),
    '/text': reply(b'<p>', headers=[('Content-Type', 'text/html')]),
}
FOUND = {
    '/users/1': ['breaking: body $.id: number is now string'],
    '/users/2': ['breaking: body $.name: string is gone'],
    '/users/3': ['informational: body $.state: "broken" is new there, '
                 'not one of "on", "off"'],
    '/users/4': ['informational: body $.new: number is new'],
    '/gone': ['breaking: status 200 is now 404'],
    '/fields': ['breaking: header x-total is gone',
                'informational: header etag is gone',
                'informational: header x-new is new'],
    '/type': ['breaking: body $.a.b[]: number is now number|null',
              'breaking: body $.n: string is now null'],
    '/same': ['informational: header content-encoding is gone'],
    '/text': ['breaking: media type text/plain is now text/html'],
}
BREAKING = [t for t, lines in FOUND.items()
            if any(line.startswith('breaking') for line in lines)]


def recorded(t, *options, asked=(), origin=None):
    """A gateway that has recorded all of OLD and is gone, and the origin."""
    origin = origin or t.origin()
    origin.routes.update(OLD)
    hark = t.hark('record', origin, *options)
    for target in OLD:
        hark.get(target)
    for one in asked:
        hark.ask(*one)
    hark.stop()
    origin.take()
    return hark.store, origin


def drift(store, *options, expect=0):
    done = command('drift', '--store', store, *options)
    same(done.returncode, expect, done.stdout + done.stderr)
    return done


def objects(store, *options, expect=0):
    done = drift(store, '--json', *options, expect=expect)
    return [json.loads(line) for line in done.stdout.splitlines()]


def targets(found, result):
    return ['/' + o['url'].split('/', 3)[3] for o in found
            if o['result'] == result]


# --- hark drift -------------------------------------------------------------

@case
def an_API_that_has_not_changed_has_no_drift(t):
    store, origin = recorded(t)
    done = drift(store)
    same((done.stdout, done.stderr),
         ('9 requests sent, 9 as recorded\n', ''))
    same(sorted(origin.targets()), sorted(OLD))


@case
def each_kind_of_drift_is_told_in_recorded_order(t):
    store, origin = recorded(t)
    origin.routes.update(NEW)
    done = drift(store, expect=5)
    want = []
    for number, (target, lines) in enumerate(FOUND.items(), 1):
        want.append(f'GET {origin.url}{target} (entry {number})')
        want += [f'    {line}' for line in lines]
    want.append('9 requests sent, 3 with informational drift, '
                '6 with breaking drift')
    same(done.stdout.splitlines(), want)


@case
def drift_that_breaks_nobody_is_no_failure(t):
    store, origin = recorded(t)
    origin.routes['/users/4'] = NEW['/users/4']
    done = drift(store)
    same(done.stdout.splitlines()[1:], [
        '    informational: body $.new: number is new',
        '9 requests sent, 8 as recorded, 1 with informational drift'])


@case
def json_has_an_object_for_each_entry(t):
    store, origin = recorded(t, asked=[('POST', '/post', [], b'x')])
    origin.routes.update(NEW)
    found = objects(store, expect=5)
    same([o['entry'] for o in found], list(range(1, 11)))
    same(targets(found, 'breaking'), BREAKING)
    same(found[4], {
        'entry': 5, 'method': 'GET', 'url': origin.url + '/gone',
        'result': 'breaking', 'was': 200, 'now': 404,
        'findings': [{'kind': 'status', 'severity': 'breaking',
                      'was': '200', 'now': '404'}]})
    same(found[5]['findings'], [
        {'kind': 'header-removed', 'severity': 'informational',
         'place': 'etag'},
        {'kind': 'header-added', 'severity': 'informational',
         'place': 'x-new'},
        {'kind': 'header-removed', 'severity': 'breaking',
         'place': 'x-total'}])
    same(found[1]['findings'], [
        {'kind': 'removed', 'severity': 'breaking', 'place': '$.name',
         'was': 'string'}])
    same((found[9]['result'], found[9]['why']),
         ('skipped', 'its method may change something (--all-methods)'))


@case
def junit_has_a_case_for_each_entry(t):
    store, origin = recorded(t, asked=[('POST', '/post', [], b'x')])
    origin.routes.update(NEW)
    origin.routes['/users/1'] = lambda p, r: p.close()
    path = t.path('report.xml')
    drift(store, '--junit', path, expect=5)
    suite = xml.parse(path).getroot().find('testsuite')
    same([suite.get(name) for name in
          ('name', 'tests', 'failures', 'errors', 'skipped')],
         ['hark drift', '10', '5', '1', '1'])
    cases = {c.get('name').split()[1][len(origin.url):]: c
             for c in suite.findall('testcase')}
    check(cases['/users/1'].find('error').get('message'), 'why')
    failure = cases['/fields'].find('failure')
    same(failure.get('message'), 'breaking drift: 1')
    same(failure.text.splitlines(),
         ['    ' + line for line in FOUND['/fields']])
    same(cases['/users/3'].find('failure'), None)
    same(cases['/users/3'].find('system-out').text.strip(),
         FOUND['/users/3'][0])
    check(cases['/post'].find('skipped') is not None, 'skipped')


@case
def what_is_accepted_is_no_drift_any_more(t):
    store, origin = recorded(t)
    before = entries(store)
    origin.routes.update(NEW)
    done = drift(store, '--accept')
    check(done.stdout.endswith('; drift of 9 accepted\n'), done.stdout)
    same(drift(store).stdout, '9 requests sent, 9 as recorded\n')
    after = entries(store)
    for was, now in zip(before, after, strict=True):
        same(now['request'], was['request'])
        for member in ('id', 'target', 'mode', 'clientAddress'):
            same(now['_hark'].get(member), was['_hark'].get(member), member)
        check(now['startedDateTime'] >= was['startedDateTime'], now)
    same(after[4]['response']['status'], 404)
    same(json.loads(after[1]['response']['content']['text']),
         {'id': 2, 'state': 'off'})
    replay = t.hark('replay', store=store)
    r = replay.get('/type')
    same((r.json, r.get('x-hark-source')),
         ({'a': {'b': [1, None]}, 'n': None}, 'replay;entry=7'))


@case
def what_was_imported_keeps_what_it_says_of_its_request(t):
    store, origin = recorded(t)
    har = json.loads(command('export', '--store', store, '-o', '-').stdout)
    entry = har['log']['entries'][0]
    entry['_of'], entry['request']['_by'] = 'the entry', 'the client'
    entry['response']['_from'] = 'the server'
    path, imported = t.path('tape.har'), t.path('imported.db')
    path.write_text(json.dumps(har))
    same(command('import', '--store', imported, path).returncode, 0)
    origin.routes.update(NEW)
    drift(imported, '--accept')
    now = json.loads(command('export', '--store', imported, '-o',
                             '-').stdout)['log']['entries'][0]
    same((now['_of'], now['request']['_by'], now['response'].get('_from')),
         ('the entry', 'the client', None))
    same(json.loads(now['response']['content']['text'])['id'], '1')


@case
def nothing_is_accepted_when_nothing_drifted(t):
    store, origin = recorded(t)
    before = entries(store)
    same(drift(store, '--accept').stdout,
         '9 requests sent, 9 as recorded; drift of 0 accepted\n')
    same(entries(store), before)


@case
def an_outage_is_not_accepted(t):
    store, origin = recorded(t)
    for target, status in (('/gone', '503 Busy'), ('/type', '401 Who'),
                           ('/same', '429 Slow')):
        origin.routes[target] = reply(b'', status)
    origin.routes['/text'] = lambda p, r: p.close()
    origin.routes['/users/1'] = NEW['/users/1']
    found = {o['url'][len(origin.url):]: o
             for o in objects(store, '--accept', expect=5)}
    for target in ('/gone', '/type', '/same'):
        same(found[target].get('not_accepted'),
             'its status tells of no change of the API')
    same(found['/text']['result'], 'unanswered')
    same([e['response']['status'] for e in entries(store)], [200] * 9)
    same(targets(objects(store, expect=5), 'breaking'),
         ['/gone', '/type', '/same'])


@case
def an_API_that_does_not_answer_is_a_failure(t):
    store, origin = recorded(t)
    origin.stop()
    done = drift(store, expect=1)
    check(done.stdout.endswith('9 requests sent, 9 without answer\n'),
          done.stdout)
    check('    no answer: ' in done.stdout, done.stdout)


@case
def a_silent_API_runs_into_the_timeout(t):
    store, origin = recorded(t)
    gate = t.gate()
    origin.routes['/same'] = lambda p, r: gate.wait()
    found = objects(store, '--first-byte-timeout', ms(600), expect=1)
    same(targets(found, 'unanswered'), ['/same'])
    check(found[7]['why'] == 'no response in time', found[7])


@case
def an_answer_without_end_is_given_up(t):
    store, origin = recorded(t)
    gate = t.gate()
    origin.routes['/same'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
               b'1\r\nx\r\n'), gate.wait())
    found = objects(store, '--max-time', ms(600), expect=1)
    same((targets(found, 'unanswered'), found[7]['why']),
         (['/same'], 'the answer is not over in time'))
    same(targets(found, 'same'), [t for t in OLD if t != '/same'])


@case
def filters_choose_what_is_sent(t):
    store, origin = recorded(t)
    origin.routes.update(NEW)
    same(drift(store, '--url', '*/users/*', '--ids', '4-9').stdout
         .splitlines()[-1], '1 request sent, 1 with informational drift')
    same(origin.targets(), ['/users/4'])
    for options in (['--url', '*/nothing'], ['--method', 'POST']):
        done = drift(store, *options, expect=1)
        check('nothing was compared' in done.stderr, done.stderr)


@case
def only_safe_requests_are_sent_unless_asked_to(t):
    store, origin = recorded(t, asked=[
        ('HEAD', '/same', [], None), ('OPTIONS', '/x', [], None),
        ('POST', '/p', [JSON], b'{"a":1}'), ('PUT', '/q', [], b''),
        ('DELETE', '/r', [], None)])
    drift(store)
    same(sorted(r.method for r in origin.take()),
         ['GET'] * 9 + ['HEAD', 'OPTIONS'])
    drift(store, '--all-methods')
    sent = origin.take()
    # In the order in which they were recorded.
    same([r.target for r in sent],
         list(OLD) + ['/same', '/x', '/p', '/q', '/r'])
    same((sent[11].method, sent[11].body, sent[11].get('content-type')),
         ('POST', b'{"a":1}', 'application/json'))
    same((sent[12].get('content-length'), sent[13].get('content-length')),
         ('0', None))


@case
def fields_are_replaced_on_what_is_sent(t):
    store, origin = recorded(t, asked=[
        ('GET', '/a', [('Authorization', 'gone'), ('X-Kept', 'yes'),
                       ('Accept', 'a'), ('Accept', 'b'),
                       ('Connection', 'x-hop'), ('X-Hop', '1')], None)])
    drift(store, '--url', '*/a', '--header', 'authorization: Bearer 1',
          '--header', 'X-New:', '--header', 'Accept: c')
    sent, = origin.take()
    same([(n.lower(), v) for n, v in sent.headers],
         [('host', origin.authority), ('x-kept', 'yes'),
          ('authorization', 'Bearer 1'), ('x-new', ''), ('accept', 'c')])


@case
def a_URL_is_asked_instead_of_where_it_was_recorded(t):
    store, origin = recorded(t)
    other = t.origin()
    other.routes.update({'/v2' + target: answer
                         for target, answer in NEW.items()})
    origin.stop()
    found = objects(store, other.url + '/v2', expect=5)
    same(targets(found, 'breaking'), BREAKING)
    same(sorted(other.targets()), sorted('/v2' + target for target in OLD))


@case
def entries_of_several_origins_go_to_each(t):
    one, two = t.origin(), t.origin()
    for origin in (one, two):
        origin.routes['/x'] = document({'a': 1})
    hark = t.hark('record', one, '--upstream', f'two.test={two.url}')
    hark.get('/x')
    c = t.client(hark)
    c.send(b'GET /x HTTP/1.1\r\nHost: two.test\r\n\r\n')
    c.response('GET')
    hark.stop()
    one.take(), two.take()
    two.routes['/x'] = document({})
    same(targets(objects(hark.store, expect=5), 'breaking'), ['/x'])
    same((one.targets(), two.targets()), (['/x'], ['/x']))
    # One URL stands for what was asked without a host alone.
    found = objects(hark.store, one.url)
    same([o.get('why') for o in found], [None, 'no upstream is for its host'])
    found = objects(hark.store, one.url, '--upstream', f'two.test={one.url}')
    same([o['result'] for o in found], ['same', 'same'])


@case
def an_API_behind_TLS_is_asked_as_gateways_ask(t):
    pem, key = certificate(t.path(), 'origin')
    origin = t.origin(tls=tls_server(pem, key))
    store, origin = recorded(t, '--upstream-ca', pem, origin=origin)
    drift(store, '--upstream-ca', pem)
    found = objects(store, expect=1)
    same({o['result'] for o in found}, {'unanswered'})
    check('certificate' in found[0]['why'], found[0])


@case
def recordings_that_cannot_be_compared_are_skipped(t):
    origin = t.origin()
    origin.routes['/cut'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'), p.close())
    hark = t.hark('record', origin)
    c = hark.client()
    c.send(b'GET /cut HTTP/1.1\r\nHost: x\r\n\r\n')
    until(lambda: origin.requests, 'the request came')
    hark.get('/fine')
    c.close()
    hark.stop()
    found = {o['url'][len(origin.url):]: o for o in objects(hark.store)}
    same((found['/fine']['result'], found['/cut']['result'],
          found['/cut']['why']),
         ('same', 'skipped', 'the recorded exchange failed'))


@case
def requests_go_out_several_at_a_time_but_no_more_than_that(t):
    store, origin = recorded(t)
    gates = {target: t.gate(target) for target in OLD}
    for target, gate in gates.items():
        origin.routes[target] = (
            lambda p, r, gate=gate: (gate.wait(),
                                     p.send(OLD[r.target])))
    done = subprocess.Popen(
        [HARK, 'drift', '--store', store, '--concurrency', '3'],
        stdout=subprocess.PIPE, text=True)
    first = [r.target for r in origin.wait_for(3)]
    same(sorted(first), sorted(list(OLD)[:3]))
    gates[first[0]].open()
    same(len(origin.wait_for(4)), 4)
    for gate in gates.values():
        gate.open()
    out, _ = done.communicate(timeout=30)
    same((done.returncode, out), (0, '9 requests sent, 9 as recorded\n'))


@case
def a_wrong_use_says_what_was_expected(t):
    store, origin = recorded(t)
    for options, text in (
            (['a', 'b'], 'expected: hark drift [URL]'),
            (['ftp://x'], 'ftp://x: expected'),
            (['--concurrency', '0'], 'option concurrency: 0: expected'),
            (['--concurrency', '65'], 'option concurrency: 65: expected'),
            (['--max-time', '5'], 'option max-time: 5: expected'),
            (['--max-time', '0s'], 'option max-time: 0s: expected'),
            (['--header', 'x'], "option header: x: expected 'Name: value'"),
            (['--header', 'a b: c'], "expected 'Name: value'"),
            (['--header', 'a: b\nc: d'], "expected 'Name: value'"),
            (['--header', 'Content-Length: 1'], 'expected another field'),
            (['--listen', '127.0.0.1:0'], 'not an option of hark drift'),
            (['--upstream-cert', 'x'], 'needs --upstream-key'),
            (['--status', 'x'], 'option status: x')):
        done = drift(store, *options, expect=2)
        check(text in done.stderr, done.stderr)
    done = drift(t.path('none.db'), expect=2)
    check('none.db' in done.stderr, done.stderr)
    drift(store, '--tape', 'none', expect=1)
    same(origin.take(), [])
    drift(store, '--junit', t.path() / 'no' / 'report.xml', expect=1)


# --- spy --diff -------------------------------------------------------------

def compared(hark):
    """The sum of the comparisons that a gateway has logged at its end."""
    hark.stop()
    lines = [line.split(' info ', 1)[1] for line in hark.log.splitlines()
             if ' info ' in line]
    first = next(i for i, line in enumerate(lines)
                 if 'compared with their recordings' in line)
    return lines[first:]


@case
def spying_with_diff_serves_the_live_answer_and_compares_it(t):
    store, origin = recorded(t)
    origin.routes.update(NEW)
    origin.routes['/other'] = document({'n': 1})
    spy = t.hark('spy', origin, '--diff', store=store)
    for target in [*OLD, '/users/1', '/other']:
        r = spy.get(target)
        same(r.get('x-hark-source'), 'upstream')
    same(r.json, {'n': 1})
    same(origin.targets(), [*OLD, '/users/1', '/other'])
    same(compared(spy), [
        '10 answers compared with their recordings: 1 as recorded, '
        '2 with informational drift, 7 with breaking drift',
        'breaking: GET /users/*: body $.id: number is now string '
        '(2 answers)',
        'breaking: GET /users/*: body $.name: string is gone (1 answer)',
        'breaking: GET /gone: status 200 is now 404 (1 answer)',
        'breaking: GET /fields: header x-total is gone (1 answer)',
        'breaking: GET /type: body $.a.b[]: number is now number|null '
        '(1 answer)',
        'breaking: GET /type: body $.n: string is now null (1 answer)',
        'breaking: GET /text: media type text/plain is now text/html '
        '(1 answer)',
        'informational: GET /users/*: body $.new: number is new (1 answer)',
        'informational: GET /fields: header etag is gone (1 answer)',
        'informational: GET /fields: header x-new is new (1 answer)',
        'informational: GET /same: header content-encoding is gone '
        '(1 answer)'])
    check(re.search(r'warn .*GET /users/2: breaking drift from entry 2: '
                    r'body \$.name: string is gone\n', spy.log), spy.log)
    same(len(entries(store)), 9)


def talked(t, origin):
    """What has recorded a WebSocket at /ws, and ended."""
    origin.routes['/ws'] = serves(shouts, protocol='chat')
    hark = t.hark('record', origin)
    s, _ = opened(t.client(hark), protocols=['chat'])
    s.send('hi')
    same((s.receive(), s.closed()), ('HI', (1000, '')))
    s.close()
    hark.stop()
    return hark


@case
def of_a_WebSocket_the_handshake_is_compared(t):
    origin = t.origin()
    hark = talked(t, origin)
    origin.routes['/ws'] = serves(shouts)
    spy = t.hark('spy', origin, '--diff', store=hark.store)
    s, r = opened(t.client(spy), protocols=['chat'])
    same(r.source, 'upstream')
    # It is told while the talk goes on.
    until(lambda: 'breaking drift from entry' in spy.log, 'it is compared')
    s.send('ho')
    same(s.receive(), 'HO')
    s.close()
    spy.stop()
    check('1 answer compared with its recording: 0 as recorded' in spy.log,
          spy.log)


@case
def a_WebSocket_is_asked_for_and_closed(t):
    origin = t.origin()
    keys, ends = [], []

    def ask(protocol=None):
        def script(p, r):
            keys.append(r.get('sec-websocket-key'))
            serves(lambda s: ends.append(s.closed()), protocol=protocol)(p, r)
        return script
    hark = talked(t, origin)
    before = entries(hark.store)
    origin.routes['/ws'] = ask('chat')
    for options in ((), (origin.url,)):
        [o] = objects(hark.store, *options)
        same((o['result'], o['findings']), ('same', []))
    # HARs have ws:// for them.
    har, other = t.path('ws.har'), t.path('other.db')
    command('export', '--store', hark.store, '-o', har)
    command('import', '--no-redact', '--store', other, har)
    [o] = objects(other)
    same((o['url'][:5], o['result']), ('ws://', 'same'))
    origin.routes['/ws'] = ask()
    for options in ((), ('--accept',)):
        [o] = objects(hark.store, *options, expect=5)
        same([f['place'] for f in o['findings']], ['sec-websocket-protocol'])
    origin.routes['/ws'] = document({'error': 'gone'}, status='404 Not Found')
    [o] = objects(hark.store, '--accept', expect=5)
    same([f['kind'] for f in o['findings']][0], 'status')
    until(lambda: len(ends) == 5, 'those that were opened are closed')
    same(ends, [(1000, '')] * 5)
    same((len(keys), len(set(keys)), {len(k) for k in keys}), (5, 5, {24}))
    same(entries(hark.store), before)


@case
def repeated_recordings_are_compared_one_after_the_other(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for value in ({'a': 1}, {'b': 1}):
        origin.routes['/x'] = document(value)
        hark.get('/x')
    hark.stop()
    spy = t.hark('spy', origin, '--diff', store=hark.store)
    for value in ({'a': 1}, {'b': 1}, {'b': 1}):
        # A part of an answer is no turn.
        origin.routes['/x'] = reply(b'{', '206 Partial Content')
        spy.get('/x', [('Range', 'bytes=0-0')])
        origin.routes['/x'] = document(value)
        spy.get('/x')
    same(compared(spy), ['6 answers compared with their recordings: 6 as '
                         'recorded, 0 with informational drift, 0 with '
                         'breaking drift'])


@case
def answers_that_say_less_are_compared_by_what_they_say(t):
    origin = t.origin()
    body = json.dumps({'a': 'x' * 100}).encode()

    def parts(p, r):
        if r.get('range'):
            p.send(reply(body[:5], '206 Partial Content', [JSON]))
        elif r.get('if-none-match'):
            p.send(b'HTTP/1.1 304 Not Modified\r\n\r\n')
        elif r.method == 'HEAD':
            p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 108\r\n\r\n')
        else:
            p.send(reply(body, headers=[JSON]))

    origin.routes['/x'] = parts
    hark = t.hark('record', origin)
    hark.get('/x')
    hark.stop()
    spy = t.hark('spy', origin, '--diff', store=hark.store)
    same(spy.get('/x', [('Range', 'bytes=0-4')]).status, 206)
    same(spy.get('/x', [('If-None-Match', '"1"')]).status, 304)
    same(spy.ask('HEAD', '/x').status, 200)
    same(compared(spy)[0].split(':')[0],
         '2 answers compared with their recordings')


@case
def long_bodies_are_passed_on_but_not_looked_into(t):
    origin = t.origin()
    origin.routes['/long'] = document(['x' * 64] * 20000)
    origin.routes['/grows'] = document({'a': 1})
    hark = t.hark('record', origin)
    hark.get('/long'), hark.get('/grows')
    hark.stop()
    origin.routes['/long'] = document({'x' * 64: ['y'] * 300000})
    origin.routes['/grows'] = document({'b': ['y'] * 300000})
    spy = t.hark('spy', origin, '--diff', store=hark.store)
    same(len(spy.get('/long').json['x' * 64]), 300000)
    same(len(spy.get('/grows').json['b']), 300000)
    check(compared(spy)[0].startswith(
        '2 answers compared with their recordings: 2 as recorded'), spy.log)


@case
def an_upstream_that_fails_is_compared_with_nothing(t):
    store, origin = recorded(t)
    origin.routes['/same'] = lambda p, r: p.close()
    origin.routes['/text'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'), p.close())
    spy = t.hark('spy', origin, '--diff', store=store)
    same(spy.get('/same').status, 502)
    check(not spy.get('/text').complete, 'cut')
    check(compared(spy)[0].startswith('0 answers compared'), spy.log)


@case
def mocks_and_what_no_upstream_covers_are_as_without_diff(t):
    store, origin = recorded(t)
    spy = t.hark('spy', '--upstream', f'/users={origin.url}/users', '--diff',
                 store=store)
    r = spy.get('/same')
    same((r.source, origin.targets()), ('replay', []))
    same((spy.get('/users/1').source, origin.targets()),
         ('upstream', ['/users/1']))


@case
def run_sums_drift_up_and_exits_with_5(t):
    store, origin = recorded(t)
    origin.routes.update(NEW)
    asking = ['sh', '-c', 'exec "$0" -c "$1" "$2"', sys.executable,
              'import os, sys, urllib.request as r\n'
              'r.urlopen(os.environ["HARK_URL"] + sys.argv[1]).read()']

    def run(target, *command_line, options=('--diff',)):
        return command('run', '--mode', 'spy', *options, '--url', origin.url,
                       '--store', store, '--',
                       *(command_line or [*asking, target]))

    done = run('/users/2')
    same(done.returncode, 5, done.stderr)
    check(done.stderr.endswith(
        'hark: 1 answer compared with its recording: 0 as recorded, '
        '0 with informational drift, 1 with breaking drift\n'
        'hark: breaking: GET /users/*: body $.name: string is gone '
        '(1 answer)\n'), done.stderr)
    same(run('/users/4').returncode, 0)
    done = run('', 'sh', '-c', 'exit 7')
    same((done.returncode, done.stderr.count('hark: ')), (7, 1))
    same(run('/users/2', options=()).returncode, 0)


@case
def diff_is_for_spying(t):
    store, origin = recorded(t)
    for mode in ('proxy', 'record', 'auto', 'fallback', 'replay'):
        done = command(mode, '--store', store, '--diff', origin.url)
        same(done.returncode, 2)
        check('option diff: needs mode spy' in done.stderr, done.stderr)
    done = command('spy', '--store', store, '--diff', '--match',
                   'playwright', origin.url)
    same(done.returncode, 2)
    check('option diff: needs --match exact' in done.stderr, done.stderr)


if __name__ == '__main__':
    main()
