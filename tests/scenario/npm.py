# Goal: npm installs a package through record and again, offline, from replay.

import hashlib
import json
import os
import pathlib

from harness import case, check, command, main, same
from registry import npm, registry

PACKAGE = os.environ.get('HARK_NPM_PACKAGE', 'express@4')


def authorities(url):
    """Options that let hark verify what npm verifies."""
    found = npm('config', 'get', 'cafile').stdout.strip()
    if found in ('', 'null', 'undefined'):
        found = os.environ.get('NODE_EXTRA_CA_CERTS', '')
    return ['--upstream-ca', found] if found and url.startswith('https:') \
        else []


def install(t, hark, *options):
    """Installs into a new folder with a new cache; the folder."""
    folder = t.path()
    (folder / 'package.json').write_text(
        '{"name": "x", "version": "1.0.0"}')
    done = npm('install', PACKAGE, '--registry', hark.url + '/',
               '--cache', t.path(), '--replace-registry-host=always',
               '--no-audit', '--no-fund', '--no-update-notifier',
               '--ignore-scripts', '--fetch-retries=0', *options, cwd=folder)
    check(done.returncode == 0, lambda: done.stderr[-1500:])
    return folder


def tree(folder):
    """Path and hash of every installed file."""
    modules = folder / 'node_modules'
    files = {}
    for path in sorted(p for p in modules.rglob('*') if p.is_file()):
        raw = path.read_bytes()
        if path.name == '.package-lock.json':
            # Where a tarball came from names the port.
            lock = json.loads(raw)
            for package in lock['packages'].values():
                package.pop('resolved', None)
            raw = json.dumps(lock, sort_keys=True).encode()
        files[str(path.relative_to(modules))] = hashlib.sha256(
            raw).hexdigest()
    return files


@case(deadline=150)
def npm_installs_the_same_tree_from_the_recording(t):
    url = registry()
    hark = t.hark('record', *authorities(url), url=url)
    recorded = tree(install(t, hark))
    check(len(recorded) > 100, f'only {len(recorded)} files installed')
    hark.stop()
    # npm asks the registry itself for nothing: what is not replayed is
    # missed, and there is no URL to forward a miss to.
    hark.restart(mode='replay', options=['--verbose'])
    replayed = tree(install(t, hark))
    # Another client: other fields, and other ids in them.
    check(tree(install(t, hark, '--user-agent', 'other/1.0 {node-version}',
                       '--scope', '@else')) == replayed,
          'another client got another tree')
    same(hark.get('/-/not-recorded').source, 'miss')
    hark.stop()
    check(recorded == replayed, lambda: 'trees differ in ' + ', '.join(
        sorted(k for k in recorded.keys() | replayed.keys()
               if recorded.get(k) != replayed.get(k))[:20]))
    packages = {pathlib.PurePath(p).parent for p in recorded
                if p.endswith('package.json')}
    done = command('list', '--store', hark.store)
    print(f'# {len(packages)} package folders, {len(recorded)} files, '
          f'{len(done.stdout.splitlines())} entries')


if __name__ == '__main__':
    main()
