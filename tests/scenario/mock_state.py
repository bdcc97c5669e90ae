# Goal: what mocks remember outlives the program when it is asked for, and its
# file is whole whenever somebody looks.

import json
import os
import random
import shutil
import threading

from harness import (Ended, Failed, case, check, command, main, same, until)

JSON = [('Content-Type', 'application/json')]
CRUD = {'endpoint': 'users', 'type': 'crud', 'method': '', 'responses': [
    {'bodyType': 'DATABUCKET', 'databucketID': 'u'}]}
TURN = {'endpoint': 'turn', 'responseMode': 'SEQUENTIAL', 'responses': [
    {'body': '1'}, {'body': '2'}, {'body': '3'}]}
SET = {'endpoint': 'set', 'method': 'post', 'responses': [
    {'body': "{{setGlobalVar 'v' (body 'v')}}"}]}
GET = {'endpoint': 'get', 'responses': [{'body': "{{getGlobalVar 'v'}}"}]}
FAKE = {'id': 'f', 'name': 'fake', 'value': "\"{{faker 'string.uuid'}}\""}
FAKED = {'endpoint': 'fake', 'responses': [{'body': "{{data 'fake'}}"}]}


def users(*names):
    return {'id': 'u', 'name': 'users', 'value': [
        {'id': n, 'name': n} for n in names]}


def write(path, *routes, data=()):
    path.write_text(json.dumps({'routes': list(routes), 'data': list(data)}))
    return path


def names(hark, session=None):
    r = hark.get('/users?limit=100000', [('X-Hark-Session', session)]
                 if session else [])
    return [u['id'] for u in r.json]


def add(hark, name):
    return hark.ask('POST', '/users', JSON,
                    json.dumps({'id': name, 'name': name}).encode())


def lines(state):
    return [json.loads(x) for x in state.read_text().splitlines()]


@case
def a_restart_goes_on_where_the_last_run_was(t):
    file = write(t.path('m.json'), CRUD, TURN, SET, GET, FAKED,
                 data=[users('a'), FAKE])
    state = t.path('state')
    hark = t.hark('proxy', '--mocks', file, '--mock-state', state)
    odd = 'a"\\\n\u2028 \u00e9\U0001f600'
    same(add(hark, odd).status, 201)
    same(hark.ask('DELETE', '/users/a').status, 200)
    same([hark.get('/turn').body for _ in '12'], [b'1', b'2'])
    hark.ask('POST', '/set', JSON, b'{"v": {"deep": [1.5, null, "x"]}}')
    deep, fake = hark.get('/get').body, hark.get('/fake').body
    check(b'1.5' in deep and len(fake) > 30, (deep, fake))
    hark.stop()
    hark.restart()
    same((names(hark), hark.get('/turn').body, hark.get('/get').body,
          hark.get('/fake').body), ([odd], b'3', deep, fake))
    # Sessions of their own are not kept, and begin as the file says.
    same(names(hark, 'alice'), ['a'])
    check(not [p for p in state.parent.iterdir() if p != state],
          list(state.parent.iterdir()))


@case
def a_change_is_written_soon_and_not_only_at_the_end(t):
    file = write(t.path('m.json'), CRUD, data=[users('a')])
    state = t.path('state')
    hark = t.hark('proxy', '--mocks', file, '--mock-state', state)
    for name in 'bc':
        add(hark, name)
        until(lambda: name in [u['id'] for x in lines(state)
                               for u in x.get('value', ())], f'{name} is kept')
    hark.kill9()
    hark.restart()
    same(names(hark), ['a', 'b', 'c'])


@case
def a_kill_at_any_moment_leaves_a_whole_file(t):
    file = write(t.path('m.json'), CRUD, TURN, data=[users()])
    state = t.path('state')
    hark = t.hark('proxy', '--mocks', file, '--mock-state', state)
    chance, sent, kept = random.Random(7), 0, []
    for _ in range(8):
        killer = threading.Timer(chance.random() / 2, hark.process.kill)
        killer.start()
        try:
            while True:
                sent += 1
                add(hark, f'{sent:05d}' + 'x' * 2000)
        except (OSError, Ended, Failed):
            pass
        killer.join()
        hark.kill9()
        same(lines(state)[-1], {'end': True})
        hark.restart()
        now = names(hark)
        # A start of what was sent in this run behind what was kept before.
        same(now[:len(kept)], kept)
        numbers = [int(n[:5]) for n in now]
        same(numbers, sorted(set(numbers)))
        check(not numbers or numbers[-1] <= sent, numbers[-5:])
        kept = now
    check(kept, 'nothing was ever kept')


@case
def what_the_file_says_otherwise_begins_anew_and_is_told(t):
    file = write(t.path('m.json'), CRUD, TURN, SET, GET,
                 data=[users('a'), {'id': 'o', 'name': 'o', 'value': []}])
    state = t.path('state')
    hark = t.hark('proxy', '--mocks', file, '--mock-state', state)
    add(hark, 'b')
    hark.get('/turn')
    hark.ask('POST', '/set', JSON, b'{"v": "kept"}')
    hark.stop()
    write(file, CRUD, {**TURN, 'documentation': 'new'}, SET, GET,
          data=[users('a', 'z')])
    hark.restart()
    for text in ('bucket u is not defined as it was',
                 'bucket o is not in the file any more',
                 '1 routes are not as they were'):
        check(text in hark.log, hark.log)
    same((names(hark), hark.get('/turn').body, hark.get('/get').body),
         (['a', 'z'], b'1', b'kept'))
    # So it is when that happens while it runs.
    add(hark, 'c')
    write(file, CRUD, TURN, GET, data=[users('n')])
    until(lambda: 'taken anew' in hark.log, 'it is taken')
    same(names(hark), ['n'])
    hark.stop()
    hark.restart()
    same(names(hark), ['n'])


@case
def files_that_are_not_there_keep_what_they_had(t):
    folder = t.path('files')
    folder.mkdir()
    for name in ('one', 'two'):
        write(folder / name, CRUD, data=[users('a')])
    state = folder / 'state'
    both = ['--mocks', folder / 'one', '--mocks', f"/2={folder / 'two'}",
            '--mock-state', state]
    hark = t.hark('proxy', *both)
    add(hark, '1')
    hark.ask('POST', '/2/users', JSON, b'{"id": "2"}')
    hark.stop()
    hark.restart(options=['--mocks', folder / 'one', '--mock-state', state])
    check(f"/2={folder / 'two'} is not among the mocks" in hark.log, hark.log)
    add(hark, '3')
    hark.stop()
    hark.restart(options=both)
    same(names(hark), ['a', '1', '3'])
    same([u['id'] for u in hark.get('/2/users').json], ['a', '2'])


@case
def a_file_that_is_not_harks_is_never_written_over(t):
    file = write(t.path('m.json'), CRUD, data=[users('a')])
    good = t.path('good')
    hark = t.hark('proxy', '--mocks', file, '--mock-state', good)
    add(hark, 'b')
    hark.stop()
    whole = good.read_text()
    rows = whole.splitlines()
    bad = t.path('bad')
    for text, why in (
            ('', 'cut off'), ('hello\n', 'line 1: expected a JSON object'),
            (file.read_text(), 'line 1: expected a file that hark has'),
            (whole.replace('"version":1', '"version":2'),
             'line 1: expected version 1'),
            (whole[:-20], 'line '),
            ('\n'.join(rows[:-1]) + '\n', 'cut off'),
            (whole + '{}\n', 'expected nothing behind the end'),
            (whole.replace('"bucket"', '"basket"'), 'line 4: expected count'),
            ('\n'.join([rows[0], *rows[2:]]), 'line 2: expected the file')):
        bad.write_text(text)
        done = command('proxy', '--mocks', file, '--mock-state', bad,
                       '--listen', '127.0.0.1:0')
        same(done.returncode, 2, text)
        check(why in done.stderr and 'move it away' in done.stderr,
              done.stderr)
        same(bad.read_text(), text)
    for path, why in ((t.path('d'), 'Is a directory'),
                      (bad / 'no', 'Not a directory'),
                      (bad.parent / 'no' / 'x', 'No such file')):
        if path.name == 'd':
            path.mkdir()
        done = command('proxy', '--mocks', file, '--mock-state', path,
                       '--listen', '127.0.0.1:0')
        same(done.returncode, 2, path)
        check(str(path) in done.stderr, done.stderr)
    done = command('proxy', 'http://127.0.0.1:1', '--mock-state', bad)
    check('needs --mocks' in done.stderr, done.stderr)


@case
def two_do_not_write_over_each_other(t):
    file = write(t.path('m.json'), CRUD, data=[users('a')])
    state = t.path('state')
    one = t.hark('proxy', '--mocks', file, '--mock-state', state)
    two = t.hark('proxy', '--mocks', file, '--mock-state', state)
    add(two, 'two')
    until(lambda: 'two' in state.read_text(), 'two is kept')
    add(one, 'one')
    until(lambda: 'somebody else has written it' in one.log, 'that is told')
    same('one' in state.read_text(), False)
    # Out of the way, it is not in the way any more.
    shutil.move(state, state.with_name('moved'))
    until(lambda: state.exists() and 'one' in state.read_text(),
          'one is kept')
    until(lambda: 'kept again' in one.log, 'that is told, too')


@case
def what_cannot_be_written_is_told_once_and_tried_again(t):
    file = write(t.path('m.json'), CRUD, data=[users('a')])
    folder = t.path('folder')
    folder.mkdir()
    state = folder / 'state'
    hark = t.hark('proxy', '--mocks', file, '--mock-state', state)
    # A folder in the way of PATH-new: nobody can write there, root neither.
    (folder / 'state-new').mkdir()
    add(hark, 'b')
    until(lambda: 'is not kept' in hark.log, 'that is told')
    add(hark, 'c')
    os.rmdir(folder / 'state-new')
    until(lambda: 'kept again' in hark.log, 'it is kept again')
    same(hark.log.count('is not kept'), 1)
    hark.kill9()
    hark.restart()
    same(names(hark), ['a', 'b', 'c'])


@case
def a_link_to_the_file_and_its_permissions_stay(t):
    file = write(t.path('m.json'), CRUD, data=[users('a')])
    state = t.path('state')
    hark = t.hark('proxy', '--mocks', file, '--mock-state', state)
    hark.stop()
    state.chmod(0o600)
    link = t.path('link')
    link.symlink_to(state)
    hark.restart(options=['--mocks', file, '--mock-state', link])
    add(hark, 'b')
    hark.stop()
    check(link.is_symlink(), link)
    same(state.stat().st_mode & 0o777, 0o600)
    check('"b"' in state.read_text(), state.read_text())


main()
