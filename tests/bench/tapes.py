#!/usr/bin/python3
"""hark replay on tapes of 1 to 1,000,000 recordings, beside mitmproxy.

Half of the recordings are GETs, each of its own path, half are POSTs to one
path that differ in their bodies alone.  Measured are, with 32 connections:

    hot     GETs of at most 1,000 of the paths
    cold    GETs of all of them
    body    POSTs of at most 1,000 of the bodies
    miss    GETs of paths that were not recorded

and how long it takes from the start of the program to its first answer, and
its peak of memory.  One more tape has 100,000 recordings with 1 GB of bodies,
its GETs asked for once.  wrk has CPU 0 and the server, with one worker, CPU 1.
"""

import argparse
import contextlib
import http.client
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import servers  # noqa: E402

KINDS = ("hot", "cold", "body", "miss")
CONNECTIONS = 32
BATCH = 1000  # entries written at once
HEAD = """\
| recordings | server | what | requests/s | of 1 recording | p50 ms | p99 ms |
|---|---|---|---|---|---|---|
"""
STARTS = """\
| recordings | server | start to first answer, ms | peak MB |
|---|---|---|---|
"""
# mitmproxy keeps flows in files of its own form.
FLOWS = """
import sys
from mitmproxy import connection, http, io
count = int(sys.argv[1])
with open(sys.argv[2], "wb") as f:
    out = io.FlowWriter(f)
    for i in range(count):
        client = connection.Client(("127.0.0.1", 1), ("127.0.0.1", 2), 0)
        flow = http.HTTPFlow(client, connection.Server(("127.0.0.1", 9)))
        if i % 2:
            flow.request = http.Request.make(
                "POST", "http://127.0.0.1:9/search", b'{"query":%d}' % (i // 2))
        else:
            flow.request = http.Request.make(
                "GET", "http://127.0.0.1:9/items/%d" % (i // 2))
        flow.response = http.Response.make(200, b"%020d" % i * 50)
        out.add(flow)
"""


#
# Tapes
#

def entry(number, size):
    get = number % 2 == 0
    request = {
        "method": "GET" if get else "POST",
        "url": "http://api.test/" + (
            f"items/{number // 2}" if get else "search"),
        "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
        "queryString": [], "headersSize": -1, "bodySize": -1}
    if not get:
        request["postData"] = {"mimeType": "", "text":
                               '{"query":%d}' % (number // 2)}
    text = "%020d" % number * (size // 20)
    return json.dumps({
        "startedDateTime": "2026-01-02T03:04:05.678Z", "time": 1,
        "request": request, "cache": {},
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": [
                {"name": "Content-Type", "value": "text/plain"}],
            "content": {"size": len(text), "mimeType": "text/plain",
                        "text": text},
            "redirectURL": "", "headersSize": -1, "bodySize": len(text)},
        "timings": {"send": 0, "wait": 1, "receive": 0}})


def record(hark, store, count, size):
    """A tape with so many recordings, through hark import."""
    importer = subprocess.Popen(
        [hark, "import", "--store", store, "-"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with importer.stdin as out:
        out.write('{"log":{"version":"1.2","creator":{"name":"bench",'
                  '"version":"1"},"entries":[')
        for first in range(0, count, BATCH):
            out.write(("," if first else "") + ",".join(
                entry(n, size)
                for n in range(first, min(first + BATCH, count))))
        out.write("]}}")
    said = importer.stderr.read()
    if importer.wait() != 0:
        raise servers.Failure(f"hark import: {said[-500:]}")


#
# Servers
#

def first_answer(base, path, deadline):
    """Waits for the first whole answer."""
    host = base.split("//")[1]
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            c = http.client.HTTPConnection(host, timeout=60)
            c.request("GET", path)
            answer = c.getresponse()
            answer.read()
            c.close()
            if answer.status == 200:
                return
        time.sleep(0.0005)
    raise servers.Failure(f"{base} does not answer")


def start_hark(stage, store):
    """hark on the tape, and the seconds to its first answer."""
    began = time.monotonic()
    server = stage.gateway("replay", 1, "replay", store=store)
    first_answer(server.base, "/items/0", began + 60)
    return server, time.monotonic() - began


def start_mitmproxy(stage, flows):
    port = servers.free_port()
    began = time.monotonic()
    server = servers.Server("mitmproxy", stage.folder, 1, [
        "mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", str(port),
        "--mode", "reverse:http://127.0.0.1:9", "-S", flows,
        "--set", "server_replay_nopop=true",
        "--set", "server_replay_kill_extra=true",
        "--set", "connection_strategy=lazy"])
    stage.servers.append(server)
    server.base = f"http://127.0.0.1:{port}"
    first_answer(server.base, "/items/0", began + 300)
    return server, time.monotonic() - began


def load(server, count, kind, seconds):
    """One run of wrk; requests/s and latencies in ms."""
    done = subprocess.run(
        servers.pinned(0, ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
                           "--timeout", "20s", "-s",
                           os.path.join(HERE, "tapes.lua"), server.base]),
        capture_output=True, text=True, check=False,
        env={**os.environ, "BENCH_N": str((count + 1) // 2),
             "BENCH_KIND": kind})
    if done.returncode != 0:
        raise servers.Failure(f"wrk: {done.stderr.strip()}")
    seen = json.loads(done.stdout.splitlines()[-1])
    # A miss is a status that wrk takes for an error.
    wrong = seen["status"] if kind != "miss" else \
        seen["requests"] - seen["status"]
    if seen["broken"] or wrong or seen["requests"] == 0:
        raise servers.Failure(f"wrk, {kind} of {count}: {seen}; "
                              f"{server.state()}")
    return {"rate": seen["requests"] / (seen["us"] / 1e6),
            "p50": seen["p50"] / 1e3, "p99": seen["p99"] / 1e3}


def kinds_of(name, count):
    """What can be asked of a tape.  mitmproxy's answer to a miss is to close
    the connection, which is no rate that compares."""
    return [k for k in KINDS
            if (k != "body" or count > 1) and (k != "miss" or name == "hark")]


def measure(o, stage, name, count, start):
    print(f"{name} {count}", file=sys.stderr, flush=True)
    starts = []
    for _ in range(o.rounds if name == "hark" else 1):
        server, took = start()
        starts.append(took)
        if len(starts) < (o.rounds if name == "hark" else 1):
            stage.end(server)
    rows = []
    for kind in kinds_of(name, count):
        load(server, count, kind, 1)
        runs = [load(server, count, kind, o.seconds)
                for _ in range(o.rounds)]
        rows.append({"recordings": count, "server": name, "kind": kind, **{
            k: statistics.median(r[k] for r in runs) for k in runs[0]}})
    peak = server.peak_memory()
    stage.servers.remove(server)
    server.kill()
    return rows, {"recordings": count, "server": name,
                  "start_ms": statistics.median(starts) * 1e3, "peak": peak}


#
# The runs
#

def bench_counts(o, stage):
    rows, starts = [], []
    for count in o.count:
        store = stage.store()
        record(o.hark, store, count, 1000)
        more, start = measure(o, stage, "hark", count,
                              lambda: start_hark(stage, store))
        rows += more
        starts.append(start)
        if count <= o.mitmproxy and shutil.which("mitmdump"):
            flows = stage.path("flows")
            subprocess.run(["/usr/bin/python3", "-c", FLOWS, str(count),
                            flows], check=True)
            more, start = measure(o, stage, "mitmproxy", count,
                                  lambda: start_mitmproxy(stage, flows))
            rows += more
            starts.append(start)
        for name in os.listdir(stage.folder):
            if name.startswith("store"):
                os.unlink(stage.path(name))
    return rows, starts


def bench_bodies(o, stage):
    """100,000 recordings with 1 GB of bodies, the GETs asked for once."""
    print("hark, 1 GB of bodies", file=sys.stderr, flush=True)
    store = stage.store()
    record(o.hark, store, 100000, 10000)
    server, took = start_hark(stage, store)
    client = http.client.HTTPConnection(server.base.split("//")[1])
    for n in range(50000):
        client.request("GET", f"/items/{n}")
        answer = client.getresponse()
        if answer.status != 200 or len(answer.read()) != 10000:
            raise servers.Failure(f"/items/{n}: {answer.status}")
    peak = server.peak_memory()
    stage.end(server)
    return {"recordings": 100000, "server": "hark, 1 GB of bodies",
            "start_ms": took * 1e3, "peak": peak}


def version(argv):
    if shutil.which(argv[0]) is None:
        return "none"
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found.group(0) if found else "unknown"


def report(o, rows, starts):
    one = {(r["server"], r["kind"]): r["rate"] for r in reversed(rows)
           if r["recordings"] <= 2}
    text = (f"{os.cpu_count()} CPUs, Linux "
            f"{re.match('[0-9.]*[0-9]', platform.release()).group(0)}, hark "
            f"{version([o.hark, '--version'])}, mitmproxy "
            f"{version(['mitmdump', '--version'])}; {CONNECTIONS} "
            f"connections, {o.rounds} rounds of {o.seconds} s, medians.\n\n"
            + HEAD)
    for r in rows:
        base = one.get((r["server"], r["kind"]))
        text += (f"| {r['recordings']:,} | {r['server']} | {r['kind']} | "
                 f"{r['rate']:,.0f} | "
                 f"{'' if base is None else format(r['rate'] / base, '.2f')} "
                 f"| {r['p50']:.2f} | {r['p99']:.2f} |\n")
    text += "\n" + STARTS
    for s in starts:
        text += (f"| {s['recordings']:,} | {s['server']} | "
                 f"{s['start_ms']:,.0f} | {s['peak'] / 1e6:,.0f} |\n")
    return text


def options():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--save", action="store_true",
                   help="write docs/bench-tapes.md")
    p.add_argument("--hark", default=os.environ.get("HARK", "./hark"),
                   help="the program (default: $HARK or ./hark)")
    p.add_argument("--count", type=int, action="append",
                   help="recordings (default: 2, 1000, 100000 and 1000000)")
    p.add_argument("--mitmproxy", type=int, default=1000, metavar="MOST",
                   help="recordings up to which it runs, too (default: 1000)")
    p.add_argument("--no-bodies", action="store_true",
                   help="without the tape with 1 GB of bodies")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=int, default=3)
    o = p.parse_args()
    o.hark = os.path.abspath(o.hark)
    o.count = o.count or [2, 1000, 100000, 1000000]
    return o


def main():
    o = options()
    try:
        for tool in ("wrk", "taskset"):
            if shutil.which(tool) is None:
                raise servers.Failure(f"{tool}: not installed")
        if not os.access(o.hark, os.X_OK):
            raise servers.Failure(f"{o.hark}: no such program; make it first")
        folder = tempfile.mkdtemp(prefix="hark-bench-tapes-")
        with servers.Stage(folder, o.hark) as stage:
            rows, starts = bench_counts(o, stage)
            if not o.no_bodies:
                starts.append(bench_bodies(o, stage))
        text = report(o, rows, starts)
        print(text, end="")
        if o.save:
            with open(os.path.join(HERE, "..", "..", "docs",
                                   "bench-tapes.md"), "w",
                      encoding="utf-8") as f:
                f.write("# Benchmark of replay by the size of the tape\nMade "
                        "by `make bench-tapes`; see tests/bench/tapes.py for "
                        "what is compared.\n\n" + text)
    except servers.Failure as e:
        print(f"bench-tapes: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
