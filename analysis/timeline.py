"""One device over time: its concepts, requests, and samples around a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.folder import RunError
from analysis.runs import Run

STAGES = (
    ("labels", "requested_s", "sent_s"),
    ("uplink", "sent_s", "reached_s"),
    ("cloud_queue", "reached_s", "started_s"),
    ("service", "started_s", "served_s"),
    ("downlink", "served_s", "installed_s"),
)


class Timeline(NamedTuple):
    """One device between two moments [s]; tables hold what reaches into the span, `samples` those within it."""

    device: int
    cohort: str
    after_s: float
    until_s: float
    samples: pd.DataFrame
    exchanges: pd.DataFrame
    concepts: pd.DataFrame


def timeline_of(run: Run, columns: Mapping[str, np.ndarray], device: int, after_s: float, until_s: float) -> Timeline:
    """Cut what is known of a device to (after, until]; RunError where the run has no such device."""
    samples = pd.DataFrame(dict(columns))
    own = run.devices[run.devices["device"] == device]
    if not len(own):
        raise RunError(f"{run.folder}: has no device {device}")
    mine = samples[(samples["device"] == device) & (samples["time_s"] > after_s) & (samples["time_s"] <= until_s)]
    exchanges = run.exchanges_of(device)
    last_s = exchanges[["requested_s", "sent_s", "reached_s", "started_s", "served_s", "installed_s"]].max(axis=1)
    under_way = ~exchanges["outcome"].isin(["installed", "lost", "aborted", "rejected", "superseded"])
    reaching = exchanges[(exchanges["requested_s"] <= until_s) & ((last_s > after_s) | under_way)]
    concepts = _concepts(run, device)
    concepts = concepts[(concepts["from_s"] < until_s) & (concepts["until_s"] > after_s)]
    return Timeline(device, str(own["cohort"].iloc[0]), after_s, until_s, mine, reaching, concepts)


def typical_devices(run: Run) -> dict[str, int]:
    """Return the worst, the median and the best device by accuracy; fewer where there are fewer devices."""
    active = run.devices[run.devices["samples"] > 0]
    order = (active["correct"] / active["samples"]).sort_values(kind="stable").index
    ranked = active["device"].loc[order].tolist()
    if not ranked:
        return {}
    chosen = {"worst": ranked[0], "median": ranked[(len(ranked) - 1) // 2], "best": ranked[-1]}
    return {name: int(device) for name, device in chosen.items()} if len(ranked) > 2 else {"worst": int(ranked[0])}


def around(run: Run, at_s: float | None) -> tuple[float, float]:
    """Return a span [s] around a moment (default: the first drift) in which single requests can be seen."""
    at_s = at_s if at_s is not None else float(run.marks[0]["at_s"]) if run.marks else run.played_s / 2
    gaps = run.exchange_columns("device", "requested_s").groupby("device")["requested_s"].diff()
    period_s = float(gaps.median()) if gaps.notna().any() else run.played_s / 10
    half_s = float(np.clip(4 * period_s, 6 * run.tick_s, run.played_s / 2))
    return max(0.0, at_s - half_s / 2), min(run.played_s, at_s + 1.5 * half_s)


def _concepts(run: Run, device: int) -> pd.DataFrame:
    if not run.has_table("concepts"):
        return pd.DataFrame({"from_s": [], "until_s": [], "name": []})
    table = run.concepts
    return table[table["device"] == device]


def timeline_lines(shown: Timeline) -> list[str]:
    """Return what happened to each request, a line each, in the order in which they were asked."""
    return [_line(row) for _, row in shown.exchanges.sort_values("requested_s", kind="stable").iterrows()]


def _line(row: pd.Series) -> str:
    times = [
        f"{stage.replace('_', ' ')} {row[end] - row[begin]:.2f} s" for stage, begin, end in STAGES if _known(row, end)
    ]
    ended = f"installed at {row['installed_s']:.2f} s" if _known(row, "installed_s") else str(row["outcome"])
    return f"asked at {row['requested_s']:.2f} s: {', '.join(times) or 'never sent'}; {ended}"


def _known(row: pd.Series, stamp: str) -> bool:
    return bool(pd.notna(row[stamp]))
