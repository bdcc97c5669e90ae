# Goal: a body goes through a HAR file whatever its length, in little memory.

import base64
import gzip
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import zipfile

from harness import (BIG, HARK, PATIENCE, case, check, command, main, reply,
                     same)
from waits import SANITIZED

MIB = 1 << 20
PEAK = 40  # MiB, of any import and export here
NOISE = random.Random(5).randbytes(MIB)
TEXT = ('{"row": "0123456789 \u20ac \\" \\\\ \U0001f600 text"}\n'.encode()
        * (MIB // 40))


# The peak of a process begins with that of whoever started it, so that this
# one, which has bodies in memory, cannot.
MEASURE = """\
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print('peak', usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak(*argv):
    """Runs hark to its end, which must be a good one, in at most PEAK MiB.  A
    sanitizer's own memory makes that pointless."""
    done = subprocess.run(
        [sys.executable, '-S', '-c', MEASURE, os.path.abspath(HARK),
         *map(str, argv)],
        capture_output=True, text=True)
    same((done.returncode, done.stderr), (0, ''), argv)
    used = int(done.stdout.split()[-1]) / 1024
    check(SANITIZED or used <= PEAK, f'{argv} needed {used:.1f} MiB')


def digest(path):
    sum_ = hashlib.sha256()
    with open(path, 'rb') as f:
        while piece := f.read(MIB):
            sum_.update(piece)
    return sum_.hexdigest()


def noise(size):
    """Pieces of 1 MiB, no two alike."""
    for n in range((size + MIB - 1) // MIB):
        piece = n.to_bytes(3, 'big') + NOISE[3:]
        yield piece[:size - n * MIB]


def recorded(t, answers):
    """The store of a gateway that recorded these answers."""
    origin = t.origin()
    origin.routes.update(answers)
    hark = t.hark('record', origin)
    for target in answers:
        same(hark.get(target).status, 200, target)
    hark.stop()
    return hark


def there_and_back(t, store, name, *options):
    """Export, import and export again, which must give the same; the import's
    store."""
    once = t.path(name)
    again = t.path(name)
    store2 = t.path('hark.db')
    peak('export', '--store', store, *options, '-o', once)
    peak('import', '--no-redact', '--strict', '--store', store2, once)
    peak('export', '--store', store2, '-o', again,
         *(['--bodies', 'attach'] if '--bodies' in options else []))
    names = sorted(os.listdir(once.parent))
    same(sorted(os.listdir(again.parent)), names)
    for name in names:
        same(digest(again.parent / name), digest(once.parent / name), name)
    return store2


def same_answers(t, store, wanted):
    hark = t.hark('replay', store=store)
    for target, body in wanted.items():
        r = hark.get(target)
        same((r.source, len(r.body)), ('replay', len(body)), target)
        check(r.body == body, lambda: f'{target} differs')
    hark.stop()


@case(deadline=120)
def a_body_of_64_MiB_goes_through_a_HAR_in_little_memory(t):
    binary = b''.join(noise(64 * MIB))
    hark = recorded(t, {'/binary': reply(binary)})
    back = there_and_back(t, hark.store, 'x.har')
    same_answers(t, back, {'/binary': binary})


@case(deadline=120)
def a_coded_text_of_64_MiB_goes_through_every_form(t):
    coded = gzip.compress(TEXT * 64, 1, mtime=0)
    hark = recorded(t, {'/text': reply(coded, headers=[
        ('Content-Type', 'text/plain'), ('Content-Encoding', 'gzip')])})
    for name, *options in (('x.har',), ('x.har', '--bodies', 'attach'),
                           ('x.har.zip',), ('x.ndjson',)):
        back = there_and_back(t, hark.store, name, *options)
    same_answers(t, back, {'/text': coded})


@case(deadline=120)
def payload_files_of_a_long_body_have_its_bytes(t):
    binary = b''.join(noise(12 * MIB))
    text = TEXT * 12
    coded = gzip.compress(text, 1, mtime=0)
    hark = recorded(t, {
        '/binary': reply(binary), '/text': reply(coded, headers=[
            ('Content-Type', 'text/plain'), ('Content-Encoding', 'gzip')])})
    wanted = {hashlib.sha1(b).hexdigest() + end: b for b, end in (
        (binary, '.dat'), (text, '.txt'), (coded, '.gz'))}
    path = t.path('x.har.zip')
    peak('export', '--store', hark.store, '-o', path)
    with zipfile.ZipFile(path) as z:
        for name, body in wanted.items():
            check(z.read(name) == body, name)
    har = t.path('x.har')
    for _ in range(2):  # the second time they are there already
        peak('export', '--store', hark.store, '--bodies', 'attach', '-o', har)
        for name, body in wanted.items():
            check((har.parent / name).read_bytes() == body, name)
    name = max(wanted)
    (har.parent / name).write_bytes(wanted[name][:-1] + b'?')
    peak('export', '--store', hark.store, '--bodies', 'attach', '-o', har)
    check((har.parent / name).read_bytes() == wanted[name], name)


@case(deadline=120)
def a_long_upload_is_found_again_by_its_bytes(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    body = b''.join(noise(9 * MIB))
    parts = b'--q\r\nA: b\r\n\r\n' + body + b'\r\n--q--\r\n'
    form = [('Content-Type', 'multipart/form-data; boundary=q')]
    origin.routes['/plain'] = reply(b'took it')
    origin.routes['/form'] = reply(b'took the form')
    hark.ask('POST', '/plain', [], body)
    hark.ask('POST', '/form', form, parts)
    hark.stop()
    back = there_and_back(t, hark.store, 'x.har')
    hark = t.hark('replay', store=back)
    same(hark.ask('POST', '/plain', [], body).body, b'took it')
    same(hark.ask('POST', '/plain', [], body[:-1] + b'?').source, 'miss')
    other = [('Content-Type', 'multipart/form-data; boundary=zz')]
    same(hark.ask('POST', '/form', other,
                  parts.replace(b'--q', b'--zz')).body, b'took the form')


def entry(content, fields=()):
    return {'startedDateTime': '2026-01-02T03:04:05Z',
            'request': {'method': 'GET', 'url': 'http://a.test/x',
                        'headers': []},
            'response': {'status': 200, 'statusText': 'OK', 'headers': [
                {'name': n, 'value': v} for n, v in fields or [
                    ('Content-Type', content['mimeType'])]],
                'content': content}}


def har_file(t, *har_entries):
    path = t.path('in.har')
    path.write_text(json.dumps(
        {'log': {'version': '1.2', 'entries': har_entries}},
        ensure_ascii=False))
    return path


@case(deadline=120)
def long_bodies_of_other_producers_are_read_as_short_ones(t):
    text = ('caf\u00e9 ' * (2 * MIB))
    latin = text.encode('latin-1')
    url_safe = base64.urlsafe_b64encode(b''.join(noise(9 * MIB))).decode()
    rows = (
        ({'text': text, 'size': len(text.encode()), 'mimeType': 'text/plain'},
         [], text.encode(), 0),
        ({'text': text, 'size': len(latin), 'mimeType': 'text/plain'},
         [], latin, 1),
        ({'text': text, 'size': -1,
          'mimeType': 'text/plain; charset=iso-8859-1'}, [], latin, 1),
        ({'text': url_safe.rstrip('='), 'encoding': 'base64',
          'mimeType': 'x/y'}, [], b''.join(noise(9 * MIB)), 1),
        ({'encoding': 'base64', 'text': url_safe[:-1] + '!',
          'mimeType': 'x/y', 'size': 9 * MIB}, [], None, 1),
        ({'text': text, 'mimeType': 'text/plain'},
         [('Content-Encoding', 'gzip')], text.encode(), 1),
        ({'text': 'A' * (9 * MIB) + '=', 'mimeType': 'text/plain',
          'encoding': 'utf-8'}, [], b'A' * (9 * MIB) + b'=', 0))
    for content, fields, body, repaired in rows:
        store = t.path('hark.db')
        path = har_file(t, entry(content, [
            ('Content-Type', content['mimeType']), *fields]))
        done = command('import', '--store', store, path)
        same(done.returncode, 0, done.stderr)
        check(f'({repaired} repaired' in done.stdout, done)
        hark = t.hark('replay', store=store)
        if body is None:
            check('the body is unknown' in done.stderr, done)
            continue
        r = hark.get('/x')
        check(r.source == 'replay' and r.body == body,
              lambda: (content['mimeType'], fields, r.status, len(r.body)))
        same(r.get('content-encoding'), None)
        hark.stop()


def rows_of(store, table):
    with sqlite3.connect(store) as db:
        return db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]


@case(deadline=120)
def what_is_refused_or_filtered_leaves_nothing_of_a_long_body(t):
    store = t.path('hark.db')
    long = {'text': 'x' * (9 * MIB), 'mimeType': 'text/plain'}
    path = har_file(t, entry(long), entry({'text': 'y', 'mimeType': ''}))
    text = path.read_text()
    for cut in 2 * MIB, 9 * MIB - 1, len(text) - 2:
        path.write_text(text[:cut])
        done = command('import', '--store', store, path)
        same(done.returncode, 1, done)
        check('in.har: line 1' in done.stderr, done)
    path.write_text(text)
    done = command('import', '--store', store, '--filter', '*none', path)
    same(done.returncode, 0, done)
    same([rows_of(store, n) for n in ('entry', 'body', 'body_part')],
         [0, 0, 0])
    left = [n for n in os.listdir(store.parent)
            if not n.startswith('hark.db')]
    same(left, [])
    same(command('import', '--dry-run', '--store', store, path).stdout,
         f'imported 2 entries (0 repaired, 0 skipped) from {path}\n')
    same(rows_of(store, 'body'), 0)


@case(deadline=120)
def a_disk_that_is_full_ends_an_import_and_an_export(t):
    store = t.path('hark.db')
    path = har_file(t, entry({'text': 'x' * (20 * MIB), 'mimeType': ''}))
    limited = ['sh', '-c', 'ulimit -f "$0" && trap "" XFSZ && exec "$@"']
    done = subprocess.run(
        [*limited, '20480', HARK, 'import', '--store', store, path],
        capture_output=True, text=True, timeout=PATIENCE * 6)
    same(done.returncode, 1, done)
    check('temporary file: File too large' in done.stderr, done)
    same(rows_of(store, 'entry'), 0)
    peak('import', '--no-redact', '--store', store, path)
    out = t.path('out.har')
    done = subprocess.run(
        [*limited, '20480', HARK, 'export', '--store', store, '-o', out],
        capture_output=True, text=True, timeout=PATIENCE * 6)
    same(done.returncode, 1, done)
    check('File too large' in done.stderr, done)
    same(os.listdir(out.parent), [])


def big_har(path, size):
    with open(path, 'wb') as f:
        head, tail = json.dumps(
            {'log': {'version': '1.2', 'entries': [entry({
                'text': '@', 'encoding': 'base64', 'mimeType': 'x/y',
                'size': size})]}}).encode().split(b'@')
        f.write(head)
        held = b''
        for piece in noise(size):
            held += piece
            cut = len(held) // 3 * 3
            f.write(base64.b64encode(held[:cut]))
            held = held[cut:]
        f.write(base64.b64encode(held) + tail)


@case(deadline=900 if BIG else 60)
def a_body_over_1_GiB_is_known_and_exported(t):
    # Without HARK_BIG=1 it is as long as what memory would never hold here.
    size = (1200 if BIG else 50) * MIB + 1
    path = t.path('in.har')
    big_har(path, size)
    store = t.path('hark.db')
    peak('import', '--no-redact', '--store', store, path)
    path.unlink()
    with sqlite3.connect(store) as db:
        row = db.execute('SELECT hex(digest), size FROM body').fetchone()
    sum_ = hashlib.sha256()
    for piece in noise(size):
        sum_.update(piece)
    same(row, (sum_.hexdigest().upper(), size))
    there_and_back(t, store, 'x.har')


if __name__ == '__main__':
    main()
