"""A teacher's labels, learnt by a copy of each device's head, of which few weights change: what comes down is small.

After Khani et al., "Real-time video inference on edge devices via adaptive model streaming", ICCV 2021. Weights that
may change are those with the steepest slopes at the first step. Training goes on from the copy: in the published code
each phase begins with the first checkpoint, and a device that gets the differences alone drifts away from the cloud.
With ``update_codec: {kind: delta, numbers: {kind: topk, share: 10 %}}`` an update has the weights that changed.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.message import Field
from agents.contract import Costs
from agents.methods.assisted.options import DistillOptions
from agents.methods.assisted.teacher import Teacher
from agents.methods.base import CloudState, Context, Deployed, DeviceState, Payload, Recent, Updates, Who, in_chunks
from agents.methods.devices_known import DevicesKnown, turns
from agents.methods.group_ft import moments
from agents.methods.test_time.entropy import mean_weight, real_rows
from agents.models.base import Base
from agents.models.fitting import Adam, gradient
from agents.models.training import one_thread
from agents.streams.base import History

#: Heads fitted at once.
_CHUNK = 8


class Distill(Deployed):
    """See :class:`DistillOptions`."""

    name = "distill"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: DistillOptions = context.options
        self.window, self.teacher = self.options.window, Teacher(self.head, self.options)
        features = Field("features", (self.window, self.head.shown), bound=self.net.feature_bound)
        self.payload_fields = (features, Field("count", (), "uint8"))
        self.update_fields = (Field("head", (self.head.params,)),)

    @property
    def costs(self) -> Costs:
        device = super().costs
        return replace(device, each=self.window * (self.teacher.macs + self.options.steps * device.learning))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        head = base.head.pack(base.layers)
        return {"head": head, **self.teacher.prepare(history, base, seed), **DevicesKnown.none({"student": head})}

    def known(self, cloud: CloudState) -> CloudState:
        return {"head": cloud["head"]}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return self.head.unpack(cloud["head"].repeat(devices, 1))

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"features": recent.features, "count": recent.count.to(torch.uint8)}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        known = DevicesKnown(cloud, {"student": cloud["head"]})
        head = cloud["head"].new_empty(len(who), self.head.params)
        with one_thread():
            for some in turns(who.device):
                rows = {name: values[some] for name, values in payloads.items()} | known.of(who.device[some])
                made = in_chunks(lambda few: {"student": self._taught(cloud, few)}, rows, _CHUNK)
                known.put(who.device[some], made)
                head[some] = made["student"]
        return {**cloud, **known.cloud()}, {"head": head}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return self.head.unpack(updates["head"])

    def _taught(self, cloud: CloudState, rows: Payload) -> torch.Tensor:
        """Return students [tickets, params] that agree more with the teacher."""
        count, x = rows["count"].long(), rows["features"].contiguous()
        seen = moments(x[..., : self.head.context], count)
        label = self.teacher.labels(cloud, x, seen).argmax(2)
        share = mean_weight(real_rows(count, self.window)).unsqueeze(2)
        layers = {name: part.contiguous().clone() for name, part in self.head.unpack(rows["student"]).items()}
        may = self.head.unpack(self._changed(self.head.pack(gradient(self.head, layers, x, label, share))))
        adam = Adam(layers, self.options.rate)
        for _ in range(self.options.steps):
            slopes = gradient(self.head, layers, x, label, share)
            adam.step({name: slope * may[name] for name, slope in slopes.items()})
        return self.head.pack(layers)

    def _changed(self, slope: torch.Tensor) -> torch.Tensor:
        """Return 1 for weights that may change, [tickets, params]; of equal slopes the first."""
        few = max(1, int(self.options.share * slope.shape[1]))
        chosen = torch.zeros_like(slope)
        if self.options.which == "last":
            chosen[:, -few:] = 1.0
            return chosen
        return chosen.scatter_(1, slope.abs().sort(dim=1, descending=True, stable=True)[1][:, :few], 1.0)
