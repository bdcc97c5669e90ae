# Goal: nothing ambiguous ever passes the gateway, in either direction.
#
# What is sent stands in ambiguous.py; smuggling_ways.py sends the same on
# other ways.

from ambiguous import BAD_ANSWERS, EVIL, NEXT, OK, corpus, refused
from harness import (PATIENCE, SCALE, Ended, Failed, Shared, case, check,
                     entries, grown, main, ms, reply, same)


@Shared
def gateway(t):
    origin = t.origin()
    origin.default = tell
    return origin, t.hark('record', origin, '--header-timeout', ms(5000),
                          '--body-timeout', ms(5000))


def tell(peer, r):
    """A short answer to anything that names the target."""
    body = b'' if r.method == 'HEAD' else f'{r.method} {r.target}'.encode(
        'latin-1', 'replace')
    peer.send(reply(body, headers=[('X-Target', r.target)]))


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


@case(deadline=60)
def ambiguous_requests_are_refused_and_the_connection_closed(t):
    failures = []
    origin, hark = gateway()
    for name, raw in refused():
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
