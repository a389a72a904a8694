"""How far a run is, on stderr: a live bar on a terminal, a plain line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_PLAIN_EVERY_S, _LIVE_EVERY_S = 10.0, 0.2


class Progress:
    """Shows rate, accuracy and time left. Wall time is read here and does not affect the run."""

    def __init__(self, name: str, duration_s: float, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self._name, self._duration_s, self._quiet = name, duration_s, quiet
        self._out = out or sys.stderr
        self._bar = _bar(self._out) if self._out.isatty() and not quiet else None
        self._began = self._shown = time.monotonic()

    def preparing(self, what: str, share: float) -> None:
        """Show how far the preparation of something is, ``share`` in [0, 1]."""
        if self._is_time() or (share >= 1.0 and self._bar is not None):
            self._show(f"preparing {what}", share, f"{share:4.0%}", "")

    def start(self, *, silent: bool = False) -> None:
        """Count the rate from now on: preparation is over. Silent: show nothing any more, others do."""
        self._began = time.monotonic()
        if silent:
            self.close()
            self._quiet = True

    def at(self, now_s: float, samples: int, correct: int, exchanges: int) -> None:
        """Show where virtual time is, and what has been done in all."""
        if not self._is_time():
            return
        wall_s = max(time.monotonic() - self._began, 1e-9)
        left_s = wall_s * (self._duration_s - now_s) / max(now_s, 1e-9)
        share = now_s / self._duration_s
        accuracy = f", accuracy {correct / samples:.3f}" if samples else ""
        rate = f"{samples / wall_s:,.0f} samples/s" if samples else f"{exchanges / wall_s:,.0f} exchanges/s"
        self._show("", share, f"{share:4.0%} of {self._duration_s:g} s", f", {rate}{accuracy}, {left_s:.0f} s left")

    def close(self) -> None:
        """End the live bar, if there is one; the terminal is as it was before."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _is_time(self) -> bool:
        now = time.monotonic()
        if self._quiet or now - self._shown < (_PLAIN_EVERY_S if self._bar is None else _LIVE_EVERY_S):
            return False
        self._shown = now
        return True

    def _show(self, what: str, share: float, done: str, more: str) -> None:
        if self._bar is None:
            self._out.write(f"{self._name}: {f'{what} ' if what else ''}{done}{more}\n")
            self._out.flush()
            return
        if not self._bar.tasks:
            self._bar.start()
            self._bar.add_task(self._name, total=1.0, words="")
        words = f"{what} {done}{more}".strip()
        self._bar.update(self._bar.task_ids[0], completed=share, words=words, refresh=True)


def _bar(out: TextIO) -> Bar:
    # Only here: without a terminal it need not be imported.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    # Refreshed by ourselves: a thread of its own would have to survive forks.
    return Bar(*columns, console=Console(file=out), auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
