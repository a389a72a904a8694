"""Run every point of a sweep, each into a run folder of its own, below one folder for all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agents.tabular.once import reading_once
from sim.reading import read_points
from sim.run.backend import ending_workers
from sim.run.resume import run_or_resume
from sim.run.run_folder import COMPLETE, PARTIAL, RUNNING, FolderError, RunFolder
from sim.run.run_scenario import EvaluateRecovery, RunOptions
from sim.scenario import Point, ScenarioErrors, load, points
from sim.scenario.error_location import located


def run_sweep(
    file: str | Path,
    overrides: Sequence[str],
    seed: int | None,
    folder: RunFolder,
    run_options: RunOptions,
    evaluate_recovery: EvaluateRecovery,
) -> dict[str, Any]:
    """Run all points and return the sweep's summary: one entry a point, under ``runs``.

    All points are checked before the first one runs; they share what was trained before t = 0 wherever it is
    the same, and every random number that does not depend on what differs (common random numbers). A point that
    the folder holds already is kept if it is complete and the same, and goes on if it was cut short.

    Raises:
        FolderError: a point was played from another scenario.
    """
    runs: list[dict[str, Any]] = []
    with _with_status(folder, runs), ending_workers():
        all_points = points(file, overrides, seed=seed, allow_plugins=run_options.plugins)
        scenarios = [
            load(file, [*overrides, *point.overrides], seed=point.seed, allow_plugins=run_options.plugins)
            for point in all_points
        ]
        with reading_once():
            read_points(file, overrides, all_points, allow_plugins=run_options.plugins)
        axes, run_options = list(all_points[0].values), replace(run_options, sweep=folder.path)
        origin = {"file": str(Path(file).resolve()), "set": list(overrides), "seed": seed}
        folder.write_json("sweep.json", _index(scenarios[0].name, axes, all_points) | origin)
        folder.set_status(RUNNING)
        for point, scenario in zip(all_points, scenarios, strict=True):
            with located(file, [*overrides, *point.overrides], point.seed):
                summary = run_or_resume(scenario, folder.path / point.name, run_options, evaluate_recovery)
            runs.append({"name": point.name, "seed": point.seed, "values": point.values, **summary})
            folder.discard_previous()
    _join_windows(folder.path, all_points)
    summary = {"name": scenarios[0].name, "axes": axes, "runs": runs}
    folder.write_json("summary.json", summary)
    folder.set_status(COMPLETE)
    return summary


def resume_sweep(path: Path, run_options: RunOptions, evaluate_recovery: EvaluateRecovery) -> dict[str, Any]:
    """Run what is missing of the sweep in ``path``; return its summary.

    Raises:
        FolderError: it does not say what it was to play, or a point was played from another scenario.
    """
    folder = RunFolder.reopen(path)
    try:
        index = json.loads((path / "sweep.json").read_text(encoding="utf-8"))
        file, overrides, seed = index["file"], index["set"], index["seed"]
    except (OSError, ValueError, KeyError) as error:
        raise FolderError(f"{path}: its sweep.json does not say what to play; give the file: 'sweep FILE'") from error
    return run_sweep(file, overrides, seed, folder, run_options, evaluate_recovery)


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
    except BaseException:
        folder.set_status(PARTIAL)
        raise


def _index(name: str, axes: Sequence[str], all_points: Sequence[Point]) -> dict[str, Any]:
    entries = [
        {"name": point.name, "folder": point.name, "values": point.values, "seed": point.seed} for point in all_points
    ]
    return {"name": name, "axes": list(axes), "points": entries}


def _join_windows(folder: Path, all_points: Sequence[Point]) -> None:
    """Write the windows of all points into one table, with their name, seed and axes in front."""
    tables = []
    for point in all_points:
        table = pq.read_table(folder / point.name / "windows.parquet")
        labels = {"point": point.name, "seed": point.seed, **point.values}
        for position, (name, value) in enumerate(labels.items()):
            table = table.add_column(position, name, pa.array([value] * len(table)))
        tables.append(table)
    pq.write_table(pa.concat_tables(tables), folder / "windows.parquet", compression="zstd")
