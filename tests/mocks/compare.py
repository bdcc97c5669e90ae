# Goal: a mocks file means here what it means in Mockoon.
#
# Each environment is served by hark and by @mockoon/cli side by side, with the
# same seed of fake data, and both are asked the same: every route, with what
# its rules want and with what they do not.  Status, the fields that the file
# sets, type and body have to be equal.  What follows the clock is left out.
# So have the callbacks of the environments that lie here; those of others would
# go to somebody.

import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'scenario'))
import sockets  # noqa: E402
import waits  # noqa: E402
import wire  # noqa: E402
HARK = os.environ.get('HARK', './hark')
CLI = os.environ['MOCKOON_CLI']
PATIENCE = 60
SEED = '7'
# The two clocks are never the same, and chance without a seed is none.
VOLATILE = re.compile(
    r'\b(now|date|time|dateTimeShift|dateFormat|uuid|guid|objectId|oneOf|'
    r'someOf|int|float|boolean|lorem|ip|hostname|baseUrl)\b|'
    r'faker \'(date|string\.uuid|string\.ulid|git|internet\.jwt)')
# Without Content-Length, where the boundary of form data does not count.
SENDER = {'host', 'connection', 'user-agent', 'accept', 'accept-encoding',
          'accept-language', 'sec-fetch-mode'}
# What each server adds by itself.
OWN = {'date', 'connection', 'keep-alive', 'content-length', 'x-hark-source',
       'transfer-encoding', 'etag', 'vary', 'accept-ranges', 'last-modified'}


class Receiver(http.server.ThreadingHTTPServer):
    """Whom callbacks are for; knows all that came."""

    daemon_threads = True
    request_queue_size = 128

    class RequestHandlerClass(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def handle_one_request(self):
            self.raw_requestline = self.rfile.readline(65537)
            self.close_connection = True
            if self.raw_requestline and self.parse_request():
                n = int(self.headers.get('Content-Length', 0))
                self.server.came.append((
                    self.command, self.path, dict(
                        (k.lower(), v) for k, v in self.headers.items()),
                    self.rfile.read(n)))
                self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n'
                                 b'Connection: close\r\n\r\n')

    def __init__(self):
        super().__init__(('127.0.0.1', 0), self.RequestHandlerClass)
        self.came = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Server:
    def __init__(self, name, command, port, log):
        self.name, self.port = name, port
        self.receiver = Receiver()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env={
                **os.environ, 'MOCKOON_RECEIVER':
                str(self.receiver.server_address[1])})

    def ready(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self):
        self.receiver.shutdown()
        self.receiver.server_close()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def ask(self, method, path, headers, body):
        c = http.client.HTTPConnection('127.0.0.1', self.port,
                                       timeout=PATIENCE)
        try:
            c.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                c.putheader(name, value)
            if body is not None:
                c.putheader('Content-Length', str(len(body)))
            c.endheaders(body)
            r = c.getresponse()
            return r.status, r.getheaders(), r.read()
        finally:
            c.close()


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


#
# What is asked
#

def concrete(endpoint, values):
    """A path of the pattern: names are given values, what is optional goes."""
    path = re.sub(r':([A-Za-z_$][\w$]*)[?+*]?',
                  lambda m: values.get(m.group(1), '1'), endpoint)
    path = path.replace('*', 'any').replace('\\', '')
    path = re.sub(r'\(([^)]*)\)\??', r'\1', path)
    return re.sub(r'(\w)[?+]', r'\1', path)


def wish(rule, request):
    """Makes the request one that the rule holds for, where that is plain."""
    target, key, value = rule['target'], rule['modifier'], rule['value']
    if '{{' in key + value or rule['operator'] not in ('equals', 'regex'):
        return
    value = re.sub(r'[\^$\\]|\.\*', '', value)
    if target == 'query' and key and not key.startswith('$'):
        request['query'].append((key.replace('.', '[') +
                                 (']' if '.' in key else ''), value))
    elif target == 'params':
        request['params'][key] = value
    elif target == 'header' and key:
        request['headers'].append((key, value))
    elif target == 'cookie' and key:
        request['headers'].append(('Cookie', f'{key}={value}'))
    elif target == 'body' and key and key[0] != '$':
        at = request['body']
        *way, last = key.split('.')
        for step in way:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                return
        at[last] = value


def requests_of(env, route):
    """A plain request and one for each response with rules."""
    prefix = '/' + env.get('endpointPrefix', '').strip('/')
    methods = ['GET', 'POST'] if route.get('method') == 'all' else \
        [route.get('method', 'get').upper()]
    if route.get('type') == 'crud':
        methods = ['GET']
    wanted = [[]] + [r.get('rules', []) for r in route['responses']
                     if r.get('rules')]
    for method in methods:
        for rules in wanted:
            q = {'query': [], 'params': {}, 'headers': [], 'body': {}}
            for rule in rules:
                wish(rule, q)
            path = (prefix + '/' + concrete(route['endpoint'], q['params']))
            path = re.sub('/{2,}', '/', path).replace(' ', '%20')
            if q['query']:
                path += '?' + '&'.join(f'{k}={v}' for k, v in q['query'])
            body = None
            if method in ('POST', 'PUT', 'PATCH'):
                body = json.dumps(q['body']).encode()
                q['headers'].append(('Content-Type', 'application/json'))
            yield method, path, q['headers'], body


def volatile(route, env):
    text = json.dumps([route['responses'], env.get('data', [])])
    return any(VOLATILE.search(t) for t in re.findall(r'\{\{.*?\}\}', text))


#
# Comparing
#

def fields(headers):
    kept = {}
    for name, value in headers:
        if name.lower() not in OWN:
            kept.setdefault(name.lower(), []).append(value)
    return {name: sorted(values) for name, values in kept.items()}


def difference(ours, theirs, loose):
    if ours[0] != theirs[0]:
        return f'status {ours[0]}, Mockoon {theirs[0]}'
    a, b = fields(ours[1]), fields(theirs[1])
    for name in sorted(set(a) | set(b)):
        if a.get(name) != b.get(name):
            return f'field {name}: {a.get(name)}, Mockoon {b.get(name)}'
    # What failed is told in each one's own words.
    wrong = re.match(rb'Error while [^:]*:', theirs[2])
    if wrong and ours[2].startswith(wrong.group()):
        return None
    if not loose and ours[2] != theirs[2]:
        at = next((i for i, (x, y) in enumerate(zip(ours[2], theirs[2]))
                   if x != y), min(len(ours[2]), len(theirs[2])))
        return (f'body from byte {at}: {ours[2][at:at + 60]!r}, Mockoon '
                f'{theirs[2][at:at + 60]!r}')
    return None


def callbacks(server):
    """What came, in an order of its own; boundaries are all the same."""
    found = []
    for method, target, headers, body in list(server.receiver.came):
        headers = dict(headers)
        form = re.fullmatch('multipart/form-data; boundary=(.*)',
                            headers.get('content-type', ''))
        if form:
            body = body.replace(form.group(1).encode(), b'BOUNDARY')
            headers['content-type'] = 'multipart/form-data'
            headers.pop('content-length', None)
        found.append((target, method, body, sorted(
            (n, v) for n, v in headers.items() if n not in SENDER)))
    return sorted(found)


def latest(env):
    """The longest latency of a callback in the file, in seconds."""
    return max((c.get('latency', 0) for route in env['routes']
                for r in route['responses'] for c in r.get('callbacks', [])),
               default=0) / 1000


def callbacks_differ(servers, env, found):
    """Waits until both sent the same and nothing more can come."""
    end = time.monotonic() + PATIENCE
    since, last = time.monotonic(), None
    while time.monotonic() < end:
        ours, theirs = now = list(map(callbacks, servers))
        if now != last:
            since, last = time.monotonic(), now
        quiet = time.monotonic() - since - latest(env)
        if quiet > (0.5 if ours == theirs else 5):
            break
        time.sleep(0.05)
    for who, these, others in (('hark', ours, list(theirs)),
                               ('Mockoon', theirs, list(ours))):
        for one in these:
            if one in others:
                others.remove(one)
            else:
                found.append(f'callback of {who} only: {one}')
    return len(ours)


#
# WebSockets
#

SILENCE = 0.5  # seconds after which there is no answer
SAID = ['hello', 'other', '{"test": 1}', '{"test": [2, {"a": 3}]}', '{',
        'path', 'again', '\u00e9']


def heard(s):
    """The next message, None when there is none, or how it closed."""
    try:
        got = s.receive()
    except waits.Failed:
        return None
    except wire.Ended:
        return 'ended'
    if isinstance(got, str):
        # Why it cannot be read each says in its own words.
        return re.sub(r'(File reading error!) .*', r'\1', got)
    return got if isinstance(got, bytes) else list(got)


def conversation(server, route, target, headers, texts):
    """What a WebSocket of the route says; streams are not asked."""
    c = wire.Client(f'127.0.0.1:{server.port}')
    try:
        s, r = sockets.opened(c, target, protocols=['p1', 'p2'], more=headers)
        if s is None:
            return [r.status, r.body]
        out = [r.get('sec-websocket-protocol')]
        if route.get('streamingMode'):
            c.sock.settimeout(route.get('streamingInterval', 0) / 1000 + 10)
            return out + [heard(s) for _ in range(5)]
        c.sock.settimeout(SILENCE)
        for text in texts:
            s.send(text)
            out.append(heard(s))
        return out
    finally:
        c.close()


def sockets_differ(servers, env, found):
    """How many conversations were had."""
    prefix = '/' + env.get('endpointPrefix', '').strip('/') + '/'
    json_type = [('Content-Type', 'application/json')]
    had = 0
    routes = [r for r in env.get('routes', []) if r.get('type') == 'ws']
    asked = [(r, concrete(r['endpoint'], {})) for r in routes]
    if routes:
        asked.append((routes[0], 'no/such/route'))
    for route, path in asked:
        texts = json.dumps([route['responses'], env.get('data', [])])
        target = re.sub('/{2,}', '/', prefix + path) + '?q=1'
        # A JSON type, with what is none, ends Mockoon.
        for headers, said in (([], SAID), (json_type + [('X-A', 'b'),
                              ('Cookie', 'c=d')], [x for x in SAID
                                                   if x[-1:] == '}'])):
            if route.get('streamingMode') and headers:
                continue
            ours, theirs = (conversation(s, route, target, headers, said)
                            for s in servers)
            had += 1
            if 'faker' in texts:
                ours, theirs = ([type(x) for x in y] for y in (ours, theirs))
            if ours != theirs:
                found.append(f'WebSocket {target} {headers}: {ours}, '
                             f'Mockoon {theirs}')
    return had


def serve(path, folder, own):
    ports = free_port(), free_port()
    log = open(folder / 'servers.log', 'ab')
    return [
        Server('hark', [HARK, 'proxy', '--mocks', path, '--listen',
                        f'127.0.0.1:{ports[0]}', '--faker-seed', SEED,
                        '--mockoon-errors', '--workers', '1',
                        '--callbacks', 'on' if own else 'off',
                        '--on-miss', '404'], ports[0], log),
        Server('mockoon', [CLI, 'start', '--data', path, '--repair', '-p',
                           str(ports[1]), '-l', '127.0.0.1', '--faker-seed',
                           SEED, '--disable-log-to-file',
                           '--disable-admin-api', '--disable-tls'],
               ports[1], log)]


def compare(path, folder, own):
    """How many requests, and what differed."""
    env = json.loads(path.read_text())
    servers = serve(path, folder, own)
    asked, found = 0, []
    try:
        for s in servers:
            if not s.ready():
                return 0, [f'{s.name} does not serve it']
        for route in env.get('routes', []):
            if route.get('type') == 'ws':
                continue
            for method, target, headers, body in requests_of(env, route):
                answers = [s.ask(method, target, headers, body)
                           for s in servers]
                asked += 1
                # Nobody is told of by a page here, but by a problem.
                if answers[0][0] == answers[1][0] == 404 and \
                        b'Cannot ' in answers[1][2]:
                    continue
                text = difference(*answers, volatile(route, env))
                if text:
                    found.append(f'{method} {target}: {text}')
        asked += sockets_differ(servers, env, found)
        if own and env.get('callbacks'):
            asked += callbacks_differ(servers, env, found)
    finally:
        for s in servers:
            s.stop()
    return asked, found


def environments():
    for path in sorted(HERE.glob('*.json')):
        yield path, True
    corpus = os.environ.get('HARK_CORPUS_MOCKOON') or \
        HERE.parent.parent.parent / 'shared' / 'corpus' / 'mockoon'
    corpus = pathlib.Path(corpus)
    if not corpus.is_dir():
        print('# SKIP the corpus: it does not lie beside the checkout')
        return
    for path in sorted(corpus.glob('*.json')):
        env = json.loads(path.read_text())
        if env.get('routes') and all(
                'responses' in r and 'endpoint' in r for r in env['routes']):
            yield path, False


def main():
    only = sys.argv[1:]
    failed = total = 0
    with tempfile.TemporaryDirectory(prefix='hark-mocks-') as folder:
        for number, (path, own) in enumerate(environments(), 1):
            if only and not any(o in path.name for o in only):
                continue
            asked, found = compare(path, pathlib.Path(folder), own)
            total += asked
            failed += bool(found)
            for text in found[:20]:
                print(f'# {text}')
            print(f'{"not ok" if found else "ok"} {number} - {path.name}: '
                  f'{asked} requests, {len(found)} differ', flush=True)
    print(f'# {total} requests')
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
