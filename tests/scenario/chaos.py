# Goal: no way of cutting, spoiling or abandoning messages upsets the gateway.
#
# Chance decides, from a seed that each failure names; HARK_SEED repeats one.

import contextlib
import os
import random
import sqlite3
import threading

from harness import (SCALE, Ended, Failed, Shared, case, check, main, ms,
                     reply, same, until)

SEED = int(os.environ.get('HARK_SEED') or random.randrange(1 << 32))


@Shared
def gateway(t):
    origin = t.origin()
    origin.default = tell
    return origin, t.hark('record', origin, '--header-timeout', ms(5000),
                          '--body-timeout', ms(5000))


def tell(peer, r):
    """What came, in one line and a body of its own length."""
    text = f'{r.method} {r.target} {len(r.body)} '.encode() + r.body
    peer.send(reply(b'' if r.method == 'HEAD' else text))


def cut(chance, raw):
    """raw in pieces, most of them short, some of them long."""
    pieces = []
    while raw:
        n = chance.choice((1, 1, 2, 3, 7, 20, 100, 4096))
        pieces.append(raw[:n])
        raw = raw[n:]
    return pieces


def some_request(chance):
    """A valid request, its method and what tell() answers."""
    method = chance.choice(('GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'PURGE',
                            'QUERY', 'OPTIONS', 'PATCH', 'get', 'M-SEARCH'))
    target = '/' + ''.join(chance.choice('ab%2f/;?&=+') for _ in
                           range(chance.randrange(30)))
    target = target.replace('%', '%2').replace('?', '?', 1)
    body = bytes(chance.randrange(256) for _ in
                 range(chance.choice((0, 0, 1, 10, 500, 5000))))
    if method == 'HEAD':
        body = b''
    head = f'{method} {target} HTTP/1.1\r\nHost: a\r\n'
    head += ''.join(f'X-{i}: {"v" * chance.randrange(40)}\r\n'
                    for i in range(chance.randrange(8)))
    raw = head.encode()
    if body and chance.random() < 0.5:
        raw += b'Transfer-Encoding: chunked\r\n\r\n'
        rest = body
        while rest:
            n = min(len(rest), chance.choice((1, 9, 100, 4000)))
            raw += b'%x%s\r\n' % (n, chance.choice((b'', b';a=b'))) + \
                rest[:n] + b'\r\n'
            rest = rest[n:]
        raw += b'0\r\n' + chance.choice((b'', b'X-Sum: 1\r\n')) + b'\r\n'
    elif body or chance.random() < 0.3:
        raw += b'Content-Length: %d\r\n\r\n' % len(body) + body
    else:
        raw += b'\r\n'
    answer = f'{method} {target} {len(body)} '.encode() + body
    return raw, method, b'' if method == 'HEAD' else answer


@case(deadline=60)
def requests_cut_anywhere_are_understood_alike(t):
    origin, hark = gateway()
    for turn in range(40):
        chance = random.Random(f'{SEED} {turn}')
        rest = [some_request(chance) for _ in range(chance.randrange(1, 7))]
        c = hark.client()
        while rest:
            for piece in cut(chance, b''.join(raw for raw, _, _ in rest)):
                try:
                    c.send(piece)
                except OSError:
                    break  # closed behind an answer: see below
            while rest:
                raw, method, wanted = rest[0]
                where = f'HARK_SEED={SEED}, turn {turn}, {raw[:80]!r}'
                try:
                    r = c.response(method)
                except Ended as e:
                    raise Failed(f'{where}: {e}') from None
                same((r.status, r.body), (200, wanted), where)
                rest.pop(0)
                if (r.get('connection') or '').lower() == 'close':
                    # What else was sent on this connection is not served.
                    c.close()
                    c = hark.client()
                    break
        c.close()


def some_answer(chance):
    """A valid answer, its status, body and whether it ends by closing."""
    status = chance.choice((200, 200, 201, 204, 304, 404, 500))
    body = b'' if status in (204, 304) else bytes(
        chance.randrange(256) for _ in
        range(chance.choice((0, 1, 20, 700, 9000))))
    raw = b''.join(b'HTTP/1.1 103 Early Hints\r\nLink: <%d>\r\n\r\n' % i
                   for i in range(chance.choice((0, 0, 0, 1, 3))))
    raw += b'HTTP/1.1 %d Some Reason\r\n' % status
    raw += b''.join(b'X-%d: %s\r\n' % (i, b'v' * chance.randrange(50))
                    for i in range(chance.randrange(9)))
    if status in (204, 304):
        return raw + b'\r\n', status, b'', False
    how = chance.randrange(3)
    if how == 0:
        return raw + b'\r\n' + body, status, body, True
    if how == 1:
        raw += b'Content-Length: %d\r\n\r\n' % len(body) + body
        return raw, status, body, False
    raw += b'Transfer-Encoding: chunked\r\n\r\n'
    rest = body
    while rest:
        n = min(len(rest), chance.choice((1, 5, 300, 5000)))
        raw += b'%X\r\n' % n + rest[:n] + b'\r\n'
        rest = rest[n:]
    raw += b'0\r\n' + chance.choice((b'', b'X-Sum: 1\r\n')) + b'\r\n'
    return raw, status, body, False


@case(deadline=60)
def answers_cut_anywhere_arrive_alike(t):
    origin, hark = gateway()
    c = t.client(hark)
    for turn in range(80):
        chance = random.Random(f'{SEED} {turn}')
        raw, status, body, closes = some_answer(chance)

        def script(peer, r, chance=chance, raw=raw, closes=closes):
            for piece in cut(chance, raw):
                peer.send(piece)
            if closes:
                peer.close()
        origin.routes['/cut'] = script
        where = f'HARK_SEED={SEED}, turn {turn}, {raw[:80]!r}'
        try:
            r = c.ask('GET', '/cut')
        except Ended as e:
            raise Failed(f'{where}: {e}') from None
        same((r.status, r.body, r.complete), (status, body, True), where)
        if r.ending or (r.get('connection') or '').lower() == 'close':
            c = t.client(hark)
    origin.routes.clear()


def spoil(chance, raw):
    """raw with some of its bytes changed, doubled, moved or missing."""
    raw = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(raw) or 1)
        how = chance.randrange(5)
        if how == 0 and raw:
            raw[at] = chance.choice(b'\0\t\n\r :;,\x7f\x80\xff0a/' + bytes(
                [chance.randrange(256)]))
        elif how == 1:
            del raw[at:at + chance.choice((1, 2, 10))]
        elif how == 2:
            raw[at:at] = raw[at:at + chance.choice((1, 2, 30))]
        elif how == 3:
            raw[at:at] = chance.choice((
                b'\r\n', b'\n', b'\r', b'\0', b'Content-Length: 1\r\n',
                b'Transfer-Encoding: chunked\r\n', b': ', b'0\r\n\r\n',
                b'Connection: close\r\n', b'Expect: 100-continue\r\n',
                b'Upgrade: x\r\nConnection: upgrade\r\n'))
        else:
            del raw[at:]
    return bytes(raw)


@case(deadline=90)
def spoilt_requests_reach_nobody_ambiguously(t):
    origin, hark = gateway()
    for turn in range(400):
        chance = random.Random(f'{SEED} {turn}')
        raw = spoil(chance, some_request(chance)[0] + some_request(chance)[0])
        c = hark.client()
        try:
            with contextlib.suppress(OSError):
                c.send(raw)
                c.half_close()
            while True:
                # Whatever the methods were now: heads must be well-formed.
                c.through(b'\r\n\r\n')
        except Ended:
            pass
        except Failed as e:
            raise Failed(f'HARK_SEED={SEED}, turn {turn}: {e}') from None
        finally:
            c.close()
        # The origin's reader is strict: what it cannot read is an error.
        check(not origin.errors,
              lambda: f'HARK_SEED={SEED}, turn {turn}, {raw!r}: '
                      f'{origin.errors}')
    same(hark.get('/after').status, 200)


@case(deadline=90)
def spoilt_answers_are_passed_whole_or_refused(t):
    origin, hark = gateway()
    for turn in range(300):
        chance = random.Random(f'{SEED} {turn}')
        raw = spoil(chance, some_answer(chance)[0])
        origin.routes['/spoilt'] = lambda p, r, raw=raw: (
            p.send(raw), p.close())
        try:
            hark.get('/spoilt')
        except Ended:
            pass  # cut short is told as such
        except Failed as e:
            raise Failed(f'HARK_SEED={SEED}, turn {turn}, {raw!r}: {e}') \
                from None
    origin.routes.clear()
    same(hark.get('/after').status, 200)


@case(deadline=60)
def clients_that_come_and_go_leave_nothing_behind(t):
    origin = t.origin()
    origin.default = tell
    origin.routes['/slow'] = lambda p, r: (
        p.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        p.chunked(b'x' * 1000, last=False), p.wait_gone())
    origin.routes['/big'] = reply(bytes(4 << 20))
    hark = t.hark('record', origin)
    same(hark.get('/').status, 200)
    before = hark.descriptors()

    def come_and_go(who):
        chance = random.Random(f'{SEED} {who}')
        for _ in range(40):
            c = hark.client()
            with contextlib.suppress(OSError, Ended, Failed):
                raw = some_request(chance)[0] if chance.random() < 0.5 else \
                    b'GET /%s HTTP/1.1\r\nHost: a\r\n\r\n' % chance.choice(
                        (b'slow', b'big'))
                c.send(raw[:chance.randrange(len(raw) * 2)])
                if chance.random() < 0.5:
                    c.sock.settimeout(chance.random() * 0.01)
                    c.fill()
            (c.reset if chance.random() < 0.5 else c.close)()
    threads = [threading.Thread(target=come_and_go, args=(i,))
               for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(hark.get('/').status, 200)
    until(lambda: hark.descriptors() <= before + 20,
          f'descriptors are closed, HARK_SEED={SEED}', 10 * SCALE)
    hark.stop()
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        same(db.execute('PRAGMA integrity_check').fetchall(), [('ok',)])


@case(deadline=60)
def a_flaky_origin_never_makes_a_wrong_answer(t):
    origin = t.origin()
    chance = random.Random(SEED)

    def flaky(peer, r):
        text = f'{r.target} {r.body.decode()} '.encode() * 200
        how = chance.randrange(8)
        if how == 0:
            peer.close()
        elif how == 1:
            peer.reset()
        elif how == 2:
            peer.send(reply(text)[:chance.randrange(len(text))])
            peer.close()
        elif how == 3:
            peer.send(reply(text, headers=[('Connection', 'close')]))
            peer.close()
        elif how == 4:
            peer.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n'
                      b'\r\n')
            peer.chunked(text[:99], text[99:], last=chance.random() < 0.7)
            peer.close()
        else:
            peer.send(reply(text))
    origin.default = flaky
    hark = t.hark('auto', origin)
    wrong = []

    def asking(who):
        c = hark.client()
        for i in range(60):
            target = f'/{who}/{i % 20}'
            wanted = f'{target} q{who} '.encode() * 200
            try:
                r = c.ask('POST' if i % 3 else 'PUT', target, [],
                          f'q{who}'.encode())
            except (Ended, OSError):
                c.close()
                c = hark.client()
                continue
            except Failed as e:
                wrong.append(e)
                return
            if r.status == 502:
                if r.source != 'hark':
                    wrong.append(r)
            elif r.complete and r.body != wanted or \
                    not wanted.startswith(r.body):
                wrong.append((target, r))
            if r.ending or (r.get('connection') or '') == 'close':
                c.close()
                c = hark.client()
        c.close()
    threads = [threading.Thread(target=asking, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not wrong, lambda: f'HARK_SEED={SEED}: {wrong[:3]}')


if __name__ == '__main__':
    main()
