# Goal: speak RFC 6455 on a Wire, from either end, byte by byte.

import base64
import contextlib
import hashlib
import itertools
import struct
import zlib

from waits import same
from wire import Ended

GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
masks = itertools.count(0x31323334)


def accept(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def frame(opcode, payload, mask=None, fin=True, rsv=0):
    """One frame; text is encoded, mask is True for a client's."""
    if isinstance(payload, str):
        payload = payload.encode()
    n = len(payload)
    bit = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += bytes([bit | 126]) + struct.pack('>H', n)
    else:
        head += bytes([bit | 127]) + struct.pack('>Q', n)
    if not mask:
        return head + payload
    key = struct.pack('>I', next(masks) & 0xffffffff)
    masked = bytes(b ^ key[i % 4] for i, b in enumerate(payload)) \
        if n < 4096 else _mask(payload, key)
    return head + key + masked


def _mask(payload, key):
    n = len(payload)
    whole = int.from_bytes((key * (n // 4 + 1))[:n], 'big')
    return (int.from_bytes(payload, 'big') ^ whole).to_bytes(n, 'big')


def closing(code, reason=''):
    return struct.pack('>H', code) + reason.encode()


class Socket:
    """A WebSocket on a Wire that has its handshake behind it."""

    def __init__(self, wire, client, deflate=False, own=False):
        self.wire = wire
        self.client = client
        self.own = own  # each message is compressed for itself
        self.packer = zlib.compressobj(wbits=-15) if deflate else None
        self.unpacker = zlib.decompressobj(wbits=-15) if deflate else None

    def send(self, payload, opcode=None, fin=True):
        if opcode is None:
            opcode = TEXT if isinstance(payload, str) else BINARY
        rsv = 0
        if self.packer and opcode in (TEXT, BINARY):
            if isinstance(payload, str):
                payload = payload.encode()
            payload = self.packer.compress(payload) + \
                self.packer.flush(zlib.Z_SYNC_FLUSH)
            payload, rsv = payload[:-4], 4
            if self.own:
                self.packer = zlib.compressobj(wbits=-15)
        self.wire.send(frame(opcode, payload, self.client, fin, rsv))

    def close(self, code=1000, reason=''):
        self.send(closing(code, reason), CLOSE)

    def frame(self):
        """(fin, rsv, opcode, payload) of the next frame."""
        first, second = self.wire.exactly(2)
        n = second & 127
        if n == 126:
            n, = struct.unpack('>H', self.wire.exactly(2))
        elif n == 127:
            n, = struct.unpack('>Q', self.wire.exactly(8))
        key = self.wire.exactly(4) if second & 128 else None
        payload = self.wire.exactly(n)
        if key:
            payload = _mask(payload, key)
        return first >> 7, first >> 4 & 7, first & 15, payload

    def receive(self):
        """The next message: text, bytes, or (opcode, payload)."""
        fin, rsv, opcode, payload = self.frame()
        kind = opcode
        while not fin:
            fin, _, opcode, more = self.frame()
            payload += more
        if rsv:
            payload = self.unpacker.decompress(payload + b'\0\0\xff\xff')
        if kind == TEXT:
            return payload.decode()
        return payload if kind == BINARY else (kind, payload)

    def closed(self):
        """(code, reason) of the Close that is next; its bytes may be none."""
        kind, payload = self.receive()
        if kind != CLOSE:
            raise AssertionError(f'{kind} {payload!r} instead of a Close')
        if not payload:
            return 1005, ''
        return struct.unpack('>H', payload[:2])[0], payload[2:].decode()


def opened(client, target='/ws', protocols=(), deflate=False, more=(),
           key='dGhlIHNhbXBsZSBub25jZQ=='):
    """Asks on a harness Client; the Socket and the head of the answer."""
    headers = [('Connection', 'Upgrade'), ('Upgrade', 'websocket'),
               ('Sec-WebSocket-Key', key), ('Sec-WebSocket-Version', '13')]
    if protocols:
        headers.append(('Sec-WebSocket-Protocol', ', '.join(protocols)))
    if deflate:
        headers.append(('Sec-WebSocket-Extensions', 'permessage-deflate'
                        if deflate is True else deflate))
    client.request('GET', target, headers + list(more))
    r = client.head()
    if r.status != 101:
        return None, client.body(r, r.framing)
    if r.get('sec-websocket-accept') != accept(key):
        raise AssertionError(f'another key was answered: {r}')
    agreed = r.get('sec-websocket-extensions') or ''
    return Socket(client, True, 'permessage-deflate' in agreed,
                  'client_no_context_takeover' in agreed), r


def shouts(s):
    """Says what it is told in capitals, once, and ends."""
    s.send(s.receive().upper())
    s.close()
    s.closed()
    s.wire.close()


def serves(talk, protocol=None, deflate=False, extensions=None):
    """A script for an Origin's routes that agrees, and then talks."""
    def script(peer, r):
        lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket',
                 'Connection: Upgrade',
                 'Sec-WebSocket-Accept: ' + accept(r.get('sec-websocket-key'))]
        if protocol:
            lines.append(f'Sec-WebSocket-Protocol: {protocol}')
        if deflate:
            lines.append('Sec-WebSocket-Extensions: permessage-deflate')
        if extensions:
            lines.append(f'Sec-WebSocket-Extensions: {extensions}')
        peer.send('\r\n'.join(lines).encode() + b'\r\n\r\n')
        s = Socket(peer, False, deflate)
        talk(s)
        if not peer.closed:
            with contextlib.suppress(Ended):
                while True:
                    s.wire.some()
            peer.close()
    return script


def upper(s):
    """Says hello, echoes in capitals, and closes at "bye"."""
    s.send('hello')
    while True:
        said = s.receive()
        if said == 'bye':
            s.close(1000, 'so long')
            same(s.closed(), (1000, 'so long'))
            s.wire.close()
            return
        s.send(said.upper() if isinstance(said, str) else said[::-1])


def said(entry):
    """(s or r, opcode, bytes) of each message."""
    return [(m['type'][0], m['opcode'],
             m['data'].encode() if m['opcode'] == TEXT and
             '_encoding' not in m else base64.b64decode(m['data']))
            for m in entry['_webSocketMessages']]
