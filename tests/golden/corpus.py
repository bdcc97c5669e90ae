#!/usr/bin/python3
# Goal: HAR files of real producers, and ones with one fault each, are read
# as they should be.
"""HARK_CORPUS names a folder with har/ and har-synthetic/; without it there is
nothing to do.  Bodies are compared with what Python's own JSON reader sees."""
import base64
import csv
import json
import os
import re
import subprocess
import sys
import tempfile

HARK = os.environ.get("HARK", "./hark")
CORPUS = os.environ.get("HARK_CORPUS", "")

# What the corpus wants refused and hark reads, because its meaning is plain
# and every repair is reported.
READ_ALL_THE_SAME = {"jsonp.harp", "utf16le-bom.har", "utf16be-nobom.har",
                     "nul-in-header.har"}


class Wrong(Exception):
    pass


def hark(*arguments):
    done = subprocess.run([HARK, *arguments], capture_output=True, timeout=120)
    if done.returncode not in (0, 1, 2) or b"Sanitizer" in done.stderr:
        raise Wrong("%s: %s" % (done.returncode, done.stderr.decode()[-2000:]))
    return done


def parsed(path):
    with open(path, "rb") as f:
        data = f.read()
    try:
        log = json.loads(data.decode("utf-8-sig"))["log"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None


def bytes_of(content):
    text = content.get("text") or ""
    if content.get("encoding") == "base64":
        return base64.b64decode(text)
    return text.encode("utf-8", "surrogatepass")


def comparable(entry):
    """Whether an entry's body has only one reading."""
    response = entry.get("response")
    if not isinstance(response, dict) or response.get("status") != 200:
        return False
    content = response.get("content")
    if not isinstance(content, dict) or not content.get("text"):
        return False
    if content.get("encoding") or entry["request"].get("method") == "HEAD":
        return False
    if content["text"].startswith('["') or not isinstance(
            response.get("headers"), list):
        return False
    kinds = json.dumps([response["headers"], content.get("mimeType")]).lower()
    foreign = re.search(r"charset=\W*(?!utf-?8)", kinds)
    return not foreign and content["text"].isascii()


def compare(source, exported):
    """The bodies of source, in order, among those of what was exported."""
    at = 0
    for entry in source:
        if not isinstance(entry, dict) or not isinstance(
                entry.get("request"), dict):
            continue
        url = str(entry["request"].get("url") or "").strip()
        if not url.lower().startswith(("http://", "https://")):
            continue
        wanted = (entry["request"].get("method"), url.split("#")[0])
        while at < len(exported):
            request = exported[at]["request"]
            if (request["method"], request["url"]) == wanted:
                break
            at += 1
        else:
            return
        if comparable(entry) and bytes_of(
                entry["response"]["content"]) != bytes_of(
                    exported[at]["response"]["content"]):
            raise Wrong("the body of %s differs" % url[:100])
        at += 1


def round_trip(folder, store, source):
    first = os.path.join(folder, "first.har")
    second = os.path.join(folder, "second.har")
    again = os.path.join(folder, "again.db")
    if hark("export", "--store", store, "-o", first).returncode != 0:
        raise Wrong("it cannot be exported")
    done = hark("import", "--strict", "--store", again, first)
    if done.returncode != 0:
        raise Wrong("hark's own export: " + done.stderr.decode())
    hark("export", "--store", again, "-o", second)
    with open(first, "rb") as a, open(second, "rb") as b:
        text = a.read()
        if text != b.read():
            raise Wrong("a second export differs from the first")
    if source is not None:
        compare(source, json.loads(text)["log"]["entries"])


def imported(path, folder):
    store = os.path.join(folder, "hark.db")
    done = hark("import", "--store", store, path)
    source = parsed(path)
    if done.returncode == 0:
        counts = [int(n) for n in re.findall(rb"\d+", done.stdout)[:3]]
        if source is not None and counts[0] + counts[2] != len(source):
            raise Wrong("%d entries, but %s" % (
                len(source), done.stdout.decode()))
        round_trip(folder, store, source)
    elif hark("list", "--json", "--store", store).stdout:
        raise Wrong("refused, but the store has entries")
    return done


def check_real(path, folder):
    done = imported(path, folder)
    source = parsed(path)
    if source is not None and done.returncode != 0:
        raise Wrong("refused: " + done.stderr.decode())
    if source is None and path.endswith(".har") and done.returncode == 0:
        raise Wrong("taken, but it is no HAR")


def check_synthetic(path, folder, verdict):
    done = imported(path, folder)
    if os.path.basename(path) in READ_ALL_THE_SAME:
        verdict = "accept"
    if verdict == "accept" and done.returncode != 0:
        raise Wrong("refused: " + done.stderr.decode())
    if verdict == "reject" and done.returncode == 0:
        raise Wrong("taken: " + done.stdout.decode())


def cases():
    folder = os.path.join(CORPUS, "har")
    for name in sorted(os.listdir(folder)):
        if name.endswith((".har", ".har.zip", ".har.gz")):
            yield name, lambda f, p=os.path.join(folder, name): check_real(
                p, f)
    folder = os.path.join(CORPUS, "har-synthetic")
    with open(os.path.join(folder, "INDEX.tsv"), newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        path = os.path.join(folder, row["file"])
        yield "synthetic " + row["file"], lambda f, p=path, v=row[
            "expect"]: check_synthetic(p, f, v)


def main():
    if not os.path.isdir(os.path.join(CORPUS, "har")) or not os.path.isdir(
            os.path.join(CORPUS, "har-synthetic")):
        print("1..0 # SKIP HARK_CORPUS does not name a folder with har and "
              "har-synthetic")
        return 0
    failed = 0
    number = 0
    for name, check in cases():
        number += 1
        verdict = "ok"
        try:
            with tempfile.TemporaryDirectory() as folder:
                check(folder)
        except Wrong as why:
            verdict = "not ok"
            failed = 1
            for line in str(why).splitlines():
                print("# " + line)
        print("%s %d - %s" % (verdict, number, name), flush=True)
    print("1..%d" % number)
    return failed


sys.exit(main())
