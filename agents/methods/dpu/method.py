"""DPU: dynamic prototype updating, as a detector of drift and of what is out of distribution.

"DPU: Dynamic Prototype Updating for Multimodal Out-of-Distribution Detection" (Li et al., CVPR 2025, arXiv 2411.08227):
each class has a prototype in each view, which moves less where samples scatter. Here prototypes are made of the past
and go to the device, where sure predictions move them on; what a sample scores is the signal ``score``, which detectors
watch. The paper also trains the net so that views disagree outside: that is not part of it, the net is the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import torch

from agents.cache import cached, fingerprint
from agents.contract import Costs
from agents.kernels import softmax
from agents.methods.base import CloudState, Context, DeviceState, Inputs, OfFeatures, Recent
from agents.methods.dpu.options import DpuOptions
from agents.methods.dpu.prototypes import begun, cosines, moved
from agents.methods.dpu.scores import score, tables
from agents.methods.local import Local
from agents.methods.test_time.t3a import before_last
from agents.models.base import Base
from agents.models.head import HeadShape
from agents.models.training import generator, one_thread
from agents.models.view_columns import wrong_columns
from agents.seeding import Purpose
from agents.streams.base import History

#: Rows of a batch of the past, and of the past that scores are made from.
_BATCH, _MOST = 64, 8192
_PROTOTYPE, _TABLE = "prototype", "table."


class Dpu(Local):
    """See :class:`DpuOptions`."""

    name, learning_steps = "dpu", 1

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        if type(self.head) is not HeadShape:
            raise ValueError(f"'dpu' has a prototype for each class; '{self.net.name}' ranks items")
        self.options: DpuOptions = context.options
        self.window = self.options.window
        several = self.options.views or list(self.net.views)
        self.views, self._by_views = several or [self.head.dims[-2]], bool(several)
        if self._by_views and (why := wrong_columns(self.views, self.head.dims[0])) is not None:
            raise ValueError(f"views: {why}")
        self._kept: dict[str, torch.Tensor] = {}

    @property
    def costs(self) -> Costs:
        own, classes, width = super().costs, self.head.dims[-1], sum(self.views)
        rows = {"prototype": classes, "msp": 0, "energy": 0, "knn": 1024, "mahalanobis": width + classes, "vim": width}
        learning = sum(inputs * outputs for inputs, outputs in self.head.sizes) + 2 * classes * width
        return replace(own, inference=own.inference + rows[self.options.by] * width, learning=float(learning))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        key = {
            "what": self.name,
            "options": asdict(self.options),
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            return {**base.layers, **cached(key, lambda: self._made(history, base, seed))}

    def _made(self, history: History, base: Base, seed: int) -> CloudState:
        past, rng = history.for_adapters, generator(seed, Purpose.METHOD, 0)
        some = torch.randperm(len(past.x), generator=rng)[:_MOST]
        features, label = base.features(past.x[some]), past.label[some]
        logits = base.head.forward(base.layers, features[None])[0]
        rows = self._rows(base.layers, features[None])[0]
        made = {_TABLE + name: one for name, one in tables(self.options.by, rows, label, logits).items()}
        return made | {_PROTOTYPE: self._settled(rows, label, rng)}

    def _settled(self, rows: torch.Tensor, label: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Return prototypes [1, classes, F] after some passes over the past."""
        prototypes = begun(rows[:_BATCH], label[:_BATCH], self.head.dims[-1])
        for _ in range(self.options.epochs):
            for some in torch.randperm(len(rows), generator=rng).split(_BATCH):
                counts = torch.ones(1, len(some), dtype=torch.bool)
                prototypes = self._moved(prototypes, rows[some][None], label[some][None], counts)
        return prototypes

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self._kept = {name.removeprefix(_TABLE): one for name, one in cloud.items() if name.startswith(_TABLE)}
        own = {name: one for name, one in cloud.items() if not name.startswith(_TABLE)}
        return {name: values.expand(devices, *values.shape[1:]) for name, values in own.items()}

    def score(self, state: DeviceState, inputs: Inputs, logits: torch.Tensor) -> torch.Tensor:
        rows, by = self._rows(state, inputs.features), self.options.by
        if by != "prototype":
            return score(by, self._kept, rows, logits, self.options.near)
        return 1.0 - self._likeness(state, rows).amax(2)

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        share, label = softmax(self.predict(state, OfFeatures(recent.features))).max(2)
        rows = self._rows(state, recent.features)
        real = torch.arange(rows.shape[1], device=rows.device) < recent.count[:, None]
        later = self._moved(state[_PROTOTYPE], rows, label, real & (share > self.options.sure))
        return {_PROTOTYPE: later}, torch.ones_like(recent.count)

    def _rows(self, layers: Mapping[str, torch.Tensor], features: torch.Tensor) -> torch.Tensor:
        """Return what is scored: what enters the last layer, or, of several views, the features of the trunk."""
        return features if self._by_views else before_last(self.head, layers, features)

    def _moved(
        self, prototypes: torch.Tensor, rows: torch.Tensor, label: torch.Tensor, counts: torch.Tensor
    ) -> torch.Tensor:
        """Return prototypes after a batch; a row says nothing of a view that it does not have."""
        parts = zip(prototypes.split(self.views, 2), rows.split(self.views, 2), strict=True)
        beta, rule = self.options.beta, self.options.moves
        return torch.cat([moved(own, x.contiguous(), label, counts & _there(x), beta, rule) for own, x in parts], 2)

    def _likeness(self, state: DeviceState, rows: torch.Tensor) -> torch.Tensor:
        """Return the cosines with prototypes [devices, n, classes], on average over the views that are there."""
        parts = zip(state[_PROTOTYPE].split(self.views, 2), rows.split(self.views, 2), strict=True)
        likeness, number = torch.zeros(()), torch.zeros(())
        for own, x in parts:
            there = _there(x).float().unsqueeze(2)
            likeness = likeness + there * cosines(x.contiguous(), own.contiguous())
            number = number + there
        return likeness / number.clamp_min(1.0)


def _there(x: torch.Tensor) -> torch.Tensor:
    """Return which samples have a view, bool [devices, n]: of one that is missing all columns are zero."""
    return (x != 0).any(2)
