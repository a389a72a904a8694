"""Plays a scenario with some values changed, over paired seeds, and keeps what was played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.run.run_folder import RunFolder
from sim.run.run_scenario import EvaluateRecovery, RunOptions
from sim.run.sweep import run_sweep
from sim.scenario import load


@dataclass
class Trials:
    """Tries of one scenario, each a sweep over the same seeds in a folder of its own below ``folder``.

    ``overrides`` come before those of a try. What was tried before is not played again.
    """

    file: str
    overrides: Sequence[str]
    seeds: int
    folder: Path
    run_options: RunOptions
    evaluate_recovery: EvaluateRecovery
    jobs: int | None = None
    played: dict[tuple[str, ...], Path] = field(default_factory=dict)

    def play(self, changes: Sequence[str]) -> Path:
        """Return the folder of the sweep in which a scenario has these changes.

        Raises:
            ScenarioErrors: the scenario cannot be played so.
        """
        key = tuple(changes)
        if key not in self.played:
            path = self.folder / f"try-{len(self.played) + 1:03d}"
            # The grid and the claims are about another sweep.
            words = [*self.overrides, *key, "claims=[]", f"sweep={{seeds: {self.seeds}}}"]
            load(self.file, words, allow_plugins=self.run_options.plugins)
            folder = RunFolder.open(path)
            run_sweep(self.file, words, None, folder, self.run_options, self.evaluate_recovery, self.jobs)
            folder.release()
            self.played[key] = path
        return self.played[key]
