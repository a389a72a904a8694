"""What a gallery of drift is drawn from: images under every transform, and streams under every shape of drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from agents.contract import CohortSpec, DriftSpec, FleetSpec
from agents.drift.concepts import read_concept
from agents.drift.image_transforms import NEUTRAL, ImageNoise, transform
from agents.drift.onset import coordinates
from agents.drift.severities import SEVERITIES
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId
from agents.tasks.images.digits import Digits
from agents.tasks.making import make_task

#: What is shown of each transform: as in a scenario, and how it is labelled.
EXAMPLES: dict[str, list[tuple[Any, str]]] = {
    "rotate": [(turn, f"{turn}°") for turn in (15, 45, 90, 135, 180)],
    "translate": [([x, y], f"[{x:g}, {y:g}]") for x, y in ((0.1, 0), (0.2, 0), (0, 0.2), (-0.2, 0.1), (-0.2, -0.2))],
    "scale": [(factor, f"{factor:g}") for factor in (0.5, 0.75, 1.25, 1.5, 2.0)],
    "shear": [(slant, f"{slant}°") for slant in (-40, -20, 10, 25, 40)],
    **{name: [({"severity": n}, f"severity {n}") for n in range(1, 6)] for name in SEVERITIES},
    "occlusion": [(share, f"{share:.0%}") for share in (0.2, 0.3, 0.4, 0.5, 0.6)],
    "invert": [(True, "true")],
    "permute_pixels": [(number, f"number {number}") for number in range(2)],
}
KINDS: dict[str, dict[str, Any]] = {
    "sudden": {},
    "gradual": {"over_s": 120.0},
    "gradual, sigmoid": {"over_s": 120.0, "options": {"mixing": "sigmoid"}},
    "incremental": {"over_s": 120.0, "options": {"steps": 8}},
    "recurring": {"every_s": 75.0},
    "blip": {"options": {"for": 60.0}},
    "random_walk": {"every_s": 10.0, "options": {"step": 0.2}},
}
ONSETS: dict[str, dict[str, Any]] = {
    "all at once": {},
    "wave": {"wave": {"crosses_fleet_in": 150.0}},
    "groups": {"groups": {"count": 3, "apart": 75.0}},
    "independent": {"independent": {"within": 150.0}},
}
_SEED, _END_S, _AT_S, _BIN_S, _DEVICES, _FULL_DEG = 11, 480.0, 90.0, 5.0, 256, 90.0


@dataclass(frozen=True)
class Sheet:
    """Some images under a transform: ``images`` float32 [looks, h, w, channels], and what each is labelled."""

    name: str
    labels: list[str]
    images: np.ndarray


@dataclass(frozen=True)
class Shape:
    """A drift over time, measured from streams: mean strength of the new world, 0 to 1.

    ``strength`` is float64 [devices, bins], devices by their place in the fleet, NaN where one saw nothing.
    """

    kind: str
    onset: str
    edges_s: np.ndarray
    strength: np.ndarray


def transform_sheets(image: torch.Tensor) -> list[Sheet]:
    """Return ``image`` float32 [channels, h, w] as it is, then under every transform at several strengths."""
    images = image[None]
    image_noise = ImageNoise.draw(images, rng(_SEED, Purpose.TRANSFORM))
    sheets = [Sheet("original", [""], _shown(images))]
    for name, looks in EXAMPLES.items():
        concepts = [read_concept({name: value}, NEUTRAL, 10) for value, _ in looks]
        shown = [_shown(transform(images, dict(concept.strengths), image_noise)) for concept in concepts]
        sheets.append(Sheet(name, [label for _, label in looks], np.concatenate(shown)))
    return sheets


def example_images(cifar: Path | None) -> dict[str, torch.Tensor]:
    """Return a digit, and an image of a CIFAR file if there is one: float32 [channels, h, w], pixels from 0 to 1."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    examples = {"digits": torch.from_numpy(digits.images[digits.target == 4][0] / 16.0).float()[None]}
    if cifar is not None:
        from agents.tasks.formats.cifar import read_records

        labelled = read_records(cifar).train
        horse = int(np.flatnonzero(labelled.labels == 7)[0])
        examples["cifar"] = torch.from_numpy(np.array(labelled.images[horse])).float() / 255.0
    return examples


def drift_shapes() -> list[Shape]:
    """Return every kind of drift in every way of spreading over a fleet, as streams show it."""
    return [_shape(kind, onset) for kind in KINDS for onset in ONSETS]


def _shape(kind: str, onset: str) -> Shape:
    cohort = CohortSpec("phones", _DEVICES, 0.5, "poisson", 0.0, None)
    task = cast(Digits, make_task(_spec(cohort, _entry(kind, onset))))
    arrivals, block = Arrivals(_SEED, cohort), BlockId(0, 0, _DEVICES)
    sums, counts = np.zeros((2, _DEVICES, int(_END_S / _BIN_S)))
    for index in range(int(np.ceil(_END_S / arrivals.chunk_s))):
        chunk, _ = arrivals.chunk(block, index)
        content = task.draw(chunk, rng(_SEED, Purpose.CONTENT, 0, 0, index))
        seen = chunk.valid & (chunk.time_s < _END_S)
        row, bin_ = np.nonzero(seen)[0], (chunk.time_s[seen] / _BIN_S).astype(int)
        np.add.at(sums, (row, bin_), _strengths(task)[content.concept[seen]])
        np.add.at(counts, (row, bin_), 1)
    order = coordinates(block, _SEED).argsort()
    strength = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)[order]
    return Shape(kind, onset, np.arange(sums.shape[1] + 1) * _BIN_S, strength)


def _entry(kind: str, onset: str) -> DriftSpec:
    own = dict(KINDS[kind])
    options = {**own.pop("options", {}), **ONSETS[onset]}
    new = {"rotate": _FULL_DEG}
    return DriftSpec(kind.split(",")[0], _AT_S, to=new, between=(new, {}), options=options, **own)


def _spec(cohort: CohortSpec, entry: DriftSpec) -> FleetSpec:
    nothing: Mapping[str, Any] = {}
    return FleetSpec(
        seed=_SEED,
        duration_s=_END_S,
        tick_s=10.0,
        data="gaussians",
        data_options=nothing,
        model="logistic",
        model_options=nothing,
        pretrain=nothing,
        cohorts=(cohort,),
        drift=(entry,),
        adapter="static",
        adapter_options=nothing,
        codec="fp32",
        references=(),
    )


def _strengths(task: Digits) -> np.ndarray:
    """Return how far each concept is on the way from the old world to the new one: float64 [concepts]."""
    return np.array([dict(concept.strengths).get("rotate", 0.0) / _FULL_DEG for concept in task.schedule.concepts])


def _shown(images: torch.Tensor) -> np.ndarray:
    shown: np.ndarray = images.permute(0, 2, 3, 1).clamp(0.0, 1.0).numpy()
    return shown
