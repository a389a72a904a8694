"""Scales and shifts follow gradients that are estimated from two forward passes.

Deng et al., "Test-time model adaptation for quantized neural networks", 2025 (ZOA); one-sided simultaneous perturbation
(Spall, IEEE Transactions on Automatic Control 37, 1992): ``g_i = (L(x + c u) - L(x)) / (c u_i)``, with u_i between 0.5
and 1 in size and of any sign. The paper's memory of earlier domains is left out.
"""

from __future__ import annotations

import torch

from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.test_time.forward_only import ForwardOnly
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.options import ZoaOptions
from agents.models.base import Base
from agents.streams.base import History


class Zoa(ForwardOnly):
    """See :class:`agents.methods.test_time.options.ZoaOptions`."""

    name, passes = "zoa", 2

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: ZoaOptions = context.options

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return self.turning(history, base, seed, 1)

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        here, way = self.packed(state), bounded(self.directions(state)[:, 0])
        there = here + self.options.spread * way
        loss = self.losses(state, recent, torch.stack([here, there], 1))
        slope = slope_along(loss[:, 1] - loss[:, 0], self.options.spread * way)
        later = {**self.unpacked(here - self.options.rate * slope, state), **self.turned(state)}
        return chosen(recent.count > 0, later, state), one_step(recent)


def bounded(normal: torch.Tensor) -> torch.Tensor:
    """Return perturbations between 0.5 and 1 in size, evenly and of any sign, of standard normal numbers."""
    even = (torch.erf(normal.abs().double() / 2**0.5)).float()
    return torch.where(normal < 0, -1.0, 1.0) * (0.5 + 0.5 * even)


def slope_along(rise: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    """Return the estimated slope [devices, dim] of a loss that rose by ``rise`` [devices] over ``step``."""
    return rise.unsqueeze(1) / step
