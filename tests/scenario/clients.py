# Goal: the clients people use work through record and replay alike.

import gzip
import json
import shutil
import subprocess
import sys

from harness import Skip, case, check, main, reply, same

TEXT = b'{"text": "' + b'na' * 500 + b'"}'
BINARY = bytes(range(256)) * 40


def api(t):
    """An origin with all that the clients below ask for."""
    origin = t.origin()

    def compressed(peer, r):
        check('gzip' in (r.get('accept-encoding') or ''), r.headers)
        peer.send(reply(gzip.compress(TEXT), headers=[
            ('Content-Type', 'application/json'),
            ('Content-Encoding', 'gzip'), ('Vary', 'Accept-Encoding')]))

    def cached(peer, r):
        if r.get('if-none-match') == '"v1"':
            peer.send(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n')
        else:
            peer.send(reply(b'full', headers=[('ETag', '"v1"')]))

    def events(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
                  b'Transfer-Encoding: chunked\r\n\r\n')
        peer.chunked(*(f'data: {i}\n\n'.encode() for i in range(5)))

    def told(peer, r):
        kind = (r.get('content-type') or '').split(';')[0]
        body = r.body
        if kind == 'multipart/form-data':
            boundary = r.get('content-type').partition('boundary=')[2]
            body = body.replace(boundary.strip('"').encode(), b'BOUNDARY')
        peer.send(reply(json.dumps({
            'method': r.method, 'type': kind,
            'body': body.decode('latin-1')}).encode(), headers=[
                ('Content-Type', 'application/json')]))

    def head(peer, r):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 10240\r\n'
                  b'X-Kind: binary\r\n\r\n',
                  b'' if r.method == 'HEAD' else BINARY)
    origin.routes = {'/gzip': compressed, '/cached': cached,
                     '/events': events, '/json': told, '/form': told,
                     '/binary': head}
    return origin


def twice(t, session):
    """session(url) through record, then replay: equal and right."""
    origin = api(t)
    hark = t.hark('record', origin)
    first = session(hark.url)
    asked = len(origin.requests)
    check(asked > 5, f'only {asked} requests')
    hark.stop()
    origin.stop()
    hark.restart(mode='replay')
    second = session(hark.url)
    same(second, first, 'replayed session')
    same(len(origin.requests), asked, 'requests at the origin')
    return first


def run(*argv, **how):
    done = subprocess.run([str(a) for a in argv], capture_output=True,
                          timeout=60, **how)
    check(done.returncode == 0,
          lambda: f'{argv[0]}: {done.returncode} {done.stderr[-1500:]}')
    return done.stdout


@case(deadline=40)
def curl_works_the_same_both_times(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl command')
    upload = t.path('f.bin')
    upload.write_bytes(BINARY)

    def session(url):
        def curl(*argv):
            return run('curl', '-sS', '--noproxy', '*', *argv)
        headers = curl('-I', url + '/binary')
        return {
            'get': curl(url + '/binary'),
            'head': [line for line in headers.split(b'\r\n')
                     if b'ark-Source' not in line],
            'json': curl('-H', 'Content-Type: application/json', '-d',
                         '{"a": 1}', url + '/json'),
            'form': curl('-F', 'a=1', '-F', f'f=@{upload}', url + '/form'),
            'put': curl('-T', upload, url + '/json'),
            'expect': curl('-H', 'Expect: 100-continue', '--data-binary',
                           f'@{upload}', url + '/json'),
            'chunked': curl('-H', 'Transfer-Encoding: chunked',
                            '--data-binary', f'@{upload}', url + '/json'),
            'gzip': curl('--compressed', url + '/gzip'),
            'full': curl('-w', '%{http_code}', url + '/cached'),
            '304': curl('-w', '%{http_code}', '-H', 'If-None-Match: "v1"',
                        url + '/cached'),
            'events': curl('-N', url + '/events'),
            'old': curl('-0', url + '/binary'),
        }
    seen = twice(t, session)
    same((seen['get'], seen['old'], seen['gzip']), (BINARY, BINARY, TEXT))
    same((seen['full'], seen['304']), (b'full200', b'304'))
    same(json.loads(seen['json']), {'method': 'POST', 'body': '{"a": 1}',
                                    'type': 'application/json'})
    for how in ('put', 'expect', 'chunked'):
        same(json.loads(seen[how])['body'].encode('latin-1'), BINARY, how)
    check(BINARY.decode('latin-1') in json.loads(seen['form'])['body'],
          'the uploaded file')
    same(seen['events'].count(b'data: '), 5)
    check(b'Content-Length: 10240' in seen['head'], seen['head'])


REQUESTS = '''
import json, sys
import requests
url, s = sys.argv[1], requests.Session()
s.trust_env = False
binary = bytes(range(256)) * 40
seen = {
    'get': s.get(url + '/binary').content == binary,
    'head': s.head(url + '/binary').headers['Content-Length'],
    'json': s.post(url + '/json', json={'a': 1}).json(),
    'form': s.post(url + '/form', data={'a': '1'},
                   files={'f': ('f.bin', binary)}).json(),
    'chunked': s.post(url + '/json', data=iter([b'ab', b'c'])).json(),
    'gzip': s.get(url + '/gzip').text,
    'full': s.get(url + '/cached').text,
    '304': s.get(url + '/cached',
                 headers={'If-None-Match': '"v1"'}).status_code,
    'events': [line.decode() for line in
               s.get(url + '/events', stream=True).iter_lines() if line],
}
print(json.dumps(seen))
'''


def right(seen):
    """What the script of each library has to have seen."""
    same((seen['get'], seen['head'], seen['full'], seen['304']),
         (True, '10240', 'full', 304))
    same(json.loads(seen['json']['body']), {'a': 1})
    same(seen['json']['type'], 'application/json')
    check(BINARY.decode('latin-1') in seen['form']['body'],
          'the uploaded file')
    same(seen['chunked']['body'], 'abc')
    same(seen['gzip'].encode(), TEXT)
    same(seen['events'], [f'data: {i}' for i in range(5)])


@case(deadline=40)
def python3_requests_works_the_same_both_times(t):
    python = next((p for p in ('/usr/bin/python3', sys.executable)
                   if subprocess.run([p, '-c', 'import requests'],
                                     capture_output=True).returncode == 0),
                  None)
    if not python:
        raise Skip('there is no python3-requests')
    right(twice(t, lambda url: json.loads(run(python, '-c', REQUESTS, url))))


NODE = '''
const url = process.argv[2];
const binary = Buffer.alloc(10240, Buffer.from([...Array(256).keys()]));
const post = (path, body, headers = {}) =>
    fetch(url + path, {method: 'POST', body, headers, duplex: 'half'})
	.then(r => r.json());
const form = new FormData();
form.append('a', '1');
form.append('f', new Blob([binary]), 'f.bin');
const pieces = new ReadableStream({
    start(c) {
	c.enqueue(Buffer.from('ab'));
	c.enqueue(Buffer.from('c'));
	c.close();
    },
});
const get = path => fetch(url + path);
const seen = {
    get: Buffer.from(await (await get('/binary')).arrayBuffer())
	.equals(binary),
    head: (await fetch(url + '/binary', {method: 'HEAD'}))
	.headers.get('content-length'),
    json: await post('/json', JSON.stringify({a: 1}),
	{'Content-Type': 'application/json'}),
    form: await post('/form', form),
    chunked: await post('/json', pieces),
    gzip: await (await get('/gzip')).text(),
    full: await (await get('/cached')).text(),
    304: (await fetch(url + '/cached',
	{headers: {'If-None-Match': '"v1"'}})).status,
    events: (await (await get('/events')).text()).split('\\n')
	.filter(line => line),
};
console.log(JSON.stringify(seen));
'''


@case(deadline=40)
def node_fetch_works_the_same_both_times(t):
    if not shutil.which('node'):
        raise Skip('there is no node command')
    script = t.path('session.mjs')
    script.write_text(NODE)
    if subprocess.run(['node', '-e', 'fetch'],
                      capture_output=True).returncode:
        raise Skip('this node has no fetch')
    right(twice(t, lambda url: json.loads(run('node', script, url))))


if __name__ == '__main__':
    main()
