"""What others see of a run while it goes on: a live view, a tracker of experiments, a callback of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sim.kernel.records import ABORTED, LOST, REJECTED, SUPERSEDED


@dataclass(frozen=True)
class Network:
    """What is under way at a moment: requests that wait in the cloud, bytes that have arrived at either end."""

    queue: int
    up_bytes: int
    down_bytes: int


@dataclass(frozen=True)
class Moment:
    """Where a run is at the end of a tick: virtual time, samples of the tick and in all, exchanges so far.

    ``network`` looks through all exchanges so far: call it now and then, not every tick of a long run.
    """

    at_s: float
    duration_s: float
    tick_samples: int
    tick_correct: int
    samples: int
    correct: int
    exchanges: int
    network: Callable[[], Network] = field(repr=False, compare=False)

    @property
    def accuracy(self) -> float | None:
        """Return the share of right answers within the tick; None where nothing was asked."""
        return self.tick_correct / self.tick_samples if self.tick_samples else None


class Watcher:
    """Is called as a run goes on, in the process and thread of the run. Override what you need.

    What it does must not change the run: a digest is the same with and without.
    """

    def began(self, scenario: Mapping[str, Any], folder: Path) -> None:
        """Virtual time starts; ``scenario`` is the resolved one, quantities as text."""

    def at(self, moment: Moment) -> None:
        """A tick is over."""

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None:
        """The run is over; None where it was cut short."""


class Watching(Protocol):
    """What a run calls of a watcher."""

    def began(self, scenario: Mapping[str, Any], folder: Path) -> None: ...

    def at(self, moment: Moment) -> None: ...

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None: ...


class Watchers:
    """Several watchers of one run, called one after another."""

    def __init__(self, watchers: Sequence[Watching], folder: Path) -> None:
        self._watchers, self._folder, self._summary = watchers, folder, None
        self._begun = False

    def __bool__(self) -> bool:
        return bool(self._watchers)

    def began(self, resolved: Callable[[], Mapping[str, Any]]) -> None:
        """Report that virtual time starts; ``resolved`` returns the scenario in its long form."""
        self._begun = True
        for watcher in self._watchers:
            watcher.began(resolved(), self._folder)

    def at(self, moment: Moment) -> None:
        """Report that a tick is over."""
        for watcher in self._watchers:
            watcher.at(moment)

    def finished(self, summary: Any) -> None:
        """Keep the summary of a complete run, for the end."""
        self._summary = summary

    def close(self) -> None:
        """Report the end, however it came."""
        for watcher in self._watchers if self._begun else ():
            watcher.ended(self._summary, self._folder)


def network_at(columns: Mapping[str, np.ndarray], now_s: float) -> Network:
    """Return what is under way at ``now_s``, from the exchanges so far; their times may lie in the future."""
    reached, returned = columns["reached_s"] <= now_s, columns["returned_s"] <= now_s
    over = np.isin(columns["outcome"], (LOST, ABORTED, REJECTED, SUPERSEDED))
    waits = reached & ~(columns["started_s"] <= now_s) & ~over
    return Network(
        int(waits.sum()), int(columns["up_bytes"][reached].sum()), int(columns["down_bytes"][returned].sum())
    )
