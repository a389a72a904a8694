"""What ``solve`` and ``hunt`` share: tries of one scenario, each over paired seeds, in a folder of their own."""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.commands.exits import CommandError
from sim.commands.run import evaluate_recovery, jobs_of
from sim.run.run_folder import first_free
from sim.run.run_scenario import RunOptions
from sim.run.trying import Trials


def trials_of(options: argparse.Namespace, name: str) -> Trials:
    """Return tries of a scenario that go to ``--out``, or to a new folder ``NAME-001`` below ``runs``.

    Raises:
        CommandError: there is something in that folder.
    """
    folder = Path(options.out) if options.out else first_free(Path.cwd() / "runs", name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"--out: {folder} is not empty; name another folder")
    run_options = RunOptions(quiet=True, plugins=options.allow_plugins, workers=0)
    return Trials(options.file, options.set, options.seeds, folder, run_options, evaluate_recovery, jobs_of(options))
