"""Adam by torch's own rule; the class ``torch.optim.Adam`` takes two seconds to import torch's compiler."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch.optim.adam import adam

#: Decay of the two moments, and what is added to the root of the second: torch's defaults.
_BETA1, _BETA2, _EPS = 0.9, 0.999, 1e-8


class Adam:
    """Kingma and Ba, ICLR 2015, over ``weights``, with a rate that may change from step to step.

    ``fused`` computes a step in one kernel, whose last bits are others.
    """

    def __init__(self, weights: Iterable[torch.Tensor], rate: float, *, fused: bool = False) -> None:
        self._weights, self._rate, self._fused = list(weights), rate, fused
        self._first = [torch.zeros_like(one) for one in self._weights]
        self._second = [torch.zeros_like(one) for one in self._weights]
        self._steps = [torch.zeros(()) for _ in self._weights]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for one in self._weights:
            one.grad = None

    @torch.no_grad()
    def step(self, share: float = 1.0) -> None:
        """Take one step at ``share`` of the rate; weights without a gradient stay as they are."""
        held = zip(self._weights, self._first, self._second, self._steps, strict=True)
        learnt = [(one, one.grad, *moments) for one, *moments in held if one.grad is not None]
        if not learnt:
            return
        weights, gradients, first, second, steps = (list(column) for column in zip(*learnt, strict=True))
        adam(
            weights,
            gradients,
            first,
            second,
            [],
            steps,
            foreach=False,
            fused=self._fused,
            amsgrad=False,
            beta1=_BETA1,
            beta2=_BETA2,
            lr=self._rate * share,
            weight_decay=0.0,
            eps=_EPS,
            maximize=False,
        )
