# Goal: a git clone over smart HTTP is recorded and replayed without server.

import os
import pathlib
import shutil
import subprocess

from harness import Skip, case, check, entries, main, same
from repository import backend, git, repository


def history(folder):
    head = git('rev-parse', 'HEAD', cwd=folder)
    files = {p.name: p.read_bytes() for p in pathlib.Path(folder).iterdir()
             if p.is_file()}
    return head, git('log', '--format=%H %s', cwd=folder), \
        git('tag', cwd=folder), files


@case(deadline=60)
def a_clone_is_replayed_with_the_server_stopped(t):
    if not shutil.which('git'):
        raise Skip('there is no git command')
    root = repository(t)
    origin = t.origin()
    origin.default = backend(root)
    hark = t.hark('record', origin)
    first = t.path('clone')
    git('clone', '-q', hark.url + '/repo.git', first)
    hark.stop()
    posts = [e for e in entries(hark.store)
             if e['request']['method'] == 'POST']
    check(len(posts) >= 2, f'{len(posts)} POSTs')
    same(len({e['request']['url'] for e in posts}), 1)
    check(any(r.get('git-protocol') for r in origin.requests),
          'no Git-Protocol')
    origin.stop()
    hark.restart(mode='replay')
    second = t.path('clone')
    git('clone', '-q', hark.url + '/repo.git', second)
    same(history(second) == history(first), True, 'equal clones')
    git('fsck', '--strict', cwd=second)
    # Another client asks for the same with other fields.
    third = t.path('clone')
    git('-c', 'http.userAgent=other/1.0', '-c', 'http.extraHeader=X-Trace: 7',
        '-c', 'http.extraHeader=Accept-Language: de', 'clone', '-q',
        hark.url + '/repo.git', third)
    same(history(third) == history(first), True, 'equal clones')
    same(hark.get('/repo.git/HEAD').source, 'miss')


@case(deadline=60)
def a_push_goes_through_the_proxy(t):
    if not shutil.which('git'):
        raise Skip('there is no git command')
    root = repository(t)
    git('config', 'http.receivepack', 'true', cwd=root / 'repo.git')
    origin = t.origin()
    origin.default = backend(root)
    hark = t.hark('proxy', origin)
    work = t.path('clone')
    git('clone', '-q', hark.url + '/repo.git', work)
    # Above its http.postBuffer git sends chunked.
    (work / 'pushed').write_bytes(os.urandom(2 << 20))
    git('add', '.', cwd=work)
    git('commit', '-q', '-m', 'pushed', cwd=work)
    git('push', '-q', cwd=work)
    same(git('rev-parse', 'main', cwd=root / 'repo.git'),
         git('rev-parse', 'HEAD', cwd=work))
    check(any(r.framing == 'chunked' for r in origin.requests),
          'nothing was sent chunked')


@case(deadline=60)
def a_push_of_a_large_pack_is_replayed_with_the_server_stopped(t):
    if not shutil.which('git'):
        raise Skip('there is no git command')
    root = repository(t)
    git('config', 'http.receivepack', 'true', cwd=root / 'repo.git')
    origin = t.origin()
    origin.default = backend(root)
    hark = t.hark('record', origin, '--redact')
    work = t.path('clone')
    git('clone', '-q', hark.url + '/repo.git', work)
    (work / 'pushed').write_bytes(os.urandom(6 << 20))
    git('add', '.', cwd=work)
    git('commit', '-q', '-m', 'pushed', cwd=work)
    # With one thread a pack of the same objects is the same.
    push = ('-c', 'pack.threads=1', 'push', '-q', 'origin', 'main')
    git(*push, cwd=work)
    head = git('rev-parse', 'HEAD', cwd=work)
    same(git('rev-parse', 'main', cwd=root / 'repo.git'), head)
    check(any(r.framing == 'chunked' and len(r.body) > 6 << 20
              for r in origin.requests), 'no large pack was sent chunked')
    hark.stop()
    origin.stop()
    git('update-ref', '-d', 'refs/remotes/origin/main', cwd=work)
    hark.restart(mode='replay', options=[])
    # The port is another one.
    git('remote', 'set-url', 'origin', hark.url + '/repo.git', cwd=work)
    git(*push, cwd=work)
    same(git('rev-parse', 'refs/remotes/origin/main', cwd=work), head)
    # Another pack is none that was pushed.
    git('commit', '-q', '--allow-empty', '-m', 'more', cwd=work)
    done = subprocess.run(['git', *push], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    check(done.returncode != 0, 'it was pushed')
    hark.told(' miss')


if __name__ == '__main__':
    main()
