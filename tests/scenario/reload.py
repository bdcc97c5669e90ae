# Goal: mocks files that change are taken anew; no request notices but by its
# answer, and what cannot be used changes nothing.

import fcntl
import json
import os
import signal
import subprocess
import termios

from harness import HARK, PATIENCE, case, check, main, same, until
from steady import told, traffic

CRUD = {'endpoint': 'users', 'type': 'crud', 'method': '', 'responses': [
    {'bodyType': 'DATABUCKET', 'databucketID': 'u'}]}
TURN = {'endpoint': 'turn', 'responseMode': 'SEQUENTIAL', 'responses': [
    {'body': '1'}, {'body': '2'}, {'body': '3'}]}


def users(*names):
    return {'id': 'u', 'name': 'users', 'value': [
        {'id': n, 'name': n} for n in names]}


def saying(text, *routes, **more):
    """A mocks file whose route x says text, in its head and in its body."""
    return json.dumps({'routes': [{'endpoint': 'x', 'responses': [
        {'body': text * 20000, 'headers': [{'key': 'X-Says',
                                            'value': text}]}]},
                                  *routes], **more})


def replace(path, text):
    """As most editors save."""
    new = path.with_name('new')
    new.write_text(text)
    new.rename(path)


def said(hark):
    r = hark.get('/x')
    same(r.body, (r.get('x-says') or '').encode() * 20000)
    return r.get('x-says')


def of_one_version(r):
    return (r.status == 200 and
            r.body == r.get('x-says').encode() * 20000)


@case
def a_file_is_taken_while_requests_run_and_none_is_lost(t):
    file = t.path('m.json')
    file.write_text(saying('0'))
    hark = t.hark('proxy', '--mocks', file, '--workers', '3')
    with traffic(hark, of_one_version) as counts:
        for i in range(1, 7):
            had = list(counts)
            (replace if i % 2 else lambda f, x: f.write_text(x))(
                file, saying(str(i)))
            told(hark, 'taken anew', i)
            same(said(hark), str(i))
            until(lambda: all(a > b for a, b in zip(counts, had)),
                  'all clients had answers')
    check('with all workers' in hark.log, hark.log)


@case
def what_cannot_be_used_is_told_with_its_place_and_changes_nothing(t):
    file = t.path('m.json')
    file.write_text(saying('old'))
    hark = t.hark('proxy', '--mocks', file)
    stay = 'its routes stay as they were'
    for i, (text, why) in enumerate((
            ('{"routes": [\n', f'{file}:2:'),
            ('{"routes": [{"endpoint": "x",\n "responses": [\n'
             '{"statusCode": 7}]}]}',
             f'{file}:3:16: routes[0].responses[0].statusCode: expected a '
             'number from 100 to 999, not 7'),
            (saying('new').replace('"responses"', '"answers"'),
             'routes[0].responses: expected one response or more'),
            ('', f'{file}:')), 1):
        replace(file, text)
        told(hark, stay, i)
        check(why in hark.log, hark.log)
        same(said(hark), 'old')
    file.unlink()
    told(hark, stay, 5)
    check('No such file' in hark.log, hark.log)
    same(said(hark), 'old')
    file.write_text(saying('new'))
    told(hark, 'taken anew')
    same(said(hark), 'new')


@case
def one_bad_file_does_not_hold_up_another(t):
    one, two = t.path('one.json'), t.path('two.json')
    one.write_text(saying('1'))
    two.write_text(saying('2'))
    hark = t.hark('proxy', '--mocks', one, '--mocks', f'/two={two}')
    one.write_text('{')
    told(hark, 'its routes stay')
    two.write_text(saying('3'))
    told(hark, 'taken anew')
    same((said(hark), hark.get('/two/x').get('x-says')), ('1', '3'))


@case
def a_link_that_leads_to_another_folder_is_followed(t):
    mount = t.path('mount')
    for name in ('..1', '..2'):
        (mount / name).mkdir(parents=True)
        (mount / name / 'm.json').write_text(saying(name))
    (mount / '..data').symlink_to('..1')
    (mount / 'm.json').symlink_to('..data/m.json')
    hark = t.hark('proxy', '--mocks', mount / 'm.json')
    same(said(hark), '..1')
    (mount / '..new').symlink_to('..2')
    (mount / '..new').rename(mount / '..data')
    told(hark, 'taken anew')
    same(said(hark), '..2')


@case
def without_watching_a_signal_asks(t):
    file = t.path('m.json')
    file.write_text(saying('old'))
    hark = t.hark('proxy', '--mocks', file, '--no-watch')
    file.write_text(saying('new'))
    same(said(hark), 'old')
    hark.signal(signal.SIGHUP)
    told(hark, 'taken anew')
    same(said(hark), 'new')
    check(hark.log.count('taken anew') == 1, hark.log)


@case
def data_stays_where_its_definition_does(t):
    file = t.path('m.json')
    other = {'id': 'o', 'name': 'other', 'value': [1]}
    look = {'endpoint': 'o', 'responses': [
        {'body': "{{data 'other'}} {{getGlobalVar 'v'}}"}]}
    put = {'endpoint': 'put', 'method': 'post', 'responses': [
        {'body': "{{setData 'push' 'other' '' 2}}"
                 "{{setGlobalVar 'v' 'kept'}}"}]}

    def state(session):
        def ask(method, path):
            r = hark.ask(method, path, [('X-Hark-Session', session),
                                        ('Content-Type', 'application/json')],
                         b'{"id": "n"}' if method == 'POST' else None)
            return r.body.decode()
        if session:
            return ask
        return lambda method, path: hark.ask(
            method, path, [('Content-Type', 'application/json')],
            b'{"id": "n"}' if method == 'POST' else None).body.decode()
    file.write_text(saying('1', CRUD, TURN, look, put,
                           data=[users('a'), other]))
    hark = t.hark('proxy', '--mocks', file)
    asks = [state(''), state('alice')]
    for ask in asks:
        ask('POST', '/users')
        ask('POST', '/put')
        same([ask('GET', '/turn') for _ in '12'], ['1', '2'])
    before = [ask('GET', '/o') for ask in asks]
    same(before, ['[1,2] kept'] * 2)
    # Routes and buckets move about; one bucket says something else.
    replace(file, saying('2', look, {'endpoint': 'more', 'responses': [{}]},
                         TURN, CRUD, put, data=[other, users('b')]))
    told(hark, 'taken anew')
    for ask in asks:
        same(ask('GET', '/o'), '[1,2] kept')
        same([ask('GET', '/turn') for _ in '12'], ['3', '1'])
        same([u['id'] for u in json.loads(ask('GET', '/users'))], ['b'])
    # What was forgotten does not come back.
    replace(file, saying('3', look, CRUD, data=[users('a'), other]))
    told(hark, 'taken anew', 2)
    replace(file, saying('4', look, TURN, CRUD, data=[users('a'), other]))
    told(hark, 'taken anew', 3)
    for ask in asks:
        same(ask('GET', '/o'), '[1,2] kept')
        same(ask('GET', '/turn'), '1')
        same([u['id'] for u in json.loads(ask('GET', '/users'))], ['a'])


@case
def an_answer_that_waits_is_of_the_version_it_began_with(t):
    file = t.path('m.json')
    slow = {'endpoint': 'slow', 'responses': [
        {'body': "old{{setGlobalVar 'asked' 'yes'}}", 'latency': 1500}]}
    asked = {'endpoint': 'asked', 'responses': [
        {'body': "{{getGlobalVar 'asked'}}"}]}
    file.write_text(saying('old', slow, asked))
    hark = t.hark('proxy', '--mocks', file, '--workers', '1')
    client = t.client(hark)
    client.request('GET', '/slow')
    until(lambda: hark.get('/asked').body == b'yes', 'it has begun')
    replace(file, saying('new'))
    told(hark, 'taken anew')
    same(hark.get('/slow').source, 'miss')
    r = client.response()
    same((r.source, r.body), ('mock', b'old'))


@case
def the_end_of_its_terminal_is_the_end(t):
    file = t.path('m.json')
    file.write_text(saying('x'))
    for wrap, ends in (([], True), (['nohup'], False)):
        terminal, side = os.openpty()

        def of_terminal():
            os.setsid()
            fcntl.ioctl(side, termios.TIOCSCTTY, 0)
        log = t.path('log')
        with open(log, 'wb') as out:
            process = subprocess.Popen(
                wrap + [HARK, 'proxy', '--mocks', str(file), '--listen',
                        '127.0.0.1:0', '--store', t.path('s.db')],
                preexec_fn=of_terminal, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out)
        t.ends.callback(process.kill)
        os.close(side)
        until(lambda: 'proxy on http' in log.read_text(), 'it runs')
        os.close(terminal)
        if ends:
            same(process.wait(PATIENCE + 10), 0, log.read_text())
            check('taken anew' not in log.read_text(), log.read_text())
        else:
            until(lambda: 'taken anew' in log.read_text(), 'it reads again')
            process.terminate()
            same(process.wait(PATIENCE + 10), 0, log.read_text())


main()
