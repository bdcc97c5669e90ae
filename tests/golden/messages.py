#!/usr/bin/python3
# Goal: hark reads WebSocket frames as python3-websockets does, also wrong ones.
"""Streams of frames, mostly right and each with something changed, are read by
tests/golden/messages and by the other; the seed is fixed, so that a difference
is there again.  MESSAGES_SEED chooses other streams."""
import os
import random
import struct
import subprocess
import sys

try:
    from websockets.connection import Connection, Side
    from websockets.frames import Close, Opcode
except ImportError:
    print("1..0 # SKIP there is no python3-websockets")
    sys.exit(0)

PROGRAM = os.path.join(os.environ.get("top_builddir", "."),
                       "tests/golden/messages")
MOST = 4096
STREAMS = 1500
TEXTS = [b"", b"hello", "h\u00e9 \U0001f600".encode(), b"\xff", b"\xed\xa0\x80",
         b"x" * 125, b"x" * 126, b"x" * 4096, b"x" * 4097, b"x" * 70000]
CODES = [999, 1000, 1001, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999,
         3000, 4999, 5000]


def frame(chance, client, opcode, payload, fin):
    """A frame; now and then one that nobody may send."""
    odd = chance.random
    masked = client if odd() > 0.01 else not client
    first = (0x80 if fin else 0) | opcode
    if odd() < 0.02:
        first ^= 1 << chance.randrange(8)
    n = len(payload)
    # A length in more bytes than it needs the other takes, against RFC 6455.
    width = 0 if n < 126 else 2 if n < 65536 else 8
    bit = 0x80 if masked else 0
    if width == 0:
        head = bytes([first, bit | n])
    elif width == 2:
        head = struct.pack(">BBH", first, bit | 126, n & 0xffff)
    else:
        head = struct.pack(">BBQ", first, bit | 127, n)
    if not masked:
        return head + payload
    key = chance.randbytes(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def stream(chance, client):
    parts = []
    for _ in range(chance.randrange(1, 6)):
        kind = chance.random()
        if kind < 0.15:
            payload = chance.choice([b"", b"?", b"x" * 125, b"x" * 126])
            parts.append(frame(chance, client, chance.choice([9, 10]),
                               payload, chance.random() > 0.05))
        elif kind < 0.3:
            reason = chance.choice([b"", b"bye", b"\xff", b"x" * 123])
            payload = chance.choice(
                [b"", b"x", struct.pack(">H", chance.choice(CODES)) + reason])
            parts.append(frame(chance, client, 8, payload, True))
        else:
            text = chance.choice(TEXTS)
            cuts = sorted(chance.randrange(len(text) + 1)
                          for _ in range(chance.choice([0, 0, 1, 2])))
            edges = [0] + cuts + [len(text)]
            pieces = [text[a:b] for a, b in zip(edges, edges[1:])]
            opcode = chance.choice([1, 2])
            for i, piece in enumerate(pieces):
                parts.append(frame(chance, client, 0 if i else opcode, piece,
                                   i == len(pieces) - 1))
    whole = b"".join(parts)
    if chance.random() < 0.1:
        whole = whole[:chance.randrange(len(whole) + 1)]
    return whole


class Refused(Exception):
    pass


def other(client, whole):
    """What python3-websockets makes of it, frame by frame; what its frames
    cannot tell, since it joins them elsewhere, is told here."""
    side = Side.SERVER if client else Side.CLIENT
    reader = Connection(side, max_size=MOST)
    said, message, kind, closed = [], b"", None, False
    for i in range(len(whole)):
        reader.receive_data(whole[i:i + 1])
        for f in reader.events_received():
            if f.opcode in (Opcode.PING, Opcode.PONG):
                said.append(f"{int(f.opcode)}:{f.data.hex()}")
            elif f.opcode == Opcode.CLOSE:
                close = Close.parse(f.data)
                said.append(f"8:{close.code}:{f.data[2:].hex()}")
                return said
            else:
                if f.opcode != Opcode.CONT:
                    message, kind = b"", f.opcode
                message += f.data
                if not f.fin:
                    continue
                if kind == Opcode.TEXT:
                    try:
                        message.decode()
                    except UnicodeDecodeError:
                        return said + ["!"]
                said.append(f"{int(kind)}:{message.hex()}")
        if "incomplete fragmented" in str(reader.parser_exc):
            return said + ["8:"]  # a Close that hark takes
        if reader.parser_exc is not None:
            return said + ["!"]
    return said


def ours(streams):
    text = "".join(f"{'c' if client else 's'} {whole.hex()}\n"
                   for client, whole in streams)
    done = subprocess.run([PROGRAM], input=text, capture_output=True,
                          text=True, timeout=900)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return [line.split() for line in done.stdout.split("\n")[:-1]]


def alike(got, wanted):
    """Nobody listens behind a Close.  Of two faults in one frame each may be
    the first, and a cut frame may show by its head that it is refused."""
    for i, word in enumerate(got):
        if word.startswith("8:"):
            got = got[:i + 1]
            break
    if got and got[-1].startswith("!"):
        return got[:-1] in (wanted, wanted[:-1]) and \
            wanted in (got[:-1], got[:-1] + ["!"])
    if wanted and wanted[-1] == "8:":
        return got[:-1] == wanted[:-1] and got[-1].startswith("8:")
    return got == wanted


def main():
    chance = random.Random(int(os.environ.get("MESSAGES_SEED", "1")))
    streams = []
    for i in range(STREAMS):
        streams.append((i % 2 == 0, stream(chance, i % 2 == 0)))
    bad = refused = 0
    for (client, whole), got in zip(streams, ours(streams)):
        wanted = other(client, whole)
        refused += bool(wanted) and wanted[-1].startswith("!")
        if not alike(got, wanted):
            bad += 1
            if bad <= 5:
                print(f"# {'client' if client else 'server'} "
                      f"{whole.hex()[:200]}: {str([w[-40:] for w in got])} "
                      f"instead of {str([w[-40:] for w in wanted])}")
    print("1..2")
    print(f"{'not ' if bad else ''}ok 1 - {STREAMS} streams are read alike")
    some = STREAMS // 10 < refused < STREAMS * 9 // 10
    print(f"{'' if some else 'not '}ok 2 - some are refused and some are not")
    return 1 if bad or not some else 0


if __name__ == "__main__":
    sys.exit(main())
