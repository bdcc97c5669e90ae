# Goal: what is recorded for a shared store that is away waits in a file, comes
# to it when it is back, all of it and once, and is replayed meanwhile.

import itertools
import json
import os
import pathlib
import signal
import stat
import subprocess
import threading

from harness import (HARK, Client, case, check, command, main, reply, same,
                     until)
from postgres import postgres
from program import Hark

LONG = bytes(range(256)) * (3 << 12)
ADMIN = ('--admin', '127.0.0.1:0')


def get(hark, target):
    c = Client(hark.admin)
    try:
        return c.ask('GET', target)
    finally:
        c.close()


def buffer(hark):
    return get(hark, '/v1/state').json['recording']['buffer']


def lost(hark):
    return get(hark, '/v1/state').json['recording']['lost']


def waits(hark, n):
    until(lambda: buffer(hark)['entries'] == n, f'{n} entries wait')


def shipped(hark, n):
    until(lambda: buffer(hark)['shipped'] == n, f'{n} entries came')


def source(response):
    return response.source.split(' ')[0]


def done(*argv):
    argv = [str(a) for a in argv]
    end = subprocess.run([HARK, *argv], capture_output=True)
    same((end.returncode, end.stderr), (0, b''), argv)
    return end.stdout


def targets(store):
    """The paths of all entries of a store, in order."""
    log = json.loads(done('export', '--store', store, '-o', '-'))['log']
    return ['/' + e['request']['url'].split('/', 3)[3]
            for e in log['entries']]


class Away:
    """The engine, dead until the end of a block at the latest."""

    def __init__(self):
        self.away = False

    def __enter__(self):
        postgres().run('crash')
        self.away = True
        return self

    def back(self):
        if self.away:
            self.away = False
            postgres().run('again')

    def __exit__(self, *_):
        self.back()


@case(deadline=120)
def an_engine_that_is_killed_while_all_record_gets_all_and_once(t):
    store, origin = postgres().store(), t.origin()
    harks = [t.hark('record', origin, *ADMIN, store=store) for _ in range(2)]
    asked = itertools.count()
    over = threading.Event()

    def work(hark):
        while not over.is_set():
            same(hark.get(f'/{next(asked)}').status, 200, 'status')

    def more():
        enough = len(origin.requests) + 20
        return lambda: len(origin.requests) > enough

    threads = [threading.Thread(target=work, args=(h,)) for h in harks * 2]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            until(more(), 'some are recorded')
            with Away():
                until(more(), 'some while it is away')
    finally:
        over.set()
        for thread in threads:
            thread.join()
    for hark in harks:
        same(lost(hark), 0, 'lost')
        hark.stop()
    found = targets(store)
    same(sorted(found), sorted(r.target for r in origin.take()), 'entries')
    same(len(set(found)), len(found), 'different entries')


@case(deadline=90)
def a_gateway_that_is_killed_ships_what_it_had_when_it_starts_again(t):
    store, origin = postgres().store(), t.origin()
    origin.routes['/long'] = reply(LONG)
    hark = t.hark('record', origin, *ADMIN, '--buffer-keep', '0', store=store)
    hark.get('/first')
    shipped(hark, 1)
    with Away():
        wanted = ['/first'] + [f'/{i}' for i in range(300)] + ['/long']
        for target in wanted[1:]:
            same(hark.get(target).status, 200, 'status')
        waits(hark, 301)
        file = pathlib.Path(hark.folder, buffer(hark)['file'])
        same(stat.S_IMODE(file.stat().st_mode), 0o600, 'its mode')
        hark.kill9()
        # It is a store that all commands read.
        same(targets(file), wanted[1:], 'what waits')
        hark.restart(url=origin.url)
        waits(hark, 301)
        same(hark.get('/last').status, 200, 'status')
    waits(hark, 0)
    same(targets(store), wanted + ['/last'], 'entries')
    same(done('cat', '--store', store, '302'), LONG, 'the long body')
    hark.stop()
    same(targets(file), [], 'what is left')


@case(deadline=90)
def a_gateway_starts_and_replays_what_it_has_while_the_engine_is_away(t):
    store, origin = postgres().store(), t.origin()
    origin.routes['/long'] = reply(LONG)
    hark = t.hark('auto', origin, *ADMIN, store=store)
    hark.get('/elsewhere')
    hark.stop()
    origin.take()
    with Away() as away:
        hark = t.hark('auto', origin, *ADMIN, store=store)
        hark.told('waits in its buffer')
        for n, target in enumerate(('/a', '/long'), 1):
            first = hark.get(target)
            same(source(first), 'upstream', 'source')
            waits(hark, n)
            again = hark.get(target)
            same(source(again), 'replay', 'source')
            same(again.body, first.body, 'the body')
        state = until(lambda: buffer(hark)['since'] and buffer(hark),
                      'it knows since when they wait')
        same((state['away'], state['entries']), (True, 2), 'the state')
        check(state['bytes'] > 0 and 'connect' in state['error'], state)
        same(hark.metric('hark_store_away'), 1, 'the metric')
        same(hark.metric('hark_buffer_entries'), 2, 'the metric')
        check(hark.metric('hark_buffer_failures_total') >= 1, 'failures')
        origin.take()
        away.back()
        waits(hark, 0)
        same(buffer(hark)['away'], False, 'the state')
        for target in ('/a', '/long', '/elsewhere'):
            until(lambda: source(hark.get(target)) == 'replay',
                  f'{target} is found')
        same(hark.get('/long').body, LONG, 'the body')
        same(targets(store), ['/elsewhere', '/a', '/long'], 'entries')


@case(deadline=90)
def a_buffer_that_is_full_says_so_and_the_traffic_goes_on(t):
    store, origin = postgres().store(), t.origin()
    with Away():
        hark = t.hark('record', origin, *ADMIN, '--buffer-size', '16m',
                      store=store)
        for i in range(40):
            origin.routes[f'/{i}'] = reply(os.urandom(1 << 20))
            same(hark.get(f'/{i}').status, 200, 'status')
        until(lambda: lost(hark) > 0, 'some are lost')
        check('may have' in get(hark, '/v1/health/ready').json['reason'],
              hark.log)
        file = pathlib.Path(hark.folder, buffer(hark)['file'])
        check(file.stat().st_size <= 16 << 20, 'the size of the file')
    waits(hark, 0)
    hark.get('/again')
    until(lambda: '/again' in targets(store), 'it is recorded again')
    same(len(targets(store)), 41 - lost(hark), 'entries')


@case(deadline=60)
def a_buffer_is_of_one_gateway_and_for_one_store(t):
    store, other, origin = postgres().store(), postgres().store(), t.origin()
    file = t.path('waits.db')
    with Away():
        hark = t.hark('record', origin, *ADMIN, '--buffer', file, store=store)
        hark.get('/a')
        waits(hark, 1)

        def refused(name, of, text):
            end = command('record', '--listen', '127.0.0.1:0', '--buffer',
                          name, '--store', of, origin.url)
            same(end.returncode, 2, 'exit status')
            check(text in end.stderr, end.stderr)

        refused(file, store, 'another hark writes to it')
        end = command('doctor', '--mode', 'record', '--store', store,
                      '--buffer', file, origin.url)
        check(f'{file}: 1 entries wait for {store}' in end.stdout,
              end.stdout + end.stderr)
        hark.stop()
        check('1 entries wait in' in hark.log, hark.log)
        refused(file, other, f'wait for the store {store}')
        own = t.path('tapes.db')
        kept = t.hark('record', origin, store=own)
        kept.get('/b')
        kept.stop()
        refused(own, store, 'a store with tapes of its own')
        same(targets(own), ['/b'], 'the tape')


@case(deadline=60)
def who_finds_a_buffer_taken_has_another(t):
    store, origin = postgres().store(), t.origin()
    one = t.hark('record', origin, *ADMIN, store=store)
    folder = t.path()
    folder.mkdir(exist_ok=True)
    with Away():
        one.get('/one')
        waits(one, 1)
        # Its folder is another, but the first file there is that of the one.
        two = Hark(folder, 'record', *ADMIN, url=origin.url, store=store)
        (folder / 'hark-shared-buffer.db').symlink_to(
            one.folder / 'hark-shared-buffer.db')
        t.harks.append(two)
        t.ends.callback(two.stop)
        two.start()
        same(buffer(two)['file'], './hark-shared-buffer-2.db', 'the file')
        two.get('/two')
        waits(two, 1)
    for hark in (one, two):
        hark.stop()
    same(sorted(targets(store)), ['/one', '/two'], 'entries')


@case(deadline=60)
def secrets_do_not_come_into_the_buffer(t):
    store, origin = postgres().store(), t.origin()
    secret = 'Bearer c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM'
    with Away():
        hark = t.hark('record', origin, *ADMIN, '--redact', store=store)
        hark.ask('GET', '/a', [('Authorization', secret)])
        waits(hark, 1)
        for path in pathlib.Path(hark.folder).glob('hark-shared-buffer*'):
            check(secret.encode()[8:] not in path.read_bytes(), path)
    waits(hark, 0)
    check(secret[8:].encode() not in
          done('export', '--store', store, '-o', '-'), 'the tape')
    name = postgres().database(store)
    check(int(postgres().sql('SELECT length(redaction) FROM hark_tape',
                             name)) > 0, 'how it is redacted')


@case(deadline=60)
def strict_durability_waits_for_the_engine_itself(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('record', origin, *ADMIN, '--durability', 'strict',
                  store=store)
    same(buffer(hark), None, 'a buffer')
    same(hark.get('/a').status, 200, 'status')
    same(targets(store), ['/a'], 'what is stored when the answer is there')
    same(list(pathlib.Path(hark.folder).glob('*buffer*')), [], 'files')


@case(deadline=60)
def a_policy_for_what_is_recorded_again_holds_in_the_shared_store(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('record', origin, *ADMIN, '--on-record', 'keep-first',
                  store=store)
    hark.get('/a')
    shipped(hark, 1)
    with Away():
        for target in ('/a', '/b', '/b'):
            hark.get(target)
        # What is in the buffer itself is not recorded again either.
        waits(hark, 2)
    waits(hark, 0)
    same(targets(store), ['/a', '/b'], 'entries')


def refuse(store, table, column):
    """The database takes nothing with that word in it any more."""
    postgres().sql(
        f"ALTER TABLE {table} ADD CONSTRAINT refusing CHECK (position("
        f"convert_to('poison', 'SQL_ASCII') IN {column}) = 0)",
        postgres().database(store))


def allow(store, table):
    postgres().sql(f'ALTER TABLE {table} DROP CONSTRAINT refusing',
                   postgres().database(store))


@case(deadline=120)
def an_entry_that_is_always_refused_holds_up_no_other(t):
    store, origin = postgres().store(), t.origin()
    long = b'poison' + LONG
    for path in ('/long', '/long-too'):
        origin.routes[path] = reply(long + path.encode())
    hark = t.hark('record', origin, *ADMIN, '--buffer-keep', '0', store=store)
    hark.get('/first')
    shipped(hark, 1)
    refuse(store, 'hark_entry', 'url')
    refuse(store, 'hark_part', 'bytes')
    bad = ['/poison/0', '/poison/20', '/long', '/poison/21', '/long-too']
    good = [f'/{i}' for i in range(30)]
    asked = good[:]
    for at, path in zip((0, 12, 15, 16, 34), bad):
        asked.insert(at, path)
    with Away():
        for path in asked:
            same(hark.get(path).status, 200, path)
        waits(hark, 35)
    waits(hark, 0)
    same(targets(store), ['/first'] + good, 'what came')
    hark.get('/behind')
    shipped(hark, 32)
    state = buffer(hark)
    same((state['refused'], state['error']), (5, None), 'the state')
    same(hark.metric('hark_buffer_refused_total'), 5, 'the metric')
    health = get(hark, '/v1/health/ready')
    same((health.status, health.json['recording']['buffer']['refused']),
         (200, 5), 'its health')
    same(hark.log.count('is put aside in'), 5, 'it is logged')
    check('violates check constraint "refusing"' in hark.log, hark.log)
    file = pathlib.Path(hark.folder, state['file'])
    # What waits for nothing is what list and export read.
    same(targets(file), bad, 'what is kept')
    hark.stop()
    same(targets(file), bad, 'what is kept behind the end')
    end = command('doctor', '--mode', 'record', '--store', store,
                  '--buffer', file, origin.url)
    check('5 entries are put aside' in end.stdout, end.stdout)

    # The next start tries again.
    allow(store, 'hark_part')
    hark.restart(url=origin.url)
    until(lambda: buffer(hark)['refused'] == 3, 'three are refused again')
    waits(hark, 0)
    hark.stop()
    same(targets(file), [p for p in bad if 'poison' in p], 'what is kept')
    allow(store, 'hark_entry')
    hark.restart(url=origin.url)
    waits(hark, 0)
    hark.stop()
    same(targets(file), [], 'what is kept in the end')
    came = targets(store)
    same(sorted(came), sorted(['/first', '/behind', *asked]), 'all came')


@case(deadline=60)
def a_reload_tries_again_what_was_put_aside(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('record', origin, *ADMIN, store=store)
    hark.get('/first')
    shipped(hark, 1)
    refuse(store, 'hark_entry', 'url')
    hark.get('/poison')
    until(lambda: buffer(hark)['refused'] == 1, 'it is put aside')
    hark.signal(signal.SIGHUP)
    until(lambda: hark.metric('hark_buffer_refused_total') == 2, 'once more')
    same(hark.log.count('is put aside in'), 2, 'it is logged')
    until(lambda: buffer(hark)['refused'] == 1, 'one is put aside')
    allow(store, 'hark_entry')
    hark.signal(signal.SIGHUP)
    until(lambda: buffer(hark)['refused'] == 0, 'none is put aside')
    waits(hark, 0)
    same(targets(store), ['/first', '/poison'], 'entries')


@case(deadline=90)
def what_came_is_replayed_while_the_engine_is_away(t):
    store, origin = postgres().store(), t.origin()
    origin.routes['/long'] = reply(LONG)
    hark = t.hark('auto', origin, *ADMIN, store=store)
    for target in ('/a', '/long'):
        hark.get(target)
    shipped(hark, 2)
    file = pathlib.Path(hark.folder, buffer(hark)['file'])
    until(lambda: targets(file) == ['/a', '/long'], 'they are kept')
    for _ in range(2):
        with Away():
            # Of another run, with nothing in memory.
            hark.stop()
            hark.restart(url=origin.url)
            for target in ('/a', '/long'):
                end = hark.get(target)
                same(source(end), 'replay', target)
            same(end.body, LONG, 'the body')
            same((hark.get('/b').status, buffer(hark)['shipped']), (200, 0),
                 'what is not kept')
        waits(hark, 0)
    same(targets(store), ['/a', '/long', '/b'], 'entries')
    until(lambda: targets(file) == ['/a', '/long', '/b'], 'they are kept')
    # What is changed there is none to replay.
    done('rm', '--store', store, '1')
    until(lambda: targets(file) == [], 'they are not kept any more')
    with Away():
        hark.stop()
        hark.restart(url=origin.url)
        same(source(hark.get('/a')), 'upstream', 'source')
    waits(hark, 0)


@case(deadline=60)
def who_is_refused_at_the_start_is_told(t):
    store, origin = postgres().store(), t.origin()

    def ends(url, words):
        end = command('record', '--listen', '127.0.0.1:0', '--store', url,
                      '--buffer', t.path('refused.db'), origin.url)
        same(end.returncode, 2, 'exit status')
        check(words in end.stderr, end.stderr)

    ends(store.replace(postgres().database(store), 'none'),
         'database "none" does not exist')
    ends(store.replace('hark@', 'nobody@'), 'role "nobody" does not exist')


@case(deadline=60)
def what_a_database_refuses_for_itself_waits(t):
    store, origin = postgres().store(), t.origin()
    name = postgres().database(store)
    hark = t.hark('record', origin, *ADMIN, store=store)
    hark.get('/first')
    shipped(hark, 1)
    postgres().sql(f"ALTER DATABASE {name} SET default_transaction_read_only "
                   "= on; SELECT pg_terminate_backend(pid) FROM "
                   f"pg_stat_activity WHERE datname = '{name}' AND "
                   'pid <> pg_backend_pid()')
    hark.get('/a')
    until(lambda: 'read-only transaction' in (buffer(hark)['error'] or ''),
          'it is told')
    same((buffer(hark)['entries'], buffer(hark)['refused']), (1, 0), 'state')
    postgres().sql(f'ALTER DATABASE {name} RESET '
                   'default_transaction_read_only')
    waits(hark, 0)
    same(targets(store), ['/first', '/a'], 'entries')


main()
