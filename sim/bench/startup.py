"""How long it takes until something happens: imports, the command line, the first tick."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.bench.plan import Plan
from sim.bench.result import Finding, Row, at_most
from sim.bench.subprocesses import TIME_LIMIT_S, BenchError, Measure, Reading, in_turns, wall_of
from sim.program import HOME, IN_CLONE

_RUN = (str(HOME / "run_sim.py"),) if IN_CLONE else ("-m", "driftbed")
_QUICKSTART = HOME / "scenarios" / "quickstart.yaml"
_OFTEN_S = 0.02
_ROWS = {
    "first": Row(
        "first tick of quickstart", "s", at_most(5.0), "from the command to the first rows on disk, training cached"
    ),
    "help": Row("--help", "s", None, "from the command to its end"),
    "validate": Row("validate quickstart", "s", None, "the same; neither torch nor Ray is imported"),
    "timing": Row("import of the timing plane", "s", None, "a process that imports it and ends"),
    "torch": Row("import of torch", "s", None, "likewise"),
    "ray": Row("import of Ray", "s", None, "likewise"),
}


def startup(plan: Plan) -> Iterator[Finding]:
    """Yield wall times from the start of a process."""
    # What it trains is cached from now on.
    _first_tick()
    readings = in_turns({"first": _first_tick, **_commands()}, plan.repeats)
    for name, row in _ROWS.items():
        yield row.found([reading.wall_s for reading in readings[name]], "")


def _commands() -> dict[str, Measure]:
    commands = {
        "help": (*_RUN, "--help"),
        "validate": (*_RUN, "validate", _QUICKSTART),
        "timing": ("-c", "import sim.run.assembly"),
        "torch": ("-c", "import torch"),
        "ray": ("-c", "import ray"),
    }
    return {name: partial(wall_of, *words) for name, words in commands.items()}


def _first_tick() -> Reading:
    """Run quickstart until its first windows are written, then stop it."""
    with TemporaryDirectory(prefix="driftbed-bench-") as parent:
        folder = Path(parent) / "run"
        command = [sys.executable, *_RUN, "run", str(_QUICKSTART), "--out", str(folder), "--quiet"]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            wall_s = _wait_for(folder / "windows.parquet", running, began)
            running.terminate()
    return Reading(1.0, wall_s, wall_s, {})


def _wait_for(file: Path, running: subprocess.Popen[bytes], began: float) -> float:
    while not file.exists():
        if running.poll() is not None or time.monotonic() - began > TIME_LIMIT_S:
            running.kill()
            raise BenchError("quickstart ended before its first tick")
        time.sleep(_OFTEN_S)
    return time.monotonic() - began
