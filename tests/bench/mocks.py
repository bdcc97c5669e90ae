#!/usr/bin/python3
"""hark's mocked routes beside Mockoon's, and a static one beside nginx.

One environment is served by both: a route with 1 KiB of text, one with a
template of ten fields of fake data, and a CRUD list of 1,000 items, filtered
and sorted.  nginx answers with the same 1 KiB.  What a look-up costs by the
number of routes is seen in the last route of 1, 1,000 and 10,000.  wrk has
CPU 0, each server, with one worker, CPU 1; rounds alternate, medians count.

MOCKOON_CLI names mockoon-cli 9.9.0; without it Mockoon is left out.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import keep  # noqa: E402
import load  # noqa: E402
import servers  # noqa: E402

FAKE = ("person.firstName", "person.lastName", "internet.email",
        "location.city", "company.name", "phone.number", "lorem.sentence",
        "string.uuid", "finance.iban", "commerce.productName")
PATHS = {"static": "/static", "template": "/template",
         "list": "/items?price_gt=500&sort=price"}
ROUTES = (1, 1000, 10000)
CONNECTIONS = 32
HEAD = """\
| what | server | requests/s | of hark | p99 ms | peak MB |
|---|---|---|---|---|---|
"""


def response(**more):
    return {"body": "", "statusCode": 200, "headers": [], "default": True,
            "bodyType": "INLINE", "rules": [], "callbacks": [], **more}


def environment():
    template = json.dumps({name: "{{faker '%s'}}" % name for name in FAKE})
    items = [{"id": i, "name": f"name {i}", "price": i * 7919 % 997}
             for i in range(1000)]
    return {
        "lastMigration": 33, "name": "bench", "port": 3000,
        "routes": [
            {"uuid": "r1", "type": "http", "method": "get",
             "endpoint": "static", "responses": [response(body="x" * 1024)]},
            {"uuid": "r2", "type": "http", "method": "get",
             "endpoint": "template", "responses": [response(body=template)]},
            {"uuid": "r3", "type": "crud", "method": "", "endpoint": "items",
             "responses": [response(bodyType="DATABUCKET",
                                    databucketID="items")]}],
        "data": [{"uuid": "d", "id": "items", "name": "items",
                  "value": json.dumps(items)}]}


def start(stage, name, command, base):
    server = servers.Server(name, stage.folder, 1, command)
    stage.servers.append(server)
    server.base = base
    server.wait_for(lambda: servers.answers(base + "/static"))
    return server


def start_all(stage, hark):
    path = stage.path("mocks.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(environment(), f)
    port = servers.free_port()
    found = {"hark": start(stage, "hark", [
        hark, "proxy", "--mocks", path, "--workers", "1", "--listen",
        f"127.0.0.1:{port}"], f"http://127.0.0.1:{port}")}
    cli = os.environ.get("MOCKOON_CLI")
    if cli:
        port = servers.free_port()
        found["Mockoon"] = start(stage, "mockoon", [
            cli, "start", "--data", path, "--repair", "-p", str(port), "-l",
            "127.0.0.1", "--disable-log-to-file", "--disable-admin-api"],
            f"http://127.0.0.1:{port}")
    else:
        print("Mockoon is left out: MOCKOON_CLI is not set", file=sys.stderr)
    if shutil.which("nginx"):
        found["nginx"] = stage.nginx("nginx", 1, {
            "outside": "", "inside": 'location = /static { return 200 "%s"; }'
            % ("x" * 1024)})
    return found


def measure(found, seconds, rounds):
    runs = {}
    for _ in range(rounds):
        for what, path in PATHS.items():
            for name, server in found.items():
                if name == "nginx" and what != "static":
                    continue
                print(f"{what} {name}", file=sys.stderr, flush=True)
                runs.setdefault((what, name), []).append(load.wrk(
                    os.path.join(HERE, "wrk.lua"), server.base + path,
                    CONNECTIONS, seconds))
    return runs


def rate(runs):
    return statistics.median(r["requests"] / (r["us"] / 1e6) for r in runs)


def report(found, runs):
    text = HEAD
    for (what, name), seen in runs.items():
        own = rate(runs[what, "hark"])
        p99 = statistics.median(r["p99"] for r in seen) / 1e3
        text += (f"| {what} | {name} | {rate(seen):,.0f} | "
                 f"{rate(seen) / own:.3f} | {p99:.2f} | "
                 f"{found[name].peak_memory() / 1e6:,.0f} |\n")
    return text


def with_routes(stage, hark, n):
    """hark with so many routes, and the seconds until the last answers."""
    path, ready = stage.path(f"{n}.json"), stage.path(f"{n}.ready")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"routes": [
            {"endpoint": f"r{i}/:id", "responses": [{"body": "x"}]}
            for i in range(n)]}, f)
    began = time.monotonic()
    server = servers.Server(f"routes-{n}", stage.folder, 1, [
        hark, "proxy", "--mocks", path, "--workers", "1", "--listen",
        "127.0.0.1:0", "--ready-file", ready])
    stage.servers.append(server)
    server.wait_for(lambda: os.path.exists(ready))
    with open(ready, encoding="ascii") as f:
        server.base = "http://" + json.load(f)["listen"][0]
    if not servers.answers(f"{server.base}/r{n - 1}/1"):
        raise servers.Failure("the last route does not answer")
    return server, time.monotonic() - began


def measure_routes(stage, hark, seconds, rounds):
    found = {n: with_routes(stage, hark, n) for n in ROUTES}
    runs = {n: [] for n in ROUTES}
    for _ in range(rounds):
        for n, (server, _) in found.items():
            print(f"{n} routes", file=sys.stderr, flush=True)
            runs[n].append(load.wrk(
                os.path.join(HERE, "wrk.lua"), f"{server.base}/r{n - 1}/1",
                CONNECTIONS, seconds))
    text = ("\n| routes | requests/s of the last | of one route | first answer"
            " after ms | peak MB |\n|---|---|---|---|---|\n")
    for n, (server, took) in found.items():
        text += (f"| {n:,} | {rate(runs[n]):,.0f} | "
                 f"{rate(runs[n]) / rate(runs[1]):.3f} | {took * 1e3:.0f} | "
                 f"{server.peak_memory() / 1e6:,.0f} |\n")
        stage.end(server)
    return text


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hark", default=os.environ.get("HARK", "./hark"))
    p.add_argument("--seconds", type=int, default=3)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--save", action="store_true",
                   help="write docs/bench-mocks.md")
    o = p.parse_args()
    hark = os.path.abspath(o.hark)
    try:
        folder = tempfile.mkdtemp(prefix="hark-bench-mocks-")
        with servers.Stage(folder, hark) as stage:
            routes = measure_routes(stage, hark, o.seconds, o.rounds)
            found = start_all(stage, hark)
            text = report(found, measure(found, o.seconds, o.rounds)) + routes
    except (servers.Failure, subprocess.SubprocessError) as e:
        print(f"bench-mocks: {e}", file=sys.stderr)
        return 1
    print(text, end="")
    if o.save:
        keep.keep("bench-mocks", "Benchmark of mocked routes", "mocks.py",
                  text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
