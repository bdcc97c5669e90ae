# Goal: long request bodies are recorded while they flow, and found again, in
# little memory.

import contextlib
import hashlib
import signal
import sqlite3
import subprocess

from frames import needs_h2, speaks_h2
from harness import (BIG, HARK, Ended, Skip, case, certificate, check,
                     command, entries, grown, main, ms, outcome, problem,
                     reply, same, until)
from sink import (MIB, PIECE, chunk, curl_T, head, pieces, sha256, sink,
                  swallow, written)
from waits import SANITIZED
from wire import Request

LONG = (8 if SANITIZED else 64) * MIB


def sinking(t):
    origin = t.origin()
    origin.on_connect = sink
    return origin


def put(t, hark, size, *lines, target='/', method='PUT', data=None):
    """The response to an upload with Content-Length."""
    c = t.client(hark)
    c.send(head(method, target, f'Content-Length: {size}', *lines))
    for piece in data or pieces(size):
        c.send(piece)
    return c.response()


def put_chunked(t, hark, size, *trailers, target='/'):
    c = t.client(hark)
    c.send(head('PUT', target, 'Transfer-Encoding: chunked'))
    for piece in pieces(size):
        c.send(chunk(piece))
    c.send(b'0\r\n', *(f'{line}\r\n'.encode() for line in trailers), b'\r\n')
    return c.response()


def sent(hark, number):
    """The SHA-256 of the body of a recorded request."""
    done = subprocess.Popen(
        [HARK, 'show', '--store', hark.store, '--raw', '--request',
         str(number)], stdout=subprocess.PIPE)
    digest = hashlib.sha256()
    with done.stdout as out:
        while piece := out.read(MIB):
            digest.update(piece)
    same(done.wait(), 0, 'hark show')
    return digest.hexdigest()


def again(hark, mode, *, url=None, options=()):
    hark.stop()
    hark.restart(mode=mode, url=url, options=options)


def records_and_replays(t, size, most, methods):
    origin = sinking(t)
    hark = t.hark('record', origin)
    same(hark.get('/').json['size'], 0)
    before = hark.status('VmRSS')
    for method in methods:
        r = put(t, hark, size, method=method)
        same((r.status, r.json['size'], r.json['sha256']),
             (200, size, sha256(size)))
    grown(hark, before, most)
    # The store is put in order, which takes its time.
    hark.signal(signal.SIGTERM)
    same(hark.wait(300), 0)
    for i in range(len(methods)):
        same(sent(hark, 2 + i), sha256(size))
    origin.stop()
    hark.restart(mode='replay')
    same(hark.get('/').source, 'replay')
    before = hark.status('VmRSS')
    for method in methods:
        r = put(t, hark, size, method=method)
        same((r.status, r.source, r.json['sha256']),
             (200, 'replay', sha256(size)))
    r = put(t, hark, size, data=[*pieces(size - 1), b'!'])
    same(r.source, 'miss')
    same(r.json['body_bytes'], size)
    grown(hark, before, most)


@case(deadline=60)
def a_long_body_is_recorded_and_found_again(t):
    records_and_replays(t, LONG, 48, ('PUT', 'REPORT'))


@case(deadline=1200)
def a_body_of_2_GiB_is_recorded_and_found_again(t):
    if not BIG:
        raise Skip('HARK_BIG=1 is not set')
    records_and_replays(t, (2 << 30) + 5, 48, ('PUT',))


@case(deadline=60)
def how_a_body_is_delimited_does_not_count(t):
    origin = sinking(t)
    hark = t.hark('record', origin)
    size = 3 * MIB + 7
    r = put_chunked(t, hark, size, 'X-Sum: 7').json
    same((r['framing'], r['sha256'], r['trailers']),
         ('chunked', sha256(size), [['X-Sum', '7']]))
    hark.stop()
    same(sent(hark, 1), sha256(size))
    hark.restart(mode='replay')
    same(put(t, hark, size).source, 'replay')
    same(put_chunked(t, hark, size).source, 'replay')
    same(put_chunked(t, hark, size - 1).source, 'miss')
    # Nor does it whether it was held.
    hark.stop()
    hark.restart(options=['--stream-request-body', '8m'])
    same(put(t, hark, size).source, 'replay')
    same(put_chunked(t, hark, size).source, 'replay')


@case(deadline=60)
def what_is_short_but_flows_has_the_key_of_what_is_held(t):
    origin = sinking(t)
    hark = t.hark('record', origin, '--stream-request-body', '10k')
    for size in (10 << 10, (10 << 10) + 1, MIB - 1, MIB, MIB + 1):
        same(put(t, hark, size).status, 200)
    again(hark, 'replay', options=['--stream-request-body', '8m'])
    for size in (10 << 10, (10 << 10) + 1, MIB - 1, MIB, MIB + 1):
        same(put(t, hark, size).source, 'replay', size)


@case(deadline=60)
def auto_looks_first_and_then_sends_on(t):
    origin = sinking(t)
    hark = t.hark('auto', origin)
    size = 5 * MIB + 3
    r = put(t, hark, size)
    same((r.source, r.json['sha256'], r.json['framing']),
         ('upstream', sha256(size), 'length'))
    same(put(t, hark, size).source, 'replay')
    r = put_chunked(t, hark, size - 1, 'X-Sum: 7')
    same((r.source, r.json['sha256'], r.json['framing'], r.json['trailers']),
         ('upstream', sha256(size - 1), 'chunked', [['X-Sum', '7']]))
    same(put_chunked(t, hark, size - 1).source, 'replay')
    same(len(origin.peers), 2)
    hark.stop()
    same([sent(hark, 1), sent(hark, 2)], [sha256(size), sha256(size - 1)])


@case(deadline=60)
def spy_and_a_miss_that_is_forwarded_send_on_and_keep_nothing(t):
    origin = sinking(t)
    hark = t.hark('record', origin)
    for mode, options in (('spy', []), ('replay', ['--on-miss', 'forward'])):
        again(hark, mode, url=origin.url, options=options)
        for _ in range(2):
            r = put(t, hark, 2 * MIB)
            same((r.source, r.json['sha256']), ('upstream', sha256(2 * MIB)))


@case(deadline=60)
def fallback_flows_and_still_knows_what_was_asked(t):
    origin = sinking(t)
    hark = t.hark('record', origin)
    size = 4 * MIB
    same(put(t, hark, size).status, 200)
    again(hark, 'fallback', url=origin.url)
    same(put(t, hark, size).source, 'upstream')
    # It breaks off in the middle, when there is more to come.
    origin.on_connect = lambda peer: (
        peer.through(b'\r\n\r\n'), peer.exactly(MIB), peer.reset())
    r = put(t, hark, size)
    same((r.source, r.json['sha256']), ('replay', sha256(size)))
    problem(put(t, hark, size, data=[*pieces(size - 1), b'!']), 502)
    # Nobody is there at all.
    origin.stop()
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {size}'), *pieces(size))
    same(c.response().source, 'replay')
    same(c.ask('GET', '/').status, 502)


@case
def a_client_that_leaves_a_fallback_is_no_trouble(t):
    origin = t.origin()
    origin.stop()
    hark = t.hark('record', origin)
    again(hark, 'fallback', url=origin.url)
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {4 * MIB}'), PIECE)
    c.close()
    c = t.client(hark)
    c.send(head('PUT', '/', 'Transfer-Encoding: chunked'), chunk(PIECE * 2),
           b'nonsense\r\n')
    problem(c.response(), 400)


# ---- what counts in a body -------------------------------------------------

def multipart(boundary, *parts):
    body = b''.join(
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (boundary, name, data) for name, data in parts)
    return body + b'--%b--\r\n' % boundary


@case(deadline=60)
def a_long_form_is_found_with_another_boundary(t):
    hark = t.hark('record', sinking(t))

    def ask(boundary, *parts):
        data = multipart(boundary, *parts)
        return put(t, hark, len(data),
                   'Content-Type: multipart/form-data; boundary='
                   + boundary.decode(), data=[data])
    parts = [(b'a', b'\r\n--no boundary\r\n'), (b'file', PIECE * 2),
             (b'z', b'1')]
    same(ask(b'one', *parts).status, 200)
    again(hark, 'replay')
    same(ask(b'another-of-them', *parts).source, 'replay')
    same(ask(b'one', *parts[::-1]).source, 'miss')
    same(ask(b'one', *parts, (b'more', b'')).source, 'miss')
    again(hark, 'replay', options=['--stream-request-body', '8m'])
    same(ask(b'another-of-them', *parts).source, 'replay')


def document(size, order):
    """JSON of about that many bytes, its members in one order or the other."""
    text = b'"%b"' % (b'x' * size)
    a, b = b'"a": %b' % text, b'"b": 1'
    return b'{%b, %b}' % ((a, b) if order else (b, a))


@case(deadline=60)
def rules_see_what_is_not_too_long_for_them(t):
    rules = ['--rule', 'PUT /** ignore json /never']
    hark = t.hark('record', sinking(t), *rules)
    same(put(t, hark, 0, data=[b'']).status, 200)
    lines = ['Content-Type: application/json']
    for size in (3 * MIB, 17 * MIB):
        data = document(size, True)
        same(put(t, hark, len(data), *lines, data=[data]).status, 200)
    again(hark, 'replay', options=rules)
    for size, source in ((3 * MIB, 'replay'), (17 * MIB, 'miss')):
        data = document(size, False)
        same(put(t, hark, len(data), *lines, data=[data]).source, source)
        data = document(size, True)
        same(put(t, hark, len(data), *lines, data=[data]).source, 'replay')


@case(deadline=60)
def rules_of_later_count_for_what_flowed_before(t):
    hark = t.hark('record', sinking(t))
    lines = ['Content-Type: application/json']
    for size in (3 * MIB, 17 * MIB):
        data = document(size, True)
        same(put(t, hark, len(data), *lines, data=[data]).status, 200)
    rules = ['--rule', 'PUT /** ignore json /never']
    again(hark, 'replay', options=rules)
    for size, source in ((3 * MIB, 'replay'), (17 * MIB, 'miss')):
        data = document(size, False)
        same(put(t, hark, len(data), *lines, data=[data]).source, source)
    data = document(17 * MIB, True)
    same(put(t, hark, len(data), *lines, data=[data]).source, 'replay')
    # The keys are made anew of what is in the store: the exact ones, too.
    hark.stop()
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        db.execute('UPDATE entry SET key = zeroblob(16)')
        db.commit()
    done = command('reindex', '--store', hark.store)
    same((done.returncode, done.stderr), (0, ''))
    hark.restart(mode='replay', options=[])
    data = document(17 * MIB, True)
    same(put(t, hark, len(data), *lines, data=[data]).source, 'replay')


# ---- keys of an older hark ---------------------------------------------------

def aged(store, *, marked=False):
    """The keys of all entries are others, and the store does not say that
    those of long bodies are not."""
    with contextlib.closing(sqlite3.connect(store)) as db:
        db.execute('UPDATE entry SET key = zeroblob(16)')
        if not marked:
            db.execute('DROP TABLE mark')
        db.commit()


def keys(store):
    with contextlib.closing(sqlite3.connect(store)) as db:
        return [row[0] for row in
                db.execute('SELECT key FROM entry ORDER BY id')]


ANEW = 'entries with request bodies over 1 MiB were indexed anew'


@case(deadline=60)
def keys_of_long_bodies_are_made_anew_once(t):
    hark = t.hark('record', sinking(t))
    for size in (MIB, MIB + 1, 2 * MIB):
        same(put(t, hark, size).status, 200)
    hark.stop()
    made = keys(hark.store)
    for mode, source in (('replay', 'replay'), ('auto', 'replay'),
                         ('record', 'upstream')):
        aged(hark.store)
        hark.restart(mode=mode, url=None if mode == 'replay'
                     else sinking(t).url)
        check(ANEW in hark.log and ': 2 entries' in hark.log, hark.log)
        same(put(t, hark, 2 * MIB).source, source)
        hark.stop()
        same(keys(hark.store)[:3], [bytes(16), *made[1:]], mode)
    # That was that.
    aged(hark.store, marked=True)
    hark.restart(mode='replay', url=None)
    same(put(t, hark, 2 * MIB).source, 'miss')
    hark.stop()
    same(keys(hark.store)[0], bytes(16))


@case(deadline=60)
def each_tape_keeps_its_rules_then(t):
    rules = ['--rule', 'PUT /** ignore json /a']
    hark = t.hark('record', sinking(t), *rules)
    data = document(2 * MIB, True)
    lines = ['Content-Type: application/json']
    same(put(t, hark, len(data), *lines, data=[data]).status, 200)
    hark.stop()
    aged(hark.store)
    with contextlib.closing(sqlite3.connect(hark.store)) as db:
        db.execute('UPDATE entry SET normal_key = zeroblob(16)')
        db.commit()
    # Whoever writes to one tape does it for all.
    hark.restart(mode='record', options=['--tape', 'other'])
    check(ANEW in hark.log, hark.log)
    hark.stop()
    hark.restart(mode='replay', url=None, options=rules)
    data = document(3 * MIB, False)
    same(put(t, hark, len(data), *lines, data=[data]).source, 'replay')


@case(deadline=60)
def where_nothing_can_be_written_it_is_said_what_to_do(t):
    hark = t.hark('record', sinking(t))
    for size in (10, 2 * MIB):
        same(put(t, hark, size).status, 200)
    until(lambda: len(keys(hark.store)) == 2, 'both are recorded')
    made = keys(hark.store)
    aged(hark.store)
    done = command('replay', '--listen', '127.0.0.1:0', '--store', hark.store)
    same(done.returncode, 2)
    check('tape default has to be indexed anew for request bodies over 1 MiB '
          'first, by hark reindex' in done.stderr and
          'another hark writes' in done.stderr, done.stderr)
    done = command('explain', '--store', hark.store, 'PUT', '/')
    check('tape default has to be indexed anew for request bodies over 1 MiB'
          in done.stderr, done.stderr)
    # A tape without such is not concerned.
    other = t.hark('replay', '--tape', 'new', store=hark.store)
    same(other.get('/').source, 'miss')
    other.stop()
    hark.stop()
    done = command('reindex', '--store', hark.store)
    same((done.returncode, done.stderr), (0, ''))
    same(keys(hark.store), made)
    hark.restart(mode='replay', url=None)
    check(ANEW not in hark.log, hark.log)
    same(put(t, hark, 2 * MIB).source, 'replay')


SECRET = b'sk_live_4eC39HqLyjWDarjtT1zdp7dc'
OTHER = b'sk_live_9aB27KxTnmQWvUrsP8yeh3fg'


def statement(secret, size):
    line = b'{"name": "Ada", "note": "nothing to see"}\n'
    n = size // len(line) // 2
    return line * n + b'{"api_key": "%b"}\n' % secret + line * n


@case(deadline=60)
def secrets_are_kept_out_of_what_flows(t):
    origin = sinking(t)
    key = t.path('key')
    key.write_text('6b' * 32)
    hark = t.hark('record', origin, '--redact', '--redact-key', key)
    lines = ['Content-Type: application/json']

    def ask(secret):
        data = statement(secret, 3 * MIB)
        return put(t, hark, len(data), *lines, data=[data]), data
    r, data = ask(SECRET)
    same(r.json['sha256'], hashlib.sha256(data).hexdigest())
    hark.stop()
    text = subprocess.run(
        [HARK, 'show', '--store', hark.store, '--raw', '--request', '1'],
        capture_output=True).stdout
    check(SECRET not in text and b'"api_key": "hark-' in text, 'it is there')
    check(abs(len(text) - len(data)) < 64, f'{len(text)} bytes')
    check(SECRET not in hark.store.read_bytes(), 'it is in the store')
    again(hark, 'replay', options=['--redact-key', key])
    same(ask(SECRET)[0].source, 'replay')
    same(ask(OTHER)[0].source, 'replay')


@case(deadline=60)
def what_cannot_be_searched_for_secrets_is_left_out(t):
    key = t.path('key')
    key.write_text('6b' * 32)
    hark = t.hark('record', sinking(t), '--redact', '--redact-key', key)
    lines = ['Content-Type: application/json', 'Content-Encoding: gzip']
    same(put(t, hark, 17 * MIB, *lines).status, 200)
    hark.told('could not be searched')
    hark.stop()
    entry = entries(hark.store)[0]['request']
    check('text' not in entry.get('postData', {}), 'its body is there')
    again(hark, 'replay', options=['--redact-key', key])
    same(put(t, hark, 17 * MIB - 1, *lines).source, 'replay')


# ---- ends ------------------------------------------------------------------

def recorded(t, hark, n=1):
    until(lambda: len(entries(hark.store)) >= n, 'the entry is there')
    return entries(hark.store)[n - 1]


@case(deadline=60)
def an_early_answer_is_that_of_any_body(t):
    for status in ('413 Content Too Large', '401 Unauthorized'):
        origin = t.origin()

        def early(peer):
            peer.keep_log = False
            peer.through(b'\r\n\r\n')
            peer.send(reply(b'no', status))
            peer.wait_gone()
        origin.on_connect = early
        hark = t.hark('record', origin)
        c = t.client(hark)
        c.send(head('PUT', '/', f'Content-Length: {1 << 40}'), PIECE)
        r = c.response()
        same((r.status, r.body, r.get('connection')),
             (int(status[:3]), b'no', 'close'))
        hark.stop()
        entry = entries(hark.store)[0]
        same((outcome(entry), entry['response']['status']),
             ('complete', int(status[:3])))
        check('text' not in entry['request'].get('postData', {}), entry)
        again(hark, 'replay')
        r = put(t, hark, 2 * MIB)
        same((r.source, r.status, r.body), ('replay', int(status[:3]), b'no'))
        hark.stop()


@case(deadline=60)
def an_early_answer_ends_what_is_sent_from_a_file(t):
    origin = t.origin()

    def early(peer):
        peer.keep_log = False
        peer.through(b'\r\n\r\n')
        peer.send(reply(b'no', '413 Content Too Large'))
        peer.wait_gone()
    origin.on_connect = early
    hark = t.hark('auto', origin)
    same(put(t, hark, LONG).status, 413)


@case(deadline=60)
def an_upstream_that_breaks_off_is_recorded_as_such(t):
    origin = t.origin()
    origin.on_connect = lambda peer: (
        peer.through(b'\r\n\r\n'), peer.exactly(2 * MIB), peer.reset())
    for mode in ('record', 'auto'):
        hark = t.hark(mode, origin, '--record-failures')
        problem(put(t, hark, 8 * MIB), 502)
        same(outcome(recorded(t, hark)), 'reset')
        hark.stop()


@case(deadline=60)
def a_client_that_breaks_off_is_recorded_as_such(t):
    origin = t.origin()
    told = []

    def upstream(peer):
        peer.keep_log = False
        try:
            told.append(Request(peer.through(b'\r\n\r\n')))
            told.append(swallow(peer, told[-1], hashlib.sha256()))
        except Ended:
            pass
    origin.on_connect = upstream
    hark = t.hark('record', origin, '--record-failures')
    ways = [(lines, data, leave) for lines, data in (
        ([f'Content-Length: {8 * MIB}'], PIECE * 2),
        (['Transfer-Encoding: chunked'], chunk(PIECE) * 2))
        for leave in ('close', 'reset', 'half_close')]
    for n, (lines, data, leave) in enumerate(ways, 1):
        c = t.client(hark)
        c.send(head('PUT', '/', *lines), data)
        until(lambda: len(told) == n, 'the upload flows')
        getattr(c, leave)()
        entry = recorded(t, hark, n)
        same((outcome(entry), entry['response']['status']), ('client-gone', 0))
        check('text' not in entry['request'].get('postData', {}), entry)
    # What cannot be read is no request either.
    c = t.client(hark)
    c.send(head('PUT', '/', 'Transfer-Encoding: chunked'), chunk(PIECE) * 2,
           b'nonsense\r\n')
    problem(c.response(), 400)
    same(outcome(recorded(t, hark, 7)), 'client-gone')
    # In auto nothing has gone out.
    n = len(told)
    again(hark, 'auto', url=origin.url)
    for lines, data, leave in ways:
        c = t.client(hark)
        c.send(head('PUT', '/auto', *lines), data)
        getattr(c, leave)()
    c = t.client(hark)
    c.send(head('PUT', '/auto', 'Transfer-Encoding: chunked'),
           chunk(PIECE) * 2, b'nonsense\r\n')
    problem(c.response(), 400)
    same(len(told), n)


@case
def Expect_100_continue_is_answered_at_once(t):
    origin = sinking(t)
    hark = t.hark('record', origin)
    for mode in ('record', 'auto', 'replay'):
        c = t.client(hark)
        c.send(head('PUT', '/', f'Content-Length: {3 * MIB}',
                    'Expect: 100-continue'))
        same(c.through(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
        c.send(*pieces(3 * MIB))
        r = c.response()
        same((r.status, r.json['sha256']), (200, sha256(3 * MIB)))
        again(hark, 'auto' if mode == 'record' else 'replay', url=origin.url)


@case(deadline=60)
def strict_durability_holds_for_uploads(t):
    hark = t.hark('record', sinking(t), '--durability', 'strict')
    same(put(t, hark, 3 * MIB).status, 200)
    hark.kill9()
    same(sent(hark, 1), sha256(3 * MIB))


@case(deadline=60)
def a_recorder_that_is_always_full_holds_both_ways_back(t):
    for mode in ('record', 'auto'):
        hark = t.hark(mode, sinking(t), '--queue-size', '64k')
        size = 8 * MIB + 1
        same(put(t, hark, size).json['sha256'], sha256(size))
        same(put_chunked(t, hark, size - 1).json['sha256'], sha256(size - 1))
        hark.stop()
        same([sent(hark, 1), sent(hark, 2)], [sha256(size), sha256(size - 1)])


def drafts(hark):
    uri = f'file:{hark.store}?mode=ro'
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
        return db.execute('SELECT count(*) FROM entry '
                          'WHERE id < 0').fetchone()[0]


@case(deadline=60)
def an_answer_that_goes_on_is_kept_with_the_upload_that_asked(t):
    origin = t.origin()
    go = t.gate('the draft is there')

    def events(peer):
        peer.keep_log = False
        r = Request(peer.through(b'\r\n\r\n'))
        swallow(peer, r, hashlib.sha256())
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
                  b'Connection: close\r\n\r\ndata: 1\n\n')
        go.wait()
        peer.send(b'data: 2\n\n')
        peer.close()
    origin.on_connect = events
    hark = t.hark('record', origin)
    c = t.client(hark)
    size = 3 * MIB
    c.send(head('PUT', '/', f'Content-Length: {size}'), *pieces(size))
    until(lambda: drafts(hark) == 1, 'the draft is there')
    go.open()
    same(c.response().body, b'data: 1\n\ndata: 2\n\n')
    hark.stop()
    same((len(entries(hark.store)), drafts(hark)), (1, 0))
    again(hark, 'replay')
    same(put(t, hark, size).source, 'replay')
    same(put(t, hark, size - 1).source, 'miss')


@case
def limits_hold_before_anybody_is_asked(t):
    origin = t.origin()
    for mode in ('record', 'auto'):
        hark = t.hark(mode, origin, '--max-request-body', '2m',
                      '--body-timeout', ms(600))
        c = t.client(hark)
        c.send(head('PUT', '/', f'Content-Length: {2 * MIB + 1}'))
        problem(c.response(), 413)
        c = t.client(hark)
        c.send(head('PUT', '/', 'Transfer-Encoding: chunked'),
               *[chunk(PIECE)] * 3)
        problem(c.response(), 413)
        c = t.client(hark)
        c.send(head('PUT', '/', f'Content-Length: {2 * MIB}'), PIECE)
        problem(c.response(), 408)
        hark.stop()


@case
def files_have_a_budget(t):
    hark = t.hark('record', t.origin())
    again(hark, 'replay', options=['--request-spool-budget', '2m'])
    same(put(t, hark, 2 * MIB).source, 'miss')
    c = t.client(hark)
    c.send(head('PUT', '/', f'Content-Length: {2 * MIB + 1}'))
    problem(c.response(), 413)
    c = t.client(hark)
    c.send(head('PUT', '/', 'Transfer-Encoding: chunked'), *[chunk(PIECE)] * 3)
    problem(c.response(), 503)
    until(lambda: put(t, hark, 2 * MIB).source == 'miss', 'there is room again')


# ---- real clients ----------------------------------------------------------

@case(deadline=60)
def what_curl_T_uploads_is_replayed(t):
    origin = sinking(t)
    size = 8 * MIB
    file = written(t, size)
    hark = t.hark('record', origin)
    names = ((file, 'length'), ('-', 'chunked'))
    for name, framing in names:
        r = curl_T(name, file, hark.url + '/' + framing)
        same((r['framing'], r['size'], r['sha256']),
             (framing, size, sha256(size)))
    origin.stop()
    again(hark, 'replay')
    for name, framing in names:
        r = curl_T(name, file, hark.url + '/' + framing)
        same((r['framing'], r['size'], r['sha256']),
             (framing, size, sha256(size)))


@case(deadline=60)
def HTTP_2_uploads_the_same_way(t):
    needs_h2()
    if not speaks_h2():
        raise Skip('hark was built without nghttp2')
    cert, key = certificate(t.path(), 'gateway', 'IP:127.0.0.1')
    origin = sinking(t)
    size = 8 * MIB
    file = written(t, size)
    for mode in ('record', 'auto'):
        hark = t.hark(mode, origin, '--tls-cert', cert, '--tls-key', key)

        def upload(name, target):
            heads = t.path('heads')
            r = curl_T(name, file, f'https://{hark.address}{target}',
                       '--http2', '--cacert', cert, '-D', heads)
            same((r['size'], r['sha256']), (size, sha256(size)), target)
            check(heads.read_text().startswith('HTTP/2 200'), target)
        upload(file, '/length')
        upload('-', '/chunked')
        hark.stop()
        hark.restart(mode='replay')
        upload(file, '/length')
        upload('-', '/chunked')
        hark.stop()


if __name__ == '__main__':
    main()
