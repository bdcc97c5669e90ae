# Goal: a shared store that does not answer holds up the requests that ask it,
# for as long as they were told to wait, and nobody else.

import concurrent.futures
import contextlib
import json
import signal
import subprocess
import threading

from harness import case, check, command, main, ms, reply, same, until
from link import Link
from postgres import postgres, tape

LONG = bytes(range(256)) * (5 << 12)
PATIENT = ms(60000)  # ends in no case
AWAY = 'The shared store could not be read'


def over(link, store):
    """The URL of a store by way of a link."""
    name = postgres().database(store)
    return f'postgresql://hark@127.0.0.1:{link.port}/{name}'


def mocks(t):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': [{
        'type': 'http', 'method': 'get', 'endpoint': 'mock',
        'responses': [{'statusCode': 200, 'body': 'mocked'}]}]}))
    return path


def begin(t, mode, *options, store, link):
    return t.hark(mode, *options, '--workers', '1', '--admin', '127.0.0.1:0',
                  store=over(link, store))


def stalls(hark, link, *paths):
    """Clients that wait for what is asked while nothing passes."""
    before = hark.metric('hark_store_fetches_total')
    link.passing.clear()
    clients = [hark.client() for _ in paths]
    for client, path in zip(clients, paths):
        client.request('GET', path)
    until(lambda: hark.metric('hark_store_fetches_total') >=
          before + len(paths), 'they are asked for')
    return clients


def is_away(response):
    same(response.status, 503, 'status')
    same(response.json['title'], AWAY, 'title')
    check('shared store' in response.json['detail'], response.json['detail'])


@contextlib.contextmanager
def frozen():
    """The engine's processes are stopped, as those of a machine that hangs."""
    server = int((postgres().folder / 'server/postmaster.pid').read_text()
                 .split()[0])
    children = subprocess.run(
        ['ps', '-o', 'pid=', '--ppid', str(server)], capture_output=True,
        text=True).stdout.split()
    pids = [str(server), *children]
    subprocess.run(['kill', '-STOP', *pids], check=True)
    try:
        yield
    finally:
        subprocess.run(['kill', '-CONT', *pids], check=True)


# ---- who waits --------------------------------------------------------------

def patient(t, *options):
    """Replays what is recorded, mocks and forwards, and waits long for the
    store; and the link to that."""
    store = tape(t, {'/known': reply(b'known'), '/cold': reply(b'cold'),
                     '/long': reply(LONG)})
    link, origin = Link(t, postgres().folder), t.origin()
    origin.routes['/live'] = reply(b'live')
    hark = begin(t, 'replay', origin, *options, '--mocks', mocks(t),
                 '--mode-for', '/live=proxy', '--store-timeout', PATIENT,
                 store=store, link=link)
    same(hark.get('/known').body, b'known', 'a known one')
    return hark, link


@case(deadline=90)
def one_worker_serves_all_else_while_a_request_waits_for_the_store(t):
    hark, link = patient(t)
    waiting = stalls(hark, link, '/cold', '/long', '/none')
    for _ in range(5):
        same(hark.get('/known').body, b'known', 'what is in memory')
        same(hark.get('/mock').body, b'mocked', 'what is mocked')
        same(hark.get('/live').body, b'live', 'what is forwarded')
    same(hark.metric('hark_store_fetches_late_total'), 0, 'late ones')
    link.passing.set()
    same([w.response().body for w in waiting[:2]], [b'cold', LONG],
         'what was waited for')
    same(waiting[2].response().status, 501, 'what is not recorded')


@case(deadline=90)
def a_look_up_that_takes_too_long_is_given_up_and_told(t):
    store = tape(t, {'/known': reply(b'known'), '/cold': reply(b'cold')})
    link = Link(t, postgres().folder)
    hark = begin(t, 'replay', '--store-timeout', ms(1000), store=store,
                 link=link)
    same(hark.get('/known').body, b'known', 'a known one')
    waiting, = stalls(hark, link, '/cold')
    is_away(waiting.response())
    same(hark.get('/known').body, b'known', 'what is in memory')
    until(lambda: 'in time' in hark.log or 'does not answer' in hark.log,
          'it is logged')
    link.passing.set()
    until(lambda: hark.get('/cold').body == b'cold', 'it is found again')


@case(deadline=90)
def look_ups_beyond_those_that_may_wait_are_refused_at_once(t):
    store = tape(t, {'/known': reply(b'known'), '/cold': reply(b'cold')})
    link = Link(t, postgres().folder)
    hark = begin(t, 'replay', '--store-timeout', PATIENT, store=store,
                 link=link)
    same(hark.get('/known').body, b'known', 'a known one')
    waiting = stalls(hark, link, *['/cold'] * 1000)
    while not hark.metric('hark_store_fetches_refused_total'):
        for _ in range(20):
            waiting.append(hark.client())
            waiting[-1].request('GET', '/cold')
    is_away(hark.get('/cold'))
    hark.told('too many look-ups wait for the shared store')
    same(hark.get('/known').body, b'known', 'what is in memory')
    link.passing.set()
    statuses = [w.response().status for w in waiting]
    same(statuses[:1000], [200] * 1000, 'those that were to wait')
    same(set(statuses[1000:]), {200, 503}, 'those behind')


@case(deadline=90)
def an_engine_that_is_stopped_delays_and_loses_nothing(t):
    store, origin = postgres().store(), t.origin()
    hark = t.hark('auto', origin, '--workers', '1', '--admin', '127.0.0.1:0',
                  '--store-timeout', ms(5000), store=store)
    paths = {'/before', *(f'/{i}' for i in range(6))}
    same(hark.get('/before').status, 200, 'before')
    until(lambda: hark.metric('hark_buffer_shipped_total') == 1, 'it came')
    with frozen():
        for path in sorted(paths - {'/before'}):
            same(hark.get(path).status, 200, path)
            same(hark.get(path).source.split(' ')[0], 'replay', path)
    until(lambda: hark.metric('hark_buffer_shipped_total') == 7, 'all came')
    hark.stop()
    done = command('list', '--json', '--store', store)
    urls = [json.loads(line)['url'] for line in done.stdout.splitlines()]
    same(sorted('/' + url.split('/', 3)[3] for url in urls), sorted(paths),
         'each is there once')


@case(deadline=120)
def the_first_look_up_behind_an_engine_that_is_back_finds_it(t):
    """However short ago another was told that it is away."""
    store = tape(t, {'/known': reply(b'known'),
                     **{f'/cold{i}': reply(b'%d' % i) for i in range(3)}})
    hark = t.hark('auto', t.origin(), '--workers', '1', '--admin',
                  '127.0.0.1:0', '--store-timeout', PATIENT, store=store)
    same(hark.get('/known').body, b'known', 'a known one')
    for i in range(3):
        postgres().run('crash')
        back = threading.Event()

        def ask():
            n = 0
            while not back.is_set():
                n += 1
                same(hark.get(f'/away{i}/{n}').status, 200, 'while away')

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask)
            until(lambda: hark.metric('hark_store_away') == 1, 'it is away')
            postgres().run('again')
            back.set()
            asked.result()
        found = hark.get(f'/cold{i}')
        same(found.source.split(' ')[0], 'replay', f'the first, round {i}')
        same(found.body, b'%d' % i, 'its body')


@case(deadline=90)
def playwrights_way_to_match_does_not_hold_a_worker_up_either(t):
    hark, link = patient(t, '--match', 'playwright')
    waiting = stalls(hark, link, '/known', '/cold', '/long', '/none')
    for _ in range(5):
        same(hark.get('/mock').body, b'mocked', 'what is mocked')
        same(hark.get('/live').body, b'live', 'what is forwarded')
    same(hark.metric('hark_store_fetches_late_total'), 0, 'late ones')
    link.passing.set()
    same([w.response().body for w in waiting[:3]], [b'known', b'cold', LONG],
         'what was waited for')
    same(waiting[3].response().status, 501, 'what is not recorded')


@case(deadline=90)
def playwrights_way_to_match_gives_up_what_takes_too_long(t):
    store = tape(t, {'/known': reply(b'known')})
    link = Link(t, postgres().folder)
    hark = begin(t, 'replay', '--match', 'playwright', '--mocks', mocks(t),
                 '--store-timeout', ms(1000), store=store, link=link)
    same(hark.get('/known').body, b'known', 'a known one')
    waiting, = stalls(hark, link, '/known')
    is_away(waiting.response())
    same(hark.get('/mock').body, b'mocked', 'what is mocked')
    link.passing.set()
    until(lambda: hark.get('/known').body == b'known', 'it is found again')


# ---- who does not wait any more ---------------------------------------------

@case(deadline=90)
def clients_that_leave_and_a_stop_end_what_they_waited_for(t):
    store = tape(t, {'/known': reply(b'known'), '/cold': reply(b'cold')})
    link = Link(t, postgres().folder)
    hark = begin(t, 'replay', '--store-timeout', ms(1500), '--drain-timeout',
                 ms(100), store=store, link=link)
    same(hark.get('/known').body, b'known', 'a known one')
    # More than there are connections, so that some are not even asked for.
    waiting = stalls(hark, link, *['/cold'] * 20)
    for client in waiting[:15]:
        client.reset()
    same(hark.get('/known').body, b'known', 'what is in memory')
    hark.signal(signal.SIGHUP)
    hark.stop()


@case(deadline=90)
def a_shared_cursor_is_moved_by_who_is_answered(t):
    store, origin = postgres().store(), t.origin()
    link = Link(t, postgres().folder)
    bodies = [b'%d' % i for i in range(5)]
    hark = t.hark('record', origin, store=store)
    for body in bodies:
        origin.routes['/n'] = reply(body)
        hark.get('/n')
    hark.stop()
    hark = begin(t, 'replay', '--cursors', 'shared', '--repeat', 'cycle',
                 '--store-timeout', PATIENT, store=store, link=link)
    same(hark.get('/n').body, bodies[0], 'the first')
    waiting, = stalls(hark, link, '/n')
    link.passing.set()
    same(waiting.response().body, bodies[1], 'the second')
    same([hark.get('/n').body for _ in range(4)],
         [bodies[2], bodies[3], bodies[4], bodies[0]], 'those behind it')


main()
