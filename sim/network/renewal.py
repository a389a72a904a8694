"""Alternating renewal: periods on and off in turn, each drawn independently (devices, outages, coverage)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import Literal

import numpy as np

from agents.seeding import Purpose, uniforms

#: A law of durations: maps uniforms in (0, 1) to seconds, by inversion.
Quantile = Callable[[np.ndarray], np.ndarray]
Start = Literal["stationary", "on", "off"]

_CHUNK = 64
_GRID = (np.arange(4096) + 0.5) / 4096
# Numbers of the three draws that come before those of the periods.
_STATE, _PICK, _PART, _PERIODS = 0, 1, 2, 3


class RenewalProcess:
    """Periods that alternate between on and off; period n of a device is a draw of its own.

    Args:
        on, off: laws of the durations.
        seed, purpose: what the draws are for; two processes of one run need two purposes.
        start: ``stationary`` begins within a period: on with probability E[on] / (E[on] + E[off]), in
            a period chosen in proportion to its length (on a grid of 4,096 quantiles of its law), at a
            uniform moment of it, so that no transient is seen; ``on`` and ``off`` begin a fresh period at 0.

    Raises:
        ValueError: a law with negative or endless durations, or that is never on for any time.

    Source: Cox, "Renewal Theory" (1962), chapters 5 and 7.
    """

    def __init__(
        self,
        on: Quantile,
        off: Quantile,
        seed: int,
        purpose: Purpose = Purpose.AVAILABILITY,
        start: Start = "stationary",
    ) -> None:
        self._off, self._on = off, on
        self._seed, self._purpose, self._start = seed, purpose, start
        self._offs, self._ons = _Durations(off), _Durations(on)
        if not self.mean_on_s > 0.0:
            raise ValueError("what is never on for any time does not alternate")

    @property
    def mean_on_s(self) -> float:
        """Return the mean duration of a period on."""
        return self._ons.mean_s

    @property
    def mean_off_s(self) -> float:
        """Return the mean duration of a period off."""
        return self._offs.mean_s

    def starts_on(self, devices: np.ndarray) -> np.ndarray:
        """Return whether each device is on in its period 0: bool [n]."""
        share = {"on": 1.0, "off": 0.0}.get(self._start, self.mean_on_s / (self.mean_on_s + self.mean_off_s))
        return self._draw(devices, _STATE) < share

    def lasting_s(self, devices: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return how long the numbered period of each device lasts: float64 [n]; 0 may be a remainder."""
        on = self.starts_on(devices) ^ (numbers % 2 == 1)
        u = self._draw(devices, numbers + _PERIODS)
        lasting_s = np.where(on, self._on(u), self._off(u))
        if self._start == "stationary" and not np.all(numbers):
            lasting_s = np.where(numbers == 0, self._remainder_s(devices, on), lasting_s)
        return lasting_s

    def _remainder_s(self, devices: np.ndarray, on: np.ndarray) -> np.ndarray:
        """Return what is left of the period that covers time 0, which is longer than average (inspection paradox)."""
        pick, part = self._draw(devices, _PICK), self._draw(devices, _PART)
        return part * np.where(on, self._ons.length_biased_s(pick), self._offs.length_biased_s(pick))

    def _draw(self, devices: np.ndarray, numbers: np.ndarray | int) -> np.ndarray:
        return uniforms(self._seed, self._purpose, devices, numbers)


class _Durations:
    """A law of durations on a grid of its quantiles."""

    def __init__(self, process: Quantile) -> None:
        self._grid_s = np.broadcast_to(np.asarray(process(_GRID), np.float64), _GRID.shape)
        if not (np.all(self._grid_s >= 0.0) and np.all(np.isfinite(self._grid_s))):
            raise ValueError("durations must be finite and not negative")
        self._cumulative_s = np.cumsum(self._grid_s)
        self.mean_s = float(self._cumulative_s[-1]) / len(_GRID)

    def length_biased_s(self, pick: np.ndarray) -> np.ndarray:
        """Return the duration of the period in which a random moment lies, by inversion of ``pick``."""
        index = np.searchsorted(self._cumulative_s, pick * self._cumulative_s[-1])
        return np.asarray(self._grid_s[np.minimum(index, len(_GRID) - 1)])


class RenewalPath:
    """One device's path of a :class:`RenewalProcess`, a pure function of time.

    Ends of periods are drawn in chunks of 64; only the start of each chunk is kept, and the chunk looked at
    last: 1 byte for every 8 periods passed, and any moment is found by bisection and one chunk of draws.
    """

    __slots__ = ("_anchors_s", "_chunk", "_device", "_ends_s", "_process", "_starts_on")

    def __init__(self, process: RenewalProcess, device: int) -> None:
        self._process = process
        self._device = device
        self._starts_on = bool(process.starts_on(np.asarray(device)))
        self._anchors_s = array("d", [0.0])
        self._chunk = -1
        self._ends_s: list[float] = []

    def available(self, t_s: float) -> bool:
        number = _CHUNK * self._chunk_at(t_s) + bisect_right(self._ends_s, t_s)
        return self._starts_on ^ (number % 2 == 1)

    def next_change_s(self, t_s: float) -> float:
        self._chunk_at(t_s)
        return self._ends_s[bisect_right(self._ends_s, t_s)]

    def table(self, until_s: float) -> tuple[bool, list[float]]:
        """Return whether it is on at 0, and when its periods end, up to beyond ``until_s`` [s]."""
        ends_s: list[float] = []
        for chunk in range(self._chunk_at(until_s) + 1):
            self._load(chunk)
            ends_s += self._ends_s
        return self._starts_on, ends_s

    def _chunk_at(self, t_s: float) -> int:
        """Load the chunk whose periods cover ``t_s``; return its number."""
        while self._anchors_s[-1] <= t_s:
            self._load(len(self._anchors_s) - 1)
            self._anchors_s.append(self._ends_s[-1])
        chunk = bisect_right(self._anchors_s, t_s) - 1
        if chunk != self._chunk:
            self._load(chunk)
        return chunk

    def _load(self, chunk: int) -> None:
        numbers = np.arange(_CHUNK * chunk, _CHUNK * (chunk + 1))
        lasting_s = self._process.lasting_s(np.asarray(self._device), numbers)
        self._ends_s = np.cumsum(np.append(self._anchors_s[chunk], lasting_s))[1:].tolist()
        self._chunk = chunk
