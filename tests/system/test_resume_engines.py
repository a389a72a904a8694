"""Runs and forks that were cut short come to one digest, whichever engine began them and whichever goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import recorded_orders
from run_commands import Run, scenario_of
from test_resume_runs import HOW, OFTEN, TRIGGERS, WORLD, resumed

from sim.run.fork import fork, prepare_fork
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import run_scenario
from sim.scenario import load

ENGINES = ("compiled", "simpy")
PAIRS = list(product(ENGINES, ENGINES))
KILLED_AFTER = (2, 6)
#: Messages are lost and asked again, cells are shared, and devices are away: what is under way at a tick is manifold.
ROUGH = [
    "fleet.0.availability={on: {exponential: 30 s}, off: {exponential: 5 s}}",
    "links.lte={up: 300 kbit/s, down: 300 kbit/s, discipline: ps, shared: true, loss: 2 %,"
    " recovery: {arq: off, timeout: 5 s, retries: 2}}",
]
CHANGED = ["method.adapter.steps=20", "cloud.service=1 s"]


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    recorded_orders.WATCHERS.clear()
    yield
    recorded_orders.WATCHERS.clear()


def keep_killed(folder: Path) -> None:
    """Copy what a kill after some ticks would leave behind."""

    def copy(over: int) -> None:
        if over in KILLED_AFTER:
            shutil.copytree(folder, folder.with_name(f"{folder.name}-killed-{over}"))

    recorded_orders.WATCHERS.append(copy)


def begun(folder: Path, engine: str) -> Run:
    """Play a world to its end, and keep what kills would have left."""
    asked = [*WORLD, *ROUGH, f"method.trigger={{kind: '{TRIGGERS[0]}'}}", OFTEN]
    scenario = load(scenario_of("gaussians"), asked, allow_plugins=True)
    keep_killed(folder)
    run = run_scenario(scenario, RunFolder.open(folder), replace(HOW, engine=engine), lambda windows, marks: {})
    recorded_orders.WATCHERS.clear()
    return Run(run.folder)


def forked(parent: Path, folder: Path, engine: str) -> Run:
    """Fork a run with changes, play the fork to its end, and keep what kills would have left."""
    scenario, saved_run = prepare_fork(parent, 30.0, CHANGED, allow_plugins=True)
    keep_killed(folder)
    how = replace(HOW, engine=engine)
    run = fork(scenario, saved_run, RunFolder.open(folder), how, lambda windows, marks: {})
    recorded_orders.WATCHERS.clear()
    return Run(run.folder)


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One world, played by each engine."""
    folder = tmp_path_factory.mktemp("parents")
    return {engine: begun(folder / engine, engine) for engine in ENGINES}


def test_both_engines_play_it_to_one_digest(parents: dict[str, Run]) -> None:
    compiled, simpy = (parents[engine] for engine in ENGINES)
    assert [run.manifest["engine"]["name"] for run in (compiled, simpy)] == list(ENGINES)
    assert compiled.digest == simpy.digest
    assert compiled.summary["installed"] > 100
    # Under the policy "drop" a request leaves at once, so what was sent later was sent again.
    again = compiled.exchanges["sent_s"] > compiled.exchanges["requested_s"]
    assert again.any()


@pytest.mark.parametrize("tick", KILLED_AFTER)
@pytest.mark.parametrize(("first", "then"), PAIRS)
def test_killed_under_one_engine_and_resumed_under_any(
    parents: dict[str, Run], tmp_path: Path, first: str, then: str, tick: int
) -> None:
    whole = parents[first]
    killed = shutil.copytree(whole.folder.with_name(f"{first}-killed-{tick}"), tmp_path / "killed")
    went_on = resumed(killed, replace(HOW, engine=then))
    assert went_on.manifest["engine"]["name"] == then
    assert went_on.digest == whole.digest
    assert f"live from tick {tick + 1}" in (killed / "run.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(("first", "then"), PAIRS)
def test_forked_killed_and_resumed_under_any(parents: dict[str, Run], tmp_path: Path, first: str, then: str) -> None:
    fork_of = {engine: forked(parents[first].folder, tmp_path / engine, engine) for engine in ENGINES}
    assert fork_of["compiled"].digest == fork_of["simpy"].digest != parents[first].digest
    killed = tmp_path / f"{then}-killed-{KILLED_AFTER[1]}"
    assert resumed(killed, replace(HOW, engine=first)).digest == fork_of[first].digest
