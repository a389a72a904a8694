"""The cloud half in a worker of its own: payloads and updates pass it by, from worker to worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.contract import ServiceTime, Snapshot
from agents.fleet.cloud_half import CloudHalf
from agents.methods.base import Payload
from agents.orders import Orders
from agents.pools.worker_pool import CommandQueue, Reply, WorkerGroup


@dataclass(frozen=True)
class RemoteUpdates:
    """Updates that are still with the cloud, in the order of ``tickets``."""

    cloud: RemoteCloud
    tickets: np.ndarray

    def of(self, rows: np.ndarray) -> Reply:
        """Let the cloud send some of them to the receiver of the reply."""
        return self.cloud.send(self.tickets[rows])


class RemoteCloud:
    """The driver's proxy of a cloud half in ``worker_group``, as worker number ``worker``.

    ``model`` is its like in this process, on the processor; the real one computes on ``device``.
    """

    def __init__(self, worker_group: WorkerGroup, worker: int, model: CloudHalf, device: str = "cpu") -> None:
        self._box, self._model = CommandQueue(worker_group, worker), model
        self._alike = device == "cpu"

    @property
    def name(self) -> str:
        """What is computed: the method, its messages and its options; and the device, unless it is the workers'."""
        return self._model.name if self._alike else f"{self._model.name} on {self.device_name()}"

    def device_name(self) -> str:
        """Return which kind of device computes there."""
        return self._model.device_name() if self._alike else str(self._box.ask("device_name").get())

    def take(self, replies: Sequence[Any]) -> None:
        """Take in what workers collect, wherever it is by now."""
        for reply in replies:
            self._box.add("take", reply)

    def serve(self, orders: Orders) -> None:
        """Compute what is ordered, adapts and broadcasts, in the order given."""
        if len(orders):
            self._box.ask("serve", orders)

    def updates_for(self, tickets: np.ndarray) -> RemoteUpdates:
        """Give away the updates of some tickets, stacked in their order: each worker gets its own."""
        return RemoteUpdates(self, tickets)

    def send(self, tickets: np.ndarray) -> Reply:
        """Send the updates of some tickets to the receiver of the reply."""
        return self._box.ask("take_updates", tickets)

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads that were collected and not adapted to yet: int64 [tickets]."""
        return np.asarray(self._box.ask("payload_bytes_of", tickets).get())

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates that are not installed yet: int64 [tickets]."""
        return np.asarray(self._box.ask("update_bytes_of", tickets).get())

    def confirm(self, tickets: np.ndarray) -> None:
        """Let payloads that get no answer count for what is remembered of their devices."""
        self._box.add("confirm", tickets)

    def forget(self, tickets: np.ndarray) -> None:
        """Drop all that is stored of exchanges that failed."""
        self._box.add("forget", tickets)

    def measure(self, payloads: Payload) -> ServiceTime:
        """Return how long it takes to serve some of ``payloads``, measured in this process if that is as good."""
        if self._alike:
            return self._model.measure(payloads)
        found: ServiceTime = self._box.ask("measure", payloads).get()
        return found

    def checkpoint(self) -> Snapshot:
        """Return the state, and all payloads and updates that wait in the cloud."""
        snapshot: Snapshot = self._box.ask("checkpoint").get()
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called on a cloud half of the same method."""
        self._box.ask("restore", snapshot).get()
