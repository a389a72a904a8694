"""Steps of optimisers."""

from __future__ import annotations

import numpy as np
import torch

from agents.kernels.compiling import compiled
from agents.kernels.layers import applies, sqrt


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
    shares = (1.0 - keep[0], 1.0 - keep[1])
    if not applies(value, slope, first, second):
        first.mul_(keep[0]).add_(slope * shares[0])
        second.mul_(keep[1]).add_(slope.square() * shares[1])
        value.sub_((first / sqrt(second * unbiased).add_(epsilon)).mul_(towards))
        return
    flat = (one.view(-1).numpy() for one in (value, slope.contiguous(), first, second))
    adam_all(*flat, *(np.float32(one) for one in (*keep, *shares, unbiased, towards, epsilon)))


@compiled("void(f4[::1], f4[::1], f4[::1], f4[::1], f4, f4, f4, f4, f4, f4, f4)")
def adam_all(  # type: ignore[no-untyped-def]
    value, slope, first, second, keep_first, keep_second, share_first, share_second, unbiased, towards, epsilon
):
    """Take one step of Adam in place: :func:`adam_step` on flat arrays."""
    for i in range(len(value)):
        first[i] = keep_first * first[i] + share_first * slope[i]
        second[i] = keep_second * second[i] + share_second * (slope[i] * slope[i])
        value[i] -= towards * (first[i] / (np.sqrt(second[i] * unbiased) + epsilon))
