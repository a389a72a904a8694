"""One message, and messages in line: exact cases of a first-come-first-served link."""

from __future__ import annotations

import numpy as np

from sim.verify.case_run import asks, poisson, run_case, scenario_of
from sim.verify.findings import Finding, exact

#: Data rates as people write them -> bit/s.
_RATES = {"56 kbit/s": 56e3, "7 kB/s": 56e3, "2.5 Mbit/s": 2.5e6, "1 MiB/s": 8.0 * 2**20, "1 Gbit/s": 1e9}


def one_transfer() -> Finding:
    """A message of S bytes at B bit/s and a latency of L takes L + 8 S / B: 1.5 MB over several units of rate."""
    links = {f"line{n}": {"up": rate, "down": rate, "latency": "87.5 ms"} for n, rate in enumerate(_RATES)}
    fleet = [{"cohort": name, "devices": 1, "link": name} for name in links]
    run = run_case(scenario_of({}, asks(*["1 s"] * 5), "1.5 MB", update="20 KiB", links=links, fleet=fleet))
    bps = np.array(list(_RATES.values()))
    truth_s = np.r_[0.0875 + 8 * 1.5e6 / bps, 0.0875 + 8 * 20 * 1024 / bps]
    return exact(truth_s, np.r_[run.took_s("sent_s", "reached_s"), run.took_s("served_s", "returned_s")])


def headers() -> Finding:
    """Packets of 1,500 bytes carry 1,460 of a message behind headers of 40: ⌈(S + H) / 1460⌉ of them."""
    link = {"up": "1 Mbit/s", "header": "100 B", "packet_header": "40 B", "mtu": "1500 B"}
    run = run_case(scenario_of(link, asks("1 s"), "10 kB"))
    wire_bytes = 10_000 + 100 + 40 * np.ceil(10_100 / 1460)
    return exact([wire_bytes, 8 * wire_bytes / 1e6], [run.exchanges["up_bytes"][0], *run.took_s("sent_s", "reached_s")])


def lindley() -> Finding:
    """Waits on a shared link follow D = max(A, D of the one before) + 8 S / B (Lindley 1952)."""
    link = {"up": "1 Mbit/s", "latency": "30 ms", "shared": True}
    payload = {"lognormal": {"median": "10 kB", "sigma": 1.0}}
    run = run_case(scenario_of(link, poisson("1 /s"), payload, devices=8, duration="200 s", in_flight="replace"))
    free_s, truth_s = 0.0, []
    for sent_s, nbytes in zip(run.exchanges["sent_s"], run.exchanges["up_bytes"], strict=True):
        free_s = max(sent_s, free_s) + 8 * nbytes / 1e6
        truth_s.append(free_s + 0.03)
    reached_s = run.exchanges["reached_s"]
    came = ~np.isnan(reached_s)
    return exact(np.array(truth_s)[came], reached_s[came])


def kiefer_wolfowitz() -> Finding:
    """Of c workers the first that is free takes the oldest request (Kiefer and Wolfowitz 1955); c = 3."""
    cloud = {"workers": 3, "service": {"exponential": "1 s"}}
    run = run_case(
        scenario_of({"up": "1 Gbit/s"}, poisson("1 /min"), "1 kB", devices=150, cloud=cloud, duration="10 min")
    )
    done = ~np.isnan(run.exchanges["served_s"])
    order = np.argsort(run.exchanges["reached_s"][done], kind="stable")
    reached_s, started_s, served_s = (
        run.exchanges[name][done][order] for name in ("reached_s", "started_s", "served_s")
    )
    free_s, truth_s = [0.0] * 3, []
    for at_s, service_s in zip(reached_s, served_s - started_s, strict=True):
        free_s.sort()
        truth_s.append(max(at_s, free_s[0]))
        free_s[0] = truth_s[-1] + service_s
    return exact(truth_s, started_s)
