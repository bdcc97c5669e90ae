# Goal: templates give what Handlebars and Mockoon give.
#
# templates/*.json are cases with their results, which come from npm's
# handlebars and @mockoon/commons-server; what stands under "all" is given to
# every case of the file.  Where npm can have these, the cases
# are rendered by them, too, so that the results are known to be theirs;
# --write puts them into the files.

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import packages

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get('top_builddir', '.'))
PACKAGES = ['handlebars@4.7.8', '@mockoon/commons-server@9.9.0']
SEEN = ('status', 'buckets', 'globals')  # what a case may leave behind


def lines(command, cases, zone):
    """One answer for each case."""
    text = ''.join(json.dumps(c) + '\n' for c in cases)
    done = subprocess.run(command, input=text, capture_output=True, text=True,
                          env={**os.environ, 'TZ': zone}, timeout=900)
    answers = [json.loads(line) for line in done.stdout.split('\n')
               if line]
    if len(answers) != len(cases):
        sys.exit(f'{command[0]}: {len(answers)} answers for {len(cases)} '
                 f'cases\n{done.stderr[-3000:]}')
    return answers


def rendered(command, cases):
    """Answers to the cases, each in its own time zone."""
    answers = [None] * len(cases)
    for zone in sorted({c.get('zone', 'UTC') for c in cases}):
        here = [i for i, c in enumerate(cases) if c.get('zone', 'UTC') == zone]
        for i, a in zip(here, lines(command, [cases[i] for i in here], zone)):
            answers[i] = a
    return answers


def wanted(case):
    """What the file says comes out of a case."""
    return {k: case[k] for k in ('out', 'error', *SEEN) if k in case}


def whole(text):
    """A text as it is sent: half of a surrogate pair cannot be."""
    return text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')


def seen(told, answer):
    """An answer reduced to what counts: an error's words do not, nor what
    the case did not change."""
    kept = {'error': True} if 'error' in answer \
        else {'out': whole(answer['out'])}
    for name in SEEN:
        if name in answer and answer[name] != told.get(name, {}):
            kept[name] = answer[name]
    return kept


def given(file, case):
    """What a renderer is told of a case."""
    return {**file['all'], **case.get('with', {}),
            'template': case['template']}


def dumped(file):
    """A member per line."""
    def members(of, indent):
        return ',\n'.join(f'{indent}{json.dumps(k)}: '
                          f'{json.dumps(v, ensure_ascii=False)}'
                          for k, v in of.items())
    cases = ',\n'.join('    {\n' + members(c, ' ' * 6) + '\n    }'
                       for c in file['cases'])
    return ('{\n  "all": {\n' + members(file['all'], ' ' * 4) +
            '\n  },\n  "cases": [\n' + cases + '\n  ]\n}\n')


def write(path, file, told, answers):
    for case, tells, answer in zip(file['cases'], told, answers):
        for name in ('out', 'error', *SEEN):
            case.pop(name, None)
        case.update(seen(tells, answer))
    path.write_text(dumped(file))


def check(count, name, case, got, by):
    want = wanted(case)
    good = got == want
    print(f'{"ok" if good else "not ok"} {count} - {by}: {name}')
    if not good:
        print(f'# template {case["template"]!r}')
        print(f'# wanted {json.dumps(want, ensure_ascii=False)}')
        print(f'# got    {json.dumps(got, ensure_ascii=False)}')
    return good


def main():
    files = sorted((HERE / '_templates').glob('*.json'))
    only = [a for a in sys.argv[1:] if not a.startswith('-')]
    files = [f for f in files if not only or f.stem in only]
    loaded = [(f, json.loads(f.read_text())) for f in files]
    program = [str(BUILD / 'tests' / 'golden' / 'render')]
    with tempfile.TemporaryDirectory() as top:
        npm = None
        try:
            folder = packages.installed(top, PACKAGES, 'HARK_TEMPLATES_NPM')
            npm = ['node', str(HERE / 'template_npm.js'), str(folder)]
        except packages.Missing as why:
            print(f'# {why}; results are compared with those kept')
        if '--write' in sys.argv:
            if not npm:
                sys.exit('--write needs npm')
            for path, file in loaded:
                told = [given(file, c) for c in file['cases']]
                write(path, file, told, rendered(npm, told))
            return
        count, failed = 0, False
        for path, file in loaded:
            told = [given(file, c) for c in file['cases']]
            for by, command in (('hark', program), ('npm', npm)):
                if not command:
                    continue
                answers = rendered(command, told)
                for case, tells, answer in zip(file['cases'], told, answers):
                    count += 1
                    failed |= not check(count, f'{path.stem}: {case["name"]}',
                                        case, seen(tells, answer), by)
        print(f'1..{count}')
        sys.exit(failed)


if __name__ == '__main__':
    main()
