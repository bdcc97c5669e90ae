# Goal: what strangers send leads to no file, field or secret that is not theirs.

import base64
import gzip
import json
import os
import pathlib
import stat
import time
import zlib

from harness import (SCALE, Client, case, check, command, grown, main,
                     problem, reply, same, until)
from tunnels import world


def served(t, *routes, folder=None, options=(), **more):
    folder = folder or t.path()
    (folder / 'mocks.json').write_text(json.dumps(
        {'routes': [{'endpoint': e, 'responses': [r]} for e, r in routes],
         **more}))
    return t.hark('proxy', '--mocks', folder / 'mocks.json', '--on-miss',
                  '404', '--admin', 'off', *options)


def argv(hark):
    path = pathlib.Path(f'/proc/{hark.process.pid}/cmdline')
    return path.read_bytes().split(b'\0')


# --- secrets of its own -------------------------------------------------------

@case
def what_is_secret_on_the_command_line_is_not_in_the_list_of_processes(t):
    origin = t.origin()
    config = t.path('config.json')
    config.write_text('{"via": "off"}')
    hark = t.hark('record', origin, '--forward-proxy', '--config', config,
                  '--proxy-auth', 'me:secret1', '--admin-token=secret2',
                  '--mockoon-admin', 'secret3', '--upstream-proxy', 'none')
    said = argv(hark)
    for one in said:
        check(b'secret' not in one and b'me:' not in one, said)
    check(b'--admin-token=*******' in said, said)
    # They are known all the same, and when files are read again.
    config.write_text('{"via": "on"}')
    hark.signal(1)
    until(lambda: 'files are read anew' in hark.log, 'files are read anew')
    known = base64.b64encode(b'me:secret1').decode()
    c = t.client(hark)
    problem(c.ask('GET', f'{origin.url}/'), 407)
    r = c.ask('GET', f'{origin.url}/', [
        ('Proxy-Authorization', f'Basic {known}')])
    same((r.status, len(r.all('via'))), (200, 1))
    a = Client(hark.admin)
    same(a.ask('GET', '/v1/state').status, 401)
    r = a.ask('GET', '/v1/state', [('Authorization', 'Bearer secret2')])
    same(r.status, 200)
    check(b'secret' not in r.body, r.body)
    a.close()
    hark.stop()
    check('secret' not in hark.log, hark.log)


@case
def the_environment_may_say_who_uses_the_proxy(t):
    origin = t.origin()
    hark = t.hark('record', env={'HARK_PROXY_AUTH': 'you:word'})
    c = t.client(hark)
    problem(c.ask('GET', f'{origin.url}/'), 407)
    known = base64.b64encode(b'you:word').decode()
    same(c.ask('GET', f'{origin.url}/', [
        ('Proxy-Authorization', f'Basic {known}')]).status, 200)
    hark.stop()
    hark = t.hark('record', '--proxy-auth', 'me:too',
                  env={'HARK_PROXY_AUTH': 'you:word'})
    problem(t.client(hark).ask('GET', f'{origin.url}/', [
        ('Proxy-Authorization', f'Basic {known}')]), 407)
    hark.stop()
    done = command('record', env={'HARK_PROXY_AUTH': 'no colon'})
    same(done.returncode, 2)
    check('HARK_PROXY_AUTH' in done.stderr and 'no colon' not in done.stderr,
          done.stderr)


@case
def files_that_say_something_are_for_their_owner(t):
    before = os.umask(0)
    t.ends.callback(os.umask, before)
    folder = t.path('ca')
    same(command('ca', 'init', '--ca-dir', folder).returncode, 0)
    hark = t.hark('record', t.origin(), '--redact', 'on', '--admin',
                  f'unix:{t.path()}/admin')
    for path in (folder / 'ca-key.pem', hark.ready,
                 f'{hark.store}-key', hark.admin.removeprefix('unix:')):
        same(oct(stat.S_IMODE(os.stat(path).st_mode)), '0o600', path)


@case
def temporary_files_have_no_name(t):
    folder, gate = t.path(), t.gate()
    origin = t.origin()
    hark = t.hark('auto', origin, env={'TMPDIR': str(folder)})
    c = t.client(hark)
    c.send(b'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n' +
           b'x' * 2000000)
    until(lambda: any('hark' in f and 'deleted' in f
                      for f in hark.open_files()), 'the body is in a file')
    same([p.name for p in folder.iterdir() if p.name != 'tmp'], [])
    c.send(b'x' * 2000000)
    same(c.response().status, 200)


# --- what strangers name -----------------------------------------------------

@case
def a_path_of_the_request_leads_to_no_file_outside_of_its_folder(t):
    folder = t.path()
    inside, outside = folder / 'in', folder / 'out'
    inside.mkdir()
    outside.mkdir()
    (inside / 'ok').write_text('fine')
    (inside / 'here').symlink_to('ok')
    (outside / 'secret').write_text('s3cret')
    (inside / 'link').symlink_to('../out/secret')
    (inside / 'folder').symlink_to('../out')
    (inside / 'zero').symlink_to('/dev/zero')
    os.mkfifo(inside / 'fifo')
    hark = served(t, ('f', {'bodyType': 'FILE',
                            'filePath': "in/{{queryParam 'f'}}"}),
                  folder=folder)
    c = t.client(hark)
    for name in ('ok', 'here', './ok', 'x/../ok'):
        same(c.ask('GET', f'/f?f={name}').body, b'fine', name)
    for name in ('../out/secret', '..%2fout%2fsecret', '..%5cout%5csecret',
                 '%2e%2e/out/secret', 'ok/../../out/secret', 'link',
                 'folder/secret', str(outside / 'secret'), 'link%00', 'ok%00',
                 'fifo', 'zero', '.', '', '..', '/etc/passwd',
                 '....//out/secret', '%252e%252e/out/secret',
                 '../in2/x', '~/x'):
        body = c.ask('GET', f'/f?f={name}').body
        check(b's3cret' not in body and b'root:' not in body and
              body != b'fine', (name, body))
        same(body[:5], b'Error', name)


@case
def no_field_is_made_of_what_a_request_says(t):
    hark = served(
        t, ('h', {'headers': [{'key': 'X-In',
                               'value': "{{queryParam 'x'}}"},
                              {'key': "X-{{queryParam 'x'}}", 'value': 'v'},
                              {'key': 'Set-Cookie',
                               'value': "a={{queryParam 'x'}}"},
                              {'key': 'Location',
                               'value': "/{{queryParam 'x'}}"},
                              {'key': 'X-Last', 'value': 'here'}]}))
    c = t.client(hark)
    for text in ('%0d%0aEvil:%201', '%0aEvil:%201', '%0dEvil:%201',
                 'a%00Evil:%201', '%0d%0a%0d%0aEvil',
                 '%0d%0aContent-Length:%200%0d%0a%0d%0aHTTP/1.1%20200'):
        r = c.ask('GET', f'/h?x={text}')
        same((r.status, r.all('evil'), r.all('x-last')), (200, [], ['here']))
        check(not any(v in '\r\n\0' for n, value in r.headers
                      for v in n + value), r.headers)
        same(len(r.all('content-length')), 1)
    hark.told('has what no field may have')


@case
def a_reason_and_a_field_of_a_HAR_inject_nothing(t):
    entry = {'startedDateTime': '2026-01-01T00:00:00Z', 'time': 1,
             'request': {'method': 'GET', 'url': 'http://a.test/x',
                         'httpVersion': 'HTTP/1.1', 'headers': [],
                         'cookies': [], 'queryString': [],
                         'headersSize': -1, 'bodySize': 0},
             'response': {'status': 200,
                          'statusText': 'OK\r\nEvil: 1',
                          'httpVersion': 'HTTP/1.1', 'cookies': [],
                          'headers': [{'name': 'X-A',
                                       'value': 'a\r\nEvil: 1'},
                                      {'name': 'X-B\r\nEvil: 1',
                                       'value': 'b'}],
                          'content': {'size': 2, 'text': 'hi',
                                      'mimeType': 'text/plain'},
                          'redirectURL': '', 'headersSize': -1,
                          'bodySize': 2},
             'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}
    har, store = t.path('x.har'), t.path('h.db')

    def imported():
        har.write_text(json.dumps({'log': {
            'version': '1.2', 'creator': {'name': 'x', 'version': '1'},
            'entries': [entry]}}))
        return command('import', '--store', store, har)

    done = imported()
    check(done.returncode == 1 and 'statusText' in done.stderr, done.stderr)
    entry['response']['statusText'] = 'OK'
    done = imported()
    check(done.stderr.count('left out ') == 2, done.stderr)
    hark = t.hark('replay', 'http://a.test', store=store)
    r = t.client(hark).ask('GET', '/x')
    same((r.status, r.body, r.all('evil')), (200, b'hi', []))


# --- what is small and becomes long -------------------------------------------

def bomb(size):
    """JSON that is short twice over."""
    inner = zlib.compressobj(9, zlib.DEFLATED, 31)
    out = inner.compress(b'{"a": "')
    for _ in range(size >> 20):
        out += inner.compress(b'0' * (1 << 20))
    return gzip.compress(out + inner.compress(b'"}') + inner.flush())


def listed(hark):
    a = Client(hark.admin)
    found = a.ask('GET', '/v1/entries').json
    a.close()
    return found['entries']


@case
def what_bursts_when_it_is_decoded_does_not_fill_the_memory(t):
    body = bomb(96 << 20)
    check(len(body) < 10000, len(body))
    fields = [('Content-Encoding', 'gzip, gzip'),
              ('Content-Type', 'application/json')]
    origin = t.origin()
    origin.default = reply(body, headers=fields)
    for redact in ('on', 'off'):
        hark = t.hark('auto', origin, '--redact', redact, '--workers', 1,
                      '--rule', 'POST /* ignore json /b')
        same(t.client(hark).ask('GET', '/warm').status, 200)
        before = hark.status('VmHWM')
        r = t.client(hark).ask('POST', '/a', fields, body)
        same((r.status, r.body), (200, body))
        until(lambda: len(listed(hark)) == 2, 'both are stored')
        for side in ('request', 'response'):
            a = Client(hark.admin)
            r = a.ask('GET', f'/v1/entries/2/{side}/body?decoded=1')
            check(len(r.body) <= 64 << 20, (r.status, len(r.body)))
            a.close()
        grown(hark, before, 160)
        hark.stop()


@case
def templates_that_burst_end(t):
    nested = '{{#repeat 100000}}' * 3 + 'x' * 100 + '{{/repeat}}' * 3
    hark = served(t, ('a', {'body': nested}), ('b', {'body': 'fine'}))
    c = t.client(hark)
    began = time.monotonic()
    same(c.ask('GET', '/a').status, 500)
    check(time.monotonic() - began < 10 * SCALE, 'it takes its time')
    same(c.ask('GET', '/b').body, b'fine')


@case
def expressions_that_burst_end(t):
    folder = t.path()
    (folder / 'mocks.json').write_text(json.dumps({'routes': [
        {'endpoint': 'a', 'responses': [
            {'body': 'match', 'rules': [
                {'target': 'query', 'modifier': 'q',
                 'value': '^(([a-z])+.)+[A-Z]([a-z])+$',
                 'operator': 'regex'}]},
            {'body': 'none', 'default': True}]}]}))
    hark = t.hark('proxy', '--mocks', folder / 'mocks.json')
    c = t.client(hark)
    began = time.monotonic()
    same(c.ask('GET', '/a?q=' + 'a' * 2000).body, b'none')
    check(time.monotonic() - began < 10 * SCALE, 'it takes its time')


main()
