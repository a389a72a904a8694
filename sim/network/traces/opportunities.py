"""Mahimahi's service: a link that may send one packet at each of a list of milliseconds."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from sim.network.rates.steps import Steps

# Moments closer than this to an opportunity are at it: a float of seconds cannot hold every millisecond.
_SNAP_MS = 1e-3


class Opportunities:
    """One packet may cross at each listed millisecond; what is not used is lost.

    The link repeats at its last time stamp, as the original does: an opportunity at the end of one lap and
    one at 0 of the next fall together. An opportunity at the very moment a message comes is not for it.
    A message of n bytes that finds the link idle at t ends at the ceil(n / 1500)-th opportunity after t.
    All counts are integers, so nothing drifts at any horizon. :attr:`grain_bits` makes queues hand what a
    message leaves of its last opportunity to the message that is already waiting behind it.

    Args:
        times_ms: sorted whole milliseconds; n equal ones are n packets.
        packet_bytes: what one opportunity carries.
        repeat: start again at the end; otherwise nothing crosses after it.
        offset_s: where in the trace time 0 lies, to the millisecond.

    Raises:
        ValueError: empty, unsorted or negative times, or a trace that lasts no time at all.

    Source: Netravali et al., "Mahimahi", USENIX ATC 2015; Winstein et al., "Sprout", NSDI 2013 (traces).
    """

    __slots__ = ("_offset_ms", "_times_ms", "packet_bytes", "repeat")

    def __init__(
        self,
        times_ms: Sequence[int] | np.ndarray,
        packet_bytes: int = 1500,
        *,
        repeat: bool = True,
        offset_s: float = 0.0,
    ) -> None:
        times = np.asarray(times_ms, np.int64)
        if len(times) == 0 or times[0] < 0 or np.any(np.diff(times) < 0) or times[-1] == 0:
            raise ValueError("opportunities must be sorted milliseconds >= 0 that span some time")
        self._times_ms = array("q", times.tobytes())
        self._offset_ms = self._checked_offset(offset_s, repeat)
        self.packet_bytes = packet_bytes
        self.repeat = repeat

    def shifted(self, offset_s: float, *, repeat: bool | None = None) -> Opportunities:
        """Return the same trace seen from ``offset_s`` further on; the time stamps are shared."""
        view = Opportunities.__new__(Opportunities)
        view._times_ms = self._times_ms
        view.packet_bytes = self.packet_bytes
        view.repeat = self.repeat if repeat is None else repeat
        view._offset_ms = view._checked_offset(self._offset_ms / 1e3 + offset_s, view.repeat)
        return view

    @property
    def table(self) -> tuple[array[int], int]:
        """Return (times [ms], which all views share; offset [ms])."""
        return self._times_ms, self._offset_ms

    @property
    def grain_bits(self) -> float:
        return 8.0 * self.packet_bytes

    @property
    def period_s(self) -> float:
        """Return the length of one lap [s]."""
        return self._times_ms[-1] / 1e3

    @property
    def end_s(self) -> float:
        """Return when the trace ends: ``inf`` if it repeats."""
        return math.inf if self.repeat else (self._times_ms[-1] - self._offset_ms) / 1e3

    @property
    def mean_bps(self) -> float:
        """Return the rate averaged over the whole trace."""
        return self.grain_bits * len(self._times_ms) / self.period_s

    def at(self, t_s: float) -> float:
        """Return the mean rate over the second that ends at ``t_s``: an instant has none."""
        return self.bits(t_s - 1.0, t_s)

    def bits(self, from_s: float, until_s: float) -> float:
        return self.grain_bits * (self._passed(until_s) - self._passed(from_s))

    def when(self, from_s: float, bits: float) -> float:
        if bits <= 0.0:
            return from_s
        # A billionth of a packet is rounding, not a packet.
        needed = max(math.ceil(bits / self.grain_bits - 1e-9), 1)
        cycle, index = divmod(self._passed(from_s) + needed - 1, len(self._times_ms))
        if cycle and not self.repeat:
            return math.inf
        return (cycle * self._times_ms[-1] + self._times_ms[index] - self._offset_ms) / 1e3

    def next_change_s(self, t_s: float) -> float:
        return self.when(t_s, self.grain_bits)

    def smoothed(self, bin_s: float) -> Steps:
        """Return the fluid of the same bits in bins of ``bin_s``: for disciplines that share a fluid."""
        bins = max(math.ceil(self.period_s / bin_s - 1e-9), 1)
        starts_s = np.arange(bins) * bin_s
        edges_ms = np.append(starts_s * 1e3, self._times_ms[-1] + 1)
        counts = np.histogram(np.asarray(self._times_ms), edges_ms)[0]
        widths_s = np.diff(np.append(starts_s, self.period_s))
        rates_bps = self.grain_bits * counts / widths_s
        fluid = Steps(starts_s.tolist(), rates_bps.tolist(), self.period_s, repeat=self.repeat)
        return fluid.shifted(self._offset_ms / 1e3)

    def _passed(self, t_s: float) -> int:
        """Return how many opportunities lie at or before ``t_s``, counted from the start of lap 0."""
        t_ms = math.floor(t_s * 1e3 + _SNAP_MS) + self._offset_ms
        cycle, phase_ms = divmod(t_ms, self._times_ms[-1]) if self.repeat else (0, t_ms)
        return cycle * len(self._times_ms) + bisect_right(self._times_ms, phase_ms)

    def _checked_offset(self, offset_s: float, repeat: bool) -> int:
        if not offset_s >= 0.0:
            raise ValueError(f"an offset of {offset_s!r} s must not be negative")
        offset_ms = round(offset_s * 1e3)
        return offset_ms % self._times_ms[-1] if repeat else min(offset_ms, self._times_ms[-1])
