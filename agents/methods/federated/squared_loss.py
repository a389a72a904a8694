"""Least-squares classification: half the squared distance of the logits from the one-hot label.

With a linear model it is quadratic in the weights, so that what averaging comes to is known in closed form. On deep
nets it does as well as cross-entropy (Hui and Belkin, ICLR 2021, arXiv 2006.07322).
"""

from __future__ import annotations

import torch

from agents.methods.federated.local_descent import Slopes
from agents.methods.federated.trained import DenseLayers, Params, Trained
from agents.models.fitting import backward
from agents.models.head import HeadShape


def squared_slopes(part: Trained) -> Slopes:
    """Return the gradient of each device's squared loss.

    Raises:
        ValueError: what is learnt is not dense layers that end in one number a class.
    """
    if not isinstance(part, DenseLayers) or type(part.shape) is not HeadShape:
        raise ValueError("'loss: squared' is for dense layers of classifiers; write 'trains: head', or leave it out")
    dense = part

    def slopes(state: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Params:
        layers = {name: state[name].contiguous() for name in dense.names}
        return backward(dense.shape, layers, x, lambda out: squared_error(out, label, share))[0]

    return slopes


def squared_error(out: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return the slope of the loss by logits ``out`` [devices, n, classes]; ``share`` [devices, n, 1] weighs."""
    wanted = torch.zeros_like(out).scatter_(2, label.unsqueeze(2), 1.0)
    return (out - wanted) * share
