# Goal: a tape survives the way through a HAR file.

import base64
import json

from answers import ANSWERS, multipart, record, shape
from harness import case, check, command, entries, export, main, same


@case
def C9_export_wipe_import_replay_is_identical(t):
    origin = t.origin()
    origin.routes.update(ANSWERS)
    asked = [('GET', target) for target in ANSWERS] + [
        ('POST', '/echo', [('Content-Type', 'text/plain')], b'text'),
        ('POST', '/echo', [], bytes(range(256))),
        ('PUT', '/form', [('Content-Type',
                           'multipart/form-data; boundary=q')],
         multipart('q')),
        ('HEAD', '/plain'), ('FROB', '/a%2fb?x&y=')]
    hark, seen = record(t, origin, asked)
    origin.stop()
    path = t.path('f.har')
    done = command('export', '--store', hark.store, '-o', path)
    same((done.returncode, done.stderr), (0, ''))
    first = export(hark.store)
    for p in hark.store.parent.glob('hark.db*'):
        if not p.name.endswith('.har'):
            p.unlink()
    done = command('import', '--store', hark.store, path)
    same((done.returncode, done.stderr), (0, ''))
    hark.restart(mode='replay')
    for a, r in zip(asked, seen):
        again = hark.ask(*a)
        same(again.source, 'replay', a[:2])
        same(shape(again), shape(r), a[:2])
    hark.stop()
    second = export(hark.store)
    same(len(second['log']['entries']), len(asked))
    for a, b in zip(first['log']['entries'], second['log']['entries']):
        same((a['request'], a['response']), (b['request'], b['response']))


def minimal(url, body, **response):
    return {'startedDateTime': '2026-11-21T06:00:00.000Z', 'time': 1,
            'request': {'method': 'GET', 'url': url,
                        'httpVersion': 'HTTP/1.1', 'cookies': [],
                        'headers': [], 'queryString': [],
                        'headersSize': -1, 'bodySize': 0},
            'response': {'status': 200, 'statusText': 'OK',
                         'httpVersion': 'HTTP/1.1', 'cookies': [],
                         'headers': [], 'content': body,
                         'redirectURL': '', 'headersSize': -1,
                         'bodySize': -1, **response},
            'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}


def har_file(t, *har_entries):
    path = t.path('in.har')
    path.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 'test', 'version': '1'},
        'entries': list(har_entries)}}))
    return path


@case
def D18_a_wrong_recorded_length_is_corrected(t):
    path = har_file(t, minimal(
        'http://api.test/i', {'size': 3, 'mimeType': 'image/png',
                              'encoding': 'base64', 'text': 'AAEC'},
        headers=[{'name': 'Content-Type', 'value': 'image/png'},
                 {'name': 'Content-Length', 'value': '67'}]))
    store = t.path('hark.db')
    same(command('import', '--store', store, path).returncode, 0)
    hark = t.hark('replay', store=store)
    r = hark.get('/i')
    same((r.status, r.body, r.all('content-length'),
          r.get('content-type')), (200, b'\0\1\2', ['3'], 'image/png'))


@case
def D20_a_second_import_appends(t):
    store = t.path('hark.db')
    for text in ('one', 'two'):
        path = har_file(t, minimal('http://api.test/x', {
            'size': 3, 'mimeType': 'text/plain', 'text': text}))
        same(command('import', '--store', store, path).returncode, 0)
    hark = t.hark('replay', store=store)
    same([hark.get('/x').body for _ in range(3)], [b'one', b'two', b'two'])


@case
def D12_a_bad_HAR_is_a_clear_error_and_changes_nothing(t):
    store = t.path('hark.db')
    good = har_file(t, minimal('http://api.test/x', {
        'size': 3, 'mimeType': 'text/plain', 'text': 'one'}))
    same(command('import', '--store', store, good).returncode, 0)
    for text in ('{"log":{}}', '{"log":{"entries":[{"request":', '', '[]',
                 '{"log":{"entries":{}}}',
                 '{"log":{"entries":[{"request":5,"response":{}}]}}'):
        bad = t.path('bad.har')
        bad.write_text(text)
        done = command('import', '--store', store, bad)
        # One bad entry is left out and named, a bad file is refused.
        check(done.returncode in (1, 2) or '/log/entries/0' in done.stderr,
              (text, done))
        check('bad.har' in done.stderr, (text, done.stderr))
        same(len(entries(store)), 1, text)


@case
def messages_are_shown_a_line_each_and_long_ones_cut(t):
    def message(kind, opcode, data, after):
        return {'type': kind, 'opcode': opcode, 'data': data,
                'time': 1795240800 + after}
    cut = 'a' * 399 + 'é' + 'b' * 100
    entry = minimal('ws://api.test/ws', {'size': 0, 'mimeType': 'x-unknown'},
                    status=101, statusText='Switching Protocols')
    entry['_resourceType'] = 'websocket'
    entry['_webSocketMessages'] = [
        message('send', 1, 'hi', 0), message('receive', 1, cut, .5),
        message('receive', 2, 'AAEC', 1.25),
        message('send', 2, base64.b64encode(bytes(40)).decode(), 2),
        *(message('receive', 1, f'n{i}', 3) for i in range(1000))]
    store = t.path('hark.db')
    done = command('import', '--store', store, har_file(t, entry))
    same(done.returncode, 0, done.stderr)
    shown = command('show', '--store', store, '1').stdout.splitlines()
    at = next(i for i, line in enumerate(shown) if line.endswith(' > hi'))
    for line, end in zip(shown[at + 1:], (
            ' s < ' + 'a' * 399 + ' ... and 102 bytes more',
            ' s < (3 bytes) 00 01 02',
            ' s > (40 bytes)' + ' 00' * 24 + ' ...', ' s < n0')):
        check(line.endswith(end), (line, end))
    same(shown[at + 1000], '... and 4 messages more')


@case
def what_a_HAR_names_beside_it_is_a_file_below_its_folder(t):
    folder = t.path('folder')
    outside = folder.with_name('outside.txt')
    outside.parent.mkdir(exist_ok=True)
    (folder / 'inner').mkdir(parents=True)
    outside.write_text('not yours')
    (folder / 'link.txt').symlink_to(outside)
    (folder / 'good.txt').write_text('mine')
    for name, said in (
            ('good.txt', ''), ('inner/../good.txt', ''),
            ('../outside.txt', 'leads out of the folder'),
            ('link.txt', 'leads out of the folder'),
            ('inner', 'is no file'), ('none.txt', 'No such file'),
            (str(outside), 'cannot be a file'),
            ('a\0b', 'cannot be a file')):
        path = folder / 'in.har'
        path.write_text(har_file(t, minimal('http://api.test/x', {
            'size': 4, 'mimeType': 'text/plain', '_file': name})).read_text())
        store = t.path('hark.db')
        done = command('import', '--store', store, path)
        check(said in done.stderr and ('unknown' in done.stderr) ==
              (said != ''), (name, done))
        shown = command('show', '--raw', '--store', store, '1').stdout
        same(('mine' in shown, 'not yours' in shown), (not said, False), name)
        store.unlink(missing_ok=True)


if __name__ == '__main__':
    main()
