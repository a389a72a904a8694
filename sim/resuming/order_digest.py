"""A short number that tells two itineraries apart, cheap enough for every tick."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from agents.contract import Adapt, Collect, Discard, Install, Order, Progress

_KINDS = {Collect: 1, Adapt: 2, Install: 3, Progress: 4, Discard: 5}


class OrderDigest:
    """Takes in orders as they are handed over; one digest a tick."""

    def __init__(self) -> None:
        self._sha = blake2b(digest_size=16)

    def feed(self, orders: Sequence[Order]) -> None:
        """Take in some orders.

        Orders are tuples of whole numbers and times; Python hashes those alike in every process (only text is
        salted), at 20 ns an order. Their kinds are no part of such a hash.
        """
        if orders:
            self._sha.update(bytes([_KINDS[type(order)] for order in orders]))
            self._sha.update(hash(tuple(orders)).to_bytes(8, "little", signed=True))

    def close(self) -> bytes:
        """Return the digest of the tick, 16 bytes, and begin the next one."""
        digest = self._sha.digest()
        self._sha = blake2b(digest_size=16)
        return digest
