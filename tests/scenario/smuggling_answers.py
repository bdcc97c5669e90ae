# Goal: an answer that is ambiguous passes on no way, and one that passes says
# the same on each: in pieces, behind another on its connection, by TLS, in
# all modes, to HTTP/1.0 and HTTP/2.
#
# What the plain way made of an answer is held against what others make of it.

import functools
import ssl

from ambiguous import BAD_ANSWERS, BROKEN_ANSWERS, OK, corpus
from frames import Http2, needs_h2, speaks_h2
from harness import (Ended, Failed, Shared, Skip, case, certificate, check,
                     entries, main, ms, outcome, reply, same, tls_server,
                     until)

LONG = 3000


@functools.cache
def answers():
    """Name, bytes and verdict; PASS-OR-502 and the like as the corpus."""
    found = [(name, raw, '502') for name, raw in BAD_ANSWERS.items()
             if name != 'a bad first chunk']
    found += [(name, raw, '502-OR-ABORT')
              for name, raw in BROKEN_ANSWERS.items()]
    found += [
        ('a length', OK + b'Content-Length: 5\r\n\r\nhello', 'PASS'),
        ('bytes behind a length',
         OK + b'Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n', 'PASS'),
        ('extensions and trailers',
         OK + b'Transfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n00;c'
         b'\r\nX-Sum: 7\r\n\r\n', 'PASS'),
        ('trailers that would frame',
         OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n'
         b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n', 'PASS'),
        ('Connection names the length',
         OK + b'Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello',
         'PASS'),
        ('until the close', OK + b'X: a\r\n\r\nhello', 'PASS'),
        ('a 204 with both framings',
         b'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n'
         b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'PASS'),
    ]
    try:
        found += [(row['file'], raw, row['verdict'])
                  for row, raw in corpus('smuggling-responses')
                  if 'head' not in row['file']]
    except Skip:
        pass
    return found


PATIENT = ['--workers', '1', '--header-timeout', ms(5000)]


@Shared
def world_of_answers(t):
    cert, key = certificate(t.folder, 'gateway', 'IP:127.0.0.1')
    origin = t.origin()
    return cert, key, origin, t.hark('proxy', origin, *PATIENT)


class Told:
    """What a client got: a status, a body and fields, or how it broke off."""

    def __init__(self, how, status=None, body=None, fields=()):
        self.parts = (how, status, body, sorted(
            f for f in fields if f[0] not in (
                'content-length', 'via', 'x-hark-source', 'date', 'trailer')))
        self.how = how

    def __eq__(self, other):
        return self.parts == other.parts

    def __repr__(self):
        return repr(self.parts)


def lower(fields):
    return [(n.lower(), v) for n, v in fields]


def told(c, target='/answer', version=None):
    try:
        if version:
            c.send(f'GET {target} HTTP/{version}\r\nHost: a\r\n\r\n'.encode())
            r = c.response()
        else:
            r = c.ask('GET', target, [('If-None-Match', '"1"')])
    except Ended as e:
        return Told('abort' if not e.got else f'half a head: {e.got!r}')
    if r.status == 502 and r.source == 'hark':
        return Told('502')
    if not r.complete:
        return Told('abort')
    # The strict reader of the client has seen one framing, or none.
    return Told('whole', r.status, r.body, lower(r.end_to_end))


answering = []


def serve(origin, raw, cut=None):
    # What is behind the answer before is not to come behind the next request.
    until(lambda: not answering, 'the answer before is out to its end')

    def script(p, r):
        answering.append(p)
        try:
            for i in range(0, len(raw), cut or 1 << 20):
                p.send(raw[i:i + (cut or 1 << 20)])
            p.close()
        finally:
            answering.remove(p)
    origin.routes['/answer'] = script


def closing(connect, **how):
    c = connect()
    try:
        return told(c, **how)
    finally:
        c.close()


@functools.cache
def plainly(raw):
    _, _, origin, hark = world_of_answers()
    serve(origin, raw)
    return closing(hark.client)


def each(way, longest=LONG):
    wrong = []
    for name, raw, verdict in answers():
        if len(raw) > longest:
            continue
        try:
            wanted = plainly(raw)
            got = way(raw, verdict)
        except (Failed, Ended) as e:
            wrong.append(f'{name}: {e}')
            continue
        # What is broken off may be a 502 when it was noticed earlier.
        if got != wanted and {got.how, wanted.how} != {'abort', '502'}:
            wrong.append(f'{name}: {got} instead of {wanted}')
    check(not wrong, lambda: f'{len(wrong)} wrong\n' + '\n'.join(wrong))


@case(deadline=60)
def an_answer_that_is_ambiguous_is_a_502_or_broken_off(t):
    wrong = []
    for name, raw, verdict in answers():
        how = plainly(raw).how
        if how not in {'PASS': ('whole',), '502': ('502',),
                       'ABORT': ('abort', '502'),
                       'PASS-OR-502': ('whole', '502'),
                       '502-OR-ABORT': ('502', 'abort')}[verdict]:
            wrong.append(f'{name} ({verdict}): {plainly(raw)}')
    check(not wrong, lambda: '\n'.join(wrong))


@case(deadline=60)
def how_the_bytes_of_an_answer_come_changes_nothing(t):
    _, _, origin, hark = world_of_answers()
    for cut in (1, 7):
        def way(raw, _, cut=cut):
            serve(origin, raw, cut)
            return closing(hark.client)
        each(way, 300)


@case(deadline=60)
def an_answer_behind_another_is_the_same(t):
    _, _, origin, hark = world_of_answers()
    origin.routes['/first'] = reply(b'first')

    def way(raw, _):
        serve(origin, raw)
        c = hark.client()
        try:
            same(c.ask('GET', '/first').body, b'first')
            got = told(c)
            if got.how == 'whole':
                # The connection goes on, and nothing is left of it.
                try:
                    same(c.ask('GET', '/first').body, b'first')
                except Ended:
                    pass
            return got
        finally:
            c.close()
    each(way)


@case(deadline=60)
def TLS_on_both_sides_changes_nothing(t):
    cert, key, _, _ = world_of_answers()
    hidden = t.origin(tls=tls_server(cert, key))
    hark = t.hark('proxy', hidden, *PATIENT, '--upstream-ca', cert,
                  '--tls-cert', cert, '--tls-key', key)
    context = ssl.create_default_context(cafile=cert)

    def connect():
        c = hark.client()
        c.sock = context.wrap_socket(c.sock, server_hostname='127.0.0.1')
        return c

    def way(raw, _):
        serve(hidden, raw)
        # By TLS an end without its farewell is none.
        got = closing(connect)
        if plainly(raw).how == 'whole' and got.how in ('abort', '502') and \
                b'Length' not in raw and b'chunked' not in raw:
            return plainly(raw)
        return got
    each(way)


@case(deadline=60)
def modes_change_nothing_and_record_what_is_whole(t):
    _, _, origin, _ = world_of_answers()
    origin.routes['/first'] = reply(b'first')
    hark = t.hark('record', origin, *PATIENT)
    same(hark.get('/first').status, 200)
    whole = []

    def way(raw, _):
        serve(origin, raw)
        got = closing(hark.client)
        whole.extend(raw for _ in range(got.how == 'whole'))
        return got
    each(way)
    hark.stop()
    kept = [outcome(e) for e in entries(hark.store)]
    same(kept.count('complete'), len(whole) + 1, kept)
    for mode in ('spy', 'fallback'):
        hark.restart(mode=mode, url=origin.url, options=PATIENT)
        origin.routes['/other'] = lambda p, r: origin.routes['/answer'](p, r)

        def other(raw, _):
            serve(origin, raw)
            return closing(hark.client, target='/other')
        each(other)
        hark.stop()


@case(deadline=60)
def to_HTTP_1_0_the_same_is_told_until_the_close(t):
    _, _, origin, hark = world_of_answers()

    def way(raw, _):
        serve(origin, raw)
        wanted = plainly(raw)
        got = closing(hark.client, version='1.0')
        # Without a length the end is that of the connection, a reset or not.
        return wanted if wanted.how == 'abort' else got
    each(way)


@case(deadline=60)
def to_HTTP_2_the_same_is_told_in_frames(t):
    needs_h2()
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    cert, key, origin, _ = world_of_answers()
    hark = t.hark('proxy', origin, *PATIENT, '--tls-cert', cert,
                  '--tls-key', key)
    c = Http2(hark.client().sock, cert)
    t.ends.callback(c.close)

    def way(raw, _):
        serve(origin, raw)
        a = c.ask('GET', '/answer', [('if-none-match', '"1"')])
        if a.reset is not None:
            return Told('abort')
        if a.status == 502 and a.source == 'hark':
            return Told('502')
        return Told('whole', a.status, a.body, lower(a.headers))
    each(way)


if __name__ == '__main__':
    main()
