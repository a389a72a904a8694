"""The context of exchanges: the routes to and from the cloud, the cloud, and the data plane that receives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.contract import DataPlane
from sim.cloud.service import Cloud
from sim.exchanges.device_models import Expiry, Learners
from sim.exchanges.in_flight import InFlight
from sim.kernel.calendar import Clock
from sim.kernel.handover import Handover
from sim.kernel.records import Exchange
from sim.kernel.requests import Tickets
from sim.links.device_availability import DeviceAvailability
from sim.links.presampled_losses import PresampledLosses
from sim.links.route import Route


@dataclass(frozen=True)
class RetryPolicy:
    """What a device does about a lost message: it learns of no loss, so it waits for a timeout.

    A timeout has no effect if the message is only slow.
    """

    timeout_s: float
    retries: int
    backoff: float

    def timer_s(self, attempt: int) -> float:
        """Return how long the timer of an attempt (from 0) runs."""
        return self.timeout_s * self.backoff**attempt


@dataclass
class ExchangeContext:
    """The context of exchanges: routes to and from the cloud, the cloud, and the receivers of exchange events."""

    clock: Clock
    up: Sequence[Route]
    down: Sequence[Route]
    cloud: Cloud
    in_flight: InFlight
    handover: Handover
    availability_of: Callable[[int], DeviceAvailability | None]
    retry_policy: Sequence[RetryPolicy]
    presampled_losses: PresampledLosses
    tickets: Tickets
    plane: DataPlane | None = None
    #: Steps that devices always take to learn; None if the data plane must be asked.
    steps: int | None = None
    learners: Learners = field(default_factory=Learners)
    expiry: Expiry = field(default_factory=Expiry)
    #: Takes in exchanges that begin by themselves.
    add: Callable[[Exchange], object] = lambda x: None
    #: Asks that were never made because the device was away.
    away: int = 0

    def is_there(self, device: int) -> bool:
        """Return whether a device is there now."""
        device_availability = self.availability_of(device)
        return device_availability is None or device_availability.availability.available(self.clock.now)

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
            x.draws.payload_bytes = int(self.plane.payload_bytes_of(np.array([x.ticket]))[0])

    def know_update(self, x: Exchange) -> None:
        """Learn the size of an update from the data, where it depends on them."""
        if self.plane is not None and self.plane.sizes.from_data:
            self.plane.carry_out(self.handover.due(self.clock.now))
            x.draws.update_bytes = int(self.plane.update_bytes_of(np.array([x.ticket]))[0])
