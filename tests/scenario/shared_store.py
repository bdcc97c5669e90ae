# Goal: gateways share a store on PostgreSQL; what works on a file works there.

import itertools
import json
import os
import subprocess
import threading

from harness import HARK, case, check, command, main, reply, same, until
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
    t.harks.remove(hark)
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
    both('prune', '--tape', 'more', '--older', '1s')
    both('list', '--json')
    same(har(shared), har(file), 'what is left')


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
    t.harks.clear()
    found = [e['request']['url'] for e in
             json.loads(har(store))['log']['entries']]
    same(len(found), 160, 'entries')
    same(len(set(found)), 160, 'different entries')


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
    t.harks.clear()
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
    t.harks.clear()
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
        t.harks.remove(hark)
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
    t.harks.remove(hark)
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
