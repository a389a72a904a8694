"""Run and sweep folders made by hand, small enough for a unit test and lively enough for a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tests.analysis.synthetic_plan import DRIFT, Plan
from tests.analysis.synthetic_tables import make_tables

__all__ = ["DRIFT", "Plan", "write_run", "write_sweep"]


def write_run(folder: Path, plan: Plan) -> Path:
    """Write a whole run folder and return it."""

    folder.mkdir(parents=True)
    tables = make_tables(plan)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "manifest.json").write_text(json.dumps(make_manifest(plan)))
    (folder / "summary.json").write_text(json.dumps(make_summary(tables)))
    (folder / "STATUS").write_text(plan.status + "\n")
    resolved = yaml.safe_dump(make_resolved(plan), sort_keys=False, allow_unicode=True)
    (folder / "resolved.yaml").write_text(f"# <&>\n{resolved}", encoding="utf-8")
    return folder


def write_sweep(folder: Path, plans: Mapping[tuple[str, ...], Plan], axes: Sequence[str], seeds: int) -> Path:
    """Write a sweep: one run a setting and seed; `plans` maps values on the axes to what is played there."""
    folder.mkdir(parents=True)
    points = []
    for point_of, (values, plan) in enumerate(plans.items()):
        for seed in range(seeds, 0, -1):
            name = f"point-{point_of}-{seed}"
            write_run(folder / name, replace(plan, seed=seed))
            coordinates = dict(zip(axes, values, strict=True))
            points.append({"name": name, "folder": name, "values": coordinates, "seed": seed})
    (folder / "sweep.json").write_text(json.dumps({"name": "methods", "axes": list(axes), "points": points}))
    return folder


def make_resolved(plan: Plan) -> dict[str, Any]:
    """Make what analysis reads of a scenario in its long form."""
    fleet = [{"cohort": name, "devices": count, "link": "lte"} for name, count in plan.cohorts.items()]
    return {
        "version": 1,
        "name": plan.name,
        "seed": plan.seed,
        "fleet": [cohort | dict(plan.prices) for cohort in fleet],
        "method": {"adapter": plan.adapter},
        "links": {"lte": {"uplink": f"{plan.uplink_s} s", "shared": False, "via": []}},
        "cloud": {"power": dict(plan.cloud_power)},
    }


def make_manifest(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "scenario": "0" * 64,
        "seed": plan.seed,
        "tick_s": plan.tick_s,
        "duration_s": plan.duration_s,
        "cohorts": [{"name": name, "devices": count, "link": "lte"} for name, count in plan.cohorts.items()],
        "method": {"adapter": plan.adapter, "codec": "fp16", "trigger": "periodic"},
        "references": list(plan.references),
        "versions": {"python": "3.11", "numpy": np.__version__},
        "git": "0123abc",
        "wall_s": 1.5,
        "backend": "inline",
        "workers": 0,
        "timing_only": plan.timing_only,
        "devices": len(plan.devices),
        "drift": list(plan.drift),
    }


def make_summary(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    windows, exchanges = tables["windows"], tables["exchanges"]
    samples = int(windows["samples"].sum())
    return {
        "accuracy": int(windows["correct"].sum()) / samples if samples else None,
        "samples": samples,
        "exchanges": len(exchanges),
        "digest": "d" * 64,
    }
