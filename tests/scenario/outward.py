# Goal: the way to an upstream is the one that was asked for: an address, a
# client certificate, a proxy.

import base64

from harness import (Shared, case, certificate, check, command, entries, main,
                     problem, reply, same, tls_server)


@Shared
def files(t):
    return {name: certificate(t.folder, name, 'DNS:api.test',
                              'IP:127.0.0.1')
            for name in ('server', 'one', 'two')}


def proxied(t, **how):
    """A hark as the proxy between another and the world."""
    return t.hark('proxy', '--ca-dir', t.path('none'), '--no-source-header',
                  *how.pop('options', ()), env=how.pop('env', None), **how)


# --- addresses ---------------------------------------------------------------

@case
def a_pinned_host_is_not_looked_up(t):
    origin = t.origin()
    for pin in (f'api.invalid:{origin.port}:127.0.0.1',
                f'*:{origin.port}:[127.0.0.1]'):
        hark = t.hark('proxy', '--resolve', pin,
                      url=f'http://api.invalid:{origin.port}')
        same(hark.get('/').status, 200)
        same(origin.take()[-1].all('host'), [f'api.invalid:{origin.port}'])
    hark = t.hark('proxy', '--resolve', 'api.invalid:1:127.0.0.1',
                  url=f'http://api.invalid:{origin.port}')
    problem(hark.get('/'), 502, 'resolve')
    for bad in ('x', 'a:80', 'a:80:name', 'a:x:127.0.0.1', ':80:127.0.0.1'):
        done = command('proxy', '--resolve', bad, origin.url)
        same(done.returncode, 2, bad)
        check('option resolve' in done.stderr, done.stderr)


@case
def the_second_address_is_tried_when_the_first_is_closed(t):
    origin = t.origin()
    pins = []
    for address in ('127.0.0.9', '127.0.0.1'):
        pins += ['--resolve', f'api.invalid:{origin.port}:{address}']
    hark = t.hark('proxy', *pins, url=f'http://api.invalid:{origin.port}')
    same(hark.get('/').status, 200)


# --- client certificates -----------------------------------------------------

@case
def each_upstream_gets_the_certificate_for_its_host(t):
    origins = {}
    cert, key = files()['server']
    for name in ('one', 'two'):
        origins[name] = t.origin(
            tls=tls_server(cert, key, client_ca=files()[name][0]))
    options = ['--upstream-ca', cert]
    for name, origin in origins.items():
        options += ['--upstream', f'/{name}={origin.url}',
                    '--upstream-cert',
                    f'{origin.authority}={files()[name][0]}',
                    '--upstream-key',
                    f'{origin.authority}={files()[name][1]}']
    hark = t.hark('proxy', *options)
    for name in origins:
        same(hark.get(f'/{name}/x').status, 200, name)
    hark = t.hark('proxy', *options[:4], '--upstream-cert',
                  f'127.0.0.1={files()["two"][0]}', '--upstream-key',
                  f'127.0.0.1={files()["two"][1]}')
    same(hark.get('/one/x').status, 502)


# --- proxies -----------------------------------------------------------------

@case
def http_goes_by_absolute_targets(t):
    origin, asked = t.origin(), t.origin()
    hark = t.hark('record', origin, '--workers', 1, '--upstream-proxy',
                  asked.url.replace('//', '//us%65r:p%40ss@'))
    for target in ('/a?b', '/a?b'):
        same(hark.get(target).status, 200)
    same(hark.ask('POST', '/p', [], b'body').json['body'], 'body')
    r = asked.requests[0]
    same((r.target, r.all('host'), r.all('proxy-authorization')),
         (origin.url + '/a?b', [origin.authority],
          ['Basic ' + base64.b64encode(b'user:p@ss').decode()]))
    same(hark.ask('OPTIONS', '*').status, 200)
    same(asked.requests[-1].target, origin.url)
    same((len(asked.peers), origin.peers), (1, []))
    hark.stop()
    har = entries(hark.store)
    same(har[0]['request']['url'], origin.url + '/a?b')
    check(all('roxy-' not in str(e['request']) for e in har),
          'the proxy is none of the tape\'s')


@case
def https_goes_by_a_tunnel_of_the_proxy(t):
    cert, key = files()['server']
    origin = t.origin(tls=tls_server(cert, key))
    proxy = proxied(t, options=['--proxy-auth', 'me:secret'])
    hark = t.hark('record', origin, '--upstream-ca', cert,
                  '--upstream-proxy', proxy.url.replace('//', '//me:secret@'))
    body = bytes(range(256)) * 2048
    origin.routes['/big'] = reply(body)
    for _ in range(3):
        check(hark.get('/big').body == body, 'the body differs')
    hark.stop()
    same({e['request']['url'] for e in entries(hark.store)},
         {origin.url + '/big'})
    hark = t.hark('proxy', origin, '--upstream-ca', cert,
                  '--upstream-proxy', proxy.url)
    r = problem(hark.get('/big'), 502, 'connect')
    check('407' in r['detail'], r)


@case
def tunnels_go_through_the_proxy_as_well(t):
    origin = t.origin()
    proxy = proxied(t)
    hark = t.hark('proxy', '--ca-dir', t.path('none'), '--upstream-proxy',
                  proxy.url)
    c = t.client(hark)
    a = origin.authority
    c.send(f'CONNECT {a} HTTP/1.1\r\nHost: {a}\r\n\r\n'.encode())
    same(c.head().status, 200)
    same(c.ask('GET', '/through').status, 200)
    same(origin.targets(), ['/through'])
    proxy.stop()
    c = t.client(hark)
    c.send(f'CONNECT {a} HTTP/1.1\r\nHost: {a}\r\n\r\n'.encode())
    problem(c.response(), 502, 'connect')


@case
def the_environment_is_for_other_machines_and_no_proxy_for_none(t):
    origin, asked = t.origin(), t.origin()
    env = {'http_proxy': asked.url, 'HTTPS_PROXY': asked.url,
           'no_proxy': 'inside.test', 'NO_PROXY': ''}
    hark = t.hark('proxy', '--upstream', f'/here={origin.url}',
                  '--upstream', '/there=http://there.invalid',
                  '--upstream', f'/in=http://x.inside.test:{origin.port}',
                  '--resolve', f'x.inside.test:{origin.port}:127.0.0.1',
                  env=env)
    same(hark.get('/here/1').status, 200)
    same(hark.get('/there/2').status, 200)
    same(hark.get('/in/3').status, 200)
    same(origin.targets(), ['/1', '/3'])
    same(asked.targets(), ['http://there.invalid/2'])
    hark = t.hark('proxy', '--upstream-proxy', 'none',
                  url='http://there.invalid', env=env)
    problem(hark.get('/'), 502, 'resolve')


@case
def a_proxy_that_answers_nonsense_is_a_502(t):
    cert, key = files()['server']
    origin = t.origin(tls=tls_server(cert, key))
    said = {'nonsense': b'what?\r\n\r\n',
            'refusal': b'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n',
            'too much': b'HTTP/1.1 200 OK\r\n\r\nmore', 'nothing': b''}
    for name, answer in said.items():
        asked = t.origin()

        def script(peer, _, answer=answer):
            peer.send(answer)
            peer.close()
        asked.default = script
        hark = t.hark('proxy', origin, '--upstream-ca', cert,
                      '--upstream-proxy', asked.url)
        problem(hark.get('/'), 502, 'connect')
    same(origin.requests, [])


main()
