# Goal: hold the admin port to its contract: who may ask what, and what comes.

import base64
import gzip
import io
import json
import os
import re
import socket
import stat
import zipfile

from admins import JSON, Admin, admin_of
from harness import (Client, Shared, case, check, command, main, reply, same,
                     until)

def make(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--admin-token', 's3cret')
    return hark


gateway = Shared(make)


def admin(t, token='s3cret'):
    return Admin(t, gateway(), token)


def asked(t, *request, token='s3cret'):
    """On a connection of its own: there may only be so many at a time."""
    c = admin(t, token)
    try:
        return c.call(*request)
    finally:
        c.close()


def problem(r, status):
    same((r.status, r.get('content-type')),
         (status, 'application/problem+json'), r)
    text = r.json
    same((text['type'], text['status']), ('about:blank', status))
    check(text['title'] and text['detail'], text)
    safe(r)
    return text['detail']


def safe(r):
    """What every answer says to browsers."""
    same((r.get('x-content-type-options'), r.get('cache-control')),
         ('nosniff', 'no-store'), r)
    check("default-src 'none'" in r.get('content-security-policy'), r)


def operations(t):
    document = asked(t, 'GET', '/v1/openapi.json').json
    for path, item in document['paths'].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def filled(path):
    return re.sub(r'\{[a-z]+\}', '1', path)


# --- the contract, for every command ------------------------------------------

@case
def every_command_wants_the_token_unless_it_is_open(t):
    for method, path, operation in operations(t):
        for token in (None, 'other'):
            r = asked(t, method, filled(path), None, JSON, token=token)
            if 'security' in operation:
                check(r.status != 401, (method, path))
            else:
                problem(r, 401)
                same(r.get('www-authenticate'), 'Bearer')


@case
def every_command_refuses_other_names_and_other_sites(t):
    for method, path, _ in operations(t):
        for fields, status in (
                ([('Host', 'evil.example')], 421),
                ([('Origin', 'http://evil.example')], 403),
                ([('Origin', 'null')], 403),
                ([('Sec-Fetch-Site', 'cross-site')], 403)):
            r = asked(t, method, filled(path), None, [*fields, *JSON])
            problem(r, status)


@case
def every_command_judges_its_body_before_anything_happens(t):
    for method, path, operation in operations(t):
        if method == 'GET' or 'requestBody' not in operation:
            continue
        kinds = operation['requestBody']['content']
        simple = [('Content-Type', 'text/plain')]
        problem(asked(t, method, filled(path), b'{}', simple), 415)
        if set(kinds) != {'application/json'}:
            continue
        for body in (b'{"a":', b'[]', b'{"a":1,"a":2}', b'\xff'):
            detail = problem(
                asked(t, method, filled(path), body, JSON), 400)
            if body == b'{"a":':
                check('line 1, column 5' in detail, detail)
        length = [('Content-Length', str(1 << 40)), *JSON]
        c = admin(t)
        c.request(method, filled(path), [*c.fields, *length])
        problem(c.response(), 413)
        c.close()


@case
def a_body_of_no_bytes_is_there_at_once(t):
    c = admin(t)
    c.request('POST', '/v1/reload',
              [*c.fields, ('Content-Length', '0'), *JSON])
    same(c.response().status, 200)


@case
def every_path_says_which_methods_it_has(t):
    paths = {}
    for method, path, _ in operations(t):
        paths.setdefault(path, []).append(method)
    for path, methods in paths.items():
        r = asked(t, 'BREW', filled(path), None, JSON)
        problem(r, 405)
        allowed = set(r.get('allow').split(', '))
        same(allowed - {'HEAD'}, set(methods), path)


@case
def no_command_knows_further_parameters(t):
    for method, path, _ in operations(t):
        r = asked(t, method, filled(path) + '?nix=1', None, JSON)
        check('nix' in problem(r, 400), (method, path))


@case
def what_is_not_there_is_404(t):
    for target in ('/v1', '/v2/state', '/v1/state/', '/v1/nix',
                   '/assets/nix.js', '/assets/..%2fadmin.c'):
        problem(admin(t).call('GET', target), 404)


# --- single commands -----------------------------------------------------------

@case
def state_tells_what_runs(t):
    hark = gateway()
    hark.get('/a')
    c = admin(t)
    until(lambda: c.call('GET', '/v1/state').json['recording']['recorded'],
          'the exchange is stored')
    r = c.call('GET', '/v1/state')
    safe(r)
    state = r.json
    same((state['mode'], state['tape'], state['store']),
         ('record', 'default', str(hark.store)))
    same(state['listen'], [hark.url])
    same(state['recording']['error'], None)
    same(state['recording']['lost'], 0)
    same([(u['scope'], u['url'], u['mode']) for u in state['upstreams']],
         [('', hark.url_of_origin, None)])
    check(state['figures']['forwarded'] >= 1, state)
    check(state['uptime_us'] > 0 and state['started'].endswith('Z'), state)
    check('proxy' in state['modes'], state)
    head = c.call('HEAD', '/v1/state')
    same((head.status, head.body), (200, b''))


@case
def health_needs_no_token(t):
    c = admin(t, None)
    same(c.call('GET', '/v1/health/live').json, {'status': 'live'})
    ready = c.call('GET', '/v1/health/ready').json
    same((ready['status'], ready['reason']), ('ready', None))
    same(c.call('GET', '/').status, 200)


@case
def a_store_that_takes_nothing_makes_it_unready(t):
    # Stored entries do not go beyond the limit of a file's size.
    origin = t.origin()
    origin.routes['/big'] = reply(os.urandom(1 << 20))
    hark = t.hark('record', origin, '--durability', 'strict',
                  wrap=('prlimit', '--fsize=400000'))
    hark.get('/big')
    c = Admin(t, hark)
    until(lambda: c.call('GET', '/v1/health/ready').status == 503,
          'it says that it is not ready')
    ready = c.call('GET', '/v1/health/ready').json
    check(ready['status'] == 'unready' and ready['reason'], ready)
    same(c.call('GET', '/v1/health/live').status, 200)
    check(c.call('GET', '/v1/state').json['recording']['error'], ready)


# --- what is recorded ----------------------------------------------------------

@case
def entries_are_listed_a_page_at_a_time_and_filtered(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for i in range(7):
        hark.ask('POST' if i == 3 else 'GET', f'/n/{i}?\xff')
    origin.routes['/gone'] = reply(b'', status='404 Not Found')
    hark.get('/gone')
    c = Admin(t, hark)
    until(lambda: c.call('GET', '/v1/state').json['recording']['recorded']
          == 8, 'all are stored')
    first = c.call('GET', '/v1/entries?limit=3').json
    same([e['id'] for e in first['entries']], [1, 2, 3])
    rest = c.call('GET', f'/v1/entries?after={first["next"]}').json
    same(([e['id'] for e in rest['entries']], rest['next']),
         ([4, 5, 6, 7, 8], None))
    one = rest['entries'][0]
    same((one['method'], one['status'], one['tape'], one['outcome']),
         ('POST', 200, 'default', 'complete'))
    for q, ids in (('method:POST', [4]), ('status:4xx', [8]), ('n/5', [6]),
                   ('url:*/n/1*', [2]), ('ids:2-4%20method:GET', [2, 3]),
                   ('failed:1', []), ('since:1h', [*range(1, 9)]),
                   ('ids:9', [])):
        got = c.call('GET', f'/v1/entries?q={q}').json
        same([e['id'] for e in got['entries']], ids, q)
    for q in ('status:x', 'since:x', 'a%20b', 'method:A%20method:B'):
        problem(c.call('GET', f'/v1/entries?q={q}'), 400)
    problem(c.call('GET', '/v1/entries?tape=nix'), 404)
    problem(c.call('GET', '/v1/entries?limit=1001'), 400)
    tapes = c.call('GET', '/v1/tapes').json['tapes']
    same([(x['name'], x['entries']) for x in tapes], [('default', 8)])


@case
def an_entry_is_had_as_har_curl_and_mock(t):
    origin = t.origin()
    big = os.urandom(3 << 20)
    origin.routes['/big'] = reply(big)
    origin.routes['/page'] = reply(
        gzip.compress(b'<script>'),
        headers=[('Content-Type', 'text/html'), ('Content-Encoding', 'gzip')])
    hark = t.hark('record', origin)
    hark.get('/big')
    hark.ask('POST', '/page', [('X-A', "it's")], b'sent')
    c = Admin(t, hark)
    until(lambda: c.call('GET', '/v1/state').json['recording']['recorded']
          == 2, 'both are stored')
    entry = c.call('GET', '/v1/entries/1')
    text = entry.json['response']['content']
    same(base64.b64decode(text['text']), big)
    same(entry.json['request']['url'], f'{origin.url}/big')
    curl = c.call('GET', '/v1/entries/2?as=curl')
    check(curl.body.startswith(b'curl ') and b"sent" in curl.body, curl)
    mock = c.call('GET', '/v1/entries/2?as=mock').json
    same([(r['method'], r['endpoint']) for r in mock['routes']],
         [('post', 'page')])
    same(c.call('GET', '/v1/entries/1/response/body').body, big)
    sent = c.call('GET', '/v1/entries/2/request/body')
    same(sent.body, b'sent')
    page = c.call('GET', '/v1/entries/2/response/body')
    same((page.get('content-type'), page.get('x-hark-content-type')),
         ('application/octet-stream', 'text/html'))
    safe(page)
    same(gzip.decompress(page.body), b'<script>')
    plain = c.call('GET', '/v1/entries/2/response/body?decoded=1')
    same(plain.body, b'<script>')
    for target in ('/v1/entries/9', '/v1/entries/9?as=mock',
                   '/v1/entries/9?as=curl', '/v1/entries/9/request/body'):
        problem(c.call('GET', target), 404)
    problem(c.call('GET', '/v1/entries/0'), 400)


@case
def a_tape_is_exported_whole_or_in_part(t):
    origin = t.origin()
    big = os.urandom(12 << 20)
    origin.routes['/big'] = reply(big)
    hark = t.hark('record', origin)
    for target in ('/a', '/big'):
        hark.get(target)
    c = Admin(t, hark)
    until(lambda: c.call('GET', '/v1/state').json['recording']['recorded']
          == 2, 'both are stored')
    har = c.call('GET', '/v1/export').json['log']
    same([e['request']['url'] for e in har['entries']],
         [f'{origin.url}/a', f'{origin.url}/big'])
    same(base64.b64decode(har['entries'][1]['response']['content']['text']),
         big)
    part = c.call('GET', '/v1/export?q=url:*/a&tape=default&format=ndjson')
    same((part.body.count(b'\n'), part.get('content-type')),
         (1, 'application/x-ndjson'))
    packed = c.call('GET', '/v1/export?format=har.zip').body
    with zipfile.ZipFile(io.BytesIO(packed)) as z:
        check(any(z.read(n) == big for n in z.namelist()), z.namelist())
    problem(c.call('GET', '/v1/export?format=x'), 400)
    problem(c.call('GET', '/v1/export?tape=nix'), 404)


@case
def an_export_that_has_no_room_is_told(t):
    folder = t.path('temporary')
    folder.mkdir()
    hark = t.hark('record', t.origin(), env={'TMPDIR': str(folder)})
    hark.get('/a')
    c = Admin(t, hark)
    same(c.call('GET', '/v1/export').status, 200)
    same(list(folder.iterdir()), [])
    folder.rmdir()
    r = c.call('GET', '/v1/export')
    problem(r, 500)
    check('temporary/hark-export-' in r.json['detail'], r.body)
    folder.mkdir()
    same(c.call('GET', '/v1/export?format=ndjson').status, 200)


@case
def a_removed_entry_is_replayed_no_more(t):
    origin = t.origin()
    hark = t.hark('auto', origin)
    c = Admin(t, hark)
    for how in ('auto', 'replay'):
        for x in ('/a', '/b'):
            hark.get(x)
        list_a = '/v1/entries?q=url:*/a'
        until(lambda: c.call('GET', list_a).json['entries'], 'it is stored')
        one = c.call('GET', list_a).json['entries'][0]['id']
        same([hark.get(x).source for x in ('/a', '/b')], ['replay'] * 2)
        same(c.call('DELETE', f'/v1/entries/{one}').status, 204)
        problem(c.call('DELETE', f'/v1/entries/{one}'), 404)
        same(hark.get('/b').source, 'replay')
        same(hark.get('/a').source, 'upstream' if how == 'auto' else 'miss')
        if how == 'auto':
            hark.stop()
            hark.restart(mode='replay')
            c = Admin(t, hark)


@case
def without_a_store_there_are_no_entries(t):
    c = Admin(t, t.hark('proxy'))
    for target in ('/v1/entries', '/v1/tapes', '/v1/entries/1'):
        problem(c.call('GET', target), 404)
    problem(c.call('DELETE', '/v1/entries/1'), 404)


# --- mocks -----------------------------------------------------------------------

FILE = {
    'name': 'Shop', 'cors': False, 'strange': {'kept': [1, 2]},
    'routes': [
        {'uuid': 'one', 'method': 'get', 'endpoint': 'a', 'mine': 'kept',
         'responses': [{'body': 'first', 'statusCode': 200}]},
        {'method': 'get', 'endpoint': 'b',
         'responses': [{'body': '{{getVar "n"}}'}]}]}


def shop(t, *options, mode='proxy'):
    path = t.path('shop.json')
    path.write_text(json.dumps(FILE))
    hark = t.hark(mode, t.origin(), '--mocks', path, *options)
    return hark, Admin(t, hark), path


@case
def mocks_are_listed_changed_and_turned_off(t):
    hark, c, path = shop(t)
    environments = c.call('GET', '/v1/mocks').json['environments']
    same([(e['id'], e['file'], e['name'], e['error']) for e in environments],
         [('0', str(path), 'Shop', None)])
    same([(r['uuid'], r['enabled']) for r in environments[0]['routes']],
         [('one', True), ('route-1', True)])
    url = '/v1/mocks/0/routes/one'
    route = c.call('GET', url).json
    route['responses'][0]['body'] = 'second'
    same(c.call('PUT', url, route).json, route)
    same(hark.get('/a').body, b'second')
    same(c.call('POST', f'{url}/disable', {}).json['enabled'], False)
    same(hark.get('/a').source, 'upstream')
    c.call('POST', f'{url}/enable', {})
    same(hark.get('/a').source, 'mock')
    written = json.loads(path.read_text())
    same((written['strange'], written['routes'][0]['mine']),
         (FILE['strange'], 'kept'))
    problem(c.call('GET', '/v1/mocks/0/routes/nix'), 404)
    problem(c.call('PUT', '/v1/mocks/0/routes/nix', route), 404)
    problem(c.call('PUT', '/v1/mocks/9/routes/one', route), 404)
    problem(c.call('POST', '/v1/mocks/x/routes/one/enable', {}), 404)


@case
def a_route_that_cannot_be_changes_nothing(t):
    hark, c, path = shop(t)
    before = path.read_bytes()
    wrong = {'endpoint': 'a', 'responses': [{'statusCode': 'x'}]}
    detail = problem(c.call('PUT', '/v1/mocks/0/routes/one', wrong), 409)
    check('routes[0].responses[0].statusCode' in detail, detail)
    same(path.read_bytes(), before)
    same(hark.get('/a').body, b'first')


@case
def a_file_that_cannot_be_written_is_a_conflict(t):
    if os.geteuid() == 0:
        # The superuser writes everywhere; a folder that is gone stops it too.
        hark, c, path = shop(t, '--no-watch')
        path.rename(path.parent.parent / 'elsewhere')
        path.parent.rmdir()
    else:
        hark, c, path = shop(t, '--no-watch')
        path.parent.chmod(0o500)
    problem(c.call('POST', '/v1/mocks/0/routes/one/disable', {}), 409)
    same(hark.get('/a').body, b'first')


@case
def what_mocks_remember_is_reset(t):
    path = t.path('counting.json')
    path.write_text(json.dumps({'routes': [{
        'endpoint': 'n', 'responseMode': 'SEQUENTIAL',
        'responses': [{'body': 'one'}, {'body': 'two'}]}]}))
    hark = t.hark('proxy', t.origin(), '--mocks', path)
    c = Admin(t, hark)
    for fields in ((), [('X-Hark-Session', 's')]):
        same(hark.get('/n', fields).body, b'one')
    same(c.call('POST', '/v1/mocks/reset', {}).status, 204)
    for fields in ((), [('X-Hark-Session', 's')]):
        same([hark.get('/n', fields).body for _ in range(2)],
             [b'one', b'two'])
    until(lambda: [(x['name'], x['requests']) for x in
                   c.call('GET', '/v1/sessions').json['sessions']] ==
          [('s', {'mock': 3})], 'all requests of the session are counted')
    same(c.call('DELETE', '/v1/sessions/s').status, 204)
    problem(c.call('DELETE', '/v1/sessions/s'), 404)
    same(c.call('GET', '/v1/sessions').json, {'sessions': []})
    same(hark.get('/n', [('X-Hark-Session', 's')]).body, b'one')


@case
def cursors_begin_anew(t):
    origin = t.origin()
    bodies = iter([b'1', b'2'])
    origin.routes['/n'] = lambda p, r: p.send(reply(next(bodies)))
    hark = t.hark('record', origin)
    for _ in range(2):
        hark.get('/n')
    hark.stop()
    hark.restart(mode='replay')
    c = Admin(t, hark)
    for _ in range(2):
        same([hark.get('/n').body for _ in range(3)], [b'1', b'2', b'2'])
        same(c.call('POST', '/v1/cursors/reset', {}).status, 204)


@case
def an_entry_becomes_a_mock_that_answers_at_once(t):
    origin = t.origin()
    picture = bytes(range(256)) * 10
    origin.routes['/text'] = reply(b'{"a": "{{b}}"}')
    origin.routes['/picture'] = reply(picture)
    for kept in (False, True):
        file = t.path('promoted.json')
        options = ('--mocks-write', file) if kept else ()
        hark = t.hark('record', origin, *options)
        for target in ('/text?n=1', '/text?n=2', '/picture'):
            origin.routes.setdefault(target, reply(b'{"a": "{{b}}"}'))
            hark.get(target)
        c = Admin(t, hark)
        until(lambda: c.call('GET', '/v1/state').json['recording']['recorded']
              == 3, 'all are stored')
        same(c.call('GET', '/v1/mocks').json, {'environments': []})
        for i in (1, 2, 1, 3):
            made = c.call('POST', f'/v1/entries/{i}/promote', {})
            same(made.status, 201, made)
        for target, body in (('/text?n=1', b'{"a": "{{b}}"}'),
                             ('/text?n=2', b'{"a": "{{b}}"}'),
                             ('/picture', picture)):
            r = hark.get(target)
            same((r.source, r.body), ('mock', body), target)
        same(hark.get('/text?n=3').source, 'upstream')
        origin.take()
        environment = c.call('GET', '/v1/mocks').json['environments'][0]
        same((environment['id'], environment['file']),
             ('promoted', str(file) if kept else None))
        same([(r['endpoint'], len(r['responses']))
              for r in environment['routes']], [('picture', 1), ('text', 2)])
        route = environment['routes'][0]['uuid']
        c.call('POST', f'/v1/mocks/promoted/routes/{route}/disable', {})
        same(hark.get('/picture').source, 'upstream')
        problem(c.call('POST', '/v1/entries/99/promote', {}), 404)
        hark.stop()
        if kept:
            hark.restart(url=origin.url)
            same(hark.get('/text?n=2').source, 'mock')


@case
def a_promoted_route_comes_before_those_of_files(t):
    hark, c, _ = shop(t, mode='record')
    c.call('POST', '/v1/mocks/0/routes/one/disable', {})
    live = hark.get('/a').body
    until(lambda: c.call('GET', '/v1/state').json['recording']['recorded'],
          'it is stored')
    c.call('POST', '/v1/mocks/0/routes/one/enable', {})
    same(hark.get('/a').body, b'first')
    c.call('POST', '/v1/entries/1/promote', {})
    same(hark.get('/a').body, live)


# --- requests ------------------------------------------------------------------

@case
def bad_requests_end_the_connection(t):
    for raw, status in (
            (b'GET /v1/state\r\n\r\n', 400),
            (b'GET /v1/state HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400),
            (b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\n', 414),
            (b'GET / HTTP/1.1\r\nHost: localhost\r\nA: ' + b'a' * 17000, 431)):
        c = admin(t)
        c.send(raw)
        problem(c.response(), status)
        c.ended()


@case
def requests_may_come_ahead_of_answers(t):
    c = admin(t)
    one = (b'GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    c.send(one * 50)
    for _ in range(50):
        same(c.response().json, {'status': 'live'})


# --- where it is ----------------------------------------------------------------

@case
def it_is_never_reached_through_the_data_port(t):
    hark = t.hark('proxy')
    where = admin_of(hark)
    for method, target in (('GET', f'{where}/v1/state'),
                           ('CONNECT', where[7:])):
        c = t.client(hark)
        c.request(method, target, [('Host', where[7:])], host=False)
        r = c.response()
        same(r.status, 502, method)
        check('this gateway itself' in r.json['detail'], r)
    same(Admin(t, hark).call('GET', '/v1/state').status, 200)


@case
def a_unix_socket_is_the_owners_alone_and_replaces_a_stale_one(t):
    path = t.path('admin.sock')
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    hark = t.hark('proxy', '--admin', f'unix:{path}')
    same(admin_of(hark), f'unix:{path}')
    same(stat.S_IMODE(path.stat().st_mode), 0o600)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(path))
        s.sendall(b'GET /v1/health/live HTTP/1.0\r\n\r\n')
        got = b''
        while piece := s.recv(65536):
            got += piece
    check(got.endswith(b'{"status":"live"}\n'), got)
    hark.stop()
    check(not path.exists(), 'the socket is gone')


@case
def a_socket_in_use_and_a_file_stay(t):
    path = t.path('admin.sock')
    path.write_text('kept')
    hark = t.hark('proxy')
    taken = admin_of(hark).removeprefix('http://')
    for where in (f'unix:{path}', taken):
        done = command('proxy', '--listen', '127.0.0.1:0', '--admin', where)
        same(done.returncode, 2)
        check('in use' in done.stderr, done)
    same(path.read_text(), 'kept')


def har(*urls, **more):
    return {'log': {'version': '1.2', 'creator': {'name': 'x', 'version': ''},
                    'entries': [{
                        'startedDateTime': '2026-01-01T00:00:00Z', 'time': 1,
                        'request': {'method': 'GET', 'url': url,
                                    'httpVersion': 'HTTP/1.1', 'headers': [],
                                    'queryString': [], 'cookies': [],
                                    'headersSize': -1, 'bodySize': 0},
                        'response': {'status': 200, 'statusText': 'OK',
                                     'httpVersion': 'HTTP/1.1', 'headers': [],
                                     'cookies': [], 'redirectURL': '',
                                     'headersSize': -1, 'bodySize': -1,
                                     'content': {'mimeType': 'text/plain',
                                                 'size': -1,
                                                 'text': 'of ' + url, **more}},
                        'cache': {}, 'timings': {'send': 0, 'wait': 1,
                                                 'receive': 0}}
                                for url in urls]}}


@case
def a_HAR_is_imported_and_answers_at_once(t):
    # Where the gateway writes to the store itself, and where nobody does.
    for mode in ('auto', 'replay'):
        origin = t.origin()
        hark = t.hark('record', origin)
        hark.get('/first')
        hark.stop()
        hark.restart(mode=mode, url=origin.url)
        same(hark.get('/imported').source,
             'upstream' if mode == 'auto' else 'miss')
        a = Admin(t, hark)
        body = har('https://api.example/new', 'https://api.example/newer')
        for send in (json.dumps(body).encode(),
                     gzip.compress(json.dumps(body).encode())):
            r = a.call('POST', '/v1/import', send,
                       [('Content-Type', 'application/json')])
            same((r.status, r.json['imported'], r.json['tape']),
                 (200, 2, 'default'), r)
        r = hark.get('/new')
        same((r.source, r.body), ('replay', b'of https://api.example/new'))
        same(hark.get('/first').source, 'replay')
        r = a.call('POST', '/v1/import?tape=other&filter=*newer', body)
        same((r.status, r.json['imported'], r.json['skipped']), (200, 1, 1))
        names = [x['name'] for x in a.call('GET', '/v1/tapes').json['tapes']]
        same(sorted(names), ['default', 'other'])
        hark.get('/again')
        hark.stop()


@case
def an_import_is_all_or_nothing(t):
    hark = t.hark('record', t.origin())
    a = Admin(t, hark)
    body = json.dumps(har('https://a.example/1', 'https://a.example/2'))
    for wrong, where in ((body[:-20], 'byte'), ('[]', 'array'),
                         ('', 'expected')):
        r = a.call('POST', '/v1/import', wrong.encode(), JSON)
        check(where in problem(r, 422), r.json)
    # Files beside a HAR are those of whoever sends it, not of the gateway.
    reads = har('https://a.example/1', _file='0')
    del reads['log']['entries'][0]['response']['content']['text']
    r = a.call('POST', '/v1/import', reads)
    same(r.status, 200, r)
    check('cannot be found' in json.dumps(r.json['notes']), r.json)
    problem(a.call('POST', '/v1/import?strict=1', reads), 422)
    problem(a.call('POST', '/v1/import?base=nowhere', reads), 400)
    r = a.call('GET', '/v1/entries')
    check(len(r.json['entries']) <= 1, r.json)


@case
def hark_health_asks_it(t):
    path = t.path('admin.sock')
    for where in (f'unix:{path}', '127.0.0.1:0'):
        hark = t.hark('proxy', '--admin', where)
        where = admin_of(hark)
        done = command('health', '--admin', where)
        same((done.returncode, json.loads(done.stdout)['status']),
             (0, 'ready'))
        hark.stop()
        done = command('health', '--admin', where)
        same((done.returncode, done.stdout), (1, ''))
        check(done.stderr.startswith('hark: admin '), done.stderr)
    for wrong in ('nowhere', ':1', '[::1:1', 'unix:' + 'x' * 200):
        done = command('health', '--admin', wrong)
        same((done.returncode, done.stdout), (1, ''))
        check('expected' in done.stderr, done.stderr)


@case
def off_is_off(t):
    hark = t.hark('proxy', '--admin', 'off')
    same(admin_of(hark), None)


@case
def other_machines_need_a_token_which_is_made(t):
    hark = t.hark('proxy', '--admin', '0.0.0.0:0')
    token = re.search(r'admin token ([0-9a-f]{32})', hark.log).group(1)
    address = admin_of(hark).replace('0.0.0.0', '127.0.0.1')
    c = Client(address.removeprefix('http://'))
    t.ends.callback(c.close)
    same(c.ask('GET', '/v1/state').status, 401)
    bearer = [('Authorization', f'Bearer {token}')]
    same(c.ask('GET', '/v1/state', bearer).status, 200)


@case
def the_token_may_come_by_the_environment(t):
    hark = t.hark('proxy', env={'HARK_ADMIN_TOKEN': 'hidden'})
    same(Admin(t, hark).call('GET', '/v1/state').status, 401)
    same(Admin(t, hark, 'hidden').call('GET', '/v1/state').status, 200)


@case
def further_names_may_be_allowed(t):
    hark = t.hark('proxy', '--admin-host', 'hark.test')
    for host, status in (('hark.test:99', 200), ('other.test', 421)):
        r = Admin(t, hark).call('GET', '/v1/state', None, [('Host', host)])
        same(r.status, status, host)


main()
