# Goal: answers of every kind, to be recorded and compared.

import gzip
import itertools

from harness import reply

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
ANSWERS = {
    '/plain': reply(b'Hello', '200 Alright', [
        ('Server', 'x/1'), ('Date', 'Sat, 21 Nov 2026 06:00:00 GMT'),
        ('set-cookie', 'a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT'),
        ('X-CuStOm', 'v'), ('Set-Cookie', 'b=2, c'), ('x-latin', 'caf\xe9'),
        ('X-Empty', ''), ('X-CuStOm', 'w')]),
    '/empty': reply(b''),
    '/204': b'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    '/404': reply(b'no', '404 N\xe4h'),
    '/500': reply(b'oops', '500 '),
    '/301': reply(b'', '301 Moved Permanently',
                  [('Location', 'http://elsewhere.test/')]),
    '/binary': reply(bytes(range(256)) * 50,
                     headers=[('Content-Type', 'text/plain')]),
    '/gzip': reply(gzip.compress(b'text' * 500), headers=[
        ('Content-Encoding', 'gzip'), ('Content-Type', 'text/plain')]),
    '/not-gzip': reply(b'not gzip', headers=[('Content-Encoding', 'gzip')]),
    '/chunked': CHUNKED + b'5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n',
    '/trailers': b'HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked'
        b'\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-two: 2\r\n\r\n',
    '/large': reply(b'0123456789abcdef' * (200 << 10)),
    '/hints': b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    '/hop': reply(b'x', headers=[('Connection', 'X-Hop'), ('X-Hop', '1'),
                                 ('Keep-Alive', 'timeout=5'), ('X', 'y')]),
    '/no-type': b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x00\x01\x02',
}


def shape(r):
    """What must be equal in what was recorded and what is replayed."""
    return (r.version, r.status, r.reason, r.end_to_end, r.body, r.trailers,
            r.framing == 'chunked')


def record(t, origin, asked, *options):
    """Asks all through record, stops it; gives hark and the answers."""
    hark = t.hark('record', origin, *options)
    seen = [hark.ask(*a) for a in asked]
    hark.stop()
    return hark, seen


def number(origin, target):
    """target answers 1, 2, 3, ..."""
    numbers = itertools.count(1)
    origin.routes[target] = lambda p, r: p.send(
        reply(str(next(numbers)).encode()))


def multipart(boundary, text='value', kind='text/plain'):
    return (f'--{boundary}\r\n'
            'Content-Disposition: form-data; name="a"\r\n\r\n'
            f'{text}\r\n--{boundary}\r\n'
            'Content-Disposition: form-data; name="f"; filename="f.bin"\r\n'
            f'Content-Type: {kind}\r\n\r\n\0\1\2\r\n'
            f'--{boundary}--\r\n').encode()
