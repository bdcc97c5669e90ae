#!/usr/bin/python3
"""What it costs to be looked at: hark without an admin port, with one and so
with a traffic log and metrics, and with one that a dashboard follows live while
metrics are scraped each second.

A mocked route and a recording with 1 KiB each are asked for.  wrk has CPU 0,
hark with one worker and all its other threads CPU 1; rounds alternate, medians
count.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import keep  # noqa: E402
import load  # noqa: E402
import servers  # noqa: E402

CONNECTIONS = 32
PATHS = {"mock": "/mocked", "replay": "/recorded"}
HEAD = """\
| what | admin port | requests/s | of off | p99 ms | CPU us each | peak MB |
|---|---|---|---|---|---|---|
"""


class Watched:
    """A dashboard's live view and a scraper, as long as the block."""

    def __init__(self, admin):
        self.admin = admin
        self.over = threading.Event()
        self.seen = {"live": 0, "metrics": 0}

    def live(self):
        with urllib.request.urlopen(
                self.admin + "/v1/traffic/live", timeout=30) as r:
            while not self.over.is_set() and r.readline():
                self.seen["live"] += 1

    def scrape(self):
        while True:
            with urllib.request.urlopen(
                    self.admin + "/metrics", timeout=30) as r:
                self.seen["metrics"] += len(r.read()) > 0
            if self.over.wait(1):
                return

    def __enter__(self):
        self.threads = [threading.Thread(target=f, daemon=True)
                        for f in (self.live, self.scrape)]
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.threads[1].join()
        if kind is None and not all(self.seen.values()):
            raise servers.Failure(f"nothing was seen: {self.seen}")


def record(stage, hark):
    """A store with an answer to /recorded."""
    path, store = stage.path("api.json"), stage.path("bench.db")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"routes": [{"endpoint": "recorded", "responses": [
            {"body": "r" * 1024}]}]}, f)
    api = start(stage, "api", [hark, "proxy", "--mocks", path], "/recorded")
    recorder = start(stage, "recorder", [
        hark, "record", "--store", store, api.base], "/recorded")
    stage.end(recorder)
    stage.end(api)
    return store


def start(stage, name, command, path):
    ready = stage.path(f"{name}.ready")
    server = servers.Server(name, stage.folder, 1, command + [
        "--workers", "1", "--listen", "127.0.0.1:0", "--ready-file", ready])
    stage.servers.append(server)
    server.wait_for(lambda: os.path.exists(ready))
    with open(ready, encoding="ascii") as f:
        said = json.load(f)
    server.base = "http://" + said["listen"][0]
    server.admin = said.get("admin")
    if not servers.answers(server.base + path):
        raise servers.Failure(f"{name} does not answer")
    return server


def start_all(stage, hark):
    store, mocks = record(stage, hark), stage.path("mocks.json")
    with open(mocks, "w", encoding="utf-8") as f:
        json.dump({"routes": [{"endpoint": "mocked", "responses": [
            {"body": "m" * 1024}]}]}, f)
    command = [hark, "replay", "--store", store, "--mocks", mocks, "--admin"]
    return {name: start(stage, name, command + [admin], "/recorded")
            for name, admin in (("off", "off"), ("on", "127.0.0.1:0"),
                                ("watched", "127.0.0.1:0"))}


def measure(stage, found, seconds, rounds):
    runs = {}
    driver = load.Load(stage, os.path.join(HERE, "wrk.lua"))
    for _ in range(rounds):
        for what, path in PATHS.items():
            for name, server in found.items():
                print(f"{what} {name}", file=sys.stderr, flush=True)
                with (Watched(server.admin) if name == "watched"
                      else contextlib.nullcontext()):
                    runs.setdefault((what, name), []).append(
                        driver.run(server, path, CONNECTIONS, seconds))
    return runs


def report(found, runs):
    def median(seen, key):
        return statistics.median(key(r) for r in seen)

    text = HEAD
    for (what, name), seen in runs.items():
        rate = median(seen, lambda r: r["rate"])
        off = median(runs[what, "off"], lambda r: r["rate"])
        text += (f"| {what} | {name} | {rate:,.0f} | {rate / off:.3f} | "
                 f"{median(seen, lambda r: r['p99']) / 1e3:.2f} | "
                 f"{median(seen, lambda r: sum(r['cpu'].values())):.1f} | "
                 f"{found[name].peak_memory() / 1e6:,.0f} |\n")
    return text


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hark", default=os.environ.get("HARK", "./hark"))
    p.add_argument("--seconds", type=int, default=3)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--save", action="store_true",
                   help="write docs/bench-insight.md")
    o = p.parse_args()
    hark = os.path.abspath(o.hark)
    try:
        folder = tempfile.mkdtemp(prefix="hark-bench-insight-")
        with servers.Stage(folder, hark) as stage:
            found = start_all(stage, hark)
            text = report(found, measure(stage, found, o.seconds, o.rounds))
    except (servers.Failure, subprocess.SubprocessError, OSError) as e:
        print(f"bench-insight: {e}", file=sys.stderr)
        return 1
    print(text, end="")
    if o.save:
        keep.keep("bench-insight", "What it costs to be looked at",
                  "insight.py", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
