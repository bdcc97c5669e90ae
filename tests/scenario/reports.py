# Goal: what a run used, missed and let through is told, in every form.

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from harness import (HARK, Skip, case, check, command, main, reply, same,
                     until)

GET = """
import os, sys, urllib.request
url = os.environ['HARK_URL']
for target in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url + target) as r:
            print(r.status, r.read().decode())
    except urllib.error.HTTPError as e:
        print(e.code)
"""


def asking(*targets):
    """A command that asks HARK_URL for targets and prints the answers."""
    return [sys.executable, '-c', GET, *targets]


def recorded(t, *targets, store=None, options=()):
    """A store with an answer to each of targets, and no origin."""
    origin = t.origin()
    hark = t.hark('record', origin, *options, store=store)
    for target in targets:
        origin.routes[target] = reply(b'answer ' + target.encode())
        hark.get(target)
    hark.stop()
    origin.stop()
    return hark.store


def run(store, *targets, options=(), **how):
    return command('run', '--store', store, *options, '--',
                   *asking(*targets), **how)


def listed(store, *options):
    done = command('list', '--store', store, '--json', *options)
    same(done.returncode, 0, done)
    return [json.loads(line)['entry'] for line in done.stdout.splitlines()]


def beside(store):
    return pathlib.Path(f'{store}-used')


# --- used and unused entries -------------------------------------------------

@case
def what_no_replay_has_served_is_listed_and_pruned(t):
    store = recorded(t, '/a', '/b', '/c', '/d')
    for targets in (('/a', '/x'), ('/c',)):
        run(store, *targets)
    same(listed(store, '--unused'), [2, 4])
    same(listed(store, '--unused', '--url', '*/d'), [4])
    done = command('prune', '--store', store, '--unused', '--dry-run')
    same(done.returncode, 0, done)
    check('would remove 2 entries' in done.stdout, done.stdout)
    same(listed(store), [1, 2, 3, 4])
    done = command('prune', '--store', store, '--unused')
    check('removed 2 entries' in done.stdout, done)
    same(listed(store), [1, 3])
    same(run(store, '/a', '/c').stdout,
         '200 answer /a\n200 answer /c\n')


@case
def with_nothing_noted_nothing_is_pruned(t):
    store = recorded(t, '/a')
    for what in ('list', 'prune'):
        done = command(what, '--store', store, '--unused')
        same(done.returncode, 1, done)
        check('hark.db-used: no such file' in done.stderr and
              done.stderr.count('\n') == 1, done.stderr)
    # Neither does a run that served nothing count.
    run(store)
    run(store, '/x')
    check(not beside(store).exists(), 'it was noted')
    beside(store).write_text('hark-used 1\n1 x\n1 2 3 torn')
    done = command('prune', '--store', store, '--unused')
    same(done.returncode, 1, done)
    check('any of its tapes' in done.stderr, done.stderr)
    beside(store).write_text('hark-used 1\n1 1 1 oh;\n')
    done = command('prune', '--store', store, '--unused')
    same(done.returncode, 1, done)
    check('line 2 is damaged' in done.stderr, done.stderr)
    same(listed(store), [1])


@case
def a_tape_that_was_never_replayed_is_left_alone(t):
    store = recorded(t, '/a', '/b')
    recorded(t, '/c', store=store, options=['--tape', 'other'])
    run(store, '/b')
    same(listed(store, '--unused'), [1])
    done = command('prune', '--store', store, '--unused', '--tape', 'other')
    same(done.returncode, 1, done)
    check('this tape' in done.stderr, done.stderr)
    command('prune', '--store', store, '--unused')
    same(listed(store), [2, 3])


@case
def what_was_recorded_later_had_no_chance_yet(t):
    store = recorded(t, '/a', '/b')
    run(store, '/a')
    recorded(t, '/c', store=store)
    same(listed(store, '--unused'), [2])
    run(store, '/a')
    same(listed(store, '--unused'), [2, 3])


@case
def a_store_made_anew_is_not_judged_by_the_old_one(t):
    store = recorded(t, '/a', '/b')
    run(store, '/a')
    store.unlink()
    recorded(t, '/a', '/b', store=store)
    done = command('prune', '--store', store, '--unused')
    same(done.returncode, 1, done)
    same(listed(store), [1, 2])


@case
def heads_parts_and_validations_use_an_entry(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    targets = ('/head', '/range', '/if', '/none')
    for target in targets:
        origin.routes[target] = reply(
            b'0123456789', headers=[('ETag', '"e"')])
        hark.get(target)
    hark.stop()
    hark.restart(mode='replay')
    same(hark.ask('HEAD', '/head').status, 200)
    same(hark.get('/range', [('Range', 'bytes=1-2')]).status, 206)
    same(hark.get('/if', [('If-None-Match', '"e"')]).status, 304)
    hark.stop()
    same(listed(hark.store, '--unused'), [4])


@case
def redirects_that_playwright_follows_are_used(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    origin.routes['/from'] = reply(status='302 Found',
                                   headers=[('Location', '/to')])
    for target in ('/to', '/other'):
        origin.routes[target] = reply(b'here')
    for target in ('/from', '/to', '/other'):
        hark.get(target)
    hark.stop()
    done = run(hark.store, '/from', options=['--match', 'playwright'])
    same(done.stdout, '200 here\n')
    same(listed(hark.store, '--unused'), [3])


@case
def every_mode_that_replays_notes_it(t):
    origin = t.origin()
    for mode in ('replay', 'auto', 'spy', 'fallback'):
        store = recorded(t, '/a', '/b')
        url = [] if mode == 'replay' else ['--url', 'http://127.0.0.1:1']
        done = run(store, '/a', options=['--mode', mode, *url])
        same(done.stdout, '200 answer /a\n', mode)
        same(listed(store, '--unused'), [2], mode)
    for mode in ('proxy', 'record'):
        store = recorded(t, '/a', '/b')
        run(store, '/a', options=['--mode', mode, '--url', origin.url])
        check(not beside(store).exists(), mode)


@case
def noting_can_be_turned_off(t):
    store = recorded(t, '/a')
    same(run(store, '/a', options=['--note-used', 'off']).returncode, 0)
    check(not beside(store).exists(), 'it was noted')


@case
def a_served_gateway_notes_when_it_stops(t):
    store = recorded(t, '/a', '/b', '/c')
    hark = t.hark('replay', store=store)
    for target in ('/a', '/a', '/c'):
        hark.get(target)
    check(not beside(store).exists(), 'it was noted at once')
    hark.stop()
    lines = beside(store).read_text().splitlines()
    same(lines[0], 'hark-used 1')
    check(re.fullmatch(r'1 \d+ 3 1,3;', lines[1]), lines)


@case
def what_cannot_be_noted_is_said_and_does_no_harm(t):
    store = recorded(t, '/a')
    beside(store).write_text('hark-used 9\n')
    done = run(store, '/a')
    same((done.returncode, done.stdout), (0, '200 answer /a\n'))
    check('another version of hark' in done.stderr, done.stderr)
    same(beside(store).read_text(), 'hark-used 9\n')


if __name__ == '__main__':
    main()
