"""Verdicts as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from sim.verify.findings import Verdict


def verdict_table(verdicts: Iterable[Verdict]) -> Table:
    """Return one row a case: truth, simulated value, how far apart they may be, verdict."""
    table = Table("case", "truth", "simulated", "within", "verdict")
    for one in verdicts:
        numbers = (f"{one.truth:.7g}", f"{one.simulated:.7g}", f"{one.half_width:.2g}")
        table.add_row(one.case, *numbers, "[green]ok" if one.ok else "[red]MISS")
    return table
