# Goal: a person can look into a tape, change it, and compare it with another.

import base64
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from harness import (HARK, Shared, Skip, case, check, command, entries, main,
                     reply, same)

DOCUMENT = b'{"id": 1.50, "name": "caf\\u00e9", "tags": ["a", "b"], "x": {}}'
LONG = b'0123456789abcdef\n' * (3 << 16)
BINARY = bytes(range(256)) * 3
JSON = ('Content-Type', 'application/json')
GZIP = ('Content-Encoding', 'gzip')
POSTED = b"it's 100% $HOME `x` \\n \"quoted\"\nand @more\n"


def fill(t):
    """The store of a gateway that is gone, and where its origin was."""
    origin = t.origin()
    origin.routes.update({
        '/doc': reply(gzip.compress(DOCUMENT, mtime=0),
                      headers=[JSON, GZIP]),
        '/plain': reply(b'plain text', headers=[('X-Kept', 'yes')]),
        '/binary': reply(BINARY),
        '/long': reply(LONG),
        '/long-gzip': reply(gzip.compress(LONG, 1), headers=[GZIP]),
        '/broken': reply(b'not gzip at all', headers=[GZIP]),
        '/none': reply(b'gone', status='404 Not Found')})
    hark = t.hark('record', origin)
    for target in ('/doc', '/plain', '/binary', '/long', '/long-gzip',
                   '/broken', '/none'):
        hark.get(target)
    hark.ask('POST', '/post?a=1&b[]={x}', [('X-Quote', "it's"), JSON],
             POSTED)
    hark.ask('PUT', '/put/../up', [('X-Empty', ''), ('X-Bytes', '\xe9\x80')],
             BINARY)
    hark.stop()
    return hark.store


filled = Shared(fill)
NUMBERS = {name: i + 1 for i, name in enumerate(
    ('doc', 'plain', 'binary', 'long', 'long-gzip', 'broken', 'none', 'post',
     'put'))}


def raw(*argv, **how):
    """What the command writes, as bytes."""
    done = subprocess.run([HARK, *map(str, argv)], capture_output=True, **how)
    same((done.returncode, done.stderr), (0, b''), argv)
    return done.stdout


def objects(*argv, **how):
    """What it writes as JSON, an object per line."""
    return [json.loads(line) for line in raw(*argv, **how).splitlines()]


# --- show -------------------------------------------------------------------

@case
def show_decodes_a_body_and_lays_its_json_out(t):
    text = raw('show', '--store', filled(), NUMBERS['doc']).decode()
    check(f', {len(DOCUMENT)} decoded)\n' in text, text)
    check(text.endswith('{\n  "id": 1.50,\n  "name": "café",\n  "tags": [\n'
                        '    "a",\n    "b"\n  ],\n  "x": {}\n}\n'), text)


@case
def show_says_why_a_body_is_still_encoded(t):
    text = raw('show', '--store', filled(), NUMBERS['broken']).decode()
    check('(15 bytes, still encoded: broken content '
          'coding)\nnot gzip at all\n' in text,
          text)


@case
def the_bars_of_show_follow_one_another(t):
    har = {'log': {'version': '1.2', 'creator': {'name': 'x', 'version': ''},
                   'entries': [entry('GET', '/')]}}
    har['log']['entries'][0]['timings'] = {
        'blocked': 10, 'dns': 10, 'connect': 20, 'ssl': 10, 'send': 0,
        'wait': 10, 'receive': 10}
    store = imported(t, har)
    text = raw('show', '--store', store, 1).decode()
    bars = [re.sub(r'^(  \w+) +', r'\1 ', line)
            for line in text.splitlines() if ' ms' in line]
    same(bars, ['  blocked 10.000 ms  ' + '#' * 10,
                '  dns 10.000 ms  ' + ' ' * 10 + '#' * 10,
                '  connect 20.000 ms  ' + ' ' * 20 + '#' * 20,
                '  tls 10.000 ms  ' + ' ' * 30 + '#' * 10,
                '  send 0.000 ms',
                '  wait 10.000 ms  ' + ' ' * 40 + '#' * 10,
                '  receive 10.000 ms  ' + ' ' * 50 + '#' * 10])


@case
def show_raw_has_either_body_as_it_was(t):
    store = filled()
    same(raw('show', '--raw', '--store', store, NUMBERS['doc']),
         gzip.compress(DOCUMENT, mtime=0))
    same(raw('show', '--raw', '--request', '--store', store,
             NUMBERS['put']), BINARY)


@case
def show_har_is_the_entry_that_export_has(t):
    store = filled()
    exported = entries(store)
    for name in ('doc', 'binary', 'post'):
        number = NUMBERS[name]
        same(json.loads(raw('show', '--har', '--store', store, number)),
             exported[number - 1])
        line = raw('show', '--json', '--store', store, number)
        same((line.count(b'\n'), json.loads(line)),
             (1, exported[number - 1]))


@case
def show_curl_sends_the_same_request_again(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    origin = t.origin()
    hark = t.hark('record', origin)
    long = b"it's long " * 30000
    for method, target, headers, body in (
            ('GET', '/a/../b?x[1]={y}&z', [('X-Quote', "it's"),
                                           ('Accept', 'text/x')], None),
            ('POST', '/post', [JSON], POSTED),
            ('POST', '/at', [], b'@/etc/passwd'),
            ('PUT', '/binary', [('X-Empty', ''), ('-X', '-v')], BINARY),
            ('DELETE', '/gone', [('X-Bytes', '\xe9\x80%s\\n')], None),
            ('POST', '/empty', [('Content-Length', '0')], None),
            ('POST', '/long', [('User-Agent', 'me')], long),
            ('HEAD', '/head', [], None)):
        hark.ask(method, target, headers, body)
    hark.stop()
    recorded = origin.take()
    for number, was in enumerate(recorded, 1):
        line = raw('show', '--curl', '--store', hark.store, number)
        check(line.endswith(b'\n') and
              not re.search(rb'[^\t\n -~]', line), line)
        done = subprocess.run(['sh'], input=line, capture_output=True)
        same(done.returncode, 0, (line[:500], done.stderr))
        again, = origin.take()
        same((again.start, again.body), (was.start, was.body), line[:500])
        same(sorted(map(tuple, again.headers)),
             sorted(map(tuple, was.headers)), line[:500])


@case
def show_curl_needs_the_request_body(t):
    one = entry('POST', '/lost')
    one['request']['bodySize'] = 5
    store = imported(t, {'log': {'version': '1.2', 'entries': [one]}})
    done = command('show', '--curl', '--store', store, 1)
    same((done.returncode, done.stdout, done.stderr),
         (1, '', 'hark: the request body was not kept\n'))


# --- cat --------------------------------------------------------------------

@case
def cat_writes_bodies_without_their_coding(t):
    store = filled()
    same(raw('cat', '--store', store, NUMBERS['doc'], NUMBERS['binary'],
             NUMBERS['plain']), DOCUMENT + BINARY + b'plain text')
    for name in ('long', 'long-gzip'):
        check(raw('cat', '--store', store, NUMBERS[name]) == LONG, name)


@case
def cat_goes_on_behind_a_body_that_it_cannot_write(t):
    done = command('cat', '--store', filled(), NUMBERS['broken'], 99,
                   NUMBERS['plain'])
    same((done.returncode, done.stdout), (1, 'plain text'))
    same(done.stderr.splitlines(),
         [f'hark: entry {NUMBERS["broken"]}: the body cannot be decoded '
          '(broken content coding); see hark show --raw',
          'hark: entry 99: no such entry'])


@case
def cat_as_json_has_text_or_base64(t):
    got = objects('cat', '--json', '--store', filled(), NUMBERS['doc'],
                  NUMBERS['binary'])
    same(got, [{'entry': NUMBERS['doc'], 'mime_type': 'application/json',
                'size': len(DOCUMENT), 'text': DOCUMENT.decode()},
               {'entry': NUMBERS['binary'], 'mime_type': '',
                'size': len(BINARY), 'encoding': 'base64',
                'text': base64.b64encode(BINARY).decode()}])


# --- edit -------------------------------------------------------------------

def edit(t, store, number, program, *options, status=0, visual=''):
    """Edits with a Python program that gets and sets the entry e."""
    script = t.path('editor.py')
    script.write_text(
        'import json, pathlib, sys\n'
        'path = pathlib.Path(sys.argv[1])\n'
        'har = json.loads(path.read_text())\n'
        'e = har["log"]["entries"][0]\n'
        f'{program}\n'
        'path.write_text(json.dumps(har, indent=2) + "\\n")\n')
    folder = t.path()
    done = command('edit', '--store', store, number, *options,
                   env={'EDITOR': f'{sys.executable} {script}',
                        'VISUAL': visual, 'TMPDIR': str(folder)})
    same(done.returncode, status, done)
    done.left = list(folder.rglob('*.har'))
    if status == 0:
        same(os.listdir(folder), [])
    return done


def replayed(t, store, *request):
    hark = t.hark('replay', store=store)
    try:
        return hark.ask(*request)
    finally:
        hark.stop()


@case
def an_edited_body_is_encoded_as_it_was(t):
    store = fill(t)
    before = entries(store)
    done = edit(t, store, NUMBERS['doc'],
                'e["response"]["content"]["text"] = \'{"new": 1}\'')
    same(done.stdout, 'entry 1 replaced\n')
    same(gzip.decompress(raw('show', '--raw', '--store', store, 1)),
         b'{"new": 1}')
    after = entries(store)
    same([e['request'] for e in after], [e['request'] for e in before])
    same(after[1:], before[1:])
    answer = replayed(t, store, 'GET', '/doc')
    same((answer.status, gzip.decompress(answer.body),
          answer.get('Content-Encoding'), answer.get('Content-Length')),
         (200, b'{"new": 1}', 'gzip', str(len(answer.body))))


@case
def an_edited_plain_body_has_its_length_told(t):
    store = fill(t)
    edit(t, store, NUMBERS['plain'],
         'e["response"]["content"]["text"] = "longer plain text"\n'
         'e["response"]["status"] = 201')
    answer = replayed(t, store, 'GET', '/plain')
    same((answer.status, answer.body, answer.get('Content-Length'),
          answer.get('X-Kept')), (201, b'longer plain text', '17', 'yes'))


@case
def an_edited_request_is_found_by_what_it_is_now(t):
    store = fill(t)
    edit(t, store, NUMBERS['post'],
         'e["request"]["url"] = e["request"]["url"].replace("/post", "/new")'
         '\ne["request"]["postData"]["text"] = "new body"')
    one = entries(store)[NUMBERS['post'] - 1]
    same([h['value'] for h in one['request']['headers']
          if h['name'] == 'Content-Length'], ['8'])
    hark = t.hark('replay', store=store)
    answer = hark.ask('POST', '/new?a=1&b[]={x}', [JSON], b'new body')
    same(answer.get('X-Hark-Source'), f'replay;entry={NUMBERS["post"]}')
    same(hark.ask('POST', '/post?a=1&b[]={x}', [JSON], POSTED).source,
         'miss')


@case
def a_url_below_a_base_keeps_it(t):
    store = imported(t, {'log': {'version': '1.2', 'entries': [
        entry('GET', '/v1/a', body='1')]}}, None,
        '--base', 'http://api.test/v1')
    edit(t, store, 1, 'e["request"]["url"] = "http://api.test/v1/b?c"')
    same(replayed(t, store, 'GET', '/b?c').status, 200)
    edit(t, store, 1, 'e["request"]["url"] = "http://api.test/v2/b"')
    same(replayed(t, store, 'GET', '/v2/b').status, 200)


@case
def the_member_of_hark_can_be_deleted(t):
    store = fill(t)
    before = entries(store)[NUMBERS['binary'] - 1]['_hark']
    edit(t, store, NUMBERS['binary'], 'del e["_hark"]\n'
         'e["comment"] = "mine"')
    one = entries(store)[NUMBERS['binary'] - 1]
    same(one['comment'], 'mine')
    same([one['_hark'].get(n) for n in ('target', 'mode', 'client')],
         [before.get(n) for n in ('target', 'mode', 'client')])
    same(raw('cat', '--store', store, NUMBERS['binary']), BINARY)


@case
def what_is_not_changed_is_not_written(t):
    store = fill(t)
    before = store.read_bytes()
    for editor in ('true', 'touch', ': "two words";:'):
        done = command('edit', '--store', store, 1,
                       env={'EDITOR': editor, 'VISUAL': ''})
        same((done.returncode, done.stdout, done.stderr),
             (0, 'entry 1 not changed\n', ''))
    same(objects('edit', '--json', '--store', store, 1, env={
        **os.environ, 'EDITOR': 'false', 'VISUAL': 'true'}),
         [{'entry': 1, 'changed': False}])
    check(store.read_bytes() == before, 'the store has changed')


@case
def sed_is_an_editor(t):
    store = fill(t)
    done = command('edit', '--store', store, NUMBERS['none'],
                   env={'EDITOR': "sed -i 's/\"gone\"/\"here\"/'",
                        'VISUAL': ''})
    same((done.returncode, done.stdout),
         (0, f'entry {NUMBERS["none"]} replaced\n'))
    same(raw('cat', '--store', store, NUMBERS['none']), b'here')


@case
def a_mistake_loses_nothing(t):
    store = fill(t)
    before = entries(store)
    for program, said in (
            ('path.write_text("{\\n  \\"log\\": oops")\nsys.exit()',
             'line 2, column 10'),
            ('har["log"]["entries"].append(e)', 'it has 2 entries'),
            ('har["log"]["entries"].clear()', 'it has 0 entries'),
            ('e["request"]["method"] = "BAD METHOD"',
             'a request method that cannot be one'),
            ('path.write_text("")\nsys.exit()', 'entry 1: '),
            ('path.write_text("mine")\nsys.exit(3)', 'exit status 3'),
            ('import os\npath.write_text("mine")\nos.kill(os.getpid(), 9)',
             'exit status 137')):
        done = edit(t, store, 1, program, status=1)
        first, second = done.stderr.splitlines()[-2:]
        check(said in first, done.stderr)
        kept, = done.left
        same(second, 'hark: entry 1 is as it was; what was edited is kept: '
             f'hark edit --from {kept} 1')
        same(kept.stat().st_mode & 0o077, 0)
        same(kept.parent.stat().st_mode & 0o077, 0)
        same(entries(store), before)
    done = edit(t, store, 1, 'sys.exit(3)', status=1)
    same((done.left, done.stderr.count('\n')), ([], 1), done.stderr)


@case
def a_kept_file_can_be_taken_up_again(t):
    store = fill(t)
    done = edit(t, store, 1, 'e["response"]["status"] = 203\n'
                'text = json.dumps(har) + "x"\n'
                'path.write_text(text)\nsys.exit()', status=1)
    kept, = done.left
    kept.write_text(kept.read_text()[:-1])
    same(raw('edit', '--from', kept, '--store', store, 1),
         b'entry 1 replaced\n')
    same(entries(store)[0]['response']['status'], 203)
    check(kept.exists(), 'the file is gone')
    done = command('edit', '--from', '/nonexistent', '--store', store, 1)
    check(done.returncode == 1 and '/nonexistent' in done.stderr, done)


@case
def an_entry_of_a_store_in_use_cannot_be_edited(t):
    hark = t.hark('record', t.origin())
    hark.get('/a')
    done = command('edit', '--store', hark.store, 1,
                   env={'EDITOR': 'touch /tmp/never', 'VISUAL': ''})
    check(done.returncode == 2 and 'another hark' in done.stderr, done)


# --- merge and prune --------------------------------------------------------

def two_tapes(t):
    """Tapes a and b, whose entries alternate."""
    store = t.path('hark.db')
    for tape, days in (('a', (1, 3, 5)), ('b', (4, 2, 5))):
        imported(t, {'log': {'version': '1.2', 'entries': [
            entry('GET', f'/{tape}{day}', body=tape * day,
                  started=f'2026-01-0{day}T00:00:00Z')
            for day in days]}}, store, '--tape', tape)
    return store


def paths(store, *options):
    return [row['url'].removeprefix('http://api.test')
            for row in objects('list', '--json', '--store', store, *options)]


@case
def merge_puts_entries_in_the_order_of_their_times(t):
    store = two_tapes(t)
    same(raw('merge', '--into', 'both', '--store', store, 'b', 'a'),
         b'merged 6 entries of 2 tapes into both\n')
    same(paths(store, '--tape', 'both'),
         ['/a1', '/b2', '/a3', '/b4', '/a5', '/b5'])
    same(paths(store, '--tape', 'a'), ['/a1', '/a3', '/a5'])
    same(paths(store, '--tape', 'b'), ['/b4', '/b2', '/b5'])
    same(raw('cat', '--store', store, 7, 8, 10), b'abbbbbb')
    hark = t.hark('replay', '--tape', 'both', store=store)
    same([hark.get(p).body for p in ('/a3', '/b4')], [b'aaa', b'bbbb'])
    hark.stop()
    # A body of several tapes is there until the last one of them goes.
    raw('rm', '--store', store, 1, 2, 3)
    same(raw('cat', '--store', store, 7, 9, 11), b'aaaaaaaaa')


@case
def merge_appends_and_keeps_equal_neighbours(t):
    store = two_tapes(t)
    raw('merge', '--into', 'x', '--store', store, 'a')
    same(objects('merge', '--json', '--into', 'x', '--store', store, 'a'),
         [{'into': 'x', 'tapes': 1, 'entries': 3}])
    same(paths(store, '--tape', 'x'), ['/a1', '/a3', '/a5'] * 2)


@case
def a_long_body_is_merged_without_a_copy(t):
    store = fill(t)
    size = store.stat().st_size
    raw('merge', '--into', 'x', '--store', store, 'default')
    check(store.stat().st_size - size < 200000, store.stat().st_size - size)
    check(raw('cat', '--store', store, NUMBERS['long'] + len(NUMBERS)) ==
          LONG, 'the body differs')


@case
def a_merge_that_cannot_be_does_nothing(t):
    store = two_tapes(t)
    before = store.read_bytes()
    for argv, status, said in (
            (['a'], 2, 'expected --into NAME'),
            (['--into', 'a', 'a'], 2, 'tape a: cannot be merged into itself'),
            (['--into', 'x', 'a', 'a'], 2, 'tape a: given twice'),
            (['--into', 'a\nb', 'a'], 2, 'option into: '),
            (['--into', '', 'a'], 2, 'option into: '),
            (['--into', 'x'], 2, 'expected: hark merge TAPE ...'),
            (['--into', 'x', 'a', 'c'], 1, 'tape c: no such tape')):
        done = command('merge', '--store', store, *argv)
        same((done.returncode, done.stdout), (status, ''), argv)
        check(said in done.stderr, done.stderr)
    check(store.read_bytes() == before, 'the store has changed')
    done = command('merge', '--store', '/nonexistent/x', '--into', 'x', 'a')
    same(done.returncode, 2)


@case
def prune_removes_what_all_criteria_apply_to(t):
    store = two_tapes(t)
    failed = entry('GET', '/failed', status=0, started='2026-01-02T00:00:00Z')
    fresh = entry('GET', '/fresh', status=0, started='2099-01-01T00:00:00Z')
    imported(t, {'log': {'version': '1.2', 'entries': [
        failed, fresh, entry('GET', '/good', started=fresh[
            'startedDateTime'])]}}, store, '--tape', 'c')
    everything = paths(store)
    for argv, gone in (
            (['--failed', '--older', '1d'], ['/failed']),
            (['--failed', '--tape', 'a'], []),
            (['--failed'], ['/fresh']),
            (['--older', '1h', '--tape', 'b'], ['/b4', '/b2', '/b5']),
            (['--older', '100w'], []),
            (['--older', '2s'], ['/a1', '/a3', '/a5'])):
        text = raw('prune', '--dry-run', '--store', store, *argv).decode()
        check(text.endswith(f'\nwould remove {len(gone)} entr'
                            f'{"y" if len(gone) == 1 else "ies"}\n'), text)
        same(paths(store), everything)
        rows = objects('prune', '--json', '--store', store, *argv)
        same([r['url'] for r in rows], ['http://api.test' + p for p in gone])
        everything = [p for p in everything if p not in gone]
        same(paths(store), everything, argv)
    same(everything, ['/good'])


@case
def prune_says_what_it_removed(t):
    store = two_tapes(t)
    text = raw('prune', '--older', '1d', '--store', store).decode()
    rows = [line.split('\t') for line in text.splitlines()]
    same([row[0] for row in rows], ['ENTRY', '1', '2', '3', '4', '5', '6',
                                    'removed 6 entries'])
    same(paths(store), [])
    same(raw('prune', '--older', '1d', '--store', store).splitlines()[-1:],
         [b'removed 0 entries'])


@case
def a_prune_that_cannot_be_does_nothing(t):
    store = two_tapes(t)
    for argv, status, said in (
            ([], 2, 'expected --older AGE, --failed or --unused'),
            (['--older', '30'], 2, 'option older: 30: expected an age such'),
            (['--older', 'd'], 2, 'option older: d: '),
            (['--older', '99999999999999d'], 2, 'option older: '),
            (['--older', '1d', 'x'], 2, 'expected: hark prune'),
            (['--failed', '--tape', 'x'], 1, 'tape x: no such tape'),
            (['--failed', '--store', '/nonexistent/x'], 2, '/nonexistent/x'),
            ):
        done = command('prune', '--store', store, *argv)
        same((done.returncode, done.stdout), (status, ''), argv)
        check(said in done.stderr, done.stderr)
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([HARK, 'prune', '--older', '1d', '--store',
                               store], stdout=full, capture_output=False,
                              stderr=subprocess.PIPE)
    same(done.returncode, 1)
    hark = t.hark('record', t.origin())
    done = command('prune', '--older', '1d', '--store', hark.store)
    check(done.returncode == 2 and 'another hark' in done.stderr, done)
    raw('prune', '--older', '1d', '--dry-run', '--store', hark.store)


@case
def rm_says_as_json_what_it_removed(t):
    store = two_tapes(t)
    same(raw('rm', '--store', store, 1), b'')
    same(objects('rm', '--json', '--store', store, 3, 2),
         [{'entry': 3, 'removed': True}, {'entry': 2, 'removed': True}])


# --- diff -------------------------------------------------------------------

OLD = [
    ('GET', '/same', '{"a": [1, 2]}', {}),
    ('GET', '/users?page=1', '[{"id": 1, "mail": "x", "age": null}]',
     {'headers': [('X-Old', '1'), JSON]}),
    ('GET', '/users?page=1', '[]', {'headers': [JSON]}),
    ('DELETE', '/gone', None, {}),
    ('GET', '/text', 'words', {'headers': [('Content-Type', 'text/html')],
                               'mime': 'text/html'})]
NEW = [
    ('GET', '/same', '{"a": [2.5]}', {}),
    ('GET', '/users?page=2',
     '[{"id": "1", "email": {"home": "x"}, "age": 5}]',
     {'headers': [JSON, ('X-New', '1')]}),
    ('GET', '/users?page=9', None, {'headers': [JSON], 'status': 404}),
    ('GET', '/users?size=1', '[]', {}),
    ('GET', '/text', 'other words',
     {'headers': [('Content-Type', 'text/plain')], 'mime': 'text/plain'})]
DIFFERENCES = """\
- DELETE /gone
! GET /text
    - type text/html
    + type text/plain
! GET /users?page
    + status 404
    + header x-new
    - header x-old
    ! body $[].age: null -> number
    + body $[].email: object
    ! body $[].id: number -> string
    - body $[].mail: string
+ GET /users?size
1 added, 1 removed, 2 changed
"""


def two_versions(t):
    """The entries above as HAR files."""
    return [har_file(t, *(entry(method, path, body=body, **how)
                          for method, path, body, how in some))
            for some in (OLD, NEW)]


def diff(status, *argv):
    done = command('diff', *argv)
    same((done.returncode, done.stderr), (status, ''), argv)
    return done.stdout


@case
def diff_says_which_endpoints_came_went_and_changed(t):
    old, new = two_versions(t)
    same(diff(1, old, new), DIFFERENCES)
    same(diff(1, new, old).splitlines()[-1], '1 added, 1 removed, 2 changed')
    for path in (old, new):
        same(diff(0, path, path), '')


@case
def diff_takes_tapes_and_files_alike(t):
    old, new = two_versions(t)
    store = t.path('hark.db')
    for path, tape in ((old, 'old'), (new, 'new')):
        same(command('import', '--store', store, '--tape', tape,
                     path).returncode, 0)
    same(diff(1, '--store', store, 'old', 'new'), DIFFERENCES)
    same(diff(1, '--store', store, old, 'new'), DIFFERENCES)
    same(diff(0, '--store', store, old, 'old'), '')
    packed = t.path('new.har.gz')
    packed.write_bytes(gzip.compress(new.read_bytes()))
    same(diff(1, old, packed), DIFFERENCES)


@case
def diff_looks_below_the_content_coding(t):
    number = NUMBERS['doc']
    plain = har_file(t, entry('GET', '/doc', body=DOCUMENT.decode(),
                              headers=[JSON, ('Content-Length', '9')]))
    har = t.path('doc.har')
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': '', 'version': ''},
        'entries': objects('show', '--json', '--store', filled(), number)}}))
    same(diff(1, plain, har), '! GET /doc\n    + header content-encoding\n'
         '0 added, 0 removed, 1 changed\n')


@case
def diff_as_json_has_an_object_per_endpoint(t):
    old, new = two_versions(t)
    got = [json.loads(line)
           for line in diff(1, '--json', old, new).splitlines()]
    same(got[0], {'endpoint': 'DELETE /gone', 'change': 'removed'})
    same(got[1]['changes'], [{'change': 'removed', 'type': 'text/html'},
                             {'change': 'added', 'type': 'text/plain'}])
    same(got[2]['changes'][3:5], [
        {'change': 'changed', 'body': '$[].age', 'from': ['null'],
         'to': ['number']},
        {'change': 'added', 'body': '$[].email', 'to': ['object']}])
    same(got[3], {'endpoint': 'GET /users?size', 'change': 'added'})
    same(diff(0, '--json', old, old), '')


@case
def diff_exits_with_2_when_it_cannot_compare(t):
    old, _ = two_versions(t)
    broken = t.path('broken.har')
    broken.write_text('{"log": {"entries": [')
    store = two_tapes(t)
    for argv, said in (([old], 'expected: hark diff'),
                       ([old, broken], f'{broken}: '),
                       ([old, '/nonexistent.har'], '/nonexistent.har'),
                       (['a', 'c', '--store', store],
                        'tape c: no such tape (a file has a / or .har in'),
                       (['a', 'b', '--store', '/nonexistent/x'],
                        '/nonexistent/x')):
        done = command('diff', *argv)
        same((done.returncode, done.stdout), (2, ''), argv)
        check(said in done.stderr, done.stderr)


@case
def diff_says_what_it_could_not_look_into(t):
    done = command('diff', '--store', filled(), 'default', 'default')
    same((done.returncode, done.stdout), (0, ''))
    check(done.stderr.startswith('hark: 2 bodies were not compared'),
          done.stderr)


# --- what cases are made of -------------------------------------------------

def entry(method, path, *, status=200, body=None, headers=(),
          mime='application/json', started='2026-01-01T00:00:00.000Z'):
    """An entry as some other program may have written it."""
    content = {'size': 0, 'mimeType': mime}
    if body is not None:
        content.update(text=body, size=len(body.encode()))
    return {'startedDateTime': started, 'time': 1,
            'request': {'method': method, 'url': f'http://api.test{path}',
                        'httpVersion': 'HTTP/1.1', 'cookies': [],
                        'headers': [], 'queryString': [], 'headersSize': -1,
                        'bodySize': 0},
            'response': {'status': status, 'statusText': '',
                         'httpVersion': 'HTTP/1.1', 'cookies': [],
                         'headers': [{'name': n, 'value': v}
                                     for n, v in headers],
                         'content': content, 'redirectURL': '',
                         'headersSize': -1, 'bodySize': content['size']},
            'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}


def har_file(t, *some):
    path = t.path('some.har')
    path.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'x', 'version': '1'},
        'entries': list(some)}}))
    return path


def imported(t, har, store=None, *options):
    path, store = t.path('in.har'), store or t.path('hark.db')
    path.write_text(json.dumps(har))
    done = command('import', '--store', store, *options, path)
    same(done.returncode, 0, done.stderr)
    return store


if __name__ == '__main__':
    main()
