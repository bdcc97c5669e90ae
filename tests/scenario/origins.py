# Goal: what was recorded by a base URL is found by who names the origin, and
# the other way round, and never the words of another origin.

import json
import shutil

from harness import Skip, case, check, command, main, reply, same
from sockets import opened, serves, shouts
from tunnels import imported, intercepted, world


def bring(t, store, *urls, options=()):
    """Entries of these URLs come to the store as a browser's."""
    har = t.path('in.har')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 't', 'version': '1'},
        'entries': [imported(url) for url in urls]}}))
    done = command('import', har, '--store', store, *options)
    same(done.returncode, 0, done.stderr)


def got(t, hark, target):
    """The body, or the status of what is none."""
    r = t.client(hark).ask('GET', target)
    check(r.source == ('replay' if r.status == 200 else 'miss'), r)
    return r.body.decode() if r.status == 200 else r.status


@case(deadline=60)
def a_command_runs_on_what_a_base_URL_recorded(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    cert, tls, _ = world()
    origin = t.origin(tls=tls)
    origin.routes['/hello?a=1'] = reply(b'hello by TLS\n')
    hark = t.hark('record', origin, '--upstream-ca', cert)
    same(t.client(hark).ask('GET', '/hello?a=1').status, 200)
    hark.stop()
    origin.stop()
    env = {'XDG_DATA_HOME': str(t.path()), 'NO_PROXY': '', 'no_proxy': ''}

    def curl(url):
        return command('run', '--mode', 'replay', '--store', hark.store, '--',
                       'curl', '-sS', url, env=env, timeout=60)
    done = curl(f'https://{origin.authority}/hello?a=1')
    same((done.returncode, done.stdout), (0, 'hello by TLS\n'), done.stderr)
    # Another port is another origin, and http is another than https.
    for url in (f'https://127.0.0.1:1/hello?a=1',
                f'https://localhost:{origin.authority[10:]}/hello?a=1',
                f'http://{origin.authority}/hello?a=1',
                f'https://{origin.authority}/hello?a=2'):
        check('hello by' not in curl(url).stdout, url)


@case
def an_import_of_one_origin_answers_who_names_it(t):
    _, _, folder = world()
    store = t.path('h.db')
    bring(t, store, 'https://api.invalid/v1?x', 'https://api.invalid/')
    hark = t.hark('replay', '--ca-dir', folder, store=store)
    c = intercepted(t, hark, 'api.invalid:443', folder)
    c.address = 'api.invalid'
    same(c.ask('GET', '/v1?x').body, b'https://api.invalid/v1?x')
    same(c.ask('GET', '/').body, b'https://api.invalid/')
    same(c.ask('GET', '/v2').status, 501)
    r = c.ask('HEAD', '/v1?x')
    same((r.status, r.get('content-length')), (200, '24'))
    for url in ('http://api.invalid/v1?x', 'http://api.invalid:443/v1?x',
                'http://other.invalid/v1?x'):
        same(got(t, hark, url), 501)


@case
def origins_with_equal_paths_are_never_mixed(t):
    store = t.path('h.db')
    # Each comes by a base of its own, so that all have the same keys.
    for i in (1, 2, 1):
        bring(t, store, f'http://{i}.invalid/a',
              options=['--base', f'http://{i}.invalid'])
    bring(t, store, 'http://3.invalid/v3/a',
          options=['--base', 'http://3.invalid/v3'])
    hark = t.hark('replay', '--repeat', 'fail', store=store)
    for i, wanted in ((2, 'http://2.invalid/a'), (3, 501), (4, 501),
                      (1, 'http://1.invalid/a'), (2, 501),
                      (1, 'http://1.invalid/a'), (1, 501), (3, 501)):
        same(got(t, hark, f'http://{i}.invalid/a'), wanted, i)
    hark.stop()
    # What served is known of, and by a base URL the order is that of all.
    used = open(str(store) + '-used').read()
    check('1-3;' in used, used)
    hark.restart(mode='replay', options=['--repeat', 'fail'])
    same([got(t, hark, '/a') for _ in range(5)],
         [f'http://{i}/a' for i in ('1.invalid', '2.invalid', '1.invalid',
                                    '3.invalid/v3')] + [501])


@case
def a_name_of_its_own_comes_first(t):
    store = t.path('h.db')
    bring(t, store, 'http://one.invalid/a',
          options=['--base', 'http://one.invalid'])
    bring(t, store, 'http://one.invalid/a', 'http://two.invalid/a')
    hark = t.hark('replay', '--repeat', 'fail', store=store)
    same(got(t, hark, 'http://one.invalid/a'), 'http://one.invalid/a')
    r = t.client(hark).ask('GET', 'http://one.invalid/a')
    check('is entry 2, ' in r.json['detail'] and 'more' not in
          r.json['detail'], r)
    same(got(t, hark, 'http://two.invalid/a'), 'http://two.invalid/a')
    hark.stop()
    used = open(str(store) + '-used').read()
    check('2-3;' in used, used)


@case
def a_base_URL_finds_what_clients_of_a_proxy_recorded(t):
    one, two = t.origin(), t.origin()
    for o in (one, two):
        o.routes['/a'] = reply(o.url.encode())
    hark = t.hark('record')
    c = t.client(hark)
    for o in (one, two):
        same(c.ask('GET', f'{o.url}/a').status, 200)
    same(c.ask('POST', f'{two.url}/b', [], b'x').status, 200)
    hark.stop()
    for o in (one, two):
        o.stop()
        hark.restart(mode='replay', url=o.url)
        same(got(t, hark, '/a'), o.url)
        r = t.client(hark).ask('POST', '/b', [], b'x')
        same(r.source, 'replay' if o is two else 'miss')
        hark.stop()
    # Below a path, with another port or by https it is another.
    for url in (one.url + '/v1', 'http://127.0.0.1:1',
                one.url.replace('http', 'https')):
        hark.restart(mode='replay', url=url)
        same(got(t, hark, '/a'), 501, url)
        hark.stop()


@case
def rules_and_secrets_count_in_both_ways(t):
    origin = t.origin()
    origin.routes['/a?ts=1'] = reply(b'found')
    options = ['--rule', '* * ignore query ts', '--redact', 'on']
    hark = t.hark('record', origin, *options)
    same(t.client(hark).ask('GET', '/a?ts=1').status, 200)
    same(hark.get('/k?access_token=token-secret-1').status, 200)
    hark.stop()
    origin.stop()
    hark.restart(mode='replay', options=options)
    same(got(t, hark, f'{origin.url}/a?ts=2'), 'found')
    same(got(t, hark, 'http://127.0.0.1:1/a?ts=2'), 501)
    for token in ('token-secret-1', 'token-secret-2'):
        r = hark.get(f'{origin.url}/k?access_token={token}')
        same((r.status, r.source), (200, 'replay'))
    same(hark.get('http://127.0.0.1:1/k?access_token=token-secret-1').status,
         501)


@case
def a_socket_of_a_base_URL_is_found_by_its_name(t):
    origin = t.origin()
    origin.routes['/ws'] = serves(shouts)
    hark = t.hark('record', origin)
    for mode in ('record', 'replay'):
        if mode == 'replay':
            hark.stop()
            origin.stop()
            hark.restart(mode=mode)
        s, r = opened(t.client(hark),
                      ('' if mode == 'record' else origin.url) + '/ws')
        s.send('a')
        same((s.receive(), s.closed()), ('A', (1000, '')))
        s.close()
        same(s.wire.ended(), 'eof')
    same(r.source, 'replay')
    s, r = opened(t.client(hark), 'http://127.0.0.1:1/ws')
    same((s, r.status), (None, 501))


@case
def explanations_know_of_the_other_way(t):
    store = t.path('h.db')
    for host in ('one', 'two'):
        bring(t, store, f'http://{host}.invalid/a',
              options=['--base', f'http://{host}.invalid'])
    hark = t.hark('replay', '--repeat', 'fail', store=store)
    same(got(t, hark, 'http://two.invalid/a'), 'http://two.invalid/a')
    said = t.client(hark).ask('GET', 'http://two.invalid/a').json['detail']
    check('is entry 2, GET http://two.invalid/a' in said and
          'more' not in said, said)
    said = t.client(hark).ask('GET', 'http://two.invalid/a?b').json['detail']
    check('entry 2, ' in said and 'one.invalid' not in said and
          'host' not in said, said)
    said = t.client(hark).ask('GET', 'http://four.invalid/a').json['detail']
    check('nearest' in said and 'four.invalid' in said, said)
    hark.stop()
    # The same from the command line, the other way round.
    other = t.path('other.db')
    bring(t, other, 'https://one.invalid/a', 'https://two.invalid/a')
    for host, entry in (('one', 1), ('two', 2)):
        done = command('explain', '--store', other, '--upstream',
                       f'https://{host}.invalid', 'GET', '/a')
        same(done.returncode, 0, done.stdout + done.stderr)
        check(f'entry {entry} answers with 200' in done.stdout and
              'chosen among 1:' in done.stdout, done.stdout)
    done = command('explain', '--store', other, '--upstream',
                   'https://three.invalid', 'GET', '/a')
    check(done.returncode != 0 and 'miss' in done.stdout, done.stdout)


main()
