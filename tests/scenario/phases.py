# Goal: wherever in an exchange the network fails, both ends, the store and the
# next request are as hark(1) says in "When something fails".
#
# One table of places in an answer, one of places in a request, and the ways
# in which a connection fails there.  Each cell has a target of its own, so
# that many of them go through one gateway at a time, which is what a gateway
# has to bear.  make check takes a share of the cells by chance, from a seed
# that is printed (HARK_SEED repeats it); make chaos takes all.

import contextlib
import itertools
import os
import random
import select
import ssl

from ends import SEED, cut_off, each, fails
from frames import Http2, needs_h2
from harness import (BIG, SCALE, Ended, Shared, case, certificate, check,
                     entries, main, ms, outcome, problem, reply, same,
                     tls_server, until)

ALL = BIG or os.environ.get('HARK_CHAOS') == 'all'
SHARE = 60  # cells of a table that make check takes
BODY = b'0123456789'


# --- where -------------------------------------------------------------------

LINE = b'HTTP/1.1 200 OK\r\n'
LENGTH = LINE + b'Content-Length: 10\r\n\r\n'
CHUNKED = LINE + b'Transfer-Encoding: chunked\r\n\r\n'
CHUNK = CHUNKED + b'a\r\n' + BODY + b'\r\n'
HINTS = b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'

# What an upstream says before it fails, and what then is true of the answer:
# it has not begun (none), its head is not whole (head) or its body (body),
# its end is that of the connection (open), or it is whole (whole).
ANSWERS = {
    'before-the-first-byte': (b'', 'none'),
    'in-the-start-line': (b'HTTP/1.1 20', 'head'),
    'between-lines': (LINE, 'head'),
    'in-a-field': (LINE + b'Content-Le', 'head'),
    'before-the-last-line-feed': (LENGTH[:-1], 'head'),
    'in-an-interim-answer': (HINTS[:30], 'head'),
    'behind-an-interim-answer': (HINTS, 'head'),
    'before-the-body': (LENGTH, 'body'),
    'in-the-body': (LENGTH + BODY[:5], 'body'),
    'before-the-last-byte': (LENGTH + BODY[:-1], 'body'),
    'before-the-chunks': (CHUNKED, 'body'),
    'in-a-chunk-size': (CHUNKED + b'a', 'body'),
    'in-a-chunk-extension': (CHUNKED + b'a;b', 'body'),
    'in-chunk-data': (CHUNKED + b'a\r\n' + BODY[:5], 'body'),
    'behind-chunk-data': (CHUNK[:-2], 'body'),
    'between-chunks': (CHUNK, 'body'),
    'in-the-last-chunk': (CHUNK + b'0\r', 'body'),
    'before-the-trailers': (CHUNK + b'0\r\n', 'body'),
    'in-the-trailers': (CHUNK + b'0\r\nX-Sum: 1\r\nX-', 'body'),
    'before-the-end-of-chunks': (CHUNK + b'0\r\nX-Sum: 1\r\n\r', 'body'),
    'in-a-body-without-an-end': (LINE + b'\r\n' + BODY, 'open'),
    'behind-the-answer': (LENGTH + BODY, 'whole'),
    'behind-the-chunks': (CHUNK + b'0\r\n\r\n', 'whole'),
}

# Of a connection that ends, and of the exchange on it.
ENDS = {'close': 'truncated', 'half_close': 'truncated', 'reset': 'reset',
        'stall': 'timeout'}


def expected(place, end, tls):
    """(status or None, whether the answer is whole, outcome)."""
    if place == 'whole' or place == 'open' and (
            end == 'close' or end == 'half_close' and not tls):
        return 200, True, 'complete'
    how = ENDS[end]
    if tls and end == 'half_close':
        how = 'reset'  # nothing told that this was meant
    if place == 'none' and how == 'truncated':
        how = 'reset'  # there is nothing that could be cut
    if place in ('none', 'head'):
        return (504 if how == 'timeout' else 502), True, how
    return 200, False, how


# --- the gateways ------------------------------------------------------------

MODES = ('proxy', 'record', 'auto', 'spy', 'fallback')


@Shared
def files(t):
    return certificate(t.folder, 'both', 'IP:127.0.0.1', 'DNS:localhost')


def target_of(*cell):
    return '/' + '/'.join(cell)


class Ground:
    """One origin, and one gateway in front of it, for many cells."""

    def __init__(self, t, mode, back, front, *options, workers=2,
                 hasty=('first-byte', 'upstream-idle')):
        self.t, self.mode, self.back, self.front = t, mode, back, front
        self.hasty = [x for name in hasty
                      for x in (f'--{name}-timeout', ms(1000))]
        if front == 'h2':
            needs_h2()
        self.failing = []
        self.healthy = False
        cert, key = files()
        origin = self.origin = t.origin(
            tls=tls_server(cert, key) if back == 'tls' else None)
        origin.default = self.script
        if back == 'tls':
            options += ('--upstream-ca', cert)
        if front != 'plain':
            options += ('--tls-cert', cert, '--tls-key', key)
        # These two want a store that is there.
        first = mode if mode in ('proxy', 'auto') else 'record'
        self.hark = t.hark(first, origin, '--workers', workers, *options)
        self.begin()
        if mode in ('spy', 'replay'):
            self.turn(mode)

    def begin(self):
        same(self.ask('GET', '/fine')[:2], (200, True), 'before')
        until(lambda: self.hark.clients() == 0, 'who asked is gone')
        self.before = self.hark.descriptors()

    def turn(self, mode, *options):
        self.hark.stop()
        self.hark.restart(
            mode=mode, url=None if mode == 'replay' else self.origin.url,
            options=[*self.hark.options, *options])
        self.begin()

    def script(self, peer, r):
        cell = r.target[1:].split('/')
        if len(cell) < 2 or self.healthy:
            peer.send(reply(BODY))
            return
        peer.send(ANSWERS[cell[0]][0])
        self.failing.append(peer)
        fails(peer, cell[1])
        self.failing.remove(peer)

    def client(self):
        c = self.hark.client()
        if self.front == 'h2':
            return Http2(c.sock, files()[0])
        if self.front == 'tls':
            context = ssl.create_default_context(cafile=files()[0])
            c.sock = context.wrap_socket(c.sock, server_hostname='127.0.0.1')
        return c

    def ask(self, method, target, body=None):
        """(status or None, whether the answer came whole, body, source)."""
        c = self.client()
        try:
            if self.front == 'h2':
                a = c.ask(method, target, body=body)
                source = (a.get('x-hark-source') or '').split(';')[0]
                return a.status, a.ended, a.body, source
            r = c.ask(method, target, [], body)
            return r.status, r.complete, r.body, r.source
        except Ended:
            return None, False, b'', ''
        finally:
            c.close()

    def try_cell(self, cell):
        return self.ask(cell[-1], target_of(*cell),
                        b'q' if cell[-1] == 'POST' else None)

    def each(self, cells, attempt, what):
        """Only those that shall run into a timeout have one that is short."""
        each([c for c in cells if c[1] != 'stall'], attempt, what)
        self.rests()
        self.turn(self.mode, *self.hasty)
        each([c for c in cells if c[1] == 'stall'], attempt, what)
        self.rests()
        self.hark.stop()

    def rests(self):
        """Nothing of all this is left, and the gateway goes on."""
        same(self.ask('GET', '/fine')[:2], (200, True), 'afterwards')
        # One connection upstream may be kept for each that was in use.
        until(lambda: self.hark.descriptors() <= self.before + 2,
              'all connections are closed')
        until(lambda: not self.failing, 'all upstreams are let go')


def some(cells, what):
    """The cells to try, in an order by chance."""
    chance = random.Random(f'{SEED} {what}')
    cells = list(cells)
    chance.shuffle(cells)
    return cells if ALL else cells[:SHARE]


# --- answers -----------------------------------------------------------------

def answers(t, mode, back, front):
    ground = Ground(t, mode, back, front)
    what = f'{mode} {back} {front}'
    cells = some([(place, end, method) for place in ANSWERS for end in ENDS
                  for method in ('GET', 'POST')
                  if ANSWERS[place][1] != 'whole'], what)
    if mode == 'fallback':
        record_first(ground, cells)

    def attempt(cell):
        place, end, _ = cell
        state = ANSWERS[place][1]
        status, whole, _ = expected(state, end, back == 'tls')
        source = 'upstream' if status == 200 else 'hark'
        if mode == 'fallback' and status != 200:
            status, whole, source = 200, True, 'replay'
        got = ground.try_cell(cell)
        if not whole and got[0] is None:
            return  # the end overtook the head
        same(got[:2] + got[3:], (status, whole, source), 'answer')
        if whole and source != 'hark':
            same(got[2], BODY, 'body')
        if not whole:
            check(BODY.startswith(got[2]), got)
    ground.each(cells, attempt, what)
    if mode in ('record', 'auto'):
        kept(ground, cells)


def record_first(ground, cells):
    """Something to fall back on, for each cell."""
    ground.healthy = True
    each(cells, lambda cell: same(ground.try_cell(cell)[:2], (200, True)),
         'recording')
    ground.healthy = False
    ground.turn('fallback')


def kept(ground, cells):
    told = {e['request']['url'][len(ground.origin.url):]: e
            for e in entries(ground.hark.store)}
    for cell in cells:
        state = ANSWERS[cell[0]][1]
        status, _, how = expected(state, cell[1], ground.back == 'tls')
        e = told.get(target_of(*cell))
        check(e, f'{cell} is not in the store')
        same((e['response']['status'], outcome(e)),
             (200 if status == 200 else 0, how), cell)


@case(deadline=60)
def what_follows_a_whole_answer_spoils_nothing(t):
    for back in 'plain', 'tls':
        ground = Ground(t, 'record', back, 'plain', workers=1)
        places = [p for p in ANSWERS if ANSWERS[p][1] == 'whole']
        cells = [(place, end, method) for place in places
                 for end in ('close', 'half_close', 'reset')
                 for method in ('GET', 'POST')]
        for cell in cells:
            same(ground.try_cell(cell)[:3], (200, True, BODY), cell)
            # A POST on what just ended would be a 502, rightly.
            until(lambda: ground.hark.descriptors() < ground.before,
                  'the connection is given up')
        ground.rests()
        ground.hark.stop()
        kept(ground, cells)


@case
def a_kept_connection_that_has_become_a_black_hole_is_a_504(t):
    origin = t.origin()
    origin.routes['/mute'] = lambda p, r: (p.send(reply(BODY)),
                                           p.wait_gone())
    hark = t.hark('record', origin, '--first-byte-timeout', ms(600),
                  '--workers', '1')
    for method in 'GET', 'POST':
        same(hark.ask(method, '/mute').status, 200)
        problem(hark.ask(method, '/next'), 504, 'first-byte')
        same(hark.ask(method, '/after').status, 200)
    hark.stop()
    same([outcome(e) for e in entries(hark.store)],
         ['complete', 'timeout', 'complete'] * 2)


@case
def a_head_that_dribbles_in_gets_no_more_time(t):
    origin = t.origin()

    def dribble(peer, r):
        raw = LENGTH[:-2] + b'X: ' + b'x' * 10000
        for i in range(len(raw)):
            peer.send(raw[i:i + 1])
            if select.select([peer.sock], [], [], 0.05 * SCALE)[0]:
                break
        peer.wait_gone()

    def hints(peer, r):
        for _ in range(5):
            peer.send(HINTS)
            select.select([peer.sock], [], [], 0.2 * SCALE)
        peer.send(reply(BODY))
    origin.routes = {'/dribble': dribble, '/hints': hints}
    hark = t.hark('record', origin, '--first-byte-timeout', ms(800),
                  '--upstream-idle-timeout', ms(800))
    problem(hark.get('/dribble'), 504, 'head')
    # But each interim answer says that it is at work.
    r = hark.get('/hints')
    same((r.status, len(r.interim), r.body), (200, 5, BODY))
    hark.stop()
    same([outcome(e) for e in entries(hark.store)], ['timeout', 'complete'])


@case
def interim_answers_without_an_end_are_no_answer(t):
    origin = t.origin()
    origin.routes['/hundred'] = lambda p, r: p.send(HINTS * 100, reply(BODY))

    def forever(peer, r):
        with contextlib.suppress(OSError):
            while True:
                peer.send(HINTS * 100)
    origin.routes['/forever'] = forever
    hark = t.hark('record', origin)
    same(len(hark.get('/hundred').interim), 100)
    c = t.client(hark)
    c.request('GET', '/forever')
    interim = []
    r = c.head(interim)
    c.body(r, r.framing)
    problem(r, 502, 'head')
    same(len(interim), 100)
    hark.stop()
    same([outcome(e) for e in entries(hark.store)],
         ['complete', 'bad-answer'])


# make check has each mode once, and each kind of connection.
WAYS = (('plain', 'plain'), ('tls', 'tls'), ('plain', 'h2'))
for _mode, _way in itertools.product(MODES, WAYS):
    if ALL or MODES.index(_mode) % len(WAYS) == WAYS.index(_way):
        def _answers(t, mode=_mode, way=_way):
            answers(t, mode, *way)
        _answers.__name__ = (f'answers_that_fail_in_mode_{_mode}_from_'
                             '{}_to_{}'.format(*_way))
        case(_answers, deadline=120)


# --- requests ----------------------------------------------------------------

# What a client says before it fails, behind "POST /target".
Q = bytes(range(256)) * 16
FIELDS = b' HTTP/1.1\r\nHost: a\r\n'
SIZED = FIELDS + b'Content-Length: %d\r\n\r\n' % len(Q)
PIECES = FIELDS + b'Transfer-Encoding: chunked\r\n\r\n'
PIECE = PIECES + b'%x\r\n' % len(Q) + Q + b'\r\n'
REQUESTS = {
    'in-the-start-line': FIELDS[:5],
    'between-lines': FIELDS,
    'in-a-field': FIELDS + b'Content-Le',
    'before-the-last-line-feed': SIZED[:-1],
    'before-the-body': SIZED,
    'in-the-body': SIZED + Q[:2000],
    'before-the-last-byte': SIZED + Q[:-1],
    'before-the-chunks': PIECES,
    'in-a-chunk-size': PIECES + b'1',
    'in-a-chunk-extension': PIECES + b'1000;a',
    'in-chunk-data': PIECES + b'1000\r\n' + Q[:2000],
    'behind-chunk-data': PIECE[:-2],
    'between-chunks': PIECE,
    'in-the-last-chunk': PIECE + b'0\r',
    'before-the-trailers': PIECE + b'0\r\n',
    'in-the-trailers': PIECE + b'0\r\nX-Sum: 1\r\nX-',
    'before-the-end-of-chunks': PIECE + b'0\r\nX-Sum: 1\r\n\r',
}
# A body that is held, one that flows, and a method that evhttp cannot carry.
KINDS = {'held': ('POST', '64k'), 'flows': ('POST', '1k'),
         'other': ('REPORT', '1k')}


def requests(t, mode, kind, front):
    method, threshold = KINDS[kind]
    ground = Ground(t, mode, 'plain', front, '--stream-request-body',
                    threshold, hasty=('header', 'body'))
    what = f'requests {mode} {kind} {front}'
    cells = some([(place, end) for place in REQUESTS for end in ENDS], what)

    def attempt(cell):
        place, end = cell
        c = ground.client()
        try:
            c.send(f'{method} {target_of(*cell)}'.encode() + REQUESTS[place])
            status = cut_off(c, end)
            if end == 'stall':
                check(status in (None, 408), status)
            elif end == 'half_close':
                check(status in (None, 400), status)
        finally:
            c.close()
    ground.each(cells, attempt, what)
    same([x for x in ground.origin.targets() if x != '/fine'], [],
         'what reached the upstream as whole')
    if mode == 'record':
        for e in entries(ground.hark.store):
            if not e['request']['url'].endswith('/fine'):
                same((kind != 'held', outcome(e)), (True, 'client-gone'),
                     e['request']['url'])


for _mode, _kind, _front in itertools.product(
        ('record', 'replay', 'proxy'), KINDS, ('plain', 'tls')):
    if ALL or (_mode, _kind, _front) in (
            ('record', 'flows', 'plain'), ('replay', 'held', 'tls'),
            ('proxy', 'other', 'plain')):
        def _requests(t, mode=_mode, kind=_kind, front=_front):
            requests(t, mode, kind, front)
        _requests.__name__ = (f'requests_that_fail_in_mode_{_mode}_when_'
                              f'the_body_is_{_kind}_from_{_front}')
        case(_requests, deadline=120)


if __name__ == '__main__':
    print(f'# HARK_SEED={SEED}')
    main()
