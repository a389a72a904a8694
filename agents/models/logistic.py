"""Multinomial logistic regression: no trunk, one dense layer on the raw inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import nn

from agents.models.base import Net
from agents.models.head import HeadShape


def logistic(input_shape: tuple[int, ...], classes: int, options: Mapping[str, Any]) -> Net:
    """Return inputs -> classes in one layer; the features are the raw inputs.

    Raises:
        ValueError: any option, as there is none.
    """
    if options:
        raise ValueError(f"logistic has no option {sorted(options)[0]!r}")
    inputs = math.prod(input_shape)
    head = HeadShape((inputs, classes))
    return Net("logistic", input_shape, head, nn.Flatten, None, {"inputs": inputs}, whole=head)
