"""First come, first served: one link, or a fleet of private ones.

Lindley's recursion (Proc. Cambridge Phil. Soc. 48, 1952): a message starts when it has come and the one ahead
has gone, and ends when the integral of the rate from there meets its size.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np

from sim.network.rates import Rate


class Slot(NamedTuple):
    """The place of one message on a link; times in seconds, ``inf`` if the link never gets that far.

    ``credit_bits`` is what the message ahead left of its last opportunity (packet links only); ``rate`` is
    what serves this message, and at ``until_s`` its sender breaks it off if it is not ``whole`` by then.
    """

    number: int
    arrived_s: float
    start_s: float
    end_s: float
    nbytes: float
    credit_bits: float
    rate: Rate
    until_s: float
    whole: bool


class FifoLink:
    """A first-come-first-served link over any rate. Calls come in time order."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.free_s = 0.0
        self._idle_s = 0.0
        self._credit_bits = 0.0
        self._count = 0
        self._slots: deque[Slot] = deque()

    def admit(self, now_s: float, nbytes: float, rate: Rate | None = None, until_s: float = math.inf) -> Slot:
        """Accept a message now; its last bit leaves at ``Slot.end_s`` (add the latency for its arrival).

        ``rate`` replaces the link's for this message: a device that comes and goes holds the line while it is
        away. A message broken off at ``until_s`` ends then and frees the line; one that would still wait then
        takes no place in it, even if one ahead is withdrawn.
        """
        while self._slots and self._slots[0].end_s <= now_s:
            self._slots.popleft()
        self._idle_s += max(now_s - self.free_s, 0.0)
        self._count += 1
        return self._place(self._count, now_s, nbytes, rate or self.rate, until_s)

    def withdraw(self, now_s: float, slot: Slot) -> list[tuple[Slot, Slot]]:
        """Take back a message that waits or is under way; return (old, new) slots of those behind it.

        Whoever waits for an end must wait anew for those slots. What has been sent of it is lost
        (:meth:`sent_bits`, asked before).

        Raises:
            ValueError: its last bit has left.
        """
        if slot.end_s <= now_s or slot not in self._slots:
            raise ValueError(f"message {slot.number} has left by {now_s} s: it cannot be withdrawn")
        behind: list[Slot] = []
        while self._slots[-1] != slot:
            behind.append(self._slots.pop())
        self._slots.pop()
        self.free_s = max(slot.start_s, now_s)
        self._credit_bits = slot.credit_bits if slot.start_s > now_s else 0.0
        return [(old, self._place_again(old)) for old in reversed(behind)]

    def sent_bits(self, now_s: float, slot: Slot) -> float:
        """Return how much of a message has been sent by ``now_s``."""
        if slot.start_s >= now_s:
            return 0.0
        return min(slot.credit_bits + slot.rate.bits(slot.start_s, now_s), 8.0 * slot.nbytes)

    def backlog_bits(self, now_s: float) -> float:
        """Return what has been accepted and not yet sent."""
        waiting = (slot for slot in self._slots if slot.end_s > now_s)
        return math.fsum(8.0 * slot.nbytes - self.sent_bits(now_s, slot) for slot in waiting)

    def busy_s(self, now_s: float) -> float:
        """Return how long, up to ``now_s``, the link has had something to send."""
        return now_s - self._idle_s - max(now_s - self.free_s, 0.0)

    def _place_again(self, old: Slot) -> Slot:
        return self._place(old.number, old.arrived_s, old.nbytes, old.rate, old.until_s)

    def _place(self, number: int, arrived_s: float, nbytes: float, rate: Rate, until_s: float) -> Slot:
        credit_bits = self._credit_bits if arrived_s < self.free_s else 0.0
        start_s = max(arrived_s, self.free_s)
        if until_s <= start_s and until_s < math.inf:
            return Slot(number, arrived_s, math.inf, until_s, nbytes, 0.0, rate, until_s, False)
        need_bits = 8.0 * nbytes - credit_bits
        end_s = rate.when(start_s, need_bits) if start_s < math.inf else math.inf
        whole = end_s <= until_s
        if rate.grain_bits:
            ends = whole and end_s < math.inf
            self._credit_bits = rate.bits(start_s, end_s) - need_bits if ends else 0.0
        self.free_s = min(end_s, until_s)
        slot = Slot(number, arrived_s, start_s, self.free_s, nbytes, credit_bits, rate, until_s, whole)
        self._slots.append(slot)
        return slot


class FifoFleet:
    """One private first-come-first-served link of constant rate for each device; 16 bytes a device.

    Args:
        rates_bps: float64 [devices]; zero means that nothing arrives.
    """

    def __init__(self, rates_bps: np.ndarray) -> None:
        self.rates_bps = np.asarray(rates_bps, np.float64)
        self.free_s = np.zeros(len(self.rates_bps))

    def admit_many(
        self, devices: np.ndarray, now_s: np.ndarray | float, nbytes: np.ndarray | float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Accept one message for each of ``devices`` (int64 [n]); return start and end [s], float64 [n] each.

        A device may be named more than once: its messages queue in the order given, their time order.
        """
        devices = np.asarray(devices, np.int64)
        arrived_s = np.broadcast_to(np.asarray(now_s, np.float64), devices.shape)
        air_s = self._air_s(devices, np.broadcast_to(np.asarray(nbytes, np.float64), devices.shape))
        start_s = np.empty(len(devices))
        end_s = np.empty(len(devices))
        for turn in _turns(devices):
            start_s[turn] = np.maximum(arrived_s[turn], self.free_s[devices[turn]])
            end_s[turn] = self.free_s[devices[turn]] = start_s[turn] + air_s[turn]
        return start_s, end_s

    def _air_s(self, devices: np.ndarray, nbytes: np.ndarray) -> np.ndarray:
        bps = self.rates_bps[devices]
        never = np.where(nbytes > 0.0, np.inf, 0.0)
        return np.divide(8.0 * nbytes, bps, out=never, where=bps > 0.0)


def _turns(devices: np.ndarray) -> list[np.ndarray | slice]:
    """Split positions into turns within which no device occurs twice, in the order given."""
    order = np.argsort(devices, kind="stable")
    ranked = devices[order]
    first = np.flatnonzero(np.diff(ranked, prepend=-1))
    if len(first) == len(devices):
        return [slice(None)]
    turn = np.empty(len(devices), np.int64)
    turn[order] = np.arange(len(devices)) - np.repeat(first, np.diff(first, append=len(devices)))
    return [np.flatnonzero(turn == k) for k in range(int(turn.max()) + 1)]
