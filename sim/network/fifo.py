"""First come, first served.

Lindley's recursion (Proc. Cambridge Phil. Soc. 48, 1952): a message starts when it has come and the one ahead
has gone, and ends when the integral of the rate from there meets its size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sim.network.rates.rate import Rate


class Slot(NamedTuple):
    """The place of one message on a link; times in seconds, ``inf`` if the link never gets that far.

    One that is not ``whole`` was broken off at ``end_s``.
    """

    start_s: float
    end_s: float
    whole: bool


class FifoLink:
    """A first-come-first-served link over any rate. Calls come in time order."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.free_s = 0.0
        self._credit_bits = 0.0

    def admit(self, now_s: float, nbytes: float, rate: Rate | None = None, until_s: float = math.inf) -> Slot:
        """Accept a message now; its last bit leaves at ``Slot.end_s`` (add the latency for its arrival).

        ``rate`` replaces the link's for this message: a device that comes and goes holds the line while it is
        away. A message broken off at ``until_s`` ends then and frees the line; one that would still wait then
        takes no place in it. Over packets (``rate.grain_bits``) a message that waits may begin with what the one
        ahead left of its last opportunity.
        """
        rate, start_s, need_bits = rate or self.rate, self.free_s, 8.0 * nbytes
        if start_s <= now_s:
            start_s = now_s
        else:
            need_bits -= self._credit_bits
        if until_s <= start_s and until_s < math.inf:
            return Slot(math.inf, until_s, whole=False)
        end_s = rate.when(start_s, need_bits) if start_s < math.inf else math.inf
        whole = end_s <= until_s
        if rate.grain_bits:
            ends = whole and end_s < math.inf
            self._credit_bits = rate.bits(start_s, end_s) - need_bits if ends else 0.0
        self.free_s = end_s if whole else until_s
        return Slot(start_s, self.free_s, whole)
