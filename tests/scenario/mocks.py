# Goal: mocked routes answer first, as Mockoon's file says, and only theirs.

import http.client
import json
import time

from answers import ANSWERS
from harness import case, check, command, main, reply, same

JSON = [{'key': 'Content-Type', 'value': 'application/json'}]
JSON_FIELD = [('Content-Type', 'application/json')]


def route(endpoint, *responses, **more):
    return {'endpoint': endpoint, 'responses': list(responses) or [{}],
            **more}


def mocks(t, *routes, **more):
    """A mocks file."""
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes), **more}))
    return path


def served(t, *routes, options=(), **more):
    return t.hark('proxy', '--mocks', mocks(t, *routes, **more),
                  '--on-miss', '404', *options)


@case
def a_mock_is_before_recordings_and_the_api(t):
    origin = t.origin()
    origin.routes['/a'] = origin.routes['/b'] = ANSWERS['/plain']
    hark = t.hark('auto', origin)
    same([hark.get(x).source for x in ('/a', '/b')], ['upstream'] * 2)
    hark.stop()
    hark.restart(mode='auto', url=origin.url, options=[
        '--mocks', mocks(t, route('a', {'body': 'mocked'}))])
    same([(r.source, r.status) for r in map(hark.get, ('/a', '/b', '/c'))],
         [('mock', 200), ('replay', 200), ('upstream', 200)])
    same(hark.get('/a').body, b'mocked')
    same(hark.ask('POST', '/a').source, 'upstream')
    hark.stop()
    check('2 mocked' in hark.log, hark.log)


@case
def without_an_api_mocks_are_all_there_is(t):
    hark = served(t, route('a', {'body': '1'}))
    same((hark.get('/a').body, hark.get('/A/').body), (b'1', b'1'))
    same((hark.get('/b').status, hark.get('/b').source), (404, 'miss'))


@case
def the_charset_of_a_type_is_that_of_the_body(t):
    def typed(name, type):
        return route(name, {'body': 'aé€\U0001f600', 'headers': [
            {'key': 'Content-Type', 'value': type}]})
    hark = served(t, typed('a', 'text/plain'),
                  typed('b', 'text/plain; charset=utf-16'),
                  typed('c', 'text/plain;format=flowed;charset="latin1"'),
                  typed('d', 'text/plain; format=flowed'))
    for target, type, body in (
            ('/a', 'text/plain; charset=utf-8', 'aé€\U0001f600'.encode()),
            ('/b', 'text/plain; charset=utf-16',
             'aé€\U0001f600'.encode('utf-16-le')),
            ('/c', 'text/plain;format=flowed;charset="latin1"', None),
            ('/d', 'text/plain; format=flowed; charset=utf-8',
             'aé€\U0001f600'.encode())):
        r = hark.get(target)
        same(r.get('content-type'), type)
        if body is not None:
            same(r.body, body, target)
        else:  # what Node's 'latin1' does: the low byte of each unit
            same(r.body[:3], b'a\xe9\xac')


@case
def templates_see_the_request_and_fake_data_follows_its_seed(t):
    file = mocks(t, route(
        'users/:id', {'headers': JSON, 'body': {
            'id': "{{urlParam 'id'}}", 'q': "{{queryParam 'a.b'}}",
            'h': "{{header 'X-H'}}", 'name': "{{faker 'person.firstName'}}",
            'deep': "{{body 'x.0'}}"}}, method='post'))
    seen = []
    for _ in range(2):
        hark = t.hark('proxy', '--mocks', file, '--faker-seed', '7')
        r = hark.ask('POST', '/users/a%2Fb?a[b]=c+d', [
            ('X-H', 'v'), ('Content-Type', 'application/json')],
            b'{"x":["y"]}')
        same(r.get('content-type'), 'application/json; charset=utf-8')
        same({k: v for k, v in r.json.items() if k != 'name'},
             {'id': 'a/b', 'q': 'c d', 'h': 'v', 'deep': 'y'})
        seen.append([r.json['name'], hark.ask('POST', '/users/1').json[
            'name']])
        hark.stop()
    same(seen[0], seen[1])


@case
def a_template_knows_where_it_was_reached(t):
    hark = served(t, route('b', {'body': '{{baseUrl}}/x'}),
                  endpointPrefix='p')
    same(hark.get('/p/b').body.decode(), hark.url + '/p/x')


@case
def a_fallback_route_declines_and_the_next_one_is_asked(t):
    origin = t.origin()
    rule = {'target': 'header', 'modifier': 'X-Mock', 'value': 'yes',
            'operator': 'equals'}
    hark = t.hark('proxy', origin, '--mocks', mocks(
        t, route('a', {'body': 'mocked', 'rules': [rule]},
                 responseMode='FALLBACK')))
    same(hark.ask('GET', '/a', [('X-Mock', 'yes')]).source, 'mock')
    same(hark.ask('GET', '/a', [('X-Mock', 'no')]).source, 'upstream')


@case
def responses_come_by_rules_in_turn_or_as_the_client_asks(t):
    def when(key, value):
        return {'target': 'query', 'modifier': key, 'value': value,
                'operator': 'equals'}
    hark = served(
        t,
        route('rules', {'body': 'default', 'default': True},
              {'body': 'one', 'rules': [when('a', '1'), when('b', '2')]},
              {'body': 'both', 'rulesOperator': 'AND',
               'rules': [when('c', '1'), when('d', '2')]}),
        route('turn', {'body': '1'}, {'body': '2', 'statusCode': 201},
              responseMode='SEQUENTIAL'),
        route('named', {'body': 'x', 'label': 'ok'},
              {'body': 'y', 'label': 'gone', 'statusCode': 410}))
    same([hark.get(f'/rules{q}').body for q in
          ('', '?b=2', '?a=1', '?c=1', '?c=1&d=2', '?a=2')],
         [b'default', b'one', b'one', b'default', b'both', b'default'])
    same([(r.status, r.body) for r in (hark.get('/turn') for _ in '123')],
         [(200, b'1'), (201, b'2'), (200, b'1')])
    for field, value in (('x-mock-response-code', '410'),
                         ('X-Mock-Response-Name', 'gone')):
        same(hark.ask('GET', '/named', [(field, value)]).status, 410)
    same(hark.get('/named').body, b'x')


@case
def crud_routes_keep_what_they_are_given(t):
    data = [{'id': 'd', 'name': 'users', 'value': [
        {'id': 1, 'name': 'Bo'}, {'id': 2, 'name': 'Al'}]}]
    hark = served(t, route('users', {
        'bodyType': 'DATABUCKET', 'databucketID': 'd'}, type='crud',
        method=''), data=data)

    def ask(method, path, body=None):
        r = hark.ask(method, path, [('Content-Type', 'application/json')],
                     b'' if body is None else json.dumps(body).encode())
        return r.status, r.json
    same(ask('GET', '/users/2'), (200, {'id': 2, 'name': 'Al'}))
    same(ask('POST', '/users', {'name': 'Cy'}),
         (201, {'name': 'Cy', 'id': 3}))
    same(ask('PATCH', '/users/1', {'age': 3}),
         (200, {'id': 1, 'name': 'Bo', 'age': 3}))
    same(ask('PUT', '/users/2', {'name': 'Di'}),
         (200, {'name': 'Di', 'id': 2}))
    same(ask('DELETE', '/users/1'), (200, {}))
    same(ask('GET', '/users/1'), (404, {}))
    r = hark.get('/users?sort=name&order=desc&limit=1')
    same((r.json, r.get('x-total-count')), ([{'name': 'Di', 'id': 2}], '2'))
    same([x['id'] for x in hark.get('/users?name_like=c').json], [3])
    # JavaScript's expressions: a backslash before y is none.
    same([x['id'] for x in hark.get('/users?name_end=%5Cy').json], [3])
    same([x['id'] for x in hark.get('/users?id_gt=2').json], [3])


@case
def sessions_have_data_and_counters_of_their_own(t):
    hark = served(
        t, route('n', {'body': '1'}, {'body': '2'}, responseMode='SEQUENTIAL'),
        route('b', {'bodyType': 'DATABUCKET', 'databucketID': 'd'},
              type='crud', method=''),
        data=[{'id': 'd', 'name': 'd', 'value': [1]}])
    a, b = [('X-Hark-Session', 'a')], [('X-Hark-Session', 'b')]
    same([hark.ask('GET', '/n', who).body for who in (a, a, b)],
         [b'1', b'2', b'1'])
    hark.ask('POST', '/b', a, b'x')
    same(hark.ask('GET', '/b', a).json, [1, 'x'])
    same(hark.ask('GET', '/b', b).json, [1])
    same(hark.get('/b').json, [1])


@case
def files_are_served_with_their_type_and_in_ranges(t):
    folder = t.path('files')
    folder.mkdir()
    (folder / 'x.bin').write_bytes(bytes(range(100)))
    (folder / 't.txt').write_text("hi {{urlParam 'n'}}")
    file = folder / 'm.json'
    file.write_text(json.dumps({'routes': [
        route('bin', {'bodyType': 'FILE', 'filePath': './x.bin'}),
        route('text/:n', {'bodyType': 'FILE', 'filePath': 't.txt',
                          'sendFileAsBody': True}),
        route('any/:n', {'bodyType': 'FILE', 'sendFileAsBody': True,
                         'filePath': "{{urlParam 'n'}}"}),
        route('gone', {'bodyType': 'FILE', 'filePath': 'no',
                       'fallbackTo404': True, 'body': 'not here'})]}))
    hark = t.hark('proxy', '--mocks', file)
    r = hark.get('/bin')
    same((r.body, r.get('content-type'), r.get('content-disposition')),
         (bytes(range(100)), 'application/octet-stream',
          'attachment; filename="x.bin"'))
    r = hark.ask('GET', '/bin', [('Range', 'bytes=10-19')])
    same((r.status, r.body, r.get('content-range')),
         (206, bytes(range(10, 20)), 'bytes 10-19/100'))
    same(hark.ask('GET', '/bin', [('Range', 'bytes=200-')]).status, 416)
    r = hark.ask('GET', '/bin', [('Range', 'bytes=-10')])
    same((r.status, r.body, r.get('content-range')),
         (206, bytes(range(90, 100)), 'bytes 90-99/100'))
    same(hark.ask('GET', '/bin', [('Range', 'nonsense')]).status, 400)
    r = hark.get('/text/Bo')
    same((r.body, r.get('content-type')),
         (b'hi Bo', 'text/plain; charset=utf-8'))
    same(hark.get('/any/x.bin').body, bytes(range(100)))
    r = hark.get('/any/..%2F..%2Fetc%2Fpasswd')
    check(r.status == 500 and b'outside' in r.body, r.body)
    same((hark.get('/gone').status, hark.get('/gone').body),
         (404, b'not here'))


@case
def an_answer_waits_as_long_as_it_should(t):
    hark = served(t, route('slow', {'body': 'x', 'latency': 200}), latency=100)
    began = time.monotonic()
    same(hark.get('/slow').body, b'x')
    check(time.monotonic() - began >= 0.3, 'it came too early')
    # Who leaves meanwhile costs nothing.
    for _ in range(20):
        c = http.client.HTTPConnection(hark.address, timeout=10)
        c.request('GET', '/slow')
        c.close()
    same(hark.get('/slow').body, b'x')


@case
def what_is_wrong_in_a_file_is_told_with_its_place(t):
    bad = t.path('bad')
    for text, why in (
            ('{"routes":[\n{"endpoint":"a"}]}',
             f'{bad}:2:1: routes[0].responses: expected'),
            ('{"routes":', f'{bad}:1:'),
            ('[]', 'expected a Mockoon environment')):
        bad.write_text(text)
        done = command('proxy', '--mocks', bad, '--listen', '127.0.0.1:0',
                       '--admin', 'off')
        same(done.returncode, 2, text)
        check(why in done.stderr, done.stderr)
    # What is wrong with one route leaves the others alone.
    hark = served(t, route('u/:id(\\d+)'), route('t', {'body': '{{#if}}'}),
                  route('fine', {'body': 'x'}))
    check('routes[0] is left out' in hark.log, hark.log)
    r = hark.get('/t')
    check(r.status == 500 and b'line 1, column' in r.body, r.body)
    same(hark.get('/fine').body, b'x')


@case
def nothing_of_a_request_becomes_a_field_of_the_answer(t):
    hark = served(t, route('h', {'headers': [
        {'key': 'X-A', 'value': "{{queryParam 'a'}}"}]}))
    r = hark.get('/h?a=x%0D%0AX-B:%20y')
    same((r.get('x-a'), r.get('x-b')), (None, None))
    same(hark.get('/h?a=fine').get('x-a'), 'fine')
    hark.stop()
    hark = served(t, route('n', uuid='a\r\nX-C: y'))
    same(hark.get('/n').get('x-c'), None)


@case
def browsers_may_ask_first(t):
    hark = served(t, route('a', method='post'), cors=True)
    r = hark.ask('OPTIONS', '/a')
    same((r.status, r.get('access-control-allow-origin')), (200, '*'))
    same(hark.ask('OPTIONS', '/b').source, 'miss')
    same(hark.get('/a').source, 'miss')


@case
def several_files_stand_under_prefixes_of_their_own(t):
    one = mocks(t, route('x', {'body': '1'}))
    two = mocks(t, route('x', {'body': '2'}), endpointPrefix='v2')
    hark = t.hark('proxy', '--mocks', one, '--mocks', f'/other={two}')
    same((hark.get('/x').body, hark.get('/other/v2/x').body), (b'1', b'2'))


@case
def files_are_chosen_by_host_before_those_for_any(t):
    files = {}
    for name in ('any', 'host', 'port', 'below'):
        files[name] = mocks(t, route('x', {'body': name}),
                            route(name, {'body': 'own'}))
    config = t.path('hark.conf')
    config.write_text(json.dumps({'mocks': [
        str(files['any']), f"API.test:81={files['port']}",
        f"api.test={files['host']}", f"api.test/v2={files['below']}"]}))
    hark = t.hark('proxy', '--config', config, '--on-miss', '404')
    client = t.client(hark)

    def to(host, path):
        client.request('GET', path, [('Host', host)], host=False)
        r = client.response()
        return r.body.decode() if r.source == 'mock' else r.source
    same([to(h, '/x') for h in ('other', 'api.test', 'API.test:80',
                                'api.test:81', 'x.api.test', 'api.tes')],
         ['any', 'host', 'host', 'port', 'any', 'any'])
    # What the files for a host do not have, those for any may.
    same([to('api.test', p) for p in ('/any', '/v2/x', '/v2/below', '/port')],
         ['own', 'below', 'own', 'miss'])
    same(to('other', '/v2/x'), 'miss')
    for bad in (f"/a?b={files['any']}", f"a.test:0x={files['any']}"):
        for done in (command('proxy', '--mocks', bad), command('check', bad)):
            same(done.returncode, 2, bad)
            check('expected /PATH, HOST or HOST/PATH' in done.stderr,
                  done.stderr)
    same(command('check', f"api.test={files['any']}").returncode, 0)


@case
def state_is_put_back_for_who_has_the_token(t):
    file = mocks(
        t, route('turn', {'body': '1'}, {'body': '2'},
                 responseMode='SEQUENTIAL'),
        route('d', {'bodyType': 'DATABUCKET', 'databucketID': 'd'},
              type='crud', method=''),
        route('v', {'body': "{{getGlobalVar 'v'}}"}),
        route('set', {'body': "{{setGlobalVar 'v' 'x'}}"}),
        data=[{'id': 'd', 'name': 'd', 'value': []}])
    hark = t.hark('proxy', '--mocks', file, '--mockoon-admin', 's3cret',
                  '--on-miss', '404')

    def used(session):
        """How many of the three parts of the state were touched."""
        h = [('X-Hark-Session', session)] if session else []
        return (hark.ask('GET', '/turn', h).body == b'2') + (
            hark.ask('GET', '/v', h).body == b'x') + bool(
            hark.ask('GET', '/d', h).json)

    def use(session):
        h = [('X-Hark-Session', session)] if session else []
        hark.ask('POST', '/mockoon-admin/state/purge', h + [
            ('Authorization', 'Bearer s3cret')])
        hark.ask('GET', '/turn', h)
        hark.ask('GET', '/set', h)
        hark.ask('POST', '/d', h + JSON_FIELD, b'{"id": 1}')

    def purge(method, path, session='', token='s3cret'):
        r = hark.ask(method, '/mockoon-admin' + path, [
            ('Authorization', f'Bearer {token}')] + (
                [('X-Hark-Session', session)] if session else []))
        return r.status, r.json
    for session in ('', 'alice'):
        for method, path, left in (
                ('POST', '/state/purge?x', 0), ('PURGE', '/state', 0),
                ('POST', '/data-buckets/purge', 2),
                ('PURGE', '/global-vars', 2)):
            use(session)
            use('other')
            same(purge(method, path, session)[0], 200)
            same((used(session), used('other')), (left, 3), path)
    use('')
    for token in ('', 's3cre', 's3crett', 'S3cret'):
        same(purge('POST', '/state/purge', token=token),
             (401, {'message': 'Unauthorized'}))
    same(used(''), 3)
    for method, path in (('GET', '/state'), ('POST', '/state'),
                         ('PURGE', '/state/purge'), ('POST', '/logs/purge')):
        same(hark.ask(method, '/mockoon-admin' + path).source, 'miss', path)
    hark.stop()
    hark.restart(options=['--mocks', file, '--on-miss', '404'])
    same(hark.ask('POST', '/mockoon-admin/state/purge').source, 'miss')


@case
def a_file_may_have_an_equals_sign_in_its_name(t):
    file = t.path('a.test=b.json')
    file.write_text(json.dumps({'routes': [route('x', {'body': 'x'})]}))
    hark = t.hark('proxy', '--mocks', file)
    same(hark.get('/x').body, b'x')


if __name__ == '__main__':
    main()
