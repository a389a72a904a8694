"""Reference pages from what the program itself says: its parser, its schema, its tables and its metrics."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator

from meanings import COLUMNS, FORMULAS, UNITS

from analysis.metrics import METRICS
from sim.commands.line import main
from sim.scenario.describing import Key, UnknownKeyError, find
from sim.scenario.json_schema import json_schema

_MADE = "<!-- Made when the site is built; do not edit. -->"
#: Keys below which the grammar goes on at its own page.
_DEEPEST = 4


def commands() -> str:
    """Return the page of commands: what each says of itself when asked for help."""
    names = re.findall(r"^ {2}([a-z]+) {2,}", _help("--help"), re.MULTILINE)
    parts = [f"{_MADE}\n\n# Commands\n", "In a clone `python run_sim.py COMMAND`, else `driftbed COMMAND`.\n"]
    parts += [f"## {name}\n\n```text\n{_help(name, '--help').strip()}\n```\n" for name in dict.fromkeys(names)]
    exits = (
        "0 ok, 1 failed, 2 bad input (what was named is wrong, is not there or cannot be read), 3 environment (this "
        "machine lacks something, or does not let it be written), 4 partial and resumable, 130 interrupted and "
        "resumable."
    )
    return "\n".join([*parts, f"## Exit codes\n\n{exits}\n"])


def _help(*words: str) -> str:
    printed = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main(list(words), "run_sim.py")
    os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
    return printed.getvalue()


def grammar() -> str:
    """Return the page of the grammar: every key that is the same for all components, from the schema."""
    head = "Every key of a scenario. What a method, a task, ... takes besides stands on its own page of the reference."
    parts = [f"{_MADE}\n\n# Grammar\n\n{head}\n"]
    for name, key in _sections().items():
        parts.append(f"## `{name}`\n\n{_sentence(key.description)}\n")
        if rows := list(_rows(key, name)):
            parts.append("\n".join(["| key | value | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]))
    return "\n".join(parts)


def _sections() -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for name in json_schema()["properties"]:
        keys[name] = find(name)
        with contextlib.suppress(UnknownKeyError):
            keys[f"{name}.*"] = find(f"{name}.*")
    return keys


def _rows(key: Key, path: str, depth: int = 1) -> Iterator[str]:
    for name, below in key.keys.items():
        place = f"{path}.{name}"
        cells = (below.values or ", ".join(below.kinds), below.default, below.description)
        yield f"| `{place}` | {' | '.join(map(_cell, cells))} |"
        if depth < _DEEPEST:
            yield from _rows(below, place, depth + 1)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _cell(value: object) -> str:
    if value is None or value == "":
        return ""
    return str(value).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def columns() -> str:
    """Return the page of the tables of a run folder: each column, its unit and what it is."""
    parts = [f"{_MADE}\n\n# Columns\n\nA run folder holds Parquet tables; `pandas.read_parquet` reads each.\n"]
    for table, (about, meanings) in COLUMNS.items():
        rows = [f"| `{name}` | {unit_of(name)} | {meaning} |" for name, meaning in meanings.items()]
        head = [f"## {table}.parquet\n\n{about}\n", "| column | unit | meaning |", "| --- | --- | --- |"]
        parts.append("\n".join([*head, *rows, ""]))
    return "\n".join(parts)


def unit_of(column: str) -> str:
    """Return the unit of a column, which its name ends with; counts have none."""
    return next((unit for ending, unit in UNITS.items() if column.endswith(ending)), "")


def metrics() -> str:
    """Return the page of metrics: unit, direction and formula of each."""
    head = "Names for `compare --metric`, `plot --metric` and `summary.json`, which holds them in base units."
    better = {1: "more", -1: "less", 0: ""}
    rows = [
        f"| `{name}` | {metric.label} | {metric.unit} | {better[metric.better]} | {FORMULAS[name]} |"
        for name, metric in METRICS.items()
    ]
    table = ["| name | figure | unit | better | formula |", "| --- | --- | --- | --- | --- |", *rows, ""]
    return "\n".join([f"{_MADE}\n\n# Metrics\n\n{head}\n", *table])
