"""The command ``bench``: how fast and how small the simulator is on this machine."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from sim.bench.finding import Finding
from sim.bench.fresh import BenchError
from sim.bench.groups import SLOW, chosen, measure
from sim.bench.plan import Plan
from sim.bench.telling import findings_table, machine, page, row
from sim.commands.exits import FAILED, OK, CommandError


def bench(options: argparse.Namespace) -> int:
    """Measure, and tell how figures stand to their goals; a goal that is missed is a finding, not a failure."""
    try:
        names = chosen(options.what, quick=options.quick)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if options.write:
        _must_be_writable(Path(options.write))
    if options.quick and not options.json:
        print(f"--quick leaves out {' and '.join(SLOW)}, repeats nothing, and is rough", file=sys.stderr)
    plan = Plan.quick() if options.quick else Plan()
    try:
        findings = measure(names, plan, lambda finding: _progress(finding, quiet=options.json))
    except BenchError as error:
        raise CommandError(str(error), FAILED) from error
    _tell(findings, options)
    return OK


def _tell(findings: list[Finding], options: argparse.Namespace) -> None:
    if options.write:
        words = ["bench", *options.what, *(["--quick"] if options.quick else []), "--write", options.write]
        Path(options.write).write_text(page(findings, words), encoding="utf-8")
    if options.json:
        told = [asdict(one) | {"verdict": one.verdict} for one in findings]
        print(json.dumps({"machine": machine(), "findings": told}, indent=2))
    else:
        Console().print(findings_table(findings))


def _progress(finding: Finding, *, quiet: bool) -> None:
    if not quiet:
        what, _, value, *_ = row(finding)
        print(f"{what}: {value} {finding.verdict}".rstrip(), file=sys.stderr, flush=True)


def _must_be_writable(file: Path) -> None:
    """Find out before an hour is spent, not after."""
    try:
        with file.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(f"{file}: cannot write there ({error.strerror}); choose another --write") from None
