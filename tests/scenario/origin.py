# Goal: be the API behind the gateway, scripted to the byte.

import contextlib
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading

from waits import PATIENCE, SCALE, Failed, Skip
from wire import Ended, Request, Wire


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
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

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
                peer.thread = threading.Thread(
                    target=self._serve, args=(peer,), daemon=True)
                self.peers.append(peer)
                self.changed.notify_all()
            peer.thread.start()

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
        # The number of a descriptor that is closed may be another's at once,
        # and who is in accept(2) or recv(2) would go on with that.
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.accepting.join(PATIENCE)
        self.sock.close()
        for peer in self.peers:
            if not peer.closed:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
                    peer.thread.join(0.05)
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
