"""Private lines as plain arithmetic sees them: constant rates as numbers, and the others as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.lines.line import Line
from sim.network.rates import Rate


@dataclass(frozen=True)
class Lane:
    """The private lines of one cohort.

    Attributes:
        first: its first device.
        up_bps, down_bps: constant rates [bit/s], NaN where a rate varies.
        header_bytes: added to each message.
    """

    first: int
    up: Line
    down: Line
    up_bps: float
    down_bps: float
    header_bytes: int


class Crossings:
    """When messages have left the private lines of one direction, whose rates vary; lines are never shared."""

    def __init__(self, lines: list[Line], first: np.ndarray) -> None:
        self._lines, self._first = lines, first
        self._rates: dict[int, Rate] = {}

    def ends_s(self, device: int, sent_s: float, wire_bytes: int) -> float:
        """Return when a device's message has left its line, which is idle [s]."""
        rate = self._rates.get(device)
        if rate is None:
            line = self._lines[int(self._first.searchsorted(device, side="right")) - 1]
            rate = self._rates[device] = line.spec.rate_of(line.instance_of(device))
        return rate.when(sent_s, 8.0 * wire_bytes)
