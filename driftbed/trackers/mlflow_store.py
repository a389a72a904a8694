"""MLflow, into a store of files or any tracking server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.environment import variable_set
from driftbed.trackers.figures import figures_of, parameters, summary_figures
from sim.run.watching import Moment, Watcher

#: MLflow takes no longer text, and so many parameters at once.
_LONGEST, _AT_ONCE = 500, 100
_ASKED = "MLFLOW_ALLOW_FILE_STORE"


class MLflow(Watcher):
    """Logs each tick with virtual time [s] as its step, and the summary; ``pip install mlflow``.

    ``store`` is a folder, or the address of a tracking server; a run each in ``experiment``.
    """

    def __init__(self, store: str | Path = "mlruns", experiment: str = "driftbed") -> None:
        try:
            from mlflow import MlflowClient
            from mlflow.entities import Metric, Param
        except ImportError as error:
            raise ImportError("this callback needs mlflow: pip install mlflow") from error
        self._metric, self._param, self._experiment = Metric, Param, experiment
        address = str(store) if "://" in str(store) else Path(store).resolve().as_uri()
        # A client of its own: MLflow's current run and tracking address belong to the process.
        # It opens a store of files only for who asks for it in the environment.
        with variable_set(_ASKED, "true"):
            self._client = MlflowClient(tracking_uri=address)
        self._run = ""

    def began(self, scenario: Mapping[str, Any], folder: Path) -> None:
        found = self._client.get_experiment_by_name(self._experiment)
        experiment = found.experiment_id if found else self._client.create_experiment(self._experiment)
        self._run = self._client.create_run(experiment, run_name=folder.name).info.run_id
        given = [self._param(_key(path), text[:_LONGEST]) for path, text in parameters(scenario).items()]
        for first in range(0, len(given), _AT_ONCE):
            self._client.log_batch(self._run, params=given[first : first + _AT_ONCE])

    def at(self, moment: Moment) -> None:
        self._log(figures_of(moment), int(moment.at_s))

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None:
        self._log(summary_figures(summary or {}), 0)
        self._client.set_terminated(self._run, "FINISHED" if summary else "KILLED")

    def _log(self, figures: Mapping[str, float], step: int) -> None:
        self._client.log_batch(self._run, [self._metric(name, value, 0, step) for name, value in figures.items()])


def _key(path: str) -> str:
    """Return a path in the letters that MLflow takes."""
    return "".join(letter if letter.isalnum() or letter in "_-. /" else "_" for letter in path)
