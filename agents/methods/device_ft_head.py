"""Fine-tuning of the head on the device: labels are there already, and nothing is sent."""

from __future__ import annotations

import torch

from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.baseline_options import DeviceFtHeadOptions
from agents.methods.head_fitting import Labelled, fitted, replayed_past
from agents.methods.local import Local
from agents.models.base import Base
from agents.models.training import one_thread
from agents.streams.base import History


class DeviceFtHead(Local):
    """See :class:`DeviceFtHeadOptions`; it learns whenever ``method.learning`` says so."""

    name = "device_ft_head"
    needs_labels = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: DeviceFtHeadOptions = context.options
        self.window, self.learning_steps = self.options.window, self.options.steps
        self._base = torch.empty(0)
        self._past: Labelled | None = None

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        past = replayed_past(history, base, seed) if self.options.replay else {}
        return {"head": base.head.pack(base.layers), **past}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self._base = cloud["head"]
        if self.options.replay:
            self._past = Labelled(cloud["frozen.past.features"], cloud["frozen.past.label"])
        return self.head.unpack(cloud["head"].repeat(devices, 1))

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        devices = len(recent.label)
        start = self._base.expand(devices, -1) if self.options.start == "base" else self.head.pack(state)
        with one_thread():
            head = fitted(self.head, start, Labelled(recent.features, recent.label), self.options, self._past)
        return self.head.unpack(head), torch.full((devices,), self.options.steps)
