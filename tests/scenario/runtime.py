# Goal: modes, settings and files change while requests run, all at once or not
# at all, and no request is lost.

import http.client
import json
import os
import signal
import socket
import time

from harness import (PATIENCE, case, check, command, entries, main, reply,
                     same, until)
from steady import told, traffic

DESCRIPTION = {
    'openapi': '3.0.0', 'info': {'title': 't', 'version': '1'},
    'paths': {'/a': {'get': {'responses': {'200': {'description': 'x'}}}}}}


def admin(hark, method, path, body=None):
    """Status and JSON of an answer of the admin port."""
    c = http.client.HTTPConnection(hark.admin, timeout=PATIENCE)
    try:
        c.request(method, path, None if body is None else json.dumps(body),
                  {'Content-Type': 'application/json'})
        r = c.getresponse()
        text = r.read()
        return r.status, json.loads(text) if text else None
    finally:
        c.close()


def mode(hark, **change):
    status, answer = admin(hark, 'PUT', '/v1/mode', change)
    same(status, 200, answer)
    return answer


def configured(t, **options):
    file = t.path('hark.json')
    configure(file, **options)
    return file


def configure(file, **options):
    """As most editors save."""
    new = file.with_name('new')
    new.write_text(json.dumps({k.replace('_', '-'): v
                               for k, v in options.items()}))
    new.rename(file)


# --- modes --------------------------------------------------------------------

@case
def what_was_recorded_is_replayed_a_moment_later(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--workers', '3')
    same([hark.get(f'/{i}').source for i in range(30)], ['upstream'] * 30)
    same(mode(hark, mode='replay')['offline'], True)
    same([hark.get(f'/{i}').source for i in range(30)], ['replay'] * 30)
    same(hark.get('/new').source, 'miss')
    mode(hark, mode='record')
    same([hark.get('/new').source for _ in '12'], ['upstream'] * 2)
    mode(hark, mode='replay')
    same([hark.get(x).source for x in ('/new', '/0')], ['replay'] * 2)
    mode(hark, mode='auto')
    same([hark.get('/more').source for _ in '12'], ['upstream', 'replay'])
    hark.stop()
    same([e['_hark']['mode'] for e in entries(hark.store)],
         ['record'] * 32 + ['auto'])


@case
def each_mode_can_follow_each(t):
    origin = t.origin()
    modes = ('proxy', 'replay', 'record', 'spy', 'auto', 'fallback')
    for first in modes:
        hark = t.hark('record', origin)
        hark.get('/known')
        hark.stop()
        hark.restart(mode=first, url=origin.url)
        for then in modes + modes[::-1]:
            mode(hark, mode=then)
            same(hark.get('/known').source, 'replay' if then in
                 ('replay', 'spy', 'auto') else 'upstream', (first, then))
        hark.stop()


@case
def replay_closes_what_was_open(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--workers', '2')
    clients = [t.client(hark) for _ in range(6)]
    for c in clients:
        same(c.ask('GET', '/x').source, 'upstream')

    def outward():
        """Sockets of the program that are connected to the origin."""
        port = f':{int(origin.url.rsplit(":", 1)[1]):04X}'
        inodes = {line.split()[9] for line in
                  open('/proc/net/tcp').read().splitlines()[1:]
                  if line.split()[2].endswith(port)}
        mine = hark.open_files()
        return [i for i in inodes if f'socket:[{i}]' in mine]
    check(outward(), 'connections are kept')
    mode(hark, mode='record')
    mode(hark, mode='replay')
    same(outward(), [])
    same([c.ask('GET', '/y').source for c in clients], ['miss'] * 6)
    same(outward(), [])


@case
def modes_of_upstreams_and_routes_are_set_one_by_one(t):
    origin = t.origin()
    store = t.path('tape.db')
    same(command('import', '--store', store, _har(t)).returncode, 0)
    hark = t.hark('replay', origin, '--upstream', f'/a={origin.url}',
                  '--mode-for', '/r*=proxy', store=store)
    same(admin(hark, 'GET', '/v1/mode')[1],
         {'mode': 'replay', 'upstreams': {}, 'offline': False,
          'routes': [{'method': '*', 'path': '/r*', 'mode': 'proxy'}]})
    same([hark.get(x).source for x in ('/a', '/r', '/x')],
         ['miss', 'upstream', 'miss'])
    mode(hark, upstreams={'/a': 'record'})
    same([hark.get(x).source for x in ('/a', '/r', '/x')],
         ['upstream', 'upstream', 'miss'])
    mode(hark, upstreams={'/a': None, '': 'auto'}, routes=[
        {'path': '/x*', 'method': 'GET,POST', 'mode': 'proxy'}])
    same([hark.get(x).source for x in ('/a', '/r', '/r', '/x', '/x')],
         ['replay', 'upstream', 'replay', 'upstream', 'upstream'])
    same([u['mode'] for u in admin(hark, 'GET', '/v1/state')[1]['upstreams']],
         [None, 'auto'])


@case
def modes_that_cannot_be_had_change_nothing(t):
    hark = t.hark('proxy', t.origin(), '--store', t.path() / 'no' / 'such.db')
    was = admin(hark, 'GET', '/v1/mode')
    for change, status, why in (
            ({'mode': 'replay'}, 409, 'no/such.db'),
            ({'mode': 'record'}, 409, 'no/such.db'),
            ({'mode': 'recrod'}, 400, 'expected one of proxy, record'),
            ({'mode': 1}, 400, 'mode'), ({'modes': {}}, 400, 'modes'), ([], 400,
             'expected a JSON object'), ({'upstreams': []}, 400, 'upstreams'),
            ({'upstreams': {'/x': 'spy'}}, 409, '/x'),
            ({'upstreams': {'': 3}}, 400, 'expected a mode'),
            ({'routes': {}}, 400, 'routes'),
            ({'routes': [{'path': '/x'}]}, 400, 'element 1'),
            ({'routes': [{'path': 'x', 'mode': 'spy'}]}, 400, 'element 1')):
        got, answer = admin(hark, 'PUT', '/v1/mode', change)
        same(got, status, change)
        check(why in answer['detail'], (change, answer))
    same(admin(hark, 'GET', '/v1/mode'), was)
    same(hark.get('/').source, 'upstream')


def _har(t):
    file = t.path('empty.har')
    file.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 't', 'version': '1'},
        'entries': []}}))
    return file


def _mocks(t, text='1'):
    file = t.path('m.json')
    file.write_text(json.dumps({'routes': [
        {'endpoint': 'x', 'responses': [{'body': text}]}]}))
    return file


@case
def modes_change_under_load(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--workers', '3')
    same(hark.get('/x').status, 200)
    with traffic(hark, lambda r: r.status == 200 and
                 r.source in ('upstream', 'replay')) as counts:
        for i in range(12):
            had = list(counts)
            mode(hark, mode=('replay', 'auto', 'proxy', 'record')[i % 4])
            until(lambda: all(a > b for a, b in zip(counts, had)),
                  'all clients had answers')


# --- settings that are read again ---------------------------------------------

@case
def a_configuration_is_taken_under_load_and_no_request_is_lost(t):
    ends = [t.origin(), t.origin()]
    for i, end in enumerate(ends):
        end.routes['/x'] = lambda p, r, i=i: p.send(reply(b'%d' % i))
    file = configured(t, upstream=ends[0].url)
    hark = t.hark('proxy', '--config', file, '--no-watch', '--workers', '3')
    with traffic(hark, lambda r: (r.status, r.body) in (
            (200, b'0'), (200, b'1'))) as counts:
        for i in range(1, 21):
            configure(file, upstream=ends[i % 2].url)
            hark.signal(signal.SIGHUP)
            told(hark, 'files are read anew', i)
            same(hark.get('/x').body, b'%d' % (i % 2))
            had = list(counts)
            until(lambda: all(a > b for a, b in zip(counts, had)),
                  'all clients had answers')


@case
def a_file_that_changes_is_noticed(t):
    one, two = t.origin(), t.origin()
    file = configured(t, upstream=[f'/a={one.url}'])
    hark = t.hark('proxy', '--config', file)
    same(hark.get('/b').source, 'miss')
    configure(file, upstream=[f'/a={one.url}', f'/b={two.url}'],
              source_header=False, upstream_mode='/a=record')
    told(hark, 'files are read anew')
    same((hark.get('/b').source, two.targets()), ('', ['/']))
    check('changed: upstream, source-header, upstream-mode' in hark.log,
          hark.log)
    hark.get('/a/1')
    hark.stop()
    same(len(entries(hark.store)), 1)


@case
def what_cannot_change_is_named_and_stays(t):
    origin = t.origin()
    file = configured(t, workers=1, on_miss='404', tape='one')
    hark = t.hark('replay', origin, '--config', file, '--no-watch',
                  '--header-timeout', '5s', '--mode-for', '/p=record')
    same(hark.get('/').status, 404)
    configure(file, workers=2, on_miss='502', listen='127.0.0.1:1',
              header_timeout='50s', rule='* * redact query a')
    status, answer = admin(hark, 'POST', '/v1/reload')
    same((status, answer), (200, {
        'changed': ['on-miss', 'header-timeout', 'rules'],
        'next_start': ['workers', 'listen', 'tape']}))
    hark.told('the next start: workers, listen, tape')
    same(hark.get('/').status, 502)
    hark.get('/p')
    hark.stop()
    same(len(entries(hark.store, '--tape', 'one')), 1)


@case
def what_is_wrong_is_told_with_its_place_and_changes_nothing(t):
    origin = t.origin()
    file = configured(t, on_miss='404')
    rules = t.path('rules')
    rules.write_text('')
    mocks, spec = _mocks(t), t.path('api.json')
    spec.write_text(json.dumps(DESCRIPTION))
    hark = t.hark('proxy', '--config', file, '--rules', rules, '--mocks',
                  mocks, '--openapi', spec, '--no-watch')
    good = file.read_text(), rules.read_text(), mocks.read_text(), \
        spec.read_text()
    for at, text, why in (
            (0, '{"on-miss": "502",\n', f'{file}:2: '),
            (0, '{"on-miss": "502", "x": 1}',
             f'{file}: member x: no such option'),
            (0, '{"on-miss": "502", "workers": "many"}', 'member workers: '),
            (0, '{"on-miss": "502", "upstream-mode": "/q=spy"}', '/q'),
            (1, '* /x ignore nonsense', f'{rules}: line 1: '),
            (2, '{"routes": [\n', f'{mocks}:2:'),
            (3, '{', f'{spec}')):
        file.write_text('{"on-miss": "502"}')
        mocks.write_text(good[2].replace('"1"', '"2"'))
        (file, rules, mocks, spec)[at].write_text(text)
        status, answer = admin(hark, 'POST', '/v1/reload')
        same(status, 409, answer)
        check(why in answer['detail'], answer)
        hark.told(why)
        same((hark.get('/').status, hark.get('/x').body), (404, b'1'), text)
        for path, was in zip((file, rules, mocks, spec), good):
            path.write_text(was)
    file.unlink()
    same(admin(hark, 'POST', '/v1/reload')[0], 409)
    file.write_text('{"on-miss": "502"}')
    mocks.write_text(good[2].replace('"1"', '"2"'))
    same(admin(hark, 'POST', '/v1/reload'),
         (200, {'changed': ['on-miss'], 'next_start': []}))
    same((hark.get('/').status, hark.get('/x').body), (502, b'2'))


@case
def descriptions_are_read_again(t):
    spec = t.path('api.json')
    spec.write_text(json.dumps(DESCRIPTION))
    hark = t.hark('proxy', t.origin(), '--openapi', spec)

    def unknown():
        return ['path' in hark.get(x).get('x-hark-contract')
                for x in ('/a', '/b')]
    same(unknown(), [False, True])
    spec.write_text(json.dumps(DESCRIPTION).replace('"/a"', '"/b"'))
    told(hark, 'files are read anew')
    same(unknown(), [True, False])


@case
def modes_that_were_set_outlast_a_reload_that_says_nothing_of_them(t):
    origin = t.origin()
    file = configured(t, on_miss='404')
    hark = t.hark('proxy', origin, '--config', file, '--no-watch')
    mode(hark, mode='record', routes=[{'path': '/r', 'mode': 'auto'}])
    was = admin(hark, 'GET', '/v1/mode')
    configure(file, on_miss='502')
    same(admin(hark, 'POST', '/v1/reload')[0], 200)
    same(admin(hark, 'GET', '/v1/mode'), was)
    configure(file, on_miss='502', mode_for='/x=spy')
    same(admin(hark, 'POST', '/v1/reload')[0], 200)
    same(admin(hark, 'GET', '/v1/mode')[1]['routes'],
         [{'method': '*', 'path': '/x', 'mode': 'spy'}])
    same(admin(hark, 'GET', '/v1/mode')[1]['mode'], 'proxy')


# --- the log, and the end -----------------------------------------------------

def over(hark, target):
    """All of that exchange is written, which is behind its answer."""
    until(lambda: any(
        e['path'] == target and e['state'] == 'done'
        for e in admin(hark, 'GET', '/v1/traffic')[1]['entries']),
        f'{target} is over')


@case
def the_log_says_more_and_less(t):
    hark = t.hark('proxy', t.origin())
    same(admin(hark, 'GET', '/v1/log'), (200, {'level': 'info'}))
    hark.get('/one')
    over(hark, '/one')
    same(admin(hark, 'PUT', '/v1/log', {'level': 'debug'})[0], 200)
    hark.get('/two')
    over(hark, '/two')
    same(admin(hark, 'PUT', '/v1/log', {'level': 'warn'})[1],
         {'level': 'warn'})
    hark.get('/three')
    over(hark, '/three')
    hark.told('/two')
    same([x in hark.log for x in ('/one', '/two', '/three')],
         [False, True, False])
    for bad in ({}, {'level': 'loud'}, {'level': 1}, [], {'level': 'info',
                                                          'x': 1}):
        same(admin(hark, 'PUT', '/v1/log', bad)[0], 400, bad)


@case
def draining_answers_what_runs_and_ends_with_0(t):
    origin, gate = t.origin(), t.gate()
    origin.routes['/slow'] = lambda p, r: (gate.wait(), p.send(reply(b'ok')))
    hark = t.hark('proxy', origin, '--workers', '1', '--drain-timeout', '60s')
    idle, busy = t.client(hark), t.client(hark)
    idle.ask('GET', '/')
    busy.request('GET', '/slow')
    until(lambda: '/slow' in [r.target for r in origin.requests],
          'the request runs')
    same(admin(hark, 'POST', '/v1/drain')[0], 202)
    same(admin(hark, 'POST', '/v1/drain')[0], 202)  # once is enough
    same(admin(hark, 'GET', '/v1/health/ready')[0], 503)
    same(idle.sock.recv(1), b'')  # it drains
    gate.open()
    r = busy.response()
    same((r.status, r.body, r.get('connection')), (200, b'ok', 'close'))
    same(hark.wait(), 0)


@case
def draining_is_answered_also_when_nothing_runs(t):
    for _ in range(4):
        hark = t.hark('proxy', t.origin(), '--workers', '1')
        same(admin(hark, 'POST', '/v1/drain')[0], 202)
        same(hark.wait(), 0)


# --- the service manager ------------------------------------------------------

def manager(t, abstract):
    """A socket that is told, and its name."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    t.ends.callback(s.close)
    s.settimeout(PATIENCE)
    name = f'@hark-test-{os.getpid()}-{id(s)}' if abstract else \
        str(t.path('notify'))
    s.bind(name.replace('@', '\0'))
    return s, name


def heard(s):
    return dict(line.split('=', 1) for line in
                s.recv(4096).decode().splitlines())


def heard_until(s, member):
    """What comes with that member, after what the watchdog is told."""
    while member not in (text := heard(s)):
        same(text, {'WATCHDOG': '1'})
    return text


@case
def a_service_manager_is_told_of_start_reload_and_end(t):
    for abstract in (False, True):
        s, name = manager(t, abstract)
        hark = t.hark('proxy', t.origin(), env={'NOTIFY_SOCKET': name})
        same(heard(s), {'READY': '1', 'STATUS': hark.address})
        before = time.monotonic_ns() // 1000
        hark.signal(signal.SIGHUP)
        text = heard(s)
        same(text.pop('RELOADING'), '1')
        check(before <= int(text.pop('MONOTONIC_USEC')) <=
              time.monotonic_ns() // 1000, 'the time of the reload')
        same((text, heard(s)), ({}, {'READY': '1'}))
        hark.process.send_signal(signal.SIGTERM)
        same(heard(s)['STOPPING'], '1')
        same(hark.wait(), 0)


@case
def the_watchdog_hears_as_long_as_all_workers_answer(t):
    s, name = manager(t, False)
    hark = t.hark('proxy', t.origin(), '--workers', '2', env={
        'NOTIFY_SOCKET': name, 'WATCHDOG_USEC': '200000'})
    heard_until(s, 'READY')
    for _ in range(4):
        same(heard(s), {'WATCHDOG': '1'})
    hark.get('/')
    hark.process.send_signal(signal.SIGTERM)
    heard_until(s, 'STOPPING')
    same(hark.wait(), 0)


@case
def a_watchdog_of_another_process_hears_nothing(t):
    s, name = manager(t, False)
    hark = t.hark('proxy', t.origin(), env={
        'NOTIFY_SOCKET': name, 'WATCHDOG_USEC': '1000', 'WATCHDOG_PID': '1'})
    same(heard(s)['READY'], '1')
    hark.process.send_signal(signal.SIGTERM)
    same(heard(s)['STOPPING'], '1')
    same(hark.wait(), 0)


@case
def who_cannot_be_told_is_no_hindrance(t):
    for name in ('relative', '@', '/no/such/socket', '/' + 'x' * 200):
        hark = t.hark('proxy', t.origin(), env={'NOTIFY_SOCKET': name})
        same(hark.get('/').status, 200)
        hark.told('cannot be told')
        hark.stop()


main()
