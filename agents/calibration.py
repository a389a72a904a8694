"""``service: measured``: the cloud's real computing time, measured once and then kept."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from agents.pretraining import cache_folder

_FILE = "service_times.json"


def calibrated_s(key: str, measure: Callable[[], float]) -> float:
    """Return the service time kept for ``key``, measuring it if there is none [s].

    A time once kept stays: two runs of one scenario on one machine must have one digest. Where nothing can be
    written, every run measures anew; its manifest and resolved scenario say what it found.
    """
    path = cache_folder() / _FILE
    kept = _read(path)
    if key not in kept:
        kept[key] = measure()
        _write(path, kept)
    return kept[key]


def _read(path: Path) -> dict[str, float]:
    try:
        return {str(key): float(value) for key, value in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write(path: Path, kept: dict[str, float]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as beside:
            json.dump(kept, beside, indent=1)
        os.replace(beside.name, path)
    except OSError:
        return
