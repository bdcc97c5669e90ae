#!/usr/bin/python3
# Goal: hark import and hark export do all of what was asked, or nothing.
import gzip
import json
import os
import subprocess
import sys
import tempfile

HARK = os.environ.get("HARK", "./hark")


def entry(url, **request):
    return {"startedDateTime": "2026-01-02T03:04:05.000Z", "time": 0,
            "request": {"method": "GET", "url": url, "headers": [],
                        **request},
            "response": {"status": 200, "statusText": "OK", "headers": [],
                         "content": {"size": 2, "mimeType": "",
                                     "text": "hi"}}}


def har(*entries):
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def hark(folder, *arguments, expect=0, **how):
    done = subprocess.run([HARK, *arguments], cwd=folder, timeout=60,
                          capture_output="stdout" not in how, **how)
    if done.returncode != expect:
        raise AssertionError("%s gave %d: %s" % (
            arguments, done.returncode, done.stderr))
    return done


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)


def exported(folder, *filters):
    done = hark(folder, "export", "-o", "-", *filters)
    return json.loads(done.stdout)["log"]["entries"]


def places(folder):
    return [(e["_hark"]["target"], e["_hark"].get("scope", ""))
            for e in exported(folder)]


def a_refused_file_leaves_no_trace(folder):
    write(folder, "good.har", har(entry("http://a.test/1")))
    write(folder, "bad.har", har(entry("http://a.test/2"))[:-1])
    hark(folder, "import", "good.har")
    before = hark(folder, "export", "-o", "-").stdout
    hark(folder, "import", "bad.har", expect=1)
    hark(folder, "import", "--tape", "other", "bad.har", expect=1)
    assert hark(folder, "export", "-o", "-").stdout == before
    hark(folder, "export", "--tape", "other", "-o", "-", expect=1)


def a_bad_file_does_not_keep_others_out(folder):
    write(folder, "a.har", har(entry("http://a.test/1")))
    write(folder, "b.har", "{")
    write(folder, "c.har", har(entry("http://a.test/2")))
    hark(folder, "import", "a.har", "b.har", "c.har", expect=1)
    assert places(folder) == [("/1", ""), ("/2", "")]


def a_base_names_what_the_gateway_stands_for(folder):
    write(folder, "a.har", har(
        entry("http://a.test/api/1?x"), entry("http://A.test:80/api"),
        entry("http://a.test/apix"), entry("https://B.test:8443/api/2")))
    hark(folder, "import", "--base", "http://a.test/api/", "a.har")
    assert places(folder) == [("/1?x", ""), ("/", ""), ("/apix", "a.test"),
                              ("/api/2", "b.test:8443")], places(folder)


def one_origin_is_the_base_by_itself(folder):
    write(folder, "a.har", har(entry("http://a.test/1"),
                               entry("http://a.test:80/2")))
    hark(folder, "import", "a.har")
    assert places(folder) == [("/1", ""), ("/2", "")], places(folder)


def a_dry_run_stores_nothing(folder):
    write(folder, "a.har", har(entry("http://a.test/1")))
    done = hark(folder, "import", "--dry-run", "a.har")
    assert done.stdout.startswith(b"imported 1 entries"), done.stdout
    assert not os.path.exists(os.path.join(folder, "hark.db"))


def a_filter_takes_only_what_fits(folder):
    write(folder, "a.har", har(entry("http://a.test/1"),
                               entry("http://a.test/2")))
    hark(folder, "import", "--filter", "*/2", "a.har")
    assert places(folder) == [("/2", "")]


def strict_refuses_what_needs_repair(folder):
    write(folder, "a.har", har(entry("http://a.test/1#x")))
    done = hark(folder, "import", "--strict", "a.har", expect=1)
    assert b"/log/entries/0/request/url: a fragment" in done.stderr


def standard_input_is_read(folder):
    text = har(entry("http://a.test/1")).encode()
    hark(folder, "import", "-", input=text)
    hark(folder, "import", "-", input=gzip.compress(text))
    assert len(exported(folder)) == 2


def reports_are_cut_unless_verbose(folder):
    write(folder, "a.har", har(*[entry("http://a.test/1#x")] * 9))
    done = hark(folder, "import", "--dry-run", "a.har")
    assert done.stderr.count(b"a fragment") == 5, done.stderr
    assert b"and 4 more" in done.stderr
    done = hark(folder, "import", "--dry-run", "--verbose", "a.har")
    assert done.stderr.count(b"a fragment") == 9, done.stderr


def an_export_takes_filters(folder):
    write(folder, "a.har", har(
        entry("http://a.test/1"), entry("http://a.test/2", method="PUT"),
        {**entry("http://a.test/3"),
         "startedDateTime": "2026-02-02T00:00:00Z"}))
    hark(folder, "import", "a.har")
    for filters, wanted in (
            ([], [1, 2, 3]), (["--method", "PUT"], [2]),
            (["--url", "*/3"], [3]), (["--status", "2xx"], [1, 2, 3]),
            (["--status", "404"], []), (["--ids", "2-3"], [2, 3]),
            (["--since", "2026-02-01"], [3]),
            (["--until", "2026-02-01"], [1, 2])):
        got = [int(e["request"]["url"][-1])
               for e in exported(folder, *filters)]
        assert got == wanted, (filters, got)


def an_export_replaces_a_file_only_when_it_is_whole(folder):
    write(folder, "a.har", har(entry("http://a.test/1")))
    write(folder, "out.har", "old")
    hark(folder, "export", "-o", "out.har", expect=2)
    hark(folder, "import", "a.har")
    hark(folder, "export", "--tape", "none", "-o", "out.har", expect=1)
    with open(os.path.join(folder, "out.har")) as f:
        assert f.read() == "old"
    hark(folder, "export", "-o", "out.har")
    first = hark(folder, "export", "-o", "-").stdout
    with open(os.path.join(folder, "out.har"), "rb") as f:
        assert f.read() == first
    assert not [n for n in os.listdir(folder) if n.startswith(".out")]


def an_export_that_cannot_be_written_says_so(folder):
    write(folder, "a.har", har(entry("http://a.test/1")))
    hark(folder, "import", "a.har")
    hark(folder, "export", "-o", "gone/out.har", expect=1)
    hark(folder, "export", expect=2)
    with open("/dev/full", "w") as full:
        hark(folder, "export", "-o", "-", stdout=full,
             stderr=subprocess.PIPE, expect=1)


def several_files_share_what_stands_beside_their_entries(folder):
    def page(name):
        return {"startedDateTime": "2026-01-02T03:04:05.000Z", "id": name,
                "title": "", "pageTimings": {}}
    logs = ({"pages": [page("1"), page("2")], "_x": 1},
            {"comment": "second", "pages": [page("2"), page("3")], "_x": 2},
            {"browser": {"name": "B", "version": "1"}})
    for number, log in enumerate(logs):
        log = {"version": "1.2", **log, "entries": [entry("http://a.test/")]}
        write(folder, "%d.har" % number, json.dumps({"log": log}))
    hark(folder, "import", "0.har", "1.har", "2.har")
    log = json.loads(hark(folder, "export", "-o", "-").stdout)["log"]
    assert list(log)[2:] == ["pages", "_x", "comment", "browser", "entries"]
    assert [p["id"] for p in log["pages"]] == ["1", "2", "3"], log["pages"]
    assert (log["_x"], log["comment"]) == (1, "second"), log
    hark(folder, "import", "--tape", "other", "0.har")
    hark(folder, "merge", "--into", "both", "default", "other")
    both = json.loads(hark(folder, "export", "--tape", "both",
                           "-o", "-").stdout)["log"]
    assert both["pages"] == log["pages"] and len(both["entries"]) == 4


def a_web_socket_is_kept_and_never_replayed(folder):
    write(folder, "a.har", har(
        entry("ws://a.test/s"), entry("http://a.test/1"),
        {**entry("wss://b.test/s"), "response": {"status": 101}}))
    done = hark(folder, "import", "--strict", "a.har")
    assert b"(0 repaired, 0 skipped, 2 kept and never" in done.stdout
    assert places(folder) == [("/s", ""), ("/1", ""), ("/s", "b.test")]
    hark(folder, "export", "-o", "a.har")
    hark(folder, "import", "--store", "again.db", "a.har")
    after = hark(folder, "export", "--store", "again.db", "-o", "-").stdout
    with open(os.path.join(folder, "a.har"), "rb") as f:
        assert f.read() == after
    done = hark(folder, "run", "--", sys.executable, "-c",
                "import os, urllib.request as u\n"
                "for path in ('/1', '/s'):\n"
                "  try: print(u.urlopen(os.environ['HARK_URL'] + path).status)"
                "\n  except u.HTTPError as e: print(e.code)", expect=3)
    assert done.stdout.split() == [b"200", b"501"], done.stdout


TESTS = (a_refused_file_leaves_no_trace, a_bad_file_does_not_keep_others_out,
         a_base_names_what_the_gateway_stands_for,
         one_origin_is_the_base_by_itself, a_dry_run_stores_nothing,
         a_filter_takes_only_what_fits, strict_refuses_what_needs_repair,
         standard_input_is_read, reports_are_cut_unless_verbose,
         an_export_takes_filters,
         an_export_replaces_a_file_only_when_it_is_whole,
         an_export_that_cannot_be_written_says_so,
         several_files_share_what_stands_beside_their_entries,
         a_web_socket_is_kept_and_never_replayed)


def main():
    print("1..%d" % len(TESTS))
    failed = 0
    for number, test in enumerate(TESTS, 1):
        verdict = "ok"
        try:
            with tempfile.TemporaryDirectory() as folder:
                test(folder)
        except AssertionError as why:
            verdict = "not ok"
            failed = 1
            for line in (str(why) or repr(why)).splitlines():
                print("# " + line)
        print("%s %d - %s" % (verdict, number,
                              test.__name__.replace("_", " ")), flush=True)
    return failed


sys.exit(main())
