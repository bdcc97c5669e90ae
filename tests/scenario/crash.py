# Goal: neither kill -9 nor a power cut at any moment costs what was promised.
#
# HARK_SEED=N repeats the moments of a run, as far as they are chance's.  What
# make check does now and then make crash (HARK_BIG=1) does all over.

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import threading
import time

from harness import (BIG, HARK, SCALE, Client, case, check, command, main,
                     reply, same, until)
from power import Cut, Disk
from program import _environment

SEED = int(os.environ.get('HARK_SEED') or random.randrange(1 << 30))
print(f'# HARK_SEED={SEED}', flush=True)
CLIENTS = 4


def body_of(target):
    """Bytes that say themselves what they should be."""
    number = int(target.rpartition('/')[2])
    return random.Random(target).randbytes(
        (1 << 20) + 5000 if number % 50 == 49 else number * 97 % 4000)


def answers(peer, request):
    peer.send(reply(body_of(request.target)))


def is_sound(path):
    """Whole and in order, but for what a replaying writer would mend."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        same(db.execute('PRAGMA integrity_check').fetchall(), [('ok',)])


def recorded(path):
    """The targets in the store in order, each with the right bytes."""
    is_sound(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'entry'"
                          ).fetchall():
            return []
        targets = []
        for target, outcome, id_, body in db.execute(
                'SELECT e.target, e.outcome, b.id, b.bytes FROM entry AS e '
                'LEFT JOIN body AS b ON b.id = e.response_body '
                'WHERE e.id > 0 ORDER BY e.id').fetchall():
            if body is None and id_ is not None:
                body = b''.join(row[0] for row in db.execute(
                    'SELECT bytes FROM body_part WHERE body = ? ORDER BY at',
                    (id_,)))
            check((body or b'') == body_of(target) or outcome != 'complete',
                  f'other bytes of {target}')
            if outcome == 'complete':
                targets.append(target)
        return targets


def no_gap(targets, clients):
    """What each client asked is there up to some request, each once."""
    for c in range(clients):
        own = [t for t in targets if t.startswith(f'/{c}/')]
        same(own, [f'/{c}/{i}' for i in range(len(own))], f'client {c}')


class Load:
    """Clients that ask one thing after the other until they cannot."""

    def __init__(self, hark, clients, most=1 << 30, on_answer=None):
        self.read = [[] for _ in range(clients)]  # when, of each
        self.threads = []
        for c in range(clients):
            self.threads.append(threading.Thread(
                target=self.run, args=(hark.address, c, most, on_answer)))
        for thread in self.threads:
            thread.start()

    def run(self, address, c, most, on_answer):
        with contextlib.suppress(Exception):
            client = Client(address)
            for i in range(most):
                r = client.ask('GET', f'/{c}/{i}')
                if r.status != 200 or r.body != body_of(f'/{c}/{i}'):
                    return
                self.read[c].append(time.monotonic())
                if on_answer:
                    on_answer(c, i)

    def end(self):
        for thread in self.threads:
            thread.join()

    @property
    def answered(self):
        return sum(map(len, self.read))


def killed_at(t, dice, durability):
    origin = t.origin()
    origin.default = answers
    hark = t.hark('record', origin, '--durability', durability,
                  '--admin', 'off')
    load = Load(hark, CLIENTS)
    wanted = dice.randint(1, 40)
    until(lambda: load.answered >= wanted, 'some answers are read')
    time.sleep(dice.random() * 0.3)
    killed = time.monotonic()
    hark.kill9()
    load.end()
    targets = recorded(hark.store)
    no_gap(targets, CLIENTS)
    found = set(targets)
    lost = [(when, f'/{c}/{i}') for c in range(CLIENTS)
            for i, when in enumerate(load.read[c])
            if f'/{c}/{i}' not in found]
    if durability == 'strict':
        same(lost, [], 'acknowledged and lost')
    else:
        check(len(lost) <= 1000, f'{len(lost)} lost')
        # 100 ms; the rest is for a machine that is busy with other things.
        early = [(killed - when, x) for when, x in lost
                 if killed - when > 0.1 + 2 * SCALE]
        same(early, [], 'lost from before the window')
    same(command('list', '--store', hark.store).returncode, 0)
    return load.answered


def kill_many(t, durability, rounds):
    dice = random.Random(SEED)
    total = sum(killed_at(t, dice, durability) for _ in range(rounds))
    print(f'# {durability}: {rounds} kills, {total} answers read')


@case(deadline=2000 if BIG else 60)
def a_kill_at_any_moment_loses_nothing_that_strict_acknowledged(t):
    kill_many(t, 'strict', 200 if BIG else 4)


@case(deadline=2000 if BIG else 60)
def a_kill_at_any_moment_loses_the_last_moments_of_batch(t):
    kill_many(t, 'batch', 200 if BIG else 4)


# --- commands ----------------------------------------------------------------

def har(path, tag, n):
    entries = [{
        'startedDateTime': '2024-01-01T00:00:00.000Z', 'time': 1,
        'request': {'method': 'GET', 'url': f'http://a.test/{tag}/{i}',
                    'httpVersion': 'HTTP/1.1', 'cookies': [], 'headers': [],
                    'queryString': [], 'headersSize': -1, 'bodySize': 0},
        'response': {'status': 200 if i % 3 else 500, 'statusText': 'OK',
                     'httpVersion': 'HTTP/1.1', 'cookies': [], 'headers': [],
                     'content': {'size': 5 + i % 7, 'mimeType': 'text/plain',
                                 'text': f'{tag}{i % 50:0{4 + i % 7}d}'},
                     'redirectURL': '', 'headersSize': -1, 'bodySize': -1},
        'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}
        for i in range(n)]
    path.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 't', 'version': '1'},
        'entries': entries}}))
    return path


def rows(store):
    """What is in the store, without ids."""
    is_sound(store)
    with contextlib.closing(sqlite3.connect(store)) as db:
        tables = [r[0] for r in db.execute('SELECT name FROM sqlite_schema')]
        if 'entry' not in tables:
            return []
        if 'normal_key' not in [r[1] for r in db.execute(
                'PRAGMA table_info(entry)')]:
            return sorted(db.execute('SELECT tape, url FROM entry'))
        return sorted(db.execute(
            'SELECT t.name, e.url, e.key, e.normal_key, b.bytes, e.status '
            'FROM entry AS e JOIN tape AS t ON t.id = e.tape LEFT JOIN body '
            'AS b ON b.id = e.response_body WHERE e.id > 0'), key=repr)


def older(store):
    """As an older hark left it: without what its last version added."""
    with contextlib.closing(sqlite3.connect(store)) as db:
        db.executescript(
            'DROP INDEX entry_by_place; DROP INDEX entry_of_scope;'
            'DROP INDEX entry_by_normal_key;'
            + ''.join(f'ALTER TABLE entry DROP COLUMN {c};'
                      for c in ('shape', 'path', 'normal_key', 'times'))
            + 'ALTER TABLE tape DROP COLUMN rules;'
            'ALTER TABLE tape DROP COLUMN redaction;'
            'PRAGMA user_version = 2')


COMMANDS = {
    'import': ['import', 'MORE'],
    'prune': ['prune', '--failed', '--tape', 'default'],
    'reindex': ['reindex', '--rule', '* * ignore query x'],
    'merge': ['merge', '--into', 'third', 'default', 'second'],
    'edit': ['edit', '--from', 'ENTRY', '1'],
    'rm': ['rm', '1', '2', '3'],
    'export': ['export', '-o', 'OUT'],
    'migration': ['list'],
}


def run_killed(argv, folder, after):
    """How it ended, by itself or by SIGKILL."""
    with subprocess.Popen([HARK, *argv], cwd=folder, env=_environment(None),
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.kill()
    return process.returncode


@case(deadline=2000 if BIG else 90)
def a_kill_of_a_command_leaves_the_store_as_before_or_behind_it(t):
    dice = random.Random(SEED)
    n = 3000 if BIG else 600
    base = t.path('hark.db')
    more = har(t.path('more.har'), 'more', n)
    for tag, tape in (('first', 'default'), ('second', 'second')):
        same(command('import', '--store', base, '--tape', tape,
                     har(t.path('x.har'), tag, n)).returncode, 0)
    entry = har(t.path('entry.har'), 'edited', 1)
    for name, words in COMMANDS.items():
        folder = t.path()
        out = folder / 'out.har'
        argv = [{'MORE': str(more), 'OUT': str(out),
                 'ENTRY': str(entry)}.get(w, w) for w in words]
        argv[1:1] = ['--store', str(folder / 'hark.db')]
        if words[0] in ('import', 'edit'):
            argv.insert(1, '--no-redact')

        def fresh():
            for path in folder.iterdir():
                path.unlink()
            shutil.copy(base, folder / 'hark.db')
            if name == 'migration':
                older(folder / 'hark.db')
            out.write_text('{}')
        fresh()
        before = rows(folder / 'hark.db')
        began = time.monotonic()
        same(run_killed(argv, folder, 60 * SCALE), 0, name)
        took = time.monotonic() - began
        after = rows(folder / 'hark.db')
        for _ in range(25 if BIG else 2):
            fresh()
            run_killed(argv, folder, took * dice.random())
            now = rows(folder / 'hark.db')
            if name == 'import':  # goes in by transactions
                check(len(before) <= len(now) <= len(after) and
                      set(before) <= set(now) <= set(after), name)
            elif name not in ('reindex', 'prune', 'rm'):
                check(now in (before, after), f'{name}: neither')
            if name == 'export':
                json.loads(out.read_text())
            # It can be done, or be done again.
            ended = run_killed(argv, folder, 60 * SCALE)
            if name != 'import' and (name != 'merge' or now == before):
                check(ended == 0 or name == 'rm', (name, ended))
                same(len(rows(folder / 'hark.db')), len(after), name)
            same(command('doctor', '--store', folder / 'hark.db', '--mode',
                         'replay').stdout.count('is damaged'), 0, name)


# --- power cuts --------------------------------------------------------------

def cut_everywhere(t, disk, look, most):
    """Calls look(folder, cut, how) for cuts before and behind each sync and at
    moments of chance, most of them at most."""
    dice = random.Random(SEED)
    records = list(disk.records())
    moments = {i + after for i, r in enumerate(records) if r[0] in 'sdrlu'
               for after in (0, 1)}
    check(len(moments) > 4, 'the log is empty')
    moments |= {dice.randrange(len(records)) for _ in moments}
    moments = sorted(dice.sample(sorted(moments), min(most, len(moments))))
    cut = Cut(disk)
    done = 0
    folder = t.path()
    for moment in moments + [len(records)]:
        for record in records[done:moment]:
            cut.step(record)
        done = moment
        for how in ('none', 'some', 'all'):
            for path in folder.iterdir():
                path.unlink()
            cut.make(folder, how, dice)
            try:
                look(folder, cut, how)
            except Exception:
                print(f'# cut at {moment} of {len(records)}, {how}')
                raise
    print(f'# {len(moments) + 1} cuts of {len(records)} records, three ways')


def power(t, durability, most):
    origin = t.origin()
    origin.default = answers
    folder = t.path()
    disk = Disk(folder, t.path())
    hark = t.hark('record', origin, '--durability', durability, '--admin',
                  'off', store=disk.folder / 'hark.db', env=disk.env)
    load = Load(hark, 2, 60, lambda c, i: disk.acknowledge(c << 32 | i))
    load.end()
    same(load.answered, 120)
    hark.stop()

    def look(folder, cut, how):
        store = folder / 'hark.db'
        read = {f'/{a >> 32}/{a & 0xffffffff}' for a in cut.acknowledged}
        if not store.exists():
            check(durability != 'strict' or not read, 'no store')
            return
        targets = recorded(store)
        no_gap(targets, 2)
        late = read - set(targets)
        if durability == 'strict':
            same(late, set(), 'acknowledged and lost')
        if how == 'some':
            done = command('list', '--store', store)
            check(done.returncode == 0 or not targets, done.stderr)
    cut_everywhere(t, disk, look, most)


@case(deadline=2000 if BIG else 90)
def a_power_cut_loses_nothing_that_strict_acknowledged(t):
    power(t, 'strict', 100000 if BIG else 12)


@case(deadline=2000 if BIG else 90)
def a_power_cut_leaves_no_gap_in_what_batch_recorded(t):
    power(t, 'batch', 100000 if BIG else 12)


@case(deadline=2000 if BIG else 60)
def what_is_replaced_is_old_or_new_after_a_power_cut(t):
    folder = t.path()
    store = folder / 'hark.db'
    out = folder / 'out.har'
    out.write_text('{"old": 1}')
    same(command('import', '--store', store,
                 har(t.path('a.har'), 'a', 300)).returncode, 0)
    disk = Disk(folder, t.path())
    done = command('export', '--store', disk.folder / 'hark.db', '-o',
                   disk.folder / 'out.har', env=disk.env)
    same((done.returncode, done.stderr), (0, ''))
    # Whoever has seen it end finds the new one.
    disk.acknowledge(1)
    whole = out.read_bytes()

    def look(folder, cut, _):
        got = (folder / 'out.har').read_bytes()
        check(got == whole or got == b'{"old": 1}' and not cut.acknowledged,
              f'{got[:80]} and more, {len(got)} bytes')
    cut_everywhere(t, disk, look, 100000 if BIG else 20)


@case(deadline=2000 if BIG else 60)
def the_key_of_pseudonyms_is_there_before_what_was_made_with_it(t):
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(b'{"password": "hunter2x"}'))
    disk = Disk(t.path(), t.path())
    hark = t.hark('record', origin, '--durability', 'strict', '--redact',
                  '--admin', 'off', store=disk.folder / 'hark.db',
                  env=disk.env)
    for i in range(3):
        same(hark.get(f'/{i}').status, 200)
        disk.acknowledge(i)
    hark.stop()

    def look(folder, cut, _):
        key = folder / 'hark.db-key'
        if cut.acknowledged:
            check(key.exists(), 'no key')
            same(len(key.read_bytes()), 65)
    cut_everywhere(t, disk, look, 100000 if BIG else 12)


if __name__ == '__main__':
    main()
