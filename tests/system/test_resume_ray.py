"""Resuming does not ask where blocks live: begun on workers, a run goes on in process, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import recorded_orders
from run_commands import Run, scenario_of
from test_resume_runs import HOW, OFTEN, WORLD, at, ctrl_c, resumed

from sim.run.fork import fork, prepare_fork
from sim.run.resuming.interrupts import Interrupted
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_session")]

WATCHED = "method.trigger={kind: 'recorded_orders:Watched'}"


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    recorded_orders.WATCHERS.clear()
    yield
    recorded_orders.WATCHERS.clear()


def on(workers: int) -> RunOptions:
    """Return how to play on some workers."""
    return replace(HOW, workers=workers)


def begin(folder: Path, workers: int) -> Run:
    """Play the world of the other tests into a folder."""
    scenario = load(scenario_of("gaussians"), [*WORLD, WATCHED, OFTEN], allow_plugins=True)
    return Run(run_scenario(scenario, RunFolder.open(folder), on(workers), lambda windows, marks: {}).folder)


@pytest.mark.parametrize(("first", "then", "tick"), [(2, 0, 5), (0, 3, 4)])
def test_a_run_goes_on_with_other_workers(tmp_path: Path, first: int, then: int, tick: int) -> None:
    whole = begin(tmp_path / "whole", 0)
    at(tick, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut", first)
    assert resumed(tmp_path / "cut", on(then)).digest == whole.digest


def test_a_fork_changes_its_method_on_workers_too(tmp_path: Path) -> None:
    begin(tmp_path / "run", 0)
    digests = set()
    for workers in (0, 2):
        scenario, saved_run = prepare_fork(tmp_path / "run", 40.0, ["method.adapter.steps=9"], allow_plugins=True)
        folder = RunFolder.open(tmp_path / f"fork-{workers}")
        digests.add(fork(scenario, saved_run, folder, on(workers), lambda windows, marks: {}).summary["digest"])
    assert len(digests) == 1
