"""Medians of the rounds, and the tables made of them."""

import statistics

HEAD = """\
| case | connections | server | requests/s | of nginx | of hark proxy | \
p50 ms | p99 ms | CPU µs/request | nginx's CPU / its | proxy's worker CPU / its \
| peak MB |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def median(values):
    return statistics.median(list(values))


def total(run):
    return sum(run["cpu"].values())


def worker(run):
    return run["cpu"]["worker"]


def ratio(rounds, server, other, of):
    """The median over the rounds of server by other, which ran side by side;
    None when other is not there."""
    if other not in rounds[0]:
        return None
    return median(of(r[server]) / of(r[other]) for r in rounds)


def summary(case, connections, rounds, peaks):
    """One row per server of a case, from its rounds: a list of dicts from
    server to what Load.run() gave."""
    rows = []
    for server in rounds[0]:
        runs = [r[server] for r in rounds]
        rates = [r["rate"] for r in runs]
        of_nginx = of_proxy = cpu_of_nginx = worker_of_proxy = None
        if server != "nginx":
            of_nginx = ratio(rounds, server, "nginx", lambda r: r["rate"])
            cpu_of_nginx = ratio(rounds, server, "nginx", total)
        if server == "hark record":
            of_proxy = ratio(rounds, server, "hark proxy",
                             lambda r: r["rate"])
            worker_of_proxy = ratio(rounds, server, "hark proxy", worker)
        threads = {name for r in runs for name in r["cpu"]}
        rows.append({
            "case": case,
            "connections": connections,
            "server": server,
            "rate": median(rates),
            "spread": (max(rates) - min(rates)) / median(rates),
            "of_nginx": of_nginx,
            "of_proxy": of_proxy,
            "p50_us": median(r["p50"] for r in runs),
            "p99_us": median(r["p99"] for r in runs),
            "cpu_us": median(total(r) for r in runs),
            "cpu_us_by_thread": {
                name: median(r["cpu"].get(name, 0) for r in runs)
                for name in sorted(threads)},
            "cpu_of_nginx": cpu_of_nginx,
            "worker_cpu_of_proxy": worker_of_proxy,
            "peak_bytes": peaks[server],
            "foreign_cpus": median(r["foreign"] for r in runs),
        })
    return rows


def cell(value, form="{:.2f}"):
    return "" if value is None else form.format(value)


def cpu_cell(row):
    """The sum, and its parts where more than one thread worked."""
    parts = {name: us for name, us in row["cpu_us_by_thread"].items()
             if us >= 0.05}
    text = f"{row['cpu_us']:.1f}"
    if len(parts) > 1:
        text += " (" + ", ".join(f"{name} {us:.1f}"
                                 for name, us in parts.items()) + ")"
    return text


def line(row):
    cells = [row["case"], str(row["connections"]), row["server"],
             f"{row['rate']:,.0f}", cell(row["of_nginx"]),
             cell(row["of_proxy"]), f"{row['p50_us'] / 1000:.2f}",
             f"{row['p99_us'] / 1000:.2f}", cpu_cell(row),
             cell(row["cpu_of_nginx"] and 1 / row["cpu_of_nginx"]),
             cell(row["worker_cpu_of_proxy"] and
                  1 / row["worker_cpu_of_proxy"]),
             f"{row['peak_bytes'] / 1e6:.0f}"]
    return "| " + " | ".join(cells) + " |\n"


def machine_lines(machine):
    return (f"{machine['cpus']} CPUs, Linux {machine['kernel']}, "
            f"nginx {machine['nginx']}, wrk {machine['wrk']}, "
            f"hark {machine['hark']}; {machine['rounds']} rounds of "
            f"{machine['seconds']} s, medians.\n")


def noise_lines(rows):
    foreign = [r["foreign_cpus"] for r in rows]
    spread = [r["spread"] for r in rows]
    return (f"Noise: other programs kept {median(foreign):.2f} CPUs busy "
            f"(at most {max(foreign):.2f}); the rates of one row differed by "
            f"{median(spread):.0%} between rounds (at most "
            f"{max(spread):.0%}).\n")


def markdown(machine, rows, counts):
    text = machine_lines(machine) + "\n" + HEAD
    text += "".join(line(r) for r in rows) + "\n"
    text += noise_lines(rows)
    for c in counts:
        text += (f"Recorded, {c['case']}: {c['entries']:,} entries for "
                 f"{c['requests']:,} completed requests"
                 f"{', none missing' if not c['missing'] else ''}.\n")
    return text
