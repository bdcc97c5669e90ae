# Goal: long request bodies, and an upstream that only says what it got.

import hashlib
import json
import subprocess

from harness import reply, same
from wire import Request

MIB = 1 << 20
PIECE = hashlib.sha256(b'piece').digest() * (MIB // 32)


def swallow(peer, r, digest):
    """The body of r, in pieces; its size."""
    size = 0
    if r.framing == 'chunked':
        while piece := peer.chunk(r):
            digest.update(piece)
            size += len(piece)
        return size
    left = int(r.get('content-length') or 0)
    while left:
        piece = peer.exactly(min(left, 65536))
        digest.update(piece)
        size += len(piece)
        left -= len(piece)
    return size


def sink(peer):
    """An upstream that tells what it got, request after request."""
    peer.keep_log = False
    while not peer.closed:
        r = Request(peer.through(b'\r\n\r\n'))
        digest = hashlib.sha256()
        size = swallow(peer, r, digest)
        text = json.dumps({'start': r.start, 'size': size,
                           'framing': r.framing, 'trailers': r.trailers,
                           'headers': r.headers,
                           'sha256': digest.hexdigest()})
        peer.send(reply(text.encode()))


def head(method, target, *lines):
    return '\r\n'.join([f'{method} {target} HTTP/1.1', 'Host: a', *lines,
                        '', '']).encode()


def chunk(data):
    return b'%x\r\n%b\r\n' % (len(data), data)


def pieces(size):
    for at in range(0, size, MIB):
        yield PIECE[:min(MIB, size - at)]


def sha256(size):
    digest = hashlib.sha256()
    for piece in pieces(size):
        digest.update(piece)
    return digest.hexdigest()


def written(t, size):
    """A file with the pieces."""
    path = t.path('big')
    with open(path, 'wb') as f:
        for piece in pieces(size):
            f.write(piece)
    return path


def curl_T(name, file, url, *options):
    with open(file, 'rb') as f:
        done = subprocess.run(
            ['curl', '-sS', '--noproxy', '*', '-T', name, *options, url],
            stdin=f, capture_output=True, timeout=50)
    same(done.stderr, b'')
    return json.loads(done.stdout)
