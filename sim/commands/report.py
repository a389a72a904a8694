"""The commands that show finished runs: ``plot``, ``report`` and ``compare``; and the summary that ends every run."""

from __future__ import annotations

import argparse
import json
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
    for figure in analysis.write_figures(analysis.open_folder(Path(options.folder)), Path(options.folder) / "plots"):
        print(figure)
    return OK


def report(options: argparse.Namespace) -> int:
    """Write one report about some runs."""
    print(analysis.write_report([Path(folder) for folder in options.folders]))
    return OK


def compare(options: argparse.Namespace) -> int:
    """Compare runs, paired by seed."""
    subject = analysis.compare_runs([Path(folder) for folder in options.folders])
    metrics = options.metric.split(",") if options.metric else None
    analysis.print_comparison(subject, metrics=metrics, base=options.base, by=options.by, sort=options.sort)
    return OK
