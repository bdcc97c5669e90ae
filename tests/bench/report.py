"""Medians of the rounds, the tables made of them, and whether the aims are
reached."""

import statistics

HEAD = """\
| {counts}connections | server | requests/s | of {baseline} | p50 ms | \
p99 ms | CPU µs/request | peak MB |
|---|---|---|---|---|---|---|---|
"""


def median(values):
    return statistics.median(list(values))


def total(run):
    return sum(run["cpu"].values())


def maybe(of, runs):
    """The median, or None where the tool does not know it."""
    found = [r[of] for r in runs if r[of] is not None]
    return median(found) if found else None


def ratio(rounds, one, other, of):
    """The median over the rounds of one by other, which ran side by side;
    None where one of them has no figure."""
    both = [of(r[one]) / of(r[other]) for r in rounds
            if one in r and other in r and of(r[other]) > 0]
    return median(both) if both else None


def row(case, count, connections, name, rounds, baseline, memory):
    runs = [r[name] for r in rounds if name in r]
    rates = [r["rate"] for r in runs]
    threads = {thread for r in runs for thread in r["cpu"]}
    return {
        "case": case.name,
        "recordings": count,
        "connections": connections,
        "server": name,
        "rate": median(rates),
        "spread": (max(rates) - min(rates)) / median(rates),
        "baseline": baseline,
        "of_baseline": ratio(rounds, name, baseline, lambda r: r["rate"]),
        "cpu_of_baseline": ratio(rounds, name, baseline, total),
        "worker_cpu_of_baseline": ratio(
            rounds, name, baseline, lambda r: r["cpu"].get("worker", 0)),
        "p50_us": maybe("p50", runs),
        "p99_us": maybe("p99", runs),
        "cpu_us": median(total(r) for r in runs),
        "cpu_us_by_thread": {
            thread: median(r["cpu"].get(thread, 0) for r in runs)
            for thread in sorted(threads)},
        "peak_bytes": memory,
        "foreign_cpus": median(r["foreign"] for r in runs),
    }


#
# Text
#

def cell(value, form="{:.2f}"):
    return "" if value is None else form.format(value)


def cpu_cell(row):
    """The sum, and its parts where more than one thread worked."""
    parts = {name: us for name, us in row["cpu_us_by_thread"].items()
             if us >= 0.05}
    text = f"{row['cpu_us']:.1f}"
    if 1 < len(parts) <= 6:
        text += " (" + ", ".join(f"{name} {us:.1f}"
                                 for name, us in parts.items()) + ")"
    return text


def line(row, counts):
    cells = [f"{row['recordings']:,}"] if counts else []
    cells += [str(row["connections"]), row["server"], f"{row['rate']:,.0f}",
              "" if row["baseline"] == row["server"]
              else cell(row["of_baseline"], "{:.3f}"),
              cell(row["p50_us"] and row["p50_us"] / 1e3),
              cell(row["p99_us"] and row["p99_us"] / 1e3),
              cpu_cell(row), f"{row['peak_bytes'] / 1e6:,.0f}"]
    return "| " + " | ".join(cells) + " |\n"


def table(case, rows):
    counts = len(case.counts) > 1
    text = f"\n## {case.title}\n`--only {case.name}`, by {case.tool}\n\n"
    head = HEAD.format(counts="recordings | " if counts else "",
                       baseline=case.baseline)
    if counts:
        head = head.rstrip("\n") + "---|\n"
    return text + head + "".join(line(r, counts) for r in rows)


def machine_lines(m):
    versions = ", ".join(f"{name} {v}" for name, v in m["versions"].items())
    return (f"{m['cpu']}, {m['cpus']} CPUs, {m['memory_gb']} GB, Linux "
            f"{m['kernel']}; {versions}.\n\n{m['rounds']} rounds of "
            f"{m['seconds']} s in turns, medians; ratios are those of one "
            f"round, and their median; peers take part in {m['peer_rounds']} "
            "of them. Load and backend have the first half "
            "of the CPUs, a server has one worker and the last CPU. The "
            "kernel has read a tape's file just before.\n")


def noise_lines(rows):
    if not rows:
        return ""
    foreign = [r["foreign_cpus"] for r in rows]
    spread = [r["spread"] for r in rows]
    return (f"\nNoise: other programs kept {median(foreign):.2f} CPUs busy "
            f"(at most {max(foreign):.2f}); the rates of one row differed by "
            f"{median(spread):.0%} between rounds (at most "
            f"{max(spread):.0%}).\n")


def starts_table(starts):
    if not starts:
        return ""
    text = ("\n## Start to the first answer\n`--only start`\n\n| recordings | "
            "server | ms | MB then |\n|---|---|---|---|\n")
    for s in starts:
        text += (f"| {s['recordings']:,} | {s['server']} | {s['ms']:,.0f} | "
                 f"{s['bytes'] / 1e6:,.0f} |\n")
    return text


def memory_table(memory):
    if not memory:
        return ""
    text = ("\n## Memory after recording answers of 10 KiB\n`--only memory`, "
            "no two alike, 32 connections\n\n| server | recorded | MB | peak "
            "MB | requests/s |\n|---|---|---|---|---|\n")
    for m in memory:
        text += (f"| {m['server']} | {m['recorded']:,} | "
                 f"{m['bytes'] / 1e6:,.0f} | {m['peak_bytes'] / 1e6:,.0f} | "
                 f"{m['rate']:,.0f} |\n")
    return text


def soak_lines(soak):
    if soak is None:
        return ""
    return (f"\n## Memory after a soak\nAfter {soak['seconds']:,} s of "
            f"`make soak` with {soak['answers'] / soak['seconds']:,.0f} "
            f"requests/s ({soak['rate']:,} were asked for): "
            f"{soak['memory_last'] / 1e6:.1f} MB, "
            f"{soak['memory_growth']:+.1%} since its warm-up; "
            f"{soak['answers']:,} answers, {soak['wrong']} of them wrong, "
            f"{soak['lost']} entries lost.\n")


def bytes_table(rows):
    if not rows:
        return ""
    text = ("\n## Bytes of an entry with an answer of 1 KiB\n"
            "`--only store-bytes`: a tape that is imported, with all indexes\n"
            "\n| server | entries | bytes each | of the engine's log |\n"
            "|---|---|---|---|\n")
    for r in rows:
        text += (f"| {r['server']} | {r['entries']:,} | {r['bytes']:,.0f} | "
                 f"{cell(r['logged'], '{:,.0f}')} |\n")
    return text


def seen_table(seen):
    if not seen:
        return ""
    text = ("\n## From an answer recorded to its replay by another gateway\n"
            "`--only store-seen`; the other is asked all the time\n\n| server "
            "| recorded | p50 ms | most ms |\n|---|---|---|---|\n")
    for s in seen:
        text += (f"| {s['server']} | {s['recorded']} | {s['p50_ms']:.0f} | "
                 f"{s['most_ms']:.0f} |\n")
    return text


def skipped_lines(skipped):
    if not skipped:
        return ""
    text = "\n## Left out\n| server | of | why |\n|---|---|---|\n"
    for (server, why), cases in skipped.items():
        text += f"| {server} | {', '.join(cases)} | {why} |\n"
    return text


def recorded_lines(recorded):
    lost = sum(r["missing"] for r in recorded)
    n = sum(r["requests"] for r in recorded)
    return "" if not recorded else (
        f"\nhark recorded {sum(r['entries'] for r in recorded):,} entries in "
        f"{len(recorded)} runs for {n:,} completed requests: "
        f"{'none is missing' if not lost else f'{lost:,} are missing'}.\n")


#
# Aims
#

class Aims:
    """Each with what it wants, its figure, and whether that is reached; None
    where this run has no figure."""

    def __init__(self, rows):
        self.rows = rows
        self.seen = []

    def find(self, case, server, connections=32, recordings=None):
        for r in self.rows:
            if (r["case"], r["server"], r["connections"]) == (
                    case, server, connections) and \
                    recordings in (None, r["recordings"]):
                return r
        return None

    def seen_by_another(self, seen):
        for s in seen:
            self.add(f"{s['server']}: the latest replay of what another "
                     "recorded, in s", 1, s["most_ms"] / 1e3, most=True)

    def add(self, aim, wanted, figure, most=False):
        reached = None if figure is None else \
            figure <= wanted if most else figure >= wanted
        self.seen.append({"aim": aim, "wanted": wanted, "most": most,
                          "figure": figure, "reached": reached})

    def of(self, case, server, key, connections=32):
        r = self.find(case, server, connections)
        return None if r is None else r[key]

    def p99(self, case, server, connections):
        own, other = (self.of(case, s, "p99_us", connections)
                      for s in (server, "nginx"))
        return own / other if own and other else None

    def flat(self, case, server):
        """The rate of the most recordings by that of the fewest."""
        found = [r for r in self.rows
                 if r["case"] == case and r["server"] == server]
        found.sort(key=lambda r: r["recordings"])
        if len(found) < 2:
            return None, ""
        return (min(r["rate"] for r in found[1:]) / found[0]["rate"],
                f"{found[-1]['recordings']:,}")

    def capacity(self, one, two):
        """What two workers can do beside one, by the CPU that a request
        costs: the load has to have a CPU, too."""
        a = self.of("workers", one, "cpu_us", 64)
        b = self.of("workers", two, "cpu_us", 64)
        return 2 * a / b if a and b else None

    def lead(self, case, server, peers):
        """How many times the best peer's rate."""
        own = self.of(case, server, "rate")
        rates = [r["rate"] for r in self.rows if r["case"] == case and
                 r["connections"] == 32 and r["server"] in peers]
        return own / max(rates) if own and rates else None

    def judge_workers(self, server):
        """nginx's own figure tells what the machine permits."""
        self.add(f"{server}: two workers of one, by CPU per request", 1.8,
                 self.capacity(server, f"{server}, 2 workers"))

    def judge(self, server, peers):
        for case, what in (("replay-1k", "replay"),
                           ("mocks-static", "static mock")):
            self.add(f"{server}: {what} of nginx `return 200`", 0.9,
                     self.of(case, server, "of_baseline"))
        for size in ("1k", "64k"):
            self.add(f"{server}: forward {size} of nginx `proxy_pass`", 0.9,
                     self.of("forward-" + size, server, "of_baseline"))
        slower = self.of("record", server, "of_baseline")
        self.add(f"{server}: recording on top of forwarding, by the rate "
                 "with the recorder on the worker's CPU", 0.2,
                 slower and 1 / slower - 1, most=True)
        dearer = self.of("record", server, "worker_cpu_of_baseline")
        self.add(f"{server}: the same, by the worker's CPU time", 0.2,
                 dearer and dearer - 1, most=True)
        self.judge_workers(server)
        for case in ("tapes-hit", "tapes-kept", "tapes-miss", "tapes-body"):
            least, most = self.flat(case, server)
            self.add(f"{server}: {case[6:]}, least rate up to {most or '1M'} "
                     "recordings of that of one", 0.8, least)
        for case, factor in (("replay-1k", 2), ("forward-1k", 3),
                             ("forward-64k", 3)):
            self.add(f"{server}: {case} of the best peer", factor,
                     self.lead(case, server, peers))
        for case in ("replay-1k", "mocks-static", "forward-1k"):
            for connections in (32, 1000):
                self.add(f"{server}: p99 of {case} at {connections} "
                         "connections of nginx's", 1.5,
                         self.p99(case, server, connections), most=True)


    def judge_stores(self, file, shared):
        """What a shared store may cost, beside a file in the same run."""
        for durability in ("strict", "batch", "off"):
            self.add(f"{shared}: recording, {durability}, of {file}", 0.5,
                     self.of(f"store-{durability}", shared, "of_baseline"))
        self.add(f"{shared}: replay from memory of {file}", 0.95,
                 self.of("store-warm", shared, "of_baseline"))
        cold = [r for r in self.rows if r["connections"] == 1 and
                (r["case"], r["server"]) == ("store-cold", shared)]
        for r in cold:
            for of in ("p50", "p99"):
                self.add(f"{shared}: {of} of a hit not in memory, of "
                         f"{r['recordings']:,} recordings, in ms", 1,
                         r[of + "_us"] / 1e3, most=True)


def aims_table(aims):
    text = "\n## Aims\n| aim | wanted | figure | reached |\n|---|---|---|---|\n"
    for a in aims:
        if a["figure"] is None:
            continue
        text += (f"| {a['aim']} | {'at most' if a['most'] else 'at least'} "
                 f"{a['wanted']} | {a['figure']:.2f} | "
                 f"{'yes' if a['reached'] else '**no**'} |\n")
    return text


def markdown(made):
    by_case = {}
    for r in made["rows"]:
        by_case.setdefault(r["case"], []).append(r)
    text = f"# Benchmark\nMade by `make {made['target']}`; see " \
        "tests/bench/cases.py for what is compared.\n\n" + \
        machine_lines(made["machine"])
    text += noise_lines(made["rows"]) + aims_table(made["aims"])
    for case in made["cases"]:
        if case.name in by_case:
            text += table(case, by_case[case.name])
    text += recorded_lines(made["recorded"])
    text += starts_table(made["starts"]) + memory_table(made["memory"])
    text += bytes_table(made["bytes"]) + seen_table(made["seen"])
    return text + soak_lines(made["soak"]) + skipped_lines(made["skipped"])
