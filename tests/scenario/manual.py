# Goal: what hark-mocks(5) shows is so: its examples, its paths, its files.

import json
import os
import pathlib
import re

from harness import case, check, command, main, same

PAGE = pathlib.Path(os.environ.get('top_srcdir', '.'),
                    'man/hark-mocks.5').read_text()


def plain(text):
    """What mandoc makes of the text of a macro."""
    text = re.sub(r'^"(.*)"$', r'\1', text.strip())
    return (text.replace('\\(dq', '"').replace('\\&', '')
            .replace('\\e', '\\'))


def section(title):
    found = re.search(rf'^\.S[hs] {title}\n(.*?)(?=^\.S[hs] |\Z)', PAGE,
                      re.M | re.S)
    return found.group(1)


def blocks(text):
    return [plain(b) for b in
            re.findall(r'^\.Bd[^\n]*\n(.*?)^\.Ed', text, re.M | re.S)]


def mocks(t, environment):
    path = t.path('mocks.json')
    path.write_text(json.dumps(environment))
    return t.hark('proxy', '--mocks', path, '--on-miss', '404')


@case
def every_template_gives_what_the_page_says(t):
    examples = [(plain(a), plain(b)) for a, b in re.findall(
        r'^\.Ql (\{\{.*)\ngives\n\.Ql (.*?)(?: [.,;])?$', PAGE, re.M)]
    check(len(examples) > 80, len(examples))
    same(PAGE.count('\ngives\n'), len(examples))
    head, body = blocks(section('TEMPLATES'))[0].split('\n\n', 1)
    start, *fields = head.split('\n')
    method, target = start.split()
    bucket = plain(re.search(r'whose value is\n\.Li (.*) \.\n', PAGE).group(1))
    hark = mocks(t, {
        'data': [{'id': 'people', 'value': json.loads(bucket)}],
        'routes': [{'method': 'all', 'endpoint': f'{i}/users/:id',
                    'responses': [{'body': template}]}
                   for i, (template, _) in enumerate(examples)]})
    headers = [tuple(f.split(': ', 1)) for f in fields]
    wrong = []
    for i, (template, gives) in enumerate(examples):
        # What a template changes is for its own session.
        r = hark.ask(method, f'/{i}{target}', body=body.strip().encode(),
                     headers=headers + [('X-Hark-Session', f's{i}')])
        if r.body.decode() != gives:
            wrong.append((template, r.status, r.body.decode(), gives))
    check(not wrong, wrong)


@case
def every_path_fits_what_the_page_says(t):
    rows = [[plain(cell) for cell in row.split(' Ta ')] for row in
            re.findall(r'^\.It (.* Ta .* Ta .*)', section('Paths'), re.M)[1:]]
    check(len(rows) > 10, rows)
    value = '{{#each (urlParams)}}{{@key}} {{/each}}'
    options = []
    for i, (endpoint, *_) in enumerate(rows):
        path = t.path('mocks.json')
        path.write_text(json.dumps({'routes': [
            {'endpoint': endpoint, 'responses': [{'body': value}]}]}))
        options += ['--mocks', f'/{i}={path}']
    hark = t.hark('proxy', '--on-miss', '404', *options)
    fitted = 0
    for i, (endpoint, fits, names) in enumerate(rows):
        names = set(names.split(', ')) - {'a list', 'none'}
        fits, _, fails = fits.partition('; not ')
        fits, fails = (re.findall(r'/[^,\s]*', x) for x in (fits, fails))
        got = [hark.get(f'/{i}{path}') for path in fits]
        same((endpoint, [r.status for r in got]),
             (endpoint, [200] * len(fits)))
        # What is optional may be missing.
        told = [set(r.body.decode().split()) for r in got]
        check(all(x <= names for x in told) and
              (names in told or '?' in endpoint or '*' in endpoint),
              (endpoint, told))
        same((endpoint, [hark.get(f'/{i}{path}').status for path in fails]),
             (endpoint, [404] * len(fails)))
        fitted += len(fits)
    check(fitted > 18, fitted)


@case
def every_file_of_the_page_passes_the_check(t):
    files = [b for b in blocks(PAGE) if b.startswith('{')]
    check(len(files) > 4, len(files))
    for text in files:
        path = t.path('mocks.json')
        path.write_text(text)
        done = command('check', '--strict', path)
        same((done.returncode, done.stdout), (0, ''))


if __name__ == '__main__':
    main()
