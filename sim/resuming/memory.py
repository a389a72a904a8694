"""Where a run keeps what it needs to go on, and what it finds there of an earlier life."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from agents.contract import DataPlane
from sim.forking.acts import Ancestry
from sim.resuming.checkpoints import Checkpoint, Checkpoints
from sim.resuming.journal import Past
from sim.resuming.kept_plane import Keeping, KeptPlane, Stage
from sim.resuming.pace import Pace
from sim.resuming.stopping import Stop

FOLDER = "checkpoints"
JOURNAL = "journal"


@dataclass(frozen=True)
class Memory:
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
    stop: Stop = field(default_factory=Stop)

    @classmethod
    def fresh(cls, run: Path, every: float | str) -> Memory:
        """Return the memory of a run that begins."""
        return cls(run / FOLDER, every)

    @classmethod
    def of(cls, run: Path, every: float | str, ticks: int | None = None, *, allow_plugins: bool = False) -> Memory:
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
        checkpoints, pace = Checkpoints(self.folder), Pace(self.every)
        return KeptPlane(stages, Keeping(self.folder / JOURNAL, checkpoints, pace, self.stop, self.past, self.start))

    def deferred(self, plane: DataPlane | None) -> AbstractContextManager[None]:
        """Let the wish to stop wait for a checkpoint where there will be one."""
        return self.stop.deferred() if isinstance(plane, KeptPlane) else nullcontext()

    def clear(self, *, keep: bool) -> None:
        """Tidy up after the end of the run; ``keep`` leaves the last checkpoints for a fork."""
        if not keep:
            Checkpoints(self.folder).forget()
