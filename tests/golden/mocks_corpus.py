#!/usr/bin/python3
# Goal: descriptions and collections of real APIs become mocks that work.
"""The corpora, openapi/, postman/, wiremock/ and mockoon/, are in a folder
beside the checkout (../shared/corpus) or in the one that HARK_CORPUS names;
without them there is nothing to do.  Each source becomes a mocks file in which
hark check finds no error, with a route for each operation, and each body that
is said to be JSON is JSON once it is rendered."""
import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("top_srcdir", ".")
HARK = os.environ.get("HARK", "./hark")
RENDER = os.path.join(os.environ.get("top_builddir", "."),
                      "tests/golden/render")
CORPUS = pathlib.Path(os.environ.get("HARK_CORPUS") or
                      os.path.join(SOURCE, "../shared/corpus"))


def hark(*arguments):
    done = subprocess.run([HARK, *map(str, arguments)], capture_output=True,
                          text=True, timeout=600)
    if done.returncode not in (0, 1, 2) or "Sanitizer" in done.stderr:
        raise AssertionError("%s: %s" % (done.returncode,
                                         done.stderr[-2000:]))
    return done


def imported(how, path, out):
    """The mocks file, which hark check finds no error in; None: refused."""
    done = hark("mock", how, path, "-o", out)
    if done.returncode == 2:
        return None
    if done.returncode != 0:
        raise AssertionError("%s: %s" % (path, done.stderr))
    checked = hark("check", out)
    if checked.returncode != 0:
        raise AssertionError("%s: %s" % (path, checked.stdout[-2000:]))
    with open(out, encoding="utf-8") as f:
        return json.load(f)


def says_json(response):
    return any(h["key"] == "Content-Type" and "json" in h["value"]
               for h in response["headers"])


def rendered(bodies):
    jobs = "".join(json.dumps({"template": b, "seed": i + 1,
                               "now": 1700000000000}) + "\n"
                   for i, b in enumerate(bodies))
    done = subprocess.run([RENDER], input=jobs, capture_output=True,
                          text=True, timeout=900)
    return [json.loads(line) for line in done.stdout.splitlines()]


def broken_bodies(name, mocks):
    """Those that are not JSON although their type says so.  Examples are
    what they are."""
    places = [(route, response) for route in mocks["routes"]
              for response in route["responses"]
              if says_json(response) and "{{" in response["body"] and
              not response["disableTemplating"]]
    results = rendered([response["body"] for _, response in places])
    if len(results) != len(places):
        raise AssertionError("%s: %d of %d bodies were rendered" % (
            name, len(results), len(places)))
    for (route, response), result in zip(places, results):
        where = "%s: %s %s %s" % (name, route["method"], route["endpoint"],
                                  response["statusCode"])
        if "out" not in result:
            yield "%s: %s" % (where, result)
            continue
        try:
            json.loads(result["out"])
        except ValueError as e:
            yield "%s: %s: %s" % (where, e, result["out"][:300])


def index(folder):
    with open(CORPUS / folder / "INDEX.tsv", encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def descriptions_become_routes(work):
    refused, counts = [], collections.Counter()
    broken = []
    for row in index("openapi"):
        path = CORPUS / "openapi" / row["file"]
        if not path.exists():
            continue
        mocks = imported("from-openapi", path, work / "m.json")
        if mocks is None:
            refused.append((row["file"], row["version"]))
            continue
        counts["files"] += 1
        counts["routes"] += len(mocks["routes"])
        # Two of these paths differ in what is behind a # only, two items
        # are references the index did not count.
        if abs(len(mocks["routes"]) - int(row["operations"])) > 2:
            raise AssertionError("%s: %d routes of %s operations" % (
                row["file"], len(mocks["routes"]), row["operations"]))
        broken += broken_bodies(row["file"], mocks)
    wrong = [name for name, version in refused if version != "?"]
    if wrong or broken:
        raise AssertionError("refused: %s, bodies that are no JSON:\n%s" % (
            wrong, "\n".join(broken[:20])))
    return "%(files)d files, %(routes)d routes" % counts


def others(how, folder, pattern, work):
    files = routes = 0
    for path in sorted((CORPUS / folder).glob(pattern)):
        text = path.read_bytes()
        if b'"%s/' in text:
            # Of a test that puts its own address there.
            path = work / "source.json"
            path.write_bytes(text.replace(b'"%s/', b'"http://127.0.0.1/'))
        mocks = imported(how, path, work / "m.json")
        if mocks is not None:
            files += 1
            routes += len(mocks["routes"])
    if files == 0:
        raise AssertionError("nothing was imported")
    return "%d files, %d routes" % (files, routes)


def collections_become_routes(work):
    return others("from-postman", "postman", "*.json", work)


def stubs_become_routes(work):
    return others("from-wiremock", "wiremock", "[rti]*/**/*.json", work)


def environments_are_checked(work):
    """Those of Mockoon's own programs; some of them are broken by design."""
    errors = 0
    paths = sorted((CORPUS / "mockoon").glob("*.json"))
    for path in paths:
        errors += hark("check", path).returncode != 0
    return "%d files, %d with errors" % (len(paths), errors)


def main():
    tests = [descriptions_become_routes, collections_become_routes,
             stubs_become_routes, environments_are_checked]
    if not (CORPUS / "openapi").exists():
        print("1..0 # SKIP no corpus in %s" % CORPUS)
        return 0
    print("1..%d" % len(tests))
    failed = 0
    for i, test in enumerate(tests):
        name = test.__name__.replace("_", " ")
        with tempfile.TemporaryDirectory(prefix="hark-mocks-") as work:
            try:
                print("ok %d - %s: %s" % (i + 1, name,
                                          test(pathlib.Path(work))))
            except AssertionError as e:
                failed += 1
                print("not ok %d - %s\n# %s" % (
                    i + 1, name, str(e).replace("\n", "\n# ")))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
