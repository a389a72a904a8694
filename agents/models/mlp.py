"""A small multilayer perceptron, split into a trunk and a head of one or two layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from torch import nn

from agents.models.base import Net
from agents.models.dense import Dense, Tanh
from agents.models.head import HeadShape

_ACTIVATIONS = {"tanh": Tanh, "relu": nn.ReLU}
_DEFAULTS: dict[str, Any] = {"hidden": (32, 32), "layers": 2, "activation": "tanh"}


def mlp(input_shape: tuple[int, ...], classes: int, options: Mapping[str, Any]) -> Net:
    """Return inputs -> hidden... -> classes, of which the last ``layers`` are the head.

    Options: ``hidden`` (sizes of the hidden layers), ``layers`` (of the head), ``activation`` (tanh or relu).

    Raises:
        ValueError: an unknown option, or a head that leaves no trunk.
    """
    chosen = _chosen(options)
    dims = (math.prod(input_shape), *chosen["hidden"], classes)
    cut = len(dims) - 1 - chosen["layers"]
    if cut < 1 or chosen["layers"] < 1:
        raise ValueError(f"mlp: layers={chosen['layers']} must be 1 to {len(dims) - 2}, so that a trunk is left")
    activation = chosen["activation"]

    def build_trunk() -> nn.Module:
        steps = [(Dense(i, o), _ACTIVATIONS[activation]()) for i, o in pairwise(dims[: cut + 1])]
        return nn.Sequential(nn.Flatten(), *(layer for step in steps for layer in step))

    bound = 1.0 if activation == "tanh" else None
    head = HeadShape(dims[cut:], activation)
    return Net("mlp", input_shape, head, build_trunk, bound, {"dims": dims, "cut": cut, "activation": activation})


def _chosen(options: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(options) - set(_DEFAULTS))
    if unknown:
        raise ValueError(f"mlp has no option {unknown[0]!r}; known are {', '.join(_DEFAULTS)}")
    chosen = {**_DEFAULTS, **options}
    hidden = chosen["hidden"]
    chosen["hidden"] = (hidden,) * 2 if isinstance(hidden, int) else tuple(hidden)
    if not chosen["hidden"] or any(size < 1 for size in chosen["hidden"]):
        raise ValueError(f"mlp: hidden={hidden} must be sizes >= 1")
    if chosen["activation"] not in _ACTIVATIONS:
        raise ValueError(f"mlp: activation {chosen['activation']!r} is unknown; known are tanh, relu")
    return chosen
