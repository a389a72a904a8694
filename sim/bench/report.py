"""Findings as text: a table on the terminal, and the page of figures in the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from sim.bench.result import Finding
from sim.run.manifest import versions

_HEAD = """# Performance

Figures of one machine on one day, written by one command; ratios travel better than seconds. Each figure is the
median of its repeats, with the least and the largest in brackets. Every measurement ran in a fresh process, and what is
compared took turns. Ratios of one process to another are by processor time, so that other work on the machine
disturbs them less; wall times stand beside them.
"""
_COLUMNS = ("what", "goal", "measured", "spread", "verdict", "behind it")


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return one row a finding, for the terminal."""
    table = Table(*_COLUMNS)
    colours = {"ok": "[green]ok", "missed": "[red]missed"}
    for one in findings:
        what, goal, value, spread, verdict, detail = row(one)
        table.add_row(what, goal, value, spread, colours.get(verdict, verdict), detail)
    return table


def row(one: Finding) -> tuple[str, ...]:
    """Return a finding as the words of :data:`_COLUMNS`."""
    goal = "" if one.goal is None else f"{'>=' if one.goal.at_least else '<='} {number(one.goal.bound)}"
    value = f"{number(one.value)} {one.unit}".strip()
    spread = "" if one.low == one.high else f"{number(one.low)} to {number(one.high)}"
    return one.what, goal, value, spread, one.verdict, one.detail


def number(value: float) -> str:
    """Return a figure in three digits, whole from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def page(findings: Sequence[Finding], command: Sequence[str]) -> str:
    """Return ``docs/performance.md``."""
    lines = [_HEAD, f"Made by `python run_sim.py {' '.join(command)}` on {_today()}, {machine()}.", _busy(), ""]
    lines += [f"| {' | '.join(_COLUMNS)} |", f"|{' --- |' * len(_COLUMNS)}"]
    for one in findings:
        what, goal, value, spread, verdict, detail = row(one)
        marked = f"**{verdict}**" if verdict == "missed" else verdict
        lines.append(f"| {what} | {goal} | {value} | {f'[{spread}]' if spread else ''} | {marked} | {detail} |")
    lines += ["", "What was done:", ""]
    lines += [f"* **{one.what}**: {one.why}." for one in findings]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Return what the figures were taken on: processor, system, versions."""
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} processors, {platform.system()} {platform.machine()}; {named}"


def _busy() -> str:
    """Return how busy the machine is: load affects seconds more than ratios."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f"When this was written {load:.1f} processes wanted a processor, those of the bench included."


def _processor() -> str:
    output = Path("/proc/cpuinfo")
    if output.exists():
        for line in output.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")
