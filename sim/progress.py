"""How far a run is, on stderr: a live line on a terminal, a plain one every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_PLAIN_EVERY_S, _LIVE_EVERY_S = 10.0, 0.2


class Progress:
    """Tells rate, accuracy and time left. Wall time is read here and decides nothing."""

    def __init__(self, name: str, duration_s: float, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self._name, self._duration_s, self._quiet = name, duration_s, quiet
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._began = self._told = time.monotonic()
        self._open_line = False

    def preparing(self, what: str, share: float) -> None:
        """Tell how far the preparation of something is, ``share`` in [0, 1]."""
        if self._is_time() or (share >= 1.0 and self._live):
            self._tell(f"{self._name}: preparing {what} {share:4.0%}")

    def start(self) -> None:
        """Count the rate from now on: preparation is over."""
        self._began = time.monotonic()

    def at(self, now_s: float, samples: int, correct: int, exchanges: int) -> None:
        """Tell where virtual time is, and what has been done in all."""
        if not self._is_time():
            return
        wall_s = max(time.monotonic() - self._began, 1e-9)
        left_s = wall_s * (self._duration_s - now_s) / max(now_s, 1e-9)
        done = f"{now_s / self._duration_s:4.0%}"
        accuracy = f", accuracy {correct / samples:.3f}" if samples else ""
        rate = f"{samples / wall_s:,.0f} samples/s" if samples else f"{exchanges / wall_s:,.0f} exchanges/s"
        self._tell(f"{self._name}: {done} of {self._duration_s:g} s, {rate}{accuracy}, {left_s:.0f} s left")

    def close(self) -> None:
        """End the live line."""
        if self._open_line:
            self._out.write("\n")
            self._open_line = False

    def _is_time(self) -> bool:
        now = time.monotonic()
        if self._quiet or now - self._told < (_LIVE_EVERY_S if self._live else _PLAIN_EVERY_S):
            return False
        self._told = now
        return True

    def _tell(self, line: str) -> None:
        if self._live:
            self._out.write(f"\r\x1b[K{line}")
            self._open_line = True
        else:
            self._out.write(line + "\n")
        self._out.flush()
