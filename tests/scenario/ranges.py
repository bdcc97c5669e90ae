# Goal: no way to name an upstream leads to an address that is not permitted.

import base64
import json

from harness import case, check, command, entries, main, problem, same, until
from tunnels import connect, intercepted, world

ME = ('Proxy-Authorization', 'Basic ' + base64.b64encode(b'a:b').decode())


def refused(r, by):
    problem(r, 403, 'policy')
    check(by in r.json['detail'], r.json)


@case
def an_absolute_target_and_a_tunnel_are_refused(t):
    origin = t.origin()
    port = origin.authority.rpartition(':')[2]
    hark = t.hark('record', '--deny-upstream', 'loopback')
    c = t.client(hark)
    for host in ('127.0.0.1', 'localhost', '127.9.9.9', '0.0.0.0', '0',
                 '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]',
                 '[::ffff:7f00:1]', '[::]'):
        refused(c.ask('GET', f'http://{host}:{port}/x'),
                'refused by --deny-upstream loopback')
        refused(connect(t, hark, f'{host}:{port}').response(),
                'refused by --deny-upstream loopback')
    same((origin.requests, origin.peers), ([], []))
    hark.told('refused by --deny-upstream loopback')
    hark.stop()
    same(entries(hark.store), [], 'what is recorded')


@case
def what_counts_is_the_address_behind_the_name(t):
    origin = t.origin()
    port = origin.authority.rpartition(':')[2]
    hark = t.hark('record', '--deny-upstream', '127.0.0.2',
                  '--resolve', f'bad.test:{port}:127.0.0.2',
                  '--resolve', f'both.test:{port}:127.0.0.2',
                  '--resolve', f'both.test:{port}:127.0.0.1')
    c = t.client(hark)
    refused(c.ask('GET', f'http://bad.test:{port}/'),
            f'127.0.0.2:{port}: refused by --deny-upstream 127.0.0.2')
    # Of several addresses the others are asked.
    same(c.ask('GET', f'http://both.test:{port}/').status, 200)
    same(len(origin.requests), 1)


@case
def only_what_is_allowed_is_reached(t):
    origin = t.origin()
    hark = t.hark('record', '--deny-upstream', 'all', '--allow-upstream',
                  '127.0.0.1,10.0.0.0/8')
    c = t.client(hark)
    same(c.ask('GET', f'{origin.url}/').status, 200)
    refused(c.ask('GET', 'http://192.0.2.1/'), '--deny-upstream all')
    same(len(origin.requests), 1)


@case
def requests_in_a_tunnel_that_is_opened_up_are_refused(t):
    cert, server, folder = world()
    origin = t.origin(tls=server)
    hark = t.hark('record', '--ca-dir', folder, '--upstream-ca', cert,
                  '--deny-upstream', 'loopback')
    c = intercepted(t, hark, origin.authority, folder)
    refused(c.ask('GET', '/x'), 'loopback')


@case
def an_upstream_of_the_settings_is_judged_as_well(t):
    origin = t.origin()
    folder = t.path()
    for mode in ('record', 'proxy', 'auto', 'spy', 'fallback'):
        hark = t.hark(mode, origin, '--deny-upstream', 'loopback',
                      store=folder / 'one.db')
        refused(t.client(hark).ask('GET', '/x'), 'loopback')
        # A long body that goes on as it comes.
        c = t.client(hark)
        refused(c.ask('POST', '/x', body=b'x' * (1 << 20 | 1)), 'loopback')
        hark.stop()
    same((origin.requests, origin.peers), ([], []))


@case
def a_proxy_for_others_keeps_them_from_where_secrets_are(t):
    origin = t.origin()
    targets = ['http://169.254.169.254/latest/meta-data/',
               'http://2852039166/', 'http://[fd00:ec2::254]/',
               'http://[::ffff:169.254.169.254]/', 'http://169.254.0.9/',
               'http://[fe80::1]/', 'http://meta.test/']
    options = ['--resolve', 'meta.test:80:169.254.169.254']
    for open_by in (['--proxy-auth', 'a:b'], ['--allow-remote']):
        hark = t.hark('record', *open_by, *options)
        c = t.client(hark)
        for target in targets:
            refused(c.ask('GET', target, [ME]), 'a proxy for others refuses')
        refused(connect(t, hark, '169.254.169.254:80', [ME]).response(),
                'metadata')
        # One's own machine is still there.
        same(c.ask('GET', f'{origin.url}/', [ME]).status, 200)
        hark.stop()
    # A wider range that is allowed does not open it.
    hark = t.hark('record', '--allow-remote', '--allow-upstream', 'all',
                  *options)
    refused(t.client(hark).ask('GET', targets[0]), 'metadata')
    hark.stop()


@case
def a_redirect_is_the_clients_to_follow(t):
    origin, other = t.origin(), t.origin()
    origin.default = (b'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n'
                      b'Location: ' + other.url.encode() + b'/in\r\n\r\n')
    hark = t.hark('record', origin)
    r = t.client(hark).ask('GET', '/')
    same((r.status, r.all('location')), (302, [f'{other.url}/in']))
    same(other.peers, [])


@case
def behind_a_proxy_addresses_are_judged_before_it_is_asked(t):
    proxy = t.origin()
    hark = t.hark('record', '--upstream-proxy', proxy.url,
                  '--deny-upstream', 'loopback,metadata')
    c = t.client(hark)
    for host in ('127.0.0.1', 'localhost', '169.254.169.254', '[::1]'):
        refused(c.ask('GET', f'http://{host}/x'), '--deny-upstream')
        refused(connect(t, hark, f'{host}:443').response(), '--deny-upstream')
    same(proxy.peers, [])
    same(c.ask('GET', 'http://api.test/x').status, 200)
    same(proxy.targets(), ['http://api.test/x'])


@case
def a_callback_goes_nowhere_else_either(t):
    origin = t.origin()
    file = t.path('mocks.json')
    file.write_text(json.dumps({
        'callbacks': [{'uuid': 'c', 'name': 'c', 'method': 'get',
                       'uri': "{{queryParam 'to'}}"}],
        'routes': [{'endpoint': 'a', 'responses': [
            {'body': 'x', 'callbacks': [{'uuid': 'c', 'latency': 0}]}]}]}))
    hark = t.hark('proxy', '--mocks', file, '--on-miss', '404',
                  '--deny-upstream', 'loopback')
    same(t.client(hark).ask('GET', f'/a?to={origin.url}/').status, 200)
    until(lambda: 'refused by --deny-upstream loopback' in hark.log,
          'the callback failed')
    same(origin.peers, [])


@case
def what_is_no_range_is_told_at_the_start(t):
    for option in ('--deny-upstream', '--allow-upstream'):
        for text in ('10.0.0.1/8', 'privat', ''):
            done = command('proxy', option, text, 'http://127.0.0.1:1')
            same(done.returncode, 2)
            check('expected a range such as' in done.stderr, done.stderr)


main()
