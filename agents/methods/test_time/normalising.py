"""What methods that adapt normalisation share: nothing is sent, statistics follow the window."""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.contract import Costs
from agents.methods.base import CloudState, Context, DeviceState, Inputs, Recent
from agents.methods.local import Local
from agents.methods.test_time.norms import SOURCE, Tensors, norms_of
from agents.methods.test_time.options import NormOptions
from agents.models.base import Base
from agents.models.mixed_norm import Mixture
from agents.streams.base import History


class Normalising(Local):
    """A device has statistics and an affine map of its own; all else is one row for all."""

    learning_steps = 1
    #: Forward and backward passes of a step.
    forwards, backwards = 1, 1

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.mixing: NormOptions = context.options
        self.window = self.mixing.window
        self.norms = norms_of(context.net, self.mixing.norm)
        self.sees = self.norms.sees

    @property
    def costs(self) -> Costs:
        each = self.forwards * self.norms.forward_macs + self.backwards * self.norms.backward_macs
        return replace(super().costs, learning=each)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return self.norms.prepare(history, base)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {name: values.expand(devices, *values.shape[1:]) for name, values in cloud.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.norms.predict(state, inputs)

    def mixed_into(self, state: DeviceState) -> DeviceState:
        """Return the state whose statistics a window is mixed into."""
        if self.mixing.start == "device":
            return state
        return {**state, **{name: state[SOURCE + name] for name in self.norms.statistics}}

    def mixture(self, count: torch.Tensor) -> Mixture:
        """Return how a window of ``count`` samples is mixed in; not at all if it is empty."""
        kept = self.mixing.prior / (self.mixing.prior + count).clamp_min(1.0)
        return Mixture(torch.where(count > 0, kept, 1.0).float(), self.mixing.exact)

    def own(self, state: DeviceState) -> Tensors:
        """Return what a device has of its own."""
        return {name: state[name] for name in (*self.norms.affine, *self.norms.statistics)}


def one_step(recent: Recent) -> torch.Tensor:
    """Return the steps taken, int64 [devices]: one, as a device computes it even if nothing of the window counts."""
    return torch.ones_like(recent.count)


def chosen(which: torch.Tensor, one: Tensors, other: DeviceState) -> Tensors:
    """Return ``one`` for the devices ``which`` (bool [devices]), and ``other`` for the rest."""
    return {name: torch.where(_along(which, values), values, other[name]) for name, values in one.items()}


def _along(which: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return which.view(-1, *(1 for _ in values.shape[1:]))
