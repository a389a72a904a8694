"""What was run, with which versions, and where: the content of manifest.json."""

from __future__ import annotations

import platform
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from math import inf
from typing import Any

from sim.processor import processor
from sim.program import HOME, IN_CLONE, VERSION, program
from sim.run.assembly import AssembledRun
from sim.scenario import Scenario

_PACKAGES = ("simpy", "torch", "numpy", "pyarrow", "scikit-learn", "ray", "numba")


def manifest(scenario: Scenario, live: AssembledRun) -> dict[str, Any]:
    """Return the content of manifest.json, but for where the run comes from and what it cost."""
    method, plane = scenario.method, live.simulation.plane
    workers = 0 if plane is None else plane.workers
    return {
        "name": scenario.name,
        "seed": scenario.seed,
        "tick_s": scenario.tick,
        "duration_s": scenario.duration,
        "devices": len(live.cohort_of),
        "cohorts": [{"name": c.cohort, "devices": c.devices, "link": c.link} for c in scenario.fleet],
        "method": {
            "adapter": method.adapter.kind,
            "codec": method.codec.kind,
            **({"update_codec": method.update_codec.kind} if method.update_codec else {}),
            "trigger": method.trigger.kind,
        },
        "references": list(scenario.references),
        "drift": live.drift_marks,
        "timing_only": scenario.task is None,
        "service_s": _mean_s(scenario.cloud.service),
        "service": None if live.service is None else asdict(live.service),
        "versions": dict(versions()),
        "processor": processor(),
        "kernels": None if plane is None else _kernels(),
        "git": _revision(),
        "engine": {"name": live.engine.name, "why": live.engine.why},
        "backend": "ray" if workers else "inline",
        "workers": workers,
        "device": None if plane is None else plane.device,
        "driftbed": VERSION,
        "program": program(),
        "command": sys.argv[1:],
    }


@cache
def versions() -> dict[str, str]:
    """Return the versions of all that a result may depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def _mean_s(service: Any) -> float | None:
    """Return the mean of a law; None for a word, and for a law that has none."""
    mean_s = getattr(service, "mean", inf)
    return mean_s if mean_s < inf else None


def _kernels() -> dict[str, str]:
    # Only here: timing-only runs load neither torch nor numba.
    from agents.kernels.versions import kernels

    return kernels()


def _revision() -> str | None:
    if not IN_CLONE:
        # A repository around an environment is not ours.
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(HOME), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
