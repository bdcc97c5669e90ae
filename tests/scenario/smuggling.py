# Goal: nothing ambiguous ever passes the gateway, in either direction.
#
# A corpus beside the checkout (../shared/corpus, or HARK_CORPUS) has folders
# smuggling/ and smuggling-responses/: raw messages and an INDEX.tsv with the
# verdict that RFC 9110 and 9112 demand of each.  Without it the messages
# written down here are all there is.

import csv
import os
import pathlib

from harness import (PATIENCE, SCALE, Ended, Failed, Shared, Skip, case, check,
                     entries, grown, main, reply, same)


@Shared
def gateway(t):
    origin = t.origin()
    origin.default = tell
    return origin, t.hark('record', origin, '--header-timeout', '5s',
                          '--body-timeout', '5s')


def tell(peer, r):
    """A short answer to anything that names the target."""
    body = b'' if r.method == 'HEAD' else f'{r.method} {r.target}'.encode(
        'latin-1', 'replace')
    peer.send(reply(body, headers=[('X-Target', r.target)]))


def corpus(name):
    beside = os.path.join(os.environ.get('top_srcdir', '.'),
                          '../shared/corpus')
    folder = pathlib.Path(os.environ.get('HARK_CORPUS') or beside) / name
    if not folder.is_dir():
        raise Skip(f'no corpus with {name} beside the checkout')
    with open(folder / 'INDEX.tsv', newline='') as f:
        rows = list(csv.DictReader(f, delimiter='\t',
                                   quoting=csv.QUOTE_NONE))
    check(rows, f'{folder} has no rows')
    return [(row, (folder / row['file']).read_bytes()) for row in rows]


def converse(hark, raw, methods, enough):
    """
    Sends raw and reads answers until enough of them are there or an error
    came, then ends the sending side and reads what still comes.  Gives the
    final answers and how the connection ended.
    """
    c = hark.client()
    answers = []
    more = True
    try:
        try:
            c.send(raw)
        except OSError:
            pass  # refused while it was still being sent
        while True:
            if more and (len(answers) >= enough or
                         any(r.status >= 400 for r in answers)):
                more = False
                c.half_close()
            # Who waits for the rest of a message is told there is none.
            c.sock.settimeout(0.5 * SCALE if more else PATIENCE)
            try:
                if not c.buffer:
                    c.fill()
            except Failed:
                if not more:
                    raise Failed('the connection stays open') from None
                more = False
                c.half_close()
                continue
            c.sock.settimeout(PATIENCE)
            method = methods[len(answers)] if len(answers) < len(methods) \
                else 'GET'
            answers.append(c.response(method))
    except Ended as e:
        check(e.how == 'rst' or not e.got,
              f'half an answer: {e.got!r} after {answers}')
        return answers, e.how
    except OSError:
        return answers, 'rst'
    finally:
        c.close()


def judge(name, raw, verdict, most, wanted=None):
    """Runs one request file; raises Failed when its verdict is not met."""
    origin, hark = gateway()
    methods = [line.split(b' ')[0].decode('latin-1')
               for line in raw.split(b'\r\n')[:1]]
    if name.startswith('012'):
        methods = ['HEAD', 'GET']
    before = sum(len(p.log) for p in origin.peers)
    try:
        answers, ending = converse(hark, raw, methods,
                                   max(1, most) if verdict == 'ACCEPT' else 1)
    except Failed as e:
        raise Failed(f'{name}: {e}') from None
    forwarded = origin.take()
    statuses = [r.status for r in answers]
    told = f'{name} ({verdict}): {statuses} {ending}, forwarded {forwarded}'
    smuggled = [r for r in forwarded if '/smuggled' in r.target]
    check(not smuggled, 'smuggled: ' + told)
    check(len(forwarded) <= most, 'too many forwarded: ' + told)
    check(not origin.errors, lambda: f'{told}: {origin.errors}')
    if verdict == 'REJECT':
        # An answer may be lost to the reset that follows it, or there may
        # be nobody left to answer, but it is never a success.
        check(all(s >= 400 for s in statuses), told)
    elif verdict == 'ACCEPT':
        check(statuses[:most] == [200] * most, told)
        same(len(forwarded), most, told)
    else:
        check(all(s == 200 or s >= 400 for s in statuses), told)
    for r in forwarded:
        if wanted:
            wanted(r)
    since = b''.join(bytes(p.log) for p in origin.peers)[before:] \
        if len(forwarded) == 0 else b''
    if verdict == 'REJECT' and most == 0:
        same(since, b'', f'bytes at the origin: {told}')
    normal(hark, told)


def normal(hark, told):
    r = hark.ask('PUT', '/normal', [('X-A', 'b')], b'after')
    same((r.status, r.body), (200, b'PUT /normal'),
         'the next client after ' + told)
    gateway()[0].take()


def field(name, value):
    def wanted(r):
        same(r.get(name), value, f'{name} at the origin')
    return wanted


def body(value):
    def wanted(r):
        same(r.body, value, 'body at the origin')
    return wanted


def target(value):
    def wanted(r):
        same(r.target, value, 'target at the origin')
    return wanted


def lacks(*names):
    def wanted(r):
        found = {n.lower() for n, _ in r.headers} & set(names)
        check(not found, f'{found} at the origin')
    return wanted


FORWARDED = {  # the form in which the corpus wants some of its requests
    '001': target('/a?b=c'), '003': body(b'hello'), '005': body(b'hello'),
    '006': body(b'hello'), '007': body(b'0123456789'),
    '008': field('x-obs', 'caf\xe9'), '013': body(b'{}'),
    '046': field('content-length', '5'), '074': body(b'hello'),
    '127': lacks('x-hop', 'keep-alive', 'proxy-connection', 'te'),
    '128': lacks('upgrade', 'http2-settings'),
    '149': lambda r: same(r.method, 'get'),
    '208': target('/'), '209': target('/?x=1'),
    '040': lambda r: same(len(r.all('content-length')), 1),
}


@case(deadline=90)
def every_request_of_the_corpus_meets_its_verdict(t):
    failures = []
    for row, raw in corpus('smuggling'):
        name = row['file']
        wanted = FORWARDED.get(name[:3])
        if row['category'] == 'request-line' and \
                row['if forwarded, upstream must see'] == 'verbatim':
            wanted = target(raw.split(b' ')[1].decode('latin-1'))
        most = int(row['max_upstream_requests'])
        verdict = row['verdict']
        try:
            judge(name, raw, verdict, most, wanted)
        except Failed as e:
            failures.append(f'{name}: {e}' if name not in str(e) else str(e))
    check(not failures, lambda: '\n'.join(failures))


# What must never get through, written as head lines behind "POST / HTTP/1.1"
# and "Host: a", then whatever follows the blank line.
NEXT = b'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
BAD_POSTS = {
    'two lengths that differ':
        (b'Content-Length: 5\r\nContent-Length: 6', b'hello'),
    'a list of lengths': (b'Content-Length: 5, 6', b'hello'),
    'a sign': (b'Content-Length: +5', b'hello'),
    'a negative length': (b'Content-Length: -5', b'hello'),
    'a hexadecimal length': (b'Content-Length: 0x5', b'hello'),
    'an empty length': (b'Content-Length:', b'hello'),
    'a length with junk': (b'Content-Length: 5 a', b'hello'),
    'a length beyond 64 bits':
        (b'Content-Length: 18446744073709551621', b'hello'),
    'a folded length': (b'Content-Length:\r\n 5', b'hello'),
    'space before the colon': (b'Content-Length : 5', b'hello'),
    'both framings': (b'Content-Length: 4\r\nTransfer-Encoding: chunked',
                      b'0\r\n\r\n' + NEXT),
    'both framings the other way':
        (b'Transfer-Encoding: chunked\r\nContent-Length: 4',
         b'0\r\n\r\n' + NEXT),
    'an unknown coding': (b'Transfer-Encoding: xchunked', b'0\r\n\r\n'),
    'chunked twice': (b'Transfer-Encoding: chunked, chunked',
                      b'0\r\n\r\n'),
    'chunked not last': (b'Transfer-Encoding: chunked, identity',
                         b'0\r\n\r\n'),
    'chunked in two lines':
        (b'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
         b'0\r\n\r\n'),
    'a tab in the coding': (b'Transfer-Encoding: \x0bchunked', b'0\r\n\r\n'),
    'a chunk size with a sign':
        (b'Transfer-Encoding: chunked', b'+5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size in 0x':
        (b'Transfer-Encoding: chunked', b'0x5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size beyond 64 bits':
        (b'Transfer-Encoding: chunked',
         b'10000000000000005\r\nhello\r\n0\r\n\r\n'),
    'a chunk that is too short':
        (b'Transfer-Encoding: chunked', b'6\r\nhello\r\n0\r\n\r\n'),
    'a chunk that is too long':
        (b'Transfer-Encoding: chunked', b'4\r\nhello\r\n0\r\n\r\n'),
    'a bare LF behind a chunk size':
        (b'Transfer-Encoding: chunked', b'5\nhello\r\n0\r\n\r\n'),
    'a bare LF in a chunk extension':
        (b'Transfer-Encoding: chunked', b'5;a\nb\r\nhello\r\n0\r\n\r\n'),
    'an empty chunk size': (b'Transfer-Encoding: chunked', b'\r\n\r\n'),
    'a trailer that is no field':
        (b'Transfer-Encoding: chunked', b'0\r\nno field\r\n\r\n'),
    'a NUL in a field': (b'X: a\0b\r\nContent-Length: 0', b''),
    'a bare CR in a field': (b'X: a\rb\r\nContent-Length: 0', b''),
    'a bare LF in the head': (b'X: a\nContent-Length: 0', b''),
    'a field name with a space': (b'X Y: a\r\nContent-Length: 0', b''),
    'an empty field name': (b': a\r\nContent-Length: 0', b''),
    'a line without a colon': (b'nothing\r\nContent-Length: 0', b''),
    'a second Host': (b'Host: b\r\nContent-Length: 0', b''),
}
BAD_STARTS = {
    'no version': b'GET /\r\nHost: a\r\n\r\n',
    'HTTP/2.0': b'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
    'HTTP/1.10': b'GET / HTTP/1.10\r\nHost: a\r\n\r\n',
    'http/1.1': b'GET / http/1.1\r\nHost: a\r\n\r\n',
    'an empty method': b' / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a method that is no token': b'GE(T / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a NUL in the target': b'GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a control character in the target':
        b'GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a space in the target': b'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
    'no leading slash': b'GET a HTTP/1.1\r\nHost: a\r\n\r\n',
    'a star with GET': b'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT with a path': b'CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n',
    'no Host': b'GET / HTTP/1.1\r\n\r\n',
    'a Host with a path': b'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
    'a Host with userinfo': b'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n',
    'an absolute ftp target':
        b'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'an absolute target without host':
        b'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n',
    'the preface of HTTP/2': b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'TLS': bytes.fromhex('16030100c8010000c40303') + bytes(190),
    'chunked in HTTP/1.0':
        b'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a space before the first field':
        b'GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n',
}


@case(deadline=60)
def ambiguous_requests_are_refused_and_the_connection_closed(t):
    failures = []
    files = {**BAD_STARTS, **{
        name: b'POST / HTTP/1.1\r\nHost: a\r\n' + head + b'\r\n\r\n' + rest
        for name, (head, rest) in BAD_POSTS.items()}}
    origin, hark = gateway()
    for name, raw in files.items():
        try:
            judge(name, raw + NEXT, 'REJECT', 0)
        except Failed as e:
            failures.append(str(e))
    check(not failures, lambda: '\n'.join(failures))


@case
def a_refusal_is_a_problem_of_harks_own(t):
    origin, hark = gateway()
    for raw, status in (
            (b'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400),
            (b'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505),
            (b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, '
             b'chunked\r\n\r\n',
             501)):
        c = t.client(hark)
        c.send(raw)
        r = c.response()
        same((r.status, r.source, r.get('content-type'),
              r.get('connection')),
             (status, 'hark', 'application/problem+json', 'close'))
        same(r.json['status'], status)
        c.ended()


@case
def the_body_of_a_HEAD_is_never_the_next_request(t):
    for method in ('HEAD', 'TRACE', 'GET', 'DELETE', 'PURGE', 'OPTIONS'):
        raw = f'{method} /one HTTP/1.1\r\nHost: a\r\n' \
              f'Content-Length: {len(NEXT)}\r\n\r\n'.encode() + NEXT
        judge(f'{method} with a body', raw, 'EITHER', 1)


@case
def bytes_behind_a_body_are_the_next_request(t):
    origin, hark = gateway()
    c = t.client(hark)
    c.send(b'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'
           b'GET /2 HTTP/1.1\r\nHost: a\r\n\r\nXXXX\r\n\r\n')
    same(c.response().body, b'POST /1')
    same(c.response().body, b'GET /2')
    same(c.response().status, 400)
    c.ended()
    same(origin.targets(), ['/1', '/2'])


@case
def garbage_behind_a_running_request_is_bounded(t):
    origin, hark = gateway()
    gate = t.gate()
    origin.routes['/wait'] = lambda p, r: (gate.wait(), p.send(reply(b'ok')))
    before = hark.status('VmRSS')
    c = t.client(hark)
    c.request('GET', '/wait')
    origin.wait_for(1)
    c.sock.settimeout(0.3)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += c.sock.send(b'x' * 65536)
    except (OSError, TimeoutError):
        pass
    check(sent < 32 << 20, f'{sent} bytes were taken')
    grown(hark, before, 16)
    gate.open()
    origin.routes.clear()
    normal(hark, 'garbage')


# --- answers ----------------------------------------------------------------

OK = b'HTTP/1.1 200 OK\r\n'
EVIL = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
BAD_ANSWERS = {  # what the origin says, then keeps the connection open
    'two lengths that differ':
        OK + b'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    'a negative length': OK + b'Content-Length: -1\r\n\r\n',
    'a length that is no number': OK + b'Content-Length: abc\r\n\r\n',
    'a length beyond 64 bits':
        OK + b'Content-Length: 18446744073709551617\r\n\r\na',
    'both framings': OK + b'Content-Length: 4\r\nTransfer-Encoding: chunked'
        b'\r\n\r\n0\r\n\r\n',
    'a bad first chunk': OK + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
    'a status of four digits': b'HTTP/1.1 2000 OK\r\n\r\n',
    'a status of letters': b'HTTP/1.1 abc OK\r\n\r\n',
    'another protocol': b'ICY 200 OK\r\n\r\n',
    'no protocol': b'hello there\r\n\r\n',
    'HTTP/2': b'HTTP/2 200\r\n\r\n',
    'a folded line': OK + b'X: a\r\n b\r\nContent-Length: 0\r\n\r\n',
    'an unasked 101': b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n'
        b'Connection: upgrade\r\n\r\n',
    'a field name with a space': OK + b'X Y: a\r\nContent-Length: 0\r\n\r\n',
    'a CR in a field': OK + b'X: a\rb\r\nContent-Length: 0\r\n\r\n',
    'an endless head': OK + b'X: y\r\n' * 60000 + b'\r\n',
}


@case(deadline=60)
def answers_that_are_no_http_become_a_502(t):
    origin, hark = gateway()
    failures = []
    for name, raw in BAD_ANSWERS.items():
        origin.routes['/bad'] = raw
        try:
            r = hark.get('/bad')
            if name == 'a bad first chunk' and r.status == 200:
                check(not r.complete, f'{name}: {r}')
            else:
                same((r.status, r.source), (502, 'hark'), name)
            normal(hark, name)
        except (Failed, Ended) as e:
            failures.append(f'{name}: {e}')
    origin.routes.clear()
    check(not failures, lambda: '\n'.join(failures))


@case
def bytes_behind_an_answer_poison_nobody(t):
    origin, hark = gateway()
    for name, raw in {
            'behind a length': OK + b'Content-Length: 2\r\n\r\nok' + EVIL,
            'behind the last chunk':
                OK + b'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'
                b'0\r\n\r\n' + EVIL,
            'behind a 204': b'HTTP/1.1 204 No Content\r\n\r\n' + EVIL,
            'behind a 304': b'HTTP/1.1 304 Not Modified\r\n'
                b'Content-Length: 9\r\n\r\n' + EVIL,
            'behind a 103': b'HTTP/1.1 103 Early Hints\r\n\r\n' + OK +
                b'Content-Length: 2\r\n\r\nok' + EVIL}.items():
        origin.routes['/bad'] = raw
        c = t.client(hark)
        r = c.ask('GET', '/bad')
        check(r.status in (200, 204, 304, 502), (name, r))
        check(b'evil' not in r.body, (name, r))
        if r.ending is None and r.get('connection') != 'close':
            same(c.ask('GET', '/next').body, b'GET /next', name)
        for _ in range(4):
            normal(hark, name)
    origin.routes.clear()


@case
def bytes_that_nobody_asked_for_poison_nobody(t):
    origin, hark = gateway()
    origin.routes['/late'] = lambda p, r: (
        p.send(OK + b'Content-Length: 2\r\n\r\nok'), sent.wait(),
        p.send(EVIL), p.wait_gone(), gone.open())
    sent, gone = t.gate('answer'), t.gate('end of the connection')
    c = t.client(hark)
    same(c.ask('GET', '/late').body, b'ok')
    sent.open()
    gone.wait()
    same(c.ask('GET', '/next').body, b'GET /next')
    origin.routes.clear()


@case
def a_HEAD_answered_with_a_body_poisons_nobody(t):
    origin, hark = gateway()
    origin.routes['/bad'] = OK + b'Content-Length: 50\r\n\r\n' + EVIL
    c = t.client(hark)
    same(c.ask('HEAD', '/bad').status, 200)
    same(c.ask('GET', '/next').body, b'GET /next')
    origin.routes.clear()


def final(raw):
    """The status of the last head in raw, or 0."""
    status = 0
    for line in raw.split(b'\r\n'):
        parts = line.split(b' ')
        if parts[0] in (b'HTTP/1.1', b'HTTP/1.0') and len(parts) > 1 and \
                parts[1].isdigit():
            status = int(parts[1])
    return status


def judge_answer(t, row, raw):
    origin, hark = gateway()
    name, verdict = row['file'], row['verdict']
    origin.routes['/answer'] = lambda p, r: (p.send(raw), p.close())
    method = 'HEAD' if '-head-' in name else 'GET'
    c = t.client(hark)
    c.request(method, '/answer', [('If-None-Match', '"1"')]
              if '304' in name else [])
    r = None
    try:
        r = c.response(method)
        how = 'whole' if r.complete else 'abort'
    except Ended:
        how = 'abort'
    if r and r.status == 502 and r.source == 'hark':
        how = '502'
    check(how in {'PASS': ('whole',), '502': ('502',),
                  'ABORT': ('abort', '502'),
                  'PASS-OR-502': ('whole', '502'),
                  '502-OR-ABORT': ('502', 'abort')}[verdict],
          f'{name} ({verdict}): {how} {r}')
    if verdict == 'PASS':
        same(r.status, final(raw), name)
        wanted = raw.rpartition(b'\r\n\r\n')[2] if b'bomb' not in \
            name.encode() else raw.partition(b'\r\n\r\n')[2]
        if r.status not in (204, 304) and method != 'HEAD' and \
                b'chunked' not in raw:
            check(r.body == wanted, f'{name}: other bytes')
    if how == 'whole' and 'set-cookie' in name:
        same(len(r.all('set-cookie')),
             raw.lower().count(b'\r\nset-cookie:'), name)
    normal(hark, name)


@case(deadline=60)
def every_answer_of_the_corpus_meets_its_verdict(t):
    failures = []
    for row, raw in corpus('smuggling-responses'):
        try:
            judge_answer(t, row, raw)
        except (Failed, Ended) as e:
            failures.append(f'{row["file"]}: {e}')
    gateway()[0].routes.clear()
    check(not failures, lambda: '\n'.join(failures))


@case
def what_was_recorded_of_all_this_can_be_exported(t):
    origin, hark = gateway()
    same(hark.get('/last').status, 200)
    targets = [e['request']['url'] for e in entries(hark.store)]
    check(not any('smuggled' in u for u in targets), targets)


if __name__ == '__main__':
    main()
