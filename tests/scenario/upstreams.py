# Goal: the upstream is chosen, and told of the gateway, as was asked.

from harness import Client, Skip, case, check, main, reply, same
from passage import gateway, seen, without_host


# --- several upstreams -------------------------------------------------------

@case
def A18_a_prefix_is_stripped_and_the_base_path_put_in_front(t):
    one, rest = t.origin(), t.origin()
    hark = t.hark('proxy', rest, '--upstream',
                  f'/other/service={one.url}/approot')
    for sent, wanted in (('/other/service/doc/123', '/approot/doc/123'),
                         ('/other/service?x=1', '/approot?x=1'),
                         ('/other/service//a%2f?', '/approot//a%2f?'),
                         ('/other/service/', '/approot/')):
        same(hark.get(sent).status, 200, sent)
        same([r.target for r in one.take()], [wanted], sent)
    for sent in ('/other/servicex', '/other', '/x/other/service/doc'):
        same(hark.get(sent).status, 200, sent)
        same([r.target for r in rest.take()], [sent], sent)
    same(one.targets(), [])


@case
def a_stripped_prefix_leaves_at_least_a_slash(t):
    one = t.origin()
    hark = t.hark('proxy', '--upstream', f'/api={one.url}')
    for sent, wanted in (('/api', '/'), ('/api?q', '/?q'), ('/api/', '/')):
        same(hark.get(sent).status, 200)
        same([r.target for r in one.take()], [wanted], sent)


@case
def a_prefix_with_plus_is_kept(t):
    one, two = t.origin(), t.origin()
    hark = t.hark('proxy', two, '--upstream', f'/v1+={one.url}/base')
    same(hark.get('/v1/users?a').status, 200)
    same(hark.get('/v2/users').status, 200)
    same((one.targets(), two.targets()), (['/base/v1/users?a'],
                                          ['/v2/users']))


@case
def the_longest_prefix_wins(t):
    one, two = t.origin(), t.origin()
    hark = t.hark('proxy', '--upstream', f'/a={one.url}',
                  '--upstream', f'/a/b={two.url}')
    hark.get('/a/b/c')
    hark.get('/a/c')
    same((one.targets(), two.targets()), (['/c'], ['/c']))


@case
def an_upstream_is_chosen_by_host(t):
    one, two, rest = t.origin(), t.origin(), t.origin()
    hark = t.hark('proxy', rest, '--upstream', f'one.test={one.url}',
                  '--upstream', f'two.test/v1={two.url}')
    for host, target in (('one.test', '/1'), ('ONE.test', '/2'),
                         ('two.test', '/v1/3'), ('two.test', '/v2/4'),
                         ('three.test', '/5')):
        c = t.client(hark)
        c.send(f'GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
        same(c.response().status, 200, (host, target))
    same((one.targets(), two.targets(), rest.targets()),
         (['/1', '/2'], ['/3'], ['/v2/4', '/5']))


@case
def a_url_without_upstream_is_a_miss(t):
    one = t.origin()
    hark = t.hark('proxy', '--upstream', f'/api={one.url}')
    r = hark.get('/elsewhere')
    same((r.status, r.source, r.get('content-type')),
         (501, 'miss', 'application/problem+json'))
    same(one.targets(), [])


@case
def a_base_path_of_the_main_url_is_put_in_front(t):
    one = t.origin()
    hark = t.hark('proxy', url=one.url + '/base/')
    hark.get('/a?b')
    same(one.targets(), ['/base/a?b'])


@case
def IPv6_works_on_both_sides(t):
    try:
        origin = t.origin(host='::1')
    except OSError:
        raise Skip('there is no ::1') from None
    hark = t.hark('proxy', origin, listen=['[::1]:0', '127.0.0.1:0'])
    same(len(hark.addresses), 2, 'bound addresses')
    for address in hark.addresses:
        c = Client(address)
        same(c.ask('GET', '/six').status, 200)
        same(seen(origin).all('host'), [origin.authority])
        c.close()


# --- what tells of the gateway -----------------------------------------------

@case
def forwarded_fields_of_the_client_pass_by_default(t):
    origin, hark = gateway()
    lines = [('X-Forwarded-For', '192.0.2.1'), ('Via', '1.1 a'),
             ('Forwarded', 'for=192.0.2.1')]
    hark.get('/', lines)
    same(without_host(seen(origin)), lines)


@case
def X_Forwarded_fields_are_added_when_asked(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--forwarded', 'x')
    c = t.client(hark)
    c.send(b'GET / HTTP/1.1\r\nHost: shop.test:8\r\n'
           b'X-Forwarded-For: 192.0.2.1\r\n\r\n')
    same(c.response().status, 200)
    r = seen(origin)
    same(', '.join(r.all('x-forwarded-for')), '192.0.2.1, 127.0.0.1')
    same((r.all('x-forwarded-host'), r.all('x-forwarded-proto')),
         (['shop.test:8'], ['http']))


@case
def Forwarded_is_added_when_asked(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--forwarded', 'rfc7239')
    c = t.client(hark)
    c.send(b'GET / HTTP/1.1\r\nHost: shop.test:8\r\n\r\n')
    same(c.response().status, 200)
    parts = {p.strip().lower() for p in
             seen(origin).get('forwarded').split(';')}
    same(parts, {'for=127.0.0.1', 'host="shop.test:8"', 'proto=http'})


@case
def Via_is_added_to_both_legs_when_asked(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--via')
    r = hark.get('/', [('Via', '1.0 fred')])
    check((r.get('via') or '').startswith('1.1 '), r.headers)
    via = ', '.join(seen(origin).all('via'))
    check(via.startswith('1.0 fred, 1.1 '), via)


@case
def Location_and_cookie_domain_are_rewritten_only_when_asked(t):
    origin = t.origin()
    host = origin.authority.split(':')[0]
    def script(peer, r):
        peer.send(reply(b'', '302 Found', [
            ('Location', origin.url + '/there?x#y'),
            ('Set-Cookie', f'a=1; Domain={host}; Path=/; HttpOnly'),
            ('Set-Cookie', 'b=2; Path=/Domain=x')]))
    origin.routes['/go'] = script
    origin.routes['/away'] = reply(b'', '302 Found', [
        ('Location', 'http://other.test/x')])
    origin.routes['/near'] = reply(b'', '302 Found', [
        ('Location', '/near/x')])
    r = t.hark('proxy', origin).get('/go')
    same((r.get('location'), r.get('set-cookie')),
         (origin.url + '/there?x#y',
          f'a=1; Domain={host}; Path=/; HttpOnly'))
    hark = t.hark('proxy', origin, '--rewrite-location')
    r = hark.get('/go')
    same(r.get('location'), hark.url + '/there?x#y')
    cookies = r.all('set-cookie')
    check(cookies[0] in ('a=1; Path=/; HttpOnly',
                         'a=1; Domain=127.0.0.1; Path=/; HttpOnly'), cookies)
    same(cookies[1], 'b=2; Path=/Domain=x')
    same(hark.get('/away').get('location'), 'http://other.test/x')
    same(hark.get('/near').get('location'), '/near/x')


if __name__ == '__main__':
    main()
