"""One direction of a named link: who shares which instance, what a message weighs there, what was lost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.lines.message import Fate, Hop, Message
from sim.lines.passages import Passage, PassageLog
from sim.network.rates import Rate


@dataclass(frozen=True)
class Sending:
    """What a message weighs on a line: bytes once, bytes sent again, time lost to waiting, and whether it is lost."""

    wire_bytes: int
    again_bytes: int = 0
    waits_s: float = 0.0
    lost: bool = False


#: Says what sending a message over a hop takes, losses included.
Weigh = Callable[[Message, Hop], Sending]


@dataclass(frozen=True)
class LineSpec:
    """What a line is made of.

    Attributes:
        group: how many of the devices that use it share one instance, in device order (1: private).
        rate_of: the rate of an instance.
        extra_latency_s: added to a message's own latency, as a function of when it was sent (recorded pings).
        bucket: a token bucket in front of the line, as the scenario has it (``rate``, ``burst``), or None.
        ordered: whether a message waits for those sent before it on its instance.
    """

    name: str
    direction: str
    group: int
    rate_of: Callable[[int], Rate]
    weigh: Weigh
    extra_latency_s: Callable[[float], float] | None = None
    bucket: Any = None
    ordered: bool = False


class Line:
    """The part that all disciplines share."""

    def __init__(self, spec: LineSpec) -> None:
        self.spec = spec
        self.log = PassageLog()
        self.instances = 0
        self._devices = 0
        self._first: list[int] = []
        self._rank: list[int] = []
        self._latest_s: dict[int, float] = {}

    def serve(self, first: int, devices: int) -> None:
        """Let ``devices`` more devices, from ``first`` on, use the line; calls come in device order."""
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
        span = np.searchsorted(first, devices, side="right") - 1
        instances: np.ndarray = (devices - first[span] + rank[span]) // self.spec.group
        return instances

    def offer(self, message: Message, hop: Hop, now_s: float) -> tuple[Passage, Sending]:
        """Note that a message enters, and weigh it."""
        sending = self.spec.weigh(message, hop)
        first = sending.wire_bytes + sending.again_bytes if hop.number == 0 else 0
        message.weighed(first, sending.again_bytes)
        instance = self.instance_of(message.device)
        passage = Passage(instance, now_s, sending.wire_bytes, retransmitted_bytes=sending.again_bytes)
        return self.log.add(passage), sending

    def land(self, passage: Passage, sending: Sending, latency_s: float) -> tuple[float, Fate]:
        """Note that a message has left the line at ``passage.end_s``; return when it arrives and how."""
        arrive_s = passage.end_s + sending.waits_s + latency_s
        if self.spec.extra_latency_s is not None:
            arrive_s += self.spec.extra_latency_s(passage.end_s)
        if self.spec.ordered:
            arrive_s = max(arrive_s, self._latest_s.get(passage.instance, 0.0))
            self._latest_s[passage.instance] = arrive_s
        if sending.lost:
            passage.dropped_s = arrive_s
            return arrive_s, Fate.LOST
        passage.arrive_s = arrive_s
        return arrive_s, Fate.ARRIVED
