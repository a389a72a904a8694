"""The commands that show finished runs: ``plot``, ``report`` and ``compare``; and the summary that ends every run."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import analysis
from sim.commands.exits import OK


def show(folder: Path, summary: dict[str, Any], options: argparse.Namespace) -> int:
    """Write report, figures and CSV tables; print the summary and where everything is."""
    report = analysis.write_report([folder])
    if options.json:
        print(json.dumps(summary | {"folder": str(folder), "report": str(report)}, indent=2))
        return OK
    analysis.print_comparison(analysis.open_folder(folder))
    figures = len({figure.stem for figure in (folder / "plots").iterdir()})
    print(f"report   {report}  ({figures} figures in {folder / 'plots'})")
    return OK


def plot(options: argparse.Namespace) -> int:
    """Draw the figures of a run or sweep."""
    subject = analysis.open_folder(Path(options.folder), _checked(options))
    for figure in analysis.write_figures(subject, Path(options.folder) / "plots"):
        print(figure)
    return OK


def report(options: argparse.Namespace) -> int:
    """Write one report about some runs."""
    print(analysis.write_report([Path(folder) for folder in options.folders], check=_checked(options)))
    return OK


def compare(options: argparse.Namespace) -> int:
    """Compare runs, paired by seed."""
    subject = analysis.compare_runs([Path(folder) for folder in options.folders], _checked(options))
    metrics = options.metric.split(",") if options.metric else None
    analysis.print_comparison(subject, metrics=metrics, base=options.base, by=options.by, sort=options.sort)
    return OK


def _checked(options: argparse.Namespace) -> bool:
    """Return whether files are compared with their sums, and report it if they are not."""
    if options.no_check:
        print("files are not compared with their SHA256SUMS", file=sys.stderr)
    return not options.no_check
