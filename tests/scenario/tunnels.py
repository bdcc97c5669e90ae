# Goal: what scenarios of a forward proxy have in common.

import ssl

from harness import Shared, certificate, command, same, tls_server


@Shared
def world(t):
    """A TLS server that nobody's settings name, and an authority."""
    cert, key = certificate(t.folder, 'server', 'IP:127.0.0.1',
                            'DNS:localhost')
    folder = t.path('ca')
    done = command('ca', 'init', '--ca-dir', folder)
    same((done.returncode, done.stderr), (0, ''), 'hark ca init')
    return cert, tls_server(cert, key), folder


def connect(t, hark, authority, headers=()):
    c = t.client(hark)
    lines = [f'CONNECT {authority} HTTP/1.1', f'Host: {authority}',
             *(f'{n}: {v}' for n, v in headers)]
    c.send('\r\n'.join(lines).encode() + b'\r\n\r\n')
    return c


def tunnel(t, hark, authority, headers=()):
    """A client whose CONNECT was agreed to."""
    c = connect(t, hark, authority, headers)
    r = c.head()
    same((r.status, r.headers, c.buffer), (200, [], b''), r)
    c.address = authority
    return c


def intercepted(t, hark, authority, folder, name=None):
    """The same, and hark has answered in the host's place."""
    c = tunnel(t, hark, authority)
    context = ssl.create_default_context(cafile=folder / 'ca.pem')
    c.sock = context.wrap_socket(
        c.sock, server_hostname=name or authority.rpartition(':')[0])
    return c


def imported(url):
    """An entry as a browser has it; the body is the URL."""
    return {'startedDateTime': '2026-01-01T00:00:00Z', 'time': 1,
            'request': {'method': 'GET', 'url': url,
                        'httpVersion': 'HTTP/1.1', 'cookies': [],
                        'headers': [], 'queryString': [],
                        'headersSize': -1, 'bodySize': 0},
            'response': {'status': 200, 'statusText': 'OK',
                         'httpVersion': 'HTTP/1.1', 'cookies': [],
                         'headers': [], 'redirectURL': '',
                         'headersSize': -1, 'bodySize': len(url),
                         'content': {'size': len(url), 'text': url,
                                     'mimeType': 'text/plain'}},
            'cache': {}, 'timings': {'send': 0, 'wait': 1, 'receive': 0}}
