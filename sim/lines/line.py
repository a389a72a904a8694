"""One direction of a named link: who shares which instance, what a message weighs there, what was lost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.lines.message import Hop, Message
from sim.lines.passages import Passage, PassageLog
from sim.lines.sending import Sending
from sim.lines.weighing import Scales
from sim.network.rates import Rate


@dataclass(frozen=True)
class LineSpec:
    """What a line is made of.

    Attributes:
        scales: says what sending a message takes, losses included.
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
    scales: Scales
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
        self._header_bytes = spec.scales.header_bytes
        self._plain = spec.extra_latency_s is None and not spec.ordered

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

    def weigh(self, message: Message, hop: Hop) -> Sending:
        """Return what sending a message takes here, and let the message know."""
        if self._header_bytes is not None:
            sending = Sending(message.nbytes + self._header_bytes)
        elif message.foreseen is not None:
            sending = message.foreseen[hop.number]
        else:
            sending = self.spec.scales.weigh(message, hop)
        if not hop.number or sending.again_bytes:
            message.weighed(sending, hop)
        return sending

    def offer(self, message: Message, hop: Hop, now_s: float) -> tuple[Passage, Sending]:
        """Note that a message enters whose end will be known later, and weigh it."""
        sending = self.weigh(message, hop)
        instance = self.instance_of(message.device)
        passage = Passage(instance, now_s, sending.wire_bytes, retransmitted_bytes=sending.again_bytes)
        return self.log.add(passage), sending

    def arrives_s(self, instance: int, end_s: float, sending: Sending, latency_s: float) -> float:
        """Return when a message that has left the line at ``end_s`` arrives, or would if it were not lost."""
        at_s = end_s + sending.waits_s + latency_s
        if self._plain:
            return at_s
        if self.spec.extra_latency_s is not None:
            at_s += self.spec.extra_latency_s(end_s)
        if self.spec.ordered:
            at_s = max(at_s, self._latest_s.get(instance, 0.0))
            self._latest_s[instance] = at_s
        return at_s
