"""The command ``story``: one device over time, around a moment: requests, concepts, samples, waits, age."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import analysis
from sim.commands.exits import OK, CommandError
from sim.run.device_timeline import sample_timeline
from sim.scenario.units import TIME, UnitError

#: Devices by how they fare.
NAMES = ("worst", "median", "best")


def timeline(options: argparse.Namespace) -> int:
    """Play the run again, draw the device and print what happened around the moment."""
    run = analysis.open_run(Path(options.folder))
    device = _device(run, options.device)
    after_s, until_s = analysis.around(run, _moment(options.at))
    samples = sample_timeline(run.folder, [device], allow_plugins=options.allow_plugins)
    shown = analysis.timeline_of(run, samples, device, after_s, until_s)
    print(analysis.describe_timeline(shown))
    for line in analysis.timeline_lines(shown):
        print(line)
    folder = Path(options.out) if options.out else run.folder / "plots"
    for path in analysis.write_timeline(shown, folder):
        print(path)
    return OK


def _device(run: Any, text: str) -> int:
    if text in NAMES:
        return int(analysis.typical_devices(run)[text])
    if not text.isdigit():
        raise CommandError(f"'{text}' is no device; write its number, or {', '.join(NAMES)}")
    return int(text)


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else TIME.parse(text)
    except UnitError as error:
        raise CommandError(f"--at: {error}") from error
