# Goal: gateways share a store on PostgreSQL; what works on a file works there.

import itertools
import json
import os
import sqlite3
import subprocess
import threading
import time

from admins import Admin
from harness import (HARK, PATIENCE, case, check, command, main,
                     reply, same, until)
from postgres import built, postgres

LONG = bytes(range(256)) * (3 << 12)
EDITOR = 'sed -i s/X-Kept/X-Edited/'


def filled(t):
    """The file of a gateway that is gone, with a tape that has some of all."""
    origin = t.origin()
    origin.routes.update({
        '/plain': reply(b'plain text', headers=[('X-Kept', 'yes')]),
        '/json': reply(b'{"a": [1, 2]}',
                       headers=[('Content-Type', 'application/json')]),
        '/long': reply(LONG),
        '/none': reply(b'gone', status='404 Not Found')})
    hark = t.hark('record', origin)
    for target in ('/plain', '/json', '/json?again', '/long', '/none'):
        hark.get(target)
    hark.ask('POST', '/post', [('X-Bytes', '\xe9\x80')], LONG)
    hark.stop()
    return hark.store


def done(*argv):
    """What a command writes; it has to end well."""
    argv = [str(a) for a in argv]
    end = subprocess.run([HARK, *argv], capture_output=True)
    same((end.returncode, end.stderr), (0, b''), argv)
    return end.stdout


def har(store, *options):
    return done('export', '--store', store, '-o', '-', *options)


def imported(t, store, text):
    path = t.path('tape.har')
    path.write_bytes(text)
    same(command('import', '--store', store, path).stderr, '', 'import')


@case(deadline=90)
def a_tape_moves_to_postgresql_and_back_byte_by_byte(t):
    first = har(filled(t))
    shared, file = postgres().store(), t.path('back.db')
    imported(t, shared, first)
    there = har(shared)
    imported(t, file, there)
    back = har(file)
    same(len(json.loads(first)['log']['entries']), 6, 'entries')
    same(there, first, 'the HAR of the shared store')
    same(back, first, 'the HAR of the file behind it')


@case(deadline=90)
def every_command_says_of_a_shared_store_what_it_says_of_a_file(t):
    text = har(filled(t))
    recorded = time.monotonic()
    url = t.origins[0].url
    file, shared = t.path('file.db'), postgres().store()
    for store in (file, shared):
        imported(t, store, text)

    def both(*argv, status=0):
        ends = [subprocess.run([HARK, argv[0], '--store', str(s),
                                *map(str, argv[1:])], capture_output=True,
                               env=os.environ | {'EDITOR': EDITOR})
                for s in (file, shared)]
        found = [(e.returncode,
                  e.stdout.replace(str(s).encode(), b'STORE'),
                  e.stderr.replace(str(s).encode(), b'STORE'))
                 for e, s in zip(ends, (file, shared))]
        same(found[1], found[0], argv)
        same(found[0][0], status, argv)
        return found[0][1]

    check(both('list').count(b'\n') >= 6, 'a list')
    both('list', '--json')
    both('list', '--status', '4xx', '--method', 'GET')
    both('show', 1)
    both('cat', 4)
    same(both('cat', 4), LONG, 'the long body')
    both('cat', 6)
    both('merge', 'default', '--into', 'more')
    both('diff', 'default', 'more')
    both('reindex')
    both('scan')
    both('drift', '--tape', 'default', url)
    both('rm', 2)
    both('list')
    both('edit', '--no-redact', 1)
    both('show', 1)
    # All of them are older than that by now, for both.
    until(lambda: time.monotonic() - recorded > 1.5, 'time has passed')
    both('prune', '--tape', 'more', '--older', '1s')
    both('list', '--json')
    same(har(shared), har(file), 'what is left')


def peak_of_export(store):
    """In KiB; and the bytes that came."""
    child = subprocess.Popen([HARK, 'export', '--store', store, '-o', '-'],
                             stdout=subprocess.PIPE, env=os.environ | {
                                 'ASAN_OPTIONS': 'quarantine_size_mb=1'})
    n = 0
    while piece := child.stdout.read(1 << 20):
        n += len(piece)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    same(status, 0, 'export')
    return usage.ru_maxrss, n


MORE = {
    'file': """INSERT INTO entry ({names}) SELECT {names} FROM entry,
        (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < {n}) SELECT i FROM n) WHERE entry.id <= 2""",
    'shared': """INSERT INTO hark_entry ({names}, id) SELECT {names},
        2 * n + id FROM hark_entry, generate_series(1, {n}) AS n
        WHERE id <= 2""",
}


@case(deadline=900)
def an_export_takes_no_more_memory_for_a_longer_tape(t):
    # 10 GB with HARK_BIG=1, and not only some.
    times = 1000 if os.environ.get('HARK_BIG') else 12
    origin = t.origin()
    origin.routes.update({'/long': reply(LONG * 3), '/short': reply(b'x')})
    hark = t.hark('record', origin)
    hark.get('/long')
    hark.get('/short')
    hark.stop()
    file, shared = hark.store, postgres().store()
    imported(t, shared, har(file))
    name = shared.split('/')[3].split('?')[0]
    for kind, store in (('file', file), ('shared', shared)):
        first, one = peak_of_export(store)
        db = sqlite3.connect(file)
        names = ', '.join(
            r[1] for r in db.execute('PRAGMA table_info(entry)')
            if r[1] != 'id')
        more = MORE[kind].format(names=names, n=times)
        if kind == 'file':
            db.execute(more)
            db.commit()
        else:
            postgres().sql(more, name)
        db.close()
        last, all_of = peak_of_export(store)
        check(all_of > times * one, (kind, one, all_of))
        check(last < first + (16 << 10), (kind, first, last))


@case(deadline=60)
def a_recording_of_one_gateway_is_replayed_by_another(t):
    store, origin = postgres().store(), t.origin()
    origin.routes['/a'] = reply(b'first')
    one = t.hark('record', origin, store=store)
    other = t.hark('replay', store=store)
    check(other.get('/a').status != 200, 'nothing is there yet')
    same(one.get('/a').body, b'first', 'what the origin says')
    until(lambda: other.get('/a').status == 200, 'the other has it')
    same(other.get('/a').body, b'first', 'what was recorded')
    # One more under the same key: what was cached is not all.
    origin.routes['/a'] = reply(b'second')
    one.get('/a')
    until(lambda: other.get('/a').body == b'second', 'the other has both')


@case(deadline=60)
def a_gateway_that_records_itself_sees_what_others_change(t):
    store, origin = postgres().store(), t.origin()
    origin.routes['/a'] = reply(b'an answer')
    one = t.hark('auto', origin, store=store)
    other = t.hark('auto', origin, store=store)
    one.get('/a')
    until(lambda: b'/a"' in done('list', '--json', '--store', store),
          'it is recorded')
    same(other.get('/a').body, b'an answer', 'what is replayed')
    same(len(origin.take()), 1, 'requests')
    done('rm', '--store', store, '1')
    until(lambda: other.get('/a').status == 200 and origin.take(),
          'it asks the origin again')


@case(deadline=60)
def gateways_record_at_once_and_nothing_is_lost_or_twice(t):
    store, origin = postgres().store(), t.origin()
    harks = [t.hark('record', origin, store=store) for _ in range(2)]

    def work(hark, name):
        for i in range(40):
            same(hark.get(f'/{name}/{i}').status, 200, 'status')

    threads = [threading.Thread(target=work, args=(h, f'{k}{j}'))
               for j, h in enumerate(harks) for k in 'ab']
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for hark in harks:
        hark.stop()
    found = [e['request']['url'] for e in
             json.loads(har(store))['log']['entries']]
    same(len(found), 160, 'entries')
    same(len(set(found)), 160, 'different entries')


@case(deadline=90)
def what_is_recorded_leaves_what_others_have_cached(t):
    store, origin = postgres().store(), t.origin()
    one = t.hark('record', origin, '--tape', 'a', store=store)
    for i in range(20):
        one.get(f'/{i}')
    one.stop()
    other = t.hark('replay', '--tape', 'a', '--admin', '127.0.0.1:0',
                   '--workers', '1', store=store)

    def cold():
        """How many of them are asked of the database."""
        before = other.metric('hark_cache_misses_total')
        same([other.get(f'/{i}').status for i in range(20)], [200] * 20)
        return other.metric('hark_cache_misses_total') - before

    same((cold(), cold()), (20, 0), 'look-ups')
    # Another tape, and one entry more on this one.
    two = t.hark('record', origin, '--tape', 'b', store=store)
    for i in range(20):
        two.get(f'/{i}')
    two.stop()
    one = t.hark('record', origin, '--tape', 'a', store=store)
    one.get('/more')
    until(lambda: other.get('/more').status == 200, 'it is replayed')
    same(cold(), 0, 'look-ups of what was cached before')
    # It may be found before its news come, which it is forgotten by.
    until(lambda: other.get('/more').status == 200 and
          other.metric('hark_cache_keys') == 21, 'it is cached')
    # What is removed is not served from memory.
    done('rm', '--store', store, '1')
    until(lambda: other.get('/0').status == 501, 'it is gone')


def counting(t, store, n):
    """A tape with n answers to one request: 1, 2, 3, ..."""
    origin, numbers = t.origin(), itertools.count(1)
    origin.routes['/n'] = lambda p, r: p.send(
        reply(str(next(numbers)).encode()))
    hark = t.hark('record', origin, store=store)
    for _ in range(n):
        hark.get('/n')
    hark.stop()


def sharing(t, store, *options):
    return [t.hark('replay', '--cursors', 'shared', '--admin', '127.0.0.1:0',
                   *options, store=store) for _ in range(2)]


def next_of(hark):
    r = hark.get('/n')
    return int(r.body) if r.status == 200 else r.status


@case(deadline=90)
def gateways_that_share_cursors_serve_each_answer_once_and_in_order(t):
    store, n = postgres().store(), 20
    counting(t, store, n)
    harks, got = sharing(t, store, '--repeat', 'fail'), [[], []]

    def work(hark, out):
        for _ in range(n):
            out.append(next_of(hark))

    threads = [threading.Thread(target=work, args=a)
               for a in zip(harks, got)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    served = [[x for x in out if x != 501] for out in got]
    same(sorted(served[0] + served[1]), list(range(1, n + 1)), 'answers')
    for out, well in zip(got, served):
        same(out, sorted(well) + [501] * (n - len(well)), 'the order')
    same(Admin(t, harks[0]).call('POST', '/v1/cursors/reset', {}).status, 204)
    same([next_of(harks[1]), next_of(harks[0]), next_of(harks[1])],
         [1, 2, 3], 'after a reset')
    # A session has its own.
    same(harks[0].ask('GET', '/n', [('X-Hark-Session', 's')]).body, b'1')


@case(deadline=90)
def shared_cursors_hold_and_go_round_as_others_do(t):
    store = postgres().store()
    counting(t, store, 3)
    one, two = sharing(t, store, '--repeat', 'hold')
    same([next_of(h) for h in (one, two, one, two, one)], [1, 2, 3, 3, 3])
    one.stop(), two.stop()
    one, two = sharing(t, store, '--repeat', 'cycle')
    # They outlive the gateways; behind the end it begins anew.
    same([next_of(h) for h in (one, two, one, two)], [1, 2, 3, 1])
    alone = t.hark('replay', store=store)
    same([next_of(alone), next_of(alone)], [1, 2], 'cursors of its own')


@case
def shared_cursors_need_a_shared_store(t):
    built()
    end = command('replay', '--cursors', 'shared', '--store', t.path('x.db'))
    same(end.returncode, 2)
    check('option cursors: shared needs a store that gateways share'
          in end.stderr, end.stderr)


@case(deadline=120)
def gateways_keep_a_tape_within_its_limits_together(t):
    store, origin = postgres().store(), t.origin()
    limits = ('--retain-entries', '10', '--retain-every', '100ms')
    harks = [t.hark('record', origin, *limits, store=store)
             for _ in range(2)]

    def listed():
        return [json.loads(line) for line in
                done('list', '--json', '--store', store).splitlines()]

    for i in range(20):
        for k, hark in enumerate(harks):
            same(hark.get(f'/{k}/{i}').status, 200)
    # Some may still be on their way when ten are there for the first time.
    until(lambda: [e['entry'] for e in listed()] == [*range(31, 41)],
          'the newest ten are left', 60 + PATIENCE)
    for hark in harks:
        hark.stop()
    same([e['entry'] for e in listed()], [*range(31, 41)], 'the newest')
    name = store.split('/')[3].split('?')[0]
    same(postgres().sql('SELECT removed FROM hark_change', name), '30')


@case(deadline=60)
def a_body_that_streams_while_others_write_is_kept_whole(t):
    store, origin = postgres().store(), t.origin()
    origin.routes['/long'] = reply(LONG * 2)
    one = t.hark('record', origin, store=store)
    two = t.hark('record', origin, store=store)
    threads = [threading.Thread(target=h.get, args=('/long',))
               for h in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for hark in (one, two):
        hark.stop()
    for entry in (1, 2):
        same(done('cat', '--store', store, entry), LONG * 2, 'the body')
    name = postgres().database(store)
    same(postgres().sql('SELECT count(*) FROM hark_body', name), '1',
         'bodies')


@case(deadline=120)
def an_engine_that_dies_and_comes_back_loses_nothing_and_has_nothing_twice(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('record', origin, store=store)
    asked = itertools.count()
    over = threading.Event()

    def work():
        while not over.is_set():
            same(hark.get(f'/{next(asked)}').status, 200, 'status')

    def more():
        enough = len(origin.requests) + 50
        return lambda: len(origin.requests) > enough

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(more(), 'some are recorded')
        postgres().run('crash')
        until(more(), 'some while it is away')
        postgres().run('again')
    finally:
        over.set()
        thread.join()
    hark.stop()
    urls = [e['request']['url'] for e in
            json.loads(har(store))['log']['entries']]
    same(len(urls), len(origin.take()), 'entries')
    same(len(set(urls)), len(urls), 'different entries')


@case(deadline=90)
def roles_may_replay_or_record_and_see_the_tapes_they_are_given(t):
    store, origin = postgres().store(), t.origin()
    name = postgres().database(store)
    for tape in ('default', 'secret'):
        hark = t.hark('record', origin, '--tape', tape, store=store)
        hark.get(f'/{tape}')
        hark.stop()
    postgres().file('contrib/postgresql/roles.sql', name)
    for user, role in (('alice', 'hark_replay'), ('bob', 'hark_record'),
                       ('carol', 'hark_replay')):
        postgres().sql(f'CREATE ROLE {user} LOGIN IN ROLE {role}')
    postgres().file('contrib/postgresql/tape.sql', name, role='alice',
                    tape='default')
    postgres().file('contrib/postgresql/tape.sql', name, role='alice',
                    tape='other')
    postgres().file('contrib/postgresql/tape.sql', name, role='carol',
                    tape='secret')

    def of(user):
        return store.replace('hark@', f'{user}@')

    hark = t.hark('record', origin, store=of('bob'))
    hark.get('/bob')
    hark.stop()
    bob, alice, carol = (done('list', '--json', '--store', of(user))
                         for user in ('bob', 'alice', 'carol'))
    same(bob.count(b'\n'), 3, 'what who records sees')
    same(alice.count(b'\n'), 2, 'what alice sees')
    same(carol.count(b'\n'), 1, 'what carol sees')
    check(b'/secret' not in alice and b'/secret' in carol, carol)
    same(done('cat', '--store', of('carol'), 2), done(
        'cat', '--store', store, 2), 'a body')
    end = command('rm', '--store', of('alice'), 1)
    check(end.returncode != 0 and 'permission denied' in end.stderr,
          end.stderr)
    end = command('show', '--store', of('alice'), 2)
    check(end.returncode != 0, 'what is not hers is not there')
    replay = t.hark('replay', store=of('alice'))
    same(replay.get('/bob').status, 200, 'she may replay')


@case
def what_other_machines_may_have_used_is_not_pruned(t):
    built()
    end = command('prune', '--unused', '--store',
                  'postgresql:///x?host=/nowhere')
    same(end.returncode, 2)
    check('what gateways of other machines served' in end.stderr, end.stderr)


@case
def a_password_in_the_url_is_refused_and_not_repeated(t):
    built()
    for url in ('postgresql://u:SeCrEt@127.0.0.1/db',
                'postgresql://127.0.0.1/db?password=SeCrEt'):
        for argv in (['list', '--store', url], ['replay', '--store', url]):
            end = command(*argv)
            same(end.returncode, 2, argv)
            check('SeCrEt' not in end.stdout + end.stderr, end.stderr)
            check('PGPASSFILE' in end.stderr, end.stderr)


@case
def a_database_that_is_away_is_a_clear_error(t):
    check('cannot connect' in built(), 'what it says')


main()
