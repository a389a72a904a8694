"""The command ``bench``: how fast and how small the simulator is on this machine."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from sim.bench.groups import SLOW, chosen, measure
from sim.bench.plan import Plan
from sim.bench.report import findings_table, machine, page, row
from sim.bench.result import Finding
from sim.bench.subprocesses import BenchError
from sim.commands.exits import FAILED, OK, CommandError


def bench(options: argparse.Namespace) -> int:
    """Measure, and compare figures with their goals; a missed goal is a finding, not a failure."""
    try:
        names = chosen(options.what, quick=options.quick)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if options.write:
        _must_be_writable(Path(options.write))
    if options.quick and not options.json:
        print(f"--quick leaves out {' and '.join(SLOW)}, repeats nothing, and is rough", file=sys.stderr)
    findings: list[Finding] = []
    try:
        for finding in measure(names, _plan(options)):
            findings.append(finding)
            _note(findings, options)
    except BenchError as error:
        raise CommandError(str(error), FAILED) from error
    _print_findings(findings, as_json=options.json)
    return OK


def _plan(options: argparse.Namespace) -> Plan:
    plan = Plan.quick() if options.quick else Plan()
    return plan if options.repeats is None else replace(plan, repeats=options.repeats)


def _note(findings: list[Finding], options: argparse.Namespace) -> None:
    """Print the newest finding, and write all findings so far: an interrupted bench keeps its results."""
    if options.write:
        words = ["bench", *options.what, *(["--quick"] if options.quick else [])]
        words += [] if options.repeats is None else ["--repeats", str(options.repeats)]
        Path(options.write).write_text(page(findings, [*words, "--write", options.write]), encoding="utf-8")
    if not options.json:
        what, _, value, *_ = row(findings[-1])
        print(f"{what}: {value} {findings[-1].verdict}".rstrip(), file=sys.stderr, flush=True)


def _print_findings(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        printed = [asdict(one) | {"verdict": one.verdict} for one in findings]
        print(json.dumps({"machine": machine(), "findings": printed}, indent=2))
    else:
        Console().print(findings_table(findings))


def _must_be_writable(file: Path) -> None:
    """Fail before an hour is spent, not after."""
    try:
        with file.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(f"{file}: cannot write there ({error.strerror}); choose another --write") from None
