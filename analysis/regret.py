"""Why accuracy was lost: regret by what the device was waiting for, as shares of all samples."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.runs import PHASES, Run
from analysis.statistics import Interval, student_interval

MEANINGS = {
    "undetected": "nothing asked since the drift",
    "labels": "waiting for labels or to send",
    "uplink": "request on its way up",
    "cloud_queue": "waiting in the cloud",
    "service": "update being computed",
    "downlink": "update on its way down",
    "lost": "request died on the way",
    "residual": "updated since, but not perfect",
}

#: The same for a sentence, without what is the method's own.
WAITS = {
    "undetected": "nothing had been asked since the drift",
    "labels": "labels or the next request were waited for",
    "uplink": "the request was on its way up",
    "cloud_queue": "the request waited in the cloud",
    "service": "the update was being computed",
    "downlink": "the update was on its way down",
    "lost": "the request had been lost",
}


def regret_shares(run: Run) -> dict[str, float] | None:
    """Return (oracle correct - deployed correct) / samples by phase; the parts sum to the whole gap.

    None without an oracle, without samples, or where the table has no phases.
    """
    columns = [f"regret_{phase}" for phase in PHASES]
    if not run.has("oracle") or not set(columns) <= set(run.windows.columns):
        return None
    samples = int(run.windows["samples"].sum())
    return {phase: int(run.windows[column].sum()) / samples for phase, column in zip(PHASES, columns, strict=True)}


def regret_intervals(runs: Sequence[Run]) -> dict[str, Interval] | None:
    """Return the mean share of each phase over repetitions with its interval; None where a run has none."""
    shares = [regret_shares(run) for run in runs]
    found = [share for share in shares if share is not None]
    if len(found) < len(runs) or not found:
        return None
    return {phase: student_interval([share[phase] for share in found]) for phase in PHASES}
