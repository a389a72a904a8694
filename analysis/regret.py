"""Where accuracy was lost: an account of what devices waited for, as shares of all samples.

The account says what a device was waiting for when it was wrong, not what would come back without the wait: that is
a cause, and needs paired forks (`explain`). Two corrections make it an honest account:

* A method that is never as good as the oracle is not so while it waits either. What it lacks right after an install
  under the same concept is subtracted from every wait, and booked to the method.
* Where concepts move all the time there is no change to wait since. Then the account goes by the age of the model:
  what is lost beyond what a fresh model loses, split as the age is split into waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.recovery import end_of
from analysis.runs import PHASES, Run
from analysis.statistics import Interval, student_interval
from analysis.waits_of_age import age_parts

MEANINGS = {
    "undetected": "nothing asked since the drift",
    "labels": "waiting for labels or to send",
    "between": "waiting for the next request",
    "uplink": "request on its way up",
    "cloud_queue": "waiting in the cloud",
    "service": "update being computed",
    "downlink": "update on its way down",
    "lost": "request died on the way",
    "straddling": "updated from mostly old samples",
    "learning": "learning on the device",
    "residual": "the method's own gap",
    "ahead": "ahead of the oracle",
}
#: The same for a sentence, without what is the method's own.
WAITS = {
    "undetected": "nothing had been asked since the drift",
    "labels": "labels or the next request were waited for",
    "between": "the next request was waited for",
    "uplink": "the request was on its way up",
    "cloud_queue": "the request waited in the cloud",
    "service": "the update was being computed",
    "downlink": "the update was on its way down",
    "lost": "the request had been lost",
    "straddling": "the update came from mostly old samples",
    "learning": "the device was learning",
}
#: Kinds of drift that move all the time.
STEADY = ("incremental", "random_walk")
#: So many samples say what a method lacks under a concept.
ENOUGH = 200
#: The youngest models: at most such a part of all samples, unless fewer are in the first bin.
YOUNGEST = 0.05


class Account(NamedTuple):
    """Shares of all samples by what devices waited for; they sum to the gap to the oracle."""

    parts: dict[str, float]
    by_age: bool


def account(run: Run) -> Account | None:
    """Return where a run lost accuracy; None without an oracle, without samples, or where the table has no phases."""
    if not run.has("oracle") or not {f"regret_{phase}" for phase in PHASES[:8]} <= set(run.windows.columns):
        return None
    by_age = moves_steadily(run) and run.has_table("ages")
    return Account(_apart(_by_age(run) if by_age else _by_phase(run)), by_age)


def regret_shares(run: Run) -> dict[str, float] | None:
    """Return the parts of :func:`account`."""
    found = account(run)
    return None if found is None else found.parts


def regret_intervals(runs: Sequence[Run]) -> dict[str, Interval] | None:
    """Return the mean of each part over repetitions with its interval; None where a run has none."""
    shares = [regret_shares(run) for run in runs]
    found = [share for share in shares if share is not None]
    if len(found) < len(runs) or not found:
        return None
    parts = [part for part in MEANINGS if any(part in share for share in found)]
    return {part: student_interval([share.get(part, 0.0) for share in found]) for part in parts}


def moves_steadily(run: Run) -> bool:
    """Return whether concepts move all the time: by their kind of drift, or because none of them ever changes."""
    kinds = {str(entry.get("kind")) for entry in run.resolved.get("drift") or [] if isinstance(entry, dict)}
    return bool(kinds & set(STEADY)) or not run.marks


def _by_phase(run: Run) -> dict[str, float]:
    """Book regret by phase, less what the method lacks after an install under the same concept."""
    phases = [phase for phase in (*PHASES, "learning") if f"regret_{phase}" in run.windows]
    parts = dict.fromkeys(phases, 0.0)
    counted = all(f"samples_{phase}" in run.windows for phase in phases)
    for _, rows in run.windows.groupby(["cohort", _era(run)], sort=False, observed=True):
        sums = rows[[column for column in rows if str(column).startswith(("regret_", "samples"))]].sum()
        own = sums["regret_residual"] / sums["samples_residual"] if counted and _known(sums) else 0.0
        for phase in phases:
            moved = own * sums[f"samples_{phase}"] if phase != "residual" and own else 0.0
            parts[phase] += float(sums[f"regret_{phase}"]) - moved
            parts["residual"] += moved
    samples = int(run.windows["samples"].sum())
    return {phase: part / samples for phase, part in parts.items()}


def _known(sums: pd.Series) -> bool:
    return bool(sums["samples_residual"] >= ENOUGH)


def _era(run: Run) -> pd.Series:
    """Return for each window after which drift mark it lies."""
    edges = sorted({end for mark in run.marks for end in (float(mark["at_s"]), end_of(mark))})
    return pd.Series(np.searchsorted(edges, run.windows["t_s"].to_numpy(float), side="left"), run.windows.index)


def _by_age(run: Run) -> dict[str, float]:
    """Book what is lost beyond what fresh models lose to what makes models old."""
    bins = run.ages.groupby("age_from_s", sort=True)[["samples", "regret"]].sum()
    samples, regret = bins["samples"].to_numpy(float), bins["regret"].to_numpy(float)
    total = samples.sum()
    fresh = fresh_gap(samples, regret)
    beyond = float(regret.sum() - fresh * total) / total
    split = age_parts(run).shares
    return {stage: beyond * share for stage, share in split.items()} | {"residual": fresh}


def fresh_gap(samples: np.ndarray, regret: np.ndarray) -> float:
    """Return what the youngest models lose per sample; bins of age in order, at least the first that has samples."""
    upto = np.cumsum(samples)
    young = (upto <= YOUNGEST * upto[-1]) | (upto - samples == 0)
    return float(regret[young].sum() / max(samples[young].sum(), 1.0))


def _apart(parts: dict[str, float]) -> dict[str, float]:
    """Keep what is below zero apart: a share of a loss is never negative."""
    ahead = sum(min(part, 0.0) for part in parts.values())
    return {name: max(part, 0.0) for name, part in parts.items()} | ({"ahead": ahead} if ahead else {})
