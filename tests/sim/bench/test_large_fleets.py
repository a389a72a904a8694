"""A fleet of a million plays an hour in bounded memory: the slow test of the compiled engine."""

from __future__ import annotations

import pytest

from sim.bench.plan import EXCHANGES, MILLION
from sim.bench.subprocesses import Reading, timed_run


def play(*overrides: str) -> Reading:
    return timed_run(EXCHANGES, [*MILLION, *overrides], engine="compiled")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_time() -> None:
    fleet = "fleet.0.devices=100000"
    short, long = play(fleet, "duration=4 min"), play(fleet, "duration=16 min")
    assert long.amount == 4 * short.amount
    # Kept to the end, each of the 1.2 million more would take hundreds of bytes; a process varies by some 40 MB.
    assert long.output["peak_bytes"] - short.output["peak_bytes"] < 1.0 * (long.amount - short.amount) + 40e6


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_million_devices_play_an_hour_in_four_minutes_and_four_gigabytes() -> None:
    reading = play()
    assert reading.amount == pytest.approx(6e7, rel=0.01)
    assert reading.cpu_s < 240.0
    assert reading.output["peak_bytes"] < 4e9
