"""Expected counts of a surrogate as the whole numbers that tallies are made of."""

from __future__ import annotations

import numpy as np

from agents.contract import AGE_EDGES_S, CLOUD_PHASES, COHORT_COLUMNS, Phase

_EDGES_S = np.array(AGE_EDGES_S)
_FIRST = {name: COHORT_COLUMNS.index(name) for name in ("regret_undetected", "samples_undetected", "samples_age_00")}
_REGRET_AGES = COHORT_COLUMNS.index("regret_age_00")
#: What is summed of a cohort: samples, right answers, those of the model that never changes, those of the oracle.
SUMS = 4


class CohortCounts:
    """Expectations of one cohort since the start, and what was reported of them in whole numbers.

    What is reported of an interval is the rounded sum so far less what was reported before: nothing drifts away.
    """

    def __init__(self) -> None:
        self.sums = np.zeros(SUMS)
        self.reported = np.zeros(SUMS)

    def row(
        self, own: np.ndarray, ages: tuple[np.ndarray, np.ndarray], phases: tuple[np.ndarray, np.ndarray], labels: float
    ) -> np.ndarray:
        """Return the tallies of an interval: int64 [columns].

        ``own`` [SUMS] is expected of it; ``ages`` and ``phases`` are (samples, regret) by bin and by phase.
        """
        self.sums += own
        whole = np.rint(self.sums) - self.reported
        self.reported += whole
        samples, right, static, oracle = whole.astype(np.int64).tolist()
        row = np.zeros(len(COHORT_COLUMNS), np.int64)
        row[:5] = samples, round(samples * labels), right, static, oracle
        regret = oracle - right
        for first, values, total in (
            (_FIRST["samples_undetected"], phases[0], samples),
            (_FIRST["regret_undetected"], phases[1], regret),
            (_FIRST["samples_age_00"], ages[0], samples),
            (_REGRET_AGES, ages[1], regret),
        ):
            row[first : first + len(values)] = whole_parts(values, total)
        return row


def whole_parts(values: np.ndarray, total: int) -> np.ndarray:
    """Return whole numbers close to ``values`` that sum to ``total``: int64 like them."""
    rounded = np.diff(np.rint(np.cumsum(values)), prepend=0.0).astype(np.int64)
    rounded[np.abs(values).argmax()] += total - int(rounded.sum())
    return rounded


def by_age(age_s: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sums of ``weights`` by bin of the age: float64 [bins]."""
    place = _EDGES_S.searchsorted(np.maximum(age_s, 0.0), side="right") - 1
    return np.bincount(place, weights, minlength=len(_EDGES_S))


def by_phase(phase: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sums of ``weights`` by phase: float64 [phases of the cloud]."""
    return np.bincount(phase, weights, minlength=len(Phase))[: len(CLOUD_PHASES)]
