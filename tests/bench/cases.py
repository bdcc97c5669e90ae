"""What is compared: one row, one case."""

import contextlib
import dataclasses
import json

import asked
from contenders import (HARKS, PEERS, REFERENCES, STORES, TWO, WATCHED,
                        Haproxy, Hark, Nginx)
from servers import Failure, ask

SIZES = (1, 1000, 10_000, 100_000, 1_000_000)
EVERYBODY = REFERENCES + HARKS + PEERS


@dataclasses.dataclass(frozen=True)
class Case:
    """name is what --only knows it by.  A contender's method make, with args,
    makes its server; kind is what wrk.lua asks, or a path; right() raises
    when an answer is wrong."""

    name: str
    title: str
    make: str
    kind: str
    who: tuple
    connections: tuple = (32,)
    args: tuple = ()  # of answers(): size, and whether by body; of keep()
    counts: tuple = (1,)  # of answers
    tool: str = "wrk"
    options: tuple = ()  # of h2load
    status: int = 200  # or 400: any that says that there is nothing
    least: int = 0  # bytes of an answer
    path: str = ""  # under which new ones are asked
    baseline: str = "nginx"  # whom rates are ratios of


def is_right(case, server, number):
    """Asks once and compares all bytes."""
    if case.kind == "search":
        got = ask(server.base, "/search", "POST", asked.search(number),
                  asked.JSON)
        wanted = asked.text(number, case.args[0])
    elif case.kind == "unknown":
        got = ask(server.base, f"/items/x{number}")
        if got[0] < 400:
            raise Failure(f"{server.name}: /items/x{number} is answered")
        return
    elif case.kind == "new":
        got = ask(server.base, f"{case.path}right")
        wanted = None if len(got[1]) == case.least else case.least
    elif case.kind in ("/template", asked.LIST):
        got = ask(server.base, case.kind)
        wanted = None
        n = 10 if case.kind == "/template" else asked.filtered()
        if len(json.loads(got[1])) != n:
            raise Failure(f"{server.name}: {case.kind}: {got[1][:80]}")
    else:
        path = asked.path(number) if case.kind == "items" else case.kind
        size = case.args[0] if case.args else case.least
        got = ask(server.base, path)
        wanted = asked.text(number, size)
    if got[0] != 200 or wanted is not None and got[1].decode() != wanted:
        raise Failure(f"{server.name}: a wrong answer to {case.name}: "
                      f"{got[0]}, {len(got[1])} bytes, {got[1][:60]}")


def right(case, server, count):
    for number in sorted({0, count // 2, count - 1}):
        with contextlib.suppress(AttributeError):
            server.requests += 1
        is_right(case, server, number)


def replay(name, title, **more):
    row = {"make": "answers", "kind": asked.path(0), "who": EVERYBODY,
           "args": (1024, False), "least": 1024}
    return Case(name, title, **{**row, **more})


def mock(name, title, kind, who, **more):
    return Case(name, title, make="mocks", kind=kind, who=who, **more)


def forward(name, title, path, size, **more):
    return Case(name, title, make="forward", kind=path, who=EVERYBODY,
                least=size, **more)


def store(name, title, **more):
    return replay(name, title, **{"who": STORES, "baseline": STORES[0].name,
                                  **more})


def keep(durability, title):
    return store(f"store-{durability}", f"Record into a store, 1 KiB, {title}",
                 make="keep", kind="new", path="/different/",
                 args=(durability,))


class Forwarding(Hark):
    """What recording is compared with."""

    record = Hark.forward
    recorded = None


RECORDERS = (Forwarding("hark, forwarding"), HARKS[0],
             Forwarding("hark --admin off, forwarding", ["--admin", "off"]),
             HARKS[1]) + PEERS
TLS = (Nginx(), Haproxy(), Hark("hark --admin off", ["--admin", "off"]),
       Hark())

CASES = (
    replay("replay-1k", "Replay, 1 KiB", connections=(1, 32, 1000)),
    replay("replay-100k", "Replay, 100 KiB", args=(102400, False),
           least=102400),
    replay("replay-h2load", "Replay, 1 KiB, by h2load", tool="h2load",
           who=REFERENCES + HARKS, options=("--h1",)),
    replay("insight", "Replay, 1 KiB, while a dashboard and a scraper "
           "look on", who=HARKS[::-1] + (WATCHED,),
           baseline="hark --admin off"),
    replay("workers", "Replay, 1 KiB, one and two workers",
           who=(Nginx(),) + HARKS + TWO, connections=(64,)),
    replay("tapes-hit", "Replay of all recordings evenly", kind="items",
           counts=SIZES),
    replay("tapes-kept", "Replay of all recordings evenly, all in memory "
           "(`--cache-size 4g`)", make="kept", kind="items",
           counts=(1, 100_000, 1_000_000), who=HARKS,
           baseline="hark --admin off"),
    replay("tapes-miss", "Requests that are not recorded", counts=SIZES,
           kind="unknown", status=400, least=0,
           who=(Nginx(),) + HARKS + tuple(
               p for p in PEERS if p.name not in ("mitmproxy",))),
    replay("tapes-1g", "Replay of a tape with 1 GB of bodies", who=HARKS,
           kind="items", args=(10240, False), counts=(100_000,), least=10240,
           baseline="hark --admin off"),
    replay("tapes-body", "Replay by a JSON body of 1 KiB", counts=SIZES,
           kind="search", args=(1024, True), who=HARKS + PEERS,
           baseline="hark --admin off"),
    mock("mocks-static", "Mocked route, 1 KiB", asked.path(0),
         EVERYBODY[:2] + HARKS + tuple(
             p for p in PEERS if p.name in ("wiremock", "mockoon",
                                            "mountebank")),
         least=1024, connections=(1, 32, 1000)),
    mock("mocks-template", "Mocked route, a template of ten random values",
         "/template", HARKS + tuple(
             p for p in PEERS if p.name in ("wiremock", "mockoon")),
         least=200, baseline="hark --admin off"),
    mock("mocks-list", "Mocked list of 1,000 items, filtered and sorted",
         asked.LIST, HARKS + tuple(p for p in PEERS if p.name == "mockoon"),
         least=1000, baseline="hark --admin off"),
    replay("mocks-routes", "Mocked routes evenly, by their number",
           make="routes", kind="items", who=HARKS, counts=SIZES[:3],
           baseline="hark --admin off"),
    forward("forward-1k", "Forward, 1 KiB", "/1k", 1024,
            connections=(1, 32, 1000)),
    forward("forward-64k", "Forward, 64 KiB", "/64k", 65536,
            connections=(1, 32)),
    Case("record", "Forward and record, 1 KiB, no two alike", make="record",
         kind="new", who=RECORDERS, path="/different/", least=1024,
         connections=(1, 32), baseline="itself, forwarding"),
    keep("strict", "safe before the answer ends: "
         "until all is in the store"),
    keep("batch", "in groups: until all is in the store"),
    keep("off", "not synced: until all is in the store"),
    store("store-warm", "Replay from a store, in memory"),
    store("store-cold", "Replay from a store, not in memory", make="cold",
          kind="items", counts=SIZES[1:4], connections=(1, 32)),
    store("store-miss", "Requests that a store does not have", kind="unknown",
          counts=SIZES[1:4], connections=(1, 32), status=400, least=0),
    Case("tls", "HTTPS, 1 KiB", make="tls", kind=asked.path(0), who=TLS,
         least=1024),
    Case("tls-h2", "HTTPS, HTTP/2, 1 KiB, 10 streams a connection",
         make="tls", kind=asked.path(0), who=TLS, least=1024, tool="h2load",
         options=("-m", "10")),
    Case("tls-new", "HTTPS, new connections with one request each",
         make="tls", kind=asked.path(0), who=TLS, least=1024, tool="s_time",
         connections=(1,)),
)
