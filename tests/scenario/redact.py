# Goal: no secret reaches the disk, and what is recorded without them replays.

import base64
import gzip
import json
import os
import sqlite3
import zlib

from harness import (case, check, command, entries, main, reply, same, until)

JWT = '.'.join(base64.urlsafe_b64encode(part).rstrip(b'=').decode()
               for part in (b'{"alg":"RS256","kid":"k1","typ":"JWT"}',
                            b'{"sub":"ada","exp":4102444800,"mail":"a@b"}',
                            b'a signature of thirty-two bytes!'))
AWS = 'AKIAIOSFODNN7EXAMPLE'


def on_disk(store):
    """All bytes of the store, also those that are only in its journal."""
    found = b''
    for end in ('', '-wal', '-shm'):
        path = f'{store}{end}'
        if os.path.exists(path):
            with open(path, 'rb') as f:
                found += f.read()
    return found


def inflated(store):
    """The same of what is compressed in the bodies."""
    db = sqlite3.connect(f'file:{store}?mode=ro', uri=True)
    try:
        found = b''
        for body, in db.execute('SELECT bytes FROM body WHERE bytes NOT NULL '
                                'UNION ALL SELECT bytes FROM body_part'):
            found += body
            for way in (16 + zlib.MAX_WBITS, zlib.MAX_WBITS):
                try:
                    found += zlib.decompress(body, way)
                except zlib.error:
                    pass
        return found
    finally:
        db.close()


def absent(store, *secrets):
    for where in (on_disk(store), inflated(store)):
        for s in secrets:
            check(s.encode() not in where, f'{s} is on the disk')


def json_reply(value, *headers, **how):
    return reply(json.dumps(value).encode(),
                 headers=[('Content-Type', 'application/json'), *headers],
                 **how)


@case
def nothing_secret_reaches_the_disk(t):
    origin = t.origin()
    origin.routes['/v1/me?api_key=query-secret-1'] = json_reply(
        {'id_token': 'body-secret-1', 'text': f'see {AWS}', 'jwt': JWT,
         'n': 1},
        ('Set-Cookie', 'sid=cookie-secret-1; Path=/; HttpOnly'),
        ('Location', '/next?access_token=query-secret-2&x=1'))
    hark = t.hark('record', origin, '--redact', 'on')
    seen = hark.ask('POST', '/v1/me?api_key=query-secret-1', [
        ('Authorization', 'Bearer header-secret-1'),
        ('X-Api-Key', 'header-secret-2'),
        ('Cookie', 'a=cookie-secret-2; b=cookie-secret-3'),
        ('Referer', 'https://u:userinfo-secret@h.test/x'),
        ('Content-Type', 'application/x-www-form-urlencoded')],
        b'user=ada&password=form-secret-1&grant_type=password')
    # Client and upstream see what was sent.
    same(seen.json['id_token'], 'body-secret-1')
    asked = origin.requests[-1]
    same(asked.get('authorization'), 'Bearer header-secret-1')
    check(b'form-secret-1' in asked.body, asked.body)
    secrets = ['query-secret-1', 'query-secret-2', 'body-secret-1', AWS,
               JWT.split('.')[2], 'cookie-secret', 'header-secret',
               'userinfo-secret', 'form-secret-1']
    until(lambda: b'/v1/me' in on_disk(hark.store), 'it is committed')
    absent(hark.store, *secrets)
    hark.stop()
    absent(hark.store, *secrets)
    check('secret-1' not in hark.log, hark.log)
    e, = entries(hark.store)
    headers = {h['name']: h['value'] for h in e['request']['headers']}
    check(headers['Authorization'].startswith('Bearer hark-'), headers)
    check(headers['Cookie'].startswith('a=hark-'), headers)
    kept = json.loads(e['response']['content']['text'])
    same((kept['n'], kept['id_token'][:5]), (1, 'hark-'))
    claims = kept['jwt'].split('.')[1]
    same(json.loads(base64.urlsafe_b64decode(claims + '==')),
         {'sub': 'ada', 'exp': 4102444800})
    same(int(next(h['value'] for h in e['response']['headers']
                  if h['name'] == 'Content-Length')),
         len(e['response']['content']['text']))


@case
def bodies_are_searched_below_their_codings(t):
    origin = t.origin()
    body = json.dumps({'access_token': 'coded-secret', 'n': 1}).encode()
    for coding, coded in (('gzip', gzip.compress(body)),
                          ('deflate', zlib.compress(body))):
        origin.routes[f'/{coding}'] = reply(coded, headers=[
            ('Content-Type', 'application/json'),
            ('Content-Encoding', coding)])
    hark = t.hark('record', origin, '--redact', 'on')
    for coding in ('gzip', 'deflate'):
        hark.get(f'/{coding}')
    hark.ask('POST', '/up', [('Content-Type', 'application/json'),
                             ('Content-Encoding', 'gzip')],
             gzip.compress(b'{"password":"coded-secret"}'))
    hark.ask('POST', '/parts',
             [('Content-Type', 'multipart/form-data; boundary=b')],
             b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n'
             b'part-secret-1\r\n--b--\r\n')
    hark.stop()
    absent(hark.store, 'coded-secret', 'part-secret-1')
    hark.restart(mode='replay', options=[])
    for coding, window in (('gzip', 31), ('deflate', 15)):
        seen = hark.get(f'/{coding}')
        same((seen.source, seen.get('content-encoding')), ('replay', coding))
        text = zlib.decompress(seen.body, window)
        check(json.loads(text)['access_token'].startswith('hark-'), text)
        same(int(seen.get('content-length')), len(seen.body))
    seen = hark.ask('POST', '/up', [('Content-Type', 'application/json'),
                                    ('Content-Encoding', 'gzip')],
                    gzip.compress(b'{"password":"coded-secret"}'))
    same(seen.source, 'replay')


@case
def a_body_too_big_for_memory_is_redacted_as_it_comes(t):
    origin = t.origin()
    lines = b''.join(b'{"n":%d,"password":"big-secret-%d","pad":"%s"}\n'
                     % (i, i, b'x' * (i % 200)) for i in range(30000))
    origin.routes['/big'] = reply(lines, headers=[
        ('Content-Type', 'application/x-ndjson')])
    zipped = gzip.compress(lines, 1)
    check(len(lines) > 4 << 20, len(lines))
    origin.routes['/zipped'] = reply(zipped, headers=[
        ('Content-Type', 'application/x-ndjson'),
        ('Content-Encoding', 'gzip')])
    hark = t.hark('record', origin, '--redact', 'on')
    same(hark.get('/big').body, lines)
    same(hark.get('/zipped').body, zipped)
    hark.stop()
    check(b'big-secret' not in on_disk(hark.store), 'a secret is on the disk')
    hark.restart(mode='replay', options=[])
    seen = hark.get('/big')
    same((seen.source, int(seen.get('content-length'))),
         ('replay', len(seen.body)))
    got = [json.loads(line) for line in seen.body.splitlines()]
    same([g['n'] for g in got], list(range(30000)))
    check(all(g['password'].startswith('hark-') for g in got), got[:3])
    same(len({g['password'] for g in got}), 30000)
    same(gzip.decompress(hark.get('/zipped').body), seen.body)


def oauth(origin):
    """An API with the client credentials grant."""
    tokens = iter(['token-secret-1', 'token-secret-2'])

    def token(p, r):
        check(b'client_secret=client-secret' in r.body, r.body)
        p.send(json_reply({'access_token': next(tokens),
                           'token_type': 'Bearer', 'expires_in': 3600}))

    origin.routes['/token'] = token
    for n in (1, 2):
        origin.routes[f'/q?access_token=token-secret-{n}'] = \
            json_reply({'q': n})

    def me(p, r):
        p.send(json_reply({'me': r.get('authorization')[-1]}))

    origin.routes['/me'] = me
    origin.routes['/form'] = lambda p, r: p.send(
        json_reply({'form': r.body.decode()[-1]}))


def flow(hark, secret=b'client-secret'):
    """Two tokens, each used three ways; what came of it."""
    got = []
    tokens = [hark.ask('POST', '/token', [
        ('Content-Type', 'application/x-www-form-urlencoded')],
        b'grant_type=client_credentials&client_secret=' + secret)
        .json['access_token'] for _ in range(2)]
    for token in reversed(tokens):
        got += [
            hark.get('/me', [('Authorization', 'Bearer ' + token)]).json,
            hark.get('/q?access_token=' + token).json,
            hark.ask('POST', '/form', [
                ('Content-Type', 'application/x-www-form-urlencoded')],
                b'token_type_hint=x&access_token=' + token.encode()).json]
    return tokens, got


FLOW = [{'me': '2'}, {'q': 2}, {'form': '2'},
        {'me': '1'}, {'q': 1}, {'form': '1'}]


@case
def a_token_of_a_recording_is_good_for_the_recordings(t):
    origin = t.origin()
    oauth(origin)
    hark = t.hark('record', origin, '--redact', 'on')
    tokens, got = flow(hark)
    same((tokens, got), (['token-secret-1', 'token-secret-2'], FLOW))
    hark.stop()
    absent(hark.store, 'client-secret', 'token-secret')
    hark.restart(mode='replay', options=[])
    tokens, got = flow(hark)
    check(all(x.startswith('hark-') for x in tokens), tokens)
    same(got, FLOW)
    # A client may also have the real ones.
    same(hark.get('/q?access_token=token-secret-2').json, {'q': 2})
    same(hark.get('/me', [('Authorization', 'Bearer token-secret-2')]).json,
         {'me': '2'})


@case
def a_tape_replays_without_the_key_and_with_other_secrets(t):
    origin = t.origin()
    oauth(origin)
    hark = t.hark('record', origin, '--redact', 'on')
    flow(hark)
    hark.stop()
    key = f'{hark.store}-key'
    same(os.stat(key).st_mode & 0o777, 0o600)
    check(open(key, 'rb').read().strip() not in on_disk(hark.store),
          'the key is on the disk')
    os.unlink(key)
    hark.restart(mode='replay', options=[])
    tokens, got = flow(hark, b'made-up')
    check(all(x.startswith('hark-') for x in tokens), tokens)
    # What tells its own pseudonyms apart needs no key.
    same(got, FLOW)
    same(hark.get('/q?access_token=other').status, 200)
    check(not os.path.exists(key), 'there is a key again')


@case
def cookies_of_a_session_round_trip(t):
    origin = t.origin()
    origin.routes['/login'] = reply(b'in', headers=[
        ('Set-Cookie', 'sid=session-secret; Path=/'),
        ('Vary', 'Cookie')])
    origin.routes['/home'] = lambda p, r: p.send(reply(
        b'in' if 'session-secret' in (r.get('cookie') or '') else b'out',
        headers=[('Vary', 'Cookie')]))
    hark = t.hark('record', origin, '--redact', 'on')

    def session():
        before = hark.get('/home').body
        cookie = hark.get('/login').get('set-cookie').split(';')[0]
        return before, cookie, hark.get('/home', [('Cookie', cookie)]).body

    same(session(), (b'out', 'sid=session-secret', b'in'))
    hark.stop()
    absent(hark.store, 'session-secret')
    hark.restart(mode='replay', options=[])
    before, cookie, after = session()
    same((before, cookie[:9], after), (b'out', 'sid=hark-', b'in'))


@case
def the_users_rules_count_when_recording_and_replaying(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--redact', 'on',
                  '--rule', '* * redact query ticket',
                  '--rule', '* * redact json /user/ssn',
                  '--rule', '* /kept keep query api_key')
    hark.get('/a?ticket=rule-secret')
    hark.get('/kept?api_key=known')
    hark.ask('POST', '/u', [('Content-Type', 'application/json')],
             b'{"user":{"ssn":"ssn-123-45-6789"}}')
    hark.stop()
    absent(hark.store, 'rule-secret', 'ssn-123-45-6789')
    check(b'api_key=known' in on_disk(hark.store), 'it is redacted')
    # Without the rules: the tape has them.
    hark.restart(mode='replay', options=[])
    same(hark.get('/a?ticket=rule-secret').source, 'replay')
    same(hark.get('/a?ticket=another').source, 'replay')
    same(hark.get('/kept?api_key=known').source, 'replay')
    same(hark.get('/kept?api_key=other').status, 501)
    same(hark.ask('POST', '/u', [('Content-Type', 'application/json')],
                  b'{"user":{"ssn":"ssn-123-45-6789"}}').source, 'replay')


@case
def without_redaction_all_is_kept_and_the_tape_says_so(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--no-redact')
    hark.get('/a?api_key=query-secret', [('Authorization', 'Bearer plain')])
    hark.stop()
    check(b'query-secret' in on_disk(hark.store), 'it is redacted')
    check(not os.path.exists(f'{hark.store}-key'), 'there is a key')
    db = sqlite3.connect(hark.store)
    same(db.execute('SELECT redaction FROM tape').fetchall(), [(':off 1\n',)])
    db.close()
    hark.restart(mode='replay', options=[])
    same(hark.get('/a?api_key=query-secret').source, 'replay')
    same(hark.get('/a?api_key=other').status, 501)


@case
def a_tape_with_both_replays_both(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--no-redact')
    hark.get('/a?api_key=one')
    hark.stop()
    hark.restart(url=origin.url, options=['--redact', 'on'])
    hark.get('/b?api_key=two')
    hark.stop()
    hark.restart(mode='replay', url=None, options=[])
    same(hark.get('/a?api_key=one').source, 'replay')
    same(hark.get('/b?api_key=two').source, 'replay')


@case
def playwrights_way_to_match_finds_them_too(t):
    origin = t.origin()
    for n in '12':
        origin.routes[f'/a?api_key=secret-{n}'] = reply(n.encode())
    hark = t.hark('record', origin, '--redact', 'on')
    for n in '12':
        hark.get(f'/a?api_key=secret-{n}')
    hark.stop()
    for key in (True, False):
        if not key:
            os.unlink(f'{hark.store}-key')
        hark.restart(mode='replay', options=['--match', 'playwright'])
        same([hark.get(f'/a?api_key=secret-{n}').body for n in '12'],
             [b'1', b'2'] if key else [b'1', b'1'])
        hark.stop()


@case
def an_import_is_redacted(t):
    har = t.path('in.har')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'x', 'version': '1'},
        'pages': [{'startedDateTime': '2026-11-21T00:00:00Z', 'id': 'p',
                   'title': 'https://h.test/?access_token=page-secret',
                   'pageTimings': {}}],
        'entries': [{
            'startedDateTime': '2026-11-21T00:00:00Z', 'time': 1,
            'request': {
                'method': 'GET', 'url': 'https://h.test/a?api_key=url-secret',
                'httpVersion': 'HTTP/1.1',
                'cookies': [{'name': 's', 'value': 'lone-cookie-secret'}],
                'headers': [{'name': 'X-Api-Key', 'value': 'field-secret'}],
                'queryString': [], 'headersSize': -1, 'bodySize': 0},
            'response': {
                'status': 200, 'statusText': 'OK', 'httpVersion': 'HTTP/1.1',
                'cookies': [], 'headers': [{'name': 'Content-Type',
                             'value': 'application/json'}],
                'content': {'size': 1, 'mimeType': 'application/json',
                            'text': '{"password":"text-secret"}'},
                'redirectURL': '', 'headersSize': -1, 'bodySize': -1},
            'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0},
            '_initiator': {'url': 'https://h.test/?access_token=own-secret'},
        }]}}))
    store = t.path('hark.db')
    done = command('import', '--redact', 'on', '--store', store, har)
    same((done.returncode, done.stderr), (0, ''))
    absent(store, 'url-secret', 'field-secret', 'text-secret', 'own-secret',
           'page-secret', 'lone-cookie-secret')
    done = command('scan', '--store', store)
    same((done.returncode, done.stdout), (0, ''))
    done = command('scan', '--json', har)
    same(done.returncode, 4)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    same([(f['entry'], f['in'], f['kind'], f.get('place')) for f in found],
         [(1, 'url', 'query', None),
          (1, 'request header', 'header', 'X-Api-Key'),
          (1, 'response body', 'field', '/password'),
          (1, 'har', 'query', '/entry/_initiator/url'),
          (0, 'har', 'query', '/pages/0/title')])
    check('secret' not in done.stdout, done.stdout)


def har_of(t, *contents):
    """A HAR with an answer for each content, beside what it names."""
    har = t.path('in.har')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'x', 'version': '1'},
        'entries': [{
            'startedDateTime': '2026-11-21T00:00:00Z', 'time': 1,
            'request': {
                'method': 'GET', 'url': f'https://h.test/{i}',
                'httpVersion': 'HTTP/1.1', 'cookies': [], 'headers': [],
                'queryString': [], 'headersSize': -1, 'bodySize': 0},
            'response': {
                'status': 200, 'statusText': 'OK', 'httpVersion': 'HTTP/1.1',
                'cookies': [], 'headers': [
                    {'name': 'Content-Type', 'value': content['mimeType']}],
                'content': {'size': 1, **content},
                'redirectURL': '', 'headersSize': -1, 'bodySize': -1},
            'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}
            for i, content in enumerate(contents)]}}))
    return har


@case
def scan_says_in_a_line_where_each_secret_is(t):
    har = har_of(t, {'mimeType': 'application/json',
                     'text': '{"password":"horse battery"}'},
                 {'mimeType': 'text/plain', 'text': f'key {AWS} of mine'},
                 {'mimeType': 'text/plain', '_file': 'side.txt'})
    har.with_name('side.txt').write_text(f'token={JWT}')
    done = command('scan', har)
    same(done.returncode, 4)
    found = done.stdout.splitlines()
    same(len(found), 3, found)
    for line, text in zip(found, (
            'entry 1: response body /password: field password: ... (13 bytes)',
            'entry 2: response body at byte 4: ',
            'entry 3: response body at byte ')):
        check(line.startswith(f'{har}: {text}'), line)
    for secret in ('horse', AWS, JWT):
        check(secret not in done.stdout, secret)
    # Where one does not look is no place without secrets.
    har.with_name('side.txt').unlink()
    done = command('scan', har)
    check('1 entries with a body that could not be searched' in done.stderr,
          done)


@case(deadline=60)
def a_long_body_is_redacted_on_its_way_into_the_store(t):
    filler = ('{"a":"' + 'x' * 1000 + '"},') * 9000
    text = ('[{"password":"first-secret"},' + filler +
            '{"password":"last-secret"}]')
    binary = base64.b64encode(bytes(range(256)) * 40000).decode()
    har = har_of(t, {'mimeType': 'application/json', 'text': text},
                 {'mimeType': 'application/octet-stream', 'text': binary,
                  'encoding': 'base64'},
                 {'mimeType': 'text/plain', 'text': 'y' * (9 << 20)})
    store = t.path('hark.db')
    done = command('import', '--redact', 'on', '--store', store, har)
    same((done.returncode, done.stderr), (0, ''))
    absent(store, 'first-secret', 'last-secret')
    hark = t.hark('replay', '--no-redact', store=store)
    got = json.loads(hark.get('/0').body)
    same(len(got), 9002)
    for item in (got[0], got[-1]):
        check(item['password'] and 'secret' not in item['password'], item)
    same(got[1:-1], json.loads('[' + filler[:-1] + ']'))
    same(hark.get('/1').body, bytes(range(256)) * 40000)
    same(hark.get('/2').body, b'y' * (9 << 20))


@case
def a_live_request_with_a_secret_is_not_in_the_log(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--redact', 'on')
    hark.get('/')
    hark.stop()
    hark.restart(mode='replay', options=['--redact', 'on'])
    r = hark.get('/nothing?api_key=live-secret')
    same(r.status, 501)
    hark.stop()
    check('/nothing' in hark.log and 'live-secret' not in hark.log, hark.log)


@case
def the_key_may_come_from_elsewhere(t):
    origin = t.origin()
    key = 'ab' * 32
    made = set()
    for how in ({'env': {'HARK_REDACT_KEY': key}}, {}):
        options = ['--redact', 'on']
        if not how:
            path = t.path('key')
            path.write_text(key + '\n')
            options += ['--redact-key', path]
        hark = t.hark('record', origin, *options, **how)
        hark.get('/', [('X-Api-Key', 'k')])
        hark.stop()
        check(not os.path.exists(f'{hark.store}-key'), 'there is a key')
        e, = entries(hark.store)
        made |= {h['value'] for h in e['request']['headers']
                 if h['name'] == 'X-Api-Key'}
    same(len(made), 1)
    done = command('import', '--redact', 'on', '--store', t.path('x.db'),
                   '/dev/null', env={'HARK_REDACT_KEY': 'short'})
    same(done.returncode, 2)
    check('64 hexadecimal digits' in done.stderr, done.stderr)


if __name__ == '__main__':
    main()
