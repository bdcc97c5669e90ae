# Goal: what is ambiguous passes on no way, and what passes says the same on
# each: by TLS, behind and before other requests, in pieces, in all modes, in
# tunnels, by absolute targets, on lanes that stream, on the admin port.
#
# Each message is followed by one that ends the connection.  What the plain way
# made of it is held against what another way makes of it: the same requests,
# body and all, in the same order, and as many answers as there were requests.

import functools
import os
import random
import re
import ssl

from ambiguous import SOUND, corpus, refused
from harness import (BIG, Ended, Failed, Shared, Skip, case, certificate, check,
                     entries, main, ms, reply, same)
from tunnels import tunnel, world
from wire import Client

LONG = 3000  # bytes of a message that is only sent on the plain way
AFTER = b'GET /after HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n'


@functools.cache
def messages():
    """Name, bytes, verdict and the most requests that may be forwarded."""
    found = [(name, raw, 'REJECT', 0) for name, raw in refused()]
    found += [(name, raw, 'EITHER', 3) for name, raw in SOUND.items()]
    try:
        found += [(row['file'], raw, row['verdict'],
                   int(row['max_upstream_requests']))
                  for row, raw in corpus('smuggling')]
    except Skip:
        pass
    return found


def tell(peer, r):
    body = b'' if r.method == 'HEAD' else b'told'
    peer.send(reply(body))


@Shared
def world_of_ways(t):
    cert, key = certificate(t.folder, 'gateway', 'IP:127.0.0.1')
    origin = t.origin()
    origin.default = tell
    plain = t.hark('proxy', origin, *PATIENT)
    return cert, key, origin, plain


PATIENT = ['--header-timeout', ms(5000), '--body-timeout', ms(5000),
           '--workers', '1']


class Outcome:
    """What came of a message and of the request behind it."""

    def __init__(self, statuses, forwarded):
        self.statuses = statuses
        self.forwarded = forwarded

    @property
    def refused(self):
        return any(s >= 400 for s in self.statuses)

    def __repr__(self):
        return f'answers {self.statuses}, forwarded {self.forwarded}'

    def __eq__(self, other):
        return self.statuses == other.statuses and \
            self.forwarded == other.forwarded


def understood(r):
    """A request as the origin's strict reader has it, with nothing of a
    way."""
    check(len(r.all('host')) == 1, f'{r.head!r}')
    wrong = {n.lower() for n, _ in r.trailers} & {
        'host', 'content-length', 'transfer-encoding', 'connection'}
    check(not wrong, f'{wrong} in the trailers of {r.head!r}')
    return (r.method, r.target, r.body, r.framing,
            sorted((n.lower(), v) for n, v in r.trailers))


def methods_of(raw):
    """What the answers are to, as far as it decides how they are read."""
    return re.findall(rb'(?:^|\r\n\r\n)([A-Z]+) [^ ]+ HTTP/1', raw) or [b'GET']


def spoken(c, origin, raw, after=b'a', cuts=None, behind=b''):
    """Sends raw and the request behind it, in pieces of the sizes that cuts
    gives, and reads to the end."""
    raw += AFTER % after + behind
    if origin:
        origin.take()
    try:
        while raw:
            n = cuts() if cuts else len(raw)
            c.send(raw[:n])
            raw = raw[n:]
    except OSError:
        pass  # refused while it was still being sent
    statuses = []
    try:
        while True:
            if not c.buffer:
                c.fill()
            head = len(statuses) == 0 and c.of_head
            statuses.append(c.response('HEAD' if head else 'GET').status)
    except Ended as e:
        check(e.how == 'rst' or not e.got,
              f'half an answer: {e.got!r} behind {statuses}')
    except OSError:
        pass
    finally:
        c.close()
    return Outcome(statuses, [understood(r) for r in origin.take()]
                   if origin else [])


def asked(connect, origin, raw, **how):
    c = connect()
    c.of_head = raw.startswith(b'HEAD ')
    return spoken(c, origin, raw, **how)


@functools.cache
def plainly(raw, after=b'a'):
    _, _, origin, hark = world_of_ways()
    return asked(hark.client, origin, raw, after=after)


def each(way, longest=LONG):
    """way(raw) gives None or what is wrong with it."""
    wrong = []
    for name, raw, verdict, most in messages():
        if len(raw) > longest:
            continue
        try:
            told = way(raw, verdict, most)
        except (Failed, Ended) as e:
            told = e
        if told:
            wrong.append(f'{name}: {told}')
    _, _, origin, _ = world_of_ways()
    wrong += [f'at the origin: {e}' for e in origin.errors]
    origin.errors.clear()
    check(not wrong, lambda: f'{len(wrong)} wrong\n' + '\n'.join(wrong))


def alike(outcome, raw, after=b'a'):
    wanted = plainly(raw, after)
    return None if outcome == wanted else f'{outcome} instead of {wanted}'


# --- the plain way -----------------------------------------------------------

@case(deadline=60)
def a_request_that_follows_is_never_part_of_what_is_refused(t):
    def judge(raw, verdict, most):
        o = plainly(raw)
        targets = [f[1] for f in o.forwarded]
        if '/smuggled' in targets and most < 2:
            return f'smuggled: {o}'
        if verdict == 'REJECT' and most == 0 and \
                (o.forwarded or not all(s >= 400 for s in o.statuses)):
            return f'not refused: {o}'
        if verdict == 'REJECT' and '/after' in targets:
            return f'the connection went on: {o}'
        if verdict == 'ACCEPT' and len(targets) < most:
            return f'refused: {o}'
        if '/after' in targets and len(targets) > most + 1:
            return f'too many: {o}'
        # Each answer but a last refusal is to one request that was sent on.
        if sum(s == 200 for s in o.statuses) != len(targets) - (
                0 if o.statuses else len(targets)):
            return f'answers and requests differ: {o}'
        return None
    each(judge, longest=2 << 20)


# --- the same on other ways --------------------------------------------------

def secured(hark, cert):
    c = hark.client()
    c.sock = ssl.create_default_context(cafile=cert).wrap_socket(
        c.sock, server_hostname='127.0.0.1')
    return c


@case(deadline=60)
def TLS_changes_nothing(t):
    cert, key, origin, _ = world_of_ways()
    hark = t.hark('proxy', origin, *PATIENT, '--tls-cert', cert,
                  '--tls-key', key)
    each(lambda raw, *_: alike(
        asked(lambda: secured(hark, cert), origin, raw), raw))


@case(deadline=60)
def a_good_request_before_it_changes_nothing(t):
    _, _, origin, hark = world_of_ways()

    def connect():
        c = hark.client()
        same(c.ask('POST', '/before', [], b'body').status, 200)
        return c
    each(lambda raw, *_: alike(asked(connect, origin, raw), raw))


@case(deadline=60)
def a_good_request_in_front_of_it_changes_nothing(t):
    _, _, origin, hark = world_of_ways()
    before = b'POST /before HTTP/1.1\r\nHost: a\r\n' \
        b'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'

    def way(raw, *_):
        o = spoken(of_no_head(hark.client()), origin, before + raw)
        wanted = plainly(raw)
        first = [('POST', '/before', b'body', 'chunked', [])]
        if o.forwarded == first + wanted.forwarded and \
                o.statuses == [200] + wanted.statuses:
            return None
        return f'{o} instead of 200 and {wanted}'
    # What begins with empty lines may do so only at the beginning.
    each(lambda raw, *v: None if raw[:1] in b'\r\n' or b'HEAD' in raw[:4]
         else way(raw, *v))


def of_no_head(c):
    c.of_head = False
    return c


@case(deadline=90)
def how_the_bytes_come_changes_nothing(t):
    _, _, origin, hark = world_of_ways()
    dice = random.Random(8)
    each(lambda raw, *_: alike(
        asked(hark.client, origin, raw, cuts=lambda: 1), raw), 300)
    each(lambda raw, *_: alike(
        asked(hark.client, origin, raw, cuts=lambda: dice.choice(
            (1, 2, 3, 5, 8, 13, 60, 200))), raw))


def begun(t, origin):
    """A gateway whose tape has something that nobody asks for."""
    hark = t.hark('record', origin)
    same(hark.get('/before').status, 200)
    hark.stop()
    return hark


@case(deadline=90)
def the_mode_changes_nothing(t):
    _, _, origin, _ = world_of_ways()
    hark = begun(t, origin)
    for mode in ('spy', 'fallback', 'record'):
        hark.restart(mode=mode, url=origin.url, options=PATIENT)
        passed = []  # of this mode

        def way(raw, *_):
            o = asked(hark.client, origin, raw)
            passed.extend(f[1] for f in o.forwarded)
            return alike(o, raw)
        each(way)
        hark.stop()
    # What went on was recorded, and nothing else.
    same(len(entries(hark.store)), len(passed) + 1)


@case(deadline=60)
def modes_that_replay_refuse_the_same(t):
    _, _, origin, _ = world_of_ways()
    hark = begun(t, origin)
    hark.restart(mode='replay', options=PATIENT)

    def offline(raw, *_):
        o, wanted = asked(hark.client, origin, raw), plainly(raw)
        if o.forwarded:
            return f'replay forwarded: {o}'
        if [501 if s == 200 else s for s in wanted.statuses] != o.statuses:
            return f'{o} instead of {wanted}'
        return None
    each(offline)
    hark.stop()
    hark.restart(mode='auto', url=origin.url, options=PATIENT)

    def missed(raw, *_):
        o, wanted = asked(hark.client, origin, raw), plainly(raw)
        new = [f for f in o.forwarded if f not in wanted.forwarded]
        if new or o.statuses != wanted.statuses:
            return f'{o} instead of {wanted}'
        return None
    each(missed)


@case(deadline=60)
def a_method_of_its_own_changes_nothing(t):
    _, _, origin, hark = world_of_ways()

    def way(raw, *_):
        if not raw.startswith(b'POST /'):
            return None
        other = b'REPORT' + raw[4:]
        o, wanted = asked(hark.client, origin, other), plainly(raw)
        wanted = Outcome(wanted.statuses, [
            ('REPORT', *f[1:]) if f[0] == 'POST' and i == 0 else f
            for i, f in enumerate(wanted.forwarded)])
        return None if o == wanted else f'{o} instead of {wanted}'
    each(way)


@case(deadline=60)
def a_body_that_streams_is_whole_or_broken_off(t):
    _, _, origin, _ = world_of_ways()
    hark = t.hark('proxy', origin, *PATIENT, '--stream-request-body', '1')

    def way(raw, *_):
        partial = len(origin.partial)
        o, wanted = asked(hark.client, origin, raw), plainly(raw)
        del origin.partial[partial:]
        # The head is on its way when the fault of a body shows.
        if o.forwarded != wanted.forwarded:
            return f'{o} instead of {wanted}'
        if o.refused != wanted.refused or \
                o.statuses.count(200) != wanted.statuses.count(200):
            return f'{o} instead of {wanted}'
        return None
    each(way)


# --- forward proxy -----------------------------------------------------------

def renamed(raw, origin):
    """The same for the origin itself, as far as it can be."""
    there = origin.authority.encode()
    return re.sub(rb'(?i)(\r\nhost:[ \t]*)(?:origin\.test|a)(\r\n)',
                  rb'\g<1>' + there + rb'\2', raw)


@case(deadline=60)
def an_absolute_target_changes_nothing(t):
    _, _, origin, _ = world_of_ways()
    hark = t.hark('proxy', origin, *PATIENT, '--forward-proxy', 'on')
    there = origin.authority.encode()

    def way(raw, *_):
        match = re.match(rb'([A-Z]+) (/[^ \r\n]*) HTTP/1', raw)
        # Host may be empty where the target has one.
        if not match or b'\r\nHost: \r\n' in raw or b'\r\nHost:\r\n' in raw:
            return None
        raw = renamed(raw, origin)
        absolute = match[1] + b' http://' + there + match[2] + \
            raw[match.end(2):]
        o, wanted = asked(hark.client, origin, absolute), plainly(raw)
        return None if o == wanted else f'{o} instead of {wanted}'
    each(way)


@case(deadline=90)
def a_tunnel_that_is_looked_into_changes_nothing(t):
    _, server, folder = world()
    cert = world()[0]
    _, _, origin, _ = world_of_ways()
    hidden = t.origin(tls=server)
    hidden.default = tell
    hark = t.hark('proxy', '--ca-dir', folder, '--upstream-ca', cert,
                  *PATIENT)
    context = ssl.create_default_context(cafile=folder / 'ca.pem')

    def by_tls(authority):
        c = tunnel(t, hark, authority)
        c.sock = context.wrap_socket(c.sock, server_hostname='127.0.0.1')
        return c
    for api, connect in ((origin, lambda a: tunnel(t, hark, a)),
                         (hidden, by_tls)):
        def way(raw, *_):
            raw = renamed(raw, api)
            after = api.authority.encode()
            # Another host than the tunnel's is refused: another matter.
            if b'\r\nHost: ' + after + b'\r\n' not in raw or \
                    re.match(rb'CONNECT |[A-Z]+ http', raw):
                return None
            o = asked(lambda: connect(api.authority), api, raw, after=after)
            return alike(o, raw, after)
        each(way)


# --- the admin port ----------------------------------------------------------

@case(deadline=60)
def the_admin_port_refuses_the_same(t):
    _, _, origin, _ = world_of_ways()
    hark = t.hark('proxy', origin, *PATIENT, '--admin', '127.0.0.1:0')
    there = hark.admin.encode()

    def way(raw, verdict, most):
        raw = re.sub(rb'(?i)(\r\nhost:[ \t]*)(?:origin\.test|a)(\r\n)',
                     rb'\g<1>' + there + rb'\2', raw)
        o = asked(lambda: Client(hark.admin), None, raw, after=there)
        if verdict == 'REJECT' and (len(o.statuses) > 1 or
                                    not all(s >= 400 for s in o.statuses)):
            return f'not refused: {o}'
        if verdict == 'ACCEPT' and most == 1 and len(o.statuses) < 1:
            return f'no answer: {o}'
        return None
    each(way)
    check(hark.get('/normal').status == 200, 'the data port is gone')


# --- messages that nobody wrote ----------------------------------------------

BYTES = [bytes([b]) for b in b'\0\t\n\x0b\r "#%+,-./0159:;=?AXafx_\x7f\xa0\xff']
WORDS = BYTES + [
    b'\r\n', b'\r\n\r\n', b'\n\r', b'chunked', b'0\r\n\r\n', b'5\r\n',
    b'Content-Length: 5\r\n', b'Transfer-Encoding: chunked\r\n', b'Host: a\r\n',
    b'Connection: close\r\n', b'Connection: keep-alive\r\n', b'HTTP/1.0',
    b'GET / HTTP/1.1\r\n', b'Expect: 100-continue\r\n', b'ffff']
# Ends what waits for more: a body within the limit, or a head beyond it.
PADDING = b'A' * 70000


def mutated(dice, sources):
    raw = bytearray(dice.choice(sources))
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(raw) + 1)
        to = min(len(raw), at + dice.choice((0, 0, 1, 2, 8)))
        if dice.random() < 0.2:
            raw[at:at] = raw[to:to + dice.randint(1, 40)]
        else:
            raw[at:to] = dice.choice(WORDS) if dice.random() < 0.8 else b''
    return bytes(raw)


@case(deadline=7200 if BIG else 60)
def what_chance_makes_of_messages_is_understood_alike(t):
    _, _, origin, _ = world_of_ways()
    limit = [*PATIENT, '--max-request-body', '64k']
    plain = t.hark('proxy', origin, *limit)
    streams = t.hark('record', origin, *limit, '--stream-request-body', '1')
    dice = random.Random(int(os.environ.get('HARK_SEED', '8')))
    # What HEAD gets when it is refused depends on how far it was read.
    sources = [raw for _, raw, *_ in messages()
               if len(raw) < 400 and not raw.startswith(b'HEAD')]
    for number in range(200000 if BIG else 400):
        raw = mutated(dice, sources)
        told = []
        for hark, cuts in (
                (plain, None),
                (plain, lambda: dice.choice((1, 5, 30, 1000, 70000))),
                (streams, None)):
            told.append(spoken(of_no_head(hark.client()), origin, raw,
                               cuts=cuts, behind=PADDING))
        o = told[0]
        same([p.forwarded for p in told], [o.forwarded] * 3,
             f'what is forwarded of the {number}. message {raw!r}: {told}')
        check(o.statuses.count(200) <= len(o.forwarded),
              f'answers to the {number}. message {raw!r}: {o}')
        check(not origin.errors, lambda: f'{raw!r}: {origin.errors}')
        origin.partial.clear()


if __name__ == '__main__':
    main()
