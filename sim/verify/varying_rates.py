"""Rates that vary, by hand: traces, opportunities, outages, contact windows, token buckets."""

from __future__ import annotations

from sim.verify.case_run import asks, run_case, scenario_of
from sim.verify.findings import Finding, exact


def trace_integral() -> Finding:
    """A transfer ends where the integral of the rate meets its size: 1, 0 and 4 Mbit/s for 10 s each, repeated.

    47 Mbit from 5 s on end at 32 s, from 12 s on at 37 s, from 25 s on at 54.25 s, each on a link of its own.
    """
    trace = {"file": "rate.txt", "unit": "Mbit/s", "time_unit": "s"}
    run = run_case(
        scenario_of({"up": {"trace": trace}}, asks("5 s", "12 s", "25 s"), "5.875 MB", devices=3),
        files={"rate.txt": "0 1\n10 0\n20 4\n"},
    )
    return exact([32.0, 37.0, 54.25], run.exchanges["reached_s"])


def shared_trace() -> Finding:
    """Two messages of 10 Mbit share 1, 0 and 4 Mbit/s for 10 s each: from 0 s and 4 s on they end at 21.5 and 22.5 s.

    Until 4 s the first sends 4 Mbit alone, until 10 s both 3 Mbit; at 20 s they have 3 and 7 Mbit left, and 2 Mbit/s
    each, until the second goes on alone with 4.
    """
    trace = {"file": "rate.txt", "unit": "Mbit/s", "time_unit": "s"}
    link = {"up": {"trace": trace}, "discipline": "ps", "shared": True}
    run = run_case(scenario_of(link, asks("0 s", "4 s"), "1.25 MB", devices=2), files={"rate.txt": "0 1\n10 0\n20 4\n"})
    return exact([21.5, 22.5], run.exchanges["reached_s"])


def opportunities() -> Finding:
    """Each line of a Mahimahi trace lets one packet of 1,500 bytes pass; an unused one is wasted.

    3,001 bytes are three packets. With opportunities at 10, 10, 20, 50 and 100 ms, again and again, those sent at
    5, 15 and 60 ms end at 20, 100 and 110 ms.
    """
    run = run_case(
        scenario_of({"up": {"trace": "cell.up"}}, asks("5 ms", "15 ms", "60 ms"), "3001 B", devices=3),
        files={"cell.up": "10\n10\n20\n50\n100\n"},
    )
    return exact([0.02, 0.1, 0.11], run.exchanges["reached_s"])


def outage() -> Finding:
    """4 Mbit from 1 s on over 1 Mbit/s, down from 2 s for 10 s and again from 32 s: 15 s; from 30 s on: 44 s."""
    link = {"up": "1 Mbit/s", "outages": [{"at": "2 s", "for": "10 s", "every": "30 s"}]}
    run = run_case(scenario_of(link, asks("1 s", "30 s"), "500 kB", devices=2))
    return exact([15.0, 44.0], run.exchanges["reached_s"])


def contacts() -> Finding:
    """25 Mbit over 1 Mbit/s in contacts of 10 s every 100 s: from 5 s on 5, 10 and 10 Mbit, so until 210 s."""
    link = {"up": "1 Mbit/s", "contacts": {"every": "100 s", "for": "10 s"}}
    return exact([210.0], run_case(scenario_of(link, asks("5 s"), "3.125 MB")).exchanges["reached_s"])


def token_bucket() -> Finding:
    """A message of b bits takes (b - tokens) / r once it has emptied the bucket (Cruz 1991).

    8 Mbit over a line of 10 Mbit/s, refilled with 1 Mbit/s up to 4 Mbit: at 1 s and 10 s the bucket is full, and
    they take 4 s; at 16 s it holds 2 Mbit, and the third takes 6 s.
    """
    link = {"up": {"rate": "10 Mbit/s", "bucket": {"rate": "1 Mbit/s", "burst": "500 kB"}}, "shared": True}
    run = run_case(scenario_of(link, asks("1 s", "10 s", "16 s"), "1 MB", devices=3))
    return exact([5.0, 14.0, 22.0], run.exchanges["reached_s"])
