"""Measures in fresh processes: no state of one measurement can affect the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sim.program import HOME

#: A measurement that takes longer than this has gone wrong.
TIME_LIMIT_S = 1800.0


class BenchError(Exception):
    """A measurement failed; the message is one line."""


@dataclass(frozen=True)
class Reading:
    """How much was done, and what it took: seconds of wall and processor time; ``output`` is everything there is."""

    amount: float
    wall_s: float
    cpu_s: float
    output: Mapping[str, Any]

    @property
    def per_cpu_s(self) -> float:
        """How much was done in a second of processor time."""
        return self.amount / self.cpu_s

    @property
    def per_wall_s(self) -> float:
        """How much was done in a second."""
        return self.amount / self.wall_s


#: Takes one measurement.
Measure = Callable[[], Reading]


def run_fresh(module: str, *arguments: object) -> Reading:
    """Run ``python -m module arguments`` in a process of its own; its last line is JSON.

    Raises:
        BenchError: it failed, or printed nothing.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, cwd=HOME, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=True
        )
        output = json.loads(done.stdout.splitlines()[-1])
    except subprocess.CalledProcessError as error:
        raise BenchError(f"{module} failed: {(error.stderr.strip().splitlines() or ['no message'])[-1]}") from error
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        raise BenchError(f"{module} printed nothing: {error}") from error
    return Reading(output["amount"], output["wall_s"], output["cpu_s"], output)


def timed_run(file: Path, overrides: Sequence[str] = (), workers: int = 0, engine: str = "auto") -> Reading:
    """Run a scenario in a fresh process and count its samples; preparation is not counted as time."""
    return run_fresh("sim.bench.probe", "play", file, workers, engine, *overrides)


def wall_of(*arguments: object) -> Reading:
    """Time a Python command from its start to its end."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=HOME, capture_output=True, timeout=TIME_LIMIT_S)
    wall_s = time.monotonic() - began
    if done.returncode:
        raise BenchError(f"{' '.join(map(str, arguments))} failed with exit code {done.returncode}")
    return Reading(1.0, wall_s, wall_s, {})


def in_turns(measures: Mapping[str, Measure], repeats: int) -> dict[str, list[Reading]]:
    """Repeat all measurements, each taking its turn: what slows the machine for a while slows all alike."""
    readings: dict[str, list[Reading]] = {name: [] for name in measures}
    names = list(measures)
    for turn in range(repeats):
        for step in range(len(names)):
            # The order rotates: the first measurement may find a cooler processor.
            name = names[(step + turn) % len(names)]
            readings[name].append(measures[name]())
    return readings


def rate(readings: Sequence[Reading]) -> str:
    """Return how much is done in a second of processor time, in few digits."""
    return shown(median(reading.per_cpu_s for reading in readings))


def shown(value: float) -> str:
    """Return a large number in few digits, with a letter for its thousands."""
    for bound, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= bound:
            return f"{value / bound:.3g}{letter}"
    return f"{value:.3g}"
