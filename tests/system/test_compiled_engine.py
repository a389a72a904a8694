"""The compiled engine plays exchanges exactly as SimPy does, bit for bit in every table."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from random_scenarios import compiled_worlds, queueing_worlds, rough_worlds
from run_commands import TABLES, Reported, Run, RunScenario, play_file, scenario_of

from agents.contract import InputError
from sim.compiled.coverage import Obstacle
from sim.run.engine_choice import EngineChoice, choose_engine, expected_exchanges
from sim.scenario import load

ENGINES = ("compiled", "simpy")
RATES = {
    "constant": "40 kbit/s",
    "steps": "{trace: steps.csv}",
    "packets": "{trace: {file: packets.up, offset: random}}",
    "wandering": "{markov: {states: [80 kbit/s, 0 bit/s], stay: [3 s, 2 s]}}",
}


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """A folder with a rate that changes and falls to nothing for a while, and with moments at which packets pass."""
    (tmp_path / "steps.csv").write_text("time_s,kbps\n0,40\n7,0\n9.5,3\n20,200\n45,90\n60,90\n")
    (tmp_path / "packets.up").write_text("\n".join(str(7 * step * step % 5000 + 5000 * step) for step in range(40)))
    return tmp_path


def reported(direction: str, rate: str, traces: Path) -> str:
    """Return the override that gives one direction of the link a rate."""
    for name in ("steps.csv", "packets.up"):
        rate = rate.replace(name, str(traces / name))
    return f"links.lte.{direction}={rate}"


def assert_same_tables(some: Run, other: Run) -> None:
    """Check that two runs agree in every table, bit for bit."""
    for name in TABLES:
        one, two = some.table(name), other.table(name)
        assert one.keys() == two.keys()
        for column, values in one.items():
            assert np.array_equal(values, two[column], equal_nan=values.dtype.kind == "f"), (name, column)
    assert some.digest == other.digest
    assert some.summary["asks_dropped"] == other.summary["asks_dropped"]
    assert some.summary["asks_away"] == other.summary["asks_away"]


@pytest.mark.parametrize("up", RATES)
@pytest.mark.parametrize("down", ["constant", "packets", "wandering"])
@pytest.mark.parametrize("discipline", ["fifo", "ps", "lcfs"])
def test_varying_rates_are_played_to_the_same_tables(
    play: RunScenario, traces: Path, up: str, down: str, discipline: str
) -> None:
    overrides = [reported("up", RATES[up], traces), reported("down", RATES[down], traces)]
    shared = [f"links.lte.discipline={discipline}", "links.lte.shared_by=7 devices"]
    compiled, simpy = (play("timing", *overrides, *shared, engine=engine) for engine in ENGINES)
    assert compiled.summary["exchanges"] > 10
    assert_same_tables(compiled, simpy)


ABSENT = "fleet.0.availability={on: {exponential: 1 min}, off: {exponential: 10 s}}"
FAR = "links.far={up: 1 Mbit/s, down: 1 Mbit/s, shared: true, outages: [{at: 1 min, for: 9 s}]}"
PS = "links.lte={up: 1 Mbit/s, down: 1 Mbit/s, discipline: ps, shared_by: 9 devices}"
COVERED = [
    ["links.lte.up={trace: packets.up}", f"links.lte.down={RATES['wandering']}"],
    ["links.lte.shared_by=7 devices", "links.lte.loss=2 %", "cloud.capacity=3"],
    ["links.lte.via=[far]", FAR],
    [ABSENT, "fleet.0.offline.transfers=abort"],
    [ABSENT, "links.lte.shared=true", "links.lte.loss=1 %"],
    ["fleet.0.availability={diurnal: {from: 1 min, until: 5 min, day: 8 min, jitter: 2 min, share: 70 %}}"],
    ["fleet.0.churn={joins: {exponential: 1 min}, leaves: {exponential: 5 min}}"],
    ["method.in_flight=queue"],
    ["method.in_flight=replace", "links.lte.shared=true"],
    ["links.lte.ordered=true", "links.lte.jitter=300 ms"],
    ["links.lte.loss=2 %", "links.lte.recovery={arq: off, retries: 2}"],
    ["links.lte.up={rate: 1 Mbit/s, bucket: {rate: 100 kbit/s, burst: 30 kB}}"],
    [ABSENT, PS],
    [ABSENT, PS, "fleet.0.offline.transfers=abort", "method.in_flight=replace"],
    [PS, "links.lte.discipline=lcfs", "method.in_flight=replace"],
    [PS, "links.lte.via=[far]", FAR, "links.far.discipline=ps"],
    [PS, "links.lte.via=[far]", FAR, "links.far.discipline=ps", "links.lte.weights={phones: 3}", ABSENT],
    [PS, "links.lte.via=[far]", FAR, "links.far.discipline=ps", "links.lte.shared_by=1 devices"],
    [PS, "links.lte.loss=2 %", "links.lte.recovery={arq: off, retries: 2}", "method.in_flight=queue"],
    ["cloud.queue=lcfs", "cloud.service={exponential: 300 ms}", "cloud.workers=2"],
    ["cloud.queue=ps", "cloud.service={exponential: 300 ms}", "cloud.capacity=5"],
    ["cloud.batch={max: 3, wait: 1 s, each: 7 ms}", "cloud.service={lognormal: {median: 200 ms, sigma: 1}}"],
    ["cloud.failures=[{at: 1 min, for: 20 s}, {at: 3 min, for: 50 s, workers: 1}]", "cloud.workers=2"],
]


@pytest.mark.parametrize("overrides", COVERED, ids=" ".join)
def test_each_network_is_played_to_the_same_tables(play: RunScenario, traces: Path, overrides: list[str]) -> None:
    overridden = [
        "method.in_flight=drop",
        *(one.replace("packets.up", str(traces / "packets.up")) for one in overrides),
    ]
    compiled, simpy = (play("timing", *overridden, engine=engine) for engine in ENGINES)
    assert [run.manifest["engine"]["name"] for run in (compiled, simpy)] == list(ENGINES)
    assert compiled.summary["installed"] > 10
    assert_same_tables(compiled, simpy)


def test_what_is_not_compiled_is_named() -> None:
    scenario = load(scenario_of("timing"), ["fleet.0.devices=1000000"])
    with pytest.raises(InputError, match="only SimPy plays links that change") as refused:
        choose_engine("compiled", scenario, changing_links_hinder, eager=False)
    assert refused.value.about == "links"
    many = choose_engine("auto", scenario, changing_links_hinder, eager=False)
    assert many.name == "simpy"
    assert many.notice is not None
    assert "only SimPy plays links that change" in many.notice


def changing_links_hinder() -> Obstacle:
    return Obstacle("links", "links that change within the run")


@pytest.mark.parametrize("discipline", ["fifo", "ps"])
@pytest.mark.parametrize("end", ["repeat", "once"])
def test_recorded_latencies_are_played_to_the_same_tables(
    play: RunScenario, tmp_path: Path, discipline: str, end: str
) -> None:
    (tmp_path / "pings.csv").write_text("time_s,rtt_ms\n0,40\n7,90\n11,3000\n60,50\n" + "9999,70\n" * (end == "once"))
    ping = f"links.lte.ping={{file: {tmp_path / 'pings.csv'}, column: rtt_ms, end: {end}, scale: 1.7, offset: 3 s}}"
    overrides = [ping, f"links.lte.discipline={discipline}", "links.lte.shared_by=5 devices", "links.lte.ordered=true"]
    compiled, simpy = (play("timing", *overrides, engine=engine) for engine in ENGINES)
    assert compiled.summary["installed"] > 10
    assert_same_tables(compiled, simpy)


def test_what_is_lost_for_good_ends_at_the_same_moment(play: RunScenario) -> None:
    once = ["method.in_flight=drop", "method.trigger={kind: at, times: [1 s]}"]
    overrides = [*once, "links.lte.loss=100 %", "method.adapter.payload=100 B"]
    compiled, simpy = (play("timing", *overrides, engine=engine) for engine in ENGINES)
    assert compiled.summary["lost"] == 40
    assert_same_tables(compiled, simpy)


def test_a_link_that_is_long_busy_starts_its_clock_again_alike(play: RunScenario) -> None:
    fleet = [{"cohort": name, "devices": 100, "link": "cell"} for name in ("phones", "cams")]
    cell = {"up": "15 Mbit/s", "down": "30 Mbit/s", "discipline": "ps", "shared": True}
    world = {
        "version": 1,
        "seed": 3,
        "duration": "30 s",
        "tick": "10 s",
        "task": "none",
        "fleet": fleet,
        "links": {"cell": cell | {"weights": {"phones": 0.3, "cams": 1.7}}},
        "cloud": {"workers": 8, "service": "1 ms", "queue": "ps"},
        "method": {
            "adapter": {"kind": "probe", "payload": {"exponential": {"mean": "20 kB"}}, "update": "40 kB"},
            "trigger": {"kind": "poisson", "rate": "60 /min"},
            "in_flight": "drop",
        },
    }
    compiled, simpy = (play(world, engine=engine) for engine in ENGINES)
    assert compiled.summary["installed"] > 2 * 1024
    assert_same_tables(compiled, simpy)


@settings(max_examples=12)
@given(compiled_worlds())
def test_any_world_is_played_to_the_same_tables(world: dict[str, Any]) -> None:
    assert_played_alike(world)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("worlds", [compiled_worlds, queueing_worlds, rough_worlds])
def test_hundreds_of_worlds_are_played_to_the_same_tables(worlds: Any) -> None:
    @settings(max_examples=200)
    @given(worlds())
    def check(world: dict[str, Any]) -> None:
        assert_played_alike(world)

    check()


def assert_played_alike(world: dict[str, Any]) -> None:
    """Check that both engines play a world to the same tables, if both can."""
    with TemporaryDirectory() as parent:
        file = Path(parent) / "world.yaml"
        file.write_text(yaml.safe_dump(world), encoding="utf-8")
        try:
            compiled = play_file(file, Path(parent) / "compiled", (), engine="compiled")
        except InputError:
            return
        assert_same_tables(compiled, play_file(file, Path(parent) / "simpy", (), engine="simpy"))


LEARNS = "method.adapter=device_ft"
MODELS = {
    "private": ["method.in_flight=drop"],
    "queue": ["method.in_flight=queue"],
    "shared": ["method.in_flight=drop", "links.lte.up=1 Mbit/s", "links.lte.shared=true", "links.lte.loss=2 %"],
    "absent": ["method.in_flight=drop", ABSENT, "fleet.0.offline.transfers=abort"],
    "retried": ["links.lte.loss=8 %", "links.lte.recovery={arq: off, timeout: 500 ms, retries: 5}"],
    "cells": ["links.lte.up=1 Mbit/s", "links.lte.shared=true", "links.lte.discipline=ps"],
}


@pytest.mark.parametrize("case", MODELS)
def test_models_go_the_same_way_too(play: RunScenario, traces: Path, case: str) -> None:
    packets = [] if case == "retried" else [reported("up", RATES["packets"], traces)]
    overrides = [*packets, *MODELS[case]]
    compiled, simpy = (play("digits", *overrides, engine=engine) for engine in ENGINES)
    eager = play("digits", *overrides, eager=True)
    assert compiled.summary["installed"] > 5
    assert compiled.digest == simpy.digest == eager.digest


def test_few_exchanges_never_load_the_compiler() -> None:
    def no_obstacle() -> None:
        raise AssertionError("nothing needs to be looked at")

    scenario = load(scenario_of("timing"))
    assert expected_exchanges(scenario) == pytest.approx(800)
    choice = choose_engine("auto", scenario, no_obstacle, eager=False)
    assert choice == EngineChoice("simpy", "about 800 exchanges, fewer than 15,000")


def test_rounds_and_learning_count_as_exchanges() -> None:
    learning = "method.learning={trigger: {kind: periodic, every: 8 s}}"
    assert expected_exchanges(load(scenario_of("gaussians"), [LEARNS, learning])) == pytest.approx(1000)
    rounds = "method.trigger={kind: rounds, every: 15 s, cohort_size: 20, over_select: 1.5}"
    assert expected_exchanges(load(scenario_of("gaussians"), ["method.adapter=fedavg", rounds])) == 5 * 30 * 3


def test_many_exchanges_are_played_by_the_compiled_engine() -> None:
    scenario = load(scenario_of("timing"), ["fleet.0.devices=1000000"])
    assert choose_engine("auto", scenario, lambda: None, eager=False).name == "compiled"
    assert choose_engine("auto", scenario, lambda: None, eager=True).name == "simpy"


def test_the_command_line_chooses_the_engine(reported: Reported, tmp_path: Path) -> None:
    words = ["run", str(scenario_of("timing")), "--quiet", "--json"]
    for engine in ENGINES:
        code, _, _ = reported(*words, "--engine", engine, "--out", str(tmp_path / engine))
        assert code == 0
    made = [json.loads((tmp_path / engine / "summary.json").read_text())["digest"] for engine in ENGINES]
    assert made[0] == made[1]


def test_what_contradicts_is_refused(reported: Reported) -> None:
    code, _, err = reported("run", str(scenario_of("timing")), "--eager", "--engine", "compiled")
    assert code == 2
    assert "--eager" in err
