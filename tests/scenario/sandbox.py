# Goal: a gateway gives up what it does not need, and serves on.

import json
import os
import pathlib
import pwd
import re
import subprocess

from harness import (PATIENCE, Hark, Skip, case, certificate, check, command,
                     entries, main, same, until)
from tunnels import world

MOCKS = {'routes': [
    {'endpoint': 'in', 'responses': [{'bodyType': 'FILE',
                                      'filePath': 'in.txt'}]},
    {'endpoint': 'out', 'responses': [{'bodyType': 'FILE'}]},
    {'endpoint': 're/:id', 'responses': [
        {'body': 'rule', 'rules': [{'target': 'params', 'modifier': 'id',
                                    'value': '^[0-9]+$',
                                    'operator': 'regex'}]}]}]}


def confined(t, mode, *options, sandbox='on', **how):
    try:
        return t.hark(mode, *options, '--sandbox', sandbox,
                      env={'TMPDIR': str(t.path())}, **how)
    except Exception:
        log = t.harks[-1].log
        if 'sanitizers' in log or 'Landlock (' in log or 'seccomp:' in log:
            t.harks[-1].process = None
            raise Skip(log.strip()) from None
        raise


def status(hark, field):
    text = pathlib.Path(f'/proc/{hark.process.pid}/status').read_text()
    return re.search(rf'^{field}:\s*(.*)', text, re.M).group(1)


@case
def all_threads_are_in_the_sandbox(t):
    hark = confined(t, 'replay', '--workers', 2, store=record(t))
    for task in pathlib.Path(f'/proc/{hark.process.pid}/task').iterdir():
        text = (task / 'status').read_text()
        same(re.search(r'^Seccomp:\s*(\d)', text, re.M).group(1), '2')
        same(re.search(r'^NoNewPrivs:\s*(\d)', text, re.M).group(1), '1')


def record(t, path='/a'):
    origin = t.origin()
    hark = t.hark('record', origin)
    same(t.client(hark).ask('GET', path).status, 200)
    hark.stop()
    origin.stop()
    return hark.store


@case
def what_a_gateway_does_goes_on_in_it(t):
    origin = t.origin()
    hark = confined(t, 'auto', origin, '--access-log', t.path('access'))
    body = b'z' * (3 << 20)
    same(t.client(hark).ask('POST', '/x', body=body).status, 200)
    until(lambda: t.client(hark).ask('POST', '/x', body=body).source ==
          'replay', 'it is recorded')
    hark.signal(1)
    until(lambda: 'files are read anew' in hark.log, 'files are read')
    hark.stop()
    check('sandbox' not in hark.log, hark.log)
    check(entries(hark.store), 'nothing is recorded')


@case
def only_files_of_its_folders_are_read(t):
    folder, other = t.path(), t.path()
    if str(folder).startswith('/dev/shm/'):
        raise Skip('TMPDIR is where every gateway may read')
    (folder / 'in.txt').write_text('inside')
    (other / 'out.txt').write_text('outside')
    mocks = json.loads(json.dumps(MOCKS))
    mocks['routes'][1]['responses'][0]['filePath'] = str(other / 'out.txt')
    (folder / 'mocks.json').write_text(json.dumps(mocks))
    options = ['--mocks', folder / 'mocks.json', '--on-miss', '404']
    hark = confined(t, 'proxy', *options)
    c = t.client(hark)
    same(c.ask('GET', '/in').body, b'inside')
    same(c.ask('GET', '/re/12').body, b'rule')
    check(c.ask('GET', '/out').body != b'outside', 'it is read')
    hark.told('Permission denied')
    hark.stop()
    hark = confined(t, 'proxy', *options, '--sandbox-path', other)
    same(t.client(hark).ask('GET', '/out').body, b'outside')
    hark.stop()
    # Without it, it is.
    hark = t.hark('proxy', *options, '--sandbox', 'off')
    same(t.client(hark).ask('GET', '/out').body, b'outside')


@case
def offline_is_for_modes_that_open_nothing(t):
    hark = confined(t, 'replay', store=record(t), sandbox='offline')
    same(t.client(hark).ask('GET', '/a').source, 'replay')
    same(t.client(hark).ask('GET', '/b').status, 501)
    for mode in ('record', 'proxy', 'auto', 'spy', 'fallback'):
        done = command(mode, '--sandbox', 'offline', 'http://127.0.0.1:1',
                       '--store', t.path('h.db'))
        same(done.returncode, 2)
        check('option sandbox: offline' in done.stderr, done.stderr)
    done = command('run', '--sandbox', 'on', '--', 'true')
    same(done.returncode, 2)
    check('option sandbox' in done.stderr, done.stderr)


# --- another user ------------------------------------------------------------

def nobody():
    if os.geteuid() != 0:
        raise Skip('only root can become another user')
    try:
        return pwd.getpwnam('nobody')
    except KeyError:
        raise Skip('there is no user nobody') from None


def started(t, folder, *options, **how):
    """Of whoever may write to the folder."""
    hark = Hark(folder, 'record', *options, **how)
    t.harks.append(hark)
    t.ends.callback(hark.stop)
    return hark.start()


def open_way(path):
    for one in path.parents:
        if str(one) in ('/', '/tmp'):
            break
        os.chmod(one, 0o755)


def open_folder(t, user):
    """A folder of that user, which it can get to."""
    path = t.path()
    open_way(path)
    os.chown(path, user.pw_uid, user.pw_gid)
    return path


@case
def root_becomes_the_user_once_ports_and_keys_are_open(t):
    user = nobody()
    cert, key = certificate(t.path(), 'server', 'IP:127.0.0.1')
    os.chmod(key, 0o600)
    folder = open_folder(t, user)
    origin = t.origin()
    hark = started(t, folder, '--user', 'nobody', '--tls-cert', cert,
                   '--tls-key', key, '--admin', f'unix:{folder}/admin',
                   url=origin.url)
    ids = [str(user.pw_uid)] * 4
    same(status(hark, 'Uid').split(), ids)
    same(status(hark, 'Gid').split(), [str(user.pw_gid)] * 4)
    for task in pathlib.Path(f'/proc/{hark.process.pid}/task').iterdir():
        text = (task / 'status').read_text()
        same(re.search(r'^Uid:\s*(.*)', text, re.M).group(1).split(), ids)
        for one in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
            same(int(re.search(rf'^{one}:\s*(.*)', text, re.M).group(1), 16),
                 0, one)
        same(re.search(r'^NoNewPrivs:\s*(\d)', text, re.M).group(1), '1')
    check(f'{key}: user nobody cannot read this' in hark.log, hark.log)
    out = subprocess.run(
        ['curl', '-sS', '--cacert', cert, f'https://{hark.address}/a'],
        capture_output=True, timeout=PATIENCE)
    same((out.returncode, out.stderr), (0, b''))
    same(hark.store.stat().st_uid, user.pw_uid)
    same((folder / 'admin').stat().st_uid, user.pw_uid)
    # What it cannot read any more, it says; and serves on.
    hark.signal(1)
    until(lambda: hark.log.count('Permission denied') > 0,
          'the key could not be read again')
    out = subprocess.run(
        ['curl', '-sS', '--cacert', cert, f'https://{hark.address}/b'],
        capture_output=True, timeout=PATIENCE)
    same(out.returncode, 0)
    hark.stop()
    same(len(entries(hark.store)), 2)


@case
def groups_are_those_of_the_user_or_the_one_that_is_named(t):
    user = nobody()
    folder = open_folder(t, user)
    hark = started(t, folder, '--user', 'nobody:12345')
    same(status(hark, 'Gid').split(), ['12345'] * 4)
    same(status(hark, 'Groups').split(), ['12345'])
    hark.stop()


@case
def a_user_that_is_none_or_root_is_refused(t):
    for user, why in (('nobody-at-all', 'no such user'),
                      ('root', "that are not root's"), ('0:0', 'not root'),
                      ('54321', 'USER:GROUP'), ('1:no-such-group',
                                                'no such group')):
        done = command('record', '--user', user, '--listen', '127.0.0.1:0',
                       '--store', t.path('h.db'))
        same(done.returncode, 2)
        check(why in done.stderr, done.stderr)


@case
def who_serves_others_as_root_is_warned(t):
    nobody()
    hark = t.hark('record', '--allow-remote', listen=['0.0.0.0:0'])
    check('served as root' in hark.log, hark.log)
    hark.stop()
    hark = t.hark('record')
    check('as root' not in hark.log, hark.log)


@case
def who_holds_an_authoritys_key_leaves_no_core_dump(t):
    user = nobody()
    _, _, ca = world()
    for path in (ca, *ca.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    folder = open_folder(t, user)
    open_way(ca)
    wrap = ['setpriv', '--reuid', 'nobody', '--regid', str(user.pw_gid),
            '--clear-groups']
    owners = []
    for more in (['--ca-dir', folder / 'none'], ['--ca-dir', ca]):
        hark = started(t, folder, *more, wrap=wrap)
        proc = pathlib.Path(f'/proc/{hark.process.pid}')
        if re.search('lib[at]san', (proc / 'maps').read_text()):
            raise Skip('sanitizers have to look into the memory')
        owners.append((proc / 'environ').stat().st_uid)
        hark.stop()
    # Of a process that leaves no core dump, files here are root's.
    same(owners, [user.pw_uid, 0])


main()
