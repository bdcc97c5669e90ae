# Goal: hark run is a command's gateway, from its start to its exit status.

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from asking import asking, recorded
from harness import HARK, case, check, command, entries, main, same, until


@case
def the_command_finds_the_gateway_in_HARK_URL(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--',
                   *asking('/a', '/a'))
    same((done.returncode, done.stdout),
         (0, '200 answer /a\n200 answer /a\n'))


@case
def the_exit_status_is_the_commands(t):
    store = recorded(t, '/a')
    for status in (0, 1, 7, 255):
        done = command('run', '--mode', 'replay', '--store', store, '--',
                       'sh', '-c', f'exit {status}')
        same(done.returncode, status)


@case
def a_command_that_a_signal_ended_is_told_by_the_status(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--',
                   'sh', '-c', 'kill -TERM $$')
    same(done.returncode, 128 + signal.SIGTERM)


@case
def a_miss_in_replay_makes_it_3_and_is_reported(t):
    store = recorded(t, '/users/7')
    done = command('run', '--mode', 'replay', '--store', store, '--',
                   *asking('/users/7', '/users/8'))
    same((done.returncode, done.stdout), (3, '200 answer /users/7\n501\n'))
    check('/users/8' in done.stderr, done.stderr)
    check('nearest' in done.stderr and '/users/7' in done.stderr,
          done.stderr)


@case
def a_failing_command_keeps_its_status_despite_a_miss(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--', 'sh',
                   '-c', '"$@"; exit 9', 'sh', *asking('/b'))
    check(done.returncode in (3, 9), done)
    check('/b' in done.stderr, done.stderr)


@case
def a_miss_where_it_is_allowed_is_no_failure(t):
    origin = t.origin()
    store = t.path('hark.db')
    for mode in ('record', 'auto'):
        done = command('run', '--mode', mode, '--store', store, '--url',
                       origin.url, '--', *asking('/' + mode))
        same(done.returncode, 0, done)
    same([e['request']['url'] for e in entries(store)],
         [origin.url + '/record', origin.url + '/auto'])


@case
def what_was_recorded_is_committed_when_it_ends(t):
    origin = t.origin()
    store = t.path('hark.db')
    done = command('run', '--mode', 'record', '--store', store, '--url',
                   origin.url, '--', *asking(*[f'/{i}' for i in range(50)]))
    same(done.returncode, 0, done)
    same(len(entries(store)), 50)


@case
def standard_input_and_output_are_the_commands(t):
    store = recorded(t, '/a')
    done = subprocess.run(
        [HARK, 'run', '--mode', 'replay', '--store', store, '--', 'cat'],
        input=b'through\0\n', capture_output=True, timeout=60)
    same((done.returncode, done.stdout), (0, b'through\0\n'))


@case
def options_of_the_command_are_left_alone(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--',
                   'printf', '%s,', '--mode', '--', '-x', '--store=y', '')
    same((done.returncode, done.stdout), (0, '--mode,--,-x,--store=y,,'))


@case
def a_command_that_is_not_there_is_said(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--',
                   'no-such-command-anywhere')
    check(done.returncode in (1, 2, 127), done)
    check('no-such-command-anywhere' in done.stderr, done.stderr)


@case
def signals_are_forwarded_and_waited_for(t):
    store = recorded(t, '/a')
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        mark = t.path('mark')
        script = (f'trap "echo got; exit 5" {number.name[3:]}; '
                  f'echo > {mark}; while :; do sleep 0.01; done')
        process = subprocess.Popen(
            [HARK, 'run', '--mode', 'replay', '--store', store, '--',
             'sh', '-c', script], stdout=subprocess.PIPE)
        try:
            until(mark.exists, 'the command runs')
            process.send_signal(number)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
        same((process.returncode, out), (5, b'got\n'), number.name)


@case
def the_gateway_is_gone_when_it_ends(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--', 'sh',
                   '-c', 'echo $HARK_URL')
    same(done.returncode, 0)
    check(re.fullmatch(r'http://127\.0\.0\.1:\d+\n', done.stdout),
          done.stdout)
    ask = subprocess.run(asking('/a'), capture_output=True, env={
        **os.environ, 'HARK_URL': done.stdout.strip()})
    check(ask.returncode != 0, 'something still answers')


@case
def a_second_run_beside_the_first_is_no_problem(t):
    store = recorded(t, '/a')
    done = command('run', '--mode', 'replay', '--store', store, '--', HARK,
                   'run', '--mode', 'replay', '--store', store, '--',
                   *asking('/a'))
    same((done.returncode, done.stdout), (0, '200 answer /a\n'))


# --- the rest of the command line -------------------------------------------

@case
def wrong_usage_is_one_line_and_a_2(t):
    store = t.path('hark.db')
    file = t.path('config.json')
    for argv, words in (
            (['proxy', '--no-such-option', 'http://127.0.0.1:1'],
             ['no-such-option']),
            (['proxy', '--workers', 'many', 'http://127.0.0.1:1'],
             ['workers', 'many']),
            (['proxy', '--header-timeout', '10', 'http://127.0.0.1:1'],
             ['header-timeout', '10']),
            (['proxy', '--listen', 'nonsense', 'http://127.0.0.1:1'],
             ['listen', 'nonsense']),
            (['proxy', 'ftp://a.test/'], ['ftp://a.test/']),
            (['proxy', 'not a url'], ['not a url']),
            (['proxy', '--no-forward-proxy'], ['proxy']),
            (['record', '--durability', 'maybe', 'http://127.0.0.1:1'],
             ['durability', 'maybe']),
            (['proxy', '--config', str(file), 'http://127.0.0.1:1'],
             ['config.json']),
            (['frobnicate'], ['frobnicate']),
            (['run', '--mode', 'replay'], ['run']),
            (['run', '--mode', 'nonsense', '--', 'true'], ['nonsense']),
            (['proxy', '--upstream-ca', '/no/such/file.pem',
              'https://127.0.0.1:1'], ['/no/such/file.pem']),
    ):
        extra = [] if argv[0] == 'frobnicate' else ['--store', str(store)]
        done = command(argv[0], *extra, *argv[1:])
        same(done.returncode, 2, (argv, done))
        check(done.stderr.startswith('hark: ') and
              done.stderr.count('\n') == 1, (argv, done.stderr))
        for word in words:
            check(word in done.stderr, (argv, done.stderr))
        same(done.stdout, '', argv)
    check(not store.exists(), 'a store was made')


@case
def an_address_in_use_is_a_clear_error(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    for address in (origin.authority, hark.address):
        done = command('proxy', '--listen', address, '--store',
                       t.path('hark.db'), origin.url)
        check(done.returncode in (1, 2), done)
        check(address in done.stderr and done.stderr.count('\n') == 1,
              done.stderr)


@case
def a_configuration_file_sets_what_the_command_line_does_not(t):
    origin = t.origin()
    config = t.path('hark.json')
    config.write_text(json.dumps({'max-headers': 3, 'via': True,
                                  'forwarded': 'x'}))
    hark = t.hark('proxy', origin, '--config', config, '--forwarded', 'none')
    same(hark.get('/').status, 200)
    r = origin.take()[0]
    check(r.get('via') and not r.get('x-forwarded-for'), r.headers)
    same(hark.get('/', [('A', '1')] * 3).status, 431)


@case
def help_and_version_go_to_standard_output(t):
    for argv in (['--version'], ['help'], ['--help'], ['help', 'record'],
                 ['record', '--help']):
        done = command(*argv)
        same((done.returncode, done.stderr), (0, ''), argv)
        check('hark' in done.stdout, argv)
    check('--durability' in command('help', 'record').stdout,
          'help without options')
    same(command('help', 'frobnicate').returncode, 2)


@case
def the_ready_file_appears_whole_and_names_all_addresses(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, listen=['127.0.0.1:0', '127.0.0.1:0'])
    same(len(set(hark.addresses)), 2)
    for address in hark.addresses:
        check(re.fullmatch(r'127\.0\.0\.1:[1-9]\d*', address), address)
    same([p.name for p in hark.ready.parent.iterdir()
          if 'ready' in p.name], ['ready.json'])


@case
def the_log_can_be_json(t):
    origin = t.origin()
    origin.routes['/"x'] = lambda p, r: p.close()
    hark = t.hark('proxy', origin, '--log', 'json', '--verbose')
    hark.get('/"x')
    hark.get('/\xe9')
    hark.stop()
    lines = hark.log.splitlines()
    check(lines, 'nothing was logged')
    for line in lines:
        check(isinstance(json.loads(line), dict), line)


@case
def a_demo_answers_in_three_ways(t):
    folder = t.path()
    ready = folder / 'ready.json'
    with open(folder / 'out', 'w+b') as out:
        process = subprocess.Popen(
            [HARK, 'demo', '--listen', '127.0.0.1:0', '--ready-file', ready],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder)
        try:
            until(lambda: ready.exists() or process.poll() is not None,
                  'the demo is ready')
            address = json.loads(ready.read_text())['listen'][0]

            def printed():
                text = pathlib.Path(folder / 'out').read_text()
                return text.count('curl') >= 3 and text
            text = until(printed, 'three curl lines are printed')
            check(address in text, text)
            lines = re.findall(r'^\s*(curl .*)$', text, re.M)
            for target, body, answer in (
                    ('/users', None, '"Grace"'), ('/users/1', None, '"Ada"'),
                    ('/echo', b'said so', 'said so')):
                url = f'http://{address}{target}'
                with urllib.request.urlopen(url, body) as r:
                    check(answer in r.read().decode(), target)
            try:
                urllib.request.urlopen(f'http://{address}/none')
                check(False, 'there is something')
            except urllib.error.HTTPError as e:
                same((e.code, json.loads(e.read())),
                     (404, {'error': 'not found'}))
            said = [subprocess.run(['sh', '-c', line], capture_output=True,
                                   text=True, timeout=60).stdout
                    for line in lines] if shutil.which('curl') else []
            for words, answer in zip(('mock;', 'upstream', 'replay'), said):
                check('X-Hark-Source: ' + words in answer, (words, answer))
            if said:  # the same body
                same(said[2].rpartition('\n\n')[2],
                     said[1].rpartition('\n\n')[2])
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
    same(code, 0)
    same([p.name for p in folder.iterdir() if p.name not in
          ('out', 'ready.json')], [])


if __name__ == '__main__':
    main()
