"""Play every point of a sweep, each into a run folder of its own, below one folder for all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.playing import HowToPlay, JudgeRecovery, play
from sim.run_folder import COMPLETE, RunFolder
from sim.scenario import Point, load, points


def play_sweep(
    file: str | Path,
    overrides: Sequence[str],
    seed: int | None,
    folder: RunFolder,
    how: HowToPlay,
    judge_recovery: JudgeRecovery,
) -> dict[str, Any]:
    """Play all points and return the sweep's summary: one entry a point, under ``runs``.

    All points are checked before the first one plays; they share what was trained before t = 0 wherever it is
    the same, and every random number that does not depend on what differs (common random numbers).
    """
    all_points = points(file, overrides, seed=seed, allow_plugins=how.plugins)
    scenarios = [
        load(file, [*overrides, *point.overrides], seed=point.seed, allow_plugins=how.plugins) for point in all_points
    ]
    axes = list(all_points[0].values)
    folder.write_json("sweep.json", _index(scenarios[0].name, axes, all_points))
    runs = []
    for point, scenario in zip(all_points, scenarios, strict=True):
        played = play(scenario, RunFolder.open(folder.path / point.name), how, judge_recovery)
        runs.append({"name": point.name, "seed": point.seed, "values": point.values, **played.summary})
    _join_windows(folder.path, all_points)
    summary = {"name": scenarios[0].name, "axes": axes, "runs": runs}
    folder.write_json("summary.json", summary)
    folder.set_status(COMPLETE)
    return summary


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
        for place, (name, value) in enumerate(labels.items()):
            table = table.add_column(place, name, pa.array([value] * len(table)))
        tables.append(table)
    pq.write_table(pa.concat_tables(tables), folder / "windows.parquet", compression="zstd")
