"""Entropy minimisation over the affine parameters of normalisation.

Wang et al., "Tent: Fully test-time adaptation by entropy minimization", ICLR 2021. Never reset: on a long stream, or
under label shift, it may collapse onto few classes.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.test_time.entropy import Predictions, mean_weight, real_rows
from agents.methods.test_time.normalising import Normalising, chosen, one_step
from agents.methods.test_time.norms import SOURCE, Passed, Tensors
from agents.methods.test_time.options import TentOptions
from agents.models.base import Base
from agents.streams.base import History

#: Returns weights [devices, n] of the entropies of what a net predicts.
Weigh = Callable[[Predictions], torch.Tensor]
_VELOCITY = "velocity."


class Descending(Normalising):
    """Gradient descent with momentum on the affine parameters."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.descent: TentOptions = context.options

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        return cloud | {_VELOCITY + name: torch.zeros_like(cloud[name]) for name in self.norms.affine}

    def passed(self, state: DeviceState, recent: Recent, weigh: Weigh) -> tuple[Passed, Predictions]:
        """Let a window through; ``weigh`` says how much the entropy of each of its samples counts in the loss."""
        seen: list[Predictions] = []
        real = real_rows(recent.count, self.window)

        def error(logits: torch.Tensor) -> torch.Tensor:
            seen.append(Predictions.of(logits, real))
            return seen[0].slope(weigh(seen[0]))

        passed = self.norms.forward(self.mixed_into(state), recent, self.mixture(recent.count), error)
        return passed, seen[0] if seen else Predictions.of(passed.logits, real)

    def stepped(self, state: DeviceState, slopes: Tensors) -> Tensors:
        """Return affine parameters and velocities after a step against ``slopes``."""
        later: Tensors = {}
        for name, slope in slopes.items():
            velocity = self.descent.momentum * state[_VELOCITY + name] + slope
            later |= {_VELOCITY + name: velocity, name: state[name] - self.descent.rate * velocity}
        return later

    def as_first(self, state: DeviceState) -> Tensors:
        """Return affine parameters, statistics and velocities as fresh devices have them."""
        own = {name: state[SOURCE + name] for name in self.own(state)}
        return own | {_VELOCITY + name: torch.zeros_like(state[name]) for name in self.norms.affine}


class Tent(Descending):
    """See :class:`agents.methods.test_time.options.TentOptions`."""

    name = "tent"

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        passed, _ = self.passed(state, recent, lambda seen: mean_weight(seen.real))
        later = self.stepped(state, passed.slopes) | passed.statistics
        return chosen(recent.count > 0, later, state), one_step(recent)
