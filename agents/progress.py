"""Progress of preparations: what trains counts its steps here, and need not know who shows them.

Reports go to the callback of :func:`reporting`, which holds in this thread alone; without one they go nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: A progress callback: (what is being prepared, share done in [0, 1]).
Report = Callable[[str, float], None]

_REPORT: ContextVar[Report | None] = ContextVar("report", default=None)


@contextmanager
def reporting(report: Report | None) -> Iterator[None]:
    """Send all progress inside to ``report``."""
    before = _REPORT.set(report)
    try:
        yield
    finally:
        _REPORT.reset(before)


def counted(what: str, steps: int) -> Iterator[int]:
    """Yield 1, 2 ... ``steps``, and report after each how much of ``what`` is done."""
    report = _REPORT.get()
    for step in range(1, steps + 1):
        yield step
        if report is not None:
            report(what, step / steps)
