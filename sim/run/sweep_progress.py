"""How far a sweep is, on stderr: a line as a point ends, and on a terminal one bar for all."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class SweepProgress:
    """Counts points. Wall time is read here and does not affect any run."""

    def __init__(self, points: int, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self._points, self._quiet, self._ended = points, quiet, 0
        self._out = out or sys.stderr
        self._bar = self._live() if self._out.isatty() and not quiet else None
        self._began = time.monotonic()

    def ended(self, name: str, summary: dict[str, Any] | None, failure: str = "") -> None:
        """Report that a point ended, with its figures or why it failed."""
        self._ended += 1
        if self._quiet:
            return
        width = len(str(self._points))
        line = f"[{self._ended:>{width}}/{self._points}] {name}  {failure or figures(summary or {})}"
        if self._bar is None:
            self._out.write(f"{line}\n")
            self._out.flush()
        else:
            self._bar.console.print(line, markup=False, highlight=False)
            self._bar.update(self._bar.task_ids[0], completed=self._ended, words=self._left(), refresh=True)

    def close(self) -> None:
        """End the live bar, if there is one."""
        if self._bar is not None:
            self._bar.stop()

    def _left(self) -> str:
        wall_s = time.monotonic() - self._began
        return f"{self._ended}/{self._points}, {wall_s * (self._points - self._ended) / self._ended:.0f} s left"

    def _live(self) -> Bar:
        # Only here: without a terminal it need not be imported.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("sweep"), BarColumn(), TextColumn("{task.fields[words]}", markup=False))
        bar = Progress(*columns, console=Console(file=self._out), auto_refresh=False)
        bar.start()
        bar.add_task("sweep", total=self._points, words=f"0/{self._points}")
        return bar


def figures(summary: dict[str, Any]) -> str:
    """Return a point's figures in a line."""
    known = {"accuracy": "accuracy {:.4f}", "recovery_s": "recovery {:g} s", "mean_age_s": "age {:.1f} s"}
    return ", ".join(form.format(summary[name]) for name, form in known.items() if summary.get(name) is not None)
