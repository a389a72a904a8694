"""A concept: how samples look and are labelled, as plain values that can be mixed and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from agents.drift.relabelling import Relabelling, read_relabelling
from agents.drift.severities import strength
from agents.drift.transforms import TRANSFORMS

#: The neutral value of each number of a concept: samples stay as they are.
Neutral = Mapping[str, float]

#: Written with two numbers, kept as two strengths.
_PAIRS = {name: row.parts for name, row in TRANSFORMS.items() if row.parts}
#: Strengths that change by a constant factor, not by a constant step: half way to 4 times is 2 times.
_FACTORS = frozenset(name for name, row in TRANSFORMS.items() if row.by_factors)
#: Strengths that are a choice and no amount: there is no value half way.
_CHOICES = frozenset(name for name, row in TRANSFORMS.items() if row.choice)
#: Done or not done: their strength carries no more information.
_YES = frozenset(name for name, row in TRANSFORMS.items() if row.yes)
#: Before the name of a view that devices lack: ``missing: [camera]`` is the strength ``missing.camera`` of 1.
MISSING = "missing."


@dataclass(frozen=True)
class Concept:
    """A set of transforms with their strengths, the classes' prior and names, the rate of samples; hashable.

    Attributes:
        strengths: (transform, strength) in alphabetical order, neutral ones left out.
        prior: probability of each class, or None for that of the data.
        dirichlet: each device draws its own prior from a symmetric Dirichlet law with this parameter; None: no.
        labels: how classes are renamed.
        arrivals: factor on the rate of samples.
    """

    strengths: tuple[tuple[str, float], ...] = ()
    prior: tuple[float, ...] | None = None
    dirichlet: float | None = None
    labels: Relabelling = field(default_factory=Relabelling)
    arrivals: float = 1.0

    @property
    def name(self) -> str:
        """A name for tables and figures, ``original`` for samples without drift."""
        parts = [
            name.replace(".", " ") if name in _YES or name.startswith(MISSING) else f"{name} {strength:g}"
            for name, strength in self.strengths
        ]
        parts += ["prior"] if self.prior else []
        parts += [f"dirichlet {self.dirichlet:g}"] if self.dirichlet else []
        parts += self.labels.names
        parts += [f"arrivals {self.arrivals:g}"] if self.arrivals != 1.0 else []
        return " + ".join(parts) or "original"

    @property
    def swap(self) -> tuple[tuple[int, int], ...]:
        """Pairs of classes that exchange their labels."""
        return self.labels.swap

    def relabel(self, label: np.ndarray, classes: int) -> np.ndarray:
        """Return ``label`` (any shape of class indices) under this concept, as int16."""
        return self.labels.of(classes)[label]


def read_concept(raw: Mapping[str, Any], neutral: Neutral, classes: int) -> Concept:
    """Read a concept as a scenario writes it: ``{rotate: 90.0, noise: {severity: 3}, labels: {prior: [..]}}``.

    Raises:
        ValueError: a transform that the task does not know, or labels that fit no class.
    """
    labels = dict(raw.get("labels") or {})
    prior, alpha = labels.pop("prior", None), labels.pop("dirichlet", None)
    given = _singly(raw)
    unknown = sorted(set(given) - set(neutral) - {"labels", "arrivals"})
    if unknown:
        raise ValueError(f"concept has no {unknown[0]!r}; known are {', '.join([*neutral, 'labels', 'arrivals'])}")
    if prior is not None and alpha is not None:
        raise ValueError("labels.prior and labels.dirichlet exclude each other")
    return Concept(
        _drop_neutral({name: strength(name, given[name]) for name in neutral if name in given}, neutral),
        _read_prior(prior, classes),
        None if alpha is None else _positive(float(alpha)),
        read_relabelling(labels, classes),
        float(raw.get("arrivals", 1.0)),
    )


def between(start: Concept, end: Concept, share: float, neutral: Neutral) -> Concept:
    """Return the concept that has gone ``share`` of the way from ``start`` to ``end``, strength by strength.

    Each strength moves in equal steps, but for the zoom (``scale``), which moves by equal factors.

    Raises:
        ValueError: a transform on the way that has no half strength.
    """
    if without_half(start, end):
        raise ValueError(f"{without_half(start, end)} cannot move step by step; use kind: gradual or sudden")
    if share == 1.0:
        return end
    old, new = dict(start.strengths), dict(end.strengths)
    moved = {name: _between(name, old.get(name, rest), new.get(name, rest), share) for name, rest in neutral.items()}
    return replace(
        end,
        strengths=_drop_neutral(moved, neutral),
        prior=_between_priors(start, end, share),
        arrivals=_mix(start.arrivals, end.arrivals, share),
    )


def without_half(start: Concept, end: Concept) -> str | None:
    """Return what differs between two concepts and cannot move from one to the other step by step, or None."""
    old, new = dict(start.strengths), dict(end.strengths)
    if start.labels != end.labels:
        return "a label swap or permutation"
    if start.dirichlet != end.dirichlet:
        return "a Dirichlet prior"
    lacking = {name for name in old.keys() | new.keys() if name.startswith(MISSING)}
    return next((name for name in sorted(_CHOICES | lacking) if old.get(name) != new.get(name)), None)


def _singly(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a concept, pairs and views taken apart."""
    parts: dict[str, Any] = {MISSING + view: 1.0 for view in raw.get(MISSING[:-1]) or ()}
    for name, value in raw.items():
        if name == MISSING[:-1]:
            continue
        names = _PAIRS.get(name, (name,))
        parts |= dict(zip(names, value if name in _PAIRS else [value], strict=True))
    return parts


def _between(name: str, old: float, new: float, share: float) -> float:
    return old * (new / old) ** share if name in _FACTORS else _mix(old, new, share)


def _mix(old: float, new: float, share: float) -> float:
    return old + (new - old) * share


def _between_priors(start: Concept, end: Concept, share: float) -> tuple[float, ...] | None:
    if start.prior == end.prior:
        return end.prior
    if start.prior is None or end.prior is None:
        raise ValueError("a label prior can only move step by step from another prior; name both")
    return tuple(_mix(old, new, share) for old, new in zip(start.prior, end.prior, strict=True))


def _drop_neutral(strengths: Mapping[str, float], neutral: Neutral) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((name, value) for name, value in strengths.items() if value != neutral[name]))


def _read_prior(prior: Any, classes: int) -> tuple[float, ...] | None:
    if prior is None:
        return None
    weights = np.asarray(prior, float)
    if weights.shape != (classes,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"labels.prior {list(prior)} must be {classes} weights >= 0")
    if weights.sum() == 0:
        raise ValueError("labels.prior must have a weight above 0")
    return tuple((weights / weights.sum()).tolist())


def _positive(alpha: float) -> float:
    if not 0 < alpha < np.inf:
        raise ValueError(f"labels.dirichlet {alpha:g} must be above 0")
    return alpha
