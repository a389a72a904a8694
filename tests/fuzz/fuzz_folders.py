"""Run folders to be damaged: one small run, and what bytes do to a copy of it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fuzz_seeds import PLAIN_SCENARIO
from rich.console import Console

import analysis
from analysis.export import export_run
from analysis.html import page
from analysis.sections import AFTER_FIGURES, BESIDE, OPENING
from analysis.sweeps import Subject, as_sweep
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

#: What takes the place of a value, in tables and in JSON.
ODD: tuple[Any, ...] = (
    None,
    float("nan"),
    float("inf"),
    -1,
    0,
    2**62,
    1e300,
    True,
    "",
    "\x1b[31mred",
    "<b>&",
    "phones",
    [],
    [1, 2],
    {"": 0},
    {"name": 1},
    b"\xff\x00",
)


@cache
def whole_run(scratch: Path) -> Path:
    """Return the folder of a small whole run; threads for its small tables would cost most of the time."""
    pa.set_cpu_count(1)
    file = scratch / "plain.yaml"
    file.write_text(PLAIN_SCENARIO, encoding="utf-8")
    run_scenario(load(file), RunFolder.open(scratch / "whole"), RunOptions(quiet=True), lambda windows, marks: {})
    return scratch / "whole"


def damaged_run(scratch: Path, data: bytes) -> Path:
    """Return a copy of the run in which some files are not what they were; each damage takes four bytes or more."""
    folder = scratch / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole_run(scratch), folder)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".parquet", ".json", ".yaml"))
    at = 0
    while at + 4 <= len(data) and at < 32:
        which, *how = data[at : at + 4]
        path = files[which % len(files)]
        _DAMAGE[path.suffix](path, how, data[at + 4 :])
        at += 4
    return folder


def _damage_table(path: Path, how: list[int], rest: bytes) -> None:
    try:
        table = pq.read_table(path, use_threads=False)
    except (OSError, ValueError, pa.ArrowException):
        return
    if how[0] % 8 == 7:
        path.write_bytes(rest)
        return
    place = how[1] % table.num_columns
    name = table.column_names[place]
    if how[0] % 8 == 0:
        table = table.drop_columns([name])
    elif how[0] % 8 == 1:
        table = table.slice(how[2] % (table.num_rows + 1))
    elif how[0] % 8 == 2:
        table = pa.concat_tables([table, table.slice(0, how[2])])
    elif how[0] % 8 == 3:
        table = table.rename_columns([ODD_NAMES[how[2] % 4] if one == name else one for one in table.column_names])
    else:
        table = _with_odd(table, place, how[2])
    with suppress(pa.ArrowException):
        pq.write_table(table, path)


ODD_NAMES = ("", "t_s", "cohort", "\x1b")


def _with_odd(table: pa.Table, place: int, which: int) -> pa.Table:
    """Replace a column: all of it or, where the type allows, one value."""
    odd, name = ODD[which % len(ODD)], table.column_names[place]
    if not table.num_rows:
        return table
    values = table.column(place).to_pylist()
    try:
        column = (
            pa.array([odd, *values[1:]], table.column(place).type) if which >= 128 else pa.array([odd] * len(values))
        )
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        column = pa.array([odd] * len(values))
    return table.set_column(place, name, column)


def _damage_json(path: Path, how: list[int], rest: bytes) -> None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError, RecursionError):
        return
    if how[0] % 4 == 3 or not isinstance(content, dict) or not content:
        path.write_bytes(rest)
        return
    inside, key = _within(content, how[0] >> 2, how[1])
    if how[0] % 4 == 0 and isinstance(inside, dict):
        del inside[key]
    else:
        odd = ODD[how[2] % len(ODD)]
        inside[key] = None if isinstance(odd, bytes) else odd
    path.write_text(json.dumps(content), encoding="utf-8")


def _within(content: Any, deep: int, which: int) -> tuple[Any, Any]:
    """Return a container in the content, and a key of it."""
    while True:
        keys = list(content) if isinstance(content, dict) else list(range(len(content)))
        key = keys[which % len(keys)]
        below = content[key]
        if not deep or not isinstance(below, dict | list) or not below:
            return content, key
        content, deep, which = below, deep - 1, which // len(keys)


def _damage_text(path: Path, how: list[int], rest: bytes) -> None:
    content = path.read_bytes()
    at = (how[0] << 8 | how[1]) % (len(content) + 1)
    path.write_bytes(content[:at] + rest[: how[2] % 16] + content[at + how[2] // 16 :])


_DAMAGE: dict[str, Callable[[Path, list[int], bytes], None]] = {
    ".parquet": _damage_table,
    ".json": _damage_json,
    ".yaml": _damage_text,
}


def printed(subject: Subject) -> None:
    """Print and lay out all that a report says, without its figures; nothing raw may reach the terminal."""
    console = Console(width=100, file=io.StringIO(), highlight=False)
    analysis.print_comparison(subject, console)
    sweep = as_sweep(subject)
    parts = [
        section(sweep) for section in (*OPENING, *AFTER_FIGURES, *(one for many in BESIDE.values() for one in many))
    ]
    text = page("any", *(part for part in parts if part))
    assert "\x1b" not in text
    assert "\x1b[31m" not in console.file.getvalue()
    for run in sweep.runs:
        export_run(run)
