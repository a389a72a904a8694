"""The four ways from one concept to another: sudden, gradual, incremental, recurring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.contract import DriftSpec
from agents.tasks.concept_table import Table
from agents.tasks.concepts import Concept, between

#: Steps of an incremental change when the scenario names no number (``options.steps``).
STEPS = 16
#: Draws each sample's own uniform for one line; only asked for where chance decides.
Own = Callable[[], np.ndarray]


class Move(Protocol):
    """What one line of the schedule does to the samples it rules."""

    @property
    def takes_s(self) -> float:
        """How long it is on the way [s]."""
        ...

    @property
    def targets(self) -> tuple[int, ...]:
        """The concepts it leads to."""
        ...

    @property
    def seen(self) -> tuple[int, ...]:
        """The concepts that it shows, on the way or at the end."""
        ...

    def apply(self, concept: np.ndarray, start_s: np.ndarray, time_s: np.ndarray, own: Own) -> np.ndarray:
        """Return the concepts that follow ``concept``; all arrays [samples], all times after the start."""
        ...

    def events(self, start_s: float, end_s: float) -> list[tuple[float, int]]:
        """Return (time, new concept) of each change that begins up to ``end_s``."""
        ...


@dataclass(frozen=True)
class Sudden:
    """From one sample to the next."""

    targets: tuple[int, ...]
    takes_s: float = 0.0

    @property
    def seen(self) -> tuple[int, ...]:
        return self.targets

    def apply(self, concept: np.ndarray, start_s: np.ndarray, time_s: np.ndarray, own: Own) -> np.ndarray:
        return np.full_like(concept, self.targets[0])

    def events(self, start_s: float, end_s: float) -> list[tuple[float, int]]:
        return [(start_s, self.targets[0])]


@dataclass(frozen=True)
class Gradual:
    """By mixing: a growing share of the samples follows the new concept; linear or sigmoid in time."""

    targets: tuple[int, ...]
    takes_s: float
    mixing: str

    @property
    def seen(self) -> tuple[int, ...]:
        return self.targets

    def apply(self, concept: np.ndarray, start_s: np.ndarray, time_s: np.ndarray, own: Own) -> np.ndarray:
        return np.where(own() < self.share((time_s - start_s) / self.takes_s), self.targets[0], concept)

    def share(self, progress: np.ndarray) -> np.ndarray:
        """Return the share of new samples when ``progress`` (0 to 1) of the time has passed."""
        progress = np.clip(progress, 0.0, 1.0)
        if self.mixing == "linear":
            return progress
        low, high = _logistic(-6.0), _logistic(6.0)
        return (_logistic(12.0 * progress - 6.0) - low) / (high - low)

    def events(self, start_s: float, end_s: float) -> list[tuple[float, int]]:
        return [(start_s, self.targets[0])]


@dataclass(frozen=True)
class Incremental:
    """By moving strength: the world goes step by step from what it was to the target.

    ``ladder[origin]`` holds the concepts of all steps, int16 [steps + 1], its first the origin itself.
    """

    targets: tuple[int, ...]
    takes_s: float
    ladder: np.ndarray

    @property
    def seen(self) -> tuple[int, ...]:
        return tuple(self.ladder.ravel().tolist())

    def apply(self, concept: np.ndarray, start_s: np.ndarray, time_s: np.ndarray, own: Own) -> np.ndarray:
        steps = self.ladder.shape[1] - 1
        step = np.ceil(steps * (time_s - start_s) / self.takes_s)
        return self.ladder[concept, np.clip(step, 1, steps).astype(np.intp)]

    def events(self, start_s: float, end_s: float) -> list[tuple[float, int]]:
        return [(start_s, self.targets[0])]


@dataclass(frozen=True)
class Recurring:
    """Around and around: each of ``targets`` in turn for ``every_s``."""

    targets: tuple[int, ...]
    every_s: float
    takes_s: float = 0.0

    @property
    def seen(self) -> tuple[int, ...]:
        return self.targets

    def apply(self, concept: np.ndarray, start_s: np.ndarray, time_s: np.ndarray, own: Own) -> np.ndarray:
        turn = np.floor((time_s - start_s) / self.every_s)
        # The division may round either way: the switch times themselves decide, as in `events`.
        turn += time_s > start_s + (turn + 1) * self.every_s
        turn -= time_s <= start_s + turn * self.every_s
        return np.asarray(self.targets, np.int16)[turn.astype(np.int64) % len(self.targets)]

    def events(self, start_s: float, end_s: float) -> list[tuple[float, int]]:
        turns = np.arange(max(0, int((end_s - start_s) / self.every_s) + 2))
        switches_s = start_s + turns * self.every_s
        return [
            (float(at_s), self.targets[turn % len(self.targets)])
            for turn, at_s in zip(turns.tolist(), switches_s, strict=True)
            if at_s <= end_s
        ]


def _sudden(spec: DriftSpec, targets: tuple[Concept, ...], table: Table) -> Move:
    return Sudden((table.index(targets[0]),))


def _gradual(spec: DriftSpec, targets: tuple[Concept, ...], table: Table) -> Move:
    mixing = str(spec.options.get("mixing", "linear"))
    if mixing not in ("linear", "sigmoid"):
        raise ValueError(f"mixing {mixing!r} is unknown; known are linear, sigmoid")
    if spec.over_s == 0:
        return _sudden(spec, targets, table)
    return Gradual((table.index(targets[0]),), _positive(spec.over_s, "over"), mixing)


def _incremental(spec: DriftSpec, targets: tuple[Concept, ...], table: Table) -> Move:
    steps = int(spec.options.get("steps", STEPS))
    if steps < 1:
        raise ValueError(f"steps={steps} must be >= 1")
    origins = table.origins(spec.at_s)
    rungs = {
        origin: [
            table.index(between(table.concepts[origin], targets[0], step / steps, table.neutral))
            for step in range(1, steps + 1)
        ]
        for origin in origins
    }
    ladder = np.zeros((max(origins) + 1, steps + 1), np.int16)
    for origin, indices in rungs.items():
        ladder[origin] = [origin, *indices]
    return Incremental((table.index(targets[0]),), _positive(spec.over_s, "over"), ladder)


def _recurring(spec: DriftSpec, targets: tuple[Concept, ...], table: Table) -> Move:
    return Recurring(tuple(table.index(target) for target in targets), _positive(spec.every_s, "every"))


#: How each kind of drift is made from its line, its targets and the concepts met so far.
MOVES: dict[str, Callable[[DriftSpec, tuple[Concept, ...], Table], Move]] = {
    "sudden": _sudden,
    "gradual": _gradual,
    "incremental": _incremental,
    "recurring": _recurring,
}


def _positive(duration_s: float, key: str) -> float:
    if not duration_s > 0:
        raise ValueError(f"{key} must be longer than 0 s, got {duration_s} s")
    return duration_s


def _logistic(z: np.ndarray | float) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(z))))
