"""``service: measured``: the cloud's real computing time, measured once and then kept."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from agents.cache import cache_folder
from agents.contract.costs import ServiceTime

_FILE = "service_lines.json"


def calibrated(key: str, measure: Callable[[], ServiceTime]) -> ServiceTime:
    """Return the service time kept for ``key``, measuring it if there is none.

    A time once kept stays: two runs of one scenario on one machine must have one digest. Where nothing can be
    written, every run measures again; its manifest and resolved scenario say what it found.
    """
    path = cache_folder() / _FILE
    kept = _read(path)
    if key not in kept:
        kept[key] = measure()
        _write(path, kept)
    return kept[key]


def _read(path: Path) -> dict[str, ServiceTime]:
    try:
        lines = json.loads(path.read_text())
        return {str(key): _line(**line) for key, line in lines.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _line(fixed_s: float, each_s: float, measured: list[list[float]]) -> ServiceTime:
    pairs = tuple((int(requests), float(seconds)) for requests, seconds in measured)
    return ServiceTime(float(fixed_s), float(each_s), pairs)


def _write(path: Path, kept: dict[str, ServiceTime]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as beside:
            json.dump({key: asdict(line) for key, line in kept.items()}, beside, indent=1)
        os.replace(beside.name, path)
    except OSError:
        return
