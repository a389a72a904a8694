"""One direction of a named link: who shares which instance, what a message costs there, what was lost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.kernel.records import Transmission
from sim.kernel.transfer_log import Transfer, TransferLog
from sim.links.message import Hop, Message
from sim.links.overhead import Overhead
from sim.network.rates.rate import Rate


@dataclass(frozen=True)
class LinkSpec:
    """The parts of a link.

    Attributes:
        overhead: the cost of transmitting a message, losses included.
        group: how many of the devices that use it share one instance, in device order (1: private).
        rate_of: the rate of an instance.
        extra_latency_s: added to a message's own latency, as a function of when it was sent (recorded pings).
        bucket: a token bucket in front of the link, as the scenario gives it (``rate``, ``burst``), or None.
        ordered: whether a message waits for those sent before it on its instance.
    """

    name: str
    direction: str
    group: int
    rate_of: Callable[[int], Rate]
    overhead: Overhead
    extra_latency_s: Callable[[float], float] | None = None
    bucket: Any = None
    ordered: bool = False


class Link:
    """The part that all disciplines share."""

    def __init__(self, spec: LinkSpec) -> None:
        self.spec = spec
        self.log = TransferLog()
        self.instances = 0
        self._devices = 0
        self._first: list[int] = []
        self._rank: list[int] = []
        self._latest_s: dict[int, float] = {}
        self._header_bytes = spec.overhead.header_bytes
        self._plain = spec.extra_latency_s is None and not spec.ordered

    def serve(self, first: int, devices: int) -> None:
        """Let ``devices`` more devices, from ``first`` on, use the link; calls come in device order."""
        self._first.append(first)
        self._rank.append(self._devices)
        self._devices += devices
        self.instances = -(-self._devices // self.spec.group)

    def instance_of(self, device: int) -> int:
        """Return the instance that carries a device's messages."""
        span = bisect_right(self._first, device) - 1
        return (device - self._first[span] + self._rank[span]) // self.spec.group

    def instances_of(self, devices: np.ndarray) -> np.ndarray:
        """Return the instances that carry the messages of many devices, int64 like ``devices``."""
        first, rank = np.array(self._first), np.array(self._rank)
        # Most links serve one span of devices: there is nothing to look up.
        span = 0 if len(first) == 1 else np.searchsorted(first, devices, side="right") - 1
        instances: np.ndarray = (devices + (rank - first)[span]) // self.spec.group
        return instances

    def cost(self, message: Message, hop: Hop) -> Transmission:
        """Return the cost of transmitting a message here, and record it in the message."""
        if self._header_bytes is not None:
            transmission = Transmission(message.nbytes + self._header_bytes)
        elif message.presampled is not None:
            transmission = message.presampled[hop.number]
        else:
            transmission = self.spec.overhead.cost(message, hop)
        if not hop.number or transmission.retransmitted_bytes:
            message.count_bytes(transmission, hop)
        return transmission

    def offer(self, message: Message, hop: Hop, now_s: float) -> tuple[Transfer, Transmission]:
        """Note that a message enters whose end will be known later, and compute its cost."""
        transmission = self.cost(message, hop)
        instance = self.instance_of(message.device)
        transfer = Transfer(
            instance, now_s, transmission.wire_bytes, retransmitted_bytes=transmission.retransmitted_bytes
        )
        return self.log.add(transfer), transmission

    def arrives_s(self, instance: int, end_s: float, transmission: Transmission, latency_s: float) -> float:
        """Return when a message that has left the link at ``end_s`` arrives, or would if it were not lost."""
        at_s = end_s + transmission.recovery_delay_s + latency_s
        if self._plain:
            return at_s
        if self.spec.extra_latency_s is not None:
            at_s += self.spec.extra_latency_s(end_s)
        if self.spec.ordered:
            at_s = max(at_s, self._latest_s.get(instance, 0.0))
            self._latest_s[instance] = at_s
        return at_s
