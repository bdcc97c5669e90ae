#!/usr/bin/python3
"""hark import and export of big HARs, beside jq and Node on the same file.

The files are generated: what a browser records of an application that talks
JSON to its API, with images in base64 and some twenty header fields in each
direction, no two bodies alike.  All bodies are texts in memory to jq and Node,
which read the whole file at once; hark holds one entry.

MB is 10^6 bytes of HAR.  Programs run one after the other, with the file in
the page cache; of several rounds the median counts.
"""

import argparse
import base64
import json
import os
import platform
import random
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"k": 10**3, "m": 10**6, "g": 10**9}
HEAD = """\
| HAR | entries | program | MB/s | entries/s | CPU s | peak MB |
|---|---|---|---|---|---|---|
"""
NODE = """\
const text = require('fs').readFileSync(process.argv[1], 'utf8');
console.log(JSON.parse(text).log.entries.length);
"""


class Failure(Exception):
    pass


#
# The files
#

def fields(rng, names):
    return [{"name": n, "value": "%032x" % rng.getrandbits(128) * (
        1 + i % 4)} for i, n in enumerate(names)]


def request(rng):
    names = ["Host", "User-Agent", "Accept", "Accept-Encoding", "Referer",
             "Accept-Language", "Authorization", "Origin", "Sec-Fetch-Dest",
             "Sec-Fetch-Mode", "Sec-Fetch-Site", "Pragma", "X-Trace-Id"]
    return {"method": "GET", "url": "@URL@", "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": fields(rng, names), "queryString": [],
            "headersSize": -1, "bodySize": 0}


def response(rng, content):
    names = ["Date", "Server", "Cache-Control", "Vary", "X-Request-Id",
             "X-Frame-Options", "Strict-Transport-Security",
             "Content-Security-Policy", "X-Content-Type-Options", "Etag",
             "Referrer-Policy", "Set-Cookie", "X-Runtime", "Via"]
    listed = fields(rng, names)
    listed.append({"name": "Content-Type", "value": content["mimeType"]})
    return {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": listed, "content": content,
            "redirectURL": "", "headersSize": -1, "bodySize": -1}


def rows(rng):
    """A JSON body as an API gives it, of 1 to 60 kB."""
    listed = [{"id": rng.getrandbits(32), "name": "Ωmega „%x“" % i,
               "tags": ["a\nb", "c\\d", "plain text"], "price": i / 7,
               "seen": None, "text": "lorem ipsum dolor sit amet " * 4}
              for i in range(rng.randrange(4, 240))]
    return json.dumps({"unique": "@ID@", "rows": listed}, ensure_ascii=False)


def template(rng, number):
    """The text of an entry, with marks where entries differ."""
    if number % 5:
        text = rows(rng)
        content = {"size": len(text.encode()), "text": text,
                   "mimeType": "application/json; charset=utf-8"}
    else:
        data = rng.randbytes(rng.randrange(3000, 150000))
        # Twelve characters of base64 are nine bytes.
        content = {"size": len(data) + 9, "encoding": "base64",
                   "mimeType": "image/png",
                   "text": "@ID@" + base64.b64encode(data).decode()}
    return json.dumps({
        "startedDateTime": "2026-01-02T03:04:05.678Z", "time": 12.5,
        "request": request(rng), "response": response(rng, content),
        "cache": {}, "timings": {"send": 0.5, "wait": 10, "receive": 2}},
        ensure_ascii=False)


def generate(path, size):
    """Writes a HAR of about size bytes; how many entries it has."""
    rng = random.Random(7)
    templates = [template(rng, n) for n in range(60)]
    written = entries = 0
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write('{"log":{"version":"1.2","creator":{"name":"bench",'
                '"version":"1"},"entries":[\n')
        while written < size:
            text = templates[entries % len(templates)]
            text = text.replace("@URL@", "https://api.test/v1/%d" % entries, 1)
            text = text.replace("@ID@", "%012d" % entries, 1)
            f.write((",\n" if entries else "") + text)
            written = f.tell() if entries % 64 == 0 else written
            entries += 1
        f.write("\n]}}\n")
    return entries


#
# The programs
#

def peak_memory(pid):
    """In bytes, or 0 when the process has none any more.  What wait4() tells
    is at least what this program had when it forked."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        found = re.search(r"^VmHWM:\s*(\d+)", f.read(), re.M)
    return int(found.group(1)) * 1024 if found else 0


def run(argv):
    """Runs a program to its end: seconds, CPU seconds, peak of memory in
    bytes, and what it said; None for the seconds when it did not survive."""
    peak = 0
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=subprocess.STDOUT)
        ended = select.poll()
        descriptor = os.pidfd_open(process.pid)
        ended.register(descriptor, select.POLLIN)
        try:
            while not ended.poll(2):
                peak = max(peak, peak_memory(process.pid))
            seconds = time.monotonic() - began
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            os.close(descriptor)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return {"seconds": seconds if process.returncode == 0 else None,
            "cpu": usage.ru_utime + usage.ru_stime, "peak": peak, "said": text}


def programs(hark, folder, path, only):
    """Name and argument vector of each, in the order they have to run."""
    store = os.path.join(folder, "hark.db")
    out = os.path.join(folder, "out.har")
    rows_ = [
        ("hark import --dry-run", [hark, "import", "--dry-run", path]),
        ("hark import", [hark, "import", "--store", store, path]),
        ("hark export", [hark, "export", "--store", store, "-o", out]),
        ("jq length", ["jq", ".log.entries | length", path]),
        ("Node JSON.parse", ["node", "-e", NODE, path]),
    ]
    rows_ = rows_[:1] if only == "dry-run" else rows_
    return [r for r in rows_ if shutil.which(r[1][0])]


def clean(folder):
    for name in os.listdir(folder):
        if name.startswith(("hark.db", "out.har")):
            os.unlink(os.path.join(folder, name))


def said_so(name, result, entries):
    """Whether the program read all: each says a number of entries, but export,
    which says nothing."""
    if name == "hark export":
        return True
    found = re.search(r"^(?:imported )?(\d+)", result["said"], re.M)
    return found is not None and int(found.group(1)) == entries


def measure(hark, folder, path, entries, rounds, only):
    results = {}
    for _ in range(rounds):
        clean(folder)
        for name, argv in programs(hark, folder, path, only):
            print(f"{os.path.basename(path)} {name}", file=sys.stderr,
                  flush=True)
            result = run(argv)
            if result["seconds"] is not None and not said_so(
                    name, result, entries):
                raise Failure(f"{name}: expected {entries} entries, but: "
                              + result["said"][-500:])
            if result["seconds"] is None and name.startswith("hark"):
                raise Failure(f"{name}: {result['said'][-2000:]}")
            results.setdefault(name, []).append(result)
    exported = os.path.join(folder, "out.har")
    sizes = {"hark export": os.path.getsize(exported)
             if os.path.exists(exported) else 0}
    return [row(os.path.basename(path), sizes.get(name) or
                os.path.getsize(path), entries, name, runs)
            for name, runs in results.items()]


def row(har, size, entries, name, runs):
    survived = [r for r in runs if r["seconds"] is not None]
    one = {"har": har, "entries": entries, "program": name,
           "peak": max(r["peak"] for r in runs)}
    if len(survived) < len(runs):
        return {**one, "died": runs[-1]["said"].strip()[-300:]}
    seconds = statistics.median(r["seconds"] for r in runs)
    return {**one, "mb_per_s": size / 1e6 / seconds,
            "entries_per_s": entries / seconds,
            "cpu_s": statistics.median(r["cpu"] for r in runs)}


#
# The report
#

def line(r):
    cells = [r["har"], f"{r['entries']:,}", r["program"]]
    if "died" in r:
        cells += ["did not survive", "", ""]
    else:
        cells += [f"{r['mb_per_s']:,.0f}", f"{r['entries_per_s']:,.0f}",
                  f"{r['cpu_s']:.2f}"]
    return "| " + " | ".join(cells + [f"{r['peak'] / 1e6:,.0f}"]) + " |\n"


def version(argv):
    if shutil.which(argv[0]) is None:
        return "none"
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found.group(0) if found else "unknown"


def report(hark, rounds, found):
    about = {"cpus": os.cpu_count(),
             "kernel": re.match(r"[\d.]*\d", platform.release()).group(0),
             "hark": version([hark, "--version"]),
             "jq": version(["jq", "--version"]),
             "node": version(["node", "--version"]), "rounds": rounds}
    text = ("{cpus} CPUs, Linux {kernel}, hark {hark}, jq {jq}, Node {node}; "
            "up to {rounds} rounds, medians.\n\n").format(**about) + HEAD
    text += "".join(line(r) for r in found)
    text += ("\nExport is measured by the size of what it writes, all else by "
             "that of the HAR read.\n")
    return about, text


def save(about, found, text):
    docs = os.path.join(HERE, "..", "..", "docs")
    os.makedirs(docs, exist_ok=True)
    with open(os.path.join(docs, "bench-har.json"), "w",
              encoding="utf-8") as f:
        json.dump({"machine": about, "rows": found}, f, indent=1)
        f.write("\n")
    with open(os.path.join(docs, "bench-har.md"), "w", encoding="utf-8") as f:
        f.write("# Benchmark of HAR import and export\nMade by `make "
                "bench-har`; see tests/bench/har.py for what is compared.\n\n"
                + text)


def size_of(text):
    found = re.fullmatch(r"(\d+)([kmg])", text)
    if not found:
        raise argparse.ArgumentTypeError("expected a number and k, m or g")
    return text, int(found.group(1)) * SIZES[found.group(2)]


def options():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--save", action="store_true",
                   help="write docs/bench-har.md and docs/bench-har.json")
    p.add_argument("--hark", default=os.environ.get("HARK", "./hark"),
                   help="the program (default: $HARK or ./hark)")
    p.add_argument("--size", type=size_of, action="append",
                   help="of a HAR to generate (default: 10m and 1g)")
    p.add_argument("--only", choices=["dry-run"],
                   help="reading alone, without a store")
    p.add_argument("--rounds", type=int, default=3,
                   help="for HARs below 500m; others have one (default: 3)")
    return p.parse_args()


def bench(o, folder):
    found = []
    for name, size in o.size or [size_of("10m"), size_of("1g")]:
        needed = size * (1 if o.only else 4)
        if shutil.disk_usage(folder).free < needed * 1.2:
            raise Failure(f"{name}: needs {needed / 1e9:.0f} GB of free disk")
        path = os.path.join(folder, name + ".har")
        entries = generate(path, size)
        found += measure(os.path.abspath(o.hark), folder, path, entries,
                         o.rounds if size < 500 * 10**6 else 1, o.only)
        os.unlink(path)
        clean(folder)
    about, text = report(o.hark, o.rounds, found)
    print(text, end="")
    if o.save:
        save(about, found, text)


def main():
    o = options()
    try:
        if not os.access(o.hark, os.X_OK):
            raise Failure(f"{o.hark}: no such program; make it first")
        with tempfile.TemporaryDirectory(prefix="hark-bench-har-") as folder:
            bench(o, folder)
    except Failure as e:
        print(f"bench-har: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
