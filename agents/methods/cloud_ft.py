"""Labelled fine-tuning in the cloud: the classical remedy, and a serious baseline where labels are to be had.

A device uploads its newest labelled samples; the cloud fits that device's head on them, starting from the
base head or from the head that the device has (which then must be uploaded too), and sends the head down.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.message import Field
from agents.contract import Costs
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Payload,
    Recent,
    Updates,
    Who,
    in_chunks,
)
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.training import one_thread
from agents.streams.base import History

#: Heads fitted at once: few, so that what a step touches stays in the cache of the processor.
_CHUNK = 8


class CloudFt(Deployed):
    """See :class:`CloudFtOptions`; the anchor is there because few labels must not undo a head."""

    name = "cloud_ft"
    needs_labels = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: CloudFtOptions = context.options
        self.window = self.options.window
        self.from_device = self.options.start == "device"
        features = Field("features", (self.window, self.head.shown), bound=self.net.feature_bound)
        head = Field("head", (self.head.params,))
        label = Field("label", (self.window,), "int32")
        self.payload_fields = (features, label, head) if self.from_device else (features, label)
        self.update_fields = (head,)

    @property
    def costs(self) -> Costs:
        device = super().costs
        return replace(device, each=float(self.options.steps * self.window * device.learning))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return {"head": base.head.pack(base.layers)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return self.head.unpack(cloud["head"].repeat(devices, 1))

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        payload = {"features": recent.features, "label": recent.label.to(torch.int32)}
        return state, {**payload, "head": self.head.pack(state)} if self.from_device else payload

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        with one_thread():
            return cloud, in_chunks(lambda rows: self._fit(cloud, rows), payloads, _CHUNK)

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return self.head.unpack(updates["head"])

    def _fit(self, cloud: CloudState, rows: Payload) -> Updates:
        label = rows["label"].long()
        start = rows["head"] if self.from_device else cloud["head"].expand(len(label), -1)
        options = self.options
        fitted = fit_heads(
            self.head,
            start,
            rows["features"],
            label.clamp_min(0),
            steps=options.steps,
            rate=options.rate,
            weight=(label >= 0).float(),
            anchor=options.anchor,
        )
        return {"head": fitted}
