"""Weights & Biases, offline: files that ``wandb sync`` sends when you like."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from driftbed.trackers.figures import figures_of, parameters, summary_figures
from sim.run.watching import Moment, Watcher


class WandB(Watcher):
    """Logs each tick with its virtual time ``at_s``, and the summary; ``pip install wandb``.

    Nothing leaves the machine. ``folder`` gets the folder ``wandb`` (default: the run's own); ``mode="online"`` sends
    at once.
    """

    def __init__(
        self,
        project: str = "driftbed",
        folder: str | Path | None = None,
        mode: Literal["offline", "online"] = "offline",
    ) -> None:
        try:
            import wandb
        except ImportError as error:
            raise ImportError("this callback needs wandb: pip install wandb") from error
        self._wandb, self._project, self._folder, self._mode = wandb, project, folder, mode
        self._run: Any = None

    def began(self, scenario: Mapping[str, Any], folder: Path) -> None:
        place = Path(self._folder) if self._folder else folder
        place.mkdir(parents=True, exist_ok=True)
        self._run = self._wandb.init(
            project=self._project,
            name=folder.name,
            dir=str(place),
            mode=self._mode,
            config=parameters(scenario),
            reinit="create_new",
            settings=self._wandb.Settings(console="off", silent=True),
        )

    def at(self, moment: Moment) -> None:
        self._run.log({"at_s": moment.at_s, **figures_of(moment)})

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None:
        self._run.summary.update(summary_figures(summary or {}))
        self._run.finish(exit_code=0 if summary else 1)
