"""A small multilayer perceptron, split into a trunk and a head of one or two layers."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from agents.models.base import Net
from agents.models.head import Dense, HeadShape, Tanh
from agents.models.options import MlpOptions

_ACTIVATIONS = {"tanh": Tanh, "relu": nn.ReLU}


def mlp(input_shape: tuple[int, ...], classes: int, options: MlpOptions) -> Net:
    """Return inputs -> hidden... -> classes, of which the last ``layers`` are the head."""
    dims = (math.prod(input_shape), *options.hidden, classes)
    cut = len(dims) - 1 - options.layers
    activation = options.activation

    def build_trunk() -> nn.Module:
        steps = [(Dense(i, o), _ACTIVATIONS[activation]()) for i, o in pairwise(dims[: cut + 1])]
        return nn.Sequential(nn.Flatten(), *(layer for step in steps for layer in step))

    bound = 1.0 if activation == "tanh" else None
    head = HeadShape(dims[cut:], activation)
    made_of = {"dims": dims, "cut": cut, "activation": activation}
    return Net("mlp", input_shape, head, build_trunk, bound, made_of, whole=HeadShape(dims, activation))
