# Goal: what passed is on the tape as it was on the wire, and survives.

import base64
import contextlib
import gzip
import json
import shutil
import sqlite3
import threading
import time

from harness import (Client, Ended, Skip, case, check, command, entries,
                     export, main, reply, same, until)


def har_headers(message):
    return [(h['name'], h['value']) for h in message['headers']]


def content(entry):
    """The bytes of an exported response body."""
    c = entry['response']['content']
    text = c.get('text', '')
    if c.get('encoding') == 'base64':
        return base64.b64decode(text)
    return text.encode()


def stored(store):
    """The number of entries, by SQLite alone."""
    with contextlib.closing(sqlite3.connect(f'file:{store}?mode=ro',
                                            uri=True)) as db:
        return db.execute('SELECT count(*) FROM entry').fetchone()[0]


def sound(store):
    with contextlib.closing(sqlite3.connect(store)) as db:
        same(db.execute('PRAGMA integrity_check').fetchall(), [('ok',)])


@case
def B1_one_exchange_is_one_entry_and_complete(t):
    origin = t.origin()
    lines = [('Content-Type', 'text/plain'), ('X-CuStOm', 'a'),
             ('Date', 'Sat, 21 Nov 2026 06:00:00 GMT'), ('x-custom', 'b')]
    origin.routes['/?a=1&a=2&b'] = reply(b'Hello world', '200 Fine', lines)
    hark = t.hark('record', origin)
    sent = [('X-One', '1'), ('Accept', '*/*'), ('x-one', '2')]
    seen = hark.get('/?a=1&a=2&b', sent)
    same(seen.body, b'Hello world')
    hark.stop()
    har = export(hark.store)
    same(har['log']['version'], '1.2')
    e, = har['log']['entries']
    q, r = e['request'], e['response']
    same((q['method'], q['url'], q['httpVersion']),
         ('GET', origin.url + '/?a=1&a=2&b', 'HTTP/1.1'))
    same([h for h in har_headers(q) if h[0].lower() != 'host'], sent)
    same(q['queryString'], [{'name': 'a', 'value': '1'},
                            {'name': 'a', 'value': '2'},
                            {'name': 'b', 'value': ''}])
    same((r['status'], r['statusText']), (200, 'Fine'))
    same(har_headers(r), lines + [('Content-Length', '11')])
    same((r['content']['size'], r['content']['mimeType'], content(e)),
         (11, 'text/plain', b'Hello world'))
    times = e['timings']
    check(all(times[k] >= 0 for k in ('send', 'wait', 'receive')), times)
    whole = sum(v for k, v in times.items()
                if k != 'ssl' and isinstance(v, (int, float)) and v >= 0)
    check(abs(e['time'] - whole) < 0.01, (e['time'], times))


@case
def B3_repeated_requests_are_all_kept_in_order(t):
    origin = t.origin()
    numbers = iter(range(1, 10))
    origin.routes['/n'] = lambda p, r: p.send(
        reply(str(next(numbers)).encode()))
    hark = t.hark('record', origin)
    for _ in range(3):
        hark.get('/n')
    hark.stop()
    same([content(e) for e in entries(hark.store)], [b'1', b'2', b'3'])


@case
def B8_nothing_is_recorded_when_nothing_happened(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.stop()
    har = export(hark.store)
    same((har['log']['version'], har['log']['entries']), ('1.2', []))
    check(har['log']['creator']['name'], har['log'])


@case
def a_request_with_its_body_is_kept_for_any_method(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    body = bytes(range(256))
    for method in ('POST', 'PUT', 'QUERY', 'FROB'):
        same(hark.ask(method, '/x', [('Content-Type', 'text/plain')],
                      b'text of ' + method.encode()).status, 200)
    hark.ask('POST', '/binary', [('Content-Type', 'image/png')], body)
    same(origin.requests[-1].body, body)
    hark.stop()
    recorded = entries(hark.store)
    same([(e['request']['method'], e['request']['postData']['text'])
          for e in recorded[:4]],
         [(m, 'text of ' + m) for m in ('POST', 'PUT', 'QUERY', 'FROB')])
    same(recorded[4]['request']['bodySize'], 256)


@case
def A8_three_set_cookie_lines_are_three_header_objects(t):
    origin = t.origin()
    lines = [('Set-Cookie', 'a=1; Path=/'), ('set-cookie', 'b=2'),
             ('SET-COOKIE', 'c=3, d')]
    origin.routes['/'] = reply(b'', headers=lines)
    hark = t.hark('record', origin)
    hark.get('/')
    hark.stop()
    e, = entries(hark.store)
    same(har_headers(e['response'])[:3], lines)


@case
def A15_binary_answers_are_exported_without_loss(t):
    octets = bytes([0, 1, 2, 3, 0xff, 0xfe])
    origin = t.origin()
    kinds = ['image/gif', 'audio/mpeg', 'application/octet-stream',
             'text/plain']
    for i, kind in enumerate(kinds):
        origin.routes[f'/{i}'] = reply(octets,
                                       headers=[('Content-Type', kind)])
    origin.routes['/none'] = reply(octets)
    hark = t.hark('record', origin)
    for target in [f'/{i}' for i in range(len(kinds))] + ['/none']:
        same(hark.get(target).body, octets)
    hark.stop()
    same([content(e) for e in entries(hark.store)], [octets] * 5)


@case
def B6_a_gzip_answer_is_exported_readable_and_replayed_as_it_was(t):
    origin = t.origin()
    packed = gzip.compress(b'plain text ' * 100)
    origin.routes['/z'] = reply(packed, headers=[
        ('Content-Type', 'text/plain'), ('Content-Encoding', 'gzip')])
    origin.routes['/broken'] = reply(b'\x1f\x8bbroken', headers=[
        ('Content-Encoding', 'gzip')])
    hark = t.hark('record', origin)
    hark.get('/z')
    hark.get('/broken')
    hark.stop()
    e, broken = entries(hark.store)
    same(content(e), b'plain text ' * 100)
    same(content(broken), b'\x1f\x8bbroken')
    hark.restart(mode='replay')
    r = hark.get('/z')
    same((r.body, r.get('content-encoding')), (packed, 'gzip'))


@case
def a_HEAD_and_an_interim_answer_are_recorded(t):
    origin = t.origin()
    origin.routes['/h'] = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'
    origin.routes['/i'] = (
        b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    hark = t.hark('record', origin)
    hark.ask('HEAD', '/h')
    hark.get('/i')
    hark.stop()
    head, interim = entries(hark.store)
    same((head['response']['status'], content(head),
          dict(har_headers(head['response']))['Content-Length']),
         (200, b'', '4'))
    same((interim['response']['status'], content(interim)), (200, b'hi'))


@case
def one_body_is_stored_once(t):
    origin = t.origin()
    body = b'the very same bytes' * 50000
    origin.default = lambda p, r: p.send(reply(body))
    hark = t.hark('record', origin)
    for i in range(20):
        hark.get(f'/{i}')
    hark.stop()
    size = hark.store.stat().st_size
    check(size < 3 * len(body), f'{size} bytes for 20 times {len(body)}')
    same(len(entries(hark.store)), 20)


@case
def the_store_names_itself_and_shows_har_by_sqlite_alone(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.ask('POST', '/seen', [], b'question')
    hark.stop()
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        check(db.execute('PRAGMA application_id').fetchone()[0] != 0,
              'no application_id')
        check(db.execute('PRAGMA user_version').fetchone()[0] > 0,
              'no user_version')
        views = [row[0] for row in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'view'")]
        found = [name for name in views if any(
            '/seen' in str(row)
            for row in db.execute(f'SELECT * FROM "{name}"'))]
        check(found, f'none of {views} shows the entry')
        har = [json.loads(value) for name in found
               for row in db.execute(f'SELECT * FROM "{name}"')
               for value in row
               if isinstance(value, str) and value.startswith('{')]
        check(any(h.get('request', {}).get('url', '').endswith('/seen')
                  for h in har), f'no HAR entry in {found}')


@case
def tapes_keep_apart(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--tape', 'one')
    hark.get('/1')
    hark.stop()
    hark.restart(url=origin.url, options=['--tape', 'two'])
    hark.get('/2')
    hark.stop()
    same([e['request']['url'] for e in entries(hark.store, '--tape', 'one')],
         [origin.url + '/1'])
    hark.restart(mode='replay', options=['--tape', 'two'])
    same((hark.get('/1').source, hark.get('/2').source), ('miss', 'replay'))


@case
def a_store_has_one_writer(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    done = command('record', '--listen', '127.0.0.1:0', '--store',
                   hark.store, origin.url)
    check(done.returncode in (1, 2), done)
    check(str(hark.store) in done.stderr and done.stderr.count('\n') == 1,
          done.stderr)
    same(hark.get('/').status, 200)


@case
def a_file_that_is_no_store_is_refused_and_left_alone(t):
    path = t.path('not.db')
    path.write_bytes(b'This is not a database. ' * 100)
    for argv in (['record', '--listen', '127.0.0.1:0', 'http://127.0.0.1:9'],
                 ['replay', '--listen', '127.0.0.1:0'], ['list']):
        done = command(argv[0], '--store', path, *argv[1:])
        check(done.returncode in (1, 2), (argv, done))
        check('not.db' in done.stderr, done.stderr)
    same(path.read_bytes(), b'This is not a database. ' * 100)
    foreign = t.path('foreign.db')
    with contextlib.closing(sqlite3.connect(foreign)) as db:
        db.execute('CREATE TABLE notes (text)')
        db.commit()
    before = foreign.read_bytes()
    done = command('record', '--listen', '127.0.0.1:0', '--store', foreign,
                   'http://127.0.0.1:9')
    check(done.returncode in (1, 2), done)
    same(foreign.read_bytes(), before)


# --- durability -------------------------------------------------------------

@case
def strict_has_committed_before_the_reply_ends(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--durability', 'strict')
    c = t.client(hark)
    for i in range(1, 6):
        same(c.ask('GET', f'/{i}').status, 200)
        # The last byte has arrived, so the entry is there, even for others.
        same(stored(hark.store), i)
    hark.kill9()
    sound(hark.store)
    same([e['request']['url'] for e in entries(hark.store)],
         [f'{origin.url}/{i}' for i in range(1, 6)])


@case
def strict_holds_for_every_way_an_answer_ends(t):
    origin = t.origin()
    origin.routes['/chunked'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        p.chunked(b'abc', b'def'))
    origin.routes['/close'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\n\r\nabc'), p.close())
    origin.routes['/204'] = b'HTTP/1.1 204 No Content\r\n\r\n'
    origin.routes['/head'] = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'
    origin.routes['/large'] = reply(bytes(3 << 20))
    hark = t.hark('record', origin, '--durability', 'strict')
    for n, target in enumerate(('/chunked', '/close', '/204', '/head',
                                '/large'), 1):
        r = hark.ask('HEAD' if target == '/head' else 'GET', target)
        check(r.complete, target)
        same(stored(hark.store), n, target)
    hark.kill9()
    sound(hark.store)


@case
def strict_lets_many_commit_together(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--durability', 'strict')
    done = []

    def many(who):
        c = hark.client()
        for i in range(10):
            done.append(c.ask('GET', f'/{who}/{i}').status)
        c.close()
    threads = [threading.Thread(target=many, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(done, [200] * 80)
    hark.kill9()
    same(stored(hark.store), 80)


@case
def batch_commits_within_a_moment_without_further_traffic(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.get('/only')
    until(lambda: hark.store.exists() and stored(hark.store) == 1,
          'the entry is committed')
    hark.kill9()
    same(len(entries(hark.store)), 1)


@case(deadline=60)
def kill_9_under_load_leaves_a_sound_store(t):
    for durability in ('batch', 'strict', 'off'):
        origin = t.origin()
        origin.default = lambda p, r: p.send(
            reply(r.target.encode() * 2000))
        hark = t.hark('record', origin, '--durability', durability)
        answered = []
        stop = threading.Event()

        def load(who, answered=answered, stop=stop, hark=hark):
            with contextlib.suppress(Exception):
                c = hark.client()
                i = 0
                while not stop.is_set():
                    r = c.ask('GET', f'/{who}/{i}')
                    if r.complete:
                        answered.append(r.body[:len(r.body) // 2000].decode())
                    i += 1
        threads = [threading.Thread(target=load, args=(i,))
                   for i in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: len(answered) > 200, 'there is load')
        before = list(answered)
        hark.kill9()
        stop.set()
        for thread in threads:
            thread.join()
        sound(hark.store)
        kept = {e['request']['url'][len(origin.url):]: e
                for e in entries(hark.store)}
        for target, e in kept.items():
            same(content(e), target.encode() * 2000, durability)
        if durability == 'strict':
            lost = [target for target in before if target not in kept]
            same(lost, [], 'answered but not stored')
        # And the next run goes on with it.
        hark.restart(url=origin.url)
        same(hark.get('/after').status, 200)
        hark.stop()
        same(len(entries(hark.store)), len(kept) + 1)


@case
def SIGTERM_writes_what_is_queued(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    c = t.client(hark)
    for i in range(300):
        c.request('GET', f'/{i}')
    for i in range(300):
        same(c.response().status, 200)
    hark.stop()
    same(len(entries(hark.store)), 300)
    check(not hark.store.with_name('hark.db-wal').exists(),
          'the WAL is left behind')


@case
def a_store_that_cannot_grow_does_not_stop_the_traffic(t):
    if not shutil.which('prlimit'):
        raise Skip('there is no prlimit command')
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(r.target.encode() * 20000))
    hark = t.hark('record', origin, wrap=[
        'env', '--ignore-signal=XFSZ', 'prlimit', '--fsize=1000000'])
    for i in range(60):
        r = hark.get(f'/{i:04}')
        same((r.status, r.body), (200, f'/{i:04}'.encode() * 20000))
    until(lambda: 'store' in hark.log, 'the log tells of it')
    hark.stop()
    sound(hark.store)


@case(deadline=40)
def a_store_that_somebody_locks_for_a_while_loses_nothing(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    same(hark.get('/first').status, 200)
    until(lambda: hark.store.exists() and stored(hark.store) == 1,
          'the store is there')
    with contextlib.closing(sqlite3.connect(
            hark.store, isolation_level=None)) as db:
        db.execute('BEGIN IMMEDIATE')
        # Few, since hark waits only so long for a lock.
        c, asked, began = t.client(hark), 0, time.monotonic()
        while asked < 20 and time.monotonic() - began < 1:
            same(c.ask('GET', f'/{asked}').status, 200)
            asked += 1
        db.execute('COMMIT')
    until(lambda: stored(hark.store) == 1 + asked, 'all are stored')


# --- commands ---------------------------------------------------------------

@case
def list_show_and_rm_work_on_a_tape(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for i in range(3):
        hark.get(f'/item/{i}')
    hark.stop()
    done = command('list', '--store', hark.store)
    same((done.returncode, done.stderr), (0, ''))
    lines = [line for line in done.stdout.splitlines() if '/item/' in line]
    same(len(lines), 3, done.stdout)
    number = lines[1].split()[0]
    shown = command('show', '--store', hark.store, number)
    same((shown.returncode, shown.stderr), (0, ''))
    check('/item/1' in shown.stdout, shown.stdout)
    done = command('rm', '--store', hark.store, number)
    same((done.returncode, done.stderr), (0, ''))
    same([e['request']['url'] for e in entries(hark.store)],
         [origin.url + '/item/0', origin.url + '/item/2'])
    missing = command('show', '--store', hark.store, number)
    same(missing.returncode, 1)
    check(number in missing.stderr, missing.stderr)


@case
def export_to_a_place_that_cannot_be_written_leaves_nothing(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.get('/')
    hark.stop()
    out = t.path('no-such-folder') / 'x' / 'f.har'
    done = command('export', '--store', hark.store, '-o', out)
    check(done.returncode in (1, 2) and str(out) in done.stderr, done)
    check(not out.exists(), 'a file was left')


@case
def two_exports_are_equal(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for i in range(5):
        hark.ask('POST', f'/{i}', [], b'x')
    hark.stop()
    same(export(hark.store), export(hark.store))


@case
def entries_can_be_listed_while_they_are_recorded(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--durability', 'strict')
    hark.get('/live')
    done = command('list', '--store', hark.store)
    check(done.returncode == 0 and '/live' in done.stdout, done)
    same(len(entries(hark.store)), 1)


@case
def a_client_that_left_during_recording_is_not_a_success(t):
    origin = t.origin()
    origin.routes['/x'] = lambda p, r: p.wait_gone()
    hark = t.hark('record', origin)
    c = Client(hark.address)
    c.request('GET', '/x')
    origin.wait_for(1)
    c.close()
    with contextlib.suppress(Ended):
        same(hark.get('/y').status, 200)
    hark.stop()
    same([e['request']['url'] for e in entries(hark.store)
          if e['response']['status'] == 200], [origin.url + '/y'])


@case
def what_is_recorded_again_follows_the_policy(t):
    origin = t.origin()
    answers = iter(())
    origin.routes['/x'] = lambda p, r: p.send(
        reply(*next(answers)) if r.method == 'GET' else reply(b'posted'))
    for policy, want in (
            ('append', [b'one', b'two', b'bad', b'last']),
            ('replace', [b'last']), ('keep-first', [b'one']),
            ('replace-if-success', [b'two'])):
        hark = t.hark('record', origin, '--on-record', policy)
        answers = iter([(b'one',), (b'two',), (b'bad', '500 Oops'),
                        (b'last', '404 Not Found')])
        for expected in (b'one', b'two', b'bad', b'last'):
            same(hark.get('/x').body, expected)
            hark.stop()
            hark.restart(url=origin.url)
        for body in (b'1', b'2'):
            same(hark.ask('POST', '/x', [], body).status, 200)
        hark.stop()
        same([content(e) for e in entries(hark.store)
              if e['request']['method'] == 'GET'], want, policy)
        same(stored(hark.store), len(want) + 2)
        sound(hark.store)


@case
def folded_neighbours_are_counted_and_replayed_as_often(t):
    origin = t.origin()
    bodies = iter([b'wait'] * 3 + [b'done'] + [b'x'])
    clock = iter(range(10, 60))
    origin.routes['/job'] = lambda p, r: p.send(reply(
        next(bodies), headers=[
            ('Date', f'Sat, 21 Nov 2026 10:00:{next(clock)} GMT')]))
    hark = t.hark('record', origin, '--on-record', 'fold')
    for want in (b'wait', b'wait', b'wait', b'done'):
        same(hark.get('/job').body, want)
    hark.stop()
    same(stored(hark.store), 2)
    same([e['_hark'].get('times') for e in entries(hark.store)], [3, None])
    origin.stop()
    hark.restart(mode='replay')
    same([hark.get('/job').body for _ in range(5)],
         [b'wait', b'wait', b'wait', b'done', b'done'])


@case
def strict_durability_takes_a_recording_that_is_dropped_for_stored(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--durability', 'strict',
                  '--on-record', 'keep-first')
    for _ in range(3):
        same(hark.get('/x').source, 'upstream')
    hark.stop()
    same(stored(hark.store), 1)


if __name__ == '__main__':
    main()
