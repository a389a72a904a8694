"""Multinomial logistic regression: no trunk, one dense layer on the raw inputs."""

from __future__ import annotations

import math

from torch import nn

from agents.contract.component import NoOptions
from agents.models.base import Net
from agents.models.head import HeadShape


def logistic(input_shape: tuple[int, ...], classes: int, options: NoOptions) -> Net:
    """Return inputs -> classes in one layer; the features are the raw inputs."""
    inputs = math.prod(input_shape)
    head = HeadShape((inputs, classes))
    return Net("logistic", input_shape, head, nn.Flatten, None, {"inputs": inputs}, whole=head)
