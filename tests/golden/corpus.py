#!/usr/bin/python3
# Goal: HAR files of real producers, and ones with one fault each, are read
# as they should be, and replay answers as they mean.
"""The corpora, har/ and har-synthetic/, are in a folder beside the checkout
(../shared/corpus) or in the one that HARK_CORPUS names; without them there is
nothing to do.  What comes out is compared with what Python's own JSON reader
sees."""
import base64
import collections
import csv
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

SOURCE = os.environ.get("top_srcdir", ".")
HARK = os.environ.get("HARK", "./hark")
CORPUS = os.environ.get("HARK_CORPUS") or os.path.join(
    SOURCE, "../shared/corpus")
SAMPLE = 12  # entries of one file that replay is asked for
# Hundreds of stores, each made safe on disk: in memory if possible.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

sys.path.insert(0, os.path.join(SOURCE, "tests/scenario"))
from program import Hark  # noqa: E402
from waits import Failed  # noqa: E402
from wire import HOP_BY_HOP, Ended  # noqa: E402

# What the corpus wants refused and hark reads, because its meaning is plain
# and every repair is reported.
READ_ALL_THE_SAME = {"jsonp.harp", "utf16le-bom.har", "utf16be-nobom.har",
                     "nul-in-header.har"}


class Wrong(Exception):
    pass


def hark(*arguments):
    done = subprocess.run([HARK, *arguments], capture_output=True, timeout=600)
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


def pairs(source, exported):
    """Each entry of source with the one of the export that is made of it."""
    at = 0
    for entry in source:
        if not isinstance(entry, dict) or not isinstance(
                entry.get("request"), dict) or not isinstance(
                    entry.get("response"), dict):
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
        yield entry, exported[at]
        at += 1


def compare(source, exported):
    for entry, made in pairs(source, exported):
        if comparable(entry) and bytes_of(
                entry["response"]["content"]) != bytes_of(
                    made["response"]["content"]):
            raise Wrong("the body of %s differs" % made["request"]["url"][:99])


#
# Replay
#

# What makes an answer depend on more than the request's method, URL and body.
CONDITIONS = HOP_BY_HOP | {"host", "content-length", "expect", "range",
                           "if-match", "if-none-match", "if-modified-since",
                           "if-unmodified-since", "if-range"}
DECODERS = {"gzip": gzip.decompress, "deflate": zlib.decompress}


def place(made):
    own = made["_hark"]
    return made["request"]["method"], own["target"], own.get("scope", "")


def can_be_asked(made):
    """Whether an exported entry is an answer that its request gets for sure:
    it came, it needs no condition, and the body of the request is text."""
    request, own = made["request"], made["_hark"]
    post = request.get("postData", {})
    return (200 <= made["response"]["status"] <= 599 and
            made["response"]["status"] != 304 and not own.get("outcome") and
            isinstance(own["target"], str) and own["target"].isascii() and
            "encoding" not in post and
            own["request"].get("known", True) and
            own["response"].get("known", True))


def sample(source, exported):
    """Up to SAMPLE entries that are the only ones for their place."""
    places = collections.Counter(
        place(made) for made in exported
        if isinstance(made["_hark"]["target"], str))
    chosen = [(entry, made) for entry, made in pairs(source, exported)
              if can_be_asked(made) and places[place(made)] == 1]
    step = max(1, len(chosen) // SAMPLE)
    return chosen[::step][:SAMPLE]


def ask(server, made):
    """A connection for each: some answers end theirs."""
    method, target, scope = place(made)
    body = made["request"].get("postData", {}).get("text")
    client = server.client()
    fields = [(f["name"], f["value"]) for f in made["request"]["headers"]
              if f["name"].lower() not in CONDITIONS and
              f["value"].isascii()]
    client.request(method, target, [("Host", scope or client.address)] +
                   fields, body.encode() if body else None, host=False)
    answer = client.response(method)
    client.close()
    return answer


def meant(entry):
    """The bytes of an answer's body, or None when they are open to doubt."""
    content = entry["response"].get("content")
    if comparable(entry):
        return bytes_of(content)
    if (not isinstance(content, dict) or not content.get("text") or
            content.get("encoding") != "base64" or
            entry["request"].get("method") == "HEAD"):
        return None
    try:
        return base64.b64decode(content["text"], validate=True)
    except ValueError:
        return None


def check_answer(answer, entry, made):
    """Whether there was a body to compare, too."""
    if answer.source != "replay":
        raise Wrong("no answer from replay, but %r" % answer)
    status = entry["response"].get("status")
    if not isinstance(status, int):
        status = made["response"]["status"]
    if answer.status != status:
        raise Wrong("status %d, expected %d" % (answer.status, status))
    expected = meant(entry)
    if expected is None or answer.body == expected:
        return expected is not None
    decode = DECODERS.get(answer.get("content-encoding"), bytes)
    if decode(answer.body) != expected:
        raise Wrong("the body is %r, expected %r" % (
            answer.body[:200], expected[:200]))
    return True


def replayed(store, tape, folder, source, exported):
    """Asks replay for a sample of a file's entries; for how many, and how many
    bodies that made sure of."""
    chosen = sample(source, exported)
    bodies = 0
    if not chosen:
        return 0, 0
    server = Hark(pathlib.Path(folder), "replay", "--tape", tape,
                  "--workers", 1, store=store).start()
    try:
        for entry, made in chosen:
            try:
                bodies += check_answer(ask(server, made), entry, made)
            except (Wrong, Failed, Ended) as why:
                raise Wrong("%s %s: %s" % (*place(made)[:2], why)) from None
    finally:
        server.stop()
    return len(chosen), bodies


def round_trip(folder, taped):
    """The entries of an export, after which import and export change nothing.
    """
    first = os.path.join(folder, "first.har")
    second = os.path.join(folder, "second.har")
    again = os.path.join(folder, "again.db")
    if hark("export", *taped, "-o", first).returncode != 0:
        raise Wrong("it cannot be exported")
    done = hark("import", "--no-redact", "--strict", "--store", again, first)
    if done.returncode != 0:
        raise Wrong("hark's own export: " + done.stderr.decode())
    hark("export", "--store", again, "-o", second)
    with open(first, "rb") as a, open(second, "rb") as b:
        text = a.read()
        if text != b.read():
            raise Wrong("a second export differs from the first")
    return json.loads(text)["log"]["entries"]


class Corpus:
    """What all files have in common: a store in which each has a tape."""

    def __init__(self, folder):
        self.store = os.path.join(folder, "all.db")
        self.files = 0
        self.asked = self.bodies = 0

    def take(self, path, folder):
        """Imports a file and follows it through export and replay."""
        self.files += 1
        tape = "file-%d" % self.files
        taped = "--store", self.store, "--tape", tape
        done = hark("import", "--no-redact", *taped, path)
        source = parsed(path)
        if done.returncode != 0:
            if hark("list", "--json", *taped).stdout:
                raise Wrong("refused, but the store has entries")
            return done
        counts = [int(n) for n in re.findall(rb"\d+", done.stdout)[:3]]
        if source is not None and counts[0] + counts[2] != len(source):
            raise Wrong("%d entries, but %s" % (
                len(source), done.stdout.decode()))
        exported = round_trip(folder, taped)
        if source is not None:
            compare(source, exported)
            asked, bodies = replayed(
                self.store, tape, folder, source, exported)
            self.asked += asked
            self.bodies += bodies
        return done


def check_real(corpus, path, folder):
    done = corpus.take(path, folder)
    source = parsed(path)
    if source is not None and done.returncode != 0:
        raise Wrong("refused: " + done.stderr.decode())
    if source is None and path.endswith(".har") and done.returncode == 0:
        raise Wrong("taken, but it is no HAR")


def check_synthetic(corpus, path, folder, verdict):
    done = corpus.take(path, folder)
    if os.path.basename(path) in READ_ALL_THE_SAME:
        verdict = "accept"
    if verdict.startswith("accept") and done.returncode != 0:
        raise Wrong("refused: " + done.stderr.decode())
    if verdict == "reject" and done.returncode == 0:
        raise Wrong("taken: " + done.stdout.decode())


def cases(corpus):
    folder = os.path.join(CORPUS, "har")
    for name in sorted(os.listdir(folder)):
        if name.endswith((".har", ".har.zip", ".har.gz")):
            path = os.path.join(folder, name)
            yield name, lambda f, p=path: check_real(corpus, p, f)
    folder = os.path.join(CORPUS, "har-synthetic")
    with open(os.path.join(folder, "INDEX.tsv"), newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        path = os.path.join(folder, row["file"])
        yield "synthetic " + row["file"], lambda f, p=path, v=row[
            "expect"]: check_synthetic(corpus, p, f, v)
    yield "replay was asked for entries", lambda f: check_asked(corpus)


def check_asked(corpus):
    print("# replay was asked for %d entries and gave %d bodies to compare" % (
        corpus.asked, corpus.bodies))
    if corpus.bodies == 0:
        raise Wrong("no entry of any file was worth asking for")


def run(everything):
    failed = 0
    for number, (name, check) in enumerate(cases(Corpus(everything)), 1):
        verdict = "ok"
        try:
            with tempfile.TemporaryDirectory(dir=everything) as folder:
                check(folder)
        except Wrong as why:
            verdict = "not ok"
            failed = 1
            for line in str(why).splitlines():
                print("# " + line)
        print("%s %d - %s" % (verdict, number, name), flush=True)
    print("1..%d" % number)
    return failed


def main():
    sys.setrecursionlimit(20000)  # Python's reader takes one per nested list
    if not os.path.isdir(os.path.join(CORPUS, "har")) or not os.path.isdir(
            os.path.join(CORPUS, "har-synthetic")):
        print("1..0 # SKIP no corpus with har and har-synthetic beside the "
              "checkout")
        return 0
    with tempfile.TemporaryDirectory(prefix="hark-corpus-", dir=MEMORY) as f:
        return run(f)


sys.exit(main())
