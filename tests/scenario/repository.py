# Goal: a git repository with some history, and its server over smart HTTP.

import os
import subprocess

from harness import check, reply


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
