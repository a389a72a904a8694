"""Descent of plain heads on arrays, in room that is made once: what a fit of many steps spends its time on.

It computes what :func:`agents.models.fitting.backward` and :class:`agents.models.fitting.Adam` compute, operation by
operation, without a tensor made for any of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from agents.kernels.functions import softmax_rows, tanh_all
from agents.kernels.products import multiply
from agents.kernels.steps import adam_all
from agents.models.head import HeadShape, Layers

Arrays = list[np.ndarray]


class HeadDescent:
    """Gradients of stacked heads, each on its own rows, and steps of Adam against them, in place.

    Args:
        layers: contiguous float32 on a processor; they are changed.
        x: features [heads, rows, in].
        label: int64 [heads, rows]; ``share`` [heads, rows, 1] weighs rows.
        anchor: times the squared distance from the start is added to the loss.
    """

    def __init__(
        self,
        head: HeadShape,
        layers: Layers,
        x: torch.Tensor,
        label: torch.Tensor,
        share: torch.Tensor,
        anchor: float = 0.0,
    ) -> None:
        heads, rows = label.shape
        widths = [out for _, out in head.sizes]
        self._w, self._b = ([layers[f"{kind}{n}"].numpy() for n in range(len(widths))] for kind in "wb")
        self._inputs = [x.numpy(), *(np.empty((heads, rows, width), np.float32) for width in widths[:-1])]
        self._out = np.empty((heads, rows, widths[-1]), np.float32)
        self._errors = [np.empty((heads, rows, width), np.float32) for width in widths]
        self._places = np.arange(heads * rows), label.reshape(-1).numpy()
        self._share, self._ones = share.numpy(), np.ones((heads, 1, rows), np.float32)
        self._turned = [np.empty((heads, out, entering), np.float32) for entering, out in head.sizes]
        self._nothing = [np.zeros((1, 1, width), np.float32) for width in (*widths, head.dims[0])]
        self._anchor, self._began = np.float32(2.0 * anchor), [one.copy() for one in (*self._w, *self._b)]
        self._slopes = [np.empty_like(one) for one in (*self._w, *self._b)]
        self._moments = [(np.zeros_like(one), np.zeros_like(one)) for one in (*self._w, *self._b)]
        self._activate, self._slope_of = _ACTIVATIONS[head.activation]

    @staticmethod
    def covers(head: HeadShape) -> bool:
        """Return whether a head is a plain one whose activation is known here."""
        return type(head) is HeadShape and head.activation in _ACTIVATIONS

    def step(self, keep: tuple[float, float], unbiased: float, towards: float, epsilon: float) -> None:
        """Take one step: see :func:`agents.kernels.steps.adam_step`."""
        self._predict()
        self._trace_back()
        shares = (1.0 - keep[0], 1.0 - keep[1])
        numbers = [np.float32(one) for one in (*keep, *shares, unbiased, towards, epsilon)]
        for value, slope, began, moments in zip(
            (*self._w, *self._b), self._slopes, self._began, self._moments, strict=True
        ):
            if self._anchor:
                slope += self._anchor * (value - began)
            adam_all(*(one.reshape(-1) for one in (value, slope, *moments)), *numbers)

    def _predict(self) -> None:
        """Put what enters each layer, and the logits, into their places."""
        last = len(self._w) - 1
        for index, (x, w, b) in enumerate(zip(self._inputs, self._w, self._b, strict=True)):
            out = self._out if index == last else self._inputs[index + 1]
            multiply(x, w, b, out)
            if index < last:
                self._activate(out)

    def _trace_back(self) -> None:
        """Put the gradients into their places, from the last layer to the first."""
        error, classes = self._errors[-1], self._out.shape[2]
        softmax_rows(self._out.reshape(-1, classes), error.reshape(-1, classes))
        error.reshape(-1, classes)[self._places] -= 1.0
        error *= self._share
        layers = len(self._w)
        for index in reversed(range(layers)):
            error, nothing = self._errors[index], self._nothing[index]
            multiply(self._inputs[index].transpose(0, 2, 1), error, nothing, self._slopes[index])
            multiply(self._ones, error, nothing, self._slopes[layers + index])
            if index:
                before = self._errors[index - 1]
                np.copyto(self._turned[index], self._w[index].transpose(0, 2, 1))
                multiply(error, self._turned[index], self._nothing[index - 1], before)
                before *= self._slope_of(self._inputs[index])


def _tanh(values: np.ndarray) -> None:
    tanh_all(values.reshape(-1), values.reshape(-1))


def _tanh_slope(activated: np.ndarray) -> np.ndarray:
    return np.asarray(np.float32(1.0) - activated * activated)


def _relu(values: np.ndarray) -> None:
    torch.from_numpy(values).relu_()


def _relu_slope(activated: np.ndarray) -> np.ndarray:
    return (activated > 0.0).astype(np.float32)


#: Activation -> what applies it in place, and its slope where it gave some values.
_ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], None], Callable[[np.ndarray], np.ndarray]]] = {
    "tanh": (_tanh, _tanh_slope),
    "relu": (_relu, _relu_slope),
}
