"""What changes nothing changes nothing: the same world, written another way, gives the same digest."""

from __future__ import annotations

import numpy as np
import pytest
from run_commands import RunScenario, assert_rows_equal, where

#: Constructs that have no effect here, though they lead through other parts of the code.
NEUTRAL = {
    "other units": ["links.lte.up=0.125 MB/s", "links.lte.latency=0.05 s", "duration=600000 ms"],
    "an order that constant latencies keep anyway": ["links.lte.ordered=true"],
    "a link shared by one": ["links.lte.shared_by=1 devices"],
    "a loss of nothing": ["links.lte.loss=0 %", "links.lte.recovery={arq: off, retries: 3}"],
    "an outage after the end": ["links.lte.outages=[{at: 5 d, for: 1 h}]"],
    "devices that never leave": ["fleet.0.churn={leaves: 300 d}"],
    "devices that are hardly ever away": ["fleet.0.availability={on: 3000 d, off: 1 s, start: on}"],
    "a law without chance": ["cloud.service={uniform: {low: 10 ms, high: 10 ms}}"],
}
TRIGGERS = {
    "at random": "{kind: poisson, rate: 8 /min}",
    "in lockstep": "{kind: periodic, every: 5 s, phase: 0 s}",
    "all at one time": "{kind: at, times: [1 s, 1 s, 1.3 s, 60 s, 60.7 s, 600 s]}",
}


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("in_flight", ["drop", "replace", "queue"])
def test_a_construct_without_effect_has_none(play: RunScenario, in_flight: str, trigger: str) -> None:
    method = [f"method.trigger={TRIGGERS[trigger]}", f"method.in_flight={in_flight}"]
    expected = play("timing", *method)
    assert expected.summary["installed"] > 100
    wrong = [what for what, reported in NEUTRAL.items() if play("timing", *method, *reported).digest != expected.digest]
    assert not wrong


def test_the_length_of_a_tick_leaves_exchanges_alone(play: RunScenario) -> None:
    runs = [play("timing", f"tick={tick}").exchanges for tick in ("10 s", "600 s", "370 ms")]
    assert_rows_equal(runs[0], runs[1])
    assert_rows_equal(runs[0], runs[2])


def test_a_longer_run_begins_like_a_shorter_one(play: RunScenario) -> None:
    short, long = play("timing").exchanges, play("timing", "duration=20 min").exchanges
    assert len(long["ticket"]) > len(short["ticket"])
    # Whoever was on the way when the short run ended went on in the long one.
    over = np.flatnonzero(short["outcome"] != "in_flight")
    assert_rows_equal(where(short, over), where(long, over))
