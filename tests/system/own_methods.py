"""The smallest methods that learn on devices, meet in rounds, and let their updates expire."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, Deployed, DeviceState, Payload, Recent, Updates, Who
from agents.models.fitting import fit_heads
from agents.streams.base import History


class LocalHead(Deployed):
    """A device fits its own head to the labels that it has: nothing is sent."""

    name, needs_labels, window, learning_steps = "local_head", True, 32, 4

    def prepare(self, history: History, base: Any, seed: int) -> CloudState:
        return {"head": base.head.pack(base.layers)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return self.head.unpack(cloud["head"].repeat(devices, 1))

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        head = self.fitted(self.head.pack(state), recent)
        return self.head.unpack(head), torch.full((len(head),), 4)

    def fitted(self, start: torch.Tensor, recent: Recent) -> torch.Tensor:
        known = recent.label >= 0
        label = recent.label.clamp_min(0)
        return fit_heads(self.head, start, recent.features, label, 4, 0.05, weight=known.float())

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        return cloud, {}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return state


class Patient(LocalHead):
    """The same, but how many steps it takes is up to the data: one for each label."""

    name, learning_steps = "patient", None

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        return super().learn(state, recent)[0], (recent.label >= 0).sum(1)


class Averaging(LocalHead):
    """Federated averaging of heads (McMahan et al., AISTATS 2017): devices learn, the cloud takes the mean."""

    name, together = "averaging", True
    calls: ClassVar[list[list[int]]] = []

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.payload_fields = self.update_fields = (Field("head", (self.head.params,)),)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"head": self.head.pack(state)}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        self.calls.append(who.device.tolist())
        # In the order of devices, whoever came first: a sum of floats.
        return {"head": payloads["head"][who.device.argsort()].mean(0, keepdim=True)}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        return {"head": cloud["head"].expand(len(who), -1)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return self.head.unpack(updates["head"])


class Fading(LocalHead):
    """The cloud sends a head that says nothing, and the device falls back to the first after 7 s."""

    name, window, expires_s = "fading", 1, 7.0

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.payload_fields = self.update_fields = (Field("nothing", (1,)),)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        first = super().start(cloud, devices)
        return {**first, **{f"first.{name}": values.clone() for name, values in first.items()}}

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"nothing": torch.zeros(len(recent.count), 1)}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        return cloud, payloads

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return {name: torch.zeros_like(state[name]) for name in state if not name.startswith("first.")}

    def expired(self, state: DeviceState) -> DeviceState:
        return {name.removeprefix("first."): state[name] for name in state if name.startswith("first.")}
