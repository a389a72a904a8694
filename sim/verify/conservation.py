"""Conservation laws: Little's law, the bytes of every row, and the queue under overload."""

from __future__ import annotations

import numpy as np

from sim.verify.case_run import Run, Table, poisson, run_case, scenario_of
from sim.verify.findings import Finding, estimated, exact


def little_link() -> Finding:
    """The mean queue that the ticks see is the sum of all waits over the time: L = λ W (Little 1961)."""
    link = {"up": "1 Mbit/s"}
    payload = {"exponential": "12.5 kB"}
    run = run_case(
        scenario_of(link, poisson("5 /s"), payload, devices=12, duration="300 s", tick="100 ms", in_flight="replace")
    )
    return _little(_rows(run.links, "up"), 300.0)


def little_cloud() -> Finding:
    """The mean queue at the cloud, as ticks see it, is the sum of all waits over the time (Little 1961)."""
    cloud = {"workers": 2, "service": {"exponential": "40 ms"}}
    run = run_case(
        scenario_of(
            {"up": "1 Gbit/s"}, poisson("35 /s"), cloud=cloud, duration="300 s", tick="50 ms", in_flight="replace"
        )
    )
    return _little(run.cloud, 300.0)


def _little(table: Table, horizon_s: float) -> Finding:
    """Compare queues seen at ticks with waits summed, batch by batch of the run."""
    truth = float(table["waiting_s"].sum()) / horizon_s
    batches = zip(np.array_split(table["queue"], 20), np.array_split(table["waiting_s"], 20), strict=True)
    beyond = [queue.mean() - waits_s.sum() / (horizon_s / 20) for queue, waits_s in batches]
    return estimated(truth, truth + np.array(beyond))


def bytes_on_every_row() -> Finding:
    """On each row of a link, offered, delivered and in flight are what the exchanges say of that moment."""
    link = {"up": "64 kbit/s", "latency": "2 s", "loss": "10 %", "discipline": "ps", "shared_by": "3 devices"}
    payload = {"lognormal": {"median": "10 kB", "sigma": 1.0}}
    run = run_case(
        scenario_of(link, poisson("4 /min"), payload, devices=9, duration="10 min", tick="5 s", in_flight="replace")
    )
    rows, exchanges = _rows(run.links, "up"), run.exchanges
    nbytes = exchanges["up_bytes"] - exchanges["retransmitted_bytes"]
    sent, reached = (exchanges[name][None, :] <= rows["t_s"][:, None] for name in ("sent_s", "reached_s"))
    truth = np.r_[sent @ nbytes, reached @ nbytes, (sent & ~reached) @ nbytes]
    return exact(truth, np.r_[rows["offered_bytes"], rows["delivered_bytes"], rows["in_flight_bytes"]])


def bytes_at_the_end() -> Finding:
    """When all exchanges are over nothing is in flight: every byte offered was delivered or dropped, on every link.

    Two hops that lose and stand still, and devices that break off when they go; asks end long before the run does.
    """
    away = {"on": {"exponential": "40 s"}, "off": {"exponential": "20 s"}}
    fleet = [
        {"cohort": "phones", "devices": 12, "link": "near", "availability": away, "offline": {"transfers": "abort"}}
    ]
    rough = {"down": "64 kbit/s", "discipline": "ps", "loss": "10 %", "recovery": {"arq": "off"}}
    links = {
        "near": {"up": "64 kbit/s", "via": ["far"], **rough},
        "far": {
            "up": "500 kbit/s",
            "shared": True,
            "outages": [{"at": "10 s", "for": "30 s", "every": "100 s"}],
            **rough,
        },
    }
    trigger = {"kind": "at", "times": [f"{5 * turn} s" for turn in range(60)]}
    run = run_case(
        scenario_of({}, trigger, "20 kB", update="5 kB", fleet=fleet, links=links, duration="2 h", tick="1 h")
    )
    last = run.links["t_s"] == run.links["t_s"].max()
    offered, ended = (run.links[name][last] for name in ("offered_bytes", "delivered_bytes"))
    return exact(offered, np.where(_all_over(run), ended + run.links["dropped_bytes"][last], np.nan))


def _all_over(run: Run) -> bool:
    """Return whether the run is the mixed one it is meant to be: some of every outcome, and none under way."""
    return set(run.exchanges["outcome"]) == {"installed", "lost", "aborted"}


def overload() -> Finding:
    """A queue that is offered more than it can serve grows by λ - μ a second, and the summary says so.

    Thirty links of 10 messages a second, offered 15.
    """
    run = run_case(
        scenario_of(
            {"up": "1 Mbit/s"},
            poisson("15 /s"),
            {"exponential": "12.5 kB"},
            devices=30,
            duration="60 s",
            tick="5 s",
            in_flight="replace",
        )
    )
    waiting = np.bincount(run.exchanges["device"], weights=np.isnan(run.exchanges["reached_s"]))
    exchanges = run.summary["overloaded"] == ["links.line.up"]
    loads = 8 * run.devices["up_bytes"] / 1e6 / 60.0
    return estimated(15.0 - 10.0, waiting / 60.0 if exchanges else np.full(30, np.nan), loads - 1.5)


def _rows(links: Table, direction: str) -> Table:
    mine = links["direction"] == direction
    return {name: values[mine] for name, values in links.items()}
