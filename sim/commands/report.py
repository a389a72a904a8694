"""The commands that show finished runs: ``plot``, ``report`` and ``compare``; and the summary that ends every run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

import analysis
from sim.commands.exits import OK, CommandError

WIDTHS_IN = {"page": 7.0, "column": 3.5}
FORMATS = ("svg", "png", "pdf")
#: Points that are named where they cannot be shown.
_MOST_GAPS = 20


def show(folder: Path, summary: dict[str, Any], options: argparse.Namespace) -> int:
    """Print the summary; write report, figures and CSV tables, and say where everything is."""
    if options.json:
        report = analysis.write_report([folder])
        print(json.dumps(summary | {"folder": str(folder), "report": str(report)}, indent=2))
        return OK
    # The answer first: figures take seconds.
    analysis.print_comparison(analysis.open_folder(folder))
    sys.stdout.flush()
    with _drawing(options.quiet):
        report = analysis.write_report([folder])
    figures = len({figure.stem for figure in (folder / "plots").iterdir()})
    print(f"report   {report}  ({figures} figures in {folder / 'plots'})")
    return OK


@contextmanager
def _drawing(quiet: bool) -> Iterator[None]:
    """Say on a terminal that figures are drawn, for as long as they are."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield
        return
    with console.status("drawing figures"):
        yield


def plot(options: argparse.Namespace) -> int:
    """Draw the figures of a run or sweep."""
    folder = Path(options.folder)
    look = analysis.Look(_width_in(options.width), options.font, analysis.read_labels(options.labels))
    names = None if options.only is None else options.only.split(",")
    if options.metric is not None and names is not None and "response" not in names:
        raise CommandError("--metric: is what the figure 'response' shows, which --only leaves out")
    formats = options.format.split(",")
    if strange := [one for one in formats if one not in FORMATS]:
        raise CommandError(f"--format: '{strange[0]}' is none of {', '.join(FORMATS)}")
    out = Path(options.out) if options.out else folder / "plots"
    subject = analysis.open_folder(folder, _checked(options, folder))
    report_gaps(subject)
    drawn = analysis.write_figures(subject, out, names, formats, look, options.metric)
    if names and not drawn:
        raise CommandError(f"{folder}: has nothing that {' or '.join(names)} could show")
    for figure in drawn:
        print(figure)
    return OK


def _width_in(text: str) -> float:
    """Return a width in inches; a bare number is in centimetres."""
    if text in WIDTHS_IN:
        return WIDTHS_IN[text]
    try:
        width_in = float(text.removesuffix("cm")) / 2.54
    except ValueError:
        width_in = 0.0
    if not 1.0 <= width_in <= 40.0:
        raise CommandError(f"--width: '{text}' is neither {' nor '.join(WIDTHS_IN)} nor centimetres from 2.54 to 101.6")
    return width_in


def report(options: argparse.Namespace) -> int:
    """Write one report about some runs."""
    folders = [Path(folder) for folder in options.folders]
    print(analysis.write_report(folders, check=_checked(options, *folders), opened=report_gaps))
    return OK


def compare(options: argparse.Namespace) -> int:
    """Compare runs, paired by seed."""
    folders = [Path(folder) for folder in options.folders]
    subject = analysis.compare_runs(folders, _checked(options, *folders))
    report_gaps(subject)
    metrics = options.metric.split(",") if options.metric else None
    if options.form == "table":
        analysis.print_comparison(subject, metrics=metrics, base=options.base, by=options.by, sort=options.sort)
        return OK
    print(analysis.written(subject, options.form, metrics, options.base, options.by, options.sort))
    return OK


def _checked(options: argparse.Namespace, *folders: Path) -> bool:
    """Return whether files are compared with their sums, and report it if they are not."""
    if options.no_check:
        print("files are not compared with their SHA256SUMS", file=sys.stderr)
    else:
        report_unchecked(*folders)
    return not options.no_check


def report_gaps(subject: Any) -> None:
    """Name the points of a sweep that are not shown, and why."""
    gaps = analysis.as_sweep(subject).gaps
    for gap in gaps[:_MOST_GAPS]:
        print(f"left out: {gap}", file=sys.stderr)
    if len(gaps) > _MOST_GAPS:
        print(f"left out: {len(gaps) - _MOST_GAPS} more", file=sys.stderr)


def report_unchecked(*folders: Path) -> None:
    """Name the finished runs that cannot be compared with their sums."""
    for folder in (one for given in folders for one in analysis.without_sums(given)):
        said = "has no SHA256SUMS: nothing shows whether its files are what the run wrote"
        print(f"{folder}: {said}", file=sys.stderr)
