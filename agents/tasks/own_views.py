"""Samples of several views: laid side by side in one flat input, each of which may be missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.drift.concepts import MISSING
from agents.streams.base import View


def views_of(inputs: Any) -> dict[str, View]:
    """Return the views that a stream declares as shapes by name, in that order; none if it declares one shape.

    Raises:
        ValueError: a view has no shape.
    """
    if not isinstance(inputs, Mapping):
        return {}
    views, first = {}, 0
    for name, shape in inputs.items():
        if not isinstance(shape, tuple) or not shape or not all(isinstance(size, int) and size > 0 for size in shape):
            raise ValueError(f"inputs: view {name!r} is {shape!r}; wanted: the shape of one sample, for example (2,)")
        end = first + math.prod(shape)
        views[name] = View(slice(first, end), shape)
        first = end
    return views


def flat_shape(views: Mapping[str, View]) -> tuple[int]:
    """Return the shape of the flat input of all views."""
    return (max(view.columns.stop for view in views.values()),)


def missing_ones(views: Mapping[str, View]) -> dict[str, float]:
    """Return the strengths by which drift lets views be missing, as they are when all are there."""
    return {MISSING + name: 0.0 for name in views}


def laid_flat(what: str, x: Any, views: Mapping[str, View]) -> np.ndarray:
    """Return ``x``, arrays [..., *shape] by view, as one array [..., columns].

    Raises:
        ValueError: it holds other views, or one of another shape; ``what`` names it.
    """
    if not isinstance(x, Mapping) or set(x) != set(views):
        got = ", ".join(map(str, x)) if isinstance(x, Mapping) else type(x).__name__
        raise ValueError(f"{what} holds {got or 'nothing'}; wanted: a map of the views {', '.join(views)}")
    parts = []
    for name, view in views.items():
        values = np.asarray(x[name])
        leading = values.ndim - len(view.shape)
        if leading < 0 or values.shape[leading:] != view.shape:
            raise ValueError(
                f"{what}[{name!r}] is {list(values.shape)}; wanted: [..., {', '.join(map(str, view.shape))}]"
            )
        parts.append(values.reshape(*values.shape[:leading], -1))
    return np.concatenate(parts, axis=-1)


def without_missing(x: np.ndarray, present: np.ndarray, views: Mapping[str, View]) -> np.ndarray:
    """Return flat inputs [..., columns] with zeros where a view is not ``present`` [..., views]."""
    shown = x.copy()
    for number, view in enumerate(views.values()):
        shown[..., view.columns] *= present[..., number, None]
    return shown
