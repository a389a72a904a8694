"""Times that cannot be reached: a rate that is almost none, behind any gate, ends the run when it is over."""

from __future__ import annotations

import pytest
from run_commands import RunScenario

OUTAGES = "links.lte.outages={up: {exponential: {mean: 10 s}}, down: {exponential: {mean: 1 s}}}"
AWAY = "fleet.0.availability={on: {exponential: {mean: 20 s}}, off: {exponential: {mean: 5 s}}}"
SLOW = "links.lte.up=1e-300 bit/s"
JUMPS = "links.lte.up={markov: {states: [1e-300 bit/s, 0 bit/s], stay: [1 s, 1 s]}}"
ENDLESS: list[tuple[str, ...]] = [
    (SLOW, OUTAGES),
    (SLOW, AWAY),
    (SLOW, OUTAGES, AWAY, "fleet.0.offline.transfers=abort"),
    (SLOW, OUTAGES, "links.lte.discipline=ps"),
    (SLOW, OUTAGES, "links.lte.discipline=lcfs"),
    (JUMPS,),
    (JUMPS, OUTAGES, "links.lte.discipline=ps"),
]


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
@pytest.mark.parametrize("sets", ENDLESS, ids="+".join)
def test_a_transfer_that_never_ends_is_in_flight(play: RunScenario, sets: tuple[str, ...], engine: str) -> None:
    run = play("timing", "duration=1 min", "fleet.0.devices=3", *sets, engine=engine)
    assert run.summary["installed"] == 0
    assert set(run.exchanges["outcome"]) & {"in_flight", "aborted", "replaced", "superseded"}


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_service_without_a_mean_plays(play: RunScenario, engine: str) -> None:
    run = play("timing", "duration=1 min", "cloud.service={pareto: {minimum: 1 ms, shape: 0.9}}", engine=engine)
    assert run.manifest["service_s"] is None
    assert run.summary["installed"] > 0
