"""Runs with rounds, learning and expiry that were killed or forked go on under either engine to one digest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import recorded_orders
from run_commands import Run, scenario_of
from test_learning_and_rounds import ROUNDS, WORLD
from test_resume_engines import ENGINES, PAIRS, keep_killed
from test_resume_runs import HOW, OFTEN, resumed

from sim.run.fork import fork, prepare_fork
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import run_scenario
from sim.scenario import load

KILLED_AFTER = 6
#: Devices also learn by themselves: their trigger lets the test look at the run between two ticks.
WATCHED = "method.learning={trigger: {kind: 'recorded_orders:Watched'}}"
WORLDS = {
    "rounds": ["method.adapter=own_methods:Averaging", "method.codec=rice", ROUNDS, "cloud.service=7 s"],
    "learning": ["method.adapter=own_methods:Fading", "method.trigger={kind: periodic, every: 11 s}"],
    "steps from data": ["method.adapter=own_methods:Patient"],
}


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    recorded_orders.WATCHERS.clear()
    yield
    recorded_orders.WATCHERS.clear()


@pytest.fixture(scope="module", params=WORLDS)
def parents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One world, played by each engine, and what a kill after some ticks would have left."""
    folder = tmp_path_factory.mktemp("parents")
    scenario = load(scenario_of("gaussians"), [*WORLD, *WORLDS[request.param], WATCHED, OFTEN], allow_plugins=True)
    runs = {}
    for engine in ENGINES:
        keep_killed(folder / engine)
        how = replace(HOW, engine=engine)
        runs[engine] = Run(
            run_scenario(scenario, RunFolder.open(folder / engine), how, lambda windows, marks: {}).folder
        )
        recorded_orders.WATCHERS.clear()
    return runs


def test_both_engines_play_it_to_one_digest(parents: dict[str, Run]) -> None:
    assert [parents[engine].manifest["engine"]["name"] for engine in ENGINES] == list(ENGINES)
    assert parents["compiled"].digest == parents["simpy"].digest
    assert parents["compiled"].summary["installed"] > 50


@pytest.mark.parametrize(("first", "then"), PAIRS)
def test_killed_under_one_engine_and_resumed_under_any(
    parents: dict[str, Run], tmp_path: Path, first: str, then: str
) -> None:
    whole = parents[first]
    killed = shutil.copytree(whole.folder.with_name(f"{first}-killed-{KILLED_AFTER}"), tmp_path / "killed")
    went_on = resumed(killed, replace(HOW, engine=then))
    assert went_on.manifest["engine"]["name"] == then
    assert went_on.digest == whole.digest
    assert f"live from tick {KILLED_AFTER + 1}" in (killed / "run.log").read_text(encoding="utf-8")


def test_forks_of_both_engines_come_to_one_digest(parents: dict[str, Run], tmp_path: Path) -> None:
    made = {}
    for engine in ENGINES:
        scenario, saved_run = prepare_fork(parents[engine].folder, 30.0, ["cloud.service=1 s"], allow_plugins=True)
        folder, how = RunFolder.open(tmp_path / engine), replace(HOW, engine=engine)
        made[engine] = Run(fork(scenario, saved_run, folder, how, lambda windows, marks: {}).folder).digest
    assert made["compiled"] == made["simpy"]
