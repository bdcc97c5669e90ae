#!/usr/bin/python3
# Goal: what faker gives is what @faker-js/faker 9.9.0 gives.
"""Installs the npm package into a folder of its own, lets it write thousands
of calls and what came of them (faker.mjs), and has the same calls made by
tests/golden/faker_calls.  FAKER_JS may name an installed package instead;
with FAKER_ALL set all arguments go to all locales, which takes a minute."""
import collections
import json
import os
import subprocess
import sys
import tempfile

import packages

SOURCE = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
VERSION = "9.9.0"
SHOWN = 3  # of the differences of one method

# Sine and cosine of libm and of V8 differ in the last bit now and then.
ROUNDED = "nearbyGPSCoordinate"
UTC = dict(os.environ, TZ="UTC", LANG="en_US.UTF-8")


def calls(package, folder):
    """The file with the calls, and with what is expected."""
    path = os.path.join(folder, "calls")
    with open(path, "wb") as f:
        subprocess.run(
            ["node", os.path.join(SOURCE, "tests/golden/faker.mjs"), package]
            + ["all"] * bool(os.environ.get("FAKER_ALL")),
            stdout=f, env=UTC, check=True, timeout=600)
    return path


def near(a, b):
    a, b = [[float(x) for x in t.split(",")] for t in (a, b)]
    return all(abs(x - y) < 1e-12 for x, y in zip(a, b))


def differs(call, said):
    """What is not as it should be, or None."""
    want = call["want"]
    if "error" in want:
        if said.get("error") != want["error"]:
            return "error"
        if want["error"] == "failed":
            return None  # in its own words; where it broke off is unknown
        why = "faker %s: %s" % (call["name"], want["why"])
        if said["why"] != why[:639]:
            return "message"
    elif said.get("text") != want["text"]:
        if not call["name"].endswith(ROUNDED) or \
                not near(said.get("text"), want["text"]):
            return "text"
    elif "json" in want and json.loads(want["json"]) != said.get("json"):
        return "JSON"
    if said["next"] != call["next"]:
        return "numbers drawn"
    return None


def compare(path):
    """Numbers of calls and lists of differences by method."""
    total, found = collections.Counter(), collections.defaultdict(list)
    program = os.path.join(BUILD, "tests/golden/faker_calls")
    with open(path) as asked, subprocess.Popen(
            [program], stdin=open(path), stdout=subprocess.PIPE, env=UTC,
            text=True, encoding="utf-8", errors="replace") as p:
        for line, answer in zip(asked, p.stdout):
            call, said = json.loads(line), json.loads(answer)
            name = call["name"]
            total[name] += 1
            why = differs(call, said)
            if why:
                found[name].append("%s: %s %s %s: %s, not %s" % (
                    why, call["locale"], call["seed"],
                    json.dumps(call["args"]), json.dumps(said),
                    json.dumps(call["want"])))
        asked_for_more = asked.readline() != ""
    if p.returncode or asked_for_more:
        raise RuntimeError("faker_calls ended with %s after %d calls" % (
            p.returncode, sum(total.values())))
    return total, found


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            package = os.environ.get("FAKER_JS") or os.path.join(
                packages.installed(folder, ["@faker-js/faker@" + VERSION]),
                "node_modules/@faker-js/faker")
        except packages.Missing as why:
            print("1..0 # SKIP %s" % why)
            return 0
        total, found = compare(calls(package, folder))
    print("1..%d" % len(total))
    for n, name in enumerate(sorted(total), 1):
        for line in found[name][:SHOWN]:
            print("# " + line[:600])
        print("%s %d - %s gives the same in %d calls" % (
            "not ok" if found[name] else "ok", n, name, total[name]))
    print("# %d methods, %d calls" % (len(total), sum(total.values())))
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
