"""Where a run saves what it needs to resume, and what an earlier process of the run saved there."""

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
    """The saved state of a run.

    Attributes:
        folder: of journal and checkpoints; made when something is kept.
        every: wall time between checkpoints [s], ``auto``, or ``off``: nothing is kept.
        past: the journal of an earlier process, if any.
        start: the checkpoint from which the data plane goes on; None for the start of the run.
        ancestry: what a forked run was before it became itself.
        damaged: files of an earlier process that are not whole; what they held is computed again.
    """

    folder: Path
    every: float | str
    past: Past | None = None
    start: Checkpoint | None = None
    ancestry: Ancestry = field(default_factory=Ancestry)
    stop: StopRequest = field(default_factory=StopRequest)
    damaged: tuple[Path, ...] = ()

    @classmethod
    def fresh(cls, run: Path, every: float | str) -> SavedRun:
        """Return the saved state of a run that begins."""
        return cls(run / FOLDER, every)

    @classmethod
    def of(cls, run: Path, every: float | str, ticks: int | None = None, *, allow_plugins: bool = False) -> SavedRun:
        """Return the saved state in a run folder, of its first ``ticks`` at most; empty if there is none."""
        folder = run / FOLDER
        past, checkpoints = Past.read(folder / JOURNAL, ticks), Checkpoints(folder)
        start = None if past is None else checkpoints.newest(past.orders)
        damaged = [folder / name for name in checkpoints.damaged]
        if (past is None and (folder / JOURNAL).exists()) or (past is not None and not past.whole):
            damaged.insert(0, folder / JOURNAL)
        ancestry = Ancestry.read(run, allow_plugins=allow_plugins)
        return cls(folder, every, past, start, ancestry, damaged=tuple(damaged))

    @property
    def keeps(self) -> bool:
        """Whether anything is written down, or was before."""
        return self.every != "off" or self.past is not None

    def before(self, stages: Sequence[Stage]) -> DataPlane:
        """Return the plane that wraps the data planes of some stages: the first one itself, if nothing is saved."""
        if not self.keeps and len(stages) == 1:
            return stages[0].build()
        checkpoints, interval = Checkpoints(self.folder), CheckpointInterval(self.every)
        return JournaledPlane(
            stages, JournalSettings(self.folder / JOURNAL, checkpoints, interval, self.stop, self.past, self.start)
        )

    def deferred(self, plane: DataPlane | None) -> AbstractContextManager[None]:
        """Defer a request to stop until a checkpoint, where there will be one."""
        return self.stop.deferred() if isinstance(plane, JournaledPlane) else nullcontext()

    def clear(self, *, wrap_plane: bool) -> None:
        """Tidy up after the end of the run; ``wrap_plane`` leaves the last checkpoints for a fork."""
        if not wrap_plane:
            Checkpoints(self.folder).forget()
