"""The load of a benchmark: runs of wrk, what they cost the server, and how
busy the machine was with something else meanwhile."""

import json
import os
import subprocess
import time

import servers


def machine_cpu():
    """Seconds of CPU that anybody used, stolen ones too."""
    with open("/proc/stat", encoding="ascii") as f:
        user, nice, system, _, _, irq, soft, steal = \
            [int(n) for n in f.readline().split()[1:9]]
    return (user + nice + system + irq + soft + steal) / servers.TICK


def wrk_cpu():
    """Seconds of CPU of the children that were waited for."""
    t = os.times()
    return t.children_user + t.children_system


def wrk(script, url, connections, seconds):
    """One run; what wrk.lua printed."""
    command = servers.pinned(0, [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s",
        "-s", script, url])
    done = subprocess.run(command, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise servers.Failure(f"wrk: {done.stderr.strip()}")
    seen = json.loads(done.stdout.splitlines()[-1])
    errors = {kind: n for kind, n in seen["errors"].items() if n > 0}
    if errors or seen["requests"] == 0:
        raise servers.Failure(f"wrk on {url}: {seen['requests']} requests, "
                              f"errors: {errors}")
    return seen


class Load:
    """Runs against the servers of one stage."""

    def __init__(self, stage, script):
        self.stage = stage
        self.script = script

    def own_cpu(self):
        return wrk_cpu() + sum(sum(s.cpu().values())
                               for s in self.stage.servers)

    def run(self, server, path, connections, seconds):
        """Requests/s, latencies in µs, CPU µs per request by thread, and
        how many CPUs were busy with what is not ours."""
        machine, own, before = machine_cpu(), self.own_cpu(), server.cpu()
        begun = time.monotonic()
        try:
            seen = wrk(self.script, server.base + path, connections, seconds)
        except servers.Failure as e:
            raise servers.Failure(f"{e}; {server.state()}") from None
        took = time.monotonic() - begun
        after = server.cpu()
        own, machine = self.own_cpu() - own, machine_cpu() - machine
        n = seen["requests"]
        server.requests += n
        return {
            "rate": n / (seen["us"] / 1e6),
            "p50": seen["p50"],
            "p99": seen["p99"],
            "cpu": {thread: (used - before.get(thread, 0)) * 1e6 / n
                    for thread, used in after.items()},
            "foreign": max(0.0, (machine - own) / took),
        }
