"""Methods that never ask: nothing is sent, and nothing is installed."""

from __future__ import annotations

from agents.methods.base import CloudState, Deployed, DeviceState, Payload, Recent, Updates, Who


class Local(Deployed):
    """What is learnt is learnt on the device, if anything is."""

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        return cloud, {}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return state
