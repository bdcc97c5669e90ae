# Goal: where the machine has no more to give, or lies about the time or where
# a host is, a gateway does what hark(1) says in "When something fails", and
# is as before when that is over.

import contextlib
import ctypes
import json
import mmap
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

from admins import Admin
from harness import (PATIENCE, SCALE, Ended, Shared, Skip, case, check,
                     entries, main, ms, outcome, problem, reply, same, until)
from waits import SANITIZED

HERE = pathlib.Path(__file__).parent
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'


def ticks(hark):
    """The CPU time that hark has taken, in ticks of 10 ms."""
    text = pathlib.Path(f'/proc/{hark.process.pid}/stat').read_text()
    fields = text.rpartition(')')[2].split()
    return int(fields[11]) + int(fields[12])


def rests(hark):
    """Does not turn round and round: half a second of its time is idle."""
    before, began = ticks(hark), time.monotonic()
    until(lambda: time.monotonic() - began > 0.5, 'half a second passed')
    used = ticks(hark) - before
    check(used < 25, f'{used * 10} ms of CPU in 500 ms of waiting')


def served(hark, target='/'):
    try:
        return hark.get(target).status == 200
    except (Ended, OSError):
        return False


def limited(**limits):
    """A command that lowers its own limits and becomes another."""
    if not shutil.which('prlimit'):
        raise Skip('there is no prlimit command')
    return ['prlimit', *(f'--{name}={n}' for name, n in limits.items())]


# --- descriptors -------------------------------------------------------------

def settled(hark, origin=None):
    """What an answer leaves open behind it is closed: its files, and the
    connection to an origin that ended it."""
    until(lambda: not any('deleted' in f or f.endswith('body.txt')
                          for f in hark.open_files()), 'files are closed')
    if origin:
        until(lambda: origin.peers[-1].closed, 'the upstream is let go')


def take_all(hark, leave):
    """Lowers the limit of a running gateway to what it has and leave."""
    fds = [int(x) for x in os.listdir(f'/proc/{hark.process.pid}/fd')]
    before = resource.prlimit(hark.process.pid, resource.RLIMIT_NOFILE)
    # The limit is one of numbers, and those in between are free, too.
    free = sum(n not in fds for n in range(max(fds)))
    resource.prlimit(hark.process.pid, resource.RLIMIT_NOFILE,
                     (max(fds) + 1 + max(0, leave - free), before[1]))
    return before


@case
def without_a_descriptor_for_the_upstream_it_is_a_502_until_there_is(t):
    origin = t.origin()
    hark = t.hark('record', origin, '--workers', '1')
    c = t.client(hark)
    same(c.ask('GET', '/').status, 200)
    origin.peers[-1].close()  # so that the next needs a new connection
    same(c.ask('GET', '/warm', [('Connection', 'keep-alive')]).status, 200)
    origin.default = reply(b'x', headers=[('Connection', 'close')])
    same(c.ask('GET', '/last').status, 200)
    settled(hark, origin)
    before = take_all(hark, 0)
    for _ in range(3):
        problem(c.ask('GET', '/none'), 502, 'connect')
    rests(hark)
    resource.prlimit(hark.process.pid, resource.RLIMIT_NOFILE, before)
    same(c.ask('GET', '/again').status, 200)
    check(served(hark), 'a new connection is served')
    hark.stop()
    same([outcome(e) for e in entries(hark.store)],
         ['complete'] * 3 + ['refused'] * 3 + ['complete'] * 2)


@case
def without_descriptors_new_connections_wait_and_are_served_later(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--workers', '1')
    same(hark.get('/').status, 200)
    before = take_all(hark, 2)
    crowd = [t.client(hark) for _ in range(30)]
    until(lambda: 'cannot accept connections' in hark.log,
          'the log tells of it')
    rests(hark)
    # Those that wait are served as soon as there is room, none is lost.
    resource.prlimit(hark.process.pid, resource.RLIMIT_NOFILE, before)
    for c in crowd:
        same(c.ask('GET', '/').status, 200)
    same(hark.log.count('cannot accept connections') < 20, True,
         'lines about it')


def mocked(t, endpoint, **response):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': [{
        'endpoint': endpoint.lstrip('/'), 'method': 'get',
        'responses': [response]}]}))
    return path


@case
def a_file_that_cannot_be_opened_is_told_of_and_found_later(t):
    body = t.path('body.txt')
    body.write_bytes(b'file' * 1000)
    hark = t.hark('proxy', '--mocks', mocked(
        t, '/file', filePath=str(body), statusCode=200), '--workers', '1')
    c = t.client(hark)
    same(c.ask('GET', '/file').status, 200)
    settled(hark)
    before = take_all(hark, 0)
    r = c.ask('GET', '/file')
    check(b'Too many open files' in r.body, r)
    resource.prlimit(hark.process.pid, resource.RLIMIT_NOFILE, before)
    same(c.ask('GET', '/file').body, b'file' * 1000)


@case
def a_long_body_without_a_descriptor_for_its_file_is_refused(t):
    origin = t.origin()
    hark = t.hark('auto', origin, '--workers', '1',
                  '--stream-request-body', '64k')
    c = t.client(hark)
    long = bytes(300000)
    same(c.ask('POST', '/', [], long).status, 200)
    c = t.client(hark)
    same(c.ask('GET', '/').status, 200)
    settled(hark)
    before = take_all(hark, 0)
    with contextlib.suppress(OSError):
        c.request('POST', '/spooled', [], long)
    try:
        problem(c.response(), 507)
    except Ended as e:
        same(e.how, 'rst')
    rests(hark)
    resource.prlimit(hark.process.pid, resource.RLIMIT_NOFILE, before)
    same(hark.ask('POST', '/later', [], long).status, 200)
    check('/spooled' not in origin.targets(), origin.targets())


# --- memory ------------------------------------------------------------------

@case(deadline=60)
def under_a_limit_of_memory_bodies_are_refused_and_nobody_dies(t):
    if SANITIZED:
        raise Skip('a sanitizer wants all addresses that there are')
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(str(len(r.body)).encode()))
    hark = t.hark('record', origin, '--workers', '2',
                  '--stream-request-body', '1024g',
                  wrap=limited(**{'as': 512 << 20}))
    same(hark.ask('POST', '/', [], b'x').body, b'1')
    crowd = []
    head = b'POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n'
    size = 50 << 20
    piece = bytes(1 << 20)
    statuses = []
    for _ in range(7):
        c = t.client(hark)
        c.sock.settimeout(PATIENCE)
        with contextlib.suppress(OSError):
            c.send(head % size)
            for _ in range((size >> 20) - 1):
                c.send(piece)
        crowd.append(c)
    for c in crowd:
        with contextlib.suppress(OSError):
            c.send(piece)
        try:
            r = c.response()
            statuses.append(r.status)
            if r.status == 200:
                same(r.body, str(size).encode())
        except (Ended, OSError):
            statuses.append(None)
    check(set(statuses) <= {200, 413, 503, None}, statuses)
    check(statuses.count(200) > 0, statuses)
    check(len(set(statuses)) > 1, 'the limit was not reached')
    for c in crowd:
        c.close()
    until(lambda: hark.ask('POST', '/', [], b'xy').body == b'2',
          'what the crowd held is free again')
    check(hark.process.poll() is None, 'hark died')


@case
def memory_that_ends_ends_hark_with_what_was_committed(t):
    if SANITIZED:
        raise Skip('a sanitizer has its own way to end without memory')
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(b'x'))
    hark = t.hark('record', origin, '--workers', '1', '--max-request-body',
                  '1g', '--stream-request-body', '1g', '--request-body-budget',
                  '1g', '--durability', 'strict')
    for i in range(5):
        same(hark.get(f'/{i}').status, 200)
    has = hark.status('VmSize') * 1024
    resource.prlimit(hark.process.pid, resource.RLIMIT_CORE, (0, 0))
    resource.prlimit(hark.process.pid, resource.RLIMIT_AS,
                     (has + (8 << 20), has + (8 << 20)))
    size = 900 << 20
    c = t.client(hark)
    with contextlib.suppress(OSError):
        c.send(b'POST /big HTTP/1.1\r\nHost: a\r\n'
               b'Content-Length: %d\r\n\r\n' % size)
        for _ in range(size >> 20):
            c.send(bytes(1 << 20))
    hark.told('hark: out of memory')
    same(hark.wait(), -signal.SIGABRT, 'it aborts')
    hark.process = None
    same([x['request']['url'].rpartition('/')[2]
          for x in entries(hark.store)], ['0', '1', '2', '3', '4'])


# --- a crowd -----------------------------------------------------------------

def room_for(n):
    """Descriptors for n connections in here and in what is started."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < n:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
        except (ValueError, OSError):
            raise Skip(f'no more than {hard} descriptors here, and {n} are '
                       'needed') from None
    elif soft < n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))


@case(deadline=60)
def ten_thousand_idle_connections_cost_little_and_delay_nobody(t):
    n = 10000
    room_for(n + 500)
    origin = t.origin()
    hark = t.hark('proxy', origin, '--max-connections', str(2 * n),
                  '--idle-timeout', '1h', '--header-timeout', '1h')
    same(hark.get('/').status, 200)
    before, fds = hark.status('VmRSS'), hark.descriptors()
    host, _, port = hark.address.rpartition(':')
    crowd = []
    t.ends.callback(lambda: [s.close() for s in crowd])
    for i in range(n):
        s = socket.socket()
        s.connect((host, int(port)))
        crowd.append(s)
        if i % 2 == 0:
            # Half of them have been served and are kept.
            s.sendall(b'GET /idle HTTP/1.1\r\nHost: a\r\n\r\n')
            check(s.recv(4096).startswith(b'HTTP/1.1 200'), 'not served')
    until(lambda: hark.descriptors() >= fds + n, 'all are accepted')
    each = (hark.status('VmRSS') - before) * 1024 / n
    print(f'# {each:.0f} bytes of memory for each of {n} connections')
    check(SANITIZED or each < 8000, f'{each:.0f} bytes a connection')
    rests(hark)
    for _ in range(50):
        same(hark.get('/').status, 200)
    for s in crowd:
        s.close()
    until(lambda: hark.descriptors() <= fds + 5, 'all are closed')
    same(hark.get('/').status, 200)


# --- time and names ----------------------------------------------------------

@Shared
def fake(t):
    """The library that lies."""
    compiler = shutil.which(os.environ.get('CC', 'cc').split()[-1]) or \
        shutil.which('cc')
    if not compiler:
        raise Skip('there is no C compiler')
    library = t.path('fake.so')
    subprocess.run([compiler, '-shared', '-fPIC', '-o', library,
                    HERE / 'fake.c', '-ldl'], check=True)
    return library


class Lies:
    """What the library tells, while a program runs."""

    def __init__(self, t):
        self.names, self.clock = t.path('names'), t.path('clock')
        self.names.write_text('')
        self.clock.write_bytes(bytes(8))
        with open(self.clock, 'r+b') as f:
            self.offset = ctypes.c_int64.from_buffer(mmap.mmap(f.fileno(), 8))
        self.env = {'LD_PRELOAD': str(fake()), 'FAKE_NAMES': str(self.names),
                    'FAKE_CLOCK': str(self.clock),
                    'ASAN_OPTIONS': 'verify_asan_link_order=0'}

    def say(self, *lines):
        # The file is never there by half.
        new = self.names.with_suffix('.new')
        new.write_text(''.join(f'{line}\n' for line in lines))
        new.rename(self.names)

    def jump(self, seconds):
        self.offset.value += int(seconds * 1e9)


@case
def a_clock_that_jumps_ends_nothing_and_delays_nothing(t):
    lies = Lies(t)
    origin = t.origin()
    log = t.path('access.log')
    gates = t.gates(4)
    queue = list(gates)

    def slow(peer, r):
        peer.send(CHUNKED)
        peer.chunked(b'one', last=False)
        queue.pop(0).wait()
        peer.chunked(b'two')
    origin.routes['/slow'] = slow
    hark = t.hark('record', origin, '--access-log', log, '--idle-timeout',
                  '60s', '--durability', 'batch', env=lies.env)
    admin = Admin(t, hark)
    kept = t.client(hark)
    same(kept.ask('GET', '/0').status, 200)
    for i, by in enumerate((3600, -7200, 400 * 86400, -400 * 86400)):
        c = t.client(hark)
        c.request('GET', '/slow')
        r = c.head()
        same(c.chunk(r), b'one')
        lies.jump(by)
        gates[i].open()
        same((c.chunk(r), c.chunk(r)), (b'two', b''))
        # Neither idle connections nor timers know of it.
        same(kept.ask('GET', f'/{i + 1}').status, 200)
        until(lambda: log.exists() and
              f'/{i + 1} ' in log.read_text(), 'the log has its line')
        up = admin.call('GET', '/v1/state').json['uptime_us']
        check(0 <= up < 600e6 * SCALE, f'{up} us up')
    hark.stop()
    told = entries(hark.store)
    same({outcome(e) for e in told}, {'complete'})
    for e in told:
        check(0 <= e['time'] < 60000 * SCALE, e['time'])
        check(all(v == -1 or 0 <= v < 60000 * SCALE
                  for v in e['timings'].values()
                  if isinstance(v, (int, float))), e['timings'])


@case
def a_host_that_moves_is_found_at_once(t):
    lies = Lies(t)
    one = t.origin()
    hark = t.hark('proxy', url=f'http://api.test:{one.port}', env=lies.env)
    lies.say('api.test 127.0.0.1')
    c = t.client(hark)
    same(c.ask('GET', '/1').status, 200)
    one.stop()
    two = t.origin(host='127.0.0.2', port=one.port)
    lies.say('api.test 127.0.0.2')
    # The address that is remembered refuses, so it is asked for again.
    for _ in range(5):
        same(c.ask('POST', '/2', [], b'x').status, 200)
        same(hark.get('/3').status, 200)
    check(two.requests, 'asked nobody')
    two.stop()
    problem(c.ask('GET', '/4'), 502, 'connect')
    lies.say('api.test')
    problem(c.ask('GET', '/5'), 502, 'resolve')


@case
def a_name_server_that_does_not_answer_costs_no_threads(t):
    lies = Lies(t)
    origin = t.origin()
    hark = t.hark('proxy', '--connect-timeout', ms(700), '--workers', '1',
                  url=f'http://api.test:{origin.port}', env=lies.env)
    lies.say('api.test wait')
    threads = hark.status('Threads')
    for _ in range(2):
        crowd = [t.client(hark) for _ in range(100)]
        for c in crowd:
            c.request('GET', '/')
        until(lambda: hark.status('Threads') > threads, 'it is looked up')
        check(hark.status('Threads') <= threads + 2,
              lambda: f'{hark.status("Threads") - threads} threads')
        for i, c in enumerate(crowd):
            if i % 4:
                problem(c.response(), 504, 'resolve')
            else:
                c.reset()
    rests(hark)
    last = t.client(hark)
    last.request('GET', '/last')
    lies.say('api.test 127.0.0.1')
    same(last.response().status, 200)
    same(hark.get('/').status, 200)
    until(lambda: hark.status('Threads') <= threads, 'all threads are over')


@case
def many_names_that_nobody_knows_wait_in_line(t):
    lies = Lies(t)
    origin = t.origin()
    hark = t.hark('proxy', '--workers', '1', '--forward-proxy',
                  '--connect-timeout', ms(5000), env=lies.env)
    lies.say(*(f'h{i}.test wait' for i in range(80)))
    threads = hark.status('Threads')
    crowd = []
    for i in range(80):
        c = t.client(hark)
        c.send(f'GET http://h{i}.test:{origin.port}/ HTTP/1.1\r\n'
               f'Host: h{i}.test:{origin.port}\r\n\r\n'.encode())
        crowd.append(c)
    until(lambda: hark.status('Threads') >= threads + 32, 'threads are busy')
    check(hark.status('Threads') <= threads + 33,
          lambda: f'{hark.status("Threads") - threads} threads')
    lies.say(*(f'h{i}.test 127.0.0.1' for i in range(80)))
    for c in crowd:
        same(c.response().status, 200)


@case
def an_address_that_answers_nothing_leaves_time_for_the_next(t):
    lies = Lies(t)
    origin = t.origin()
    # A listener whose queue is full drops what comes.
    full = socket.socket()
    full.bind(('127.0.0.2', origin.port))
    full.listen(0)
    queue = []
    for _ in range(4):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(full.getsockname())
        queue.append(s)
    hark = t.hark('proxy', '--connect-timeout', ms(1000), '--workers', '1',
                  url=f'http://api.test:{origin.port}', env=lies.env)
    lies.say('api.test 127.0.0.2 127.0.0.1')
    same(hark.get('/').status, 200)
    for s in [full, *queue]:
        s.close()


if __name__ == '__main__':
    main()
