# Goal: be either end of HTTP/2 to the frame, by python3-h2.

import contextlib
import ssl

from program import command
from waits import PATIENCE, Failed, Skip
from wire import Ended

try:
    import h2.config
    import h2.connection
    import h2.errors
    import h2.events
    import h2.exceptions
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

    def begin(self, method, path, headers=(), end=True, pseudo=None):
        """Sends a head and gives the number of its stream."""
        number = self.h2.get_next_available_stream_id()
        self.answers[number] = Answer()
        fields = pseudo if pseudo is not None else [
            (':method', method), (':scheme', 'https'),
            (':authority', 'api.test'), (':path', path)]
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

    def ask(self, method, path, headers=(), body=None, pseudo=None):
        number = self.begin(method, path, headers, body is None, pseudo)
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
