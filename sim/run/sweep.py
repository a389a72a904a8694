"""Run every point of a sweep, each into a run folder of its own, below one folder for all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agents.contract import BackendError
from agents.tabular.once import reading_once
from sim.reading import read_points
from sim.run.backend import ending_workers
from sim.run.checksums import changed, written_text
from sim.run.resume import POINT_AGAIN, require_same
from sim.run.resuming.interrupts import resume_line
from sim.run.run_folder import COMPLETE, PARTIAL, RUNNING, FolderError, RunFolder
from sim.run.run_scenario import EvaluateRecovery, RunOptions
from sim.run.side_by_side import Ended, OnEnd, PointJob, jobs_for, run_one_by_one, run_points
from sim.run.sweep_progress import SweepProgress
from sim.scenario import Point, Scenario, ScenarioErrors, load, points
from sim.scenario.sweep_axes import require_effect


def run_sweep(
    file: str | Path,
    overrides: Sequence[str],
    seed: int | None,
    folder: RunFolder,
    run_options: RunOptions,
    evaluate_recovery: EvaluateRecovery,
    jobs: int | None = 1,
    *,
    goes_on: bool = False,
) -> dict[str, Any]:
    """Run all points and return the sweep's summary: one entry a point, under ``runs``.

    ``jobs`` points are run at once, each in a process of its own; None for as many as there are cores, where that
    pays. The results do not depend on it. One that ``goes_on`` may have been begun with an override without effect.

    All points are checked before the first one runs; they share what was trained before t = 0 wherever it is
    the same, and every random number that does not depend on what differs (common random numbers). A point that
    the folder holds already is kept if it is complete and the same, and goes on if it was cut short.

    Raises:
        FolderError: a point was played from another scenario.
        ScenarioErrors: the sweep cannot be played, or leaves an override or the seed without an effect.
    """
    runs: list[dict[str, Any]] = []
    with _as_it_was(folder):
        if not goes_on:
            require_effect(file, overrides, seed)
        all_points, scenarios = _loaded(file, overrides, seed, folder.path, plugins=run_options.plugins)
    with _with_status(folder, runs), ending_workers():
        axes, run_options = list(all_points[0].values), replace(run_options, sweep=folder.path)
        origin = {"file": str(Path(file).resolve()), "set": list(overrides), "seed": seed}
        _write_index(folder, _index(scenarios[0].name, axes, all_points) | origin)
        folder.set_status(RUNNING)
        at_once = jobs_for(len(all_points), jobs, run_options.workers)
        one_by_one: Callable[..., object] = partial(run_one_by_one, scenarios=scenarios)
        play = one_by_one if at_once == 1 else partial(run_points, at_once=at_once)
        job = partial(PointJob, str(file), tuple(overrides))
        point_jobs = [job(point, folder.path, run_options, evaluate_recovery) for point in all_points]
        with closing(_progress(all_points, quiet=run_options.quiet)) as progress:
            play(point_jobs, on_end=_noting(runs, folder, progress), on_move=progress.moved if progress.live else None)
    order = [point.name for point in all_points]
    runs.sort(key=lambda run: order.index(run["name"]))
    _join_windows(folder.path, all_points)
    summary = {"name": scenarios[0].name, "axes": axes, "runs": runs}
    folder.write_json("summary.json", summary)
    folder.write_sums()
    folder.set_status(COMPLETE)
    return summary


def resume_sweep(
    path: Path, run_options: RunOptions, evaluate_recovery: EvaluateRecovery, jobs: int | None = 1
) -> dict[str, Any]:
    """Run what is missing of the sweep in ``path``; return its summary.

    Raises:
        FolderError: it does not say what it was to play, or a point was played from another scenario.
    """
    folder = RunFolder.reopen(path)
    if found := changed(path, ["sweep.json"]):
        raise FolderError(f"{path / found[0]}: is not what the sweep wrote; give the file: 'sweep FILE'")
    try:
        index = json.loads(written_text(path / "sweep.json"))
        file, overrides, seed = index["file"], index["set"], index["seed"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FolderError(f"{path}: its sweep.json does not say what to play; give the file: 'sweep FILE'") from error
    return run_sweep(file, overrides, seed, folder, run_options, evaluate_recovery, jobs, goes_on=True)


def _loaded(
    file: str | Path, overrides: Sequence[str], seed: int | None, folder: Path, *, plugins: bool
) -> tuple[list[Point], list[Scenario]]:
    """Return all points and their scenarios, which can be played and are those of what ``folder`` holds already."""
    found = points(file, overrides, seed=seed, allow_plugins=plugins)
    scenarios = [load(file, [*overrides, *one.overrides], seed=one.seed, allow_plugins=plugins) for one in found]
    for point, scenario in zip(found, scenarios, strict=True):
        require_same(scenario, folder / point.name, allow_plugins=plugins)
    with reading_once():
        read_points(file, overrides, found, allow_plugins=plugins)
    return found, scenarios


def _progress(all_points: Sequence[Point], *, quiet: bool) -> SweepProgress:
    width = max(len(point.name) for point in all_points)
    return SweepProgress(len(all_points), quiet=quiet or len(all_points) == 1, width=width)


def _noting(runs: list[dict[str, Any]], folder: RunFolder, progress: SweepProgress) -> OnEnd:
    """Return what notes the summary of a point as it ends."""

    def on_end(point: Point, ended: Ended) -> None:
        if ended.summary is not None:
            runs.append({"name": point.name, "seed": point.seed, "values": point.values, **ended.summary})
            folder.discard_previous()
        progress.ended(point.name, ended.summary, ended.failure)

    return on_end


@contextmanager
def _as_it_was(folder: RunFolder) -> Iterator[None]:
    """Leave a folder as it was if what it is to hold is refused: a complete sweep stays one."""
    try:
        yield
    except BaseException:
        folder.withdraw()
        raise


@contextmanager
def _with_status(folder: RunFolder, runs: Sequence[Any]) -> Iterator[None]:
    """Record that the sweep was cut short; undo everything if not even the first point could be built."""
    try:
        yield
    except ScenarioErrors:
        if runs:
            folder.set_status(PARTIAL)
        else:
            folder.withdraw()
        raise
    except OSError as error:
        # A full disk, or a folder that may not be written any more: nothing is wrong with the sweep.
        _end_early(folder)
        why = f"{error.filename or folder.path}: {error.strerror or error}"
        raise BackendError(f"{why}; {resume_line(folder.path)}") from error
    except BaseException:
        _end_early(folder)
        raise


def _end_early(folder: RunFolder) -> None:
    # Where nothing can be written any more, the folder says what it said before.
    with suppress(OSError):
        folder.set_status(PARTIAL)


def _write_index(folder: RunFolder, index: dict[str, Any]) -> None:
    folder.write_summed("sweep.json", json.dumps(index, indent=2) + "\n")


def _index(name: str, axes: Sequence[str], all_points: Sequence[Point]) -> dict[str, Any]:
    entries = [
        {"name": point.name, "folder": point.name, "values": point.values, "seed": point.seed} for point in all_points
    ]
    return {"name": name, "axes": list(axes), "points": entries}


def _join_windows(folder: Path, all_points: Sequence[Point]) -> None:
    """Write the windows of all points into one table, with their name, seed and axes in front.

    Raises:
        FolderError: those of a point cannot be read.
    """
    tables = []
    for point in all_points:
        path = folder / point.name / "windows.parquet"
        try:
            table = pq.read_table(path, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as error:
            raise FolderError(f"{path}: cannot be read; {POINT_AGAIN}") from error
        labels = {"point": point.name, "seed": point.seed, **point.values}
        for position, (name, value) in enumerate(labels.items()):
            table = table.add_column(position, name, pa.array([value] * len(table)))
        tables.append(table)
    # Points whose devices learn by themselves have columns that others lack.
    whole = pa.concat_tables(tables, promote_options="default")
    beside = folder / ".windows.parquet.new"
    pq.write_table(whole, beside, compression="zstd", write_page_checksum=True)
    os.replace(beside, folder / "windows.parquet")
