#!/usr/bin/python3
"""Messages per second of a WebSocket echo: directly, through hark proxy and
through hark record.  The client and the echo share CPU 0, hark has CPU 1 with
one worker; each connection keeps a window of messages on their way.
What hark recorded is counted and must be all that came.

BENCH_SECONDS (3) is the time of one run, BENCH_ROUNDS (3) how many of each."""

import contextlib
import json
import multiprocessing
import os
import selectors
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import keep

SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
HARK = os.environ.get("HARK", "./hark")
# Connections, messages on their way on each, bytes of a message.
LOADS = ((1, 1, 100), (32, 1, 100), (32, 32, 100), (32, 32, 4096))
ASKS = (b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
AGREED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def pin(cpu):
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, {cpu})


def message(size):
    """A client's text; its mask is 0, so that the echo may say it again."""
    length = bytes([0x80 | size]) if size < 126 else \
        b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + b"x" * size


def echo(listener):
    """Says everything again; the handshake is all it understands."""
    pin(0)
    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    greeted = set()
    while True:
        for key, _ in ready.select():
            if key.fileobj is listener:
                s, _ = listener.accept()
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(s, selectors.EVENT_READ)
                continue
            s = key.fileobj
            with contextlib.suppress(OSError):
                data = s.recv(1 << 18)
                if data and s not in greeted:
                    greeted.add(s)
                    data = AGREED
                if data:
                    s.sendall(data)
                    continue
            ready.unregister(s)
            greeted.discard(s)
            s.close()


def connect(address):
    s = socket.create_connection(address)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(ASKS)
    head = b""
    while b"\r\n\r\n" not in head:
        head += s.recv(4096)
    if b" 101 " not in head:
        raise SystemExit(f"no WebSocket: {head!r}")
    return s


def measure(address, connections, window, size):
    """Messages that came back, and their rate."""
    one = message(size)
    ready = selectors.DefaultSelector()
    for _ in range(connections):
        s = connect(address)
        ready.register(s, selectors.EVENT_READ, [0])
        s.sendall(one * window)
    came, began = 0, time.monotonic()
    end = began + SECONDS
    left = connections * window
    while left:
        now = time.monotonic()
        for key, _ in ready.select():
            data = key.fileobj.recv(1 << 18)
            key.data[0] += len(data)
            whole, key.data[0] = divmod(key.data[0], len(one))
            came += whole
            if now < end:
                key.fileobj.sendall(one * whole)
            else:
                left -= whole
    rate = came / (time.monotonic() - began)
    for key in list(ready.get_map().values()):
        key.fileobj.close()
    return came, rate


@contextlib.contextmanager
def gateway(mode, url, folder):
    ready = os.path.join(folder, "ready.json")
    store = os.path.join(folder, "hark.db")
    process = subprocess.Popen(
        [HARK, mode, "--listen", "127.0.0.1:0", "--workers", "1",
         "--ready-file", ready, "--store", store, "--no-redact",
         "--ws-record-limit", "2g", url],
        stderr=subprocess.DEVNULL, preexec_fn=lambda: pin(1))
    try:
        while not os.path.exists(ready):
            if process.poll() is not None:
                raise SystemExit("hark did not start")
            time.sleep(0.02)
        with open(ready) as f:
            host, port = json.load(f)["listen"][0].split(":")
        yield (host, int(port)), store
    finally:
        process.terminate()
        process.wait()


def recorded(store):
    """Lines of all messages that the client sent."""
    db = sqlite3.connect(store)
    bodies = list(db.execute(
        "SELECT b.id, b.bytes FROM entry e JOIN body b "
        "ON b.id = e.response_body"))
    n = 0
    for body, whole in bodies:
        parts = [whole] if whole is not None else [p for p, in db.execute(
            "SELECT bytes FROM body_part WHERE body = ? ORDER BY at",
            (body,))]
        n += b"".join(parts).count(b'{"type":"receive"')
    return n


def run(way, url, address, load):
    if way == "direct":
        return measure(address, *load)[1]
    with tempfile.TemporaryDirectory() as folder:
        with gateway(way, url, folder) as (gate, store):
            came, rate = measure(gate, *load)
        if way == "record" and recorded(store) != came:
            raise SystemExit(f"{recorded(store)} of {came} are recorded")
    return rate


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    address = listener.getsockname()
    server = multiprocessing.Process(target=echo, args=(listener,),
                                     daemon=True)
    server.start()
    pin(0)
    url = f"http://127.0.0.1:{address[1]}"
    ways = ("direct", "proxy", "record")
    text = f"| load | {' | '.join(ways)} |\n{'|---' * (len(ways) + 1)}|\n"
    for load in LOADS:
        rates = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                rates[way].append(run(way, url, address, load))
        text += "| {} connections x {} of {} bytes | ".format(*load) + \
            " | ".join(f"{statistics.median(rates[way]):,.0f}"
                       for way in ways) + " |\n"
    server.terminate()
    print("messages/s\n\n" + text, end="")
    if "--save" in sys.argv[1:]:
        keep.keep("bench-ws", "Benchmark of WebSockets", "sockets.py",
                  "Messages/s there and back, medians.\n\n" + text)


if __name__ == "__main__":
    sys.exit(main())
