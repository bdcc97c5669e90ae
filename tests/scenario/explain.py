# Goal: a miss says what differs from the nearest recording, in its reply, in
# the log and by hark explain, and the rules that it names make it match.

import json

from answers import multipart, record
from harness import case, check, command, main, reply, same, until

JSON = [('Content-Type', 'application/json')]
FORM = [('Content-Type', 'application/x-www-form-urlencoded')]


def parts(boundary):
    return [('Content-Type', f'multipart/form-data; boundary={boundary}')]


def differ(place, how, name=None, recorded=None, asked=None, rule=None):
    """A difference as the reply has it."""
    all_ = {'in': place, 'name': name, 'how': how, 'recorded': recorded,
            'asked': asked, 'rule': rule}
    return {k: v for k, v in all_.items() if v is not None}


# What was recorded, what is asked, and how they differ.
CASES = [
    (('GET', '/a?ts=1&x=1'), ('GET', '/a?ts=2&x=1'),
     [differ('query', 'changed', 'ts', '1', '2', 'GET /a ignore query ts')]),
    (('GET', '/b?x=1&y'), ('GET', '/b?z=a+b&x=1'),
     [differ('query', 'missing', 'y', '', None, 'GET /b ignore query y'),
      differ('query', 'extra', 'z', None, 'a b', 'GET /b ignore query z')]),
    (('GET', '/c?x=1&y=2'), ('GET', '/c?y=2&x=1'),
     [differ('query', 'order', None, 'x=1&y=2', 'y=2&x=1',
             'GET /c compare query-as-set')]),
    (('GET', '/d?x=%41'), ('GET', '/d?x=A'),
     [differ('query', 'written', None, 'x=%41', 'x=A',
             'GET /d compare query-as-set')]),
    (('GET', '/users/1/posts/7.json'), ('GET', '/users/20/posts/8.json'),
     [differ('path', 'changed', n, a, b, 'GET /users/*/posts/* path '
             '^/users/[0-9]+/posts/[^/]+ /users/N/posts/N')
      for n, a, b in (('2', '1', '20'), ('4', '7.json', '8.json'))]),
    (('POST', '/e', JSON, b'{"id":1,"at":[{"t":1},{"t":2}]}'),
     ('POST', '/e', JSON, b'{"at":[{"t":1},{"t":"3"}],"more":{}}'),
     [differ('json', 'changed', '/at/1/t', '2', '"3"',
             'POST /e ignore json /at/*/t'),
      differ('json', 'missing', '/id', '1', None, 'POST /e ignore json /id'),
      differ('json', 'extra', '/more', None, '{}',
             'POST /e ignore json /more')]),
    (('POST', '/f', JSON, b'{"a":[1,2],"b b":1.0}'),
     ('POST', '/f', JSON, b'{"b b":1,"a":[2,1]}'),
     [differ('json', 'order', '/a', '[...]', '[...]',
             'POST /f compare json-as-set /a')]),
    (('POST', '/g', JSON, b'{"a":1,"b":1.0}'),
     ('POST', '/g', JSON, b'{ "b": 1, "a": 1 }'),
     [differ('json', 'written', None, '{"a":1,"b":1.0}',
             '{ "b": 1, "a": 1 }', 'POST /g compare json')]),
    (('POST', '/h', FORM, b'user=a&nonce=1'),
     ('POST', '/h', FORM, b'user=a&nonce=2'),
     [differ('form', 'changed', 'nonce', '1', '2',
             'POST /h ignore form nonce')]),
    (('POST', '/i', parts('x'), multipart('x', 'one')),
     ('POST', '/i', parts('y'), multipart('y', 'two')),
     [differ('part', 'changed', 'a', 'one', 'two',
             'POST /i ignore part a')]),
    (('POST', '/j', [], b'some text'), ('POST', '/j', [], b'some test'),
     [differ('body', 'changed', 'byte 7', 'xt', 'st',
             'POST /j ignore body')]),
    (('POST', '/k', [], b'text'), ('POST', '/k'),
     [differ('body', 'missing', None, 'text', None, 'POST /k ignore body')]),
    (('GET', "/l/it's?'q=1"), ('GET', "/l/it's?'q=2"),
     [differ('query', 'changed', "'q", '1', '2',
             "GET /l/it's ignore query '''q'")]),
]

NO_RULE = [
    (('GET', '/m'), ('PUT', '/m'),
     [differ('method', 'changed', None, 'GET', 'PUT')]),
    (('GET', '/n/name'), ('GET', '/n/nmae'),
     [differ('path', 'changed', '2', 'name', 'nmae')]),
    (('GET', '/o/x'), ('GET', '/o/x/'),
     [differ('path', 'changed', None, '/o/x', '/o/x/')]),
]


def explain(hark, ask, *options):
    """hark explain of a request."""
    method, target, fields, body = (*ask, (), None)[:4] \
        if len(ask) == 2 else (*ask, None)[:4]
    more = [o for n, v in fields or () for o in ('--header', f'{n}: {v}')]
    if body is not None:
        path = hark.folder / 'body'
        path.write_bytes(body)
        more += ['--data', f'@{path}']
    return command('explain', '--store', hark.store, *more, *options,
                   method, target)


def text(d):
    """A difference in words."""
    name = f' {d["name"]}' if 'name' in d else ''
    return f'{d["in"]}{name}: ' + {
        'changed': 'recorded {recorded}, asked {asked}',
        'missing': 'recorded {recorded}, not asked',
        'extra': 'not recorded, asked {asked}',
        'order': 'the same in another order',
        'written': 'the same, written otherwise'}[d['how']].format(**d)


def sorted_(differences):
    return sorted(differences, key=lambda d: json.dumps(d, sort_keys=True))


def explained(hark, ask, want):
    """What the reply and the log say of a request; gives the rules."""
    r = hark.ask(*ask)
    same((r.status, r.source), (501, 'miss'), ask)
    same(r.json['reason'], 'not-recorded')
    same(sorted_(r.json['nearest']['differences']), sorted_(want), ask)
    rules = list(dict.fromkeys(d.get('rule') for d in want))
    rules = sorted(rules) if all(rules) else []
    same(sorted(r.json.get('rules', [])), rules, ask)
    for d in want:
        check(text(d) in r.json['detail'], (text(d), r.json['detail']))
        hark.told(text(d))
    for rule in rules:
        hark.told(f'Rule: {rule}')
    return r.json


def explained_everywhere(hark, ask, want):
    """The same, and hark explain says it, too."""
    reply_ = explained(hark, ask, want)
    done = explain(hark, ask, '--json')
    said = json.loads(done.stdout)
    same((done.returncode, said['source']), (3, 'miss'))
    for member in ('reason', 'nearest', 'rules'):
        same(said.get(member), reply_.get(member), ask)
    words = explain(hark, ask)
    same(words.returncode, 3)
    for line in [f'  {text(d)}' for d in want] + reply_.get('rules', []):
        check(f'\n{line}\n' in words.stdout, (line, words.stdout))


@case(deadline=60)
def each_difference_is_told_and_its_rule_makes_it_match(t):
    origin = t.origin()
    hark, _ = record(t, origin, [c[0] for c in CASES])
    hark.restart(mode='replay')
    said = [explained(hark, ask, want) for _, ask, want in CASES]
    explained_everywhere(hark, *CASES[1][1:])
    explained_everywhere(hark, *CASES[5][1:])
    hark.stop()
    lines = [rule for one in said for rule in one['rules']]
    same(len(lines), 16)
    # Before the tape is indexed by them, hark explain knows already.
    done = explain(hark, CASES[0][1], '--rule', lines[0])
    check('the nearest answers once it is indexed anew' in done.stdout,
          done.stdout)
    done = explain(hark, CASES[1][1], '--rule', lines[0])
    check('the nearest does not answer' in done.stdout, done.stdout)
    file = t.path('rules')
    file.write_text('\n'.join(lines))
    hark.restart(options=['--rules', file])
    for recorded, ask, _ in CASES:
        r = hark.ask(*ask)
        same((r.status, r.source), (200, 'replay'), (ask, lines))
        same(hark.ask(*recorded).source, 'replay', recorded)
    # The tape's own rules count when none are given.
    done = explain(hark, CASES[0][1], '--json')
    said = json.loads(done.stdout)
    same((done.returncode, said['tier']), (0, 'normalized'))


@case
def what_no_rule_can_make_equal_is_told(t):
    origin = t.origin()
    hark, _ = record(t, origin, [c[0] for c in NO_RULE])
    hark.restart(mode='replay')
    for _, ask, want in NO_RULE:
        same(explained(hark, ask, want).get('rules'), None)


@case
def rules_in_force_leave_their_differences_out(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('POST', '/a?ts=1&x=1', JSON, b'{"id":1}')])
    hark.restart(mode='replay', options=['--rule', '* * ignore query ts',
                                         '--rule', '* * ignore json /id'])
    explained(
        hark, ('POST', '/a?ts=2&x=2', JSON, b'{"id":3}'),
        [differ('query', 'changed', 'x', '1', '2',
                'POST /a ignore query x')])


@case
def the_host_of_another_upstream_is_told(t):
    one, two = t.origin(), t.origin()
    both = ('--upstream', f'one.test={one.url}',
            '--upstream', f'two.test={two.url}')
    hark = t.hark('record', *both)
    hark.ask('GET', 'http://one.test/x')
    hark.stop()
    hark.restart(mode='replay', options=both)
    r = hark.ask('GET', 'http://two.test/x')
    same(r.json['nearest']['differences'],
         [differ('host', 'changed', None, 'one.test', 'two.test')])
    done = command('explain', '--store', hark.store, *both, '--json', 'GET',
                   'http://two.test/x')
    same(json.loads(done.stdout)['nearest'], r.json['nearest'])
    done = command('explain', '--store', hark.store, *both, 'GET',
                   'http://one.test/x')
    same(done.returncode, 0, done.stdout)


@case
def a_field_that_the_answer_varies_by_is_told(t):
    origin = t.origin()
    origin.routes['/v'] = lambda p, r: p.send(
        reply(b'x', headers=[('Vary', 'Accept-Language')]))
    hark, _ = record(t, origin, [('GET', '/v', [('Accept-Language', 'de')])])
    hark.restart(mode='replay')
    ask = ('GET', '/v', [('Accept-Language', 'fr')])
    r = hark.ask(*ask)
    same((r.json['reason'], r.json['matched']), ('vary', 1))
    want = differ('header', 'changed', 'Accept-Language', 'de', 'fr',
                  'GET /v ignore header Accept-Language')
    same(r.json['nearest']['differences'], [want])
    for said in (r.json['detail'], hark.log, explain(hark, ask).stdout):
        check('atched but Vary differs' in said and text(want) in said, said)
    hark.stop()
    hark.restart(options=['--rule', r.json['rules'][0]])
    same(hark.ask(*ask).source, 'replay')


@case
def a_recording_that_failed_is_told(t):
    origin = t.origin()
    origin.routes['/f'] = lambda p, r: p.close()
    hark, _ = record(t, origin, [('GET', '/f')])
    hark.restart(mode='replay')
    r = hark.get('/f')
    same((r.json['reason'], r.json['matched']), ('failed-recording', 1))
    check(r.json['nearest']['failure'], r.json)
    same(r.json['nearest']['differences'], [])
    done = explain(hark, ('GET', '/f'))
    same(done.returncode, 3)
    for said in (r.json['detail'], hark.log, done.stdout):
        check('atched but failed recording' in said and
              r.json['nearest']['failure'] in said, said)


@case
def what_is_used_up_is_told(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/n'), ('GET', '/n')])
    hark.restart(mode='replay', options=['--repeat', 'fail'])
    same([hark.get('/n').status for _ in range(2)], [200, 200])
    r = hark.get('/n')
    same((r.json['reason'], r.json['nearest']['differences']),
         ('exhausted', []))
    hark.told('(matched but exhausted)')


@case
def answers_for_conditions_and_ranges_alone_are_told(t):
    origin = t.origin()
    origin.routes['/c'] = lambda p, r: p.send(
        b'HTTP/1.1 304 Not Modified\r\n\r\n')
    origin.routes['/r'] = lambda p, r: p.send(reply(
        b'xy', '206 Partial Content', [('Content-Range', 'bytes 0-1/9')]))
    hark, _ = record(t, origin, [
        ('GET', '/c', [('If-None-Match', '"a"')]),
        ('GET', '/r', [('Range', 'bytes=0-1')])])
    hark.restart(mode='replay')
    same([hark.get(x).json['reason'] for x in ('/c', '/r')],
         ['not-conditional', 'no-range'])


@case
def hark_explain_says_what_would_answer(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/a'), ('GET', '/a'), ('GET', '/b')])
    done = explain(hark, ('GET', '/a'))
    same((done.returncode, done.stderr), (0, ''))
    check(done.stdout.startswith('entry 1 answers with 200\n'
                                 'found in the exact tier\n'
                                 'chosen among 2: in recorded order'),
          done.stdout)
    done = explain(hark, ('GET', '/a'), '--repeat', 'latest', '--json')
    said = json.loads(done.stdout)
    same((said['source'], said['entry'], said['tier'], said['repeat'],
          said['matched']), ('replay', 2, 'exact', 'latest', 2))
    same([(c['entry'], c['state']) for c in said['candidates']],
         [(1, 'another'), (2, 'chosen')])
    done = explain(hark, ('HEAD', '/b'))
    check('as the head of the answer to a GET' in done.stdout, done.stdout)
    # It is a dry run: the gateway begins with the first one.
    hark.restart(mode='replay')
    same(hark.get('/a').get('x-hark-source'), 'replay;entry=1')


@case
def hark_explain_takes_what_it_can_and_says_what_not(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('POST', '/a', [], b'text')])
    same(explain(hark, ('POST', '/a'), '--data', 'text').returncode, 0)
    for argv, want in [
            (('GET',), 'expected: hark explain METHOD URL'),
            (('G T', '/a'), 'expected a method'),
            (('GET', 'ftp://x/a'), 'ftp://x/a'),
            (('--data', '@/nowhere/x', 'GET', '/a'), '/nowhere/x'),
            (('--header', 'x', 'GET', '/a'), "expected 'Name: value'"),
            (('--tape', 'none', 'GET', '/a'), 'no such tape')]:
        done = command('explain', '--store', hark.store, *argv)
        same(done.returncode, 2, argv)
        check(want in done.stderr, (argv, done.stderr))


@case
def values_cannot_leave_their_member_or_line(t):
    origin = t.origin()
    hark, _ = record(t, origin, [
        ('POST', '/x', JSON, b'{"a":"1","b":"\\u001b[2J"}')])
    hark.restart(mode='replay')
    evil = '"},{\\\n2030-01-01T00:00:00.000Z error forged: \x1b[2J'
    body = json.dumps({'a': evil, 'b': ''}).encode()
    r = hark.ask('POST', '/x', JSON, body)
    same([d['name'] for d in r.json['nearest']['differences']], ['/a', '/b'])
    asked = r.json['nearest']['differences'][0]['asked']
    same(json.loads(asked), evil)
    check('\nforged' not in hark.log and '\x1b' not in hark.log, hark.log)
    check(not any(line.startswith('2030') for line in hark.log.split('\n')),
          hark.log)
    words = explain(hark, ('POST', '/x', JSON, body)).stdout
    check('\x1b' not in words and '\n2030' not in words, words)


@case
def secrets_are_not_told(t):
    origin = t.origin()
    token = 'ghp_' + '0123456789abcdefghijABCDEFGHIJ012345'
    other = token[::-1].replace('_phg', '') + 'zz'
    hark, _ = record(t, origin, [
        ('POST', f'/x?n=1&api_key={token}',
         JSON + [('Authorization', f'Bearer {token}')],
         json.dumps({'password': token, 'v': 1}).encode())], '--redact')
    hark.restart(mode='replay')
    for secret in (token, other):
        ask = ('POST', f'/x?n=2&api_key={secret}',
               JSON + [('Authorization', f'Bearer {secret}')],
               json.dumps({'password': secret, 'v': 2}).encode())
        r = hark.ask(*ask)
        same(sorted_(r.json['nearest']['differences']), sorted_([
            differ('query', 'changed', 'n', '1', '2',
                   'POST /x ignore query n'),
            differ('json', 'changed', '/v', '1', '2',
                   'POST /x ignore json /v')]))
        words = explain(hark, ask).stdout
        for said in (r.body.decode(), hark.log, words):
            check(secret not in said, said)


@case
def a_large_body_is_compared_by_its_size(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('POST', '/x', [], b'a' * 10)])
    hark.restart(mode='replay')
    r = hark.ask('POST', '/x', [], b'b' * (3 << 20))
    same(r.json['nearest']['differences'],
         [differ('body', 'changed', None, '10 bytes', f'{3 << 20} bytes',
                 'POST /x ignore body')])


@case
def clients_may_leave_while_a_miss_is_explained(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', f'/{i}/x') for i in range(50)])
    hark.restart(mode='replay')
    for i in range(60):
        c = t.client(hark)
        c.request('GET', f'/{i}/y')
        c.close()
    until(lambda: hark.log.count(' miss') == 60 or hark.get('/0/y'),
          'the gateway still answers')
    c = t.client(hark)
    for i in range(30):  # pipelined
        c.request('GET', f'/{i}/z')
    same([c.response().status for _ in range(30)], [501] * 30)


@case
def a_flood_of_misses_is_answered_without_explanations(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/a')])
    hark.restart(mode='replay')
    clients = [t.client(hark) for _ in range(8)]
    for _ in range(100):
        for c in clients:
            c.request('GET', '/b')
    seen = [c.response().json for c in clients for _ in range(100)]
    same({j['status'] for j in seen}, {501})
    explained = sum('nearest' in j for j in seen)
    check(explained >= 100, explained)
    check(all(j['detail'] for j in seen), 'each miss says something')


@case
def a_dropped_connection_is_explained_in_the_log(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/a?x=1')])
    hark.restart(mode='replay', options=['--on-miss', 'drop'])
    c = t.client(hark)
    c.request('GET', '/a?x=2')
    c.ended()
    hark.told('query x: recorded 1, asked 2')


@case
def with_playwrights_way_to_match_no_rules_are_proposed(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/a?x=1')])
    hark.restart(mode='replay', options=['--match', 'playwright'])
    r = hark.get('/a?x=2')
    same(r.json['nearest']['differences'],
         [differ('query', 'changed', 'x', '1', '2')])
    same(r.json.get('rules'), None)


if __name__ == '__main__':
    main()
