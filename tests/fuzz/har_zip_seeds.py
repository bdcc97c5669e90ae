#!/usr/bin/python3
"""Writes the seeds of the fuzzer har_zip into the folder named: small files
of each kind that har_file.c knows, made whole and made odd."""
import gzip
import io
import json
import os
import sys
import zipfile

WHEN = (2026, 1, 2, 3, 4, 6)
ENTRY = {"startedDateTime": "2026-01-02T03:04:05Z", "time": 0,
         "request": {"method": "GET", "url": "http://a.test/", "headers": []},
         "response": {"status": 200, "statusText": "OK", "headers": [],
                      "content": {"size": 2, "mimeType": "", "text": "hi"}}}


def har(**content):
    entry = json.loads(json.dumps(ENTRY))
    entry["response"]["content"].update(content)
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}})


def from_file(name):
    """A HAR whose one body is in a payload file, as Playwright has it."""
    entry = json.loads(har())
    content = entry["log"]["entries"][0]["response"]["content"]
    del content["text"]
    content["_file"] = name
    return json.dumps(entry)


class Pipe(io.BytesIO):
    """Cannot seek, so that sizes come in data descriptors."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise OSError

    def tell(self):
        raise OSError


def zipped(*members, to=None, method=zipfile.ZIP_DEFLATED, comment=b""):
    out = to or io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        z.comment = comment
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, WHEN), data, method)
    return out.getvalue()


def seeds():
    body = ("da39a3ee.txt", b"a body\n" * 9)
    plain = har().encode()
    har_zip = zipped(("har.har", from_file(body[0])), body)
    yield "zip", har_zip
    yield "zip-har-last", zipped(body, ("har.har", from_file(body[0])))
    yield "zip-stored", zipped(("har.har", plain), body,
                               method=zipfile.ZIP_STORED)
    yield "zip-descriptors", zipped(("har.har", from_file(body[0])), body,
                                    to=Pipe())
    yield "zip-comment", zipped(("har.har", plain), comment=b"PK\5\6" + b"x")
    yield "zip-in-folder", zipped(("a/b.har", from_file("../" + body[0])),
                                  ("a/", b""), body)
    yield "zip-two", zipped(("a.har", plain), ("b.har", plain))
    yield "zip-same-names", zipped(("har.har", from_file("x")), ("x", b"1"),
                                   ("x", b"2"))
    yield "zip-gzip", zipped(("har.har", gzip.compress(plain, mtime=0)))
    yield "zip-utf16", zipped(("har.har", har().encode("utf-16")))
    yield "zip-no-har", zipped(body)
    yield "zip-empty", zipped()
    yield "zip-missing-payload", zipped(("har.har", from_file("gone")))
    yield "zip-bomb", zipped(("har.har", from_file("x")),
                             ("x", b"\0" * 1000000))
    yield "zip-cut", har_zip[:-30]
    yield "zip-bad-crc", har_zip.replace(har_zip[14:18], b"abcd")
    yield "zip-encrypted", har_zip[:6] + b"\1" + har_zip[7:]
    yield "gzip", gzip.compress(plain, mtime=0)
    yield "gzip-members", gzip.compress(plain[:99], mtime=0) + gzip.compress(
        plain[99:], mtime=0) + bytes(20)
    yield "gzip-cut", gzip.compress(plain, mtime=0)[:-12]
    yield "gzip-in-gzip", gzip.compress(gzip.compress(plain, mtime=0), mtime=0)
    yield "utf16le", har(text="é😀").encode("utf-16-le")
    yield "utf16be-mark", b"\xfe\xff" + har(text="é").encode("utf-16-be")
    yield "utf16-odd", har().encode("utf-16-le")[:-1]
    yield "plain", plain


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, data in seeds():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    return 0


sys.exit(main())
