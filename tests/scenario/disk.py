# Goal: a disk that fails stops the recording, never the traffic, and is told.

import contextlib
import errno
import os
import pathlib
import sqlite3
import subprocess
import sys

from harness import (Client, Skip, case, check, command, entries, main, reply,
                     same, until)
from power import Disk

LONG = (1 << 20) + 5000


def slow_disk(t, *options, **how):
    """An origin, the disk, and a gateway that records on it."""
    origin = t.origin()
    disk = Disk(t.path(), t.path())
    hark = t.hark('record', origin, *options, env=disk.env,
                  store=disk.folder / 'hark.db', **how)
    return origin, disk, hark


def state(t, hark):
    """Of the recording; with what health says, 200 or 503 and why."""
    r = asked(t, hark, '/v1/health/ready')
    return r.status, r.json['reason'], r.json['recording']


def asked(t, hark, target):
    # There may only be so many at a time, and who waits asks often.
    c = Client(hark.admin)
    try:
        return c.ask('GET', target)
    finally:
        c.close()


def fails_and_recovers(t, durability, begin, end, text):
    """What is lost between begin() and end() is told; then it goes on."""
    origin, disk, hark = slow_disk(
        t, '--durability', durability, '--admin', '127.0.0.1:0')
    origin.routes['/long'] = reply(b'x' * LONG)
    same(hark.get('/before').status, 200)
    until(lambda: state(t, hark)[2]['recorded'] == 1, 'it is recorded')
    begin(disk)
    for target in ('/during', '/long'):
        r = hark.get(target)
        if durability == 'strict':
            # Nothing of it was sent, or not all of it.
            check(r.status == 503 or not r.complete, r)
        else:
            same(r.status, 200)
    until(lambda: state(t, hark)[2]['lost'] == 2, 'both are lost')
    status, reason, recording = state(t, hark)
    same(status, 503)
    check(text in reason and text in recording['error'], reason)
    same(hark.metric('hark_recorder_lost_total'), 2)
    end(disk)
    # It goes on by itself.
    same(hark.get('/after').status, 200)
    until(lambda: state(t, hark)[0] == 200, 'it is ready again')
    same(state(t, hark)[2]['recorded'], 2)
    hark.stop()
    check('exchanges are not stored' in hark.log and
          'storing again' in hark.log, hark.log)
    same([e['request']['url'].rpartition('/')[2]
          for e in entries(hark.store)], ['before', 'after'])


@case
def a_full_disk_is_told_and_recording_goes_on_when_there_is_room(t):
    for durability in ('batch', 'off'):
        fails_and_recovers(
            t, durability, lambda d: d.set(write_errno=errno.ENOSPC),
            lambda d: d.set(), 'full')


# Fills the disk and asks by $HARK_URL.
FILLS = """
import os, struct, sys, urllib.request
with open(sys.argv[1], 'r+b') as f:
    f.write(struct.pack('=III', %d, 0, 0))
urllib.request.urlopen(os.environ['HARK_URL'] + '/during').read()
""" % errno.ENOSPC


@case
def a_command_that_succeeds_does_not_hide_what_was_lost(t):
    origin = t.origin()
    disk = Disk(t.path(), t.path())
    done = command('run', '--mode', 'record', '--store',
                   disk.folder / 'hark.db', '--url', origin.url, '--',
                   sys.executable, '-c', FILLS, disk.control, env=disk.env)
    same(done.returncode, 1, done)
    check('1 exchanges could not be stored' in done.stderr, done.stderr)


@case
def strict_gives_an_error_for_what_a_full_disk_did_not_take(t):
    fails_and_recovers(t, 'strict', lambda d: d.set(write_errno=errno.ENOSPC),
                       lambda d: d.set(), 'full')


@case
def so_it_does_for_what_could_not_be_synced(t):
    fails_and_recovers(t, 'strict', lambda d: d.set(sync_errno=errno.EIO),
                       lambda d: d.set(), 'I/O')


@case
def a_quota_and_a_device_that_fails_are_told(t):
    for number in (errno.EDQUOT, errno.EIO):
        fails_and_recovers(
            t, 'batch', lambda d, n=number: d.set(write_errno=n),
            lambda d: d.set(), 'I/O')


@case
def a_store_that_is_moved_away_is_told_and_found_again(t):
    def away(disk):
        os.rename(disk.folder / 'hark.db', disk.folder / 'away')

    def back(disk):
        os.rename(disk.folder / 'away', disk.folder / 'hark.db')
    for durability in ('batch', 'strict'):
        fails_and_recovers(t, durability, away, back, 'removed or replaced')


@case
def a_slow_disk_holds_the_traffic_back_and_loses_nothing(t):
    origin, disk, hark = slow_disk(
        t, '--durability', 'strict', '--admin', '127.0.0.1:0',
        '--queue-size', '1m')
    origin.default = lambda p, r: p.send(reply(b'x' * 100000))
    disk.set(sync_us=50000)
    clients = [t.client(hark) for _ in range(24)]
    for i in range(3):
        for n, c in enumerate(clients):
            c.request('GET', f'/{i}/{n}')
        for c in clients:
            r = c.head()
            c.body(r, r.framing)
            same(len(r.body), 100000)
    check(state(t, hark)[2]['lost'] == 0, 'lost')
    disk.set()
    hark.stop()
    same(len(entries(hark.store)), 72)


# --- from the beginning ------------------------------------------------------

def recording(t):
    """A store with an entry, at rest."""
    hark = t.hark('record', t.origin())
    same(hark.get('/a').status, 200)
    hark.stop()
    return hark


@case
def a_store_that_cannot_be_written_is_refused_by_who_has_to(t):
    hark = recording(t)
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        pages = db.execute('PRAGMA page_count').fetchone()[0]
    check(pages > 4, pages)
    kinds = {
        'no database': b'this is no database, but long enough' * 100,
        'cut': hark.store.read_bytes()[:8192],
        'empty folder': None,
    }
    for kind, content in kinds.items():
        path = t.path('hark.db')
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        for argv in (['list'], ['export', '-o', t.path('x.har')],
                     ['import', pathlib.Path(__file__)], ['prune', '--failed'],
                     ['rm', '1'], ['show', '1'],
                     ['record', 'http://127.0.0.1:9', '--listen',
                      '127.0.0.1:0']):
            done = command(argv[0], '--store', path, *argv[1:])
            check(done.returncode in (1, 2), (kind, argv, done))
            check(str(path) in done.stderr or argv[0] == 'import', done.stderr)
    done = command('doctor', '--store', t.path('none.db'), '--mode', 'replay')
    same(done.returncode, 1)


@case
def a_body_with_one_wrong_bit_is_served_to_nobody(t):
    origin = t.origin()
    body = bytes(range(256)) * 12
    long = os.urandom(LONG)
    origin.routes['/short'] = reply(body)
    origin.routes['/long'] = reply(long)
    hark = t.hark('record', origin)
    origin.routes['/whole'] = reply(b'whole')
    same([hark.get(x).status for x in ('/short', '/long', '/whole')],
         [200, 200, 200])
    hark.stop()
    file = bytearray(hark.store.read_bytes())
    for piece in (body[512:600], long[-100:-20]):
        at = file.find(piece)
        check(at > 0, 'the body is in the file')
        file[at + 20] ^= 4
    hark.store.write_bytes(file)
    hark.restart(mode='replay', options=[])
    r = hark.get('/short')
    check(r.status >= 500 and r.source != 'replay', r)
    # Its head may have left before its last bytes were read.
    try:
        r = hark.get('/long')
        check(r.status >= 500 or not r.complete, 'whole, with a wrong bit')
    except Exception as e:
        check(type(e).__name__ == 'Ended', e)
    for target in ('1', '2'):
        done = command('cat', '--store', hark.store, target)
        check(done.returncode == 1 and 'damaged' in done.stderr, done.stderr)
    done = command('export', '--store', hark.store, '-o', t.path('x.har'))
    check(done.returncode == 1 and 'damaged' in done.stderr, done)
    done = command('doctor', '--store', hark.store, '--mode', 'replay')
    check(done.returncode == 1 and 'digest' in done.stdout, done.stdout)
    # What can be read still goes through.
    whole = entries(hark.store, '--ids', '3')
    same([x['request']['url'].rpartition('/')[2] for x in whole], ['whole'])


@case
def an_entry_whose_body_has_another_size_is_told(t):
    origin = t.origin()
    origin.routes['/'] = reply(b'0123456789')
    hark = t.hark('record', origin)
    same(hark.get('/').status, 200)
    hark.stop()
    with contextlib.closing(sqlite3.connect(hark.store)) as db, db:
        db.execute('UPDATE entry SET response_size = 9')
    done = command('doctor', '--store', hark.store, '--mode', 'replay')
    check(done.returncode == 1 and 'another size' in done.stdout, done)


@case
def a_disk_that_is_really_full_is_one(t):
    folder = t.path()
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none',
                           folder], capture_output=True)
    if done.returncode:
        raise Skip('no file system can be mounted here')
    t.ends.callback(lambda: subprocess.run(['umount', '-l', folder]))
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(os.urandom(50000)))
    hark = t.hark('record', origin, '--admin', '127.0.0.1:0',
                  store=folder / 'hark.db')
    for i in range(40):
        same(hark.get(f'/{i}').status, 200)
    until(lambda: state(t, hark)[2]['lost'] > 0, 'some are lost')
    stored = state(t, hark)[2]['recorded']
    check(stored > 0, stored)
    same(subprocess.run(['mount', '-o', 'remount,size=64m', folder]).returncode,
         0)
    same(hark.get('/room').status, 200)
    until(lambda: state(t, hark)[2]['recorded'] > stored, 'it goes on')
    hark.stop()
    check(entries(hark.store)[-1]['request']['url'].endswith('/room'), 'last')


if __name__ == '__main__':
    main()
