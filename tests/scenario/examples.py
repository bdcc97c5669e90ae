# Goal: each example records its API and passes without it, by its own tool; a
# workflow can use the action.

import json
import os
import pathlib
import shutil
import subprocess
import sys

from harness import HARK, PATIENCE, case, check, main, same
from registry import npm, registry
from waits import Skip

EXAMPLES = pathlib.Path(os.environ.get('top_srcdir', '.'), 'examples')
MODULES = pathlib.Path(os.environ.get('top_builddir', '.'), 'tests/examples')


class Live:
    """examples/api.py."""

    def __init__(self, t):
        self.process = subprocess.Popen(
            [sys.executable, EXAMPLES / 'api.py'], stdout=subprocess.PIPE,
            text=True)
        t.ends.callback(self.stop)
        self.url = self.process.stdout.readline().strip()
        check(self.url.startswith('http://127.0.0.1:'), self.url)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def copied(t, name):
    folder = t.path(name)
    shutil.copytree(EXAMPLES / name, folder)
    return folder


def run(folder, *argv, **more):
    env = {k: v for k, v in os.environ.items()
           if not k.lower().startswith('npm_')}
    env.update(more, PATH=f'{pathlib.Path(HARK).parent}:{env["PATH"]}',
               HARK=HARK)
    return subprocess.run([str(a) for a in argv], cwd=folder, env=env,
                          stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE * 12)


def passes(*argv, **more):
    done = run(*argv, **more)
    check(done.returncode == 0, lambda: done.stdout[-3000:])
    return done.stdout


def fails(*argv, **more):
    check(run(*argv, **more).returncode != 0, 'it passed without a recording')


def installed(name, packages):
    """The node_modules with these packages, installed once for all runs."""
    there = MODULES / name
    if not (there / 'node_modules').exists():
        registry()
        there.mkdir(parents=True, exist_ok=True)
        (there / 'package.json').write_text(json.dumps(
            {'private': True, 'devDependencies': packages}))
        done = npm('install', '--no-audit', '--no-fund', '--ignore-scripts',
                   '--no-update-notifier', '--no-package-lock', cwd=there)
        if done.returncode:
            shutil.rmtree(there / 'node_modules', ignore_errors=True)
            raise Skip(f'npm cannot install {packages}')
    return (there / 'node_modules').absolute()


def records_and_replays(t, folder, **more):
    """As README says: npm run record with the API, npm test without."""
    wanted = json.loads((folder / 'package.json').read_text())
    (folder / 'node_modules').symlink_to(
        installed(folder.name, wanted['devDependencies']))
    fails(folder, 'npm', 'test', **more)
    live = Live(t)
    passes(folder, 'npm', 'run', 'record', API=live.url, **more)
    live.stop()
    passes(folder, 'npm', 'test', **more)


@case(deadline=60)
def a_shell_script(t):
    folder = copied(t, 'shell')
    offline = (HARK, 'run', '--mode', 'replay', '--store', 'fixtures.db',
               '--', './test.sh')
    fails(folder, *offline)
    live = Live(t)
    passes(folder, HARK, 'run', '--mode', 'record', '--store', 'fixtures.db',
           '--url', live.url, '--', './test.sh')
    live.stop()
    passes(folder, *offline)


@case(deadline=60)
def pytest(t):
    folder = copied(t, 'pytest')
    try:
        passes(folder, '/usr/bin/python3', '-m', 'pytest', '--version')
    except Exception:
        raise Skip('there is no pytest (Debian: python3-pytest)') from None
    tests = ('/usr/bin/python3', '-m', 'pytest', '-p', 'no:cacheprovider')
    fails(folder, *tests)
    live = Live(t)
    passes(folder, *tests, API=live.url)
    live.stop()
    said = passes(folder, *tests)
    check('2 passed' in said, said)


@case(deadline=150)
def Jest(t):
    records_and_replays(t, copied(t, 'jest'))


@case(deadline=150)
def Vitest(t):
    records_and_replays(t, copied(t, 'vitest'))


@case(deadline=150)
def Playwright_Test(t):
    chromium = os.environ.get('CHROMIUM') or shutil.which('chromium')
    if not chromium:
        raise Skip('there is no chromium (Debian: chromium)')
    records_and_replays(t, copied(t, 'playwright'), CHROMIUM=chromium)


@case
def README_names_each_example(t):
    folders = {p.name for p in EXAMPLES.iterdir() if p.is_dir()}
    text = (EXAMPLES / 'README.md').read_text()
    same(folders, {f for f in folders if f'`{f}/`' in text})


@case(deadline=60)
def the_GitHub_action_is_one(t):
    modules = installed('action', {'@action-validator/cli': '0.6.0',
                                   '@action-validator/core': '0.6.0'})
    action = EXAMPLES.parent / 'contrib/github-action/action.yml'
    tool = modules / '.bin/action-validator'
    passes(t.path(), tool, action.absolute())
    wrong = t.path('action.yml')
    wrong.write_text(action.read_text().replace('shell: bash', 'sell: bash'))
    fails(t.path(), tool, wrong)


main()
