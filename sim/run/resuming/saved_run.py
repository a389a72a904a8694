"""Where a run keeps what it needs to go on, and what it finds there of an earlier life."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from agents.contract import DataPlane
from sim.run.forking.segments import Ancestry
from sim.run.resuming.checkpoints import Checkpoint, CheckpointInterval, Checkpoints
from sim.run.resuming.interrupts import StopRequest
from sim.run.resuming.journal import Past
from sim.run.resuming.journaled_plane import JournaledPlane, JournalSettings, Stage

FOLDER = "checkpoints"
JOURNAL = "journal"


@dataclass(frozen=True)
class SavedRun:
    """What a run remembers.

    Attributes:
        folder: of journal and checkpoints; made when something is kept.
        every: wall time between checkpoints [s], ``auto``, or ``off``: nothing is kept.
        past: the journal of an earlier life, if any.
        start: the checkpoint from which the data plane goes on; None for the start of the run.
        ancestry: what a forked run was before it became itself.
    """

    folder: Path
    every: float | str
    past: Past | None = None
    start: Checkpoint | None = None
    ancestry: Ancestry = field(default_factory=Ancestry)
    stop: StopRequest = field(default_factory=StopRequest)

    @classmethod
    def fresh(cls, run: Path, every: float | str) -> SavedRun:
        """Return the memory of a run that begins."""
        return cls(run / FOLDER, every)

    @classmethod
    def of(cls, run: Path, every: float | str, ticks: int | None = None, *, allow_plugins: bool = False) -> SavedRun:
        """Return what a run folder remembers, of its first ``ticks`` at most: nothing, if it kept nothing."""
        folder = run / FOLDER
        past = Past.read(folder / JOURNAL, ticks)
        start = None if past is None else Checkpoints(folder).newest(past.orders)
        return cls(folder, every, past, start, Ancestry.read(run, allow_plugins=allow_plugins))

    @property
    def keeps(self) -> bool:
        """Whether anything is written down, or was before."""
        return self.every != "off" or self.past is not None

    def before(self, stages: Sequence[Stage]) -> DataPlane:
        """Return what stands before the data planes of some stages: the first one itself, if nothing is kept."""
        if not self.keeps and len(stages) == 1:
            return stages[0].build()
        checkpoints, interval = Checkpoints(self.folder), CheckpointInterval(self.every)
        return JournaledPlane(
            stages, JournalSettings(self.folder / JOURNAL, checkpoints, interval, self.stop, self.past, self.start)
        )

    def deferred(self, plane: DataPlane | None) -> AbstractContextManager[None]:
        """Let the wish to stop wait for a checkpoint where there will be one."""
        return self.stop.deferred() if isinstance(plane, JournaledPlane) else nullcontext()

    def clear(self, *, wrap_plane: bool) -> None:
        """Tidy up after the end of the run; ``wrap_plane`` leaves the last checkpoints for a fork."""
        if not wrap_plane:
            Checkpoints(self.folder).forget()
