#!/usr/bin/python3
# Goal: hark import and hark export do all of what was asked, or nothing.
import base64
import gzip
import hashlib
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import zipfile

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
    done = subprocess.run([HARK, *arguments], cwd=folder, timeout=600,
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


def said_on_terminal(folder, *arguments):
    terminal, end = pty.openpty()
    hark(folder, *arguments, stderr=end, stdout=subprocess.DEVNULL)
    os.close(end)
    said = os.read(terminal, 65536).decode()
    os.close(terminal)
    return said


def a_terminal_sees_how_far_an_import_is(folder):
    """Both passes over the file: the one for its origin, and the one for its
    entries."""
    write(folder, "a.har", har(*[entry("http://a.test/%d" % n, comment="x" *
                                       1000) for n in range(900)]))
    with zipfile.ZipFile(os.path.join(folder, "a.har.zip"), "w",
                         zipfile.ZIP_DEFLATED) as z:
        z.write(os.path.join(folder, "a.har"), "har.har")
        z.writestr("other.bin", bytes(99))
    for name in "a.har", "a.har.zip":
        said = said_on_terminal(folder, "import", "--dry-run", name)
        looked = re.findall(r"\r\033\[K%s: +(\d+)%%(?!\d|,)" % name, said)
        taken = re.findall(r"%s: +(\d+)%%, \d+ entries" % name, said)
        for percents in looked, taken:
            numbers = [int(n) for n in percents]
            assert len(numbers) > 3 and numbers == sorted(numbers), said
            assert numbers[-1] == 100, said
        assert said.endswith("\r\033[K"), said
        assert not hark(folder, "import", "--dry-run", name).stderr


def a_terminal_sees_how_far_one_long_body_is(folder):
    long = entry("http://a.test/1")
    long["response"]["content"]["text"] = "x" * 2000000
    write(folder, "a.har", har(long))
    said = said_on_terminal(folder, "import", "--dry-run", "a.har")
    assert len(re.findall(r"%, 0 entries", said)) > 10, said


def a_tape_without_entries_survives_as_lines(folder):
    write(folder, "one.har", har(entry("http://a.test/1")))
    hark(folder, "import", "one.har")
    for name in "none.ndjson", "none.jsonl":
        hark(folder, "export", "--method", "NONE", "-o", name)
        assert os.path.getsize(os.path.join(folder, name)) == 0
        done = hark(folder, "import", name)
        assert done.stdout.startswith(b"imported 0 entries (0 "), done
    write(folder, "none.har", "")
    done = hark(folder, "import", "none.har", expect=1)
    assert b"the text ends, expected a value" in done.stderr, done
    write(folder, "cut.ndjson", '{"startedDateTime":')
    hark(folder, "import", "cut.ndjson", expect=1)
    assert len(exported(folder)) == 1


def a_status_below_zero_is_kept_beside_the_status(folder):
    failed = entry("http://a.test/1")
    failed["response"]["status"] = -1
    write(folder, "a.har", har(failed, entry("http://a.test/2")))
    hark(folder, "import", "a.har")
    first, second = (e["response"] for e in exported(folder))
    assert (first["status"], first["_status"]) == (0, -1), first
    assert (second["status"], "_status" in second) == (200, False)
    once = hark(folder, "export", "-o", "-").stdout
    with open(os.path.join(folder, "b.har"), "wb") as f:
        f.write(once)
    hark(folder, "import", "--strict", "--store", "b.db", "b.har")
    assert hark(folder, "export", "--store", "b.db", "-o", "-").stdout == once


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


def a_web_socket_answers_no_plain_request(folder):
    write(folder, "a.har", har(
        entry("ws://a.test/s"), entry("http://a.test/1"),
        {**entry("wss://b.test/s"), "response": {"status": 101}}))
    done = hark(folder, "import", "--strict", "a.har")
    assert b"(0 repaired, 0 skipped, 1 kept and never" in done.stdout
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


def base64_of(data):
    return base64.b64encode(data).decode()


def fields(**of):
    return [{"name": name.replace("_", "-"), "value": value}
            for name, value in of.items()]


def rich_tape(folder):
    """A tape with bodies of all kinds, as hark itself has written it."""
    text = b'{"hello": "w\xc3\xb6rld"}' * 20
    packed = gzip.compress(text, mtime=0)
    binary = bytes(range(256))
    own = {"response": {"framing": "length"}}
    encoded = entry("http://a.test/encoded")
    encoded["response"].update(
        headers=fields(Content_Type="application/json; charset=utf-8",
                       Content_Encoding="gzip",
                       Content_Length=str(len(packed))),
        content={"size": len(text), "mimeType": "", "text": text.decode()})
    encoded["_hark"] = {"response": {"framing": "length", "chunks": [0, 5],
                                     "body": base64_of(packed)}}
    picture = entry("http://a.test/picture", comment="a picture")
    picture["response"].update(
        headers=fields(Content_Type="image/png", Content_Length="256",
                       Set_Cookie="a=b; Path=/"),
        content={"size": 256, "mimeType": "image/png", "encoding": "base64",
                 "text": base64_of(binary)})
    picture["_hark"] = own
    posted = entry("http://a.test/posted", method="POST",
                   bodySize=256, postData={
                       "mimeType": "application/octet-stream",
                       "encoding": "base64", "text": base64_of(binary)})
    posted["request"]["headers"] = fields(Cookie="c=d", Content_Length="256")
    posted["response"].update(headers=fields(Content_Length="2"))
    posted["_hark"] = {"request": {"framing": "length"}, **own}
    empty = entry("http://a.test/empty", comment="no body")
    empty["response"].update(headers=fields(Content_Length="0"),
                             content={"size": 0, "mimeType": "", "text": ""})
    empty["_hark"] = own
    failed = entry("http://a.test/failed")
    failed["response"] = {"status": 0, "statusText": "", "headers": []}
    failed["_hark"] = {"outcome": "refused", "failure": "nobody there"}
    page = {"startedDateTime": "2026-01-02T03:04:05.000Z", "id": "page_1",
            "title": "", "pageTimings": {}}
    write(folder, "rich.har", json.dumps({"log": {
        "version": "1.2", "pages": [page],
        "entries": [encoded, picture, posted, empty, failed,
                    {**encoded, "pageref": "page_1"}]}}))
    hark(folder, "import", "--strict", "rich.har")
    return hark(folder, "export", "-o", "-").stdout


CLIENT = """
import http.client, os, urllib.parse
url = urllib.parse.urlparse(os.environ["HARK_URL"])
for method, path in (("GET", "/encoded"), ("GET", "/picture"),
                     ("POST", "/posted"), ("GET", "/empty"),
                     ("GET", "/failed")):
    c = http.client.HTTPConnection(url.hostname, url.port)
    c.request(method, path, bytes(range(256)) if method == "POST" else None)
    r = c.getresponse()
    print(r.status, r.reason, sorted(r.getheaders()), r.read())
"""


def replayed(folder, store):
    return hark(folder, "run", "--store", store, "--source-header", "off",
                "--", sys.executable, "-c", CLIENT, expect=3).stdout


FORMS = [("a.har", "--bodies", "embed"), ("a.har", "--bodies", "attach"),
         ("a.har.zip",), ("a.har.zip", "--bodies", "embed"), ("a.zip",),
         ("a.ndjson",), ("a.ndjson", "--bodies", "attach"),
         ("a", "--format", "playwright-zip")]


def each_form(folder):
    """Exports in each form into a folder of its own, twice."""
    for number, (name, *how) in enumerate(FORMS):
        for mode in "full", "minimal":
            path = os.path.join(folder, "%d-%s" % (number, mode))
            os.mkdir(path)
            os.mkdir(os.path.join(path, "again"))
            for part in ".", "again":
                hark(path, "export", "--store", "../hark.db", "--mode", mode,
                     "-o", os.path.join(part, name), *how)
            for file in os.listdir(os.path.join(path, "again")):
                with open(os.path.join(path, file), "rb") as a, \
                        open(os.path.join(path, "again", file), "rb") as b:
                    assert a.read() == b.read(), (path, file)
            yield path, name, mode


def every_form_of_export_gives_the_tape_back(folder):
    whole = rich_tape(folder)
    for path, name, mode in each_form(folder):
        if mode == "full":
            hark(path, "import", "--strict", name)
            again = hark(path, "export", "-o", "-").stdout
            if name.endswith("ndjson"):  # which has no place for pages
                whole_log, log = json.loads(whole), json.loads(again)
                del whole_log["log"]["pages"]
                assert log == whole_log, path
            else:
                assert again == whole, path


def every_form_of_export_is_replayed_as_the_tape(folder):
    rich_tape(folder)
    wanted = replayed(folder, "hark.db")
    assert wanted.count(b"200 OK") == 4 and wanted.count(b"501 Not") == 1, wanted
    for path, name, mode in each_form(folder):
        hark(path, "import", "--strict", "--store", mode + ".db", name)
        assert replayed(path, mode + ".db") == wanted, path


def payload_files_are_named_by_their_digest(folder):
    rich_tape(folder)
    hark(folder, "export", "-o", "a.har", "--bodies", "attach")
    names = [name for name in os.listdir(folder) if len(name) > 40]
    assert sorted(n.split(".")[1] for n in names) == [
        "dat", "dat", "gz", "json", "png"], names
    for name in names:
        with open(os.path.join(folder, name), "rb") as f:
            assert hashlib.sha1(f.read()).hexdigest() == name.split(".")[0]
    with open(os.path.join(folder, names[0]), "w") as f:
        f.write("damaged")
    before = {n: os.stat(os.path.join(folder, n)).st_mtime_ns
              for n in names[1:]}
    hark(folder, "export", "-o", "a.har", "--bodies", "attach")
    for name, when in before.items():
        assert os.stat(os.path.join(folder, name)).st_mtime_ns == when
    with open(os.path.join(folder, names[0]), "rb") as f:
        assert hashlib.sha1(f.read()).hexdigest() == names[0].split(".")[0]


def a_zip_has_what_playwright_looks_for(folder):
    rich_tape(folder)
    hark(folder, "export", "-o", "a.zip")
    with zipfile.ZipFile(os.path.join(folder, "a.zip")) as z:
        infos = z.infolist()
        names = [i.filename for i in infos]
        assert names == sorted(names) and names[-1] == "har.har", names
        assert {i.date_time for i in infos} == {(1980, 1, 1, 0, 0, 0)}
        assert z.testzip() is None
        log = json.loads(z.read("har.har"))["log"]
        bodies = [z.read(e["response"]["content"]["_file"])
                  for e in log["entries"][:2]]
        post = log["entries"][2]["request"]["postData"]
        assert z.read(post["_file"]) == bytes(range(256)) and not post["text"]
    assert bodies[0].startswith(b'{"hello"') and bodies[1][255] == 255
    assert log["entries"][4]["response"]["status"] == -1
    assert log["entries"][4]["response"]["_failureText"] == "nobody there"


def a_minimal_export_has_what_replay_needs(folder):
    rich_tape(folder)
    log = json.loads(hark(folder, "export", "--mode", "minimal",
                          "-o", "-").stdout)["log"]
    assert list(log) == ["version", "creator", "entries"], list(log)
    for one in log["entries"]:
        assert one["time"] == -1 and "pageref" not in one
        assert set(one["timings"].values()) == {-1}
        for part in "request", "response":
            assert one[part]["cookies"] == [] and one[part]["bodySize"] == -1
        assert "comment" not in one and "mode" not in one["_hark"]
    assert log["entries"][1]["response"]["content"]["size"] == -1


def omitted_bodies_are_unknown(folder):
    rich_tape(folder)
    hark(folder, "export", "-o", "a.har", "--bodies", "omit")
    with open(os.path.join(folder, "a.har")) as f:
        first = json.load(f)["log"]["entries"]
    for one in first[:2]:
        content = one["response"]["content"]
        assert "text" not in content and content["size"] > 200, content
        assert one["_hark"]["response"]["known"] is False
        assert "body" not in one["_hark"]["response"]
    assert first[2]["request"]["postData"]["text"] == ""
    assert first[3]["response"]["content"]["text"] == ""
    hark(folder, "import", "--store", "b.db", "--strict", "a.har")
    again = json.loads(hark(folder, "export", "--store", "b.db",
                            "-o", "-").stdout)["log"]["entries"]
    assert again[1] == first[1] and again[2] == first[2], again[2]


def entries_of_anybody_one_per_line_are_read(folder):
    lines = [json.dumps(entry("http://a.test/%d" % n)) for n in range(3)]
    write(folder, "a.ndjson", "\n".join(lines) + "\n\n")
    hark(folder, "import", "--strict", "a.ndjson")
    assert places(folder) == [("/%d" % n, "") for n in range(3)]
    write(folder, "b.ndjson", lines[0] + "\n" + lines[1][:-1])
    done = hark(folder, "import", "b.ndjson", expect=1)
    assert b"line 2" in done.stderr, done.stderr
    write(folder, "c.ndjson", lines[0] + '\n7\n{"request":null}\n' + lines[1])
    done = hark(folder, "import", "c.ndjson")
    assert b"2 entries" in done.stdout and b"2 skipped" in done.stdout
    assert len(places(folder)) == 5


def a_form_that_cannot_be_is_refused(folder):
    write(folder, "a.har", har(entry("http://a.test/1")))
    hark(folder, "import", "a.har")
    for how, said in (
            (["--format", "zip"], b"expected har, har.zip, playwright-zip or"),
            (["--bodies", "none"], b"expected embed, attach or omit"),
            (["--mode", "some"], b"expected full or minimal"),
            (["--format", "playwright-zip", "--bodies", "omit"],
             b"expected attach"),
            (["--bodies", "attach"], b"expected -o FILE")):
        done = hark(folder, "export", "-o", "-", *how, expect=2)
        assert said in done.stderr and not done.stdout, done.stderr
    done = hark(folder, "export", "-o", "-", "--format", "har.zip")
    assert done.stdout.startswith(b"PK"), done.stdout[:4]


def an_export_that_fails_leaves_no_payload_file(folder):
    rich_tape(folder)
    os.mkdir(os.path.join(folder, "out"))
    os.mkdir(os.path.join(folder, "out", "a.har"))
    for name, how in (("a.har", ["--bodies", "attach"]),
                      ("a.har", ["--format", "har.zip"])):
        hark(folder, "export", "-o", "out/" + name, *how, expect=1)
        assert os.listdir(os.path.join(folder, "out")) == ["a.har"]


TESTS = (a_refused_file_leaves_no_trace, a_bad_file_does_not_keep_others_out,
         a_base_names_what_the_gateway_stands_for,
         one_origin_is_the_base_by_itself, a_dry_run_stores_nothing,
         a_filter_takes_only_what_fits, strict_refuses_what_needs_repair,
         standard_input_is_read, reports_are_cut_unless_verbose,
         a_terminal_sees_how_far_an_import_is,
         a_terminal_sees_how_far_one_long_body_is,
         a_tape_without_entries_survives_as_lines,
         a_status_below_zero_is_kept_beside_the_status,
         an_export_takes_filters,
         an_export_replaces_a_file_only_when_it_is_whole,
         an_export_that_cannot_be_written_says_so,
         several_files_share_what_stands_beside_their_entries,
         a_web_socket_answers_no_plain_request,
         every_form_of_export_gives_the_tape_back,
         every_form_of_export_is_replayed_as_the_tape,
         payload_files_are_named_by_their_digest,
         a_zip_has_what_playwright_looks_for,
         a_minimal_export_has_what_replay_needs, omitted_bodies_are_unknown,
         entries_of_anybody_one_per_line_are_read,
         a_form_that_cannot_be_is_refused,
         an_export_that_fails_leaves_no_payload_file)


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
