"""Normal clouds that move in time and by drift, with a known best accuracy at every moment.

The means sit on the corners of a regular polygon in the first two dimensions; the other dimensions are noise.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from agents.contract import FleetSpec
from agents.seeding import Purpose, rng
from agents.tasks.base import Cell, Content, History, Past, Place, Stream
from agents.tasks.concepts import Concept
from agents.tasks.drift import make_schedule
from agents.tasks.world import World, polygon

#: What drift can do: rotate [deg]; shift [along the first axis]; noise [its deviation adds to the world's 1].
NEUTRAL: dict[str, float] = {"rotate": 0.0, "shift": 0.0, "noise": 0.0}
DEFAULTS: dict[str, Any] = {
    "classes": 2,
    "dimensions": 2,
    "distance": 2.0,
    "rotate_deg_per_s": 0.0,
    "shift_per_s": 0.0,
    "history": 20_000,
}


class Gaussians(Stream):
    """Options: ``classes``, ``dimensions``, ``distance`` of neighbouring means (standard deviations).

    ``rotate_deg_per_s`` and ``shift_per_s`` move all means from t = 0 on; ``history``: rows of the past.
    """

    pool_size = 0

    def __init__(self, spec: FleetSpec) -> None:
        self.options = _checked(spec.data_options)
        self.seed, self.classes = spec.seed, int(self.options["classes"])
        self.input_shape = (int(self.options["dimensions"]),)
        self.schedule = make_schedule(spec.drift, spec.cohorts, NEUTRAL, self.classes, spec.seed, spec.duration_s)
        self.concepts = tuple(concept.name for concept in self.schedule.concepts)
        self._strengths = np.array([_strengths(concept) for concept in self.schedule.concepts])
        self._priors = np.array([_prior(concept, self.classes) for concept in self.schedule.concepts])
        self._labels = np.stack(
            [concept.relabel(np.arange(self.classes), self.classes) for concept in self.schedule.concepts]
        )
        self._radius = self.options["distance"] / (2.0 * math.sin(math.pi / self.classes))

    def history(self) -> History:
        """Return labelled samples of the original world at t = 0, a fifth as many again for validation."""
        rows = int(self.options["history"])
        return History(self._past(0, rows, 0), self._past(0, max(rows // 5, 1), 1))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return as many samples as the past has, of the world at t = 0 under a concept of the scenario."""
        rows = int(self.options["history"])
        return self._past(concept, *((rows, 2) if split == "train" else (max(rows // 5, 1), 3)))

    def draw(self, cell: Cell, rng: np.random.Generator) -> Content:
        """Fill one cell with fresh samples of the world as it is at each sample's time."""
        place, time_s, valid = cell.place, cell.time_s, cell.valid
        which, side = rng.random((2, *time_s.shape))
        noise = rng.standard_normal((*time_s.shape, *self.input_shape))
        concept = self.schedule.concept(place, np.where(valid, time_s, -np.inf), side)
        x, label, best = self._samples(concept, np.where(valid, time_s, 0.0), which, noise)
        kept = [np.where(valid, values, 0).astype(np.int16) for values in (label, concept, best)]
        x = np.where(valid[..., None], x, 0.0).astype(np.float32)
        return Content(np.zeros(time_s.shape, np.int64), kept[0], kept[1], x, kept[2])

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return for each device the sorted times [s] of its concept changes; steady motion is none."""
        return self.schedule.changes(place)

    def bayes_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy of the best rule for the world at ``at_s`` under ``concept``."""
        return self.world(at_s, concept).bayes_accuracy()

    def static_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy at ``at_s`` under ``concept`` of the rule that was best at t = 0 at first."""
        return self.world(at_s, concept).accuracy_of(self.world(0.0, 0), self._labels[concept])

    def world(self, at_s: float, concept: int = 0) -> World:
        """Return the world at ``at_s`` under ``concept``."""
        angle, centre, std = self._motion(np.asarray(concept), np.asarray(at_s))
        return World(float(angle), float(centre), self._radius, float(std), tuple(self._priors[concept]))

    def _motion(self, concept: np.ndarray, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rotate, shift, noise = np.moveaxis(self._strengths[concept], -1, 0)
        angle = np.deg2rad(rotate + self.options["rotate_deg_per_s"] * time_s)
        return angle, shift + self.options["shift_per_s"] * time_s, np.hypot(1.0, noise)

    def _samples(
        self, concept: np.ndarray, time_s: np.ndarray, which: np.ndarray, noise: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        angle, centre, std = self._motion(concept, time_s)
        means = polygon(angle, centre, self._radius, self.classes)
        upto = self._priors.cumsum(1)[concept][..., :-1]
        drawn = (which[..., None] >= upto).sum(-1)
        x = noise * std[..., None]
        x[..., :2] += np.take_along_axis(means, drawn[..., None, None], -2)[..., 0, :]
        distance = np.square(x[..., None, :2] - means).sum(-1)
        with np.errstate(divide="ignore"):
            score = np.log(self._priors)[concept] - distance / (2.0 * np.square(std)[..., None])
        return x, self._labels[concept, drawn], self._labels[concept, score.argmax(-1)]

    def _past(self, concept: int, rows: int, number: int) -> Past:
        chance = rng(self.seed, Purpose.HISTORY, concept, number)
        which, noise = chance.random(rows), chance.standard_normal((rows, *self.input_shape))
        x, label, _ = self._samples(np.full(rows, concept), np.zeros(rows), which, noise)
        known = torch.from_numpy(label.astype(np.int64))
        return Past(torch.from_numpy(x.astype(np.float32)), known, torch.full_like(known, concept))


def _strengths(concept: Concept) -> list[float]:
    given = dict(concept.strengths)
    return [given.get(name, neutral) for name, neutral in NEUTRAL.items()]


def _prior(concept: Concept, classes: int) -> np.ndarray:
    if concept.prior is not None and classes > 2:
        raise ValueError("gaussians with more than two classes know no label prior: no best accuracy is known")
    return np.asarray(concept.prior or [1.0 / classes] * classes)


def _checked(options: Any) -> dict[str, Any]:
    unknown = sorted(set(options) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"task gaussians has no option {unknown[0]!r}; known are {', '.join(DEFAULTS)}")
    chosen = {**DEFAULTS, **options}
    for name, low in (("classes", 2), ("dimensions", 2), ("history", 1)):
        if chosen[name] < low:
            raise ValueError(f"task gaussians: {name}={chosen[name]} must be >= {low}")
    if not chosen["distance"] > 0:
        raise ValueError(f"task gaussians: distance={chosen['distance']} must be above 0")
    return chosen
