"""The command ``story``: one device over time, around a moment: requests, concepts, samples, waits, age."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import analysis
from sim.commands.exits import OK, CommandError
from sim.commands.line_breaks import broken
from sim.commands.report import report_unchecked
from sim.run.device_timeline import sample_timeline
from sim.scenario.units import TIME, UnitError

#: Devices by how they fare.
NAMES = ("worst", "median", "best")


def timeline(options: argparse.Namespace) -> int:
    """Play the run again, draw the device and print what happened around the moment."""
    run = analysis.open_run(Path(options.folder))
    report_unchecked(run.folder)
    device = device_of(run, options.device)
    at_s = _moment(options.at)
    if at_s is not None and at_s > run.played_s:
        raise CommandError(f"--at {options.at}: is not within the run, of which {TIME.format(run.played_s)} was played")
    after_s, until_s = analysis.around(run, at_s)
    samples = sample_timeline(run.folder, [device], allow_plugins=options.allow_plugins)
    shown = analysis.timeline_of(run, samples, device, after_s, until_s)
    print(broken(analysis.describe_timeline(shown)))
    for line in analysis.timeline_lines(shown):
        print(broken(line))
    folder = Path(options.out) if options.out else run.folder / "plots"
    for path in analysis.write_timeline(shown, folder):
        print(path)
    return OK


def device_of(run: Any, text: str) -> int:
    """Return the number of a device that is given by it, or by how it fares.

    Raises:
        RunError: it is neither, or so few devices were judged that none has this name.
    """
    known = analysis.typical_devices(run)
    if text in known:
        return int(known[text])
    if text in NAMES:
        judged = f"too few devices were judged for a {text} one" if known else "no device of it was judged"
        raise analysis.RunError(f"{run.folder}: {judged}; write the number of a device")
    if not text.isdecimal() or len(text) > 12:
        raise analysis.RunError(f"'{text[:40]}' is no device; write its number, or {', '.join(NAMES)}")
    return int(text)


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else TIME.parse(text)
    except UnitError as error:
        raise CommandError(f"--at: {error}") from error
