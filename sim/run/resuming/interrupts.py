"""Ctrl-C, SIGTERM and SIGHUP: handled between two ticks where state can be saved, and at once elsewhere."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sim.program import program

#: Time limit of the present tick after a signal; a longer one is abandoned [s].
TIME_LIMIT_S = 20.0

#: Set where a run that was asked to stop had nothing left but its end: what would be run after it is not begun.
TOO_LATE = threading.Event()

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A run was stopped by its user; the message is one line and says how it goes on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder

    def __str__(self) -> str:
        # Said when it is printed: until then a trial's folder, which does not stay, is gone.
        return f"interrupted; {resume_line(self._folder)}"


def resume_line(folder: Path) -> str:
    """Return how the run or sweep in ``folder`` goes on."""
    if not folder.exists():
        return "its folder is gone: run it again"
    return f"resume with: {program()} resume {shlex.quote(str(folder))}"


class StopRequest:
    """A request to stop. While :meth:`deferred`, the first signal only sets ``asked``; any other raises at once."""

    def __init__(self) -> None:
        self.asked = self._waits = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Turn these signals into KeyboardInterrupt; where a signal is ignored, it stays so."""
        # Python lets only the main thread handle signals.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        _install({number: self._handle for number in _SIGNALS if before[number] is not signal.SIG_IGN})
        try:
            yield
        finally:
            _install(before)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the first signal only set ``asked``, which the caller checks."""
        self._waits = True
        try:
            yield
            if self.asked:
                TOO_LATE.set()
        finally:
            self._waits = False

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Let the first signal wait for the end of the block: an exception would abort native code that loads."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
        if self.asked:
            raise KeyboardInterrupt

    def raise_lost(self) -> None:
        """Raise once more what a signal raised where nothing hears it: Python drops what a finaliser raises."""
        if self.asked and not self._waits:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if not self._waits or again:
            raise KeyboardInterrupt
        timer = threading.Timer(TIME_LIMIT_S, self._raise_again)
        timer.daemon = True
        timer.start()

    def _raise_again(self) -> None:
        if self._waits:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _install(handlers: dict[signal.Signals, Any | Callable[..., Any]]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
