"""Fine-tuning on the device, of the head or of the whole net, from labels that come late.

What holds it near the base: an anchor; elastic weight consolidation (Kirkpatrick et al., PNAS 114, 2017), by the
Fisher information of the past; replay of rows of the past. With ``rows: alike`` the labelled samples that count are
those that are most alike to the newest unlabelled ones and of the class that these are predicted to have: importance
weighted memory sampling (Csaba et al., "Label delay in online continual learning", NeurIPS 2024).
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.contract import Costs
from agents.kernels import product, totals
from agents.methods.base import CloudState, Context, DeviceState, Inputs, Recent
from agents.methods.device_ft_options import DeviceFtOptions
from agents.methods.test_time.normalising import Local, one_step
from agents.methods.test_time.t3a import normalised
from agents.methods.trained_part import Tensors, trained_part
from agents.models.base import Base
from agents.models.fitting import Adam
from agents.models.training import generator, one_thread
from agents.seeding import Purpose
from agents.streams.base import History

_BASE, _FISHER, _PAST, _PAST_LABEL = "base.", "fisher.", "frozen.past.x", "frozen.past.label"
#: Rows of the past whose slopes are taken at once.
_AT_ONCE = 16


class DeviceFt(Local):
    """See :class:`DeviceFtOptions`."""

    name, needs_labels = "device_ft", True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: DeviceFtOptions = context.options
        self.window, self.learning_steps = self.options.window, self.options.steps
        self.part = trained_part(context.net, self.options.learns)
        self.sees = self.part.sees

    @property
    def costs(self) -> Costs:
        rows = self.window + (self.options.past_rows if self.options.replay else 0)
        return replace(super().costs, learning=self.part.learning_macs, step_samples=rows)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        own = self.part.prepare(base)
        kept = {**own, **{_BASE + name: own[name].clone() for name in self.part.names}}
        if not (self.options.replay or self.options.ewc):
            return kept
        past = history.for_adapters
        drawn = torch.randperm(len(past.label), generator=generator(seed, Purpose.METHOD, 12))[: self.options.past_rows]
        x, label = self.part.past(base, past.x[drawn]), past.label[drawn].long()
        information = self._information(own, x, label) if self.options.ewc else {}
        return {**kept, **information, _PAST: x.unsqueeze(0), _PAST_LABEL: label.unsqueeze(0)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {name: values.expand(devices, *values.shape[1:]) for name, values in cloud.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.part.logits(state, self.part.inputs(inputs))

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        x, label, weight = self.part.inputs(recent), recent.label, (recent.label >= 0).float()
        if self.options.rows == "alike":
            weight = alike(self._predicted(state, recent), recent) * weight
        some = totals(weight) > 0
        if self.options.replay:
            x, label, weight = self._replayed(state, x, label, weight)
        with one_thread():
            later = self._fitted(state, x, label, weight)
        kept = {name: torch.where(_along(some, values), values, state[name]) for name, values in later.items()}
        return kept, one_step(recent) * self.options.steps

    def _fitted(self, state: DeviceState, x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor) -> Tensors:
        first = _BASE if self.options.start == "base" else ""
        own = {name: state[first + name].contiguous().clone() for name in self.part.names}
        share, rest = weight / totals(weight).unsqueeze(1).clamp_min(1e-9), dict(state)
        adam = Adam(own, self.options.rate)
        for _ in range(self.options.steps):
            adam.step(self._pulled(state, own, self._slopes({**rest, **own}, x, label, share)))
        return own

    def _slopes(self, state: DeviceState, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Tensors:
        def error(logits: torch.Tensor) -> torch.Tensor:
            return self.head.error(logits.detach(), x, label.clamp_min(0), share.unsqueeze(2))

        return self.part.slopes(state, x, error)

    def _pulled(self, state: DeviceState, own: Tensors, slopes: Tensors) -> Tensors:
        """Return slopes with those of what holds weights near the base."""
        options = self.options
        if not (options.anchor or options.ewc):
            return slopes
        held = {name: options.ewc * state[_FISHER + name] if options.ewc else 0.0 for name in own}
        return {
            name: slope + 2.0 * (options.anchor + held[name]) * (own[name] - state[_BASE + name])
            for name, slope in slopes.items()
        }

    def _replayed(
        self, state: DeviceState, x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the rows of windows and those of the past, which have the share ``replay`` of the weight."""
        past, known = state[_PAST], state[_PAST_LABEL]
        factor = self.options.replay / (1.0 - self.options.replay) / past.shape[1]
        each = (totals(weight) * factor).unsqueeze(1).expand(-1, past.shape[1])
        return torch.cat([x, past], 1), torch.cat([label, known], 1), torch.cat([weight, each], 1)

    def _predicted(self, state: DeviceState, recent: Recent) -> torch.Tensor:
        """Return the classes predicted for the newest samples, int64 [devices, window]."""
        return self.part.logits(state, self.part.inputs(recent.unlabelled)).argmax(2)

    def _information(self, own: CloudState, x: torch.Tensor, label: torch.Tensor) -> CloudState:
        """Return mean squared slopes of the loss by each weight: rows of the past are devices with one sample each."""
        summed = {name: torch.zeros_like(own[name]) for name in self.part.names}
        for some, known in zip(x.split(_AT_ONCE), label.split(_AT_ONCE), strict=True):
            fresh = self.start(own, len(some))
            slopes = self._slopes(fresh, some.unsqueeze(1), known.unsqueeze(1), torch.ones(len(some), 1))
            summed = {name: summed[name] + slopes[name].square().sum(0, keepdim=True) for name in summed}
        return {_FISHER + name: values / len(x) for name, values in summed.items()}


def alike(predicted: torch.Tensor, recent: Recent) -> torch.Tensor:
    """Return how many of the newest samples chose each labelled one, float32 [devices, window].

    Each chooses the nearest, by the cosine of features, of those that have the label that it is ``predicted`` to have.
    """
    newest = recent.unlabelled
    likeness = product(normalised(newest.features), normalised(recent.features).transpose(1, 2).contiguous())
    real = torch.arange(likeness.shape[1], device=predicted.device) < newest.count.unsqueeze(1)
    may = (recent.label.unsqueeze(1) == predicted.unsqueeze(2)) & (recent.label >= 0).unsqueeze(1) & real.unsqueeze(2)
    near = likeness.masked_fill(~may, -torch.inf).argmax(2, keepdim=True)
    votes = torch.zeros_like(likeness).scatter_(2, near, 1.0) * may.any(2, keepdim=True)
    return totals(votes.transpose(1, 2).contiguous())


def _along(which: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return which.view(-1, *(1 for _ in values.shape[1:]))
