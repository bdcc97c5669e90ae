# Goal: hark doctor finds what is wrong with a set-up and says what to do.

import contextlib
import json
import os
import socket
import sqlite3
import subprocess

from harness import (HARK, case, certificate, check, command, main, reply,
                     same, tls_server)


def doctor(t, *argv, env=None, wrap=()):
    """The findings by check: lists of (result, text, advice)."""
    options = [] if '--listen' in argv else ['--listen', '127.0.0.1:0']
    options += [] if '--admin' in argv else ['--admin', 'off']
    options += [] if '--store' in argv else ['--store', t.path('hark.db')]
    options += [] if '--ca-dir' in argv else ['--ca-dir', t.path('ca')]
    done = subprocess.run(
        [*wrap, HARK, 'doctor', '--json', *map(str, options),
         *map(str, argv)], capture_output=True, text=True,
        env={**os.environ, **(env or {})}, timeout=60)
    same(done.stderr, '')
    found = {}
    for line in done.stdout.splitlines():
        f = json.loads(line)
        check(f['result'] in ('ok', 'warning', 'failed'), f)
        found.setdefault(f['check'], []).append(
            (f['result'], f['text'], f.get('advice')))
    failed = any(r == 'failed' for v in found.values() for r, _, _ in v)
    same(done.returncode, int(failed), done.stdout)
    return found


def finding(found, name, result, text):
    """One finding that says so, with advice unless all is well."""
    for r, said, advice in found.get(name, ()):
        if r == result and text in said:
            check(r == 'ok' or advice, said)
            return said
    check(False, f'{name} does not say {text!r}: {found.get(name)}')


@case
def a_set_up_that_is_fine_is_fine(t):
    origin = t.origin()
    origin.routes['/'] = reply(b'')
    found = doctor(t, origin.url)
    for checks in found.values():
        for result, text, _ in checks:
            check(result != 'failed', text)
    said = finding(found, 'upstreams', 'ok', 'HEAD gives 200')
    check('connection' in said and 'answer' in said, said)
    finding(found, 'settings', 'ok', 'mode auto, 1 upstreams')
    finding(found, 'libraries', 'ok', 'SQLite 3.')
    finding(found, 'clock', 'ok', '20')
    same([(r.method, r.target) for r in origin.take()], [('HEAD', '/')])


@case
def nothing_is_changed_and_replay_asks_nobody(t):
    origin = t.origin()
    found = doctor(t, '--mode', 'replay', origin.url)
    finding(found, 'upstreams', 'ok', 'asks none')
    finding(found, 'store', 'failed', 'there is none to replay from')
    same((origin.received, t.path('hark.db').exists()), (b'', False))


@case
def text_says_what_to_do(t):
    done = command('doctor', '--mode', 'replay', '--store',
                   t.path('none.db'), '--admin', 'off', '--listen',
                   '127.0.0.1:0')
    same(done.returncode, 1)
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines)
              if line.startswith('failed   store: '))
    check(lines[at + 1].startswith('         record first'), lines)


@case
def options_that_are_wrong_are_findings(t):
    found = doctor(t, '--queue-size', 'much')
    finding(found, 'settings', 'failed', 'option queue-size: much')
    config = t.path('bad.json')
    config.write_text('{"listen": 5}')
    found = doctor(t, '--config', config)
    finding(found, 'settings', 'failed', 'listen')
    found = doctor(t, '--mode', 'record', '--forward-proxy=off')
    check(any(r == 'failed' for r, _, _ in found['settings']), found)
    same(command('doctor', '--mode', 'nope').returncode, 2)
    same(command('doctor', 'a', 'b').returncode, 2)


@case
def ports_that_are_taken_are_found(t):
    with socket.create_server(('127.0.0.1', 0)) as s:
        taken = f'127.0.0.1:{s.getsockname()[1]}'
        found = doctor(t, '--listen', taken)
        finding(found, 'ports', 'failed', f'--listen {taken}: Address already')
        found = doctor(t, '--admin', taken)
        finding(found, 'ports', 'failed', f'--admin {taken}: Address already')
    finding(doctor(t, '--listen', taken), 'ports', 'ok', 'is free')
    found = doctor(t, '--listen', '192.0.2.1:8080')
    finding(found, 'ports', 'failed', 'Cannot assign')
    path = t.path('socket')
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))
        s.listen()
        found = doctor(t, '--admin', f'unix:{path}')
        finding(found, 'ports', 'failed', 'somebody listens there')


def recorded(t):
    origin = t.origin()
    origin.routes['/big'] = reply(os.urandom(300_000))
    hark = t.hark('record', origin)
    hark.get('/big')
    hark.get('/other')
    return hark


@case
def stores_are_looked_into(t):
    hark = recorded(t)
    found = doctor(t, '--mode', 'record', '--store', hark.store,
                   hark.url_of_origin)
    finding(found, 'store', 'failed', 'another process writes to it')
    hark.stop()
    found = doctor(t, '--mode', 'replay', '--store', hark.store)
    finding(found, 'store', 'ok', 'whole; 2 entries on the tape default')
    found = doctor(t, '--mode', 'replay', '--store', hark.store, '--tape',
                   'nope')
    finding(found, 'store', 'failed', 'nothing is on the tape nope')
    finding(found, 'disk', 'ok', 'MiB are free')


@case
def a_damaged_store_is_found(t):
    hark = recorded(t)
    hark.stop()
    db = sqlite3.connect(hark.store)
    db.execute('pragma wal_checkpoint(truncate)')
    db.close()
    data = bytearray(hark.store.read_bytes())
    size = int.from_bytes(data[16:18], 'big')
    for page in range(size * 3, len(data) - size, size):
        data[page:page + 32] = b'\xff' * 32
    hark.store.write_bytes(data)
    found = doctor(t, '--mode', 'replay', '--store', hark.store)
    check(any(r == 'failed' for r, _, _ in found['store']), found)
    junk = t.path('junk.db')
    junk.write_text('no database' * 100)
    found = doctor(t, '--mode', 'replay', '--store', junk)
    finding(found, 'store', 'failed', 'not a database')


@case
def what_a_long_reader_makes_of_the_log_of_a_store_is_told(t):
    hark = recorded(t)
    hark.stop()
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        db.execute('begin')
        db.execute('select count(*) from entry').fetchone()
        os.truncate(f'{hark.store}-wal', 300 << 20)
        found = doctor(t, '--mode', 'replay', '--store', hark.store)
        finding(found, 'store', 'warning', '-wal has 300 MiB')


@case
def folders_that_cannot_be_written_are_found(t):
    found = doctor(t, '--mode', 'record', '--store',
                   t.path('none') / 'hark.db', 'http://127.0.0.1:9')
    finding(found, 'store', 'failed', 'cannot be made in')
    found = doctor(t, env={'TMPDIR': '/proc'})
    finding(found, 'kernel', 'warning', 'no temporary files')


@case
def a_key_that_others_may_read_is_found(t):
    hark = recorded(t)
    hark.stop()
    key = t.path('key')
    key.write_text('0' * 64 + '\n')
    key.chmod(0o644)
    found = doctor(t, '--mode', 'replay', '--store', hark.store,
                   '--redact-key', key)
    finding(found, 'store', 'warning', 'others may read the key')


@case
def upstreams_are_told_by_how_far_it_came(t):
    with socket.create_server(('127.0.0.1', 0)) as s:
        free = s.getsockname()[1]
    found = doctor(t, f'http://127.0.0.1:{free}')
    finding(found, 'upstreams', 'failed', 'Connection refused')
    found = doctor(t, 'http://no-such-host.invalid')
    finding(found, 'upstreams', 'failed', 'no-such-host.invalid')
    origin = t.origin()
    origin.routes['/'] = reply(b'', status='503 Busy')
    found = doctor(t, origin.url)
    finding(found, 'upstreams', 'warning', 'HEAD gives 503')


@case
def chains_that_nobody_trusts_are_found(t):
    cert, key = certificate(t.path('.'), 'origin')
    origin = t.origin(tls=tls_server(cert, key))
    found = doctor(t, origin.url)
    finding(found, 'upstreams', 'failed', 'certificate')
    advice = found['upstreams'][0][2]
    check('--upstream-ca' in advice, advice)


@case
def mocks_and_descriptions_are_checked(t):
    mocks = t.path('mocks.json')
    mocks.write_text('{"routes": [{"endpoint": 5}]}')
    found = doctor(t, '--mocks', mocks)
    finding(found, 'mocks', 'failed', 'the first: line 1')
    mocks.write_text('{"routes": [{"endpoint": "a", "responses": [{}]}]}')
    finding(doctor(t, '--mocks', mocks), 'mocks', 'ok', str(mocks))
    api = t.path('api.yaml')
    api.write_text('openapi: 3.0.0\npaths: 5\n')
    found = doctor(t, '--openapi', api)
    finding(found, 'openapi', 'failed', 'api.yaml')


@case
def certificates_and_trust_are_looked_at(t):
    found = doctor(t, '--tls', 'auto')
    finding(found, 'certificates', 'failed', 'hark ca init')
    folder = t.path('ca')
    auto = ('--tls', 'auto', '--ca-dir', folder)
    same(command('ca', 'init', '--ca-dir', folder).returncode, 0)
    env = {'CURL_CA_BUNDLE': str(t.path('none.pem'))}
    found = doctor(t, *auto, env=env)
    finding(found, 'certificates', 'ok', 'the local authority is valid')
    finding(found, 'trust', 'warning', 'CURL_CA_BUNDLE names')
    env = {'CURL_CA_BUNDLE': '/etc/ssl/certs/ca-certificates.crt'}
    if os.path.exists(env['CURL_CA_BUNDLE']):
        found = doctor(t, *auto, env=env)
        finding(found, 'trust', 'warning', 'does not have the local')
    env = {'CURL_CA_BUNDLE': str(folder / 'ca.pem')}
    found = doctor(t, *auto, env=env)
    finding(found, 'trust', 'ok', 'has the local authority')


@case
def limits_and_zones_are_looked_at(t):
    found = doctor(t, wrap=['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh'])
    finding(found, 'descriptors', 'warning', '200 descriptors')
    found = doctor(t, '--max-connections', '50',
                   wrap=['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh'])
    finding(found, 'descriptors', 'ok', '200 descriptors')
    found = doctor(t, '--cache-size', '900g')
    finding(found, 'memory', 'warning', 'may take')
    found = doctor(t, '--cache-size', 'auto')
    finding(found, 'memory', 'ok', 'for cache, queue')
    found = doctor(t, env={'TZ': 'Europe/Nowhere'})
    finding(found, 'clock', 'warning', 'Europe/Nowhere')


main()
