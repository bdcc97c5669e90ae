#!/usr/bin/python3
# Goal: a HAR of whatever dialect gives what stands beside it.
"""A case is a folder: in.har (or in.har.gz, in.har.zip) goes in, and either
out.har is what an export gives afterwards, or error is a part of the one line
that says why the file cannot be used.  A third file, notes, has the reports of
repairs, each of which must be there.  UPDATE=1 writes out.har anew, for a
person to read before it is committed."""
import os
import shutil
import subprocess
import sys
import tempfile

HARK = os.environ.get("HARK", "./hark")
CASES = os.path.join(os.environ.get("top_srcdir", "."), "tests/golden")


def hark(*arguments):
    return subprocess.run([HARK, *arguments], capture_output=True, timeout=600)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def text_of(path):
    return read(path).decode() if os.path.exists(path) else None


def exported(store, path):
    """The export of a store; the version of the program does not count."""
    done = hark("export", "--store", store, "-o", path)
    if done.returncode != 0:
        raise AssertionError("export: " + done.stderr.decode())
    lines = read(path).split(b"\n")
    if lines[4].startswith(b'      "name": "hark"'):
        lines[5] = b'      "version": ""'
    return b"\n".join(lines)


def check_error(case, done, store, expected):
    said = done.stderr.decode()
    if done.returncode == 0:
        raise AssertionError("the file was taken: " + done.stdout.decode())
    if expected.strip() not in said.splitlines()[-1]:
        raise AssertionError("said " + said)
    listed = hark("list", "--json", "--store", store)
    if listed.stdout:
        raise AssertionError("the store has entries: " + listed.stdout.decode())


def check_output(case, done, folder, store):
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    got = exported(store, os.path.join(folder, "got.har"))
    wanted = os.path.join(case, "out.har")
    if os.environ.get("UPDATE"):
        with open(wanted, "wb") as f:
            f.write(got)
    if got != read(wanted):
        keep = os.path.join(tempfile.gettempdir(), "golden-got.har")
        shutil.copy(os.path.join(folder, "got.har"), keep)
        raise AssertionError("not as out.har says; see " + keep)
    again = os.path.join(folder, "again.db")
    done = hark("import", "--no-redact", "--strict", "--store", again,
                os.path.join(folder, "got.har"))
    if done.returncode != 0:
        raise AssertionError("its own export: " + done.stderr.decode())
    if exported(again, os.path.join(folder, "again.har")) != got:
        raise AssertionError("a second export differs from the first")


def run(case):
    source = next(os.path.join(case, name) for name in sorted(os.listdir(case))
                  if name.startswith("in.har"))
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "hark.db")
        done = hark("import", "--no-redact", "--verbose", "--store", store, source)
        for note in (text_of(os.path.join(case, "notes")) or "").splitlines():
            if note not in done.stderr.decode():
                raise AssertionError("no report: %s\nbut: %s" % (
                    note, done.stderr.decode()))
        expected = text_of(os.path.join(case, "error"))
        if expected is not None:
            check_error(case, done, store, expected)
        else:
            check_output(case, done, folder, store)


def is_case(folder):
    return os.path.isdir(folder) and any(
        name.startswith("in.har") for name in os.listdir(folder))


def main():
    names = sorted(name for name in os.listdir(CASES)
                   if is_case(os.path.join(CASES, name)))
    print("1..%d" % len(names))
    failed = 0
    for number, name in enumerate(names, 1):
        verdict = "ok"
        try:
            run(os.path.join(CASES, name))
        except AssertionError as why:
            verdict = "not ok"
            failed = 1
            for line in str(why).splitlines():
                print("# " + line)
        print("%s %d - %s" % (verdict, number, name.replace("-", " ")),
              flush=True)
    return failed


sys.exit(main())
