"""Gradient descent on many devices at once, each from its own weights on its own labelled samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from agents.methods.base import Recent
from agents.methods.federated.options import LocalOptions
from agents.methods.federated.trained import Params, Trained

#: Changes slopes before a step is taken: (the parameters now, slopes) -> slopes.
Correct = Callable[[Params, Params], Params]
#: The gradient of a loss: (the parameters, x, label, share) -> slopes.
Slopes = Callable[[Params, torch.Tensor, torch.Tensor, torch.Tensor], Params]


@dataclass(frozen=True)
class Batches:
    """The labelled samples of devices, in the order in which steps go through them, again and again.

    Attributes:
        x: [devices, window, ...].
        label: int64 [devices, window], 0 where there is none.
        order: int64 [devices, window]; samples with a label come first, oldest first.
        count: int64 [devices], labelled samples.
        size: samples a step.
    """

    x: torch.Tensor
    label: torch.Tensor
    order: torch.Tensor
    count: torch.Tensor
    size: int

    @classmethod
    def of(cls, part: Trained, recent: Recent, size: int) -> Batches:
        """Return the batches of a window."""
        known = recent.label >= 0
        order = (~known).to(torch.uint8).argsort(dim=1, stable=True)
        x = part.inputs(recent)
        return cls(x, recent.label.clamp_min(0), order, known.sum(1), min(size, known.shape[1]))

    def step(self, number: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return (x, label, share) of a step; shares of a device add up to one, or to zero where it has no label."""
        place = torch.arange(self.size, device=self.count.device).expand(len(self.count), -1)
        several = self.count.clamp_min(1)[:, None]
        taken = self.count.clamp_max(self.size)[:, None]
        row = self.order.gather(1, (number * self.size + place) % several)
        index = row.view(*row.shape, *(1,) * (self.x.dim() - 2)).expand(-1, -1, *self.x.shape[2:])
        share = (place < taken).float() / taken.clamp_min(1)
        return self.x.gather(1, index), self.label.gather(1, row), share.unsqueeze(2)

    def all(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return (x, label, share) of all labelled samples."""
        known = torch.zeros_like(self.label, dtype=torch.bool)
        real = torch.arange(known.shape[1], device=known.device) < self.count[:, None]
        share = known.scatter(1, self.order, real).float() / self.count.clamp_min(1)[:, None]
        return self.x, self.label, share.unsqueeze(2)


@torch.no_grad()
def descend(
    part: Trained,
    start: Params,
    batches: Batches,
    options: LocalOptions,
    correct: Correct | None = None,
    slopes: Slopes | None = None,
) -> Params:
    """Return the parameters after ``options.steps`` steps; a device without a label stays as it was, to the bit."""
    find = slopes or part.slopes
    params = {name: values.clone() for name, values in part.unpack(part.pack(start)).items()}
    rate = options.rate * (batches.count > 0).float()
    for number in range(options.steps):
        found = find(params, *batches.step(number))
        found = correct(params, found) if correct is not None else found
        for name, slope in found.items():
            params[name].sub_(rate.view(-1, *(1,) * (slope.dim() - 1)) * slope)
    return params


def towards(weight: float, start: Params) -> Correct:
    """Return the correction of a loss by ``weight / 2`` times the squared distance from ``start``."""
    return lambda now, slopes: {name: slope + weight * (now[name] - start[name]) for name, slope in slopes.items()}
