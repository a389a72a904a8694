"""A token bucket: a link that may burst, and then keeps to a lower rate."""

from __future__ import annotations

import math

from sim.network.rates.rate import require_rate


class TokenBucket:
    """First come, first served, shaped so that no time t carries more than ``burst_bits + refill_bps * t``.

    A message goes out at the line's rate while there are tokens, at the refill rate when there are none;
    tokens are counted as a fluid and never exceed the burst. The bucket is full at the start. Calls come in
    time order.

    Args:
        refill_bps: tokens per second [bit/s]; zero means that a spent bucket stays empty.
        burst_bits: depth of the bucket.
        line_bps: what the line carries while there are tokens; ``inf`` for bursts that take no time.

    Raises:
        ValueError: a rate or the burst is negative or not finite, or the line is slower than the refill.

    Source: Cruz, "A calculus for network delay", IEEE Trans. Information Theory 37 (1991).
    """

    def __init__(self, refill_bps: float, burst_bits: float, line_bps: float = math.inf) -> None:
        if not line_bps >= refill_bps:
            raise ValueError(f"a line of {line_bps!r} bit/s is slower than its refill of {refill_bps!r} bit/s")
        self.refill_bps = require_rate(refill_bps)
        self.burst_bits = require_rate(burst_bits)
        self.line_bps = line_bps
        self.free_s = 0.0
        self._tokens_bits = burst_bits

    def admit(self, now_s: float, nbytes: float) -> tuple[float, float]:
        """Accept a message now; return when it starts and when its last bit leaves, ``inf`` if never."""
        start_s = max(now_s, self.free_s)
        if start_s < math.inf:
            self._refill(start_s - self.free_s)
        self.free_s = start_s + self._spend(8.0 * nbytes)
        return start_s, self.free_s

    def _refill(self, idle_s: float) -> None:
        self._tokens_bits = min(self.burst_bits, self._tokens_bits + self.refill_bps * idle_s)

    def _spend(self, bits: float) -> float:
        """Take the tokens of a message; return how long it is on the line."""
        fast_bits = min(bits, self._burst_from(self._tokens_bits))
        fast_s = fast_bits / self.line_bps if fast_bits else 0.0
        self._tokens_bits = max(self._tokens_bits - fast_bits + self.refill_bps * fast_s, 0.0)
        slow_bits = bits - fast_bits
        if slow_bits <= 0.0:
            return fast_s
        self._tokens_bits = 0.0
        return fast_s + slow_bits / self.refill_bps if self.refill_bps else math.inf

    def _burst_from(self, tokens_bits: float) -> float:
        """Return how much goes out at the line's rate before the tokens run dry."""
        if self.line_bps == math.inf:
            return tokens_bits
        if self.line_bps == self.refill_bps:
            return math.inf
        return tokens_bits * self.line_bps / (self.line_bps - self.refill_bps)
