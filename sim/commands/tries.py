"""What ``solve`` and ``hunt`` share: tries of one scenario, each over paired seeds, in a folder of their own."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from sim.commands.exits import CommandError
from sim.commands.run import evaluate_recovery, jobs_of
from sim.run.run_folder import first_free
from sim.run.run_scenario import RunOptions
from sim.run.trying import Trials
from sim.scenario.layers import read_tree
from sim.scenario.loader import overridden
from sim.scenario.problems import Problem
from sim.scenario.sweep_axes import FIXED, clash_of, useless_of


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


def require_movable(options: argparse.Namespace, word: str, paths: Sequence[str], *, replaced: bool) -> None:
    """Check that each path is a place of its own that makes another run, before anything is played.

    ``word`` is the option that names them; ``replaced``: no try keeps what ``--set`` says of them.

    Raises:
        CommandError: one is not.
    """
    for path in paths:
        if path.split(".")[0] in FIXED:
            why = "; --seeds says how many seeds are played" if path in ("seed", "sweep.seeds") else ""
            raise CommandError(f"{word} {path}: is no quantity of a run{why}")
    faults: list[Problem] = []
    root = overridden(read_tree(options.file, faults), options.set, None, faults)
    if clash := clash_of(root, paths):
        raise CommandError(f"{word} {clash[0]}: {clash[1]}")
    if replaced and (useless := useless_of(root, paths, options.set)):
        raise CommandError(f"--set {useless[0]}: has no effect, for {word} {useless[1]} replaces it; leave it out")
