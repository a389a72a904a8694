"""Plays scenarios once, one after another, and writes down what came out and what it took: for the gallery.

    python docs/_site/play_gallery.py [--limit SECONDS] [FILE ...]

Each is played with its own seed and the cache as it is: of a sweep, the base. What is in `gallery_played.json` stays
unless a file is named. What takes longer than the limit is left out; the gallery says so.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
PLAYED = Path(__file__).parent / "gallery_played.json"
#: Figures of a summary that are kept, where they are there.
KEPT = ("accuracy", "accuracy_static", "accuracy_oracle", "recovery_s", "exchanges", "installed", "mean_age_s")


def main(words: Sequence[str]) -> None:
    """Play what is not written down yet, or the files that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=300, help="seconds that a scenario may take")
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args(words)
    every = sorted((ROOT / "scenarios").rglob("*.yaml"))
    for file in [one.resolve() for one in asked.files] or [one for one in every if name_of(one) not in _known()]:
        found = _within(asked.limit, file)
        print(f"{name_of(file)}: {found or 'not played'}", flush=True)
        if found is not None:
            PLAYED.write_text(json.dumps({**_known(), name_of(file): found}, indent=1, sort_keys=True) + "\n", "utf-8")


def name_of(file: Path) -> str:
    """Return how the gallery calls a scenario."""
    return file.relative_to(ROOT).as_posix()


def _known() -> dict[str, Any]:
    return dict(json.loads(PLAYED.read_text("utf-8"))) if PLAYED.is_file() else {}


class _TooLongError(Exception):
    """A scenario takes longer than it may."""


def _within(limit_s: int, file: Path) -> dict[str, Any] | None:
    """Return what a scenario showed; None where it takes too long, or cannot be played here."""
    from sim.scenario import ScenarioErrors

    def late(number: int, frame: FrameType | None) -> None:
        raise _TooLongError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(limit_s)
    try:
        return played(file)
    except (_TooLongError, ScenarioErrors):
        return None
    finally:
        signal.alarm(0)


def played(file: Path) -> dict[str, Any]:
    """Return the figures of one run and its processor time [s], start of the program and report aside."""
    from sim.commands.run import evaluate_recovery
    from sim.run.run_folder import RunFolder
    from sim.run.run_scenario import RunOptions, run_scenario
    from sim.scenario import load

    began_s = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder.open(Path(scratch) / "run")
        summary = run_scenario(load(str(file)), folder, RunOptions(quiet=True), evaluate_recovery).summary
    figures = {name: summary[name] for name in KEPT if summary.get(name) is not None}
    return {"processor_s": round(time.process_time() - began_s, 1), **figures}


if __name__ == "__main__":
    main(sys.argv[1:])
