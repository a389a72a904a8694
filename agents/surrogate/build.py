"""From a specification that names a table to a plane that looks it up."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agents.contract import FleetSpec, InputError
from agents.contract.errors import error_location
from agents.drift.rate_modulation import make_arrivals, schedule_of
from agents.evaluation.ground_truth import ground_truth_columns
from agents.layout import Layout
from agents.streams.base import Task
from agents.surrogate.measuring import require_known, require_same_ground
from agents.surrogate.plane import SurrogatePlane
from agents.surrogate.table import read_table
from agents.tasks.making import make_task


def build_surrogate(spec: FleetSpec) -> SurrogatePlane:
    """Build the plane; the task is made for its drift alone, nothing is trained and no sample is drawn.

    Raises:
        InputError: the table is none, was measured on something else, or the scenario has what no surrogate knows.
    """
    assert spec.surrogate is not None
    table = read_table(Path(spec.surrogate))
    require_known(spec)
    require_same_ground(table, spec)
    with error_location("task.data"):
        task = make_task(spec)
    for cohort in spec.cohorts:
        make_arrivals(spec.seed, cohort, task)
    return SurrogatePlane(table, spec.cohorts, truth_of(spec, task), _factors(task))


def truth_of(spec: FleetSpec, task: Task) -> dict[str, np.ndarray]:
    """Return the ground truth of a scenario.

    Raises:
        InputError: its task follows no schedule.
    """
    truth = ground_truth_columns(Layout(spec.cohorts), task)
    if not truth:
        raise InputError("task.surrogate", "needs data whose drift follows the scenario's schedule")
    return truth


def _factors(task: Task) -> np.ndarray:
    schedule = schedule_of(task)
    assert schedule is not None
    return schedule.factors
