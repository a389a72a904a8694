"""Events for TensorBoard, in a folder of the run or beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from driftbed.trackers.figures import figures_of, parameters, summary_figures
from sim.run.watching import Moment, Watcher


class TensorBoard(Watcher):
    """Writes accuracy and counts against virtual time [s], and the summary; ``pip install tensorboard``.

    ``folder`` gets a folder a run (default: ``tensorboard`` in the run's own folder).
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError("this callback needs tensorboard: pip install tensorboard") from error
        self._make, self._folder = SummaryWriter, folder
        self._writer: Any = None

    def began(self, scenario: Mapping[str, Any], folder: Path) -> None:
        place = Path(self._folder) / folder.name if self._folder else folder / "tensorboard"
        self._writer = self._make(str(place))
        lines = (f"    {path}: {text}" for path, text in parameters(scenario).items())
        self._writer.add_text("scenario", "\n".join(lines))

    def at(self, moment: Moment) -> None:
        for name, value in figures_of(moment).items():
            self._writer.add_scalar(name, value, int(moment.at_s))

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None:
        for name, value in summary_figures(summary or {}).items():
            self._writer.add_scalar(name, value)
        self._writer.close()
