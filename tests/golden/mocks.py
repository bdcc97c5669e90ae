#!/usr/bin/python3
# Goal: what describes or recorded an API becomes the mocks file beside it.
"""A case is a folder in mocks/: one of openapi.yaml, openapi.json,
postman.json, wiremock.json, wiremock/ or entries.har goes in, with the
arguments in options if there are any.  out.json is the mocks file, and notes
what is told on standard error; or error is a part of the line that says why
the source cannot be used.  Each mocks file is one that hark check finds nothing
wrong with.  UPDATE=1 writes out.json and notes anew, for a person to read
before they are committed."""
import os
import shutil
import subprocess
import sys
import tempfile

HARK = os.environ.get("HARK", "./hark")
CASES = os.path.join(os.environ.get("top_srcdir", "."), "tests/golden/mocks")
SOURCES = {"openapi.yaml": "from-openapi", "openapi.json": "from-openapi",
           "postman.json": "from-postman", "wiremock.json": "from-wiremock",
           "wiremock": "from-wiremock", "entries.har": "from-har"}


def hark(folder, *arguments):
    return subprocess.run([HARK, *arguments], cwd=folder, timeout=600,
                          capture_output=True, text=True)


def text_of(*parts):
    path = os.path.join(*parts)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read()


def keep(path, text):
    if text:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    elif os.path.exists(path):
        os.unlink(path)


def compare(what, got, wanted):
    if got == wanted:
        return
    got, wanted = got.splitlines(), wanted.splitlines()
    for i in range(max(len(got), len(wanted))):
        if got[i:i + 1] != wanted[i:i + 1]:
            raise AssertionError("%s, line %d: %s instead of %s" % (
                what, i + 1, got[i:i + 1], wanted[i:i + 1]))


def run(case, work):
    source = next(name for name in SOURCES
                  if os.path.exists(os.path.join(case, name)))
    options = text_of(case, "options").split()
    done = hark(case, "mock", SOURCES[source], source, *options, "-o",
                os.path.join(work, "out.json"))
    error = text_of(case, "error").strip()
    if error:
        if done.returncode != 2 or error not in done.stderr:
            raise AssertionError("gave %d: %s" % (
                done.returncode, done.stderr))
        return
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    out = text_of(work, "out.json")
    if os.environ.get("UPDATE"):
        keep(os.path.join(case, "out.json"), out)
        keep(os.path.join(case, "notes"), done.stderr)
    compare("out.json", out, text_of(case, "out.json"))
    compare("notes", done.stderr, text_of(case, "notes"))
    checked = hark(work, "check", "out.json")
    if checked.returncode != 0:
        raise AssertionError(checked.stdout)


def main():
    cases = sorted(os.listdir(CASES))
    print("1..%d" % len(cases))
    failed = 0
    for i, name in enumerate(cases):
        work = tempfile.mkdtemp(prefix="hark-golden-")
        try:
            run(os.path.join(os.path.abspath(CASES), name), work)
            print("ok %d - %s" % (i + 1, name))
        except AssertionError as e:
            failed += 1
            print("not ok %d - %s\n# %s" % (
                i + 1, name, str(e).replace("\n", "\n# ")))
        finally:
            shutil.rmtree(work)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
