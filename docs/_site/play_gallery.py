"""Plays scenarios once, one after another, and writes down what came out and what it took: for the gallery.

    python docs/_site/play_gallery.py [--limit SECONDS] [--set KEY=VALUE] [FILE ...]

Each is played with its own seed and the cache as it is: of a sweep, the base. What is in `gallery_played.json` stays
unless a file is named. Of what takes more processor time than the limit, how far it came is written, from which the
gallery says how long the whole would take. With `--set` a smaller size is played, and the gallery says which; what is
known of the whole's time stays beside it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    parser.add_argument("--limit", type=float, default=300, help="seconds of processor time that a scenario may take")
    parser.add_argument("--set", action="append", default=[], help="a smaller size, as with `run`")
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args(words)
    every = sorted((ROOT / "scenarios").rglob("*.yaml"))
    for file in [one.resolve() for one in asked.files] or [one for one in every if name_of(one) not in _known()]:
        found = _found(file, asked.set, asked.limit)
        print(f"{name_of(file)}: {found}", flush=True)
        if found is not None:
            found = {**_of_whole(name_of(file), asked.set), **found}
            PLAYED.write_text(json.dumps({**_known(), name_of(file): found}, indent=1, sort_keys=True) + "\n", "utf-8")


def name_of(file: Path) -> str:
    """Return how the gallery calls a scenario."""
    return file.relative_to(ROOT).as_posix()


def _known() -> dict[str, Any]:
    return dict(json.loads(PLAYED.read_text("utf-8"))) if PLAYED.is_file() else {}


def _of_whole(name: str, smaller: Sequence[str]) -> dict[str, Any]:
    """Return what is known of how long the whole takes, of what is now played smaller."""
    known = _known().get(name, {}) if smaller else {}
    return {part: known[part] for part in ("stopped_at", "would_take_s", "prepared_for_s") if part in known}


class _TooLongError(Exception):
    """A scenario takes more processor time than it may."""


class _Reached:
    """Watches a run: the share of its virtual time that is over, and when that began."""

    def __init__(self) -> None:
        self.share, self.began_s = 0.0, 0.0

    def began(self, scenario: Any, folder: Path) -> None:
        self.began_s = time.process_time()

    def at(self, moment: Any) -> None:
        self.share = moment.at_s / moment.duration_s

    def ended(self, summary: Any, folder: Path) -> None:
        """Nothing is left to note."""


def _found(file: Path, changes: Sequence[str], limit_s: float) -> dict[str, Any] | None:
    """Return what a scenario showed, or how long it would take; None where it cannot be played here."""
    from sim.scenario import ScenarioErrors

    reached, began_s = _Reached(), time.process_time()
    try:
        with _within(limit_s):
            return played(file, changes, reached)
    except ScenarioErrors as errors:
        print(errors)
        return None
    except _TooLongError:
        if not reached.share:
            return {"prepared_for_s": round(limit_s)}
        before_s = reached.began_s - began_s
        whole_s = before_s + (time.process_time() - reached.began_s) / reached.share
        return {"stopped_at": round(reached.share, 3), "would_take_s": round(whole_s)}


@contextmanager
def _within(limit_s: float) -> Iterator[None]:
    """Raise once so much processor time is over."""

    def late(number: int, frame: FrameType | None) -> None:
        raise _TooLongError

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def played(file: Path, changes: Sequence[str], reached: _Reached) -> dict[str, Any]:
    """Return the figures of one run and its processor time [s], start of the program and report aside."""
    from sim.commands.run import evaluate_recovery
    from sim.run.run_folder import RunFolder
    from sim.run.run_scenario import RunOptions, run_scenario
    from sim.scenario import load

    began_s = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder.open(Path(scratch) / "run")
        # All in this process: the time of workers is theirs.
        run_options = RunOptions(quiet=True, workers=0, watchers=(reached,))
        summary = run_scenario(load(str(file), changes), folder, run_options, evaluate_recovery).summary
    figures = {name: summary[name] for name in KEPT if summary.get(name) is not None}
    smaller = {"smaller": list(changes)} if changes else {}
    return {"processor_s": round(time.process_time() - began_s, 1), **smaller, **figures}


if __name__ == "__main__":
    main(sys.argv[1:])
