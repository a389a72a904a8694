"""Steps of optimisers."""

from __future__ import annotations

import numpy as np
import torch

from agents.kernels.compiling import compiled
from agents.kernels.layers import applies

_1 = np.float32(1)


def adam_step(
    value: torch.Tensor,
    slope: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    keep: tuple[float, float],
    unbiased: float,
    towards: float,
    epsilon: float,
) -> None:
    """Take one step of Adam (Kingma and Ba, 2015) in place: ``value``, and the moments ``first`` and ``second``.

    Moments keep the shares ``keep`` of what they were; ``unbiased`` and ``towards`` make good their start at zero, the
    second holding the rate.
    """
    if not applies(value, slope, first, second):
        first.mul_(keep[0]).add_(slope, alpha=1.0 - keep[0])
        second.mul_(keep[1]).addcmul_(slope, slope, value=1.0 - keep[1])
        value.addcdiv_(first, (second * unbiased).sqrt_().add_(epsilon), value=-towards)
        return
    flat = (one.view(-1).numpy() for one in (value, slope.contiguous(), first, second))
    _adam(*flat, *(np.float32(one) for one in (*keep, unbiased, towards, epsilon)))


@compiled("void(f4[::1], f4[::1], f4[::1], f4[::1], f4, f4, f4, f4, f4)")
def _adam(value, slope, first, second, keep_first, keep_second, unbiased, towards, epsilon):  # type: ignore[no-untyped-def]
    for i in range(len(value)):
        first[i] = keep_first * first[i] + (_1 - keep_first) * slope[i]
        second[i] = keep_second * second[i] + (_1 - keep_second) * (slope[i] * slope[i])
        value[i] -= towards * (first[i] / (np.sqrt(second[i] * unbiased) + epsilon))
