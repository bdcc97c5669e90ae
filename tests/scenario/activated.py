# Goal: hark serves on sockets that a service manager listens on.

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess

from harness import HARK, Client, Skip, case, check, command, main, same, until


def activated(t, sockets, names, *options, mode='proxy', wrong_pid=False):
    """hark with sockets as a service manager gives them, from 3 on."""
    def give():
        # The copies are above those that they are copied to.
        for i, fd in enumerate(copies):
            os.dup2(fd, 3 + i)
        os.environ.update(LISTEN_PID=str(1 if wrong_pid else os.getpid()),
                          LISTEN_FDS=str(len(copies)),
                          LISTEN_FDNAMES=':'.join(names))
        os.execve(HARK, argv, {**os.environ})

    copies = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in sockets]
    ready = t.path('ready.json')
    argv = [HARK, mode, '--ready-file', str(ready), '--store',
            str(t.path('hark.db')), '--drain-timeout', '3s',
            *map(str, options)]
    pid = os.fork()
    if pid == 0:
        try:
            give()
        finally:
            os._exit(127)
    for fd in copies:
        os.close(fd)
    status = []

    def ended():
        if not status:
            done, s = os.waitpid(pid, os.WNOHANG)
            if done:
                status.append(os.waitstatus_to_exitcode(s))
        return bool(status)

    def end():
        if not ended():
            os.kill(pid, signal.SIGTERM)
            until(ended, 'hark ends')
        return status[0]

    t.ends.callback(end)
    until(lambda: ready.exists() or ended(), 'hark is ready')
    said = json.loads(ready.read_text()) if ready.exists() else None
    return said, end


def listening(t, family=socket.AF_INET, at=('127.0.0.1', 0), listens=True):
    s = socket.socket(family)
    t.ends.callback(s.close)
    s.bind(at)
    if listens:
        s.listen()
    return s


@case
def sockets_of_a_service_manager_replace_the_settings(t):
    data, more = listening(t), listening(t)
    path = str(t.path('admin.sock'))
    admin = listening(t, socket.AF_UNIX, path)
    said, end = activated(
        t, [data, admin, more], ['hark.socket', 'admin', 'hark.socket'],
        '--listen', '127.0.0.1:1', '--workers', '2', t.origin().url)
    addresses = ['%s:%s' % s.getsockname() for s in (data, more)]
    same(said, {'listen': addresses, 'admin': f'unix:{path}'})
    for address in addresses * 3:
        client = Client(address)
        client.request('GET', '/')
        same(client.response().status, 200)
        client.close()
    same(command('health', '--admin', f'unix:{path}').returncode, 0)
    same(end(), 0)
    # It is the manager's: clients wait for the next start.
    check(os.path.exists(path), 'the socket stays')
    socket.create_connection(data.getsockname()).close()


@case
def sockets_for_another_process_are_not_taken(t):
    data = listening(t)
    said, end = activated(t, [data], [''], '--listen', '127.0.0.1:0',
                          '--admin', 'off', t.origin().url, wrong_pid=True)
    check(said['listen'] != ['%s:%s' % data.getsockname()], said)
    same(end(), 0)


@case
def what_cannot_be_listened_on_is_refused(t):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    t.ends.callback(datagrams.close)
    local = listening(t, socket.AF_UNIX, str(t.path('data.sock')))
    for wrong in (datagrams, listening(t, listens=False), local):
        said, end = activated(t, [wrong], [''], t.origin().url)
        same((said, end()), (None, 2))


@case
def an_open_proxy_is_refused_on_an_activated_socket_too(t):
    said, end = activated(t, [listening(t, at=('0.0.0.0', 0))], [''])
    same((said, end()), (None, 2))


def connected(t, port):
    try:
        client = Client(f'127.0.0.1:{port}')
    except ConnectionRefusedError:
        return None
    t.ends.callback(client.close)
    return client


@case
def systemd_socket_activate_starts_it(t):
    tool = shutil.which('systemd-socket-activate')
    if not tool:
        raise Skip('there is no systemd-socket-activate')
    free = listening(t)
    port = free.getsockname()[1]
    free.close()
    hark = subprocess.Popen(
        [tool, '-l', f'127.0.0.1:{port}', HARK, 'proxy', '--store',
         t.path('hark.db'), '--admin', 'off', t.origin().url],
        stderr=subprocess.DEVNULL)
    t.ends.callback(hark.wait)
    t.ends.callback(hark.kill)
    client = until(lambda: connected(t, port), 'it listens')
    client.request('GET', '/')
    same(client.response().status, 200)
    hark.send_signal(signal.SIGTERM)
    same(hark.wait(), 0)


main()
