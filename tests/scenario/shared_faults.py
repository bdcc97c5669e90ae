# Goal: whatever happens between hark and a shared store, nothing is lost,
# nothing is there twice, and no password is told.

import itertools
import json
import os
import threading

from harness import (Failed, case, certificate, check, command, main,
                     reply, same, tls_server, until)
from link import Cuts, Link, client_certificates
from postgres import postgres, tape

SECRET = 'SeCrEt-of-the-database'
LONG = bytes(range(256)) * (5 << 12)


def over(link, store, user='hark', host='127.0.0.1', more=''):
    """The URL of a store by way of a link."""
    name = postgres().database(store)
    return f'postgresql://{user}@{host}:{link.port}/{name}?{more}'


def recorded(store):
    """The paths on the tape; each is to be there once."""
    end = command('list', '--json', '--store', store)
    same((end.returncode, end.stderr), (0, ''), 'list')
    urls = [json.loads(line)['url'] for line in end.stdout.splitlines()]
    same(len(urls), len(set(urls)), 'each is there once')
    return {'/' + url.split('/', 3)[3] for url in urls}


# ---- what is damaged --------------------------------------------------------

@case(deadline=90)
def long_bodies_come_from_the_store_and_damaged_ones_break_off(t):
    store = tape(t, {'/long': reply(LONG), '/other': reply(LONG[1:])})
    hark = t.hark('replay', store=store)
    same(hark.get('/long').body, LONG, 'the long body')
    same(hark.get('/other').body, LONG[1:], 'the other')
    postgres().sql(
        "UPDATE hark_part SET bytes = overlay(bytes PLACING 'X' FROM 9) "
        'WHERE at = 0', postgres().database(store))
    try:
        body = hark.get('/long').body
    except (Failed, OSError):
        body = None
    check(body is None or len(body) < len(LONG), 'it is not given whole')
    until(lambda: 'not those of its digest' in hark.log, 'it is logged')


@case(deadline=60)
def what_is_wrong_in_the_database_is_found_by_doctor(t):
    store = tape(t, {'/long': reply(LONG), '/a': reply(b'an answer'),
                     '/b': reply(b'another')})
    name = postgres().database(store)

    def doctor():
        end = command('doctor', '--json', '--mode', 'replay', '--admin', 'off',
                      '--listen', '127.0.0.1:0', '--store', store)
        found = [json.loads(line) for line in end.stdout.splitlines()]
        return ' '.join(f['text'] for f in found if f['check'] == 'store')

    check('whole; 3 entries' in doctor(), doctor())
    postgres().sql('UPDATE hark_entry SET response_size = 1 '
                   'WHERE response_size = 7', name)
    check('has another size' in doctor(), doctor())
    postgres().sql(
        "UPDATE hark_body SET bytes = 'an anzwer' WHERE bytes = 'an answer'",
        name)
    check('its bytes are not those of its digest' in doctor(), doctor())
    postgres().sql("DELETE FROM hark_body WHERE bytes = 'another'", name)
    check('its body is missing' in doctor(), doctor())
    postgres().sql('DELETE FROM hark_part WHERE at = 0', name)
    same(doctor().count('not those of its digest'), 2, 'the long body, too')


# ---- the network ------------------------------------------------------------

@case(deadline=120)
def a_network_that_is_cut_anywhere_loses_nothing(t):
    store, origin = postgres().store(), t.origin()
    link = Link(t, postgres().folder)
    hark = t.hark('record', origin, store=over(link, store))
    cuts = Cuts(seed=17, n=8, most=6000)
    link.on_bytes = cuts
    asked = set()
    for i in itertools.count():
        path = f'/{i}'
        same(hark.get(path, [('X-Filler', 'x' * 500)]).status, 200, path)
        asked.add(path)
        if not cuts.left:
            break
    hark.stop()
    same(recorded(store), asked, 'what is recorded')


@case(deadline=120)
def a_strict_answer_is_in_the_store_whatever_was_cut(t):
    store, origin = postgres().store(), t.origin()
    link = Link(t, postgres().folder)
    hark = t.hark('record', origin, '--durability', 'strict',
                  store=over(link, store))
    cuts = Cuts(seed=4, n=5, most=6000)
    link.on_bytes = cuts
    asked = set()
    for i in itertools.count():
        same(hark.get(f'/{i}').status, 200, 'status')
        asked.add(f'/{i}')
        check(f'/{i}' in recorded(store), 'it is there when it is answered')
        if not cuts.left:
            break
    hark.stop()
    same(recorded(store), asked, 'what is recorded')


def cut_commit(link, arrives):
    """The next commit's connection is lost; whether the commit arrived."""
    state = {'hit': None}

    def on_bytes(way, data):
        if way == 'out' and state['hit'] is None and b'COMMIT' in data and \
                b'INSERT INTO hark_entry' in data:
            state['hit'] = True
            return (data, None) if arrives else (b'', 'reset')
        if way == 'back' and state['hit'] and arrives:
            state['hit'] = False
            return b'', 'reset'
        return data, None

    link.on_bytes = on_bytes
    return state


@case(deadline=90)
def a_connection_that_is_lost_in_a_commit_loses_nothing_and_doubles_nothing(t):
    origin = t.origin()
    for arrives in (True, False):
        store, link = postgres().store(), Link(t, postgres().folder)
        hark = t.hark('record', origin, '--durability', 'strict',
                      store=over(link, store))
        same(hark.get('/0').status, 200, 'before')
        state = cut_commit(link, arrives)
        same(hark.get('/1').status, 200, 'in between')
        check(state['hit'] is not None, 'a commit was cut')
        same(hark.get('/2').status, 200, 'after')
        hark.stop()
        same(recorded(store), {'/0', '/1', '/2'}, f'arrives: {arrives}')


class Stall:
    """From its start on a link passes nothing on and ends nothing, until it
    is over."""

    def __init__(self, link, after):
        self.over = threading.Event()
        self.left = after
        self.began = threading.Event()
        link.on_bytes = self

    def __call__(self, way, data):
        self.left -= len(data) if way == 'out' else 0
        if self.left < 0 and not self.over.is_set():
            self.began.set()
            self.over.wait()
        return data, None


@case(deadline=180)
def a_network_that_stalls_loses_nothing_and_goes_on(t):
    origin = t.origin()
    # The second ends by itself only, which takes the minute that it may.
    for ends in (True, False) if os.environ.get('HARK_BIG') else (True,):
        store, link = postgres().store(), Link(t, postgres().folder)
        hark = t.hark('record', origin, store=over(link, store))
        asked = {f'/{ends}/{i}' for i in range(60)}
        stall = Stall(link, 20000)
        t.ends.callback(stall.over.set)
        for path in sorted(asked):
            same(hark.get(path, [('X-Filler', 'x' * 1000)]).status, 200, path)
        check(stall.began.wait(30), 'it stalls')
        # What is recorded meanwhile is answered as ever.
        asked.add('/meanwhile')
        same(hark.get('/meanwhile').status, 200, 'meanwhile')
        if not ends:
            until(lambda: 'waits in its buffer' in hark.log, 'it is told',
                  patience=150)
            link.on_bytes = lambda way, data: (data, None)
        else:
            stall.over.set()
        until(lambda: recorded(store) == asked, 'all came')
        stall.over.set()
        hark.stop()
        same(recorded(store), asked, 'once')


# ---- what the engine refuses ------------------------------------------------

def refusing(store, n, code, when):
    """The engine refuses an entry n times, at once or at the commit."""
    late = 'DEFERRABLE INITIALLY DEFERRED' if when == 'commit' else ''
    kind = 'CONSTRAINT TRIGGER' if late else 'TRIGGER'
    postgres().sql(f'''
        CREATE SEQUENCE refused;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('refused') <= {n} THEN
                RAISE EXCEPTION 'refused by the test'
                    USING ERRCODE = '{code}';
            END IF;
            RETURN NEW;
        END $$;
        CREATE {kind} refuses AFTER INSERT ON hark_entry
            {late} FOR EACH ROW EXECUTE FUNCTION refuse()''',
                   postgres().database(store))


@case(deadline=90)
def what_met_another_transaction_is_written_again_as_a_whole(t):
    origin = t.origin()
    for code, when, durability in (
            ('40001', 'once', 'strict'), ('40P01', 'once', 'batch'),
            ('40001', 'commit', 'strict')):
        store = postgres().store()
        hark = t.hark('record', origin, '--durability', durability,
                      store=store)
        refusing(store, 5, code, when)
        paths = {f'/{i}' for i in range(10)}
        for path in sorted(paths):
            same(hark.get(path).status, 200, path)
        hark.stop()
        check('lost' not in hark.log, hark.log)
        same(recorded(store), paths, f'{code} {when}')


@case(deadline=90)
def what_the_engine_always_refuses_is_given_up_and_told(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('record', origin, '--durability', 'strict', store=store)
    refusing(store, 1 << 40, '40001', 'once')
    check(hark.get('/a').status >= 500, 'it is not acknowledged')
    until(lambda: 'cannot store an entry: refused by the test' in hark.log,
          'it is told')
    postgres().sql('DROP TRIGGER refuses ON hark_entry',
                   postgres().database(store))
    same(hark.get('/b').status, 200, 'the next answer')
    hark.stop()
    same(recorded(store), {'/b'}, 'what is recorded')


# ---- who may in -------------------------------------------------------------

def listed(store, **env):
    return command('list', '--store', store,
                   env={'HOME': '/nowhere', 'PGPASSFILE': '/nowhere'} | env)


def untold(t, *texts):
    """Nothing of the secret, in these or in what gateways said."""
    for text in (*texts, *(hark.log for hark in t.harks)):
        check(SECRET not in text, text)


def guarded(t):
    """A store whose database asks alice for her password."""
    store = tape(t, {'/a': reply(b'an answer')})
    name = postgres().database(store)
    postgres().file('contrib/postgresql/roles.sql', name)
    postgres().sql(f"CREATE ROLE alice_{name} LOGIN PASSWORD '{SECRET}' "
                   'IN ROLE hark_record')
    rules = postgres().folder / 'server/pg_hba.conf'
    rules.write_text(f'local {name} alice_{name} scram-sha-256\n' +
                     rules.read_text())
    postgres().sql('SELECT pg_reload_conf()')
    store = store.replace('hark@', f'alice_{name}@')
    until(lambda: 'password' in listed(store).stderr, 'she is asked')
    return store, f'alice_{name}', name


@case(deadline=90)
def a_password_comes_from_a_file_the_environment_or_a_service_file(t):
    store, user, name = guarded(t)
    kept, wrong, service = (t.path(n) for n in ('pass', 'wrong', 'services'))
    kept.write_text(f'*:*:{name}:{user}:{SECRET}\n')
    wrong.write_text(f'*:*:{name}:{user}:{SECRET}-not\n')
    for path in (kept, wrong):
        path.chmod(0o600)
    service.write_text(f'[tapes]\nhost={postgres().folder}\ndbname={name}\n'
                       f'user={user}\npassword={SECRET}\n')
    for env, url in (({'PGPASSFILE': str(kept)}, store),
                     ({'PGPASSWORD': SECRET}, store),
                     ({'PGSERVICEFILE': str(service)},
                      'postgresql://?service=tapes')):
        end = listed(url, **env)
        same((end.returncode, end.stderr), (0, ''), env)
        check('/a' in end.stdout, end.stdout)
    for env in ({}, {'PGPASSFILE': str(wrong)},
                {'PGPASSWORD': SECRET + '-not'}):
        end = listed(store, **env)
        check(end.returncode != 0 and 'password' in end.stderr, end.stderr)
        untold(t, end.stdout, end.stderr)


@case(deadline=90)
def a_password_is_in_no_log_list_of_processes_or_answer(t):
    store, user, name = guarded(t)
    kept = t.path('pass')
    kept.write_text(f'*:*:{name}:{user}:{SECRET}\n')
    kept.chmod(0o600)
    origin = t.origin()
    hark = t.hark('auto', origin, '--verbose', '--admin', '127.0.0.1:0',
                  store=store, env={'PGPASSFILE': str(kept)})
    hark.get('/a')
    hark.get('/b')
    until(lambda: recorded(store.replace(user, 'hark')) == {'/a', '/b'},
          'it is recorded')
    # It is asked for again, and is another by then.
    postgres().sql(f"ALTER ROLE {user} PASSWORD 'another'")
    postgres().sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
                   f"WHERE usename = '{user}'")
    hark.get('/c')
    until(lambda: 'password authentication failed' in hark.log, 'it is told')
    said = [hark.get(path).body.decode('latin-1') for path in ('/d', '/e')]
    command_line = open(f'/proc/{hark.process.pid}/cmdline', 'rb').read()
    untold(t, command_line.decode(), *said)
    postgres().sql(f"ALTER ROLE {user} PASSWORD '{SECRET}'")
    hark.get('/f')
    until(lambda: '/f' in recorded(store.replace(user, 'hark')), 'it goes on')


@case(deadline=90)
def the_database_has_to_be_who_it_says_over_tls(t):
    store = tape(t, {'/a': reply(b'an answer')})
    folder = t.path('pem')
    folder.mkdir()
    right = certificate(folder, 'right', 'DNS:localhost')
    other = certificate(folder, 'other', 'DNS:elsewhere.test')
    alice = certificate(folder, 'alice')

    def ends(server, root, more='', host='localhost'):
        link = Link(t, postgres().folder, tls=server)
        return listed(over(
            link, store, host=host,
            more=f'sslmode=verify-full&sslrootcert={root}{more}'))

    end = ends(tls_server(*right), right[0])
    same((end.returncode, end.stderr), (0, ''), 'the right one')
    check('/a' in end.stdout, end.stdout)
    for server, root, word in (
            (right, other[0], 'certificate verify failed'),
            (other, other[0], 'does not match host name'),
            (right, folder / 'none', 'does not exist')):
        end = ends(tls_server(*server), root)
        check(end.returncode != 0 and word in end.stderr, end.stderr)
    end = listed(over(Link(t, postgres().folder), store, host='localhost',
                      more=f'sslmode=verify-full&sslrootcert={right[0]}'))
    check(end.returncode != 0, 'a database that speaks no TLS')

    def asks():
        return client_certificates(tls_server(*right), alice[0])

    shown = f'&sslcert={alice[0]}&sslkey={alice[1]}'
    alice[1].chmod(0o600)
    end = ends(asks(), right[0], shown)
    same((end.returncode, end.stderr), (0, ''), 'with her certificate')
    check(ends(asks(), right[0]).returncode != 0, 'without one')
    end = ends(asks(), right[0], f'&sslcert={other[0]}&sslkey={other[1]}')
    check(end.returncode != 0, "with another's")


main()
