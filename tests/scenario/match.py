# Goal: --match playwright answers a request as Playwright's HAR routes do.
#
# What it does with each case that was observed from Playwright is a matter of
# tests/unit/playwright_cases; this is the way from the wire to there.

import base64
import json
import os
import pathlib

from harness import (Ended, Skip, case, check, command, main, reply,
                     same, until)
from postgres import postgres

FILE = pathlib.Path(os.environ.get('top_srcdir', '.'),
                    '../shared/cases/playwright-lookup.json')


def entry(method, url, body, *, post=None, fields=(), status=200, to=None):
    request = {'method': method, 'url': url, 'httpVersion': 'HTTP/1.1',
               'cookies': [], 'queryString': [], 'headersSize': -1,
               'headers': [{'name': n, 'value': v} for n, v in fields],
               'bodySize': -1}
    if post is not None:
        request['postData'] = {'mimeType': 'text/plain', 'text': post}
    answer = [{'name': 'Content-Type', 'value': 'text/plain'}]
    if to:
        answer.append({'name': 'Location', 'value': to})
    return {'startedDateTime': '2026-01-01T00:00:00Z', 'time': 0,
            'request': request, 'cache': {},
            'response': {'status': status, 'statusText': '', 'cookies': [],
                         'httpVersion': 'HTTP/1.1', 'headers': answer,
                         'content': {'size': len(body), 'text': body,
                                     'mimeType': 'text/plain'},
                         'redirectURL': to or '', 'headersSize': -1,
                         'bodySize': -1},
            'timings': {'send': 0, 'wait': 0, 'receive': 0}}


def replay(t, har, *options, store=None):
    """hark replay --match playwright of what is imported from har."""
    folder = t.path()
    path, store = folder / 'in.har', store or folder / 'hark.db'
    path.write_text(json.dumps(har))
    done = command('import', '--store', store, path)
    same(done.returncode, 0, 'hark import')
    return t.hark('replay', '--match', 'playwright', *options, store=store)


def source(r):
    return r.get('x-hark-source')


def tape(*entries):
    return {'log': {'version': '1.2', 'entries': list(entries),
                    'creator': {'name': 'test', 'version': '1'}}}


@case
def a_question_has_the_same_answer_however_often_it_comes(t):
    hark = replay(t, tape(entry('GET', 'http://h.test/a', '1'),
                          entry('GET', 'http://h.test/a', '2')))
    same([hark.get('/a').body for _ in range(3)], [b'1'] * 3, 'answers')
    same(source(hark.get('/a')), 'replay;entry=1', 'source')
    same(hark.get('/a?').status, 501, 'another URL')


@case
def bodies_count_for_post_alone(t):
    hark = replay(t, tape(entry('POST', 'http://h.test/a', '1', post='x'),
                          entry('PUT', 'http://h.test/a', '2', post='x')))
    same(hark.ask('POST', '/a', body=b'x').body, b'1', 'the recorded body')
    same(hark.ask('POST', '/a', body=b'y').status, 501, 'another body')
    same(hark.ask('PUT', '/a', body=b'y').body, b'2', 'PUT')
    same(hark.ask('POST', '/a', body=b'').status, 501,
         'an empty body')
    same(hark.ask('POST', '/a').body, b'1', 'no body at all')


@case
def redirects_are_followed_but_a_navigation_is_sent_there(t):
    hark = replay(t, tape(
        entry('GET', 'http://h.test/a', '', status=302, to='b'),
        entry('GET', 'http://h.test/b', 'end'),
        entry('GET', 'http://h.test/lost', '', status=302, to='gone')))
    same(hark.get('/a').body, b'end', 'the end')
    r = hark.get('/a', [('Sec-Fetch-Mode', 'navigate')])
    same((r.status, r.get('location'), r.body), (302, '/b', b''), 'redirect')
    same(hark.get('/lost').status, 501, 'a redirect to nowhere')


def at(hark, host):
    c = hark.client()
    c.request('GET', '/a', [('Host', host)], host=False)
    r = c.response('GET')
    c.close()
    return r


@case
def an_absolute_target_or_a_host_names_one_of_several_origins(t):
    hark = replay(t, tape(entry('GET', 'http://one.test/a', '1'),
                          entry('GET', 'https://two.test:8443/a', '2')))
    same(hark.get('http://one.test/a').body, b'1', 'absolute')
    same(hark.get('https://two.test:8443/a').body, b'2', 'absolute, https')
    same(hark.get('http://two.test:8443/a').status, 501, 'another scheme')
    same(hark.get('http://One.test/a').status, 501, 'another case')
    same(at(hark, 'one.test').body, b'1', 'Host')
    same(at(hark, 'two.test:8443').body, b'2', 'with port')
    same(at(hark, 'two.test').status, 501, 'another port')
    same(hark.get('/a').status, 501, 'neither')


@case
def the_exact_way_knows_an_origin_by_its_host_with_its_port(t):
    folder = t.path()
    path, store = folder / 'in.har', folder / 'hark.db'
    path.write_text(json.dumps(tape(
        entry('GET', 'http://one.test/a', '1'),
        entry('GET', 'https://two.test:8443/a', '2'),
        entry('GET', 'http://127.0.0.1:81/a', '3'))))
    same(command('import', '--store', store, path).returncode, 0, 'import')
    hark = t.hark('replay', store=store)
    for host, body in (('one.test', b'1'), ('One.TEST', b'1'),
                       ('one.test:80', b'1'), ('two.test:8443', b'2'),
                       ('127.0.0.1:81', b'3')):
        same(at(hark, host).body, body, host)
    for host in ('two.test', '127.0.0.1', hark.address):
        same(at(hark, host).status, 501, 'another port')


@case
def what_was_never_answered_ends_the_connection(t):
    hark = replay(t, tape(entry('GET', 'http://h.test/a', '', status=-1)))
    try:
        hark.get('/a')
    except Ended as end:
        same((end.how, end.got), ('eof', b''), 'end')
    else:
        check(False, 'there was an answer')


@case
def what_is_recorded_meanwhile_is_found_once_it_is_written(t):
    origin = t.origin()
    origin.routes['/a'] = reply(b'1')
    hark = t.hark('auto', origin, '--match', 'playwright', '--durability',
                  'strict')
    same(source(hark.get('/a')), 'upstream', 'source')
    same(source(hark.get('/a')), 'replay;entry=1', 'source')


def expected(case, r):
    """Whether r (None: no answer) is what Playwright did."""
    want = case['expect']
    if want['action'] == 'redirect':
        return r and (r.status, r.get('location')) == \
            (302, want['redirectURL'])
    if want['action'] != 'fulfill':
        return r and r.status in (400, 501)
    if want['status'] == -1:
        return r is None
    return r and (r.status, r.body.decode()) == \
        (want['status'], want['bodyText'])


def observed(t, store=None):
    if not FILE.exists():
        raise Skip(f'{FILE.name} is not beside the checkout')
    cases = json.loads(FILE.read_text())
    hark = replay(t, cases['har'], store=store)
    for one in cases['cases']:
        q = one['request']
        fields = [(f['name'], f['value']) for f in q['headers']]
        body = q['bodyBase64']
        if q['isNavigation']:
            fields.append(('Sec-Fetch-Mode', 'navigate'))
        try:
            r = hark.ask(q['method'], q['url'], fields,
                         None if body is None else base64.b64decode(body))
        except Ended:
            r = None
        check(expected(one, r), lambda one=one, r=r: f'{one}: {r}')


@case(deadline=60)
def all_cases_observed_from_playwright_hold_on_the_wire(t):
    observed(t)


# ---- over a shared store ----------------------------------------------------

@case(deadline=90)
def they_hold_over_a_shared_store(t):
    observed(t, postgres().store())


@case(deadline=60)
def what_a_shared_tape_has_is_found_as_in_a_file(t):
    long = 'long' * 400000
    hark = replay(t, tape(
        entry('GET', 'http://h.test/a', '', status=302, to='b'),
        entry('GET', 'http://h.test/b', 'end'),
        entry('GET', 'http://h.test/b', 'other', fields=[('X-K', 'v')]),
        entry('POST', 'http://h.test/b', 'p', post='x'),
        entry('GET', 'http://h.test/round', '', status=302, to='/round'),
        entry('GET', 'http://h.test/never', '', status=-1),
        entry('GET', 'http://h.test/long', long)), store=postgres().store())
    same(hark.get('/a').body, b'end', 'behind a redirect')
    same(hark.get('/a', [('X-K', 'v')]).body, b'other', 'by a field')
    r = hark.get('/a', [('Sec-Fetch-Mode', 'navigate')])
    same((r.status, r.get('location')), (302, '/b'), 'a navigation')
    same(hark.ask('POST', '/b', body=b'x').body, b'p', 'the recorded body')
    same(hark.ask('POST', '/b', body=b'y').status, 501, 'another body')
    same(hark.get('/long').body.decode(), long, 'in parts')
    same(hark.get('/none').status, 501, 'none')
    same(at(hark, 'h.test').body, b'end', 'Host')
    same(hark.get('/round').status, 501, 'in a circle')
    hark.told('found redirect cycle')
    try:
        hark.get('/never')
    except Ended as end:
        same((end.how, end.got), ('eof', b''), 'end')
    else:
        check(False, 'there was an answer')


@case(deadline=90)
def what_waits_to_come_to_a_shared_store_is_found_too(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('auto', origin, '--match', 'playwright', store=store)

    def kept(path):
        same(hark.get(path).source, 'upstream', path)
        until(lambda: source(hark.get(path)).startswith('replay'), path)

    kept('/there')
    until(lambda: hark.metric('hark_buffer_shipped_total') >= 1, 'it came')
    same(source(hark.get('/there')).split(';')[0], 'replay', 'it is found')
    postgres().run('crash')
    asked = len(origin.requests)
    kept('/waits')
    postgres().run('again')
    until(lambda: hark.metric('hark_buffer_entries') == 0, 'all came')
    for path in ('/there', '/waits'):
        until(lambda path=path: source(hark.get(path)) and
              source(hark.get(path)).startswith('replay'), path)
    check(len(origin.requests) > asked, 'it was recorded')


main()
