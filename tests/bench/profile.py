#!/usr/bin/python3
"""Where the cost of a request goes: instructions and allocations by callgrind,
system calls by strace, per request of each case, and what is spent on start.

Counts do not depend on what else the machine does, and so tell small changes
apart that no rate can.  One worker serves 32 connections that ask in rounds.
callgrind sees what the program does itself, not the kernel's part.
"""

import argparse
import collections
import contextlib
import glob
import json
import math
import os
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import servers  # noqa: E402

CONNECTIONS = 32
WARM, ROUNDS = 10, 40
STARTS = 7
IDLE = 100  # instructions a request that a thread has by the way
PATIENCE = 120  # seconds to get ready
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign",
              "aligned_alloc"}
MOCKS = {"routes": [
    {"endpoint": "mocked", "responses": [{"body": "m" * 1024}]},
    {"endpoint": "templated", "responses": [{
        "body": "{{#repeat 10}}{{@index}} {{queryParam 'q'}} "
                "{{/repeat}}" + "t" * 960}]},
]}


def until(server, condition):
    """Waits for a server to be ready, which is slow below a tool."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if server.process.poll() is not None:
            raise servers.Failure(server.state())
        if time.monotonic() > end:
            raise servers.Failure(f"{server.name} does not get ready")
        time.sleep(0.0005)


class Traced(servers.Server):
    """hark, by itself or below a tool; its process is the tool's."""

    def __init__(self, stage, name, tool, command):
        ready = stage.path(f"{name}.ready")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        super().__init__(name, stage.folder, "1", tool + command + [
            "--workers", "1", "--listen", "127.0.0.1:0", "--ready-file",
            ready])
        stage.servers.append(self)
        until(self, lambda: os.path.exists(ready))
        self.ready = time.monotonic() - self.begun
        with open(ready, encoding="ascii") as f:
            self.said = json.load(f)
        self.port = int(self.said["listen"][0].rsplit(":", 1)[1])
        self.base = f"http://127.0.0.1:{self.port}"


class Nginx(servers.Server):
    """nginx in one process below a tool, for what it costs there."""

    def __init__(self, stage, name, tool, command):
        self.port = servers.free_port()
        prefix = stage.path(name)
        os.makedirs(prefix, exist_ok=True)
        conf = os.path.join(prefix, "nginx.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(NGINX.format(port=self.port, **command))
        super().__init__(name, stage.folder, "1", tool + [
            "nginx", "-p", prefix, "-e", "stderr", "-c", conf])
        stage.servers.append(self)
        self.base = f"http://127.0.0.1:{self.port}"
        until(self, self.listens)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0


class Crowd:
    """Connections that all ask and then all read, round by round."""

    def __init__(self, port, path, tls=False, body=b"", one_each=False,
                 status=200):
        self.port, self.tls, self.one_each = port, tls, one_each
        self.first = f"HTTP/1.1 {status} ".encode()
        head = "POST" if body else "GET"
        self.request = (
            f"{head} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + (
                f"Content-Length: {len(body)}\r\n" if body else "") +
            "\r\n").encode() + body
        self.size = 0
        self.sockets = [] if one_each else \
            [self.connect() for _ in range(CONNECTIONS)]

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), 60)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.tls:
            return s
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        return c.wrap_socket(s)

    def answer(self, s):
        got = b""
        while self.size == 0 or len(got) < self.size:
            piece = s.recv(1 << 16)
            if not piece:
                raise servers.Failure(f"an answer ends early: {got[:200]}")
            got += piece
            if self.size == 0 and b"\r\n\r\n" in got:
                head, rest = got.split(b"\r\n\r\n", 1)
                length = re.search(rb"(?i)content-length: (\d+)", head)
                if not head.startswith(self.first) or not length:
                    raise servers.Failure(f"not an answer: {got[:200]}")
                if len(rest) == int(length[1]):
                    self.size = len(got)
        if len(got) != self.size:
            self.size = 0  # a number in it got longer
            if got.count(b"HTTP/1.1 ") != 1:
                raise servers.Failure("more than was asked for")

    def round(self):
        """The number of requests that were answered."""
        if self.one_each:
            for _ in range(4):
                with contextlib.closing(self.connect()) as s:
                    s.sendall(self.request)
                    self.size = 0
                    self.answer(s)
            return 4
        for s in self.sockets:
            s.sendall(self.request)
        for s in self.sockets:
            self.size = 0
            self.answer(s)
        return CONNECTIONS

    def rounds(self, n):
        return sum(self.round() for _ in range(n))

    def close(self):
        for s in self.sockets:
            s.close()


# ---- what callgrind saw ---------------------------------------------------


class Callgrind:
    """One dump: instructions by function, alone and with what it calls, and
    the calls of each."""

    def __init__(self, path):
        self.own = collections.Counter()
        self.all = collections.Counter()
        self.calls = collections.Counter()
        self.names = {}
        with open(path, encoding="utf-8", errors="replace") as f:
            self.read(f)

    def name(self, text):
        m = re.match(r"\((\d+)\)(?: (.*))?$", text)
        if m[2] is not None:
            self.names[m[1]] = m[2].split("'")[0]
        return self.names[m[1]]

    def read(self, f):
        fn = called = None
        for line in f:
            if line.startswith("fn="):
                fn = self.name(line[3:].rstrip())
            elif line.startswith("cfn="):
                called = self.name(line[4:].rstrip())
            elif line.startswith("calls="):
                count = int(line[6:].split()[0])
                cost = int(next(f).split()[1])
                self.calls[called] += count
                if called != fn:
                    self.all[fn] += cost
            elif fn is not None and re.match(r"[0-9+*-]", line):
                cost = int(line.split()[1])
                self.own[fn] += cost
                self.all[fn] += cost

    def total(self):
        return sum(self.own.values())

    def allocations(self):
        return sum(self.calls[name] for name in ALLOCATORS)


def control(server, *words):
    subprocess.run(["callgrind_control", *words, str(server.process.pid)],
                   check=True, capture_output=True)


def start(stage, name, tool, command):
    kind = Nginx if isinstance(command, dict) else Traced
    return kind(stage, name, tool, command)


def callgrind(stage, name, command, crowd_of):
    """Dumps of ROUNDS rounds, one for each thread that did anything, that of
    the worker first, and how many requests they were."""
    out = stage.path(f"{name}.callgrind")
    server = start(stage, name, [
        "valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={out}",
        "--vgdb=yes", "--separate-threads=yes"], command)
    crowd = crowd_of(server)
    crowd.rounds(WARM)
    control(server, "-z")
    n = crowd.rounds(ROUNDS)
    control(server, "-d")
    crowd.close()
    stage.end(server)
    dumps = [Callgrind(path) for path in sorted(glob.glob(out + ".1-*"))]
    dumps = [dump for dump in dumps if dump.total() >= IDLE * n]
    dumps.sort(key=lambda dump: -math.inf if dump.all["worker_thread"]
               else -dump.total())
    return dumps, n


def system_calls(stage, name, command, crowd_of):
    """System calls of ROUNDS rounds, by name, and how many requests."""
    out = stage.path(f"{name}.strace")
    server = start(stage, name, [], command)
    crowd = crowd_of(server)
    crowd.rounds(WARM)
    tracer = subprocess.Popen(
        ["strace", "-f", "-c", "-o", out, "-p", str(server.process.pid)],
        stderr=subprocess.PIPE, text=True)
    tracer.stderr.readline()  # attached
    time.sleep(0.2)
    n = crowd.rounds(ROUNDS)
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    crowd.close()
    stage.end(server)
    found = {}
    with open(out, encoding="ascii") as f:
        for line in f:
            m = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$",
                         line)
            if m and m[2] != "total":
                found[m[2]] = int(m[1])
    return found, n


# ---- cases ----------------------------------------------------------------


def cases(stage, hark):
    """name: (command, crowd of a server)."""
    mocks = stage.path("mocks.json")
    with open(mocks, "w", encoding="utf-8") as f:
        json.dump(MOCKS, f)
    fixed = {"outside": "", "how": "",
             "inside": f'location / {{ return 200 "{"b" * 1024}"; }}'}
    nginx = Nginx(stage, "backend", [], fixed)
    store = stage.path("recorded.db")
    server = Traced(stage, "recorder", [], [
        hark, "record", "--admin", "off", "--store", store, nginx.base])
    if servers.ask(server.base, "/recorded")[0] != 200:
        raise servers.Failure("nothing was recorded")
    stage.end(server)

    cert, key = stage.path("cert.pem"), stage.path("key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
         key, "-out", cert], check=True, capture_output=True)
    tls = ["--tls-cert", cert, "--tls-key", key]

    def plain(path, **how):
        return lambda server: Crowd(server.port, path, **how)

    off, on = ["--admin", "off"], ["--admin", "127.0.0.1:0"]
    replay = [hark, "replay", "--store", store]
    mock = [hark, "proxy", "--mocks", mocks]
    forward = [hark, "proxy", nginx.base]
    record = [hark, "record", "--store", stage.path("more.db"), nginx.base]
    passed = {"outside": "upstream b { server %s; keepalive 64; }"
              % nginx.base.removeprefix("http://"), "how": "",
              "inside": "location / { proxy_pass http://b; "
              "proxy_http_version 1.1; proxy_set_header Connection ''; }"}
    secure = dict(fixed, how=" ssl", outside=f"ssl_certificate {cert}; "
                  f"ssl_certificate_key {key};")
    return {
        "nginx return": (fixed, plain("/x")),
        "nginx forward": (passed, plain("/x")),
        "nginx TLS": (secure, plain("/x", tls=True)),
        "nginx handshake": (secure, plain("/x", tls=True, one_each=True)),
        "replay": (replay + off, plain("/recorded")),
        "replay, log": (replay + on, plain("/recorded")),
        "mock": (mock + off, plain("/mocked")),
        "mock, log": (mock + on, plain("/mocked")),
        "template": (mock + off, plain("/templated?q=x")),
        "forward": (forward + off, plain("/x")),
        "forward, log": (forward + on, plain("/x")),
        "record": (record + off, plain("/x")),
        "record, log": (record + on, plain("/x")),
        "miss": (replay + off, plain("/other", status=501)),
        "miss, log": (replay + on, plain("/other", status=501)),
        "TLS": (mock + off + tls, plain("/mocked", tls=True)),
        "handshake": (mock + off + tls,
                      plain("/mocked", tls=True, one_each=True)),
    }


def show_starts(stage, hark, options):
    """What it takes until the program is ready, and how long."""
    mocks, store = stage.path("mocks.json"), stage.path("recorded.db")
    own = {
        "start, proxy": ["proxy", "--mocks", mocks],
        "start, replay": ["replay", "--store", store],
        "start, record": ["record", "--store", store, "http://127.0.0.1:9"],
    }
    for name, words in own.items():
        if options.case and name not in options.case:
            continue
        file = re.sub(r"\W+", "-", name)
        out = stage.path(f"{file}.callgrind")
        server = Traced(stage, file, [
            "valgrind", "--tool=callgrind", "-q",
            f"--callgrind-out-file={out}"], [hark] + words)
        control(server, "-d")
        stage.end(server)
        dump, took = Callgrind(out + ".1"), []
        for _ in range(STARTS):
            server = Traced(stage, file, [], [hark] + words)
            took.append(server.ready)
            stage.end(server)
        print(f"| {name} | {dump.total():,.0f} | {dump.allocations():,.0f} | "
              f"ready after {statistics.median(took) * 1e3:.1f} ms |",
              flush=True)
        if options.top:
            show_top(dump, 1, options.top)


def show_top(dump, n, top):
    for title, table in (("alone", dump.own), ("with callees", dump.all)):
        print(f"\n  instructions a request, {title}")
        for name, cost in table.most_common(top):
            if cost >= n > 0:
                print(f"  {cost / n:10,.0f}  "
                      f"{dump.calls[name] / n:8.2f} calls  {name}")


def run(stage, options, hark):
    found = cases(stage, hark)
    print("| case | instructions | allocations | system calls |\n"
          "|---|---|---|---|", flush=True)
    for name, (command, crowd_of) in found.items():
        if options.case and name not in options.case:
            continue
        file = re.sub(r"\W+", "-", name)
        dumps, n = callgrind(stage, file, command, crowd_of)
        calls, m = system_calls(stage, file + "-calls", command, crowd_of)
        text = ", ".join(f"{k} {v / m:.2f}" for k, v in
                         sorted(calls.items(), key=lambda i: -i[1])
                         if v / m >= 0.005)
        spent = " + ".join(f"{dump.total() / n:,.0f}" for dump in dumps)
        took = " + ".join(f"{dump.allocations() / n:.2f}" for dump in dumps)
        print(f"| {name} | {spent} | {took} | {text} |", flush=True)
        for dump in dumps if options.top else ():
            show_top(dump, n, options.top)
    show_starts(stage, hark, options)


NGINX = """\
daemon off; master_process off; pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
  ssl_protocols TLSv1.2 TLSv1.3; access_log off; keepalive_requests 1000000000;
  {outside}
  server {{ listen 127.0.0.1:{port}{how}; {inside} }}
}}
"""


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hark", default=os.environ.get("HARK", "./hark"))
    p.add_argument("--top", type=int, default=0,
                   help="functions to show of each case")
    p.add_argument("case", nargs="*")
    o = p.parse_args()
    try:
        folder = tempfile.mkdtemp(prefix="hark-profile-")
        with servers.Stage(folder, os.path.abspath(o.hark)) as stage:
            run(stage, o, stage.hark)
    except (servers.Failure, subprocess.SubprocessError, OSError) as e:
        print(f"profile: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
