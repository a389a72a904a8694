"""A run as it goes on, for ``run --live``: virtual time, accuracy, the cloud's queue, bytes and the time that is left.

On a terminal a few lines are drawn again and again; elsewhere the same figures come in one line every ten seconds.
Wall time is read here and does not affect the run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from agents.contract.amounts import size_in_words
from sim.run.watching import Moment, Network, Watcher

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_PLAIN_EVERY_S, _LIVE_EVERY_S = 10.0, 0.25
#: The pause between two looks is at least so many times as long as a look, which goes through all exchanges.
_PAUSES = 20
#: From low to high, and for terminals that have no such signs.
BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.-=+*#@"
#: Columns of the screen that the figures beside a sparkline need.
_BESIDE = 54


class LiveView(Watcher):
    """Shows a run from the start of virtual time to its end."""

    def __init__(self, name: str, *, out: TextIO | None = None) -> None:
        self._name, self._out = name, out or sys.stderr
        self._live: Live | None = None
        self._accuracy: list[tuple[float, float]] = []
        self._queue: list[tuple[float, float]] = []
        self._began = time.monotonic()
        self._due = self._began

    def began(self, scenario: Mapping[str, Any], folder: Path) -> None:
        self._began = time.monotonic()
        self._due = self._began + (0.0 if self._out.isatty() else _PLAIN_EVERY_S)
        if self._out.isatty():
            self._live = _live(self._out)

    def at(self, moment: Moment) -> None:
        if moment.accuracy is not None:
            self._accuracy.append((moment.at_s, moment.accuracy))
        if time.monotonic() >= self._due or (self._live and moment.at_s >= moment.duration_s):
            self._look(moment)

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _look(self, moment: Moment) -> None:
        started = time.monotonic()
        network = moment.network()
        self._queue.append((moment.at_s, float(network.queue)))
        if self._live is None:
            self._out.write(self._line(moment, network))
            self._out.flush()
        else:
            self._live.update(self._screen(moment, network), refresh=True)
        every_s = _PLAIN_EVERY_S if self._live is None else _LIVE_EVERY_S
        ended = time.monotonic()
        self._due = ended + max(every_s, _PAUSES * (ended - started))

    def _line(self, moment: Moment, network: Network) -> str:
        accuracy = "" if moment.accuracy is None else f", accuracy {moment.accuracy:.3f}"
        return (
            f"{self._name}: {_virtual(moment)}{accuracy}, queue {network.queue}, "
            f"{_moved(network)}, {self._left(moment)}\n"
        )

    def _screen(self, moment: Moment, network: Network) -> Table:
        """Return the lines of the view: a name, a drawing, figures."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        assert self._live is not None
        console = self._live.console
        width = max(10, min(console.width - _BESIDE, 60))
        bars = BARS if "utf" in (console.encoding or "").lower() else PLAIN_BARS
        screen = Table.grid(padding=(0, 2))
        for _ in range(3):
            screen.add_column(no_wrap=True)
        bar = ProgressBar(total=moment.duration_s, completed=moment.at_s, width=width)
        screen.add_row("time", bar, Text(f"{_virtual(moment)}, {self._left(moment)}"))
        if self._accuracy:
            line = Text(sparkline(self._accuracy, moment.duration_s, width, bars), style="green")
            screen.add_row("accuracy", line, Text(_accuracy(moment, self._accuracy)))
        line = Text(sparkline(self._queue, moment.duration_s, width, bars), style="yellow")
        most = max(value for _, value in self._queue)
        screen.add_row("queue", line, Text(f"{network.queue} wait in the cloud, most {most:.0f}"))
        moved = _moved(network)
        screen.add_row("bytes", Text(f"{moment.exchanges:,} requests"), Text(moved))
        screen.title, screen.title_justify = Text(self._name, style="bold"), "left"
        return screen

    def _left(self, moment: Moment) -> str:
        wall_s = time.monotonic() - self._began
        return f"{wall_s * (moment.duration_s - moment.at_s) / max(moment.at_s, 1e-9):.0f} s left"


def sparkline(seen: Sequence[tuple[float, float]], until_s: float, width: int, bars: str = BARS) -> str:
    """Draw values over virtual time from 0 to ``until_s``, a sign a column, its height the mean within the column.

    The lowest value seen is the lowest sign, the highest the highest. A column in which nothing was seen has the value
    before; what is before the first value and after the last is blank.
    """
    sums, counts = [0.0] * width, [0] * width
    for at_s, value in seen:
        column = min(int(width * at_s / until_s), width - 1)
        sums[column] += value
        counts[column] += 1
    known = [total / count for total, count in zip(sums, counts, strict=True) if count]
    if not known:
        return " " * width
    low, high = min(known), max(known)
    steps = (len(bars) - 1) / (high - low) if high > low else 0.0
    last = max(column for column, count in enumerate(counts) if count)
    drawn = ""
    for total, count in zip(sums[: last + 1], counts, strict=False):
        drawn += bars[round((total / count - low) * steps)] if count else drawn[-1:] or " "
    return drawn.ljust(width)


def _moved(network: Network) -> str:
    return f"up {size_in_words(network.up_bytes, 3)}, down {size_in_words(network.down_bytes, 3)}"


def _virtual(moment: Moment) -> str:
    return f"{moment.at_s:g} of {moment.duration_s:g} s"


def _accuracy(moment: Moment, seen: Sequence[tuple[float, float]]) -> str:
    values = [value for _, value in seen]
    now = f"now {values[-1]:.3f}, in all {moment.correct / max(moment.samples, 1):.3f}"
    return f"{now} ({min(values):.2f} to {max(values):.2f})"


def _live(out: TextIO) -> Live:
    # Only here: without a terminal it need not be imported.
    from rich.console import Console
    from rich.live import Live

    # Refreshed by ourselves: a thread of its own would have to survive forks.
    live = Live(console=Console(file=out), auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    live.start()
    return live
