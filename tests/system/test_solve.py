"""``solve`` finds what closed forms say: rates, latencies, servers and requests of worlds whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from run_commands import Reported

from sim.commands.exits import BAD_INPUT, FAILED, OK

WORLD = """\
version: 1
name: world
duration: 2 min
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 10, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Tbit/s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 20 s}, in_flight: queue}
"""


@pytest.fixture
def solved(tmp_path: Path, reported: Reported):  # type: ignore[no-untyped-def]
    def solve_it(*words: str, world: str = WORLD, code: int = OK) -> Any:
        file = tmp_path / "world.yaml"
        file.write_text(world)
        got, out, err = reported("solve", str(file), *words, "--out", str(tmp_path / "out"), "--quiet", "--json")
        assert got == code, err
        return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")) if out else err

    return solve_it


def bps(text: str) -> float:
    from sim.scenario.units import RATE

    return RATE.parse(text)


def test_the_least_rate_for_a_delay_is_size_over_time(solved: Any) -> None:
    words = ("--minimise", "links.lte.up", "--such-that", "delay_s <= 2 s", "--between", "100 bit/s", "1 Mbit/s")
    found = solved(*words, "--seeds", "2", "--tolerance", "0.02")
    # 8,000 bits in two seconds.
    assert bps(found["mean"]["missed_at"]) < 4000 <= bps(found["mean"]["met_at"]) <= 4080


def test_the_most_latency_for_a_delay_is_half_of_it(solved: Any) -> None:
    words = ("--maximise", "links.lte.latency", "--such-that", "delay_s <= 3 s", "--between", "1 ms", "20 s")
    world = WORLD.replace("up: 1 Mbit/s", "up: 1 Tbit/s")
    found = solved(*words, "--seeds", "1", "--tolerance", "0.02", world=world)
    assert found["mean"]["met_at"].endswith("ms")
    assert float(found["mean"]["met_at"].split()[0]) == pytest.approx(1500, rel=0.02)


def test_the_fewest_servers_carry_the_load(solved: Any) -> None:
    # Ten devices at once, each served for four seconds: ten servers leave nobody waiting.
    world = WORLD.replace("in_flight: queue", "in_flight: drop").replace(
        "trigger: {kind: periodic, every: 20 s}", "trigger: {kind: at, asks: [{times: [60 s], devices: all}]}"
    )
    world += "cloud: {service: 4 s}\n"
    words = ("--minimise", "cloud.workers", "--such-that", "delay_s <= 4.1 s", "--between", "1", "64", "--seeds", "1")
    # The median: with five servers, half of the devices do not wait.
    found = solved(*words, world=world)
    assert int(found["mean"]["met_at"]) == 6


def test_the_least_rate_for_an_age_is_that_of_a_queue_that_drops_the_stale(solved: Any) -> None:
    world = WORLD.replace("payload: 1 kB", "payload: {exponential: 1 kB}").replace(
        "in_flight: queue", "in_flight: replace"
    )
    world = world.replace("trigger: {kind: periodic, every: 20 s}", "trigger: {kind: poisson, rate: 1 /s}")
    world = world.replace("down: 1 Tbit/s", "down: 1 Tbit/s, discipline: lcfs").replace(
        "duration: 2 min", "duration: 10 min"
    )
    words = ("--minimise", "links.lte.up", "--such-that", "mean_age_s <= 2 s", "--between", "2 kbit/s", "50 kbit/s")
    found = solved(*words, "--seeds", "3", "--tolerance", "0.1", world=world)
    # Kaul, Yates and Gruteser (CISS 2012): the age is E[S] + 1 / rate, so that 8,000 bits may take a second.
    assert bps(found["possible"]["missed_at"]) * 0.95 <= 8000 <= bps(found["certain"]["met_at"]) * 1.05
    assert bps(found["mean"]["met_at"]) == pytest.approx(8000, rel=0.1)


def test_a_target_out_of_reach_is_an_answer_too(solved: Any) -> None:
    words = ("--minimise", "links.lte.up", "--such-that", "delay_s <= 1 ms", "--between", "100 bit/s", "1 Mbit/s")
    found = solved(*words, "--seeds", "1", code=FAILED)
    assert found["mean"]["met_at"] is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("sweep.seeds", "is no quantity of a run; --seeds says how many"),
        ("seed", "is no quantity of a run"),
        ("links.lte.up", "--set links.lte.up: has no effect, for --minimise links.lte.up replaces it"),
    ],
)
def test_what_is_moved_is_a_quantity_of_its_own(path: str, said: str, solved: Any) -> None:
    words = ("--such-that", "delay_s <= 2 s", "--between", "1", "5", "--set", "links.lte.up=1 kbit/s")
    assert said in solved("--minimise", path, *words, code=BAD_INPUT)


@pytest.mark.parametrize(
    ("such_that", "between", "said"),
    [
        ("delay_s < 2 s", ("1 bit/s", "2 bit/s"), "is no condition; write for example"),
        ("dely_s <= 2 s", ("1 bit/s", "2 bit/s"), "did you mean 'delay_s'?"),
        ("delay_s <= 2", ("1 bit/s", "2 bit/s"), "has no unit"),
        ("delay_s <= 2 s", ("1 bit/s", "2 s"), "no amounts of one kind"),
        ("delay_s <= 2 s", ("2 bit/s", "1 bit/s"), "is not below"),
        ("delay_s <= 2 s", ("1 ms", "2 s"), "is no data rate"),
        ("accuracy >= 0.9", ("1 kbit/s", "1 Mbit/s"), "has no accuracy"),
    ],
)
def test_what_cannot_be_solved_is_refused(such_that: str, between: tuple[str, str], said: str, solved: Any) -> None:
    words = ("--minimise", "links.lte.up", "--such-that", such_that, "--between", *between, "--seeds", "1")
    assert said in solved(*words, code=BAD_INPUT)
