"""The commands that play: ``run``, ``sweep``, ``resume`` and ``fork``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sim.backend import Backend, choose_backend, require_device
from sim.commands.exits import CommandError
from sim.commands.showing import show
from sim.fork import fork as play_fork
from sim.fork import prepare_fork
from sim.guarding import stand_guard
from sim.playing import HowToPlay, play
from sim.resume import resume_run
from sim.run_folder import RunFolder, first_free, newest
from sim.scenario import Scenario, load
from sim.scenario.blame import at_its_line
from sim.scenario.units import TIME, UnitError
from sim.sweeping import play_sweep, resume_sweep


def run(options: argparse.Namespace) -> int:
    """Play one scenario."""
    scenario = load(options.file, options.set, seed=options.seed, allow_plugins=options.allow_plugins)
    if scenario.sweep is not None and not options.quiet:
        print("this scenario declares a sweep; 'run' plays its base, 'sweep' plays all points", file=sys.stderr)
    backend = _backend(scenario, options)
    folder = _folder(options, scenario.name)
    _guard(backend, options, folder.path)
    with at_its_line(options.file, options.set, options.seed):
        played = play(scenario, folder, how_to_play(options), judge_recovery)
    return show(played.folder, played.summary, options)


def sweep(options: argparse.Namespace) -> int:
    """Play every point of a sweep."""
    scenario = load(options.file, options.set, seed=options.seed, allow_plugins=options.allow_plugins)
    backend = _backend(scenario, options)
    folder = _left(options, scenario.name) if options.resume else _folder(options, scenario.name)
    _guard(backend, options, folder.path)
    summary = play_sweep(options.file, options.set, options.seed, folder, how_to_play(options), judge_recovery)
    return show(folder.path, summary, options)


def resume(options: argparse.Namespace) -> int:
    """Go on with a run or sweep that was cut short."""
    path, how = Path(options.folder), how_to_play(options)
    if options.owns_process and options.workers != 0:
        stand_guard(path)
    if (path / "sweep.json").is_file():
        summary = resume_sweep(path, how, judge_recovery)
        return show(path, summary, options)
    played = resume_run(path, how, judge_recovery)
    return show(played.folder, played.summary, options)


def fork(options: argparse.Namespace) -> int:
    """Play a run again from some tick on under another method or link."""
    run, how = Path(options.folder), how_to_play(options)
    try:
        at_s = TIME.parse(options.at)
    except UnitError as error:
        raise CommandError(f"--at: {error}") from error
    scenario, memory = prepare_fork(run, at_s, options.set, allow_plugins=options.allow_plugins)
    _backend(scenario, options)
    if options.out and Path(options.out).resolve() == run.resolve():
        raise CommandError(f"--out {options.out}: is the run that is forked; choose another folder")
    played = play_fork(scenario, memory, _folder(options, f"{scenario.name}-fork"), how, judge_recovery)
    return show(played.folder, played.summary, options)


def judge_recovery(windows: Mapping[str, np.ndarray], marks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the summary of a run says about recovery after each drift."""
    from analysis import recovery

    judged = recovery.recovery_times(windows, marks)
    # JSON knows no NaN: a dip that nobody could measure is null.
    told = [{name: None if value != value else value for name, value in mark.items()} for mark in judged]
    return {**recovery.summarise(judged), "recoveries": told}


def how_to_play(options: argparse.Namespace) -> HowToPlay:
    """Return what the options say of how to play."""
    return HowToPlay(
        eager=getattr(options, "eager", False),
        quiet=options.quiet,
        plugins=options.allow_plugins,
        workers=options.workers,
        ray_address=options.ray_address,
    )


def _backend(scenario: Scenario, options: argparse.Namespace) -> Backend:
    """Return where a scenario will be played, if that is possible here."""
    backend = choose_backend(scenario, options.workers, options.ray_address)
    require_device(scenario, backend)
    return backend


def _guard(backend: Backend, options: argparse.Namespace, folder: Path) -> None:
    """Let a process of its own look after a run that has workers, if this one is the command line's."""
    if options.owns_process and backend.workers:
        stand_guard(folder)


def _folder(options: argparse.Namespace, name: str) -> RunFolder:
    path = Path(options.out) if options.out else first_free(Path.cwd() / "runs", name)
    return RunFolder.open(path, force=options.force)


def _left(options: argparse.Namespace, name: str) -> RunFolder:
    path = Path(options.out) if options.out else newest(Path.cwd() / "runs", name)
    if path is None or not path.exists():
        raise CommandError(f"there is no sweep '{name}' to go on with here; name its folder with --out")
    return RunFolder.reopen(path)
