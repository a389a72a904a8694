"""How far a sweep is, on stderr: a row as a point ends; on a terminal a bar for all and one a running point."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from sim.run.watching import Moment, Watcher

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

#: Wall time between two reports of a running point.
_EVERY_S = 0.2
#: Columns of a terminal for the figures of a running point, with a bar of some columns, and for its name at least.
_WORDS, _LEAST_NAME = 40, 20
_CTRL_C = len("^C") + 1
#: Before this share of all points nothing is said of the time left: what is prepared first says little of it.
_FIRST_GUESS = 0.05
#: Called with a point that runs, how far it is in [0, 1], and its figures so far.
OnMove = Callable[[str, float, str], None]


class SweepProgress:
    """Counts points. Wall time is read here and does not affect any run."""

    def __init__(self, points: int, *, quiet: bool = False, out: TextIO | None = None, width: int = 0) -> None:
        self._points, self._quiet, self._ended, self._width = points, quiet, 0, width
        self._out = out or sys.stderr
        self._bar = self._live() if self._out.isatty() and not quiet else None
        self._running: dict[str, Any] = {}
        self._shares: dict[str, float] = {}
        self._began = time.monotonic()

    @property
    def live(self) -> bool:
        """Whether running points are shown, so that they need to report."""
        return self._bar is not None

    def moved(self, name: str, share: float, words: str) -> None:
        """Show how far a running point is."""
        if self._bar is None:
            return
        if name not in self._running:
            self._running[name] = self._bar.add_task(name, total=1.0, words="")
        self._bar.update(self._running[name], completed=share, words=words)
        self._shares[name] = share
        self._show_all(self._bar)

    def ended(self, name: str, summary: dict[str, Any] | None, failure: str = "") -> None:
        """Report that a point ended, with its figures or why it failed."""
        self._ended += 1
        if self._quiet:
            return
        width = len(str(self._points))
        number = f"[{self._ended:>{width}}/{self._points}]"
        if self._bar is None:
            self._out.write(f"{number} {name}  {failure or figures(summary or {})}\n")
            self._out.flush()
            return
        if name in self._running:
            self._bar.remove_task(self._running.pop(name))
        self._shares.pop(name, None)
        style = "red" if failure else None
        row = f"{number} {name:<{self._width}}  {failure or figures(summary or {})}"
        self._bar.console.print(row, markup=False, highlight=False, style=style)
        self._show_all(self._bar)

    def close(self) -> None:
        """End the live bars, if there are any."""
        if self._bar is not None:
            self._bar.stop()

    def _show_all(self, bar: Bar) -> None:
        """Show how far all points are, those that run by their shares."""
        wall_s, done = time.monotonic() - self._began, self._ended + sum(self._shares.values())
        left = f", {wall_s * (self._points - done) / done:.0f} s left" if done >= _FIRST_GUESS * self._points else ""
        bar.update(bar.task_ids[0], completed=done, words=f"{self._ended}/{self._points}{left}")
        bar.refresh()

    def _live(self) -> Bar:
        # Only here: without a terminal it need not be imported.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        console = Console(file=self._out)
        # What a terminal shows for Ctrl-C must not begin a line of its own: erasing the rows would leave one.
        console.width -= _CTRL_C
        # A long name is cut short before the figures beside it are.
        names = Column(no_wrap=True, max_width=max(console.width - _WORDS, _LEAST_NAME))
        columns = (
            TextColumn("{task.description}", markup=False, table_column=names),
            BarColumn(20),
            TextColumn("{task.fields[words]}", markup=False),
        )
        bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
        bar.start()
        bar.add_task("all", total=self._points, words=f"0/{self._points}")
        return bar


class PointProgress(Watcher):
    """Reports now and then how far one point is, from the process that it runs in."""

    def __init__(self, name: str, report: OnMove) -> None:
        self._name, self._report, self._shown = name, report, 0.0
        report(name, 0.0, "preparing")

    def at(self, moment: Moment) -> None:
        now = time.monotonic()
        if now - self._shown < _EVERY_S:
            return
        self._shown = now
        accuracy = f", accuracy {moment.correct / moment.samples:.3f}" if moment.samples else ""
        share = moment.at_s / moment.duration_s
        self._report(self._name, share, f"{share:4.0%} of {moment.duration_s:g} s{accuracy}")


def figures(summary: dict[str, Any]) -> str:
    """Return a point's figures in a line."""
    known = {"accuracy": "accuracy {:.4f}", "recovery_s": "recovery {:g} s", "mean_age_s": "age {:.1f} s"}
    return ", ".join(form.format(summary[name]) for name, form in known.items() if summary.get(name) is not None)
