# Goal: a tape that is recorded on stays within the limits that it was given.

import json
import os

from harness import (PATIENCE, case, check, command, entries, main,
                     reply, same, until)

LIMITS = ('--retain-every', '100ms', '--admin', '127.0.0.1:0')
# A round that took long, on a busy machine, is followed by a longer pause.
PAUSE = 60


def targets(store, tape='default'):
    return [e['request']['url'].rsplit('/', 1)[1]
            for e in entries(store, '--tape', tape)]


def removed(t, hark):
    return hark.metric('hark_retention_removed_entries_total')


def soon(condition, what):
    return until(condition, what, PAUSE + PATIENCE)


@case(deadline=120)
def the_oldest_recordings_go_and_are_not_replayed_from_memory(t):
    origin = t.origin()
    hark = t.hark('auto', origin, '--retain-entries', '5', *LIMITS)
    for i in range(12):
        same(hark.get(f'/{i}').status, 200)
    soon(lambda: removed(t, hark) == 7, 'seven went')
    same(hark.metric('hark_retention_tape_entries'), 5)
    check(hark.metric('hark_retention_removed_bytes_total') > 0, 'bytes')
    same(len(origin.take()), 12)
    same(hark.get('/11').status, 200)
    same(origin.take(), [], 'the newest is replayed')
    same(hark.get('/6').status, 200)
    same(len(origin.take()), 1, 'the origin is asked for one that went')
    soon(lambda: removed(t, hark) == 8, 'the next one went')
    hark.stop()
    same(targets(hark.store), ['8', '9', '10', '11', '6'])
    check('retention removed' in hark.log, hark.log)


@case(deadline=240)
def a_tape_that_is_too_large_takes_no_more_of_the_disk(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--retain-bytes', '300k', *LIMITS)
    # The writer's WAL goes into the file when it ends.
    for part in range(8):
        for i in range(10):
            origin.routes[f'/{part}.{i}'] = reply(os.urandom(20000))
            same(hark.get(f'/{part}.{i}').status, 200)
        soon(lambda: removed(t, hark) >= 10 * part - 5, 'some went')
    soon(lambda: hark.metric('hark_retention_tape_bytes') <= 300 << 10
          and removed(t, hark) >= 64, 'all of them went')
    hark.stop()
    left = targets(hark.store)
    check(10 <= len(left) <= 16, left)
    same(left[-1], '7.9')
    check(hark.store.stat().st_size < 1 << 20, hark.store.stat().st_size)


@case(deadline=120)
def what_is_too_old_goes_but_not_from_another_tape(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--tape', 'other')
    hark.get('/other')
    hark.stop()
    store = hark.store
    hark = t.hark('record', origin, '--retain-age', '1s', *LIMITS,
                  store=store)
    hark.get('/old')
    soon(lambda: removed(t, hark) == 1, 'it went')
    hark.stop()
    same((targets(store), targets(store, 'other')), ([], ['other']))


@case
def limits_that_cannot_be_meant_are_refused(t):
    for option, value, text in (
            ('--retain-age', '30', 'an age such as 12h, 30d or 4w'),
            ('--retain-entries', 'many', 'a whole number'),
            ('--retain-bytes', '1x', 'a size such as'),
            ('--retain-every', '1ms', 'retain-every')):
        end = command('record', option, value, 'http://127.0.0.1:1')
        same(end.returncode, 2, option)
        check(text in end.stderr, end.stderr)


@case
def the_doctor_says_what_a_tape_is_kept_to(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    hark.get('/a')
    hark.stop()
    for mode, url, result in (('record', [origin.url], 'ok'),
                              ('replay', [], 'warning')):
        end = command('doctor', '--json', '--mode', mode, *url,
                      '--store', hark.store, '--retain-age', '30d',
                      '--retain-entries', '1000', '--retain-bytes', '2g')
        found = [f for f in map(json.loads, end.stdout.splitlines())
                 if '30d, 1000 entries, 2g' in f['text']]
        same([f['result'] for f in found], [result], end.stdout)


main()
