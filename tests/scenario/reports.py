# Goal: what a run used, missed and let through is told, in every form.

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from asking import asking, recorded
from harness import HARK, Skip, case, check, command, main, reply, same

def run(store, *targets, options=(), **how):
    return command('run', '--store', store, *options, '--',
                   *asking(*targets), **how)


def listed(store, *options):
    done = command('list', '--store', store, '--json', *options)
    same(done.returncode, 0, done)
    return [json.loads(line)['entry'] for line in done.stdout.splitlines()]


def beside(store):
    return pathlib.Path(f'{store}-used')


def junit(path):
    """{suite: [(name, result, message)]}, with all counts checked."""
    root = ElementTree.parse(path).getroot()
    same(root.tag, 'testsuites')
    suites = {}
    total = dict.fromkeys(('tests', 'failures', 'errors', 'skipped'), 0)
    for suite in root:
        same(suite.tag, 'testsuite')
        cases = []
        for one in suite:
            same((one.tag, one.get('classname')),
                 ('testcase', suite.get('name')))
            results = list(one)
            check(len(results) <= 1, one.get('name'))
            cases.append((one.get('name'), results[0].tag, results[0].get(
                'message')) if results else (one.get('name'), 'passed', ''))
        counts = {'tests': len(cases), 'errors': 0,
                  'failures': sum(c[1] == 'failure' for c in cases),
                  'skipped': sum(c[1] == 'skipped' for c in cases)}
        for name, count in counts.items():
            same(int(suite.get(name)), count, name)
            total[name] += count
        suites[suite.get('name')] = cases
    for name, count in total.items():
        same(int(root.get(name)), count, name)
    return suites


def tap(path):
    """[(ok, description, directive)], each line checked."""
    lines = pathlib.Path(path).read_text().splitlines()
    same(lines[0], 'TAP version 13')
    plan = int(re.fullmatch(r'1\.\.(\d+)', lines[1]).group(1))
    results = []
    yaml = False
    for line in lines[2:]:
        if yaml:
            check(re.fullmatch(r"  message: '([^']|'')*'|"
                               r'  severity: fail|  \.\.\.', line), line)
            yaml = line != '  ...'
        elif line == '  ---':
            check(not results[-1][0], line)
            yaml = True
        elif not re.fullmatch(r'# hark\.[a-z-]+', line):
            found = re.fullmatch(r'(not )?ok (\d+) - ((?:[^#\\]|\\.)*?)'
                                 r'(?: # (SKIP) (.*))?', line)
            check(found, line)
            results.append((not found[1], found[3], found[4] or ''))
            same(int(found[2]), len(results))
    check(not yaml, 'an open block')
    same(len(results), plan)
    return results


# --- used and unused entries -------------------------------------------------

@case
def what_no_replay_has_served_is_listed_and_pruned(t):
    store = recorded(t, '/a', '/b', '/c', '/d')
    for targets in (('/a', '/x'), ('/c',)):
        run(store, *targets)
    same(listed(store, '--unused'), [2, 4])
    same(listed(store, '--unused', '--url', '*/d'), [4])
    done = command('prune', '--store', store, '--unused', '--dry-run')
    same(done.returncode, 0, done)
    check('would remove 2 entries' in done.stdout, done.stdout)
    same(listed(store), [1, 2, 3, 4])
    done = command('prune', '--store', store, '--unused')
    check('removed 2 entries' in done.stdout, done)
    same(listed(store), [1, 3])
    same(run(store, '/a', '/c').stdout,
         '200 answer /a\n200 answer /c\n')


@case
def with_nothing_noted_nothing_is_pruned(t):
    store = recorded(t, '/a')
    for what in ('list', 'prune'):
        done = command(what, '--store', store, '--unused')
        same(done.returncode, 1, done)
        check('hark.db-used: no such file' in done.stderr and
              done.stderr.count('\n') == 1, done.stderr)
    # Neither does a run that served nothing count.
    run(store)
    run(store, '/x')
    check(not beside(store).exists(), 'it was noted')
    beside(store).write_text('hark-used 1\n1 x\n1 2 3 torn')
    done = command('prune', '--store', store, '--unused')
    same(done.returncode, 1, done)
    check('any of its tapes' in done.stderr, done.stderr)
    beside(store).write_text('hark-used 1\n1 1 1 oh;\n')
    done = command('prune', '--store', store, '--unused')
    same(done.returncode, 1, done)
    check('line 2 is damaged' in done.stderr, done.stderr)
    same(listed(store), [1])


@case
def a_tape_that_was_never_replayed_is_left_alone(t):
    store = recorded(t, '/a', '/b')
    recorded(t, '/c', store=store, options=['--tape', 'other'])
    run(store, '/b')
    same(listed(store, '--unused'), [1])
    done = command('prune', '--store', store, '--unused', '--tape', 'other')
    same(done.returncode, 1, done)
    check('this tape' in done.stderr, done.stderr)
    command('prune', '--store', store, '--unused')
    same(listed(store), [2, 3])


@case
def what_was_recorded_later_had_no_chance_yet(t):
    store = recorded(t, '/a', '/b')
    run(store, '/a')
    recorded(t, '/c', store=store)
    same(listed(store, '--unused'), [2])
    run(store, '/a')
    same(listed(store, '--unused'), [2, 3])


@case
def a_store_made_anew_is_not_judged_by_the_old_one(t):
    store = recorded(t, '/a', '/b')
    run(store, '/a')
    store.unlink()
    recorded(t, '/a', '/b', store=store)
    done = command('prune', '--store', store, '--unused')
    same(done.returncode, 1, done)
    same(listed(store), [1, 2])


@case
def heads_parts_and_validations_use_an_entry(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    targets = ('/head', '/range', '/if', '/none')
    for target in targets:
        origin.routes[target] = reply(
            b'0123456789', headers=[('ETag', '"e"')])
        hark.get(target)
    hark.stop()
    hark.restart(mode='replay')
    same(hark.ask('HEAD', '/head').status, 200)
    same(hark.get('/range', [('Range', 'bytes=1-2')]).status, 206)
    same(hark.get('/if', [('If-None-Match', '"e"')]).status, 304)
    hark.stop()
    same(listed(hark.store, '--unused'), [4])


@case
def redirects_that_playwright_follows_are_used(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    origin.routes['/from'] = reply(status='302 Found',
                                   headers=[('Location', '/to')])
    for target in ('/to', '/other'):
        origin.routes[target] = reply(b'here')
    for target in ('/from', '/to', '/other'):
        hark.get(target)
    hark.stop()
    done = run(hark.store, '/from', options=['--match', 'playwright'])
    same(done.stdout, '200 here\n')
    same(listed(hark.store, '--unused'), [3])


@case
def every_mode_that_replays_notes_it(t):
    origin = t.origin()
    for mode in ('replay', 'auto', 'spy', 'fallback'):
        store = recorded(t, '/a', '/b')
        url = [] if mode == 'replay' else ['--url', 'http://127.0.0.1:1']
        done = run(store, '/a', options=['--mode', mode, *url])
        same(done.stdout, '200 answer /a\n', mode)
        same(listed(store, '--unused'), [2], mode)
    for mode in ('proxy', 'record'):
        store = recorded(t, '/a', '/b')
        run(store, '/a', options=['--mode', mode, '--url', origin.url])
        check(not beside(store).exists(), mode)


@case
def what_a_live_answer_is_compared_with_is_used(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    for target in ('/a', '/b'):
        hark.get(target)
    hark.stop()
    done = run(hark.store, '/a', options=[
        '--mode', 'spy', '--diff', '--url', origin.url, '--summary'])
    same(done.returncode, 0, done)
    check('1  used of 2' in done.stderr and '1  live call' in done.stderr,
          done.stderr)
    same(listed(hark.store, '--unused'), [2])


@case
def noting_can_be_turned_off(t):
    store = recorded(t, '/a')
    same(run(store, '/a', options=['--note-used', 'off']).returncode, 0)
    check(not beside(store).exists(), 'it was noted')


@case
def a_served_gateway_notes_when_it_stops(t):
    store = recorded(t, '/a', '/b', '/c')
    hark = t.hark('replay', store=store)
    for target in ('/a', '/a', '/c'):
        hark.get(target)
    check(not beside(store).exists(), 'it was noted at once')
    hark.stop()
    lines = beside(store).read_text().splitlines()
    same(lines[0], 'hark-used 1')
    check(re.fullmatch(r'1 \d+ 3 1,3;', lines[1]), lines)


@case
def what_cannot_be_noted_is_said_and_does_no_harm(t):
    store = recorded(t, '/a')
    beside(store).write_text('hark-used 9\n')
    done = run(store, '/a')
    same((done.returncode, done.stdout), (0, '200 answer /a\n'))
    check('another version of hark' in done.stderr, done.stderr)
    same(beside(store).read_text(), 'hark-used 9\n')


# --- the report of a run -----------------------------------------------------

@case
def each_kind_of_failure_has_its_exit_status(t):
    origin = t.origin()
    store = recorded(t, '/a', '/b')
    spy = ['--mode', 'spy', '--url', origin.url]
    for options, targets, status in (
            (['--fail-on', 'miss'], ['/a'], 0),
            (['--fail-on', 'miss'], ['/x'], 3),
            (['--fail-on', 'none'], ['/x'], 0),
            (['--fail-on', 'live'], ['/x'], 0),
            (['--fail-on', 'unused'], ['/a'], 7),
            (['--fail-on', 'unused'], ['/a', '/b'], 0),
            (['--fail-on', 'unused,miss'], ['/a', '/x'], 3),
            ([*spy, '--fail-on', 'miss'], ['/x'], 0),
            ([*spy, '--fail-on', 'live'], ['/x'], 6),
            ([*spy, '--fail-on', 'live'], ['/a'], 0),
            ([*spy, '--fail-on', 'unused,live'], ['/x'], 6),
            ([*spy, '--fail-on', 'live,unused'], ['/a'], 7),
            ([*spy], ['/x'], 0),
            (['--on-miss', 'forward', '--url', origin.url], ['/x'], 0),
            (['--on-miss', 'forward', '--url', origin.url, '--fail-on',
              'miss,unused,live'], ['/x'], 6),
            ([], ['/x'], 3)):
        done = run(store, *targets, options=options)
        same(done.returncode, status, (options, targets, done))
        same(f'hark: exit status {status}' in done.stderr,
             status != 0 and '--fail-on' in options, done.stderr)


@case
def a_failed_command_is_not_blamed_for_what_it_left(t):
    store = recorded(t, '/a', '/b')
    fail = ['sh', '-c', '"$@"; exit 9', 'sh']
    for targets, status in ((['/a'], 9), (['/x'], 3)):
        done = command('run', '--store', store, '--fail-on', 'miss,unused',
                       '--', *fail, *asking(*targets))
        same(done.returncode, status, done)
        check('1  unused' in done.stderr or status == 3, done.stderr)


@case
def wrong_lists_are_said_before_anything_starts(t):
    store = recorded(t, '/a')
    for argv, words in ((['--fail-on', 'mist'], 'fail-on: mist: expected'),
                        (['--fail-on', ''], 'fail-on: : expected'),
                        (['--fail-on', 'miss,'], 'fail-on: miss,: expected'),
                        (['--mode', 'record', '--url', 'http://127.0.0.1:1',
                          '--fail-on', 'unused'],
                         'unused: mode record reads no recordings')):
        done = command('run', '--store', store, *argv, '--', 'echo', 'began')
        same((done.returncode, done.stdout), (2, ''), argv)
        check(words in done.stderr and done.stderr.count('\n') == 1,
              done.stderr)


@case
def the_summary_is_on_standard_error(t):
    store = recorded(t, '/a', '/b', '/c')
    done = run(store, '/a', '/x', '/x', '/a', '/y',
               options=['--summary', '--fail-on', 'none'])
    same((done.returncode, done.stdout), (
        0, '200 answer /a\n501\n501\n200 answer /a\n501\n'))
    text = [line for line in done.stderr.splitlines() if ' warn ' not in line]
    same(text[0], 'hark: 5 requests in mode replay, tape default')
    for line in ('       1  used of 3 entries', '       2  unused',
                 '       3  misses', '       0  live calls'):
        check(line in text, (line, text))
    check(any(re.fullmatch(r' {17}2  GET http://\S+/b', line)
              for line in text), text)
    check(any(re.fullmatch(r' {16}2x  GET /x \(nearest: .*\)', line)
              for line in text), text)
    check(not any(line.startswith('hark: exit') for line in text), text)
    # Nothing is said unasked.
    done = run(store, '/a')
    same(done.stderr, '')


@case
def the_summary_shows_ten_of_each_kind(t):
    store = recorded(t, *[f'/{i}' for i in range(1, 31)])
    done = run(store, '/1', *[f'/x{i}' for i in range(12)], '/x3',
               options=['--summary'])
    same(done.returncode, 3)
    # The entries 2 to 11 of 29 unused, ten misses of 13.
    text = done.stderr.partition('hark: 14 requests')[2]
    same([int(n) for n in re.findall(r'^ +(\d+)  GET http', text, re.M)],
         list(range(2, 12)))
    same(re.findall(r'^ +\.\.\.  (\d+) more$', text, re.M), ['19', '2'])


@case
def the_summary_fits_a_terminal(t):
    if not shutil.which('script'):
        raise Skip('there is no script command')
    target = '/' + 200 * 'long'
    store = recorded(t, '/a', target)
    inner = ' '.join([HARK, 'run', '--store', str(store), '--summary',
                      '--note-used', 'off', '--', 'true'])
    done = subprocess.run(
        ['script', '-qec', f'stty cols 40; {inner}', '/dev/null'],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=60, env={**os.environ, 'TERM': 'xterm'})
    lines = re.sub(r'\x1b\[\d*m', '', done.stdout).splitlines()
    same(max(map(len, lines)), 40, lines)
    check('\x1b[1m' in done.stdout, done.stdout)


@case
def the_report_is_json(t):
    origin = t.origin()
    store = recorded(t, '/a', '/b')
    file = t.path('report.json')
    done = run(store, '/a', '/x', '/x', options=[
        '--mode', 'auto', '--url', origin.url, '--json', '--report', file])
    same(done.returncode, 0, done)
    report = json.loads(file.read_text())
    same(json.loads(done.stderr), report)
    same({k: report[k] for k in ('mode', 'tape', 'status', 'requests')},
         {'mode': 'auto', 'tape': 'default', 'status': 0, 'requests': 3})
    unused = report['entries'].pop('list')
    same(report['entries'], {'used': 1, 'unused': 1, 'new': 1,
                             'not_listed': 0})
    same([u['entry'] for u in unused], [2])
    same(report['live'], {'total': 1, 'not_listed': 0, 'list': [
        {'method': 'GET', 'url': '/x', 'count': 1,
         'upstream': origin.url}]})
    same(report['misses'], {'total': 0, 'not_listed': 0, 'list': []})


@case
def junit_and_tap_have_a_case_for_everything(t):
    origin = t.origin()
    store = recorded(t, '/a', '/b')
    files = t.path('x.xml'), t.path('x.tap')
    options = ['--junit', files[0], '--tap', files[1]]
    for more, unused, miss in (
            ([], 'skipped', 'failure'),
            (['--fail-on', 'unused,miss'], 'failure', 'failure'),
            (['--fail-on', 'none'], 'skipped', 'skipped')):
        run(store, '/a', '/x', '/x', options=[*options, *more])
        suites = junit(files[0])
        same([c[1] for c in suites['hark.entries']], ['passed', unused])
        check(re.fullmatch(r'entry 1: GET http://\S+/a',
                           suites['hark.entries'][0][0]), suites)
        (name, result, why), = suites['hark.misses']
        same((name, result), ('miss: GET /x', miss))
        check(why.startswith('2 requests; nearest: GET http://'), why)
        results = tap(files[1])
        same([(ok, skip) for ok, _, skip in results],
             [(True, ''), (unused != 'failure',
                           'SKIP' if unused == 'skipped' else ''),
              (miss != 'failure', 'SKIP' if miss == 'skipped' else '')])
        same([r[1] for r in results],
             [c[0] for s in suites.values() for c in s])
    live = ['--mode', 'auto', '--url', origin.url, *options]
    run(store, '/y', options=live)
    suites = junit(files[0])
    same([c[1] for c in suites['hark.entries']],
         ['skipped', 'skipped', 'skipped'])
    same(suites['hark.entries'][2][2], 'it was recorded meanwhile')
    same([c[:2] for c in suites['hark.live-calls']],
         [('live: GET /y', 'passed')])
    run(store, '/z', options=[*live, '--fail-on', 'live'])
    same([c[1] for c in junit(files[0])['hark.live-calls']], ['failure'])
    same([ok for ok, what, _ in tap(files[1]) if what.startswith('live')],
         [False])


@case
def no_url_breaks_a_report(t):
    store = t.path('hark.db')
    har = t.path('odd.har')
    urls = ['http://a.test/]]>&<a b=\'"\'>', 'http://a.test/\u0001\u001b[2J',
            'http://a.test/\ufffe\uffff\u2028\u00e9', 'http://a.test/\\ # TODO',
            'http://a.test/ok # SKIP it', "http://a.test/it's"]
    entry = {'startedDateTime': '2026-01-01T00:00:00Z', 'time': 0,
             'cache': {}, 'timings': {'send': 0, 'wait': 0, 'receive': 0},
             'response': {
                 'status': 200, 'statusText': 'OK', 'headers': [],
                 'httpVersion': 'HTTP/1.1', 'cookies': [], 'redirectURL': '',
                 'headersSize': -1, 'bodySize': 0,
                 'content': {'size': 0, 'mimeType': '', 'text': ''}}}
    har.write_text(json.dumps({'log': {
        'version': '1.2', 'creator': {'name': 't', 'version': '1'},
        'entries': [{**entry, 'request': {
            'method': 'GET', 'url': url, 'httpVersion': 'HTTP/1.1',
            'cookies': [], 'headers': [], 'queryString': [],
            'headersSize': -1, 'bodySize': 0}} for url in urls]}}))
    done = command('import', '--store', store, har)
    stored = len(listed(store))
    check(stored >= 4, done)
    files = t.path('x.xml'), t.path('x.tap'), t.path('x.json')
    ask = ("import os, socket; s = socket.create_connection(os.environ["
           "'HARK_URL'][7:].split(':')); s.sendall(b'GET /<&\\xff\\xc3(\"'"
           "b'#%00]]> HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); s.recv(9)")
    done = command('run', '--store', store, '--fail-on', 'none', '--summary',
                   '--junit', files[0], '--tap', files[1], '--report',
                   files[2], '--', sys.executable, '-c', ask)
    same(done.returncode, 0, done)
    same(len(junit(files[0])['hark.entries']), stored)
    check(len(tap(files[1])) >= stored, 'too few')
    json.loads(files[2].read_text())
    check('\x1b' not in done.stderr and '\x01' not in done.stderr,
          done.stderr)


@case
def reports_are_whole_or_not_there(t):
    store = recorded(t, '/a')
    file = t.path('x.xml')
    file.write_text('old')
    missing = file.parent / 'missing' / 'x.xml'
    done = run(store, '/a', options=['--junit', missing, '--tap', file])
    same((done.returncode, done.stdout), (1, '200 answer /a\n'))
    check(str(missing) in done.stderr, done.stderr)
    same(len(tap(file)), 1)
    done = run(store, '/x', options=['--junit', missing])
    same(done.returncode, 3, done)
    same(sorted(p.name for p in file.parent.iterdir()), ['x.xml'])
    done = run(store, '/a', options=['--tap', '-', '--fail-on', 'none'])
    check(done.stdout.startswith('200 answer /a\nTAP version 13\n1..1\n'),
          done.stdout)


@case
def a_served_gateway_reports_when_it_stops(t):
    store = recorded(t, '/a', '/b')
    files = t.path('x.xml'), t.path('x.tap'), t.path('x.json')
    hark = t.hark('replay', '--junit', files[0], '--tap', files[1],
                  '--report', files[2], store=store)
    same(hark.get('/a').status, 200)
    same(hark.get('/x').status, 501)
    check(not any(f.exists() for f in files), 'a report came early')
    hark.stop()
    suites = junit(files[0])
    same([c[1] for c in suites['hark.entries']], ['passed', 'skipped'])
    same([c[1] for c in suites['hark.misses']], ['failure'])
    same([ok for ok, _, _ in tap(files[1])], [True, True, False])
    same(json.loads(files[2].read_text())['entries']['used'], 1)


@case
def a_mode_that_replays_nothing_reports_live_calls_alone(t):
    origin = t.origin()
    store = recorded(t, '/a')
    for mode in ('record', 'proxy'):
        file = t.path('x.xml')
        done = run(store, '/a', '/a', options=[
            '--mode', mode, '--url', origin.url, '--junit', file,
            '--summary'])
        same(done.returncode, 0, done)
        same(list(junit(file)), ['hark.live-calls'])
        check('used of' not in done.stderr, done.stderr)
        check('2  live calls' in done.stderr, done.stderr)


@case
def more_misses_than_anybody_reads_are_counted(t):
    store = recorded(t, '/a')
    file, report = t.path('x.tap'), t.path('x.json')
    ask = ("import http.client, os; c = http.client.HTTPConnection("
           "os.environ['HARK_URL'][7:])\n"
           "for i in range(1200):\n"
           "    c.request('GET', f'/miss/{i}'); c.getresponse().read()")
    done = command('run', '--store', store, '--fail-on', 'none', '--tap',
                   file, '--report', report, '--', sys.executable, '-c', ask)
    same(done.returncode, 0, done.stderr[-2000:])
    results = tap(file)
    same((len(results), results[-1][1]), (1002, 'miss: others'))
    misses = json.loads(report.read_text())['misses']
    same((misses['total'], misses['not_listed'], len(misses['list'])),
         (1200, 200, 1000))


# --- several at once ---------------------------------------------------------

SEVERAL = """
import os, sys, urllib.request
ready, go = int(sys.argv[1]), int(sys.argv[2])
os.write(ready, b'.')
os.read(go, 1)
for i in range(40):
    for t in sys.argv[3:]:
        with urllib.request.urlopen(os.environ['HARK_URL'] + t) as r:
            assert r.read().decode() == 'answer ' + t
print('fine')
"""


def several(store, n, wrap=()):
    """n runs that all serve at the same time; their exits and outputs."""
    ready, tell_ready = os.pipe()
    go, tell_go = os.pipe()
    processes = [subprocess.Popen(
        [*wrap, HARK, 'run', '--store', str(store), '--fail-on',
         'miss,unused,live', '--', sys.executable, '-c', SEVERAL,
         str(tell_ready), str(go), '/a', '/b', '/c'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd='/', pass_fds=(tell_ready, go)) for _ in range(n)]
    try:
        for fd in (tell_ready, go):
            os.close(fd)
        for _ in range(n):
            check(os.read(ready, 1), 'a run ended before it began')
        os.close(tell_go)  # all of them go on
        ends = []
        for process in processes:
            out, errors = process.communicate(timeout=60)
            ends.append((process.returncode, out))
            check('hark: 120 requests' in errors, errors)
        return ends
    finally:
        os.close(ready)
        for process in processes:
            process.kill()
            process.wait()


@case
def several_runs_share_a_store(t):
    store = recorded(t, '/a', '/b', '/c')
    same(several(store, 4), 4 * [(0, 'fine\n')])
    lines = beside(store).read_text().splitlines()
    same((len(lines), len(set(lines))), (5, 2), lines)


@case
def several_runs_share_a_store_that_cannot_be_written(t):
    store = recorded(t, '/a', '/b', '/c')
    shelf = t.path('shelf') / 'ro'
    shelf.mkdir(parents=True)
    shutil.copy(store, shelf / 'hark.db')
    store = shelf / 'hark.db'
    os.chmod(store, 0o444)
    os.chmod(shelf, 0o555)
    wrap = []
    if os.geteuid() == 0:  # root may write anything but for this
        if not shutil.which('setpriv'):
            raise Skip('root, and there is no setpriv command')
        wrap = ['setpriv', '--bounding-set=-all', '--inh-caps=-all',
                '--reuid=65534', '--clear-groups']
        folder = shelf
        while folder != folder.parent:
            with contextlib.suppress(OSError):
                os.chmod(folder, folder.stat().st_mode | 0o011)
            folder = folder.parent
    try:
        same(several(store, 4, wrap), 4 * [(0, 'fine\n')])
        same([p.name for p in shelf.iterdir()], ['hark.db'])
    finally:
        os.chmod(shelf, 0o755)


if __name__ == '__main__':
    main()
