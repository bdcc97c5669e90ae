# Goal: read and write HTTP/1.1 messages byte by byte, strictly.

import json
import re
import socket
import ssl
import struct

from waits import PATIENCE, Failed, check, same

HOP_BY_HOP = {'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer',
              'transfer-encoding', 'upgrade', 'x-hark-source'}


class Ended(Exception):
    """The connection ended while more was expected; how is eof or rst."""

    def __init__(self, how, got=b''):
        super().__init__(f'{how} after {len(got)} bytes {got[-200:]!r}')
        self.how = how
        self.got = got


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
