# Goal: be either end of HTTP/2 to the frame, by python3-h2.

import contextlib
import queue
import select
import socket
import ssl
import threading

from program import command
from waits import PATIENCE, Failed, Skip
from wire import Ended

try:
    import h2.config
    import h2.connection
    import h2.errors
    import h2.events
    import h2.exceptions
    import h2.settings
except ImportError:  # told by whoever asks for a connection
    h2 = None


def needs_h2():
    if not h2:
        raise Skip('there is no python3-h2')


def speaks_h2():
    """Whether hark was built with nghttp2."""
    text = command('proxy', '--help').stdout
    return '(on)' in text[text.index('--http2'):].split('--')[1]


class Answer:
    """What came on one stream."""

    def __init__(self):
        self.status = None
        self.headers = []
        self.body = b''
        self.trailers = []
        self.interim = []
        self.ended = False
        self.bare = False  # it ended with its head
        self.reset = None

    def get(self, name):
        return dict(self.headers).get(name)

    @property
    def source(self):
        return (self.get('x-hark-source') or '').split(';')[0]


class Http2:
    """A client's connection by HTTP/2; what it sends is not put right."""

    def __init__(self, sock, cafile, name='127.0.0.1', window=None):
        needs_h2()
        context = ssl.create_default_context(cafile=cafile)
        context.set_alpn_protocols(['h2', 'http/1.1'])
        self.sock = context.wrap_socket(sock, server_hostname=name)
        self.sock.settimeout(PATIENCE)
        if self.sock.selected_alpn_protocol() != 'h2':
            raise Failed('TLS did not agree on h2')
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding='latin-1',
            validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.initiate_connection()
        if window is not None:
            self.h2.update_settings(
                {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.reads = window is None
        self.answers = {}
        self.goaway = None
        self.gone = False
        self.flush()

    def flush(self):
        with contextlib.suppress(OSError):
            self.sock.sendall(self.h2.data_to_send())

    def begin(self, method, path, headers=(), end=True, pseudo=None,
              authority='api.test'):
        """Sends a head and gives the number of its stream."""
        number = self.h2.get_next_available_stream_id()
        self.answers[number] = Answer()
        fields = pseudo if pseudo is not None else [
            (':method', method), (':scheme', 'https'),
            (':authority', authority), (':path', path)]
        self.h2.send_headers(number, [*fields, *headers], end_stream=end)
        self.flush()
        return number

    def send(self, number, body, end=True):
        """As much as its window allows at a time."""
        while body:
            room = min(self.h2.local_flow_control_window(number),
                       self.h2.max_outbound_frame_size)
            if room == 0:
                self.some()
                if self.answers[number].reset is not None:
                    return
                continue
            piece, body = body[:room], body[room:]
            self.h2.send_data(number, piece)
            self.flush()
        if end:
            self.h2.end_stream(number)
            self.flush()

    def trail(self, number, trailers):
        self.h2.send_headers(number, trailers, end_stream=True)
        self.flush()

    def some(self):
        """Takes what comes next."""
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError) as e:
            data = b''
            self.broken = e
        if not data:
            self.gone = True
            raise Ended('eof')
        for event in self.h2.receive_data(data):
            self.take(event)
        self.flush()

    def take(self, event):
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code
            return
        answer = self.answers.get(getattr(event, 'stream_id', None))
        if answer is None:
            return
        if isinstance(event, h2.events.InformationalResponseReceived):
            answer.interim.append(dict(event.headers))
        elif isinstance(event, h2.events.ResponseReceived):
            answer.status = int(dict(event.headers)[':status'])
            answer.headers = [f for f in event.headers if f[0] != ':status']
            answer.bare = event.stream_ended is not None
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.reads:
                self.h2.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = event.error_code

    def until(self, condition):
        while not condition():
            self.some()

    def answer(self, number):
        answer = self.answers[number]
        self.until(lambda: answer.ended or answer.reset is not None)
        return answer

    def ask(self, method, path, headers=(), body=None, pseudo=None, **how):
        number = self.begin(method, path, headers, body is None, pseudo,
                            **how)
        if body is not None:
            self.send(number, body)
        return self.answer(number)

    def ended(self):
        """Reads to the connection's end."""
        with contextlib.suppress(Ended, OSError):
            while True:
                self.some()
        return self.goaway

    def close(self):
        self.sock.close()


class Asked:
    """A request as an upstream gets it."""

    def __init__(self, peer, number, fields):
        self.peer = peer
        self.number = number
        self.pseudo = dict(f for f in fields if f[0].startswith(':'))
        self.headers = [f for f in fields if not f[0].startswith(':')]
        self.body = b''
        self.trailers = []
        self.method, self.path = self.pseudo[':method'], self.pseudo[':path']

    def get(self, name):
        return dict(self.headers).get(name)

    def head(self, status=200, headers=(), end=False):
        self.peer.h2.send_headers(
            self.number, [(':status', str(status)), *headers], end_stream=end)

    def reply(self, body=b'', status=200, headers=()):
        self.head(status, headers)
        self.peer.send(self.number, body)

    def reply_later(self, body):
        """From another thread than the peer's own, which does it."""
        self.peer.later(lambda: self.reply(body))

    def reset(self, code):
        self.peer.h2.reset_stream(self.number, code)


class Upstream:
    """
    An API by HTTP/2.  routes maps a path to a script, a function of Asked,
    that is called when the request is whole, or early at its head; what it
    sends goes out when it returns.
    """

    def __init__(self, t, cert, key, **settings):
        needs_h2()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.set_alpn_protocols(['h2'])
        self.settings = settings
        self.routes, self.early = {}, {}
        self.asked, self.peers, self.accepted = [], [], 0
        self.changed = threading.Condition()
        self.sock = socket.create_server(('127.0.0.1', 0))
        self.url = f'https://127.0.0.1:{self.sock.getsockname()[1]}'
        t.ends.callback(self.stop)
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.sock.accept()
                self.accepted += 1
                threading.Thread(target=self.serve, args=(sock,),
                                 daemon=True).start()

    def serve(self, sock):
        with contextlib.suppress(OSError, h2 and
                                 h2.exceptions.ProtocolError):
            with self.context.wrap_socket(sock, server_side=True) as sock:
                if sock.selected_alpn_protocol() != 'h2':
                    sock.recv(65536)
                    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n'
                                 b'\r\nh1')
                    return
                peer = UpstreamPeer(self, sock)
                self.peers.append(peer)
                peer.run()

    def wait_for(self, n):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.asked) >= n,
                                         PATIENCE):
                raise Failed(f'only {len(self.asked)} of {n} requests')

    def stop(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.accepting.join(PATIENCE)
        self.sock.close()
        for peer in self.peers:
            peer.end()


class UpstreamPeer:
    """
    The upstream's end of a connection.  Its TLS belongs to the thread that
    made it: OpenSSL's objects are not for two at once.
    """

    def __init__(self, upstream, sock):
        self.upstream, self.sock = upstream, sock
        self.thread = threading.current_thread()
        self.tasks = queue.SimpleQueue()
        self.woken, self.wake = socket.socketpair()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding='latin-1',
            validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(
            client=False, initial_values={
                h2.settings.SettingCodes[name.upper()]: value
                for name, value in upstream.settings.items()})
        self.h2.initiate_connection()
        self.open = {}
        self.waiting = {}  # bytes that a window keeps back, and trailers
        self.reads = True
        self.flush()

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def send(self, number, body, trailers=None):
        self.waiting[number] = (memoryview(body), trailers)
        self.push(number)

    def push(self, number):
        body, trailers = self.waiting.pop(number)
        while body:
            room = min(self.h2.local_flow_control_window(number), 16384)
            if room == 0:
                self.waiting[number] = (body, trailers)
                return
            self.h2.send_data(number, bytes(body[:room]))
            body = body[room:]
        if trailers:
            self.h2.send_headers(number, trailers, end_stream=True)
        else:
            self.h2.end_stream(number)

    def later(self, task):
        self.tasks.put(task)
        self.wake.send(b'.')

    def close(self):
        """From any thread: of the socket, and nothing of its TLS."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def end(self):
        self.close()
        self.thread.join(PATIENCE)
        self.wake.close()
        self.woken.close()

    def run(self):
        """To the connection's end.  A read takes a record, and all of it."""
        while True:
            ready, _, _ = select.select([self.sock, self.woken], [], [])
            if self.woken in ready:
                self.woken.recv(1)
                self.tasks.get()()
            else:
                data = self.sock.recv(65536)
                if not data:
                    return
                for event in self.h2.receive_data(data):
                    self.take(event)
            self.flush()

    def take(self, event):
        number = getattr(event, 'stream_id', None)
        if isinstance(event, h2.events.RequestReceived):
            r = self.open[number] = Asked(self, number, event.headers)
            early = self.upstream.early.get(r.path)
            if early:
                early(r)
        elif isinstance(event, h2.events.DataReceived):
            self.open[number].body += event.data
            if self.reads:
                self.h2.acknowledge_received_data(
                    event.flow_controlled_length, number)
        elif isinstance(event, h2.events.TrailersReceived):
            self.open[number].trailers = event.headers
        elif isinstance(event, h2.events.WindowUpdated):
            for waiting in list(self.waiting):
                self.push(waiting)
        elif isinstance(event, h2.events.StreamReset):
            self.waiting.pop(number, None)
            with self.upstream.changed:
                self.open.pop(number).gone = event.error_code
                self.upstream.changed.notify_all()
        elif isinstance(event, h2.events.StreamEnded):
            r = self.open[number]
            with self.upstream.changed:
                self.upstream.asked.append(r)
                self.upstream.changed.notify_all()
            script = self.upstream.routes.get(r.path)
            if script:
                script(r)
            elif r.path not in self.upstream.early:
                r.reply(b'%s %s' % (r.method.encode(), r.path.encode()))
