"""The guide for contributors as files: what its blocks write into a copy of the sources."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("sim", "agents", "analysis", "driftbed")


class Row(NamedTuple):
    """A row of a table, and what must be imported for it."""

    file: str
    table: str
    imports: str
    text: str


def blocks() -> list[tuple[str, str]]:
    """Return (head, text) of each Python block of the guide: its first line says where it belongs."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n# (.*?)\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)


def files() -> dict[str, str]:
    """Return the files that the guide writes, by path."""
    return {head: text for head, text in blocks() if ", into " not in head}


def rows() -> list[Row]:
    """Return the rows that the guide adds to tables."""
    found = []
    for head, text in blocks():
        if ", into " in head:
            file, _, table = head.partition(", into ")
            imports, _, row = text.partition("\n    ")
            found.append(Row(file, table, imports.strip(), f"    {row}"))
    return found


def shell() -> list[list[str]]:
    """Return the words of each command of ours that the guide shows."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = [
        line for text in re.findall(r"^```sh\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE) for line in text.split("\n")
    ]
    ours = [line.removeprefix("python run_sim.py ") for line in shown if line.startswith("python run_sim.py ")]
    return [line.partition(" > ")[0].split() for line in ours]


def write_tree(folder: Path) -> None:
    """Write a copy of the sources with all that the guide adds."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run_sim.py", folder)
    for file, text in files().items():
        (folder / file).write_text(text, encoding="utf-8")
    for row in rows():
        path = folder / row.file
        path.write_text(with_row(path.read_text(encoding="utf-8"), row), encoding="utf-8")


def with_row(source: str, row: Row) -> str:
    """Return a source with one row at the end of a table, and its import beside the others."""
    found = re.search(rf"^{row.table}: .*?\{{$.*?^\}}", source, re.DOTALL | re.MULTILINE)
    assert found, f"{row.file} has no table {row.table}"
    source = source[: found.end() - 1] + row.text + source[found.end() - 1 :]
    first = re.search(r"^(from|import) (?!__future__)", source, re.MULTILINE)
    assert first, f"{row.file} imports nothing"
    return source[: first.start()] + (f"{row.imports}\n" if row.imports else "") + source[first.start() :]
