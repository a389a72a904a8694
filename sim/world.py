"""Where exchanges take place: the ways to and from the cloud, the cloud, and the data plane that is handed them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.contract import DataPlane
from sim.clock import Clock
from sim.cloud import Cloud
from sim.device_models import Expiry, Learners
from sim.handover import Handover
from sim.in_flight import InFlight
from sim.lines.foresight import Foresight
from sim.lines.presence import Presence
from sim.lines.route import Route
from sim.records import Exchange
from sim.requests import Tickets


@dataclass(frozen=True)
class Patience:
    """What a device does about a lost message: nobody tells it, so it waits for a timer to run out.

    A timer that runs out while a message is merely slow changes nothing.
    """

    timeout_s: float
    retries: int
    backoff: float

    def waits_s(self, attempt: int) -> float:
        """Return how long the timer of an attempt (from 0) runs."""
        return self.timeout_s * self.backoff**attempt


@dataclass
class World:
    """Where exchanges take place: ways to and from the cloud, the cloud, and who is told about it."""

    clock: Clock
    up: Sequence[Route]
    down: Sequence[Route]
    cloud: Cloud
    in_flight: InFlight
    handover: Handover
    presence_of: Callable[[int], Presence | None]
    patience: Sequence[Patience]
    foresight: Foresight
    tickets: Tickets
    plane: DataPlane | None = None
    #: Steps that devices always take to learn; None if they must be asked for.
    steps: int | None = None
    learners: Learners = field(default_factory=Learners)
    expiry: Expiry = field(default_factory=Expiry)
    #: Takes in exchanges that begin by themselves.
    add: Callable[[Exchange], object] = lambda x: None
    #: Asks that were never made because the device was away.
    away: int = 0

    def is_there(self, device: int) -> bool:
        """Say whether a device is there now."""
        presence = self.presence_of(device)
        return presence is None or presence.availability.available(self.clock.now)

    def steps_of(self, x: Exchange) -> int:
        """Return how many steps a device takes for what it is learning."""
        if self.steps is not None or self.plane is None:
            return self.steps or 0
        self.plane.carry_out(self.handover.due(self.clock.now))
        return self.plane.steps_of(x.ticket, x.device)

    def know_payload(self, x: Exchange) -> None:
        """Learn the size of a payload from the data, where it depends on them."""
        if self.plane is not None and self.plane.sizes.from_data:
            self.plane.carry_out(self.handover.due(self.clock.now))
            x.luck.payload_bytes = int(self.plane.payload_bytes_of(np.array([x.ticket]))[0])

    def know_update(self, x: Exchange) -> None:
        """Learn the size of an update from the data, where it depends on them."""
        if self.plane is not None and self.plane.sizes.from_data:
            self.plane.carry_out(self.handover.due(self.clock.now))
            x.luck.update_bytes = int(self.plane.update_bytes_of(np.array([x.ticket]))[0])
