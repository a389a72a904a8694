"""Where drift may change the rate of samples: only where their times are left to chance."""

from __future__ import annotations

from collections.abc import Sequence

from sim.scenario.clause import refuse
from sim.scenario.drift import Change
from sim.scenario.fleet import Cohort
from sim.scenario.transforms import is_recorded


def refuse_paces(change: Change, number: int, fleet: Sequence[Cohort], data: str | None) -> None:
    """Check that a line of drift changes no rate that is fixed.

    Raises:
        ValidationError: a factor on the rate of samples that are periodic, or recorded, or dealt out of a recording.
    """
    place = next((place for place, concept in change.shows if concept.arrivals not in (None, 1.0)), None)
    if place is None:
        return
    if is_recorded(data):
        raise refuse(
            f"the samples of '{data}' are recorded; they cannot come faster or slower",
            "drift",
            number,
            *place,
            "arrivals",
        )
    for cohort in fleet:
        if change.cohort in (None, cohort.cohort) and cohort.samples.arrivals != "poisson":
            text = f"needs 'arrivals: poisson'; cohort '{cohort.cohort}' has {cohort.samples.arrivals} arrivals"
            raise refuse(text, "drift", number, *place, "arrivals")
