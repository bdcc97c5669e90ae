# Goal: end a connection in each way there is, from either side, at many places
# at a time.

import concurrent.futures
import contextlib
import os
import random
import socket
import ssl
import struct

from waits import Failed, same
from wire import Ended

SEED = int(os.environ.get('HARK_SEED') or random.randrange(1 << 32))
AT_ONCE = 24


def half_close(wire):
    """A FIN below TLS, of which there is no half."""
    socket.socket.shutdown(wire.sock, socket.SHUT_WR)


def fails(peer, end):
    """What the peer does instead of going on."""
    if end == 'close' and isinstance(peer.sock, ssl.SSLSocket):
        peer.sock.unwrap()  # close_notify: cut, not reset
        peer.close()
    elif end == 'half_close':
        half_close(peer)
        peer.wait_gone()
    elif end == 'stall':
        peer.wait_gone()
    else:
        getattr(peer, end)()


def cut_off(c, end):
    """The client's half of fails(); None, or the status it was told."""
    if end == 'reset':
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))
        socket.close(c.sock.detach())
        return None
    if end == 'close':
        if isinstance(c.sock, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                c.sock.unwrap()
        c.close()
        return None
    if end == 'half_close':
        half_close(c)
    try:
        return c.response().status
    except Ended as e:
        same(e.got, b'', 'half an answer')
        return None


def each(cells, attempt, what):
    """Tries them many at a time; all that fail are told."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        told = []

        def one(cell):
            try:
                attempt(cell)
            except Exception as e:
                told.append(f'{" ".join(cell)}: {type(e).__name__}: {e}')
        list(pool.map(one, cells))
    if told:
        raise Failed(f'HARK_SEED={SEED}, {what}: {len(told)} of '
                     f'{len(cells)}:\n' + '\n'.join(sorted(told)[:20]))
