"""SCAFFOLD: control variates against the drift of clients (Karimireddy et al., ICML 2020, option II)."""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.averaging import in_order, weighted_sum
from agents.methods.federated.client import Federated
from agents.methods.federated.local_descent import descend
from agents.methods.federated.options import ScaffoldOptions
from agents.models.base import Base
from agents.streams.base import History


class Scaffold(Federated):
    """See :class:`ScaffoldOptions`.

    A device keeps its control c_i and steps along ``g - c_i + c``; after S steps at rate r from w to w_i it is
    ``c_i - c + (w - w_i) / (S r)``. The control of the cloud is the mean of those of all devices of the fleet, absent
    ones included: a device whose report comes to nothing takes its own back.
    """

    name, together, writes_on_collect = "scaffold", True, True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: ScaffoldOptions = context.options
        self.devices = context.devices
        control = Field("control", (self.part.params,))
        self.payload_fields, self.update_fields = (self.weights, control, self.counted), (self.weights, control)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        return {**cloud, "control": torch.zeros_like(cloud["weights"])}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        none = torch.zeros_like(cloud["weights"]).expand(devices, -1)
        mine = dict.fromkeys(("control", "control.next", "control.before", "control.fleet"), none)
        return {**super().start(cloud, devices), **mine, "began": cloud["weights"].expand(devices, -1)}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches, began = self.batches(recent), self.part.pack(state)
        own, fleet = state["control"], state["control.fleet"]
        lead = self.part.unpack(fleet - own)
        params = descend(
            self.part,
            state,
            batches,
            self.options,
            lambda now, slopes: {name: slope + lead[name] for name, slope in slopes.items()},
        )
        step = (began - self.part.pack(params)) / (self.options.steps * self.options.rate)
        following = torch.where(batches.count[:, None] > 0, own - fleet + step, own)
        return {
            **params,
            "count": batches.count.int(),
            "began": began,
            "control.next": following,
        }, self.planned(recent)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        learnt = state["count"] > 0
        following = torch.where(learnt[:, None], state["control.next"], state["control"])
        payload = {
            "weights": self.part.pack(state) - state["began"],
            "control": following - state["control"],
            "count": state["count"],
        }
        return {"control": following, "control.before": state["control"]}, payload

    def lost(self, state: DeviceState) -> DeviceState:
        return {"control": state["control.before"]}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        rows = in_order(payloads, who)
        learnt = (rows["count"] > 0).float()[None]
        step = weighted_sum(learnt, rows["weights"]) / learnt.sum().clamp_min(1.0)
        control = cloud["control"] + weighted_sum(learnt, rows["control"]) / self.devices
        return {**cloud, "weights": cloud["weights"] + self.options.server_rate * step, "control": control}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        return {name: cloud[name].expand(len(who), -1) for name in ("weights", "control")}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        none = torch.zeros_like(state["count"])
        return {**self.part.unpack(updates["weights"]), "control.fleet": updates["control"], "count": none}
