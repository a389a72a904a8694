"""How many processes carry the data plane: chosen before anything is built, and said aloud where we chose."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from sim.scenario import Scenario

#: Expected samples from which Ray workers save more time than their start costs (about 10 s, and as much memory
#: as 10,000 devices). One process judges about 100,000 samples a second.
WORTH_WORKERS = 5_000_000


@dataclass(frozen=True)
class Backend:
    """``workers`` processes, 0 for this one; ``told`` is what the user should know of the choice, if anything."""

    workers: int
    told: str | None = None


def choose_backend(scenario: Scenario, workers: int | None = None) -> Backend:
    """Choose for a scenario; ``workers`` is the word of the command line, which comes first."""
    execution = scenario.execution
    if workers is None and execution.backend == "ray":
        workers = None if execution.workers == "auto" else int(execution.workers)
    elif workers is None:
        workers = 0
    if scenario.task is None:
        return Backend(0, "timing only: no data plane, no workers" if workers != 0 else None)
    return _automatic(scenario) if workers is None else Backend(workers)


def _automatic(scenario: Scenario) -> Backend:
    samples = expected_samples(scenario)
    if samples < WORTH_WORKERS:
        few = f"about {samples:,.0f} samples are played faster in this process than by workers"
        return Backend(0, f"{few} (from {WORTH_WORKERS:,} on they pay); --workers N insists")
    return Backend(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def expected_samples(scenario: Scenario) -> float:
    """Return how many samples the fleet sees on average, absences aside."""
    fleet: list[Any] = scenario.fleet
    return sum(cohort.devices * scenario.duration / cohort.samples.interval_s for cohort in fleet)
