"""The load of a benchmark: runs of wrk, h2load and openssl, what they cost the
server, and how busy the machine was with something else meanwhile."""

import json
import os
import re
import subprocess
import time

import servers


class Nothing(servers.Failure):
    """Not one answer came in time."""


HERE = os.path.dirname(os.path.abspath(__file__))


def machine_cpu():
    """Seconds of CPU that anybody used, stolen ones too."""
    with open("/proc/stat", encoding="ascii") as f:
        user, nice, system, _, _, irq, soft, steal = \
            [int(n) for n in f.readline().split()[1:9]]
    return (user + nice + system + irq + soft + steal) / servers.TICK


def children_cpu():
    """Seconds of CPU of the children that were waited for."""
    t = os.times()
    return t.children_user + t.children_system


def run_tool(command, **environment):
    done = subprocess.run(
        servers.pinned(servers.load_cpus(), command), capture_output=True,
        text=True, check=False, env={**os.environ, **environment})
    if done.returncode != 0:
        raise servers.Failure(f"{command[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout


def wrk(base, kind, connections, seconds, **environment):
    """One run; what wrk.lua printed."""
    threads = min(connections, max(1, os.cpu_count() // 2))
    if environment.get("BENCH_STOP", "0") != "0":
        threads = 1
    out = run_tool(["wrk", f"-t{threads}", f"-c{connections}",
                    f"-d{seconds}s", "--timeout", "10s", "-s",
                    os.path.join(HERE, "wrk.lua"), base],
                   BENCH_KIND=kind, **environment)
    return json.loads(out.splitlines()[-1])


def h2load(base, path, connections, seconds, *options):
    """One run; it knows no percentiles."""
    out = run_tool(["h2load", "-D", str(seconds), "-c", str(connections),
                    *options, base + path])
    found = re.search(r"requests: (\d+) total, .* (\d+) succeeded, "
                      r"(\d+) failed, (\d+) errored, (\d+) timeout", out)
    status = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, "
                       r"(\d+) 5xx", out)
    size = re.search(r"traffic: .* \((\d+)\) data", out)
    if not found or not status or not size:
        raise servers.Failure(f"h2load: {out[-300:]}")
    return {"requests": int(status.group(1)), "us": seconds * 1e6,
            "p50": None, "p99": None, "bytes": int(size.group(1)),
            "status": sum(int(n) for n in status.groups()[1:]),
            "broken": int(found.group(4)), "timeout": int(found.group(5))}


def handshakes(base, path, seconds):
    """New connections with a request each, one behind the other."""
    out = run_tool(["openssl", "s_time", "-connect", base.split("//")[1],
                    "-new", "-time", str(seconds), "-www", path])
    found = re.search(r"(\d+) connections in (\d+) real seconds, (\d+) bytes",
                      out)
    if not found:
        raise servers.Failure("openssl s_time says nothing of connections")
    n, took, size = (int(g) for g in found.groups())
    return {"requests": n, "us": took * 1e6, "p50": None, "p99": None,
            "bytes": n * size, "status": 0, "broken": 0, "timeout": 0}


def every(base, count):
    """Asks for each item once."""
    wrk(base, "every", 32, 60 + count // 1000, BENCH_N=str(count),
        BENCH_STOP=str(count))


class Load:
    """Runs against the servers of one stage."""

    def __init__(self, stage):
        self.stage = stage
        self.runs = 0

    def own_cpu(self):
        return children_cpu() + sum(sum(s.cpu().values())
                                    for s in self.stage.servers)

    def once(self, case, server, count, connections, seconds, most):
        self.runs += 1
        if case.tool == "h2load":
            return h2load(server.base, case.kind, connections, seconds,
                          *case.options)
        if case.tool == "s_time":
            return handshakes(server.base, case.kind, seconds)
        how = {"BENCH_N": str(count), "BENCH_STOP": str(most),
               "BENCH_RUN": f"{case.path}{self.runs}-",
               "BENCH_SEED": str(self.runs)}
        return wrk(server.base, case.kind, connections, seconds, **how)

    def run(self, case, server, count, connections, seconds, most=0):
        """Requests/s, latencies in µs, CPU µs per request by thread, and
        how many CPUs were busy with what is not ours.  Fails when answers
        were not of the status or length that is right."""
        machine, own, before = machine_cpu(), self.own_cpu(), server.cost()
        begun = time.monotonic()
        try:
            seen = self.once(case, server, count, connections, seconds, most)
        except servers.Failure as e:
            raise servers.Failure(f"{e}; {server.state()}") from None
        took = time.monotonic() - begun
        after = server.cost()
        own, machine = self.own_cpu() - own, machine_cpu() - machine
        n = seen["requests"]
        server.requests += n
        other = n - seen["status"] if case.status >= 400 else seen["status"]
        if n == 0:
            raise Nothing(f"no answer in {took:.0f} s; {server.state()}")
        if seen["broken"] or seen["timeout"] or other or \
                seen["bytes"] < n * case.least:
            raise servers.Failure(
                f"{n} requests in {took:.1f} s, {other} of another status, "
                f"{seen['broken']} broken, {seen['timeout']} timeouts, "
                f"{seen['bytes']} bytes; {server.state()}")
        return {
            "requests": n,
            "rate": n / (seen["us"] / 1e6 if seen["us"] else took),
            "p50": seen["p50"],
            "p99": seen["p99"],
            "cpu": {thread: (used - before.get(thread, 0)) * 1e6 / n
                    for thread, used in after.items()},
            "foreign": max(0.0, (machine - own) / took),
        }
