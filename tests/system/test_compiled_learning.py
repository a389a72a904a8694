"""The compiled engine plays learning, rounds, expiry and sizes from the data as SimPy does, bit for bit."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from learning_worlds import learning_worlds
from run_commands import Run, play_file, scenario_of
from test_compiled_engine import assert_same_tables
from test_learning_and_rounds import CASES, WORLD, played, world

from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import ScenarioErrors, load
from sim.verify import rounds

ENGINES = ("compiled", "simpy")
#: Timing alone: steps take no time, so that what is learnt and asked at one moment meets.
AT_ONCE = "method.learning={trigger: {kind: periodic, every: 7 s, phase: 0 s}}"


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_played_to_the_same_tables(tmp_path: Path, case: str) -> None:
    compiled, simpy = (played(tmp_path / engine, world(case), engine=engine, check=True) for engine in ENGINES)
    assert [run.manifest["engine"]["name"] for run in (compiled, simpy)] == list(ENGINES)
    assert compiled.summary["installed"] > 50
    assert_same_tables(compiled, simpy)


@pytest.mark.parametrize("case", ["learning", "steps from data"])
def test_devices_without_a_link_learn_alike(tmp_path: Path, case: str) -> None:
    [fleet] = [one.replace("link: lte, ", "") for one in WORLD if one.startswith("fleet=")]
    compiled, simpy = (played(tmp_path / engine, world(case, fleet), engine=engine) for engine in ENGINES)
    assert compiled.summary["installed"] > 50
    assert_same_tables(compiled, simpy)


@pytest.mark.parametrize("requests", ["wait", "at_once"])
@pytest.mark.parametrize("policy", ["drop", "replace", "queue"])
def test_at_equal_times_learning_and_asking_take_turns_alike(tmp_path: Path, policy: str, requests: str) -> None:
    asks = "method.trigger={kind: at, times: [7 s, 7 s, 14 s, 14 s, 14 s]}"
    overrides = (AT_ONCE, asks, f"method.in_flight={policy}", f"method.learning.requests={requests}")
    compiled, simpy = (
        play_file(scenario_of("timing"), tmp_path / engine, overrides, engine=engine) for engine in ENGINES
    )
    assert compiled.summary["exchanges"] > 40
    assert_same_tables(compiled, simpy)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", [rounds.synchronous, rounds.semi_asynchronous, rounds.asynchronous])
def test_rounds_take_the_time_of_their_closed_forms(case: Any, engine: str) -> None:
    found = case(engine)
    assert found.ok, found


@settings(max_examples=12)
@given(learning_worlds())
def test_any_world_with_a_model_is_played_to_the_same_tables(drawn: dict[str, Any]) -> None:
    assert_played_alike(drawn)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_hundreds_of_worlds_with_a_model_are_played_to_the_same_tables() -> None:
    settings(max_examples=200)(given(learning_worlds())(assert_played_alike))()


def assert_played_alike(drawn: dict[str, Any]) -> None:
    """Check that both engines play a world to the same tables."""
    with TemporaryDirectory() as parent:
        file = Path(parent) / "world.yaml"
        file.write_text(yaml.safe_dump(drawn), encoding="utf-8")
        try:
            scenario = load(file, [], allow_plugins=True)
        except ScenarioErrors:
            return
        compiled, simpy = (_run(scenario, Path(parent) / engine, engine) for engine in ENGINES)
        assert_same_tables(compiled, simpy)


def _run(scenario: Any, folder: Path, engine: str) -> Run:
    how = RunOptions(quiet=True, plugins=True, check=True, engine=engine)
    return Run(run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {}).folder)
