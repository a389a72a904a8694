"""A short number that tells two itineraries apart, cheap enough for every tick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.contract import Order, Orders

_STEPS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
_OTHER = np.uint64(0x9E3779B97F4A7C15)


class OrderDigest:
    """Takes in orders as they are handed over; one digest a tick.

    It is two sums over the orders, each of them well mixed with its time: orders of one instant, which different
    players may tell in different order, are the same itinerary. All else shows, but for one chance in 2^64.
    """

    def __init__(self) -> None:
        self._sums = np.zeros(2, np.uint64)

    def feed(self, orders: Orders | Sequence[Order]) -> None:
        """Take in some orders."""
        orders = Orders.of(orders)
        if not len(orders):
            return
        word = (orders.kind.astype(np.uint64) << np.uint64(8)) + orders.phase.astype(np.uint64)
        for column in (orders.ticket, orders.device, orders.at_s):
            word = _mixed(word + np.ascontiguousarray(column).view(np.uint64))
        self._sums += np.array([word.sum(dtype=np.uint64), _mixed(word ^ _OTHER).sum(dtype=np.uint64)])

    def close(self) -> bytes:
        """Return the digest of the tick, 16 bytes, and begin the next one."""
        digest = self._sums.astype("<u8").tobytes()
        self._sums = np.zeros(2, np.uint64)
        return digest


def _mixed(word: np.ndarray) -> np.ndarray:
    """Scatter the bits of each word (the finaliser of SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    word = word + _OTHER
    for shift, factor in _STEPS:
        word = (word ^ (word >> shift)) * factor
    return word ^ (word >> np.uint64(31))
