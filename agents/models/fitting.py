"""Fitting many heads at once, each on its own rows: full-batch Adam with gradients written out by hand.

A head is a few dense layers; its gradient is a few batched products. Written out they cost a third of what the
general machinery does, and this runs for every exchange of a method that trains in the cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from agents.kernels import adam_step, applies, product, totals
from agents.models.head import ACTIVATIONS, HeadShape, Layers, slope_of
from agents.models.head_descent import HeadDescent

#: Adam's constants (Kingma and Ba, 2015).
_FIRST, _SECOND, _EPSILON = 0.9, 0.999, 1e-8


@torch.no_grad()
def fit_heads(
    head: HeadShape,
    start: torch.Tensor,
    features: torch.Tensor,
    label: torch.Tensor,
    steps: int,
    rate: float,
    weight: torch.Tensor | None = None,
    anchor: float = 0.0,
) -> torch.Tensor:
    """Return packed heads fitted by full-batch Adam, many at once, each on its own rows: [heads, params].

    ``start`` is packed, [heads, params] or one row for all; ``features`` [heads, rows, features], ``label`` int64
    [heads, rows]; ``weight`` [heads, rows] counts rows (0 leaves one out). ``anchor`` times the squared distance
    from ``start`` is added to the loss. A head without a row that counts stays exactly as it was.
    """
    heads, rows = label.shape
    share = features.new_ones(heads, rows) if weight is None else weight
    share = (share / totals(share).unsqueeze(1).clamp_min(1.0)).unsqueeze(2)
    began = head.unpack(start.expand(heads, -1))
    layers = {name: value.contiguous().clone() for name, value in began.items()}
    if HeadDescent.covers(head) and applies(features, share, *layers.values()):
        descent = HeadDescent(head, layers, features, label, share, anchor)
        for number in range(1, steps + 1):
            descent.step((_FIRST, _SECOND), *_corrections(rate, number), _EPSILON)
        return head.pack(layers)
    adam = Adam(layers, rate)
    for _ in range(steps):
        slopes = gradient(head, layers, features, label, share)
        if anchor:
            slopes = {name: slope + 2.0 * anchor * (layers[name] - began[name]) for name, slope in slopes.items()}
        adam.step(slopes)
    return head.pack(layers)


def gradient(
    head: HeadShape, layers: Mapping[str, torch.Tensor], x: torch.Tensor, label: torch.Tensor, share: torch.Tensor
) -> Layers:
    """Return the gradient of each head's loss on its rows; ``share`` [heads, rows, 1] weighs them."""
    return backward(head, layers, x, lambda out: head.error(out, x, label, share))[0]


def backward(
    head: HeadShape, layers: Mapping[str, torch.Tensor], x: torch.Tensor, error_of: Callable[[torch.Tensor], Tensor]
) -> tuple[Layers, Callable[[], Tensor]]:
    """Return the gradient of each head's loss, and a function that returns its slope by what enters the first layer.

    ``error_of`` returns the slope of the loss by the logits [heads, rows, classes] that it is given.
    """
    inputs, before = [head.entrance(x)], []
    for index in range(len(head.sizes) - 1):
        before.append(head.affine(layers, index, inputs[-1]))
        inputs.append(ACTIVATIONS[head.activation](before[-1]))
    error = error_of(head.affine(layers, len(head.sizes) - 1, inputs[-1]))
    slopes: Layers = {}
    for index in reversed(range(len(head.sizes))):
        slopes[f"w{index}"] = product(inputs[index].transpose(1, 2), error)
        slopes[f"b{index}"] = product(error.new_ones(1, 1, error.shape[1]).expand(len(error), -1, -1), error)
        if index:
            own = slope_of(head.activation, before[index - 1], inputs[index])
            error = product(error, layers[f"w{index}"].transpose(1, 2)).mul_(own)
    return slopes, lambda: product(error, layers["w0"].transpose(1, 2))


class Adam:
    """Adam on stacked layers, in place; zero gradients leave weights as they are, to the bit."""

    def __init__(self, layers: Layers, rate: float) -> None:
        self._layers, self._rate, self._steps = layers, rate, 0
        self._first = {name: torch.zeros_like(value) for name, value in layers.items()}
        self._second = {name: torch.zeros_like(value) for name, value in layers.items()}

    def step(self, slopes: Mapping[str, torch.Tensor]) -> None:
        """Take one step against ``slopes``."""
        self._steps += 1
        unbiased, towards = _corrections(self._rate, self._steps)
        for name, slope in slopes.items():
            moments = self._first[name], self._second[name]
            adam_step(self._layers[name], slope, *moments, (_FIRST, _SECOND), unbiased, towards, _EPSILON)


def _corrections(rate: float, number: int) -> tuple[float, float]:
    """Return what makes good that Adam's moments start at zero, in step ``number``; the first's holds the rate."""
    return 1.0 / (1.0 - _SECOND**number), rate / (1.0 - _FIRST**number)
