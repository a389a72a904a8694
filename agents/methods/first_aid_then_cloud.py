"""First aid on the device until the cloud has answered: an update that has landed decides which of the two predicts.

The two methods know nothing of each other. What the device has learnt by itself is dropped when the update lands: the
cloud made that for the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from agents.contract import Costs
from agents.methods import METHODS
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Inputs,
    Method,
    Payload,
    Recent,
    Updates,
    Who,
)
from agents.methods.first_aid_options import FirstAidOptions
from agents.models.base import Base
from agents.streams.base import History

_AID, _LANDED = "aid.", "landed"


class FirstAidThenCloud(Deployed):
    """See :class:`FirstAidOptions`."""

    name = "first_aid_then_cloud"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options: FirstAidOptions = context.options
        self.window = options.window
        self.aid, self.cloud = _made(options.first_aid, context), _made(options.cloud, context)
        self.needs_labels = self.aid.needs_labels or self.cloud.needs_labels
        self.sees = "raw" if "raw" in (self.aid.sees, self.cloud.sees) else "features"
        self.together, self.writes_on_collect = self.cloud.together, self.cloud.writes_on_collect
        self.learning_steps = self.aid.learning_steps
        self.payload_fields, self.update_fields = self.cloud.payload_fields, self.cloud.update_fields

    @property
    def costs(self) -> Costs:
        aid, cloud = self.aid.costs, self.cloud.costs
        return replace(aid, fixed=cloud.fixed, each=cloud.each)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        aid = {_AID + name: values for name, values in self.aid.prepare(history, base, seed).items()}
        return {**self.cloud.prepare(history, base, seed), **aid}

    def known(self, cloud: CloudState) -> Mapping[str, torch.Tensor]:
        return self.cloud.known(_of_cloud(cloud))

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        aid = {_AID + name: values for name, values in self.aid.start(_of_aid(cloud), devices).items()}
        landed = torch.zeros(devices, 1, 1, dtype=torch.bool)
        return {**self.cloud.start(_of_cloud(cloud), devices), **aid, _LANDED: landed}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        own, answered = self.aid.predict(_of_aid(state), inputs), self.cloud.predict(_of_cloud(state), inputs)
        return torch.where(state[_LANDED], answered, own)

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        shown = recent if self.aid.needs_labels else recent.unlabelled
        later, steps = self.aid.learn(_of_aid(state), shown)
        landed, kept = state[_LANDED].view(-1), {_AID + name: values for name, values in later.items()}
        return {name: torch.where(_along(landed, new), state[name], new) for name, new in kept.items()}, steps

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        own = _of_cloud(state)
        later, payload = self.cloud.collect(own, recent if self.cloud.needs_labels else recent.unlabelled)
        return (state if later is own else {**state, **later}), payload

    def lost(self, state: DeviceState) -> DeviceState:
        return {**state, **self.cloud.lost(_of_cloud(state))}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        later, updates = self.cloud.adapt(_of_cloud(cloud), payloads, who)
        return {**cloud, **later}, updates

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return {**self.cloud.install(_of_cloud(state), updates), _LANDED: torch.ones_like(state[_LANDED])}


def _made(name: str, context: Context) -> Method:
    """Return one of the two methods, for the same net, window and codecs."""
    row = METHODS[name]
    typed = row.read({"window": context.options.window}, f"adapter {name}")
    made: Method = row.load()(replace(context, options=typed))
    return made


def _of_aid(state: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    return {name.removeprefix(_AID): state[name] for name in state if name.startswith(_AID)}


def _of_cloud(state: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    return {name: state[name] for name in state if not name.startswith(_AID) and name != _LANDED}


def _along(which: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return which.view(-1, *(1 for _ in values.shape[1:]))
