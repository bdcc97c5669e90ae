#!/usr/bin/python3
"""hark's HTTPS beside nginx's: both give 1 KiB with the same P-256 certificate.

Handshakes are made by openssl s_time, each new and with one request behind it;
requests by wrk on kept connections.  Clients have CPU 0, each server, with one
worker, CPU 1; rounds alternate, medians count.
"""

import argparse
import json
import os
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import keep  # noqa: E402
import load  # noqa: E402
import servers  # noqa: E402

CONNECTIONS = 32
NGINX = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/nginx.err;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {cert}; ssl_certificate_key {key};
    location = /static {{ return 200 "{body}"; }} }} }}
"""


def answers(url):
    try:
        with urllib.request.urlopen(
                url, timeout=5, context=ssl._create_unverified_context()):
            return True
    except OSError:
        return False


def start(stage, name, command, port):
    server = servers.Server(name, stage.folder, 1, command)
    stage.servers.append(server)
    server.address = f"127.0.0.1:{port}"
    server.base = f"https://{server.address}"
    server.wait_for(lambda: answers(server.base + "/static"))
    return server


def start_all(stage, hark):
    cert, key = stage.path("cert.pem"), stage.path("key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
         key, "-out", cert], check=True, capture_output=True)
    mocks = stage.path("mocks.json")
    with open(mocks, "w", encoding="utf-8") as f:
        json.dump({"routes": [{"endpoint": "static", "responses": [
            {"body": "x" * 1024}]}]}, f)
    port = servers.free_port()
    found = {"hark": start(stage, "hark", [
        hark, "proxy", "--mocks", mocks, "--workers", "1", "--listen",
        f"127.0.0.1:{port}", "--tls-cert", cert, "--tls-key", key], port)}
    if shutil.which("nginx"):
        port = servers.free_port()
        conf = stage.path("nginx.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(NGINX.format(folder=stage.folder, port=port, cert=cert,
                                 key=key, body="x" * 1024))
        found["nginx"] = start(stage, "nginx", ["nginx", "-c", conf], port)
    return found


def handshakes(server, seconds):
    """New connections per second of the server's CPU, and of the clock."""
    before = sum(server.cpu().values())
    done = subprocess.run(servers.pinned(0, [
        "openssl", "s_time", "-connect", server.address, "-new", "-time",
        str(seconds), "-www", "/static"]), capture_output=True, text=True,
        check=True)
    found = re.search(r"(\d+) connections in (\d+) real seconds", done.stdout)
    if not found:
        raise servers.Failure("openssl s_time says nothing of connections")
    n, took = int(found.group(1)), int(found.group(2))
    return n / took, (sum(server.cpu().values()) - before) * 1e6 / n


def requests(server, seconds):
    before = sum(server.cpu().values())
    run = load.wrk(os.path.join(HERE, "wrk.lua"), server.base + "/static",
                   CONNECTIONS, seconds)
    used = sum(server.cpu().values()) - before
    return run["requests"] / (run["us"] / 1e6), used * 1e6 / run["requests"]


def minted(program):
    """What it says of certificates that are made for names."""
    return subprocess.run(servers.pinned(1, [program]), capture_output=True,
                          text=True, check=True).stdout


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hark", default=os.environ.get("HARK", "./hark"))
    p.add_argument("--seconds", type=int, default=3)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--minted", help="the program that makes certificates")
    p.add_argument("--save", action="store_true",
                   help="write docs/bench-tls.md")
    o = p.parse_args()
    kinds = {"handshakes": handshakes, "requests": requests}
    runs = {}
    try:
        folder = tempfile.mkdtemp(prefix="hark-bench-tls-")
        with servers.Stage(folder, os.path.abspath(o.hark)) as stage:
            found = start_all(stage, os.path.abspath(o.hark))
            for _ in range(o.rounds):
                for kind, measure in kinds.items():
                    for name, server in found.items():
                        runs.setdefault((kind, name), []).append(
                            measure(server, o.seconds))
    except (servers.Failure, subprocess.SubprocessError) as e:
        print(f"bench-tls: {e}", file=sys.stderr)
        return 1
    text = "| what | server | per second | us of CPU each |\n|---|---|---|---|\n"
    for (kind, name), seen in runs.items():
        rate, cost = (statistics.median(x) for x in zip(*seen))
        text += f"| {kind} | {name} | {rate:,.0f} | {cost:.1f} |\n"
    if o.minted:
        text += minted(o.minted)
    print(text, end="")
    if o.save:
        keep.keep("bench-tls", "Benchmark of HTTPS", "tls.py", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
