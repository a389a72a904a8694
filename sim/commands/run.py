"""The commands that run scenarios: ``run``, ``sweep``, ``resume`` and ``fork``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sim.commands.exits import CommandError
from sim.commands.plan import show_plan
from sim.commands.report import show
from sim.run.backend import Backend, choose_backend, require_device
from sim.run.fork import fork as play_fork
from sim.run.fork import prepare_fork
from sim.run.invariants import asked_by_environment
from sim.run.resume import resume_run
from sim.run.run_folder import RunFolder, first_free, is_sweep, newest
from sim.run.run_scenario import RunOptions, run_scenario
from sim.run.supervisor import supervise
from sim.run.sweep import resume_sweep, run_sweep
from sim.scenario import Scenario, load
from sim.scenario.error_location import located
from sim.scenario.shipped import found
from sim.scenario.units import TIME, UnitError


def run(options: argparse.Namespace) -> int:
    """Run one scenario."""
    options.file = found(options.file)
    scenario = load(options.file, options.set, seed=options.seed, allow_plugins=options.allow_plugins)
    if scenario.sweep is not None and not options.quiet:
        print("this scenario declares a sweep; 'run' plays its base, 'sweep' plays all points", file=sys.stderr)
    backend = _backend(scenario, options)
    folder = _folder(options, scenario.name)
    _guard(backend, options, folder.path)
    with located(options.file, options.set, options.seed):
        played = run_scenario(scenario, folder, read_run_options(options), evaluate_recovery)
    return show(played.folder, played.summary, options)


def sweep(options: argparse.Namespace) -> int:
    """Run every point of a sweep."""
    options.file = found(options.file)
    scenario = load(options.file, options.set, seed=options.seed, allow_plugins=options.allow_plugins)
    backend = _backend(scenario, options)
    if options.dry_run:
        return show_plan(options, read_run_options(options), _jobs(options))
    folder = _left(options, scenario.name) if options.resume else _folder(options, scenario.name)
    _guard(backend, options, folder.path)
    jobs = _jobs(options)
    summary = run_sweep(
        options.file, options.set, options.seed, folder, read_run_options(options), evaluate_recovery, jobs
    )
    return show(folder.path, summary, options)


def resume(options: argparse.Namespace) -> int:
    """Go on with a run or sweep that was cut short."""
    path, run_options = Path(options.folder), read_run_options(options)
    if options.owns_process and options.workers != 0:
        supervise(path)
    if (path / "sweep.json").is_file():
        summary = resume_sweep(path, run_options, evaluate_recovery, _jobs(options))
        return show(path, summary, options)
    played = resume_run(path, run_options, evaluate_recovery)
    return show(played.folder, played.summary, options)


def fork(options: argparse.Namespace) -> int:
    """Repeat a run from some tick on with another link, trigger or service."""
    run, run_options = Path(options.folder), read_run_options(options)
    try:
        at_s = TIME.parse(options.at)
    except UnitError as error:
        raise CommandError(f"--at: {error}") from error
    scenario, saved_run = prepare_fork(run, at_s, options.set, allow_plugins=options.allow_plugins)
    _backend(scenario, options)
    if options.out and Path(options.out).resolve() == run.resolve():
        raise CommandError(f"--out {options.out}: is the run that is forked; choose another folder")
    played = play_fork(scenario, saved_run, _folder(options, f"{scenario.name}-fork"), run_options, evaluate_recovery)
    return show(played.folder, played.summary, options)


def evaluate_recovery(windows: Mapping[str, np.ndarray], marks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the summary of a run says about recovery after each drift."""
    from analysis import recovery

    judged = recovery.recovery_times(windows, marks)
    # JSON knows no NaN: a dip that could not be measured is null.
    printed = [{name: None if value != value else value for name, value in mark.items()} for mark in judged]
    return {**recovery.summarise(judged), "recoveries": printed}


def read_run_options(options: argparse.Namespace) -> RunOptions:
    """Return the run options of the command line."""
    return RunOptions(
        eager=getattr(options, "eager", False),
        engine=_engine(options),
        quiet=options.quiet,
        plugins=options.allow_plugins,
        workers=options.workers,
        ray_address=options.ray_address,
        check=options.check or asked_by_environment(),
        live=getattr(options, "live", False),
    )


def _engine(options: argparse.Namespace) -> str:
    if options.engine == "compiled" and getattr(options, "eager", False):
        raise CommandError("--eager settles after every order, as SimPy alone can; leave out --engine compiled")
    chosen: str = options.engine
    return chosen


def _backend(scenario: Scenario, options: argparse.Namespace) -> Backend:
    """Return where a scenario will run, if that is possible here."""
    backend = choose_backend(scenario, options.workers, options.ray_address)
    require_device(scenario, backend)
    return backend


def _jobs(options: argparse.Namespace) -> int | None:
    """Return how many points may run at once; one where the process is not the command line's own.

    Raises:
        CommandError: each point would have workers of its own.
    """
    if options.jobs is not None and options.workers:
        raise CommandError("--jobs runs whole points side by side, --workers splits one: choose one of them")
    return jobs_of(options)


def jobs_of(options: argparse.Namespace) -> int | None:
    """Return ``--jobs``; where it is not given, None (as many as pay), or one in a process that is not ours."""
    return options.jobs if options.jobs is not None or options.owns_process else 1


def _guard(backend: Backend, options: argparse.Namespace, folder: Path) -> None:
    """Supervise a run that has workers from a process of its own, if this process is the command line's."""
    if options.owns_process and backend.workers:
        supervise(folder)


def _folder(options: argparse.Namespace, name: str) -> RunFolder:
    path = Path(options.out) if options.out else first_free(Path.cwd() / "runs", name)
    return RunFolder.open(path, force=options.force)


def _left(options: argparse.Namespace, name: str) -> RunFolder:
    path = Path(options.out) if options.out else newest(Path.cwd() / "runs", name)
    if path is None or not path.exists():
        raise CommandError(f"there is no sweep '{name}' to go on with here; name its folder with --out")
    if path.is_dir() and not is_sweep(path):
        raise CommandError(f"{path}: holds a run, not a sweep; name the folder of the sweep with --out")
    return RunFolder.reopen(path)
