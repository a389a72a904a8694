"""What methods without gradients share: a normaliser on features, judged by entropy and by statistics of the past."""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.contract import Costs
from agents.kernels import sqrt, totals
from agents.methods.base import CloudState, Context, DeviceState, Inputs, Recent
from agents.methods.local import Local
from agents.methods.test_time.entropy import Predictions, mean_weight, real_rows
from agents.methods.test_time.norms import FeatureNorm, require_classes
from agents.methods.test_time.options import FoaOptions, ZoaOptions
from agents.models.base import Base
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History

#: Generations or steps after which directions come again.
_TURNS = 64
_DIRECTIONS, _TURN = "directions", "turn"


class ForwardOnly(Local):
    """Scales and shifts, packed as one row of numbers for each device, are tried out on a window."""

    learning_steps = 1
    #: Forward passes of a step.
    passes = 1

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        require_classes(context.net)
        self.judging: FoaOptions | ZoaOptions = context.options
        self.window, self.norm = self.judging.window, FeatureNorm(context.net)
        self.dim = 2 * self.norm.width

    @property
    def costs(self) -> Costs:
        return replace(super().costs, learning=self.passes * self.norm.forward_macs)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        kept = dict(cloud)
        if self.judging.weights == "int8":
            kept |= {name: _in_eight_bits(cloud[name]) for name in cloud if name.startswith("w")}
        return {name: values.expand(devices, *values.shape[1:]) for name, values in kept.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.norm.predict(state, inputs)

    def turning(self, history: History, base: Base, seed: int, directions: int) -> CloudState:
        """Return a fresh device with so many standard normal directions a turn."""
        drawn = torch.randn(1, _TURNS, directions, self.dim, generator=generator(seed, Purpose.METHOD, 11))
        return {**self.norm.prepare(history, base), _DIRECTIONS: drawn, _TURN: torch.zeros(1, 1, dtype=torch.int64)}

    def directions(self, state: DeviceState) -> torch.Tensor:
        """Return the directions [devices, n, dim] of the turn that each device is at."""
        return state[_DIRECTIONS][0].index_select(0, state[_TURN][:, 0] % _TURNS)

    def turned(self, state: DeviceState) -> dict[str, torch.Tensor]:
        """Return the next turn."""
        return {_TURN: state[_TURN] + 1}

    def packed(self, state: DeviceState) -> torch.Tensor:
        """Return scales less one, and shifts in deviations of the past: [devices, dim], zeros at first."""
        gamma, beta = (state[name][:, 0] for name in self.norm.affine)
        return torch.cat([gamma - 1.0, beta / self._deviation(state)[:, 0]], 1)

    def unpacked(self, packed: torch.Tensor, state: DeviceState) -> dict[str, torch.Tensor]:
        """Return scales and shifts, [devices, 1, width] each."""
        scale, shift = packed.unsqueeze(1).split(self.norm.width, 2)
        return dict(zip(self.norm.affine, (1.0 + scale, shift * self._deviation(state)), strict=True))

    def losses(self, state: DeviceState, recent: Recent, candidates: torch.Tensor) -> torch.Tensor:
        """Return the loss [devices, n] of each of ``candidates`` [devices, n, dim] on the windows."""
        n = candidates.shape[1]
        real = real_rows(recent.count, self.window)
        return torch.stack([self._loss(state, recent, real, candidates[:, one]) for one in range(n)], 1)

    def _loss(self, state: DeviceState, recent: Recent, real: torch.Tensor, packed: torch.Tensor) -> torch.Tensor:
        """Return mean entropy and distance from the statistics of the past, in its deviations: [devices]."""
        moved = {**state, **self.unpacked(packed, state)}
        x, weight = self.norm.normalised(moved, recent.features), mean_weight(real)
        seen = Predictions.of(self.norm.head.forward(state, x), real)
        columns, share = x.transpose(1, 2), weight.unsqueeze(1)
        mean = totals((columns * share).contiguous())
        spread = sqrt(totals(((columns - mean.unsqueeze(2)).square() * share).contiguous()))
        past = self._deviation(state)[:, 0]
        apart = ((mean - state["source.norm.mean"][:, 0]) / past).square() + (spread / past - 1.0).square()
        return totals(seen.entropy * weight) + self.judging.weight * totals(apart) / self.norm.width

    def _deviation(self, state: DeviceState) -> torch.Tensor:
        # A feature that never varied in the past has no scale of its own.
        return sqrt((state["source.norm.var"] + 1e-3).contiguous())


def _in_eight_bits(weights: torch.Tensor) -> torch.Tensor:
    """Return ``weights`` rounded to 255 even steps, symmetric about zero; one scale for a layer."""
    scale = weights.abs().max() / 127.0
    return weights if scale == 0 else (weights / scale).round() * scale
