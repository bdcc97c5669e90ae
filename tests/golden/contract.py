# Goal: OpenAPI descriptions of others are understood, and messages are judged
# as others judge them.
#
# The corpus is in a folder beside the checkout (../shared/corpus) or in the
# one that HARK_CORPUS names.  HARK_CONTRACT_NPM may name a folder where npm's
# openapi-request-validator and openapi-response-validator are installed.

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import packages

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get('top_builddir', '.'))
CORPUS = pathlib.Path(os.environ.get('HARK_CORPUS') or
                      HERE.parents[2] / 'shared' / 'corpus') / 'openapi'
PACKAGES = ['openapi-request-validator@12.1.3',
            'openapi-response-validator@12.1.3']
# What is no description, or leads out of its folder, has to say so.
REASONS = ('expected an OpenAPI description',
           'not in or below the folder of the description')
number = 0


def result(name, wrong):
    global number
    number += 1
    for line in wrong[:20]:
        print(f'# {line}')
    print(f'{"not " if wrong else ""}ok {number} - {name}')
    return not wrong


def skip(name, why):
    global number
    number += 1
    print(f'ok {number} - {name} # SKIP {why}')
    return True


def held(jobs):
    text = ''.join(json.dumps(job) + '\n' for job in jobs)
    done = subprocess.run([BUILD / 'tests/golden/hold'], input=text,
                          capture_output=True, text=True, timeout=600)
    answers = [json.loads(line) for line in done.stdout.split('\n') if line]
    if len(answers) != len(jobs):
        sys.exit(f'{len(answers)} answers for {len(jobs)} jobs\n'
                 f'{done.stderr[-3000:]}')
    return answers


def descriptions():
    name = 'descriptions of others are read, or say why not'
    if not CORPUS.is_dir():
        return skip(name, f'there is no {CORPUS}')
    files = sorted(p for p in CORPUS.rglob('*')
                   if p.suffix in ('.json', '.yaml', '.yml'))
    answers = held([{'file': str(p)} for p in files])
    read = sum('operations' in a for a in answers)
    print(f'# {read} of {len(files)} files are read')
    wrong = [f'{p}: {a}' for p, a in zip(files, answers)
             if not any(r in a.get('error', REASONS[0]) for r in REASONS)]
    if read < len(files) * 0.8:
        wrong.append(f'only {read} of {len(files)} are read')
    return result(name, wrong)


def verdicts():
    name = 'messages are judged as by openapi-request-validator and ' \
        'openapi-response-validator'
    with tempfile.TemporaryDirectory() as top:
        try:
            folder = packages.installed(top, PACKAGES, 'HARK_CONTRACT_NPM')
        except packages.Missing as why:
            return skip(name, why)
        spec = os.path.join(top, 'spec.json')
        done = subprocess.run(
            ['node', HERE / 'contract_npm.js', spec], capture_output=True,
            text=True, timeout=600, check=True,
            env={**os.environ,
                 'NODE_PATH': os.path.join(folder, 'node_modules')})
        jobs = [json.loads(line) for line in done.stdout.split('\n') if line]
        loaded, *answers = held([{'file': spec}, *jobs])
    wrong = [] if loaded.get('operations') == 400 else [str(loaded)]
    for job, answer in zip(jobs, answers):
        kinds = set(answer['request'])
        got = (bool(kinds - {'wrong-body'}), 'wrong-body' in kinds,
               bool(answer['answer']))
        if got != (job['query'], job['request'], job['answer']):
            wrong.append(f'{job}: {answer}')
    bad = sum(j['query'] or j['request'] for j in jobs)
    print(f'# {len(jobs)} messages, {bad} of them with violations')
    if not 1000 < bad < len(jobs) - 1000:
        wrong.append('messages are too much of one kind')
    return result(name, wrong)


print('1..2')
fine = [descriptions(), verdicts()]
sys.exit(not all(fine))
