"""``simulate``: from a scenario to a result, in this process and without a trace in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.torch_settings import ProcessSettings, usual_modes
from driftbed.results import Result
from driftbed.scenarios import Scenario, overrides_of
from sim.commands.run import evaluate_recovery
from sim.run.run_folder import FolderError, RunFolder, first_free
from sim.run.run_scenario import RunOptions, run_scenario
from sim.run.sweep import run_sweep
from sim.run.watching import Watching
from sim.scenario import load
from sim.scenario.error_location import located
from sim.scenario.shipped import found

_TRIES = 100


def simulate(
    scenario: str | Path | Scenario,
    *,
    set: Mapping[str, Any] | None = None,  # the word of the command line
    seed: int | None = None,
    seeds: int | Sequence[int] | None = None,
    out: str | Path | None = None,
    force: bool = False,
    jobs: int = 1,
    workers: int = 0,
    engine: str = "auto",
    allow_plugins: bool = False,
    progress: bool = False,
    callbacks: Sequence[Watching] = (),
) -> Result:
    """Play a scenario, or every point of it if it declares a sweep or ``seeds`` are given; return what came out.

    Args:
        scenario: a YAML file, a name that ``list`` has, or a :class:`Scenario`.
        set: other values by path: ``{"links.lte.up": "32 kbit/s"}``.
        seed: replaces the scenario's.
        seeds: how many, or which.
        out: the run folder (default: a new one under ``runs/``); ``force`` replaces what is there.
        jobs: points at once, each in a process of its own; scripts then need ``if __name__ == "__main__"``.
        workers: processes of Ray for one run; 0: all in this process, which is left as it was.
        callbacks: are called as a run goes on; points are then played one after another.

    Raises:
        ScenarioErrors: all that is wrong with the scenario.
        FolderError: ``out`` holds something already, or cannot be written.
    """
    values = dict(set or {}) | ({} if seeds is None else {"sweep.seeds": _listed(seeds)})
    if isinstance(scenario, Scenario):
        scenario, plugins = scenario.having(values), allow_plugins or scenario.allows_plugins
        name, file, overrides = scenario.name, "", []
    else:
        plugins, file, overrides = allow_plugins, found(scenario), overrides_of(values)
        name = load(file, overrides, seed=seed, allow_plugins=plugins).name
    folder = _folder(name, out, force=force)
    if isinstance(scenario, Scenario):
        # A sweep is resumed from its file.
        file = str(folder.path / "scenario.yaml")
        folder.write_text("scenario.yaml", scenario.to_yaml())
    options = RunOptions(engine=engine, quiet=not progress, plugins=plugins, workers=workers, watchers=tuple(callbacks))
    with unchanged_process():
        _play(file, overrides, seed, folder, options, 1 if callbacks else jobs)
    return Result.open(folder.path)


def _play(
    file: str, overrides: Sequence[str], seed: int | None, folder: RunFolder, options: RunOptions, jobs: int
) -> None:
    scenario = load(file, overrides, seed=seed, allow_plugins=options.plugins)
    if scenario.sweep is not None:
        run_sweep(file, overrides, seed, folder, options, evaluate_recovery, jobs)
        return
    with located(file, overrides, seed):
        run_scenario(scenario, folder, options, evaluate_recovery)


def _listed(seeds: int | Sequence[int]) -> int | list[int]:
    return seeds if isinstance(seeds, int) else [int(seed) for seed in seeds]


def _folder(name: str, out: str | Path | None, *, force: bool) -> RunFolder:
    """Open the folder that is asked for, or the next one; other threads may be after the same."""
    if out is not None:
        return RunFolder.open(Path(out), force=force)
    for _ in range(_TRIES):
        path = first_free(Path.cwd() / "runs", name)
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return RunFolder.open(path)
    raise FolderError(f"{Path.cwd() / 'runs'}: no folder is free; name one by out")


class _Process:
    """How many simulations are under way, and what was set before the first of them."""

    def __init__(self) -> None:
        self._lock, self._under_way = threading.Lock(), 0
        self._before: ProcessSettings

    def begin(self) -> None:
        with self._lock:
            if not self._under_way:
                self._before = ProcessSettings.replaced()
            self._under_way += 1

    def end(self) -> None:
        with self._lock:
            self._under_way -= 1
            if not self._under_way:
                self._before.set()


_PROCESS = _Process()


@contextmanager
def unchanged_process() -> Iterator[None]:
    """Give the process its settings of torch back once no simulation is under way; a run needs some of its own.

    Nothing else of the process is changed by a run: random states, environment, signal handlers and the settings of
    logging, warnings and matplotlib are as before. What libraries do as they are first imported stays.
    """
    _PROCESS.begin()
    try:
        with usual_modes():
            yield
    finally:
        _PROCESS.end()
