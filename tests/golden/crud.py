#!/usr/bin/python3
# Goal: a CRUD route does with its bucket what Mockoon does.
"""Each case has a route and a bucket of its own and asks one thing after the
other; what comes must be what crud.json says, which is what @mockoon/cli 9.9.0
answered: `crud.py --write COMMAND` asks it again.  An identifier that the
server makes is written as UUID."""
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'scenario'))
from waits import until  # noqa: E402

HARK = os.environ.get('HARK', './hark')
KEPT = HERE / 'crud.json'
UUID = re.compile('[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
TOLD = ('content-type', 'x-total-count', 'x-filtered-count')

PEOPLE = [
    {'id': 1, 'name': 'Ann', 'age': 31, 'home': {'town': 'Bern', 'no': 7}},
    {'id': '2', 'name': 'bob', 'age': '9', 'home': {'town': 'Aarau'}},
    {'id': 'three', 'name': 'Cy', 'age': 31.5, 'tags': ['x', 'Bern', 4]},
    {'id': 4, 'name': 'ann', 'age': None, 'on': True},
    {'name': 'Nobody', 'age': -1},
]
FILTERS = [
    'age_eq=31', 'age_eq=31.0', 'age_ne=31', 'age_gt=9', 'age_gte=31',
    'age_lt=31', 'age_lte=9', 'name_gt=Ann', 'name_lt=b', 'name_like=n',
    'name_like=^A', 'name_start=A', 'name_end=n', 'home.town_eq=Bern',
    'home.no_gte=7', 'age_eq=', 'on_eq=true', 'none_eq=1',
    'age_gt=x', 'name_like=n&age_gt=0', 'tags.1_eq=Bern', 'tags_like=Bern',
]
LOOKS = [
    'search=bern', 'search=9', 'search=true', 'search=', 'search=zzz',
    'sort=name', 'sort=name&order=desc', 'sort=age', 'sort=age&order=desc',
    'sort=home.town', 'sort=none', 'order=desc', 'sort=tags.0',
    'page=1&limit=2', 'page=2&limit=2', 'page=9&limit=2', 'limit=2', 'page=2',
    'page=-1&limit=2', 'page=0&limit=2', 'page=1&limit=x', 'page=x&limit=1',
    'page=1&limit=0', 'page=1&limit=-2', 'search=n&sort=name&page=1&limit=1',
]
NEW = {'id': 9, 'name': 'Zoe'}



EDITS = [
    ('GET', '/1'), ('GET', '/three'), ('GET', '/none'), ('GET', ''),
    ('POST', '', NEW), ('GET', '/9'), ('POST', '', {'name': 'no key'}),
    ('POST', '', [1, 2]), ('POST', '', 'text'), ('GET', ''),
    ('PUT', '/1', {'id': 1, 'name': 'Put'}), ('PUT', '/2', {'name': 'no key'}),
    ('PUT', '/none', NEW), ('PATCH', '/9', {'name': 'Patched', 'more': [1]}),
    ('PATCH', '/9', {'home': {'town': 'Chur'}}), ('PATCH', '/none', NEW),
    ('PATCH', '/4', 'text'), ('GET', ''), ('DELETE', '/1'), ('DELETE', '/1'),
    ('DELETE', '/none'), ('GET', ''),
]
WHOLE = [
    ('PATCH', '', [NEW]), ('GET', ''), ('PUT', '', [NEW, {'id': 1}]),
    ('GET', ''), ('PATCH', '', {'a': 1}), ('GET', ''), ('PUT', '', {'a': 1}),
    ('GET', ''), ('PATCH', '', {'b': {'c': 2}}), ('GET', ''), ('GET', '/a'),
    ('POST', '', {'x': 1}), ('PUT', '/a', {'x': 1}), ('PATCH', '/a', {'x': 1}),
    ('DELETE', '/a'), ('GET', ''), ('PATCH', '', [1, 2]), ('GET', ''),
    ('PUT', '', 'text'), ('GET', ''), ('DELETE', ''), ('GET', ''),
    ('GET', '/1'), ('POST', '', NEW), ('GET', ''),
]
SMALL = [
    ('GET', ''), ('GET', '/0'), ('GET', '/1'), ('GET', '/7'), ('GET', '/x'),
    ('GET', '?search=t'), ('POST', '', 5), ('GET', ''),
    ('PUT', '/1', {'a': 1}), ('GET', ''), ('PATCH', '/0', {'b': 2}),
    ('GET', ''), ('DELETE', '/2'), ('GET', ''),
]
KEYED = [
    ('GET', '/Bern'), ('PUT', '/Bern', {'name': 'Put'}), ('GET', ''),
    ('POST', '', {'name': 'new'}), ('GET', ''),
    ('PATCH', '/Aarau', {'home': {'no': 3}}), ('GET', ''), ('DELETE', '/Chur'),
]
# (name, value of the bucket, key, requests)
CASES = [
    ('filters', PEOPLE, 'id', [('GET', '?' + q) for q in FILTERS]),
    ('search, order and pages', PEOPLE, 'id', [('GET', '?' + q) for q in LOOKS]),
    ('items', PEOPLE, 'id', EDITS),
    ('the whole bucket', PEOPLE, 'id', WHOLE),
    ('scalars', [3, 'two', None, True], 'id', SMALL),
    ('a key in an object', PEOPLE, 'home.town', KEYED),
    ('an object', {'a': {'b': [1, 2]}, 'id': 7}, 'id', WHOLE),
]


def environment(port):
    return {
        'uuid': '5a4f1f1e-0000-4000-8000-000000000000', 'lastMigration': 33,
        'name': 'crud', 'port': port, 'hostname': '127.0.0.1',
        'data': [{'uuid': f'data{i}', 'id': f'b{i}', 'name': name,
                  'value': json.dumps(value)}
                 for i, (name, value, _, _) in enumerate(CASES)],
        'rootChildren': [{'type': 'route', 'uuid': f'route{i}'}
                         for i in range(len(CASES))],
        'routes': [{
            'uuid': f'route{i}', 'type': 'crud', 'method': '',
            'endpoint': f'c{i}', 'responses': [{
                'uuid': f'response{i}', 'default': True, 'bodyType': 'DATABUCKET',
                'databucketID': f'b{i}', 'crudKey': key}]}
            for i, (_, _, key, _) in enumerate(CASES)]}


def ask(port, prefix, method, target, *body):
    c = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    fields = {}
    data = None
    if body:
        text = isinstance(body[0], str)
        fields['Content-Type'] = 'text/plain' if text else 'application/json'
        data = (body[0] if text else json.dumps(body[0])).encode()
    c.request(method, prefix + target, data, fields)
    r = c.getresponse()
    text = UUID.sub('UUID', r.read().decode())
    told = {k: r.headers[k] for k in TOLD if k in r.headers}
    c.close()
    return [r.status, told, text]


def answers(port):
    return {name: [ask(port, f'/c{i}', *q) for q in requests]
            for i, (name, _, _, requests) in enumerate(CASES)}


def served(command, port, ready):
    """What the server that the command starts answers; it is ended."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        until(ready, 'it listens', 60)
        return answers(port())
    finally:
        server.terminate()
        server.wait(30)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(('127.0.0.1', port)) == 0


def of_mockoon(cli, folder):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    path = folder / 'crud.json'
    path.write_text(json.dumps(environment(port)))
    return served([cli, 'start', '--data', path, '--port', str(port),
                   '--disable-admin-api'], lambda: port, lambda: listens(port))


def of_hark(folder):
    path = folder / 'crud.json'
    path.write_text(json.dumps(environment(0)))
    told = folder / 'ready.json'
    return served(
        [HARK, 'proxy', '--listen', '127.0.0.1:0', '--admin', 'off',
         '--ready-file', told, '--mocks', path],
        lambda: int(re.search(r':(\d+)', told.read_text())[1]), told.exists)


def main():
    with tempfile.TemporaryDirectory(prefix='hark-test-') as folder:
        folder = pathlib.Path(folder)
        if sys.argv[1:2] == ['--write']:
            KEPT.write_text(json.dumps(of_mockoon(sys.argv[2], folder),
                                       indent=1) + '\n')
            return
        got, wanted = of_hark(folder), json.loads(KEPT.read_text())
    print(f'1..{len(CASES)}')
    for i, (name, _, _, requests) in enumerate(CASES):
        wrong = [(q, g, w) for q, g, w in
                 zip(requests, got[name], wanted[name], strict=True) if g != w]
        print(f'{"not " if wrong else ""}ok {i + 1} - {name}')
        for q, g, w in wrong:
            print(f'# {q}\n#   got  {g}\n#   want {w}')


main()
