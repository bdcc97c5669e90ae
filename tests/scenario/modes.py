# Goal: each mode that reads goes out when it should and not else.

import contextlib
import os
import pathlib
import re
import shutil

from answers import ANSWERS, number, record, shape
from harness import (Failed, Skip, case, check, command, entries, main, ms,
                     reply, same, until)


# --- the other modes that read -----------------------------------------------

@case
def B14_auto_forwards_and_records_a_miss_once(t):
    origin = t.origin()
    number(origin, '/n')
    hark = t.hark('auto', origin)
    same([(r.source, r.body) for r in (hark.get('/n') for _ in range(3))],
         [('upstream', b'1'), ('replay', b'1'), ('replay', b'1')])
    c = t.client(hark)
    for i in range(20):
        c.request('GET', f'/{i}')
        same(c.response().source, 'upstream')
        c.request('GET', f'/{i}')  # right away, before any commit
        same(c.response().source, 'replay', i)
    same(len(origin.take()), 21)
    hark.stop()
    same(len(entries(hark.store)), 21)
    hark.restart(url=origin.url)
    same((hark.get('/n').body, hark.get('/19').source), (b'1', 'replay'))
    same(origin.targets(), [])


@case
def an_upstream_and_a_route_may_have_modes_of_their_own(t):
    old, new = t.origin(), t.origin()
    hark = t.hark('replay', '--upstream', f'/old+={old.url}', '--upstream',
                  f'/new+={new.url}', '--upstream-mode', '/new=auto',
                  '--mode-for', 'POST,PUT /new/x/*=proxy',
                  '--mode-for', '/old/live?=record')
    asked = [('GET', '/new/a', 'upstream'), ('GET', '/new/a', 'replay'),
             ('POST', '/new/x/1', 'upstream'), ('POST', '/new/x/1', 'upstream'),
             ('PUT', '/new/x/1?/old', 'upstream'),
             ('DELETE', '/new/x/1', 'upstream'),
             ('DELETE', '/new/x/1', 'replay'),
             ('GET', '/old/a', 'miss'), ('GET', '/old/live', 'miss'),
             ('GET', '/old/live1?q', 'upstream'),
             ('GET', '/old/live1?q', 'upstream'), ('GET', '/else', 'miss')]
    same([(*x, hark.ask(*x).source) for x in (a[:2] for a in asked)], asked)
    hark.stop()
    same([(e['request']['url'].split('/', 3)[3], e['_hark']['mode'])
          for e in entries(hark.store)],
         [('new/a', 'auto'), ('new/x/1', 'auto'), ('old/live1?q', 'record'),
          ('old/live1?q', 'record')])
    same((old.targets(), len(new.requests)), (['/old/live1?q'] * 2, 5))


@case
def auto_replays_what_it_recorded_byte_for_byte(t):
    origin = t.origin()
    origin.routes.update(ANSWERS)
    hark = t.hark('auto', origin)
    for target in ANSWERS:
        first, second = hark.get(target), hark.get(target)
        if target == '/large':  # too big to be findable before its commit
            until(lambda: hark.get('/large').source == 'replay',
                  'the large one is committed')
            second = hark.get(target)
        same((first.source, second.source), ('upstream', 'replay'), target)
        same(shape(second), shape(first), target)


@case
def auto_does_not_replay_a_failure(t):
    origin = t.origin()
    scripts = iter([lambda p: p.close(), lambda p: p.send(reply(b'good'))])
    origin.routes['/x'] = lambda p, r: next(scripts)(p)
    hark = t.hark('auto', origin)
    same([hark.ask('POST', '/x').status for _ in range(3)],
         [502, 200, 200])


@case
def B4_auto_keeps_methods_apart(t):
    origin = t.origin()
    hark = t.hark('auto', origin)
    asked = [('GET', '/first'), ('DELETE', '/first'), ('GET', '/second')]
    for a in asked + asked:
        same(hark.ask(*a).json['start'], f'{a[0]} {a[1]} HTTP/1.1')
    same(len(origin.requests), 3)


@case
def spy_forwards_a_miss_and_keeps_nothing(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known')])
    origin.take()
    before = hark.store.read_bytes()
    hark.restart(mode='spy', url=origin.url)
    same([hark.get(x).source for x in ('/known', '/new', '/new')],
         ['replay', 'upstream', 'upstream'])
    same(origin.targets(), ['/new', '/new'])
    hark.stop()
    same(len(entries(hark.store)), 1)
    check(hark.store.read_bytes() == before, 'the store was changed')


@case
def fallback_answers_from_the_tape_when_the_upstream_fails(t):
    origin = t.origin()
    number(origin, '/n')
    hark, _ = record(t, origin, [('GET', '/n')])
    hark.restart(mode='fallback', url=origin.url)
    r = hark.get('/n')
    same((r.source, r.body), ('upstream', b'2'))
    origin.stop()
    r = hark.get('/n')
    same((r.source, r.body), ('replay', b'1'))
    r = hark.get('/unknown')
    same((r.status, r.source, r.json['phase']), (502, 'hark', 'connect'))


@case
def fallback_answers_when_the_first_byte_is_late_or_never_comes(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('POST', '/x', [], b'q')])
    hark.restart(mode='fallback', url=origin.url,
                 options=['--first-byte-timeout', ms(500)])
    for script in (lambda p, r: p.wait_gone(), lambda p, r: p.close(),
                   b'nonsense\r\n\r\n'):
        origin.routes['/x'] = script
        same(hark.ask('POST', '/x', [], b'q').source, 'replay')


@case
def fallback_does_not_hide_an_error_status_or_half_an_answer(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/x'), ('GET', '/half')])
    origin.routes['/x'] = reply(b'down', '503 Service Unavailable')
    origin.routes['/half'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
        p.close())
    hark.restart(mode='fallback', url=origin.url)
    same((hark.get('/x').status, hark.get('/half').complete), (503, False))


# --- offline -----------------------------------------------------------------

@case(deadline=40)
def replay_opens_no_outbound_socket_and_asks_no_name(t):
    if not shutil.which('strace'):
        raise Skip('there is no strace command')
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/known'), ('GET', '/large')])
    trace = t.path('trace')
    hark.wrap = ['strace', '-D', '-f', '-e', 'trace=%network', '-o',
                 str(trace)]
    hark.env = {'ASAN_OPTIONS': 'detect_leaks=0'}
    try:
        # A URL is fine in this mode and is still not asked, not even for
        # the address of its name.
        hark.restart(mode='replay', url='http://no-such-name.invalid')
    except Failed:
        if 'ptrace' in hark.log or 'PTRACE' in hark.log:
            hark.process = None
            raise Skip('strace may not trace here') from None
        raise
    same((hark.get('/known').source, hark.get('/unknown').source,
          hark.ask('POST', '/unknown', [], b'x').source),
         ('replay', 'miss', 'miss'))
    hark.stop()
    text = until(lambda: '+++ exited' in trace.read_text() and
                 trace.read_text(), 'the trace is complete')
    check('accept' in text and 'listen(' in text, 'nothing was traced')
    out = [line for line in text.splitlines()
           if re.search(r'\b(connect|sendto|sendmsg|sendmmsg)\(', line)]
    # What a thread tells another over its own pair of sockets stays here.
    out = [line for line in out if not re.search(
        r'send(to|msg)\(\d+, .*(NULL|msg_name=NULL)', line)]
    same(out, [])
    sockets = [line for line in text.splitlines() if ' socket(' in line]
    check(all('AF_INET' in line and 'SOCK_STREAM' in line or
              'AF_UNIX' in line for line in sockets), sockets)


@case
def a_store_that_cannot_be_written_is_replayed(t):
    origin = t.origin()
    hark, (seen,) = record(t, origin, [('GET', '/x')])
    folder = pathlib.Path(hark.store).parent
    home = t.path('ready')
    hark.ready, hark.stderr = home, t.path('stderr')
    left = {p.name for p in folder.iterdir()} - {'ready.json', 'stderr'}
    for p in folder.iterdir():
        os.chmod(p, 0o444)
    os.chmod(folder, 0o555)
    wrap = []
    if os.geteuid() == 0:  # root may write anything but for this
        for argv in (['setpriv', '--bounding-set=-all', '--inh-caps=-all',
                      '--reuid=65534', '--clear-groups'],):
            if shutil.which(argv[0]):
                wrap = argv
        if not wrap:
            raise Skip('root, and there is no setpriv command')
        reach(t.folder)
        os.chmod(home.parent, 0o777)
        os.chmod(hark.stderr.parent, 0o777)
    hark.wrap = wrap
    try:
        hark.restart(mode='replay')
        same(shape(hark.get('/x')), shape(seen))
        same(hark.get('/y').source, 'miss')
        hark.stop()
        same({p.name for p in folder.iterdir()} - {'ready.json', 'stderr'},
             left)
    finally:
        os.chmod(folder, 0o755)


def reach(folder):
    """Lets everybody walk down to folder."""
    while folder != pathlib.Path(folder.anchor):
        with contextlib.suppress(OSError):
            os.chmod(folder, folder.stat().st_mode | 0o011)
        folder = folder.parent


@case
def replay_of_a_store_that_is_not_there_is_a_clear_error(t):
    path = t.path('no-such.db')
    done = command('replay', '--listen', '127.0.0.1:0', '--store', path)
    check(done.returncode in (1, 2), done)
    check('no-such.db' in done.stderr and done.stderr.count('\n') == 1,
          done.stderr)
    check(not path.exists(), 'it was created')


@case
def what_another_process_records_is_replayed_soon(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/one')])
    reader = t.hark('replay', store=hark.store)
    same(reader.get('/one').source, 'replay')
    same(reader.get('/two').source, 'miss')
    hark.restart(url=origin.url)
    hark.get('/two')
    until(lambda: reader.get('/two').source == 'replay',
          'the new entry is found')


@case
def removing_an_entry_is_seen_by_a_running_replay(t):
    origin = t.origin()
    hark, _ = record(t, origin, [('GET', '/one')])
    reader = t.hark('replay', store=hark.store)
    r = reader.get('/one')
    entry = r.get('x-hark-source').rpartition('=')[2]
    same(command('rm', '--store', hark.store, entry).returncode, 0)
    until(lambda: reader.get('/one').source == 'miss', 'the entry is gone')


if __name__ == '__main__':
    main()
