# Goal: what a rule says does not count, does not count; all else still does.

import gzip
import itertools
import json
import sqlite3
import urllib.parse

from harness import Shared, case, check, command, main, reply, same, until

JSON = ('Content-Type', 'application/json')
FORM = ('Content-Type', 'application/x-www-form-urlencoded')
XML = ('Content-Type', 'text/xml')


def post(path, body, *headers):
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    return ('POST', path, list(headers) or [JSON],
            body if isinstance(body, bytes) else body.encode())


def get(target, *headers):
    return ('GET', target, list(headers))


def parts(boundary, *named):
    body = ''.join(f'--{boundary}\r\nContent-Disposition: form-data; '
                   f'name="{n}"\r\n\r\n{v}\r\n' for n, v in named)
    return (f'{body}--{boundary}--\r\n'.encode(),
            ('Content-Type', f'multipart/form-data; boundary={boundary}'))


def ask(query, **more):
    return {'query': query, **more}


def graphql(**query):
    return get('/graphql?' + urllib.parse.urlencode(query))


SOAP = '<s:E xmlns:s="u"><s:B><ts>{}</ts><a x="1" y="2">{}</a></s:B></s:E>'

# The rules; what is recorded; what is found by them; what is not.
KINDS = {
    'query keys': (
        ['GET /query ignore query ts utm_*', '* /query replace query sig'],
        get('/query?ts=1&a=%C3%A9&sig=x'),
        [get('/query?a=%c3%a9&sig=y&utm_medium=z'), get(
            '/query?ts=2&a=%C3%A9&sig')],
        [get('/query?ts=1&a=%C3%A9'), get('/query?a=e&sig=x'),
         get('/query?a=%C3%A9&sig=x&b'), ('HEAD', '/query?sig=x', [])]),
    'query as a set': (
        ['* /set compare query-as-set'],
        get('/set?a=1&b=2&a=0'),
        [get('/set?b=2&a=0&a=1')],
        [get('/set?a=1&b=2'), get('/set?a=2&b=1&a=0')]),
    'path': (
        ['* /users/* path ^/users/[0-9]+ /users/N',
         '* /users/* ignore query v'],
        get('/users/17/posts?v=1'),
        [get('/users/4711/posts?v=2')],
        [get('/users/4711/likes'), get('/users/x/posts')]),
    'form fields': (
        ['* /form ignore form ts', '* /form replace form token',
         '* /form compare form-as-set'],
        post('/form', 'ts=1&a=b+c&token=x', FORM),
        [post('/form', 'token=y&a=b%20c', FORM)],
        [post('/form', 'a=b+c', FORM), post('/form', 'token=x&a=b', FORM)]),
    'parts': (
        ['* /parts ignore part ts', '* /parts replace part file'],
        post('/parts', *parts('one', ('ts', 1), ('a', 'b'), ('file', 'x'))),
        [post('/parts', *parts('two', ('a', 'b'), ('file', 'y')))],
        [post('/parts', *parts('two', ('a', 'c'), ('file', 'x'))),
         post('/parts', *parts('two', ('a', 'b')))]),
    'places in JSON': (
        ['* /json ignore json /id $..at', '* /json replace json /nonce',
         '* /json compare json-as-set /tags'],
        post('/json', '{"id":1,"a":[{"at":5,"n":1.50}],"nonce":7,'
             '"tags":["x","y"]}'),
        [post('/json', {'tags': ['y', 'x'], 'nonce': None,
                        'a': [{'n': 1.5}]}),
         post('/json', gzip.compress(
             b'{"nonce":0,"a":[{"n":15e-1}],"tags":["x","y"]}'), JSON,
              ('Content-Encoding', 'gzip'))],
        [post('/json', {'a': [{'n': 1.5}], 'tags': ['x', 'y']}),
         post('/json', {'nonce': 1, 'a': [{'n': 1.51}], 'tags': ['x', 'y']}),
         post('/json', {'nonce': 1, 'a': [{'n': 1.5}], 'tags': ['x']}),
         post('/json', '{"nonce":7')]),
    'JSON as values': (
        ['* /values compare json'],
        post('/values', '{"b":1,"a":"\\u00e9"}'),
        [post('/values', b'{ "a": "\xc3\xa9", "b": 1.0 }')],
        [post('/values', '{"b":1}'), post('/values', '{"b":1,"a":"e"}')]),
    'XML': (
        ['* /xml ignore xml *:B/ts', '* /xml replace xml */a/@x'],
        post('/xml', SOAP.format(1, 'v'), XML),
        [post('/xml', '<s:E xmlns:s="u">\n <s:B><!-- - -->\n  <a y=\'2\' '
              'x=\'7\'>v</a>\n </s:B>\n</s:E>', XML)],
        [post('/xml', SOAP.format(1, 'w'), XML)]),
    'GraphQL': (
        ['* /graphql compare graphql', '* /graphql compare query-as-set'],
        post('/graphql', ask('query Q($a:Int){f(a:$a){id}}',
                             variables={'a': 1, 'b': 2})),
        [post('/graphql', ask('# now\nquery Q($a: Int) {\n  f(a: $a) {id,}\n'
                              '}\n', variables={'b': 2, 'a': 1},
                              operationName=None))],
        [post('/graphql', ask('query Q($a:Int){f(a:$a){id}}',
                              variables={'a': 2, 'b': 2})),
         post('/graphql', ask('query Q($a:Int){f(a:$a){ids}}',
                              variables={'a': 1, 'b': 2})),
         post('/graphql', ask('query Q($a:Int){f(a:$a){id}}',
                              variables={'a': 1, 'b': 2},
                              operationName='Q'))]),
    'GraphQL over GET': (
        [], graphql(query='{a(x:$x){b}}', variables='{"x":1,"y":2}'),
        [graphql(variables='{"y":2.0, "x":1}', query='{ a(x: $x) { b } }')],
        [graphql(query='{a(x:$x){b}}', variables='{"x":2,"y":2}')]),
    'any body': (
        ['POST /body ignore body'],
        post('/body', 'anything'),
        [post('/body', 'else'), ('POST', '/body', [])],
        [('PUT', '/body', [], b'anything'), post('/body?a', 'anything')]),
}
RULES = [rule for kind in KINDS.values() for rule in kind[0]]


def options(rules):
    return [x for rule in rules for x in ('--rule', rule)]


def tier(r):
    """How a replay says that it was found; None for no replay."""
    if r.source != 'replay':
        return None
    return 'normalized' if ';tier=normalized' in r.get('x-hark-source') \
        else 'exact'


def numbered(origin):
    """Every answer is another one."""
    numbers = itertools.count(1)
    origin.default = lambda p, r: p.send(reply(b'%d' % next(numbers)))
    return origin


def recorded(t, rules, asked, *more):
    hark = t.hark('record', numbered(t.origin()), *options(rules), *more)
    seen = [hark.ask(*a).body for a in asked]
    hark.stop()
    return hark, seen


def make(t):
    hark, seen = recorded(t, RULES, [kind[1] for kind in KINDS.values()])
    hark.restart(mode='replay')
    return hark, dict(zip(KINDS, seen))


kinds = Shared(make)


def keys(store):
    with sqlite3.connect(f'file:{store}?mode=ro', uri=True) as db:
        rows = db.execute(
            'SELECT id, hex(key), hex(normal_key) FROM entry').fetchall()
        return rows, [r for r, in db.execute('SELECT rules FROM tape')]


# --- each kind of rule -------------------------------------------------------

def found_and_not(name):
    hark, seen = kinds()
    _, what, alike, others = KINDS[name]
    r = hark.ask(*what)
    same((tier(r), r.body), ('exact', seen[name]), what)
    for one in alike:
        r = hark.ask(*one)
        same((tier(r), r.body), ('normalized', seen[name]), one)
    for one in others:
        same(hark.ask(*one).source, 'miss', one)


def a_case_for(name):
    def run(_):
        found_and_not(name)
    run.__name__ = f'requests_are_found_by_{name.replace(" ", "_")}'
    case(run)


for kind in KINDS:
    a_case_for(kind)


@case
def header_fields_that_rules_compare_count_in_either_tier(t):
    rules = ['* /h compare header Accept', '* /h replace header Authorization',
             '* /h compare json']
    accept = [('Accept', 'text/html, a/b')]
    secret = [('Authorization', 'Basic x')]
    hark, _ = recorded(t, rules, [('POST', '/h', accept, b'{}'),
                                  ('POST', '/h', secret, b'[]')])
    hark.restart(mode='replay')
    for headers, body, found in (
            (accept, b'{}', 'exact'), (accept, b'{ }', 'normalized'),
            ([('ACCEPT', 'text/html'), ('Accept', 'a/b')], b'{}', 'exact'),
            ([('Accept', 'text/html')], b'{}', None), ([], b'{}', None),
            ([('Authorization', 'Bearer y')], b'[]', 'exact'),
            ([('Authorization', 'Bearer y')], b'[ ]', 'normalized'),
            ([], b'[]', None)):
        same(tier(hark.ask('POST', '/h', headers, body)), found,
             (headers, body))


@case
def header_fields_that_rules_ignore_do_not_choose(t):
    origin = t.origin()
    origin.default = lambda p, r: p.send(
        reply(r.get('x-a').encode(), headers=[('Vary', 'X-Id')]))
    rules = ['* * ignore header X-I*']
    hark = t.hark('record', origin, *options(rules))
    for a, number in (('1', 'x'), ('2', 'y')):
        hark.get('/', [('X-A', a), ('X-Id', number)])
    hark.stop()
    hark.restart(mode='replay')
    # By X-A alone, though X-Id would say otherwise, and Vary names it.
    same([hark.get('/', [('X-A', a), ('X-Id', i)]).body
          for a, i in (('2', 'x'), ('1', 'y'), ('2', 'z'))],
         [b'2', b'1', b'2'])
    hark.stop()
    hark.restart(mode='replay', options=[])
    same(hark.get('/', [('X-A', '2'), ('X-Id', 'x')]).body, b'1')
    same(hark.get('/', [('X-A', '2'), ('X-Id', 'z')]).source, 'miss')


# --- tiers -------------------------------------------------------------------

@case
def max_tier_exact_allows_no_looser_match(t):
    rules = options(['* * ignore query ts'])
    hark, _ = recorded(t, ['* * ignore query ts'], [get('/a?ts=1')])
    hark.restart(mode='replay', options=[*rules, '--max-tier', 'exact'])
    same([tier(hark.get(f'/a?ts={i}')) for i in (1, 2)], ['exact', None])
    hark.stop()
    hark.restart(mode='replay', options=rules)
    same([tier(hark.get(f'/a?ts={i}')) for i in (1, 2)],
         ['exact', 'normalized'])


@case
def the_log_names_the_tier(t):
    hark, _ = recorded(t, ['* * ignore query ts'], [get('/a?ts=1')])
    hark.restart(mode='replay', options=[*hark.options, '--verbose'])
    hark.get('/a?ts=2')
    until(lambda: '/a?ts=2: 200 from replay (normalized) in' in hark.log,
          'the log tells of it')


@case
def normalized_recordings_come_in_recorded_order(t):
    hark, _ = recorded(t, ['* * ignore json /id'],
                       [post('/rpc', {'id': i}) for i in range(3)])
    hark.restart(mode='replay')
    same([hark.ask(*post('/rpc', {'id': f'new {i}'})).body
          for i in range(4)], [b'1', b'2', b'3', b'3'])


@case
def HEAD_and_conditions_are_derived_from_a_normalized_match(t):
    origin = t.origin()
    origin.default = lambda p, r: p.send(
        reply(b'hello', headers=[('ETag', '"1"')]))
    hark = t.hark('record', origin, *options(['* * ignore query ts']))
    hark.get('/a?ts=1')
    hark.stop()
    hark.restart(mode='replay')
    r = hark.ask('HEAD', '/a?ts=2')
    same((r.status, r.get('content-length')), (200, '5'))
    check(r.get('x-hark-source').endswith(';tier=normalized;derived=head'),
          r.headers)
    same(hark.get('/a?ts=3', [('If-None-Match', '"1"')]).status, 304)


@case
def auto_records_once_what_the_rules_take_for_the_same(t):
    origin = numbered(t.origin())
    hark = t.hark('auto', origin, *options(['* * ignore query ts']))
    same([hark.get(f'/a?ts={i}').body for i in range(5)], [b'1'] * 5)
    same(len(origin.requests), 1)
    same([tier(hark.get('/a?ts=0')), tier(hark.get('/a?ts=9'))],
         ['exact', 'normalized'])
    same([hark.get('/b').body, hark.get('/b').body], [b'2', b'2'])
    hark.stop()
    same(len(keys(hark.store)[0]), 2)


@case
def rules_of_a_host_are_for_requests_to_it(t):
    rules = ['* api.test/* ignore query ts']
    hark = t.hark('record', '--upstream', f'api.test={t.origin().url}',
                  *options(rules), url=t.origin().url)

    def at(host, target):
        c = hark.client()
        c.send(f'GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
        r = c.response()
        c.close()
        return r
    for name in ('api.test', 'other.test'):
        same(at(name, '/a?ts=1').status, 200)
    hark.stop()
    hark.restart(mode='replay', url=hark.url_of_origin)
    same([tier(at(name, '/a?ts=2')) for name in ('api.test', 'other.test')],
         ['normalized', None])


# --- keys made anew ----------------------------------------------------------

@case
def a_changed_rule_set_needs_no_new_recording(t):
    hark, _ = recorded(t, [], [get('/a?ts=1&n=1'), post('/b', {'id': 1})])
    for rules, found in (
            (['* * ignore query ts'], ['normalized', None, None]),
            (['* * ignore query *', '* * ignore json /id'],
             ['normalized', 'normalized', 'normalized']),
            (['* /b ignore json /id'], [None, None, 'normalized']),
            ([], [None, None, None])):
        hark.restart(mode='replay', options=options(rules))
        same([tier(hark.ask(*a)) for a in (
            get('/a?n=1'), get('/a?n=2'), post('/b', {'id': 2}))],
            found, rules)
        same(tier(hark.get('/a?ts=1&n=1')), 'exact')
        hark.stop()
    # A replay without rules has no use for other keys, and leaves them.
    rows, (rules,) = keys(hark.store)
    same(rules, 'keys 1\n* /b ignore json /id\n')
    check('tape default was indexed anew, since its rules are others now: '
          '2 entries' in hark.log, hark.log)


@case
def reindex_makes_the_keys_that_recording_makes(t):
    asked = [kind[1] for kind in KINDS.values()]
    hark, _ = recorded(t, RULES, asked)
    made, _ = keys(hark.store)
    anew = command('reindex', '--store', hark.store)
    same((anew.returncode, anew.stdout),
         (0, f'indexed {len(asked)} entries of tape default; a rule is for '
             '0 of them\n'), anew.stderr)
    rows, rules = keys(hark.store)
    same(([r[:2] for r in rows], {r[2] for r in rows}, rules),
         ([r[:2] for r in made], {''}, ['']))
    anew = command('reindex', '--json', '--store', hark.store,
                   *options(RULES))
    same(json.loads(anew.stdout),
         {'tape': 'default', 'entries': len(asked), 'normalized': len(asked)})
    same(keys(hark.store)[0], made)


@case
def what_was_interrupted_is_indexed_again(t):
    hark, _ = recorded(t, ['* * ignore query ts'], [get('/a?ts=1')])
    made, _ = keys(hark.store)
    with sqlite3.connect(hark.store) as db:
        db.execute("UPDATE tape SET rules = 'keys 0' || char(10)")
        db.execute('UPDATE entry SET normal_key = NULL')
    db.close()
    hark.restart(mode='replay')
    same(tier(hark.get('/a?ts=2')), 'normalized')
    same(keys(hark.store)[0], made)


@case
def a_tape_that_cannot_be_indexed_says_what_to_do(t):
    hark, _ = recorded(t, [], [get('/a?ts=1')])
    hark.restart(mode='record', url=t.origin().url, options=[])
    rule = options(['* * ignore query ts'])
    done = command('replay', '--listen', '127.0.0.1:0', '--store', hark.store,
                   *rule)
    same(done.returncode, 2)
    check('tape default has to be indexed anew for these rules first, by hark '
          'reindex' in done.stderr and 'another hark writes' in done.stderr,
          done.stderr)
    # Without a rule, with none that is for keys, with an empty tape: fine.
    for more in ([], options(['* * repeat first']), [*rule, '--tape', 'new']):
        other = t.hark('replay', *more, store=hark.store)
        same(other.get('/a?ts=2').source, 'miss')
    hark.stop()


@case
def recording_without_the_rules_of_a_tape_forgets_them(t):
    hark, _ = recorded(t, ['* * ignore query ts'], [get('/a?ts=1')])
    hark.restart(mode='record', url=numbered(t.origin()).url, options=[])
    hark.get('/b?ts=1')
    hark.stop()
    rows, rules = keys(hark.store)
    same(([r[2] for r in rows], rules), (['', ''], ['']))


# --- other commands ----------------------------------------------------------

def imported(t, *entries_of):
    path = t.path('x.har')
    path.write_text(json.dumps({'log': {'version': '1.2', 'entries': [
        {'startedDateTime': '2026-01-01T00:00:00Z', 'time': 1,
         'request': {'method': 'GET', 'url': f'http://api.test{target}',
                     'headers': []},
         'response': {'status': 200, 'content': {'text': target}},
         'timings': {}} for target in entries_of]}}))
    return path


@case
def imported_and_edited_entries_go_by_the_rules_of_their_tape(t):
    store = t.path('hark.db')
    rule = options(['* * ignore query ts'])
    for more, target in ((rule, '/a?ts=1'), ([], '/b?ts=1')):
        done = command('import', '--store', store, *more, imported(t, target))
        same(done.returncode, 0, done.stderr)
    har = t.path('edited.har')
    done = command('export', '--store', store, '-o', har)
    same(done.returncode, 0, done.stderr)
    log = json.loads(har.read_text())
    log['log']['entries'] = log['log']['entries'][-1:]
    entry = log['log']['entries'][0]
    entry['request']['url'] = 'http://api.test/c?ts=1'
    entry.get('_hark', {}).pop('target', None)
    har.write_text(json.dumps(log))
    done = command('edit', '--store', store, '--from', har, '2')
    same(done.returncode, 0, done.stderr)
    hark = t.hark('replay', *rule, store=store)
    check('indexed anew' not in hark.log, hark.log)
    same([tier(hark.get(f'/{x}?ts=2')) for x in 'abc'],
         ['normalized', None, 'normalized'])


@case
def merged_tapes_go_by_one_set_of_rules(t):
    store = t.path('hark.db')
    rule = options(['* * ignore query ts'])
    for tape, more in (('one', rule), ('two', rule), ('three', [])):
        done = command('import', '--store', store, '--tape', tape, *more,
                       imported(t, f'/{tape}?ts=1'))
        same(done.returncode, 0, done.stderr)
    for into, tapes in (('alike', ['one', 'two']), ('all', ['one', 'three']),
                        ('plain', ['three', 'one'])):
        done = command('merge', '--store', store, '--into', into, *tapes)
        same(done.returncode, 0, done.stderr)
    for tape, found in (('alike', ['normalized', 'normalized', None]),
                        ('all', ['normalized', None, 'normalized'])):
        hark = t.hark('replay', '--tape', tape, *rule, store=store)
        check('indexed anew' not in hark.log, hark.log)
        same([tier(hark.get(f'/{x}?ts=2')) for x in ('one', 'two', 'three')],
             found, tape)
    with sqlite3.connect(f'file:{store}?mode=ro', uri=True) as db:
        same(db.execute("SELECT rules FROM tape WHERE name = 'plain'")
             .fetchall(), [('',)])


@case
def reindex_of_what_is_not_there_fails(t):
    store = t.path('hark.db')
    done = command('reindex', '--store', store)
    same((done.returncode, store.exists()), (2, False), done.stderr)
    command('import', '--store', store, imported(t, '/a'))
    done = command('reindex', '--store', store, '--tape', 'other')
    same((done.returncode, done.stderr),
         (1, 'hark: tape other: no such tape\n'))


main()
