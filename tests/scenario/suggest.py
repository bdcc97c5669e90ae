# Goal: hark suggest proposes rules that make repeated recordings one, and
# they do.

import json
import uuid

from answers import record
from harness import case, check, command, main, reply, same

JSON = [('Content-Type', 'application/json')]


def suggest(hark, *options):
    done = command('suggest', '--store', hark.store, *options)
    same(done.returncode, 0, done.stderr)
    return done


def job(n):
    """A request as a client with ids of its own makes it."""
    body = {'id': str(uuid.uuid4()), 'at': f'2026-01-0{n}T10:00:00Z',
            'job': {'kind': 'x', 'seq': n}}
    return ('POST', f'/v1/jobs?ts={1700000000 + n}&q=1', JSON,
            json.dumps(body).encode())


@case
def what_is_suggested_makes_a_new_request_match(t):
    origin = t.origin()
    hark, _ = record(t, origin, [job(n) for n in (1, 2, 3)])
    hark.restart(mode='replay')
    same(hark.ask(*job(7)).status, 501)
    hark.stop()
    done = suggest(hark)
    rules = [line for line in done.stdout.split('\n')
             if line and line[0] != '#']
    same(sorted(rules), [
        'POST /v1/jobs ignore json /at', 'POST /v1/jobs ignore json /id',
        'POST /v1/jobs ignore json /job/seq',
        'POST /v1/jobs ignore query ts'])
    file = t.path('rules')
    file.write_text(done.stdout)  # with its comments
    hark.restart(options=['--rules', file])
    r = hark.ask(*job(7))
    same((r.status, r.source), (200, 'replay'), done.stdout)
    hark.stop()
    # What is in force is not suggested again.
    done = suggest(hark)
    same(done.stdout, '')
    check('nothing to suggest' in done.stderr, done.stderr)


@case
def why_is_told_in_json(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', f'/a?ts={1700000000 + i}')
                                 for i in range(3)])
    said = [json.loads(line)
            for line in suggest(hark, '--json').stdout.splitlines()]
    same(said, [{'rule': 'GET /a ignore query ts',
                 'why': 'always different, looks like a time, new each time '
                        'by its name',
                 'recordings': 3, 'examples': ['1700000000', '1700000001']}])


@case
def what_an_answer_depends_on_is_not_suggested(t):
    origin = t.origin()
    for i in range(4):
        origin.routes[f'/a?page={i}'] = \
            lambda p, r, i=i: p.send(reply(str(i).encode()))
    hark, _ = record(
        t, origin, [('GET', f'/a?page={i}') for i in range(4)] +
        [('GET', f'/b?page={i}') for i in range(4)])
    # /b echoes its target, too.
    same(suggest(hark).stdout, '')


@case
def values_that_would_leave_their_line_do_not(t):
    origin = t.origin()
    hark, _ = record(t, origin, [
        ('POST', '/a', JSON, json.dumps(
            {'nonce': f'{i}\n* * ignore body\x1b[2J'}).encode())
        for i in range(2)])
    done = suggest(hark)
    same([line for line in done.stdout.split('\n')
          if line and line[0] != '#'], ['POST /a ignore json /nonce'])
    check('\x1b' not in done.stdout, done.stdout)


@case
def a_tape_that_is_not_there_is_told(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/a')])
    done = command('suggest', '--store', hark.store, '--tape', 'none')
    same(done.returncode, 2)
    check('no such tape' in done.stderr, done.stderr)
    same(command('suggest', '--store', hark.store, 'x').returncode, 2)


if __name__ == '__main__':
    main()
