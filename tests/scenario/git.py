# Goal: a git clone over smart HTTP is recorded and replayed without server.

import os
import pathlib
import shutil
import subprocess

from harness import Skip, case, check, entries, main, reply, same


def git(*argv, cwd=None, timeout=60):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('GIT_') and not k.lower().endswith('_proxy')}
    env.update(GIT_CONFIG_NOSYSTEM='1', GIT_TERMINAL_PROMPT='0',
               HOME='/nonexistent', GIT_CONFIG_GLOBAL='/dev/null',
               GIT_AUTHOR_NAME='a', GIT_AUTHOR_EMAIL='a@a.test',
               GIT_COMMITTER_NAME='a', GIT_COMMITTER_EMAIL='a@a.test')
    done = subprocess.run(['git', *map(str, argv)], cwd=cwd, env=env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=timeout)
    check(done.returncode == 0, lambda: f'git {argv}: {done.stderr}')
    return done.stdout


def repository(t):
    """A bare repository with some history and a large file."""
    work = t.path('work')
    bare = t.path()
    git('init', '-q', '-b', 'main', work)
    for i in range(30):
        (work / f'{i % 7}.txt').write_text(f'line {i}\n' * (i + 1))
        git('add', '.', cwd=work)
        git('commit', '-q', '-m', f'change {i}', cwd=work)
    (work / 'large').write_bytes(os.urandom(3 << 20))
    git('add', '.', cwd=work)
    git('commit', '-q', '-m', 'large', cwd=work)
    git('tag', '-a', 'v1', '-m', 'one', cwd=work)
    git('clone', '-q', '--bare', work, bare / 'repo.git')
    git('config', 'http.uploadpack', 'true', cwd=bare / 'repo.git')
    return bare


def backend(root):
    """A script that runs git http-backend as a CGI program (RFC 3875)."""
    def script(peer, r):
        path, _, query = r.target.partition('?')
        env = dict(os.environ, GIT_PROJECT_ROOT=str(root),
                   GIT_HTTP_EXPORT_ALL='1', PATH_INFO=path,
                   QUERY_STRING=query, REQUEST_METHOD=r.method,
                   CONTENT_TYPE=r.get('content-type') or '',
                   CONTENT_LENGTH=str(len(r.body)),
                   REMOTE_ADDR='127.0.0.1', SERVER_PROTOCOL='HTTP/1.1',
                   GIT_CONFIG_NOSYSTEM='1', HOME='/nonexistent',
                   # The repository may belong to another user than the test.
                   GIT_CONFIG_COUNT='1', GIT_CONFIG_KEY_0='safe.directory',
                   GIT_CONFIG_VALUE_0='*')
        for name, variable in (('content-encoding', 'HTTP_CONTENT_ENCODING'),
                               ('git-protocol', 'HTTP_GIT_PROTOCOL')):
            if r.get(name):
                env[variable] = r.get(name)
        done = subprocess.run(['git', 'http-backend'], input=r.body, env=env,
                              capture_output=True, timeout=60)
        head, _, body = done.stdout.partition(b'\r\n\r\n')
        lines = [tuple(line.split(': ', 1))
                 for line in head.decode().split('\r\n') if line]
        status = dict(lines).pop('Status', '200 OK')
        lines = [h for h in lines if h[0] != 'Status']
        if not body:
            peer.send(reply(b'', status, lines))
            return
        peer.send(reply(b'', status, lines + [
            ('Transfer-Encoding', 'chunked')], length=False))
        # In pieces of odd sizes, as a real server does.
        peer.chunked(*(body[i:i + 50021]
                       for i in range(0, len(body), 50021)))
    return script


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


if __name__ == '__main__':
    main()
