"""The base model as it was shipped: never asks, never changes. The reference that every method must beat."""

from __future__ import annotations

from agents.methods.base import CloudState, DeviceState
from agents.methods.local import Local
from agents.models.base import Base
from agents.streams.base import History


class Static(Local):
    """One row of weights for the whole fleet; messages of zero bytes."""

    name = "static"
    shared_rows = True

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return dict(base.layers)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return dict(cloud)
