"""Who is compared: hark, nginx, haproxy and other recorders and mocks.

A method makes a server that does a part of what is compared:

    answers(stage, count, size, body)  items by path, or by body
    routes(stage, count, size, body)   the same as mocked routes
    mocks(stage)        /items/0, a template and a list as mocked routes
    forward(stage, url) all goes to url
    record(stage, url)  the same, and is kept; recorded() counts what was
    tls(stage)          /items/0 by HTTPS

What a server has no such thing for, or what takes it minutes, is Unable."""

import contextlib
import copy
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import urllib.request

import asked
import load
import peers
from engine import engine_of
from servers import Failure, Unable, ask, free_port

BATCH = 1000  # entries written at once


class Contender:
    """name is what the report says; a reference or hark may not fail."""

    name = None
    strict = True
    most = {}  # what of: (number of answers, why no more)

    def may(self, what, count):
        most, why = self.most.get(what, (None, None))
        if most is not None and count > most:
            raise Unable(why)

    def _unable(self, *_, **__):
        raise Unable("has no such thing")

    answers = routes = mocks = forward = record = tls = recorded = _unable

    def version(self):
        return peers.version([self.name, "-v"])


#
# References
#

NGINX = """\
daemon off;
worker_processes {workers};
pid nginx.pid;
error_log stderr;
{user}
events {{ worker_connections 4096; {accept} }}
http {{
    access_log off;
    default_type text/plain;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    sendfile on;
    open_file_cache max=16;
    {outside}
    server {{
        listen 127.0.0.1:{port} {listen} backlog=4096;
        location = /ready {{ return 200 "ready"; }}
        {inside}
    }}
}}
"""
PROXY = """\
location / {
    proxy_pass http://backend;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
"""


class Nginx(Contender):
    name = "nginx"
    most = {"answers": (10_000, "keeps all answers in its configuration")}

    def __init__(self, workers=1):
        self.workers = workers
        if workers > 1:
            self.name = f"nginx, {workers} workers"

    def start(self, stage, inside, outside="", listen="", cpus=None,
              name=None, accept=""):
        port, prefix = free_port(), stage.fresh("nginx")
        os.mkdir(prefix)
        conf = os.path.join(prefix, "nginx.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(NGINX.format(
                user="user root;" if os.geteuid() == 0 else "", port=port,
                workers=self.workers, inside=inside, outside=outside,
                listen=listen, accept=accept))
        if self.workers > 1:
            cpus = peers.all_cpus()
        return stage.launch(
            name or self.name,
            ["nginx", "-p", prefix, "-e", "stderr", "-c", conf], port,
            "/ready", cpus=cpus, scheme="https" if listen else "http")

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        if body:
            raise Unable("does not look at bodies")
        if count == 1:
            return self.start(
                stage, f"location = {asked.path(0)} {{ "
                f'return 200 "{asked.text(0, size)}"; }}'
                if size < 4096 else files_of(stage, size))
        # What is longer than a page is no word of a configuration.
        rows = "".join(f'{asked.path(i)} "{asked.text(i, size)}";\n'
                       for i in range(count))
        return self.start(
            stage, 'location /items/ { if ($item = "") { return 404; } '
            "return 200 $item; }",
            "map_hash_max_size 262144; map_hash_bucket_size 128;\n"
            f'map $uri $item {{ default "";\n{rows} }}')

    def mocks(self, stage):
        return self.answers(stage, 1, 1024, False)

    def forward(self, stage, url):
        return self.start(stage, PROXY, f"upstream backend {{ server "
                          f"{url.split('//')[1]}; keepalive 1100; }}")

    def tls(self, stage):
        cert, key = certificate(stage)
        return self.start(
            stage, f'location = {asked.path(0)} {{ return 200 '
            f'"{asked.text(0, 1024)}"; }}',
            "ssl_protocols TLSv1.2 TLSv1.3; "
            f"ssl_certificate {cert}; ssl_certificate_key {key};",
            "ssl http2")

    def backend(self, stage, cpus):
        """Whom all forward to: files, and answers no two of which are
        alike.  It accepts all who wait: one for each of its loop's turns, as
        it does else, leaves some of a thousand new connections without an
        answer for as long as the others keep it busy, whoever forwards."""
        root = stage.fresh("files")
        os.mkdir(root)
        for name, size in (("1k", 1024), ("64k", 65536)):
            with open(os.path.join(root, name), "w", encoding="ascii") as f:
                f.write(asked.text(0, size))
        return self.start(stage, DIFFERENT.format(
            rest="x" * (1024 - 32), ten="y" * 2552, root=root), cpus=cpus,
            name="backend", accept="multi_accept on;")


# Texts of a configuration are of 4 KiB at most, and so are put together.
DIFFERENT = """\
location /different/ {{ return 200 "${{request_id}}{rest}"; }}
location /ten/ {{
    set $quarter "{ten}";
    return 200 "${{request_id}}$quarter$quarter$quarter$quarter";
}}
location / {{ root {root}; }}
"""


def files_of(stage, size):
    root = stage.fresh("files")
    os.makedirs(os.path.join(root, "items"))
    with open(root + asked.path(0), "w", encoding="ascii") as f:
        f.write(asked.text(0, size))
    return f"location /items/ {{ root {root}; }}"


def certificate(stage):
    """A P-256 certificate and its key, and both in one file for haproxy."""
    cert, key = stage.path("cert.pem"), stage.path("key.pem")

    def make():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", key, "-out", cert], check=True, capture_output=True)
        with open(stage.path("both.pem"), "wb") as out:
            for part in (cert, key):
                with open(part, "rb") as f:
                    out.write(f.read())
        return cert, key
    return stage.once("certificate", make)


HAPROXY = """\
global
    nbthread 1
    maxconn 4096
    tune.bufsize 131072
defaults
    mode http
    timeout connect 5s
    timeout client 600s
    timeout server 600s
frontend bench
    bind 127.0.0.1:{port} {bind} backlog 4096
    http-request return status 200 if {{ path /ready }}
    {inside}
"""


class Haproxy(Contender):
    name = "haproxy"
    most = {"answers": (1, "is here for one answer")}

    def start(self, stage, inside, bind=""):
        port, conf = free_port(), stage.fresh("haproxy.cfg")
        with open(conf, "w", encoding="ascii") as f:
            f.write(HAPROXY.format(port=port, inside=inside, bind=bind))
        return stage.launch(self.name, ["haproxy", "-db", "-f", conf], port,
                            "/ready", scheme="https" if bind else "http")

    def fixed(self, stage, size):
        path = stage.fresh("answer")
        with open(path, "w", encoding="ascii") as f:
            f.write(asked.text(0, size))
        return (f"http-request return status 200 content-type text/plain "
                f"file {path} if {{ path {asked.path(0)} }}")

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        if body:
            raise Unable("does not look at bodies here")
        return self.start(stage, self.fixed(stage, size))

    def mocks(self, stage):
        return self.answers(stage, 1, 1024, False)

    def forward(self, stage, url):
        return self.start(
            stage, "default_backend api\nbackend api\n"
            f"    http-reuse always\n    server s {url.split('//')[1]}")

    def tls(self, stage):
        certificate(stage)
        return self.start(stage, self.fixed(stage, 1024), "ssl crt " +
                          stage.path("both.pem") + " alpn h2,http/1.1")


#
# hark
#

class Hark(Contender):
    """hark with its defaults, which keep an admin port and a traffic log."""

    def __init__(self, name="hark", options=(), workers=1):
        self.name = name
        self.options = list(options)
        self.workers = workers

    def start(self, stage, mode, path, *options, wanted=200, scheme="http",
              url=None):
        port = free_port()
        admin = [] if "--admin" in self.options else \
            ["--admin", f"127.0.0.1:{free_port()}"]
        s = stage.launch(
            self.name, [stage.hark, mode, "--workers", str(self.workers),
                        "--listen", f"127.0.0.1:{port}", *admin,
                        *self.options, *options, *([url] if url else [])],
            port, path, wanted, scheme=scheme,
            cpus=peers.all_cpus() if self.workers > 1 else None)
        s.admin = "http://" + admin[1] if admin else None
        return s

    def answers(self, stage, count, size, body):
        store = stage.once(("store", count, size, body), lambda: tape(
            stage, count, size, body))
        s = self.start(stage, "replay", asked.path(0), "--store", store,
                       wanted=501 if body else 200)
        s.tape = store
        return s

    def cold(self, stage, count, size, body):
        """The same with hardly any memory for answers."""
        cold = copy.copy(self)
        cold.options = self.options + ["--cache-size", "64k"]
        return cold.answers(stage, count, size, body)

    def kept(self, stage, count, size, body):
        """The same with memory for all answers, each of which is there."""
        roomy = copy.copy(self)
        roomy.options = self.options + ["--cache-size", "4g"]
        server = roomy.answers(stage, count, size, body)
        load.every(server.base, count)
        return server

    def mocks(self, stage):
        return self.start(stage, "proxy", asked.path(0), "--mocks",
                          environment(stage))

    def routes(self, stage, count, size, _):
        return self.start(
            stage, "proxy", asked.path(count - 1), "--mocks",
            written(stage, [route(i, "get", asked.path(i)[1:], [response(
                asked.text(i, size))]) for i in range(count)]))

    def forward(self, stage, url):
        return self.start(stage, "proxy", "/different/ready", "--store",
                          stage.fresh("store.db"), url=url)

    def record(self, stage, url):
        store = stage.fresh("store.db")
        s = self.start(stage, "record", "/different/ready", "--store", store,
                       url=url)
        s.store = store
        return s

    def recorded(self, server):
        """Whole entries, once the server has ended; the first was for its
        start."""
        with contextlib.closing(sqlite3.connect(server.store)) as db:
            n = db.execute("SELECT count(*) FROM entry "
                           "WHERE outcome = 'complete'").fetchone()[0]
        for path in glob.glob(server.store + "*"):
            os.unlink(path)
        return n - 1

    def keep(self, stage, url, durability):
        """Records with that promise; stored() says how much there is."""
        safe = copy.copy(self)
        safe.options = self.options + ["--durability", durability]
        return safe.record(stage, url)

    def stored(self, server):
        """The highest entry so far, which is how many there are."""
        with contextlib.closing(sqlite3.connect(server.store)) as db:
            return db.execute("SELECT max(id) FROM entry").fetchone()[0] or 0

    def store(self, stage):
        """A new one, as an option names it."""
        return stage.fresh("store.db")

    def bytes(self, stage, count):
        """What a tape takes, and what was logged for it, if that is known."""
        store = tape(stage, count, 1024, False)
        return sum(map(os.path.getsize, glob.glob(store + "*"))), None

    def pair(self, stage, url):
        """Two gateways: what the first records is the other's to replay."""
        store = self.store(stage)
        return (self.start(stage, "record", "/different/ready", "--store",
                           store, url=url),
                self.start(stage, "replay", "/different/ready", "--store",
                           store))

    def tls(self, stage):
        cert, key = certificate(stage)
        return self.start(stage, "proxy", asked.path(0), "--mocks",
                          environment(stage), "--tls-cert", cert, "--tls-key",
                          key, scheme="https")

    def version(self):
        return None


class Watched(Hark):
    """A dashboard follows its live view, and its metrics are scraped."""

    def answers(self, stage, count, size, body):
        s = super().answers(stage, count, size, body)
        for f in (self.live, self.scrape):
            threading.Thread(target=f, args=(s,), daemon=True).start()
        return s

    def live(self, s):
        with contextlib.suppress(OSError), urllib.request.urlopen(
                s.admin + "/v1/traffic/live", timeout=30) as r:
            while r.readline():
                pass

    def scrape(self, s):
        with contextlib.suppress(OSError):
            while s.process.poll() is None:
                ask(s.admin, "/metrics")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    s.process.wait(1)


class Shared(Hark):
    """hark with its tapes in PostgreSQL, straight or through pgbouncer."""

    def __init__(self, name, pooled=False):
        super().__init__(name)
        self.pooled = pooled

    def start(self, stage, *how, **more):
        s = super().start(stage, *how, **more)
        s.beside = engine_of(stage).servers(self.pooled)
        return s

    def store(self, stage):
        engine = engine_of(stage)
        return engine.url(engine.fresh(), self.pooled)

    def answers(self, stage, count, size, body):
        engine = engine_of(stage)

        def make():
            name = engine.fresh()
            tape(stage, count, size, body, engine.url(name))
            engine.ask("VACUUM ANALYZE", database=name)
            return name
        name = stage.once(("database", count, size, body), make)
        return self.start(stage, "replay", asked.path(0), "--store",
                          engine.url(name, self.pooled),
                          wanted=501 if body else 200)

    def bytes(self, stage, count):
        engine = engine_of(stage)
        name = engine.fresh()
        empty, log = engine.bytes(name), engine.logged()
        tape(stage, count, 1024, False, engine.url(name))
        log = engine.logged() - log
        return engine.bytes(name) - empty, log

    def record(self, stage, url):
        engine = engine_of(stage)
        name = engine.fresh()
        s = self.start(stage, "record", "/different/ready", "--store",
                       engine.url(name, self.pooled), url=url)
        s.engine, s.database = engine, name
        return s

    def stored(self, server):
        return int(server.engine.ask(
            "SELECT coalesce(max(id), 0) FROM hark_entry",
            database=server.database))

    def recorded(self, server):
        n = int(server.engine.ask(
            "SELECT count(*) FROM hark_entry WHERE outcome = 'complete'",
            database=server.database))
        server.engine.ask(f"DROP DATABASE {server.database} WITH (FORCE)")
        return n - 1

    def version(self):
        return None


def entry(number, size, body):
    content = asked.text(number, size)
    request = {
        "method": "POST" if body else "GET",
        "url": "http://api.test" + (
            "/search" if body else asked.path(number)),
        "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
        "queryString": [], "headersSize": -1, "bodySize": -1}
    if body:
        request["headers"] = [{"name": n, "value": v}
                              for n, v in asked.JSON.items()]
        request["postData"] = {"mimeType": "application/json",
                               "text": asked.search(number)}
    return json.dumps({
        "startedDateTime": "2026-01-02T03:04:05.678Z", "time": 1,
        "request": request, "cache": {},
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": [
                {"name": "Content-Type", "value": "text/plain"}],
            "content": {"size": size, "mimeType": "text/plain",
                        "text": content},
            "redirectURL": "", "headersSize": -1, "bodySize": size},
        "timings": {"send": 0, "wait": 1, "receive": 0}})


def tape(stage, count, size, body, store=None):
    """A store with so many recordings, through hark import."""
    store = store or stage.fresh("tape.db")
    importer = subprocess.Popen(
        [stage.hark, "import", "--no-redact", "--store", store, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    with contextlib.suppress(BrokenPipeError), importer.stdin as out:
        out.write('{"log":{"version":"1.2","creator":{"name":"bench",'
                  '"version":"1"},"entries":[')
        for first in range(0, count, BATCH):
            out.write(("," if first else "") + ",".join(
                entry(n, size, body)
                for n in range(first, min(first + BATCH, count))))
        out.write("]}}")
    said = importer.stderr.read()
    if importer.wait() != 0:
        raise Failure(f"hark import: {said[-500:]}")
    return store


def response(body, **more):
    return {"body": body, "statusCode": 200, "headers": [
        {"key": "Content-Type", "value": "text/plain"}], "default": True,
        "bodyType": "INLINE", "rules": [], "callbacks": [], **more}


def route(number, method, endpoint, responses):
    return {"uuid": f"r{number}", "type": "http", "method": method,
            "endpoint": endpoint, "responses": responses}


def written(stage, routes, data=(), **more):
    """The path of a Mockoon file."""
    path = stage.fresh("mocks.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"lastMigration": 33, "name": "bench", "port": 3000,
                   "routes": routes, "data": list(data), **more}, f)
    return path


def environment(stage):
    """With all that mocks() promises."""
    return stage.once("environment", lambda: written(stage, [
        route(0, "get", "items/0", [response(asked.text(0, 1024))]),
        route(1, "get", "template", [response(asked.template())]),
        {"uuid": "r2", "type": "crud", "method": "", "endpoint": "list",
         "responses": [response("", bodyType="DATABUCKET",
                                databucketID="items")]}],
        [{"uuid": "d", "id": "items", "name": "items",
          "value": json.dumps(asked.rows())}]))


#
# Peers
#

class Peer(Contender):
    strict = False
    command = None

    def launch(self, stage, command, port, path="/ready", wanted=404,
               patience=120):
        return stage.launch(self.name, peers.found(self.command) + command,
                            port, path, wanted, patience=patience)

    def version(self):
        return peers.package_version(self.command)


# mitmproxy keeps flows in files of its own form.
FLOWS = """
import sys
sys.path.insert(0, sys.argv[1])
import asked
from mitmproxy import connection, http, io
count, size, body = map(int, sys.argv[3:])
with open(sys.argv[2], "wb") as f:
    out = io.FlowWriter(f)
    for i in range(count):
        client = connection.Client(("127.0.0.1", 1), ("127.0.0.1", 2), 0)
        flow = http.HTTPFlow(client, connection.Server(("127.0.0.1", 9)))
        flow.request = http.Request.make(
            "POST", "http://127.0.0.1:9/search", asked.search(i), asked.JSON) \\
            if body \\
            else http.Request.make("GET", "http://127.0.0.1:9" + asked.path(i))
        flow.response = http.Response.make(200, asked.text(i, size))
        out.add(flow)
"""
COUNT_FLOWS = """
import sys
from mitmproxy import io
with open(sys.argv[1], "rb") as f:
    print(sum(1 for flow in io.FlowReader(f).stream() if flow.response))
"""


class Mitmproxy(Peer):
    name = "mitmproxy"
    command = "mitmdump"
    most = {"answers": (10_000, "begins by reading all flows, at some 4,000/s")}

    def start(self, stage, options, path, wanted=200):
        port = free_port()
        return self.launch(stage, [
            "-q", "--listen-host", "127.0.0.1", "-p", str(port),
            "--set", "connection_strategy=lazy", *options], port, path, wanted)

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        flows = stage.fresh("flows")
        subprocess.run(["/usr/bin/python3", "-c", FLOWS,
                        os.path.dirname(os.path.abspath(__file__)), flows,
                        str(count), str(size), str(int(body))], check=True)
        # A miss ends the connection: nothing is asked that is not there.
        return self.start(stage, [
            "--mode", "reverse:http://127.0.0.1:9", "-S", flows,
            "--set", "server_replay_nopop=true",
            "--set", "server_replay_kill_extra=" + str(not body).lower()],
            asked.path(0), 502 if body else 200)

    def forward(self, stage, url):
        return self.start(stage, ["--mode", f"reverse:{url}"], "/1k")

    def record(self, stage, url):
        flows = stage.fresh("flows")
        s = self.start(stage, ["--mode", f"reverse:{url}", "-w", flows],
                       "/different/ready")
        s.flows = flows
        return s

    def recorded(self, server):
        done = subprocess.run(
            ["/usr/bin/python3", "-c", COUNT_FLOWS, server.flows],
            capture_output=True, text=True, check=True)
        os.unlink(server.flows)
        return int(done.stdout) - 1


class Wiremock(Peer):
    name = "wiremock"
    command = "wiremock"
    most = {"answers": (10_000, "compares with each stub in turn: 0.3 s a "
                        "request at 10,000 are known")}

    def start(self, stage, folder, options, path="/ready", wanted=404):
        port = free_port()
        return self.launch(stage, [
            "--port", str(port), "--bind-address", "127.0.0.1",
            "--disable-banner", "--root-dir", folder, *options], port, path,
            wanted)

    def stubs(self, stage, mappings):
        folder = stage.fresh("wiremock")
        os.makedirs(os.path.join(folder, "mappings"))
        os.mkdir(os.path.join(folder, "__files"))
        with open(os.path.join(folder, "mappings", "all.json"), "w",
                  encoding="utf-8") as f:
            json.dump({"mappings": mappings}, f)
        return folder

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        mappings = [{
            "request": {"method": "POST", "url": "/search", "bodyPatterns": [
                {"equalTo": asked.search(i)}]} if body
            else {"method": "GET", "url": asked.path(i)},
            "response": {"status": 200, "body": asked.text(i, size),
                         "headers": {"Content-Type": "text/plain"}}}
            for i in range(count)]
        # Its journal of requests would fill all memory.
        return self.start(stage, self.stubs(stage, mappings),
                          ["--no-request-journal"])

    def mocks(self, stage):
        fake = {f"f{i}": "{{randomValue length=12 type='ALPHANUMERIC'}}"
                for i in range(10)}
        return self.start(stage, self.stubs(stage, [
            {"request": {"method": "GET", "url": asked.path(0)},
             "response": {"status": 200, "body": asked.text(0, 1024)}},
            {"request": {"method": "GET", "url": "/template"},
             "response": {"status": 200, "body": json.dumps(fake),
                          "transformers": ["response-template"]}}]),
            ["--no-request-journal"])

    def forward(self, stage, url):
        return self.start(stage, self.stubs(stage, []), [
            "--no-request-journal", "--proxy-all", url], "/1k", 200)

    def record(self, stage, url):
        folder = self.stubs(stage, [])
        s = self.start(stage, folder, ["--proxy-all", url,
                                       "--record-mappings"],
                       "/different/ready", 200)
        s.folder = folder
        return s

    def recorded(self, server):
        n = len(os.listdir(os.path.join(server.folder, "mappings")))
        shutil.rmtree(server.folder)
        return n - 2  # all.json, and what it began with


class Mountebank(Peer):
    name = "mountebank"
    command = "mb"
    most = {"answers": (10_000, "compares with each stub in turn: 34 "
                        "requests/s at 10,000 are known")}

    def start(self, stage, stubs, path="/ready", wanted=200):
        port, control = free_port(), free_port()
        conf = stage.fresh("imposters.json")
        with open(conf, "w", encoding="utf-8") as f:
            json.dump({"imposters": [{
                "port": port, "protocol": "http", "host": "127.0.0.1",
                "defaultResponse": {"statusCode": 404,
                                    "headers": {"Connection": "keep-alive"}},
                "stubs": stubs}]}, f)
        s = self.launch(stage, [
            "start", "--port", str(control), "--host", "127.0.0.1",
            "--configfile", conf, "--nologfile", "--loglevel", "error",
            "--pidfile", stage.fresh("mb.pid")], port, path, wanted)
        s.control = f"http://127.0.0.1:{control}/imposters/{port}"
        return s

    def fixed(self, equal, body):
        return {"predicates": [{"equals": equal}], "responses": [{"is": {
            "statusCode": 200, "body": body, "headers": {
                "Content-Type": "text/plain", "Connection": "keep-alive"}}}]}

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        return self.start(stage, [self.fixed(
            {"method": "POST", "path": "/search", "body": asked.search(i)}
            if body else {"method": "GET", "path": asked.path(i)},
            asked.text(i, size)) for i in range(count)], wanted=404)

    def mocks(self, stage):
        return self.answers(stage, 1, 1024, False)

    def proxy(self, stage, url, mode, path):
        return self.start(stage, [{"responses": [{"proxy": {
            "to": url, "mode": mode,
            "predicateGenerators": [{"matches": {"path": True}}]}}]}], path)

    def forward(self, stage, url):
        return self.proxy(stage, url, "proxyTransparent", "/1k")

    def record(self, stage, url):
        return self.proxy(stage, url, "proxyAlways", "/different/ready")

    def recorded(self, server):
        with urllib.request.urlopen(server.control, timeout=60) as r:
            return len(json.load(r)["stubs"]) - 2


TALKBACK = """
const talkback = require(process.argv[1]);
talkback(Object.assign(JSON.parse(process.argv[2]), {
    record: process.argv[3], fallbackMode: process.argv[4]})).start();
"""


class Talkback(Peer):
    name = "talkback"
    command = "talkback"
    most = {"answers": (10_000, "reads a file for each at its start and "
                        "compares with each in turn")}

    def start(self, stage, folder, url, record, fallback, path="/ready",
              wanted=404):
        port = free_port()
        options = {"host": url, "port": port, "path": folder,
                   "allowHeaders": [], "silent": True, "summary": False}
        return stage.launch(
            self.name, ["node", "-e", TALKBACK,
                        peers.found(self.command)[0], json.dumps(options),
                        record, fallback], port, path, wanted, patience=120)

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        folder = stage.fresh("tapes")
        os.mkdir(folder)
        for i in range(count):
            with open(os.path.join(folder, f"{i}.json5"), "w",
                      encoding="utf-8") as f:
                json.dump({
                    "meta": {"createdAt": "2026-01-01T00:00:00Z",
                             "host": "http://127.0.0.1:9",
                             "reqHumanReadable": True,
                             "resHumanReadable": True},
                    "req": {"url": "/search" if body else asked.path(i),
                            "method": "POST" if body else "GET",
                            "headers": {n.lower(): v for n, v in
                                        asked.JSON.items()} if body else {},
                            "body": json.loads(asked.search(i))
                            if body else ""},
                    "res": {"status": 200,
                            "headers": {"content-type": ["text/plain"],
                                        "content-length": [str(size)]},
                            "body": asked.text(i, size)}}, f)
        return self.start(stage, folder, "http://127.0.0.1:9", "DISABLED",
                          "NOT_FOUND")

    def forward(self, stage, url):
        return self.start(stage, stage.fresh("tapes"), url, "DISABLED",
                          "PROXY", "/1k", 200)

    def record(self, stage, url):
        folder = stage.fresh("tapes")
        s = self.start(stage, folder, url, "NEW", "NOT_FOUND",
                       "/different/ready", 200)
        s.folder = folder
        return s

    def recorded(self, server):
        n = len(os.listdir(server.folder))
        shutil.rmtree(server.folder)
        return n - 1


class Mockoon(Peer):
    name = "mockoon"
    command = "mockoon-cli"
    most = {"answers": (10_000, "compares with each route in turn: 50 "
                        "requests/s at 10,000 are known")}

    def start(self, stage, path, ready="/ready", wanted=404):
        port = free_port()
        return self.launch(stage, [
            "start", "--data", path, "--repair", "-p", str(port), "-l",
            "127.0.0.1", "--disable-log-to-file", "--disable-admin-api"],
            port, ready, wanted)

    def answers(self, stage, count, size, body):
        self.may("answers", count)
        if body:
            routes = [route(0, "post", "search", [response(
                asked.text(i, size), uuid=f"s{i}", default=i == 0, rules=[{
                    "target": "body", "modifier": "query", "value": str(i),
                    "invert": False, "operator": "equals"}])
                for i in range(count)])]
        else:
            routes = [route(i, "get", asked.path(i)[1:], [response(
                asked.text(i, size))]) for i in range(count)]
        return self.start(stage, written(stage, routes))

    def mocks(self, stage):
        return self.start(stage, environment(stage))

    def forward(self, stage, url):
        return self.start(stage, written(stage, [], proxyMode=True,
                                         proxyHost=url), "/1k", 200)

    def record(self, stage, url):
        raise Unable("records nothing without its desktop")


REFERENCES = (Nginx(), Haproxy())
HARKS = (Hark(), Hark("hark --admin off", ["--admin", "off"]))
STORES = (Hark("hark, SQLite"), Shared("hark, PostgreSQL"),
          Shared("hark, pgbouncer", pooled=True))
PEERS = (Mitmproxy(), Wiremock(), Mountebank(), Talkback(), Mockoon())
TWO = (Nginx(2), Hark("hark, 2 workers", workers=2),
       Hark("hark --admin off, 2 workers", ["--admin", "off"], workers=2))
WATCHED = Watched("hark, watched")
ALL = REFERENCES + HARKS + PEERS + TWO + (WATCHED,) + STORES
