"""A data plane that saves what a run needs to resume: it wraps the data plane and records every answer."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.contract import (
    DEVICE_COLUMNS,
    BackendError,
    Costs,
    DataPlane,
    DeviceTotals,
    Eventually,
    Exchanges,
    MessageSizes,
    ServiceTime,
    Snapshot,
    Tallies,
)
from sim.run.resuming.checkpoints import Checkpoint, CheckpointInterval, Checkpoints
from sim.run.resuming.interrupts import StopRequest
from sim.run.resuming.journal import Entry, Journal, Past
from sim.run.resuming.order_digest import OrderDigest

Build = Callable[[], DataPlane]


#: Key among the signals of a tick in the journal.
_ANSWERS = "answers"


def _with(tallies: Tallies, answers: np.ndarray) -> Tallies:
    """Return tallies together with what the timing plane was answered, if it asked for anything."""
    return replace(tallies, signals={**tallies.signals, _ANSWERS: answers}) if len(answers) else tallies


class ReplayError(Exception):
    """A run that was cut short cannot be continued; the message is one line and names the tick."""


class Stage(NamedTuple):
    """The data plane that ``build`` makes plays all ticks after tick ``after``, until the next stage."""

    after: int
    build: Build


@dataclass(frozen=True)
class JournalSettings:
    """What is saved, where and when; and what was saved before: a journal, and the checkpoint to resume from."""

    journal: Path
    checkpoints: Checkpoints
    interval: CheckpointInterval
    stop: StopRequest
    past: Past | None = None
    start: Checkpoint | None = None


class JournaledPlane:
    """Answers from the journal up to the checkpoint, then from a live plane; orders must equal those of the journal.

    Raises, from :meth:`settle` and the result of :meth:`begin`:
        ReplayError: orders or tallies of a tick are not those of the journal.
        KeyboardInterrupt: the user asked to stop; the checkpoint has been taken.
        BackendError: the run goes on on another kind of device than it began on.
    """

    def __init__(self, stages: Sequence[Stage], settings: JournalSettings) -> None:
        self._stages, self._settings = stages, settings
        self._known: Iterator[Entry] = iter(()) if settings.past is None else settings.past.entries()
        self._digest, self._tick = OrderDigest(), 0
        self._journal: Journal | None = None
        self._live: DataPlane | None = None
        if settings.start is None:
            self._live = stages[0].build()
            self.sizes, self.expires_s = self._live.sizes, self._live.expires_s
            self.learning_steps = self._live.learning_steps
            self.columns, self.device_columns = self._live.columns, self._live.device_columns
        else:
            assert settings.past is not None, "a checkpoint belongs to a journal"
            about = settings.past.about
            self.sizes, self.expires_s = MessageSizes(*about["sizes"]), about.get("expires_s")
            self.learning_steps = about.get("learning_steps")
            self.columns = tuple(about["columns"])
            self.device_columns = tuple(about.get("device_columns", DEVICE_COLUMNS))
        # What the timing plane asked of this tick, and what it was answered.
        self._answers: deque[int] = deque()
        self._upcoming = next(self._known, None)

    def open_journal(self, about: dict[str, Any]) -> None:
        """Open the journal: with what is known of the run, or behind what it holds already."""
        path, past = self._settings.journal, self._settings.past
        if past is not None:
            if self._live is not None:
                self._require_same_device(self._live)
            self._journal = Journal.resume(path, past)
            return
        path.parent.mkdir(exist_ok=True)
        sizes = [self.sizes.payload_bytes, self.sizes.update_bytes, self.sizes.from_data]
        own: dict[str, Any] = {"sizes": sizes, "columns": self.columns, "device": self.device}
        own |= {
            "device_columns": self.device_columns,
            "expires_s": self.expires_s,
            "learning_steps": self.learning_steps,
        }
        self._journal = Journal.begin(path, own | about)

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 while the journal answers."""
        return 0 if self._live is None else self._live.workers

    @property
    def device(self) -> str:
        """Which kind of device computes."""
        return self._live_plane().device

    def _require_same_device(self, live: DataPlane) -> None:
        past = self._settings.past
        # Journals without a device are of runs on the processor.
        began = "cpu" if past is None else past.about.get("device", "cpu")
        if live.device != began:
            raise BackendError(
                f"the run began on {began}, and this is {live.device}: another kind of device gives other results; "
                f"go on where it began, or run it again"
            )

    @property
    def ahead(self) -> int:
        """How many intervals may be begun before the tallies of the first are asked for.

        None where something is to be saved or changed: that requires a moment with no tick in progress.
        """
        still = self._settings.stop.asked or self._settings.interval.due() or self._next_stage() is not None
        return 0 if still or self._live is None else self._live.ahead

    def settle(self, exchanges: Exchanges, until_s: float) -> Tallies:
        """Apply ``exchanges``, or answer from the journal; record new answers."""
        return self.begin(exchanges, until_s).get()

    def begin(self, exchanges: Exchanges, until_s: float) -> Eventually[Tallies]:
        """Do as :meth:`settle` does, but return the tallies later; the caller must take all of them, in order."""
        self._digest.feed(exchanges)
        self._tick += 1
        tick, digest, known = self._tick, self._digest.close(), self._upcoming
        self._upcoming, answers = next(self._known, None), np.array(self._answers, np.int64)
        self._answers.clear()
        if self._live is None:
            return self._replayed(digest, until_s, known)
        coming = self._live.begin(exchanges, until_s)
        return Eventually(lambda: self._journaled(tick, Entry(digest, _with(coming.get(), answers)), known))

    def _replayed(self, digest: bytes, until_s: float, known: Entry | None) -> Eventually[Tallies]:
        """Answer from the journal; go live once the tick of the checkpoint is over."""
        assert known is not None, "a checkpoint lies within its journal"
        self._check(self._tick, Entry(digest, replace(known.tallies, until_s=until_s)), known)
        start = self._settings.start
        if start is not None and start.tick == self._tick:
            self._live = [stage.build for stage in self._stages if stage.after <= self._tick][-1]()
            self._require_same_device(self._live)
            self._restore(self._live, start)
        return Eventually(lambda: known.tallies)

    def _restore(self, live: DataPlane, start: Checkpoint) -> None:
        try:
            live.restore(start.snapshot)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ReplayError(
                f"the checkpoint of tick {start.tick} does not fit this code ({type(error).__name__}: {error}); "
                "was the code or a library changed since? run it again from the start"
            ) from error

    def _journaled(self, tick: int, entry: Entry, known: Entry | None) -> Tallies:
        if known is not None:
            self._check(tick, entry, known)
        elif self._journal is not None:
            self._journal.append(entry)
        if tick == self._tick:
            self._between_ticks(entry.orders)
        return entry.tallies

    def _between_ticks(self, orders: bytes) -> None:
        """Save, stop or change the plane, now that nothing is under way."""
        stop, interval = self._settings.stop, self._settings.interval
        if stop.asked or interval.due():
            self._take_checkpoint(orders)
        if stop.asked:
            raise KeyboardInterrupt
        if (stage := self._next_stage()) is not None:
            before = self._live_plane()
            snapshot = before.checkpoint()
            before.close()
            self._live = stage.build()
            self._live.restore(snapshot)

    def _next_stage(self) -> Stage | None:
        """Return the stage that follows the present tick, if one does."""
        return next((stage for stage in self._stages[1:] if stage.after == self._tick), None)

    def _check(self, tick: int, entry: Entry, known: Entry) -> None:
        if (what := entry.differs(known)) is not None:
            raise ReplayError(
                f"tick {tick} (up to {known.tallies.until_s:g} s) is not what it was: {what}; "
                "was the code, a data file or a library changed since? run it again from the start"
            )

    def _take_checkpoint(self, orders: bytes) -> None:
        assert self._journal is not None
        began = time.monotonic()
        # A checkpoint is worth nothing without the journal up to it.
        self._journal.sync()
        self._settings.checkpoints.write(Checkpoint(self._tick, orders, self._live_plane().checkpoint()))
        self._settings.interval.took(time.monotonic() - began)

    def carry_out(self, exchanges: Exchanges) -> None:
        """Apply ``exchanges`` without closing the interval."""
        self._digest.feed(exchanges)
        if self._live is not None:
            self._live.carry_out(exchanges)

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps a device takes to learn what it learns under a ticket."""
        return int(self._answers_of(lambda live: np.array([live.steps_of(ticket, device)]))[0])

    def _answers_of(self, ask: Callable[[DataPlane], np.ndarray]) -> np.ndarray:
        """Ask the live plane, or answer as it did; what it answers belongs to the tick, as tallies do."""
        if self._live is None:
            return self._remembered_answer()
        answer = ask(self._live)
        self._answers += [len(answer), *answer.tolist()]
        return answer

    def _remembered_answer(self) -> np.ndarray:
        if not self._answers and self._upcoming is not None:
            self._answers.extend(self._upcoming.tallies.signals[_ANSWERS].tolist())
        count = self._answers.popleft()
        return np.array([self._answers.popleft() for _ in range(count)], np.int64)

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        return self._live_plane().totals()

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads that were collected and not adapted to yet: int64 [tickets]."""
        return self._answers_of(lambda live: live.payload_bytes_of(tickets))

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates that were adapted and are not installed yet: int64 [tickets]."""
        return self._answers_of(lambda live: live.update_bytes_of(tickets))

    def ground_truth(self) -> Mapping[str, np.ndarray]:
        """Return the concepts in force of each device, and their intervals."""
        return self._live_plane().ground_truth()

    def checkpoint(self) -> Snapshot:
        """Return the checkpoint of the live plane."""
        return self._live_plane().checkpoint()

    def restore(self, snapshot: Snapshot) -> None:
        """Restore the live plane from a checkpoint."""
        self._live_plane().restore(snapshot)

    @property
    def costs(self) -> Costs:
        """What devices and the cloud compute, in multiply-adds."""
        return self._live_plane().costs

    def measure_service(self) -> ServiceTime:
        """Return how long the cloud really computes on this machine."""
        return self._live_plane().measure_service()

    def _live_plane(self) -> DataPlane:
        assert self._live is not None, "the journal holds the recorded answers only"
        return self._live

    def close(self) -> None:
        """Release workers, memory and the journal."""
        if self._journal is not None:
            self._journal.close()
        if self._live is not None:
            self._live.close()
