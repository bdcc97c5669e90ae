# Goal: the commands around the gateway say what they see and what is wrong.

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import termios

from harness import (HARK, Client, Shared, case, check, command, main, reply,
                     same, until)

BIG_BODY = b'0123456789abcdef' * (3 << 16)
HOSTILE = b'\x1b]0;owned\x07 caf\xc3\xa9 \x9b\xff'


def fill(t):
    """The store of a gateway that is gone: five entries on two tapes."""
    origin = t.origin()
    origin.routes.update({
        '/a': reply(b'{"a": 1}\n',
                    headers=[('Content-Type', 'application/json')]),
        '/hostile': reply(HOSTILE), '/big': reply(BIG_BODY),
        '/none': reply(b'gone', status='404 Not Found')})
    hark = t.hark('record', origin)
    hark.get('/a')
    hark.ask('POST', '/hostile', body=b'text\x1b[2J')
    hark.get('/big')
    hark.get('/none')
    hark.stop()
    hark.restart(url=origin.url, options=['--tape', 'second'])
    hark.get('/a')
    hark.stop()
    return hark.store


filled = Shared(fill)


def lines(*argv):
    done = command(*argv)
    same((done.returncode, done.stderr), (0, ''))
    return done.stdout.splitlines()


@case
def wrong_usage_is_told_in_one_line_with_what_was_expected(t):
    config = t.path('bad.json')
    config.write_text('{"listen": 5}')
    for argv, text in (
            ([], 'expected a command'),
            (['nope'], 'nope: no such command'),
            (['--store', 'x', 'list'],
             'expected a command in front of its options'),
            (['verify', '/nonexistent'], 'hark: /nonexistent: No such file'),
            (['list', '--stor', 'x'],
             'option stor: no such option (see hark help list)'),
            (['list', 'x'], 'expected: hark list (see hark help list)'),
            (['show'], 'expected: hark show ID'),
            (['show', '--raw', '--har', '1'], 'option har: not with --raw'),
            (['show', '--request', '1'], 'option request: only with --raw'),
            (['cat'], 'expected: hark cat ID ...'),
            (['cat', '1', 'x'], 'x: expected the number of an entry'),
            (['rm'], 'expected: hark rm ID ...'),
            (['demo', 'x'], 'expected: hark demo'),
            (['replay', 'http://a', 'x'], 'expected: hark replay'),
            (['run', '--mode', 'replay'], 'expected: hark run -- COMMAND'),
            (['help', 'nope'], 'help nope: no such command'),
            (['show', '0'], '0: expected the number of an entry'),
            (['rm', '1', 'x'], 'x: expected the number of an entry'),
            (['list', '--status', '4x'], 'option status: 4x: expected'),
            (['list', '--ids', '3-2'], 'option ids: 3-2: expected'),
            (['list', '--since', 'yesterday'],
             'option since: yesterday: expected a date such as'),
            (['list', '--listen', '127.0.0.1:0'],
             'option listen: not an option of hark list'),
            (['list', '--json=yes'], 'option json: takes no value'),
            (['list', '--store', '/nonexistent/x'], '/nonexistent/x'),
            (['rm', '--store', '/nonexistent/x', '1'], '/nonexistent/x'),
            (['show', '--store', '/dev/null/x', '1'], '/dev/null/x'),
            (['record', '--no-forward-proxy'],
             'mode record forwards and needs an upstream'),
            (['record', '--listen', '0.0.0.0:0'], 'option listen: 0.0.0.0:0'),
            (['record', '--intercept', 'a/b'], 'option intercept: a/b'),
            (['record', '--proxy-auth', 'me'], 'option proxy-auth'),
            (['record', 'api.test'], 'api.test: expected [PREFIX=]URL'),
            (['proxy', 'http://u:p@api.test'], 'a user name in it'),
            (['auto', '--upstream', '/a=b'], 'option upstream: /a=b: '),
            (['run', '--mode', 'x', '--', 'true'],
             'option mode: x: expected one of'),
            (['run', '--mode', 'auto', '--url', 'x', '--', 'true'],
             'option url: x: expected'),
            (['replay', '--config', config],
             f'{config}: member listen: expected a string, not a number'),
            (['replay', '--upstream-cert', config],
             'option upstream-cert: needs --upstream-key'),
            (['proxy', '--upstream-ca', config, 'https://127.0.0.1:1'],
             f'upstream-ca {config}: '),
            (['proxy', '--upstream-cert', config, '--upstream-key', config,
              'https://127.0.0.1:1'], f'upstream-cert {config}: '),
            (['--version', 'x'], 'expected: hark --version')):
        done = command(*argv)
        same((done.returncode, done.stdout), (2, ''), argv)
        check(done.stderr.startswith('hark: ') and text in done.stderr and
              done.stderr.count('\n') == 1,
              f'{argv} says {done.stderr!r}, not {text!r}')


@case
def every_command_has_a_help_that_costs_nothing(t):
    names = [n for n in lines('--list-options') if not n.startswith('-')]
    check(len(names) >= 14, names)
    for name in names:
        text = lines('help', name)
        check(text[0].startswith(f'usage: hark {name}'), text[0])
        if name != 'help':
            same(lines(name, '--help'), text, name)
            same(lines(name, '-h', '--nope'), text, name)
        check(max(map(len, text)) <= 100, name)
    for way in ('--help', '-h', 'help'):
        text = '\n'.join(lines(way))
        check(all(f'\n  {name} ' in text for name in names), text)


@case
def output_that_cannot_be_written_is_a_failure(t):
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([HARK, 'help'], stdout=full,
                              stderr=subprocess.PIPE)
    same((done.returncode, done.stderr),
         (1, b'hark: standard output: No space left on device\n'))


@case
def list_has_one_line_per_entry(t):
    text = lines('list', '--store', filled())
    same(text[0].split('\t'), ['ENTRY', 'METHOD', 'STATUS', 'BYTES', 'MS',
                               'TAPE', 'URL'])
    check(re.fullmatch(r'1\tGET\t200\t9\t\d+\.\d{3}\tdefault\thttp://\S+/a',
                       text[1]), text[1])
    same([line.split('\t')[1:4] for line in text[2:]],
         [['POST', '200', str(len(HOSTILE))],
          ['GET', '200', str(len(BIG_BODY))], ['GET', '404', '4'],
          ['GET', '200', '9']])
    same(text[5].split('\t')[5], 'second')


@case
def list_can_be_filtered(t):
    store = filled()
    for filters, ids in (
            (['--method', 'POST'], [2]),
            (['--method', 'post'], []),
            (['--url', '*/a'], [1, 5]),
            (['--url', '*/?'], [1, 5]),
            (['--url', '*/a', '--tape', 'second'], [5]),
            (['--status', '404'], [4]),
            (['--status', '4xx'], [4]),
            (['--status', '2xx', '--tape', 'default'], [1, 2, 3]),
            (['--status', '500'], []),
            (['--ids', '2'], [2]), (['--ids', '2-4'], [2, 3, 4]),
            (['--failed'], []),
            (['--since', '1h'], [1, 2, 3, 4, 5]),
            (['--until', '1h'], []),
            (['--since', '2000-01-01', '--until', '2099-01-01T00:00:00Z'],
             [1, 2, 3, 4, 5]),
            (['--since', '2099-01-01T00:00:00Z'], [])):
        text = lines('list', '--json', '--store', store, *filters)
        same([json.loads(line)['entry'] for line in text], ids, filters)
    done = command('list', '--store', store, '--tape', 'third')
    same((done.returncode, done.stderr),
         (1, 'hark: tape third: no such tape\n'))


@case
def list_as_json_has_every_member(t):
    row = json.loads(lines('list', '--json', '--store', filled())[1])
    check(re.fullmatch(r'\d{4}-\d\d-\d\dT[\d:.]+Z', row.pop('started')),
          'started')
    check(row.pop('time_us') > 0, 'time_us')
    check(row.pop('url').endswith('/hostile'), 'url')
    same(row, {'entry': 2, 'tape': 'default', 'method': 'POST',
               'status': 200, 'outcome': 'complete', 'failure': '',
               'mime_type': '', 'request_bytes': 8,
               'response_bytes': len(HOSTILE)})


def on_terminal(*argv, columns=80, env=None):
    """What hark writes on a terminal that wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack('4H', 25, columns, 0, 0))
    process = subprocess.Popen([HARK, *map(str, argv)], stdout=theirs,
                               env={**os.environ, 'TERM': 'xterm',
                                    'NO_COLOR': '', **(env or {})})
    os.close(theirs)
    text = b''
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:
        pass  # the other side is closed
    os.close(ours)
    same(process.wait(), 0)
    return text.decode()


@case
def list_is_a_table_as_wide_as_the_terminal(t):
    text = on_terminal('list', '--store', filled(),
                       env={'NO_COLOR': '1'}).splitlines()
    check(re.fullmatch(r' ENTRY  METHOD +STATUS +BYTES +TIME +TAPE +URL',
                       text[0]), text[0])
    check(re.fullmatch(r' +1  GET +200 +9 +\d+ms  default +http://\S+',
                       text[1]), text[1])
    check(re.search(r' 3\.0m ', text[3]), text[3])
    text = on_terminal('list', '--store', filled(), columns=40,
                       env={'NO_COLOR': '1'})
    widths = [len(line) for line in text.splitlines()]
    same((len(widths), max(widths)), (6, 40))


@case
def colours_are_for_terminals_that_have_them(t):
    argv = ('list', '--store', filled(), '--status', '404')
    check('\033[33m     4  GET' in on_terminal(*argv), 'it is not yellow')
    text = on_terminal('show', '--store', filled(), 4)
    check('\033[1mGET /none HTTP/1.1\033[0m' in text and
          '\033[33mHTTP/1.1 404 Not Found\033[0m' in text, text)
    for env in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}):
        text = on_terminal(*argv, env=env)
        check('\033' not in text, text)
        text = on_terminal('show', '--store', filled(), 4, env=env)
        check('\033' not in text, text)
    done = command(*argv, env={'TERM': 'xterm'})
    check('\033' not in done.stdout, done.stdout)


@case
def show_has_request_and_response(t):
    text = '\n'.join(lines('show', '--store', filled(), 1))
    for part in (r'^entry +1$', r'^url +http://\S+/a$',
                 r'^outcome +complete$', r'^timings$',
                 r'^  wait +\d+\.\d{3} ms  +#+$',
                 r'^mode +record$', r'^GET /a HTTP/1\.1$', r'^Host: ',
                 r'^HTTP/1\.1 200 OK$', r'^Content-Type: application/json$',
                 r'^\(9 bytes\)\n\{\n  "a": 1\n\}$'):
        check(re.search(part, text, re.M), f'{part} is not in\n{text}')


@case
def show_lets_nobody_move_the_cursor(t):
    done = subprocess.run([HARK, 'show', '--store', filled(), '2'],
                          capture_output=True)
    same(done.returncode, 0)
    check(not re.search(rb'[\x00-\x09\x0b-\x1f\x7f-\xff]', done.stdout),
          done.stdout)
    check(b'|.]0;owned. caf..|' in done.stdout, done.stdout)
    check(b'1b 5d 30 3b' in done.stdout, done.stdout)


@case
def show_raw_is_the_body_to_the_byte(t):
    for entry, body in ((2, HOSTILE), (3, BIG_BODY)):
        done = subprocess.run(
            [HARK, 'show', '--raw', '--store', filled(), str(entry)],
            capture_output=True)
        same((done.returncode, done.stderr), (0, b''))
        check(done.stdout == body, f'{len(done.stdout)} bytes')


@case
def an_entry_that_is_not_there_is_said(t):
    done = command('show', '--store', filled(), 99)
    same((done.returncode, done.stdout, done.stderr),
         (1, '', 'hark: entry 99: no such entry\n'))


@case
def rm_removes_all_or_none(t):
    store = fill(t)
    done = command('rm', '--store', store, 1, 99)
    same((done.returncode, done.stderr),
         (1, 'hark: entry 99: no such entry\n'))
    same(len(lines('list', '--json', '--store', store)), 5)
    lines('rm', '--store', store, 1, 3)
    same([json.loads(line)['entry']
          for line in lines('list', '--json', '--store', store)], [2, 4, 5])


@case
def rm_does_not_make_a_store(t):
    store = t.path('new.db')
    same(command('rm', '--store', store, 1).returncode, 2)
    check(not store.exists(), 'a store was made')


@case
def a_store_in_use_can_be_read_but_not_changed(t):
    hark = t.hark('record', t.origin())
    hark.get('/a')
    until(lambda: lines('list', '--json', '--store', hark.store),
          'the entry is listed')
    check(lines('show', '--store', hark.store, 1), 'nothing is shown')
    done = command('rm', '--store', hark.store, 1)
    check(done.returncode == 2 and 'another hark' in done.stderr, done)
    same(len(lines('list', '--json', '--store', hark.store)), 1)


@case
def a_second_signal_ends_the_drain_at_once(t):
    gate = t.gate('answer')
    asked = t.gate('request')

    def stall(peer, request):
        asked.open()
        gate.wait()

    origin = t.origin()
    origin.routes['/stall'] = stall
    hark = t.hark('proxy', origin, '--drain-timeout', '1h')
    client = t.client(hark)
    client.send(b'GET /stall HTTP/1.1\r\nHost: a\r\n\r\n')
    asked.wait()
    hark.signal(signal.SIGINT)
    until(lambda: 'once more' in hark.log, 'the first signal is noticed')
    check(not hark.ready.exists(), 'the ready file is still there')
    hark.signal(signal.SIGINT)
    same(hark.wait(), -signal.SIGINT)
    hark.process = None
    gate.open()


@case
def a_ready_file_that_cannot_be_written_stops_the_start(t):
    folder = t.path()
    done = command('proxy', '--listen', '127.0.0.1:0', '--ready-file',
                   folder / 'no' / 'file', 'http://127.0.0.1:9',
                   cwd=folder)
    check(done.returncode == 2 and 'option ready-file: ' in done.stderr,
          done)
    same(os.listdir(folder), [])


@case
def what_is_no_regular_file_is_written_to_and_never_replaced(t):
    out, ready = t.path('out'), t.path('ready')
    ends = []
    for pipe in out, ready:
        os.mkfifo(pipe)
        ends.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
    done = command('export', '--store', filled(), '--tape', 'second',
                   '-o', out)
    same(done.returncode, 0, done)
    har = json.loads(os.read(ends[0], 1 << 16))
    same(len(har['log']['entries']), 1)
    process = subprocess.Popen(
        [HARK, 'demo', '--listen', '127.0.0.1:0', '--ready-file', ready],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: select.select(ends[1:], [], [], 0)[0], 'it is ready')
        check('listen' in json.loads(os.read(ends[1], 1 << 16)), 'addresses')
    finally:
        process.terminate()
        process.wait()
    for pipe, end in zip((out, ready), ends):
        os.close(end)
        check(stat.S_ISFIFO(os.lstat(pipe).st_mode), f'{pipe} was replaced')


@case
def a_link_goes_on_leading_to_what_is_written(t):
    folder = t.path()
    (folder / 'there').mkdir()
    real, link = folder / 'there' / 'real.har', folder / 'link.har'
    real.write_text('old')
    link.symlink_to(real)
    done = command('export', '--store', filled(), '--tape', 'second',
                   '-o', link)
    same(done.returncode, 0, done)
    check(link.is_symlink(), 'the link was replaced')
    same(len(json.loads(real.read_text())['log']['entries']), 1)
    same((os.listdir(folder / 'there'), sorted(os.listdir(folder))),
         (['real.har'], ['link.har', 'there']))


@case
def what_cannot_be_run_is_126_and_what_is_not_there_127(t):
    plain = t.path('plain')
    plain.write_text('no program')
    for name, status in ((plain, 126), (t.path(), 126),
                         ('/nonexistent/program', 127)):
        done = command('run', '--mode', 'replay', '--store', filled(), '--',
                       name)
        same(done.returncode, status, name)
        check(str(name) in done.stderr, done.stderr)


@case
def the_command_sees_one_HARK_URL_and_our_signal_mask_is_not_its(t):
    store = filled()
    done = command('run', '--store', store, '--', 'sh', '-c',
                   'env | grep -c ^HARK_URL=; '
                   'grep -E "^Sig(Blk|Ign)" /proc/self/status',
                   env={'HARK_URL': 'http://elsewhere'})
    same(done.returncode, 0)
    count, *masks = done.stdout.splitlines()
    same(count, '1')
    # Python starts its children with SIGPIPE at its default; 32 and 33 are
    # the C library's own.
    ours = re.findall(r'Sig(?:Blk|Ign):\s*(\w+)', done.stdout)
    same([int(mask, 16) & 0x7fffffff for mask in ours], [0, 0], masks)


@case
def a_demo_needs_no_port_and_says_which_folder_it_needs(t):
    folder = t.path()
    ready = folder / 'ready.json'
    argv = [HARK, 'demo', '--ready-file', ready]
    with contextlib.suppress(OSError):  # somebody else has it: as good
        t.ends.enter_context(socket.create_server(('127.0.0.1', 8080)))
    process = subprocess.Popen(
        argv, env={**os.environ, 'TMPDIR': str(folder)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(ready.exists, 'the demo is ready')
        check(json.loads(ready.read_text())['listen'] !=
              ['127.0.0.1:8080'], 'it has a port of its own')
    finally:
        process.terminate()
        same(process.wait(), 0)
    done = command('demo', env={'TMPDIR': '/nonexistent/folder'})
    same(done.returncode, 1, done)
    check('/nonexistent/folder/hark-demo-' in done.stderr, done.stderr)


@case
def a_demo_leaves_nothing_behind(t):
    folder = t.path()
    ready = folder / 'ready.json'
    process = subprocess.Popen(
        [HARK, 'demo', '--listen', '127.0.0.1:0', '--ready-file', ready],
        env={**os.environ, 'TMPDIR': str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    until(ready.exists, 'the demo is ready')
    check(list(folder.glob('hark-demo-*/hark.db')), 'no store was made')
    # Its API, and the store that it is recorded to.
    address = json.loads(ready.read_text())['listen'][0]

    def ask(method, target, body=None):
        c = Client(address)
        try:
            r = c.ask(method, target, [], body)
        finally:
            c.close()
        return r.status, r.source, r.body
    same(ask('GET', '/users'), (
        200, 'upstream',
        b'[{"id":1,"name":"Ada"},{"id":2,"name":"Grace"}]\n'))
    same(ask('GET', '/users/1'),
         (200, 'upstream', b'{"id":1,"name":"Ada"}\n'))
    same(ask('POST', '/echo', b'{"a":1}'), (200, 'upstream', b'{"a":1}'))
    same(ask('GET', '/echo'),
         (404, 'upstream', b'{"error":"not found"}\n'))
    first = ask('GET', '/time')
    same(first[:2], (200, 'upstream'))
    same(ask('GET', '/time'), (200, 'replay', first[2]))
    process.send_signal(signal.SIGTERM)
    text, _ = process.communicate()
    same(process.returncode, 0)
    check(text.count('curl ') == 4, text)
    same(os.listdir(folder), [])


if __name__ == '__main__':
    main()
