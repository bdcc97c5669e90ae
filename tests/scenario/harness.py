# Goal: give every scenario both ends to the byte, a hark process and TAP.
#
# An Origin is the API behind the gateway: a threaded raw-socket server that
# logs the exact bytes of each request and answers from a script.  A Client
# speaks to the gateway and reads answers strictly.  Hark is the program under
# test.  A case is a function marked @case whose name is the sentence that it
# proves; it gets a Case, which makes all of these and takes them down again.
#
# Nothing here sleeps to wait for something else to happen: waits are on
# conditions, each with a deadline.  HARK_TEST_SCALE stretches the deadlines
# (default 1; 4 when the program was built with a sanitizer).

import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HARK = os.environ.get('HARK', './hark')
TOP = pathlib.Path(os.environ.get(
    'top_srcdir', pathlib.Path(__file__).resolve().parent.parent.parent))

HOP_BY_HOP = {'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer',
              'transfer-encoding', 'upgrade', 'x-hark-source'}


def _scale():
    text = os.environ.get('HARK_TEST_SCALE')
    if text:
        return float(text)
    with contextlib.suppress(OSError):
        program = pathlib.Path(HARK).read_bytes()
        if b'__asan_init' in program or b'__tsan_init' in program:
            return 4.0
    return 1.0


SCALE = _scale()
PATIENCE = 10 * SCALE  # for anything that should happen at once
BIG = os.environ.get('HARK_BIG') == '1'


class Failed(Exception):
    """What a case expected did not happen."""


class Skip(Exception):
    """The case cannot run here; the text says why."""


class Late(Failed):
    pass


class Ended(Exception):
    """The connection ended while more was expected; how is eof or rst."""

    def __init__(self, how, got=b''):
        super().__init__(f'{how} after {len(got)} bytes {got[-200:]!r}')
        self.how = how
        self.got = got


def same(got, wanted, what='value'):
    if got != wanted:
        raise Failed(f'{what}:\n  got    {_short(got)}\n'
                     f'  wanted {_short(wanted)}')


def check(fact, what):
    if not fact:
        raise Failed(what() if callable(what) else what)


def _short(value):
    text = repr(value)
    return text if len(text) < 1500 else text[:700] + ' … ' + text[-700:]


def until(condition, what, patience=None):
    """The first true value of condition(), polled; Failed after patience."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f'waited in vain until {what}')
        time.sleep(0.005)


class Gate:
    """An event that a case opens and a script waits for (or the reverse)."""

    def __init__(self, what='gate'):
        self.what = what
        self.event = threading.Event()

    def open(self):
        self.event.set()

    def wait(self, patience=None):
        if not self.event.wait(patience or PATIENCE):
            raise Failed(f'waited in vain for the {self.what}')

    @property
    def is_open(self):
        return self.event.is_set()


# --- messages on the wire ---------------------------------------------------

class Message:
    """A head taken apart, and whatever body was read behind it."""

    def __init__(self, head):
        self.head = head  # bytes up to the blank line, with it
        lines = head[:-4].split(b'\r\n')
        self.start = lines[0].decode('latin-1')
        self.headers = []
        for line in lines[1:]:
            name, colon, value = line.decode('latin-1').partition(':')
            if not colon or not re.fullmatch(
                    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                raise Failed(f'bad field line {line!r} in {head!r}')
            if '\n' in value or '\r' in value or '\0' in value:
                raise Failed(f'control character in {line!r}')
            self.headers.append((name, value.strip(' \t')))
        self.body = b''
        self.chunks = []
        self.trailers = []
        self.complete = True
        self.ending = None  # eof or rst when the connection ended it

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def end_to_end(self):
        """The field lines without those of one connection and hark's."""
        return [(n, v) for n, v in self.headers
                if n.lower() not in HOP_BY_HOP]

    @property
    def framing(self):
        coding = self.all('transfer-encoding')
        length = self.all('content-length')
        if coding:
            check(not length and [c.lower() for c in coding] == ['chunked'],
                  f'ambiguous framing in {self.head!r}')
            return 'chunked'
        if length:
            check(len(length) == 1 and re.fullmatch('[0-9]+', length[0]),
                  f'ambiguous framing in {self.head!r}')
            return 'length'
        return 'none'

    @property
    def json(self):
        return json.loads(self.body)


class Request(Message):
    def __init__(self, head):
        super().__init__(head)
        parts = self.start.split(' ')
        check(len(parts) == 3, f'bad request line {self.start!r}')
        self.method, self.target, self.version = parts

    def __repr__(self):
        return f'<{self.start} {self.headers} {len(self.body)} bytes>'


class Response(Message):
    def __init__(self, head):
        super().__init__(head)
        parts = self.start.split(' ', 2)
        check(len(parts) == 3 and re.fullmatch(r'HTTP/1\.[01]', parts[0]) and
              re.fullmatch('[0-9]{3}', parts[1]),
              f'bad status line {self.start!r}')
        self.version = parts[0]
        self.status = int(parts[1])
        self.reason = parts[2]
        self.interim = []

    @property
    def source(self):
        return (self.get('x-hark-source') or '').split(';')[0]

    def __repr__(self):
        return f'<{self.start} {self.headers} {self.body[:300]!r}>'


class Wire:
    """A socket with a read buffer; reading never takes more than asked."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b''
        self.log = bytearray()  # all that was received, exactly
        self.keep_log = True

    def fill(self, size=65536):
        try:
            more = self.sock.recv(size)
        except (ConnectionResetError, BrokenPipeError):
            raise Ended('rst', self.buffer) from None
        except (ssl.SSLError, OSError) as e:
            if isinstance(e, (socket.timeout, TimeoutError)):
                raise Failed('waited in vain for more than '
                             f'{self.buffer[-300:]!r}') from None
            raise Ended('rst', self.buffer) from None
        if not more:
            raise Ended('eof', self.buffer)
        if self.keep_log:
            self.log += more
        self.buffer += more

    def through(self, mark):
        start = 0
        while True:
            at = self.buffer.find(mark, start)
            if at >= 0:
                return self.take(at + len(mark))
            start = max(0, len(self.buffer) - len(mark))
            self.fill()

    def take(self, n):
        part, self.buffer = self.buffer[:n], self.buffer[n:]
        return part

    def exactly(self, n):
        parts = []
        while n > len(self.buffer):
            n -= len(self.buffer)
            parts.append(self.take(len(self.buffer)))
            try:
                self.fill(max(65536, min(n, 1 << 20)))
            except Ended as e:
                raise Ended(e.how, b''.join(parts)) from None
        parts.append(self.take(n))
        return b''.join(parts)

    def some(self):
        """At least one byte, as many as are there."""
        if not self.buffer:
            self.fill()
        return self.take(len(self.buffer))

    def chunk(self, message):
        """One chunk; b'' is the last, whose trailers go to message."""
        line = self.through(b'\r\n')[:-2]
        check(re.fullmatch(rb'[0-9A-Fa-f]{1,16}(;.*)?', line),
              f'bad chunk line {line!r}')
        n = int(line.split(b';')[0], 16)
        if n:
            piece = self.exactly(n)
            same(self.exactly(2), b'\r\n', 'end of a chunk')
            return piece
        block = b''
        while not block.endswith(b'\r\n\r\n') and block != b'\r\n':
            block += self.through(b'\r\n')
        if block != b'\r\n':
            message.trailers = Message(b'\r\n' + block).headers
        return b''

    def body(self, message, framing):
        """Reads the body into message; an early end is noted there."""
        parts = []
        try:
            if framing == 'length':
                parts.append(self.exactly(int(message.get('content-length'))))
            elif framing == 'chunked':
                while True:
                    piece = self.chunk(message)
                    if not piece:
                        break
                    message.chunks.append(piece)
                    parts.append(piece)
            elif framing == 'close':
                while True:
                    parts.append(self.some())
        except Ended as e:
            message.ending = e.how
            message.complete = framing == 'close' and e.how == 'eof'
            if framing == 'length':
                parts.append(e.got)
        message.body = b''.join(parts)
        return message


# --- the API behind the gateway ---------------------------------------------

class Peer(Wire):
    """The origin's end of one connection, as a script sees it."""

    def __init__(self, origin, sock, number):
        super().__init__(sock)
        self.origin = origin
        self.number = number
        self.closed = False

    def send(self, *parts):
        for part in parts:
            self.sock.sendall(part)

    def chunked(self, *pieces, last=True):
        for piece in pieces:
            self.send(b'%x\r\n' % len(piece), piece, b'\r\n')
        if last:
            self.send(b'0\r\n\r\n')

    def close(self):
        self.closed = True
        # Wakes whoever reads the socket in another thread, too.
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.closed = True
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
        # A plain close(2): shutdown would send the FIN first.
        if isinstance(self.sock, ssl.SSLSocket):
            socket.close(self.sock.detach())
        else:
            self.sock.close()

    def wait_gone(self, patience=None):
        """Returns eof or rst once the other side went away."""
        self.sock.settimeout(patience or PATIENCE)
        try:
            while True:
                self.fill()
        except Ended as e:
            return e.how

    def request(self):
        head = self.through(b'\r\n\r\n')
        r = Request(head)
        self.body(r, r.framing)
        if not r.complete:
            self.origin.partial.append(r)
            raise Ended(r.ending)
        r.peer = self
        return r


def reply(body=b'', status='200 OK', headers=(), length=True):
    """A whole answer as bytes; headers are (name, value) pairs."""
    lines = [f'HTTP/1.1 {status}']
    lines += [f'{n}: {v}' for n, v in headers]
    if length:
        lines.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body


def echo(peer, r):
    """Tells back what came: start line, header lines and body."""
    text = json.dumps({'start': r.start, 'headers': r.headers,
                       'body': r.body.decode('latin-1')}).encode()
    if r.method == 'HEAD':
        peer.send(reply(headers=[('Content-Type', 'application/json')]))
    else:
        peer.send(reply(text, headers=[('Content-Type', 'application/json')]))


class Origin:
    """
    routes maps a request target to its script: bytes to send or a function
    of (peer, request).  default serves everything else; on_connect, when
    set, has a fresh connection before anything is read from it.
    """

    def __init__(self, tls=None, host='127.0.0.1', port=0):
        self.routes = {}
        self.default = echo
        self.on_connect = None
        self.requests = []
        self.partial = []  # requests that ended early
        self.peers = []
        self.errors = []
        self.changed = threading.Condition()
        self.tls = tls
        self.host = host
        self.running = True
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.listen(128)
        self.port = self.sock.getsockname()[1]
        host = f'[{host}]' if ':' in host else host
        self.authority = f'{host}:{self.port}'
        self.url = f'http{"s" if tls else ""}://{self.authority}'
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            if not self.running:
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(60 * SCALE)
            with self.changed:
                peer = Peer(self, sock, len(self.peers))
                self.peers.append(peer)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(peer,),
                             daemon=True).start()

    def _serve(self, peer):
        try:
            if self.tls:
                peer.sock = self.tls.wrap_socket(peer.sock, server_side=True)
            if self.on_connect:
                self.on_connect(peer)
            while not peer.closed:
                r = peer.request()
                with self.changed:
                    self.requests.append(r)
                    self.changed.notify_all()
                script = self.routes.get(r.target, self.default)
                if isinstance(script, bytes):
                    peer.send(script)
                else:
                    script(peer, r)
        except Ended as e:
            if e.got:
                self.partial.append(e.got)
        except (OSError, ssl.SSLError):
            pass  # the gateway went away, or the case is over
        except Exception as e:  # a broken script is the case's failure
            if self.running:
                self.errors.append(f'origin: {type(e).__name__}: {e}')
        finally:
            if not peer.closed:
                with contextlib.suppress(OSError):
                    peer.close()

    def wait_for(self, n, patience=None):
        """Waits until n requests have come whole and gives them."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.requests) >= n,
                                         patience or PATIENCE):
                raise Failed(f'only {len(self.requests)} of {n} requests '
                             'reached the origin')
            return self.requests[:]

    def take(self):
        """All requests so far; the log is empty afterwards."""
        with self.changed:
            taken, self.requests = self.requests, []
            return taken

    def targets(self):
        return [r.target for r in self.requests]

    @property
    def received(self):
        """Every byte that ever came, connection after connection."""
        return b''.join(bytes(p.log) for p in self.peers)

    def stop(self):
        """The API is gone: nothing listens, nothing is connected."""
        if not self.running:
            return
        self.running = False
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for peer in self.peers:
            if not peer.closed:
                with contextlib.suppress(OSError):
                    peer.close()


def certificate(folder, name, *hosts):
    """A self-signed certificate made by the openssl command."""
    if not shutil.which('openssl'):
        raise Skip('there is no openssl command')
    key, cert = folder / f'{name}.key', folder / f'{name}.pem'
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
         'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
         '-subj', f'/CN={name}', '-addext',
         'subjectAltName=' + ','.join(hosts or ['IP:127.0.0.1']),
         '-keyout', key, '-out', cert],
        check=True, capture_output=True)
    return cert, key


def tls_server(cert, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


# --- the client in front of the gateway -------------------------------------

class Client(Wire):
    def __init__(self, address, receive_buffer=None):
        host, _, port = address.rpartition(':')
        host = host.strip('[]')
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        sock = socket.socket(family)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                            receive_buffer)
        sock.settimeout(PATIENCE)
        sock.connect((host, int(port)))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(sock)
        self.address = address

    def send(self, *parts):
        for part in parts:
            self.sock.sendall(part)

    def request(self, method, target, headers=(), body=None, host=True):
        lines = [f'{method} {target} HTTP/1.1']
        if host:
            lines.append(f'Host: {self.address}')
        lines += [f'{n}: {v}' for n, v in headers]
        if body is not None:
            lines.append(f'Content-Length: {len(body)}')
        head = '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'
        self.send(head + (body or b''))

    def head(self, interim=None):
        """The next final response head; 1xx go to the list interim."""
        while True:
            r = Response(self.through(b'\r\n\r\n'))
            if r.status >= 200 or r.status == 101:
                r.interim = interim or []
                return r
            if interim is None:
                interim = []
            interim.append(r)

    def response(self, method='GET'):
        r = self.head()
        if method == 'HEAD' or r.status in (204, 304):
            return r
        framing = r.framing
        return self.body(r, 'close' if framing == 'none' else framing)

    def ask(self, method, target, headers=(), body=None):
        self.request(method, target, headers, body)
        return self.response(method)

    def ended(self, patience=None):
        """Waits for the end of the connection: eof or rst, and no byte."""
        self.sock.settimeout(patience or PATIENCE)
        try:
            self.fill()
        except Ended as e:
            same(e.got, b'', 'bytes before the end')
            return e.how
        raise Failed(f'instead of the end came {self.buffer[:300]!r}')

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()


# --- the program under test -------------------------------------------------

REPORTS = re.compile(r'Sanitizer|runtime error:|Assertion .* failed|'
                     r'terminate called|corrupted|double free')


def _environment(extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith('HARK_')}
    env.setdefault('LC_ALL', 'C.UTF-8')
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    env.update(extra or {})
    return env


class Hark:
    """hark MODE on a free port of 127.0.0.1 with a store of its own."""

    def __init__(self, folder, mode, *options, url=None, store=None,
                 env=None, wrap=(), listen=('127.0.0.1:0',)):
        self.folder = folder
        self.mode = mode
        self.store = pathlib.Path(store or folder / 'hark.db')
        self.ready = folder / 'ready.json'
        self.stderr = folder / 'stderr'
        self.options = [str(o) for o in options]
        self.env = env
        self.wrap = list(wrap)
        self.listen = listen
        self.url_of_origin = url
        self.process = None

    def argv(self):
        argv = self.wrap + [HARK, self.mode]
        for address in self.listen:
            argv += ['--listen', address]
        argv += ['--ready-file', str(self.ready), '--store', str(self.store),
                 '--drain-timeout', '3s']
        argv += self.options
        return argv + ([self.url_of_origin] if self.url_of_origin else [])

    def spawn(self):
        self.ready.unlink(missing_ok=True)
        with open(self.stderr, 'ab') as log:
            self.process = subprocess.Popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env=_environment(self.env))

    def start(self):
        self.spawn()
        until(lambda: self.ready.exists() or self.process.poll() is not None,
              'the ready file is there')
        if not self.ready.exists():
            raise Failed(f'hark ended with {self.process.returncode}')
        self.addresses = json.loads(self.ready.read_text())['listen']
        self.address = self.addresses[0]
        self.url = f'http://{self.address}'
        return self

    def restart(self, *, mode=None, url=None, options=None):
        """Again on the same store, with what is named changed."""
        self.mode = mode or self.mode
        self.url_of_origin = url
        if options is not None:
            self.options = [str(o) for o in options]
        return self.start()

    @property
    def log(self):
        return self.stderr.read_text(errors='replace') \
            if self.stderr.exists() else ''

    def status(self, field):
        """A field of /proc/PID/status, in KiB where it has that unit."""
        path = f'/proc/{self.process.pid}/status'
        text = pathlib.Path(path).read_text()
        return int(re.search(rf'^{field}:\s*(\d+)', text, re.M).group(1))

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=None):
        try:
            return self.process.wait(patience or PATIENCE + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed('hark did not end in time') from None

    def stop(self):
        """SIGTERM; Failed unless it ends with 0 and without a report."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        self.process = None
        self.no_report()
        same(code, 0, 'exit status of hark after SIGTERM')

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def no_report(self):
        found = REPORTS.search(self.log)
        check(not found, lambda: 'hark reports:\n' +
              self.log[max(0, found.start() - 500):][:6000])

    def client(self, **how):
        return Client(self.address, **how)

    def ask(self, method, target, headers=(), body=None):
        """One request on a connection of its own."""
        c = self.client()
        try:
            return c.ask(method, target, headers, body)
        finally:
            c.close()

    def get(self, target, headers=()):
        return self.ask('GET', target, headers)


def command(*argv, env=None, timeout=None, **how):
    """Runs hark to its end; the result has text in stdout and stderr."""
    return subprocess.run(
        [HARK, *map(str, argv)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=timeout or PATIENCE + 20,
        env=_environment(env), **how)


def export(store, *options):
    """The HAR of a store as the program exports it."""
    path = pathlib.Path(f'{store}.{next(_numbers)}.har')
    done = command('export', '--store', store, *options, '-o', path)
    same((done.returncode, done.stderr), (0, ''), 'hark export')
    return json.loads(path.read_text())


def entries(store, *options):
    return export(store, *options)['log']['entries']


_numbers = itertools.count(1)


# --- cases ------------------------------------------------------------------

class Case:
    """What a case asks for things, all of which end with it."""

    def __init__(self, folder):
        self.folder = folder
        self.ends = contextlib.ExitStack()
        self.harks = []
        self.origins = []

    def path(self, name=''):
        path = self.folder / f'{next(_numbers)}'
        path.mkdir()
        return path / name if name else path

    def origin(self, **how):
        origin = Origin(**how)
        self.origins.append(origin)
        self.ends.callback(origin.stop)
        return origin

    def hark(self, mode, *options, **how):
        # A URL may stand first among the options, as an Origin.
        if options and isinstance(options[0], Origin):
            how.setdefault('url', options[0].url)
            options = options[1:]
        hark = Hark(self.path(), mode, *options, **how)
        self.harks.append(hark)
        self.ends.callback(hark.stop)
        return hark.start()

    def client(self, hark, **how):
        client = Client(hark.address, **how)
        self.ends.callback(client.close)
        return client

    def gate(self, what='gate'):
        gate = Gate(what)
        self.ends.callback(gate.open)
        return gate

    def gates(self, n, what='gate'):
        return [self.gate(f'{what} {i}') for i in range(n)]

    def close(self):
        self.ends.close()
        errors = [e for o in self.origins for e in o.errors]
        check(not errors, lambda: '; '.join(errors))

    def logs(self):
        return ''.join(f'--- stderr of {h.argv()}\n{h.log[-4000:]}'
                       for h in self.harks if h.log)


class Shared:
    """
    Things that the cases of a file have in common, made at the first use by
    make(case) and made anew when the program under test died.  The runner
    takes it down as a last case of its own.
    """

    everything = []

    def __init__(self, make):
        self.make = make
        self.case = None
        Shared.everything.append(self)

    def __call__(self, folder=None):
        if self.case and any(h.process is None or h.process.poll() is not None
                             for h in self.case.harks):
            self.close(quiet=True)
        if not self.case:
            self.case = Case(pathlib.Path(tempfile.mkdtemp(dir=ROOT.name)))
            try:
                self.things = self.make(self.case)
            except BaseException:
                self.close(quiet=True)
                raise
        for origin in self.case.origins:
            origin.take()
        return self.things

    def close(self, quiet=False):
        case, self.case = self.case, None
        try:
            if case:
                case.close()
        except Exception:
            if not quiet:
                raise

    def alive(self):
        for hark in self.case.harks if self.case else ():
            check(hark.process.poll() is None,
                  lambda: f'hark died with {hark.process.returncode}:\n' +
                  hark.log[-6000:])
            hark.no_report()
        errors = [e for o in (self.case.origins if self.case else ())
                  for e in o.errors]
        check(not errors, lambda: '; '.join(errors))


ROOT = tempfile.TemporaryDirectory(prefix='hark-test-',
                                   ignore_cleanup_errors=True)
_cases = []


def case(function=None, *, deadline=20):
    """Marks a case; deadline is in seconds before scaling."""
    def mark(f):
        _cases.append((f, deadline))
        return f
    return mark(function) if function else mark


def _sentence(function):
    return function.__name__.replace('__', ', ').replace('_', ' ')


def _on_alarm(*_):
    raise Late('the case ran into its deadline')


def _diagnose(text):
    for line in text.splitlines() or ['']:
        # TAP has no control characters.
        clean = re.sub(r'[^\x20-\x7e\u00a0-\uffff]', '?', line)
        print(f'# {clean}'[:2000])


def _attempt(function, deadline):
    """None when the case held, else the exception."""
    t = Case(pathlib.Path(tempfile.mkdtemp(dir=ROOT.name)))
    failure = None
    signal.alarm(max(1, int(deadline * SCALE)))
    try:
        function(t)
        for shared in Shared.everything:
            shared.alive()
    except Exception as e:
        failure = e
        failure.trace = traceback.format_exc(limit=-6)
    signal.alarm(max(1, int(30 * SCALE)))
    try:
        t.close()
    except Exception as e:
        if failure is None or isinstance(failure, Skip):
            failure = e
            failure.trace = traceback.format_exc(limit=-6)
    finally:
        signal.alarm(0)
    if failure is not None:
        failure.logs = t.logs() + ''.join(
            s.case.logs() for s in Shared.everything if s.case)
    shutil.rmtree(t.folder, ignore_errors=True)
    return failure


def _only(cases):
    """The cases named on the command line, or all."""
    wanted = sys.argv[1:]
    return [c for c in cases if not wanted or
            any(re.search(w, c[0].__name__) for w in wanted)]


def the_shared_gateway_ends_well(_):
    for shared in Shared.everything:
        shared.close()


def main():
    signal.signal(signal.SIGALRM, _on_alarm)
    cases = _only(_cases)
    if Shared.everything:
        cases.append((the_shared_gateway_ends_well, 30))
    print(f'1..{len(cases)}', flush=True)
    failed = 0
    for number, (function, deadline) in enumerate(cases, 1):
        began = time.monotonic()
        failure = _attempt(function, deadline)
        took = time.monotonic() - began
        name = f'{number} - {_sentence(function)}'
        if failure is None:
            print(f'ok {name}')
        elif isinstance(failure, Skip):
            print(f'ok {name} # SKIP {failure}')
        else:
            failed += 1
            print(f'not ok {name}')
            _diagnose(failure.trace)
            _diagnose(failure.logs)
        if took > 5:
            print(f'# took {took:.1f} s')
        sys.stdout.flush()
    ROOT.cleanup()
    # Origin threads may still sit in a read; they are nobody's concern now.
    sys.stdout.flush()
    os._exit(1 if failed else 0)
