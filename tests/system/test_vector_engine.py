"""Plain arithmetic plays exchanges exactly as their stories go, wherever queues are first in, first out."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from random_scenarios import queueing_worlds
from run_commands import TABLES, Run, RunScenario, play_file

from sim.exchanges.process_engine import ProcessEngine
from sim.exchanges.vector_engine import VectorEngine
from sim.run.assembly import assemble
from sim.scenario import load

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


@pytest.mark.parametrize("up", RATES)
@pytest.mark.parametrize("down", ["constant", "packets", "wandering"])
def test_varying_rates_are_played_to_one_digest(play: RunScenario, traces: Path, up: str, down: str) -> None:
    overrides = [reported("up", RATES[up], traces), reported("down", RATES[down], traces), "method.in_flight=drop"]
    quick, processed = (play("timing", *overrides, eager=eager) for eager in (False, True))
    assert quick.summary["exchanges"] > 10
    assert quick.digest == processed.digest


#: Each device asks once, and never while an exchange is under way.
ONE_BY_ONE = ["method.in_flight=drop", "method.trigger={kind: at, times: [1 s]}"]
ABSENT = "fleet.0.availability={on: {exponential: 1 min}, off: {exponential: 10 s}}"
FAR = "links.far={up: 1 Mbit/s, down: 1 Mbit/s, shared: true, outages: [{at: 1 min, for: 9 s}]}"
ENGINES = {
    VectorEngine: [
        ["links.lte.up={trace: packets.up}", f"links.lte.down={RATES['wandering']}"],
        ["links.lte.shared_by=7 devices", "links.lte.loss=2 %", "cloud.capacity=3"],
        ["links.lte.via=[far]", FAR],
        [ABSENT, "fleet.0.offline.transfers=abort"],
        [ABSENT, "links.lte.shared=true", "links.lte.loss=1 %"],
    ],
    ProcessEngine: [
        ["method.in_flight=queue"],
        ["method.in_flight=replace", "links.lte.shared=true"],
        ["links.lte.ordered=true", "links.lte.jitter=300 ms"],
        ["links.lte.loss=2 %", "links.lte.recovery={arq: off, retries: 2}"],
        [ABSENT, "links.lte.ordered=true"],
        ["links.lte={up: 1 Mbit/s, down: 1 Mbit/s, discipline: ps}"],
        ["cloud.batch={max: 3, wait: 1 s}"],
    ],
}


@pytest.mark.parametrize(("engine", "overrides"), [(one, case) for one, cases in ENGINES.items() for case in cases])
def test_each_network_goes_the_quickest_way_that_knows_it(
    play: RunScenario, traces: Path, engine: type, overrides: list[str]
) -> None:
    overridden = [
        "method.in_flight=drop",
        *(one.replace("packets.up", str(traces / "packets.up")) for one in overrides),
    ]
    assert type(assemble(load(Path(__file__).parent / "timing.yaml", overridden)).simulation.engine) is engine
    quick, processed = (play("timing", *overridden, eager=eager) for eager in (False, True))
    assert quick.summary["installed"] > 10
    assert_same_tables(quick, processed)


def test_what_is_lost_for_good_ends_at_the_same_moment(play: RunScenario) -> None:
    overrides = [*ONE_BY_ONE, "links.lte.loss=100 %", "method.adapter.payload=100 B"]
    quick, processed = (play("timing", *overrides, eager=eager) for eager in (False, True))
    assert quick.summary["lost"] == 40
    assert_same_tables(quick, processed)


@settings(max_examples=20)
@given(queueing_worlds())
def test_any_network_of_queues_is_played_to_the_same_tables(world: dict[str, Any]) -> None:
    assert_played_alike(world)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@settings(max_examples=200)
@given(queueing_worlds())
def test_two_hundred_networks_of_queues_are_played_to_the_same_tables(world: dict[str, Any]) -> None:
    assert_played_alike(world)


def assert_played_alike(world: dict[str, Any]) -> None:
    """Check that arithmetic and stories play a world to the same tables."""
    with TemporaryDirectory() as parent:
        file = Path(parent) / "world.yaml"
        file.write_text(yaml.safe_dump(world), encoding="utf-8")
        runs = [play_file(file, Path(parent) / str(eager), (), eager=eager) for eager in (False, True)]
        assert_same_tables(*runs)


def assert_same_tables(some: Run, other: Run) -> None:
    """Check that two runs agree in every table, bit for bit."""
    for name in TABLES:
        one, two = some.table(name), other.table(name)
        for column, values in one.items():
            assert np.array_equal(values, two[column], equal_nan=values.dtype.kind == "f"), (name, column)
    assert some.digest == other.digest
    assert some.summary["asks_dropped"] == other.summary["asks_dropped"]
    assert some.summary["asks_away"] == other.summary["asks_away"]


MODELS = {
    "private": ["method.in_flight=drop"],
    "queue": ["method.in_flight=queue"],
    "shared": ["method.in_flight=drop", "links.lte.up=1 Mbit/s", "links.lte.shared=true", "links.lte.loss=2 %"],
    "absent": ["method.in_flight=drop", ABSENT, "fleet.0.offline.transfers=abort"],
}


@pytest.mark.parametrize("case", MODELS)
def test_models_go_the_same_way_too(play: RunScenario, traces: Path, case: str) -> None:
    overrides = [reported("up", RATES["packets"], traces), *MODELS[case]]
    runs: list[Run] = [play("digits", *overrides, eager=eager) for eager in (False, True)]
    assert runs[0].summary["installed"] > 5
    assert runs[0].digest == runs[1].digest
