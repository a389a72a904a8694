"""Measurements take turns in fresh processes, and one that fails is told in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.bench.plan import EXCHANGES
from sim.bench.subprocesses import BenchError, Reading, in_turns, run_fresh, shown, timed_run, wall_of

pytestmark = pytest.mark.whole


def test_what_is_compared_takes_turns_and_nobody_is_always_first() -> None:
    order: list[str] = []

    def named(name: str) -> Reading:
        order.append(name)
        return Reading(1.0, 1.0, 1.0, {"number": len(order)})

    readings = in_turns({name: (lambda name=name: named(name)) for name in "abc"}, 3)
    assert order == list("abcbcacab")
    assert [reading.output["number"] for reading in readings["a"]] == [1, 6, 8]


def test_a_reading_knows_what_was_done_in_a_second() -> None:
    reading = Reading(amount=600.0, wall_s=3.0, cpu_s=2.0, output={})
    assert (reading.per_wall_s, reading.per_cpu_s) == (200.0, 300.0)


def test_every_timeout_is_counted_once() -> None:
    assert run_fresh("sim.bench.probe", "timeouts", 7, 3).amount == 21


def test_a_played_scenario_tells_what_it_did_and_took() -> None:
    reading = timed_run(EXCHANGES, ["fleet.0.devices=50", "duration=2 min"])
    assert reading.amount == reading.output["exchanges"] == 100
    assert 0 < reading.output["resident_bytes"] <= reading.output["peak_bytes"]
    assert reading.cpu_s > 0
    assert reading.wall_s > 0


def test_a_measurement_that_fails_tells_its_last_word(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"sim\.bench\.probe failed: .*there is no such file"):
        timed_run(tmp_path / "nowhere.yaml")


def test_a_measurement_that_says_nothing_has_failed() -> None:
    with pytest.raises(BenchError, match="printed nothing"):
        run_fresh("sim.bench.groups")


def test_a_command_that_fails_is_not_timed() -> None:
    with pytest.raises(BenchError, match="exit code 3"):
        wall_of("-c", "raise SystemExit(3)")


@pytest.mark.parametrize(("value", "text"), [(12.345, "12.3"), (1234.5, "1.23k"), (6.5e6, "6.5M"), (2e9, "2G")])
def test_large_numbers_are_told_short(value: float, text: str) -> None:
    assert shown(value) == text
