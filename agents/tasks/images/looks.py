"""The looks of the past, without a tensor: a few, or a continuous range of each transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.seeding import Purpose, rng

#: Looks by name, as a scenario writes them. Shipped drifts turn images by quarters, and go to noise, blur and contrast.
FIXED: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "seen": ({}, *({"rotate": 90.0 * n} for n in (1, 2, 3)), {"noise": 0.1}, {"blur": 1.0}, {"contrast": 0.3}),
    "between": (
        {},
        *({"rotate": 45.0 + 90.0 * n} for n in range(4)),
        *({"noise": one} for one in (0.05, 0.2)),
        *({"blur": one} for one in (0.5, 2.0)),
        *({"contrast": one} for one in (0.5, 0.15)),
    ),
    "unseen": ({}, *({"rotate": one} for one in (-30.0, -15.0, 15.0, 30.0))),
}
#: The strengths that a broad past holds of each transform, and how many looks it is made of beside the original.
RANGES: Mapping[str, tuple[float, float]] = {
    "rotate": (-180.0, 180.0),
    "noise": (0.0, 0.2),
    "blur": (0.0, 2.0),
    "contrast": (0.1, 1.0),
    "brightness": (0.0, 0.4),
    "scale": (0.7, 1.3),
}
BROAD = 24
#: Of a broad past so many looks are turned.
_TURNED = 12


def looks_of(options: Mapping[str, Any], seed: int) -> list[Mapping[str, Any]]:
    """Return how the past looked, the commonest first, as a scenario writes concepts.

    Those that ``contexts`` lists come first, then those that ``past`` names; without either it is broad.
    """
    listed, past = list(options.get("contexts") or ()), options.get("past")
    if past is None and listed:
        return listed
    named = broad(seed) if past in (None, "broad") else list(FIXED[str(past)])
    return listed + [one for one in named if one not in listed]


def broad(seed: int) -> list[Mapping[str, Any]]:
    """Return the original look and others, each with one transform, spread evenly over its range, at random places."""
    draw = rng(seed, Purpose.HISTORY, 9)
    others = [name for name in RANGES if name != "rotate"]
    names = ["rotate"] * _TURNED + [others[n % len(others)] for n in range(BROAD - _TURNED)]
    looks: list[Mapping[str, Any]] = [{}]
    for name in dict.fromkeys(names):
        looks += [{name: round(float(one), 4)} for one in spread(*RANGES[name], names.count(name), draw)]
    return looks


def spread(low: float, high: float, number: int, draw: np.random.Generator) -> np.ndarray:
    """Return one number at random in each of ``number`` equal parts of a range: float64 [number]."""
    return low + (high - low) * (np.arange(number) + draw.random(number)) / number
