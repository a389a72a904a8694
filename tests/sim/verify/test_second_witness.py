"""Another simulator of queues, Ciw, plays the same arrivals and the same work, and every customer leaves alike."""

from __future__ import annotations

import ciw
import numpy as np
import pytest

from sim.verify.case_run import Run, poisson, run_case, scenario_of

LINK_BPS = 1e6


def played(link: dict[str, object], cloud: dict[str, object], duration: str = "100 s") -> Run:
    """Return a run of ten devices that together ask four times a second over one link."""
    payload = {"lognormal": {"median": "20 kB", "sigma": 0.8}}
    line = {"up": "1 Mbit/s", "shared": True, **link}
    return run_case(
        scenario_of(line, poisson("0.4 /s"), payload, devices=10, cloud=cloud, duration=duration, in_flight="replace")
    )


def sequence(values: np.ndarray) -> ciw.dists.Sequential:
    """Return the values one after the other; Ciw begins again at the end, which is never reached."""
    return ciw.dists.Sequential([*values.tolist(), 1e9])


def witnessed(network: ciw.network.Network, node_class: type | None = None) -> list[list[float]]:
    """Return when customers arrive and leave, in the order of their numbers, at each node: [node][customer]."""
    simulation = ciw.Simulation(network, node_class=node_class)
    simulation.simulate_until_max_time(1e6)
    records = sorted(simulation.get_all_records(), key=lambda one: one.id_number)
    return [[one.exit_date for one in records if one.node == node] for node in (1, 2)]


def arrivals(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who was served to the end, in the order of sending: gaps, times on the link alone, times of service."""
    assert (run.exchanges["outcome"] != "rejected").all()
    done = ~np.isnan(run.exchanges["served_s"])
    last = int(np.flatnonzero(~done)[0]) if not done.all() else len(done)
    rows = slice(0, last)
    gaps_s = np.diff(run.exchanges["sent_s"][rows], prepend=0.0)
    return gaps_s, 8 * run.exchanges["up_bytes"][rows] / LINK_BPS, run.took_s("started_s", "served_s")[rows]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_line_before_workers_is_a_tandem_of_queues(workers: int) -> None:
    run = played({}, {"workers": workers, "service": {"exponential": f"{150 * workers} ms"}})
    gaps_s, sending_s, service_s = arrivals(run)
    assert len(gaps_s) > 300
    network = ciw.create_network(
        arrival_distributions=[sequence(gaps_s), None],
        service_distributions=[sequence(sending_s), sequence(service_s)],
        number_of_servers=[1, workers],
        routing=[[0.0, 1.0], [0.0, 0.0]],
    )
    reached_s, served_s = witnessed(network)
    assert np.allclose(run.exchanges["reached_s"][: len(gaps_s)], reached_s[: len(gaps_s)], rtol=0, atol=1e-9)
    assert np.allclose(run.exchanges["served_s"][: len(gaps_s)], served_s[: len(gaps_s)], rtol=0, atol=1e-9)


def test_a_cell_that_serves_all_at_once_shares_its_server() -> None:
    run = played({"discipline": "ps"}, {"workers": 1000, "service": "0 s"})
    gaps_s, sending_s, _ = arrivals(run)
    network = ciw.create_network(
        arrival_distributions=[sequence(gaps_s)],
        service_distributions=[sequence(sending_s)],
        number_of_servers=[float("inf")],
        ps_thresholds=[1],
    )
    reached_s, _ = witnessed(network, ciw.PSNode)
    assert len(gaps_s) > 300
    assert np.allclose(run.exchanges["reached_s"][: len(gaps_s)], reached_s[: len(gaps_s)], rtol=0, atol=1e-6)
