"""What was measured: right answers by concept, by the concept and the moment a model was made in, and by its age."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import AGE_EDGES_S, Costs, InputError, MessageSizes

#: Lower ends of the bins of ages, and of how long a concept had been in force when a model was made [s].
EDGES_S = np.array(AGE_EDGES_S)
#: Equal parts of the run by which the models that never change are told apart.
PARTS = 64
#: So many samples of the coarser cell stand behind each cell: what was seen seldom leans on what is alike.
WEIGHT = 20.0
#: Cells with more concepts than this are more than a small run can fill.
MOST_CONCEPTS = 64
FORMAT = 1


@dataclass(frozen=True)
class SurrogateTable:
    """Samples and right answers of a small run, cell by cell.

    Attributes:
        concepts: names, by number.
        duration_s: of the runs that were measured [s].
        fixed: of the model that never changes and of the oracle: float64 [2, concepts, PARTS, 2] (samples, right).
        deployed: of models made of what devices had collected: float64 [concepts now, concepts then, fresh, age, 2].
        sizes, costs, expires_s: of the method, as a data plane says them.
        measured: what a scenario must have in common with the runs that were measured.
        error: what a run with both has shown, if there was one.
    """

    concepts: tuple[str, ...]
    duration_s: float
    fixed: np.ndarray
    deployed: np.ndarray
    sizes: MessageSizes
    costs: Costs
    expires_s: float | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] = field(default_factory=dict)

    def fixed_share(self, which: int, concept: np.ndarray, at_s: np.ndarray) -> np.ndarray:
        """Return the accuracy of the model that never changes (0) or the oracle (1) at a time: float64 like both."""
        part = np.clip((at_s / self.duration_s * PARTS).astype(np.int64), 0, PARTS - 1)
        return np.asarray(self._fixed_shares[which][concept, part])

    def deployed_share(
        self, now: np.ndarray, then: np.ndarray, fresh_s: np.ndarray, from_s: np.ndarray, until_s: np.ndarray
    ) -> np.ndarray:
        """Return the mean accuracy of models while their age grows from ``from_s`` to ``until_s`` [s]."""
        key = now, then, _bin(fresh_s)
        span_s = until_s - from_s
        return (self._right_until(key, until_s) - self._right_until(key, from_s)) / np.where(span_s > 0, span_s, 1.0)

    def _right_until(self, key: tuple[np.ndarray, ...], age_s: np.ndarray) -> np.ndarray:
        age = _bin(age_s)
        return np.asarray(self._integral[(*key, age)] + (age_s - EDGES_S[age]) * self._shares[(*key, age)])

    @cached_property
    def _fixed_shares(self) -> np.ndarray:
        whole = self.fixed.sum(axis=2, keepdims=True)
        coarse = _leaning(whole, _leaning(whole.sum(axis=1, keepdims=True), np.full((2, 1, 1), 0.5)))
        return _leaning(self.fixed, coarse)

    @cached_property
    def _shares(self) -> np.ndarray:
        """Each cell leans on that of all freshnesses, that on the same or another concept at that age, then on age."""
        size = len(self.concepts)
        same = np.eye(size, dtype=bool)[:, :, None, None]
        ages = self.deployed.sum(axis=(0, 1, 2), keepdims=True)
        by_age = _leaning(ages, _leaning(ages.sum(axis=3, keepdims=True), np.full((1, 1, 1, 1), 0.5)))
        alike, other = (
            _leaning((self.deployed * kept[..., None]).sum(axis=(0, 1, 2), keepdims=True), by_age)
            for kept in (same, ~same)
        )
        pairs = _leaning(self.deployed.sum(axis=2, keepdims=True), np.where(same, alike, other))
        return _leaning(self.deployed, pairs)

    @cached_property
    def _integral(self) -> np.ndarray:
        """Right answers, at one sample a second, up to the lower end of each bin of ages."""
        gained = np.cumsum(self._shares[..., :-1] * np.diff(EDGES_S), axis=-1)
        return np.concatenate([np.zeros_like(gained[..., :1]), gained], axis=-1)

    def written(self) -> str:
        """Return the table as JSON; cells without samples are left out."""
        cells = np.argwhere(self.deployed[..., 0] > 0)
        rows = [[*cell, *self.deployed[tuple(cell)].tolist()] for cell in cells.tolist()]
        record = {
            "surrogate": FORMAT,
            "measured": self.measured,
            "error": self.error,
            "concepts": self.concepts,
            "duration_s": self.duration_s,
            "sizes": [self.sizes.payload_bytes, self.sizes.update_bytes],
            "costs": vars(self.costs),
            "expires_s": self.expires_s,
            "fixed": self.fixed.tolist(),
            "deployed": rows,
        }
        return json.dumps(record, default=str)


def read_table(path: Path) -> SurrogateTable:
    """Read a table.

    Raises:
        InputError: it is none; it says what to do.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["surrogate"] != FORMAT:
            raise InputError(
                "task.surrogate", f"{path}: is of another version; measure it again: 'surrogate FILE --table TABLE'"
            )
        size = len(record["concepts"])
        deployed = np.zeros((size, size, len(EDGES_S), len(EDGES_S), 2))
        for *cell, samples, right in record["deployed"]:
            deployed[tuple(cell)] = samples, right
        fixed = np.array(record["fixed"], float).reshape(2, size, PARTS, 2)
        return SurrogateTable(
            tuple(record["concepts"]),
            float(record["duration_s"]),
            fixed,
            deployed,
            MessageSizes(int(record["sizes"][0]), int(record["sizes"][1])),
            Costs(**record["costs"]),
            record["expires_s"],
            record["measured"],
            record["error"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        made = "is no table of 'surrogate FILE --table TABLE'"
        raise InputError("task.surrogate", f"{path}: {made} ({type(error).__name__})") from error


def _bin(value_s: np.ndarray) -> np.ndarray:
    return EDGES_S.searchsorted(np.maximum(value_s, 0.0), side="right") - 1


def _leaning(counts: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Return shares of right answers [...], each leaning on a coarser one by :data:`WEIGHT` samples."""
    return np.asarray((counts[..., 1] + WEIGHT * on) / (counts[..., 0] + WEIGHT))
