# Goal: give a scenario the wire between hark and its database, to be cut.

import random
import socket
import ssl
import struct
import threading

SSL_REQUEST = struct.pack('!II', 8, 80877103)


class Link:
    """
    A port of 127.0.0.1 that leads to the database's socket.  What it does to a
    connection is asked of on_bytes(way, bytes), way being 'out' or 'back':
    what is to be passed on and, None for nothing, how it then ends: 'reset',
    'close', or 'half' for the one way only.  While passing is not set nothing
    passes, and connections are taken as the kernel of an engine that is stopped
    takes them.
    """

    def __init__(self, t, folder, tls=None):
        self.folder = folder
        self.tls = tls
        self.on_bytes = lambda way, data: (data, None)
        self.open = []
        self.passing = threading.Event()
        self.passing.set()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        t.ends.callback(self.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.passing.set()
        self.listener.close()
        self.cut()

    def cut(self):
        for end in list(self.open):
            self.end(end, 'reset')

    def end(self, end, how):
        try:
            if how == 'half':
                end.shutdown(socket.SHUT_WR)
                return
            if how == 'reset':
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack('ii', 1, 0))
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if how == 'reset':
            end.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,),
                             daemon=True).start()

    def serve(self, client):
        try:
            if self.tls:
                client = self.secure(client)
            server = socket.socket(socket.AF_UNIX)
            server.connect(f'{self.folder}/.s.PGSQL.5432')
        except OSError:
            client.close()
            return
        self.open += [client, server]
        threads = [threading.Thread(target=self.pass_on, args=args)
                   for args in ((client, server, 'out', client),
                                (server, client, 'back', client))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for end in (client, server):
            self.open.remove(end)
            end.close()

    def secure(self, client):
        """What a server that speaks TLS does first."""
        client.settimeout(10)
        if client.recv(8, socket.MSG_WAITALL) != SSL_REQUEST:
            raise OSError('it does not ask for TLS')
        client.sendall(b'S')
        secured = self.tls.wrap_socket(client, server_side=True)
        secured.settimeout(None)
        return secured

    def pass_on(self, source, sink, way, client):
        how = 'close'
        try:
            while data := source.recv(65536):
                self.passing.wait()
                data, end = self.on_bytes(way, data)
                if data:
                    sink.sendall(data)
                if end:
                    how = end
                    break
        except (OSError, ValueError):
            pass
        if how == 'reset':
            self.end(client, 'reset')
            how = 'close'
        self.end(sink, how)
        if how == 'close':
            self.end(source, 'close')


class Cuts:
    """Ends a link's connections in turn, each after some random bytes."""

    def __init__(self, seed, n, most):
        self.random = random.Random(seed)
        self.left = n
        self.most = most
        self.lock = threading.Lock()
        self.draw()

    def draw(self):
        self.way = self.random.choice(('out', 'back'))
        self.how = self.random.choice(('reset', 'close', 'half'))
        self.after = self.random.randrange(self.most)

    def __call__(self, way, data):
        with self.lock:
            if not self.left or way != self.way:
                return data, None
            if len(data) <= self.after:
                self.after -= len(data)
                return data, None
            data, how = data[:self.after], self.how
            self.left -= 1
            self.draw()
            return data, how


def client_certificates(context, ca):
    context.load_verify_locations(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
