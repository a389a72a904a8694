"""Paired forks of a run from its first moment: the same seed, streams and draws, some factors taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from sim.run.checksums import written_text
from sim.run.explaining.factors import factors_of
from sim.run.run_scenario import EvaluateRecovery, RunOptions
from sim.run.side_by_side import Ended, OnEnd, PointJob, jobs_for, run_points
from sim.scenario import Point

#: The folder of forks within that of their run.
FOLDER = "explain"
FILE = "explain.json"


def subsets(factors: Sequence[str], *, every: bool) -> list[tuple[str, ...]]:
    """Return which factors are taken away together: each alone and all, or every subset but the empty one."""
    sizes = range(1, len(factors) + 1) if every else sorted({1, len(factors)})
    return [chosen for size in sizes for chosen in combinations(factors, size)]


def explain_run(
    run: Path,
    names: Sequence[str] | None,
    run_options: RunOptions,
    evaluate_recovery: EvaluateRecovery,
    on_end: OnEnd,
    *,
    every: bool = False,
    jobs: int | None = None,
) -> Path:
    """Run the forks that are not there yet; return the file that lists them.

    Each is a run folder below ``run/explain``; ``explain.json`` has factors and, for each fork, what it lacks and its
    accuracy.
    """
    resolved, folder = run / "resolved.yaml", run / FOLDER
    factors = factors_of(resolved, names, allow_plugins=run_options.plugins)
    folder.mkdir(exist_ok=True)
    seed = int(json.loads(written_text(run / "manifest.json"))["seed"])
    chosen = subsets(list(factors), every=every)
    options = replace(run_options, sweep=folder)
    point_jobs = [
        PointJob(str(resolved), (), _point(without, factors, seed), folder, options, evaluate_recovery)
        for without in chosen
    ]
    summaries = list(_played(point_jobs, jobs, run_options.workers, on_end))
    forks = [
        {"without": list(without), "folder": job.point.name, "accuracy": summary["accuracy"]}
        for without, job, summary in zip(chosen, point_jobs, summaries, strict=True)
    ]
    record = {"factors": factors, "forks": forks}
    (folder / FILE).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return folder / FILE


def _point(without: Sequence[str], factors: Mapping[str, Sequence[str]], seed: int) -> Point:
    overrides = tuple(override for factor in without for override in factors[factor])
    return Point("without " + " ".join(without), dict.fromkeys(without, "-"), overrides, seed)


def _played(
    point_jobs: Sequence[PointJob], jobs: int | None, workers: int | None, on_end: OnEnd
) -> Iterator[dict[str, Any]]:
    at_once = jobs_for(len(point_jobs), jobs, workers)
    if at_once > 1:
        yield from run_points(point_jobs, at_once, on_end)
        return
    for job in point_jobs:
        summary = job.run()
        on_end(job.point, Ended(summary))
        yield summary
