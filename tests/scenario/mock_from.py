# Goal: what was recorded becomes mocks, and mocks are checked, from the shell.

import json
import pathlib
import subprocess

from harness import HARK, Shared, case, check, main, reply, same

PNG = b'\x89PNG\r\n\x1a\n\x00\xff'
JSON = ('Content-Type', 'application/json')
GOOD = {'routes': [{'endpoint': 'a', 'responses': [{'body': '{{uuid}}'}]}]}


def fill(t):
    """The store of a gateway that has recorded four exchanges."""
    origin = t.origin()
    origin.routes.update({
        '/a?x=1': reply(b'{"a": "{{b}}"}', headers=[JSON]),
        '/image': reply(PNG, headers=[('Content-Type', 'image/png')]),
        '/list': reply(b'[{"id": 1}]', headers=[JSON]),
        '/list/1': reply(b'{"id": 1, "more": true}', headers=[JSON])})
    hark = t.hark('record', origin)
    for target in ('/a?x=1', '/image', '/list', '/list/1'):
        hark.get(target)
    hark.stop()
    return hark.store


filled = Shared(fill)


def run(*argv, status=0):
    done = subprocess.run([HARK, *map(str, argv)], capture_output=True,
                          text=True)
    same(done.returncode, status, argv)
    return done


def responses(mocks):
    return {route['endpoint']: route['responses'][0]
            for route in mocks['routes']}


@case
def entries_of_a_store_become_routes(t):
    done = run('mock', 'from-entry', 1, '--store', filled())
    mocks = json.loads(done.stdout)
    same([(r['method'], r['endpoint']) for r in mocks['routes']],
         [('get', 'a')])
    response = responses(mocks)['a']
    same(response['body'], '{"a": "{{b}}"}')
    same(response['disableTemplating'], True)
    same([(r['target'], r['modifier'], r['value'])
          for r in response['rules']], [('query', 'x', '1')])
    same(done.stderr, '')
    same(run('mock', 'from-entry', 1, '--store', filled()).stdout,
         done.stdout)


@case
def what_is_no_text_goes_to_a_file_beside(t):
    out = pathlib.Path(t.folder) / 'm.json'
    run('mock', 'from-har', '--store', filled(), '-o', out)
    name = responses(json.loads(out.read_text()))['image']['filePath']
    same((out.parent / name).read_bytes(), PNG)
    run('check', out)
    (out.parent / name).unlink()
    check('no file that can be read' in run('check', out, status=1).stdout,
          'the missing file')


@case
def without_a_place_for_files_the_loss_is_told(t):
    done = run('mock', 'from-entry', 2, '--store', filled())
    check('entry 2: the body is left out' in done.stderr, done.stderr)


@case
def a_list_and_its_items_become_a_bucket(t):
    told = run('mock', 'from-har', '--store', filled()).stderr
    check('/list: a list and requests for its items: with --crud' in told,
          told)
    done = run('mock', 'from-har', '--crud', '--store', filled())
    mocks = json.loads(done.stdout)
    same([r['endpoint'] for r in mocks['routes'] if r['type'] == 'crud'],
         ['list'])
    same(json.loads(mocks['data'][0]['value']), [{'id': 1, 'more': True}])


@case
def a_source_that_fails_leaves_the_old_file(t):
    out = pathlib.Path(t.folder) / 'm.json'
    out.write_text('old')
    bad = pathlib.Path(t.folder) / 'bad.yaml'
    bad.write_text('a: [1\nb: 2\n')
    said = run('mock', 'from-openapi', bad, '-o', out, status=2).stderr
    check('bad.yaml: line 2, column 2: ' in said, said)
    run('mock', 'from-entry', 99, '--store', filled(), '-o', out, status=2)
    same(out.read_text(), 'old')
    same(sorted(p.name for p in out.parent.glob('*m.json*')), ['m.json'])


@case
def an_unknown_source_is_refused_with_the_known_ones(t):
    said = run('mock', 'from-nothing', status=2).stderr
    check('from-openapi from-postman from-wiremock from-har from-entry'
          in said, said)
    run('mock', status=2)
    run('mock', 'from-openapi', status=2)
    run('check', status=2)


@case
def the_exit_status_of_check_tells_errors_and_remarks(t):
    path = pathlib.Path(t.folder) / 'm.json'
    path.write_text(json.dumps(GOOD))
    same(run('check', path).stdout, '')
    path.write_text(json.dumps(dict(GOOD, odd=1)))
    same(run('check', path).stdout,
         f'{path}:1:77: remark: odd: nobody knows it\n')
    run('check', '--strict', path, status=1)
    bad = {'routes': [{'endpoint': 'a', 'responses': [{'body': '{{#if}'}]}]}
    path.write_text(json.dumps(bad))
    found = json.loads(run('check', '--json', path, status=1).stdout)
    same((found['file'], found['severity'], found['where'], found['line']),
         (str(path), 'error', 'routes[0].responses[0].body', 1))


if __name__ == '__main__':
    main()
