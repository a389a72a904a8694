"""The reference pages of the components, one a family, written from the tables and the grammar."""

from __future__ import annotations

from collections.abc import Mapping

from agents.contract.component import Component
from sim.scenario.describing import Key, find, options_of
from sim.scenario.families import FAMILIES, PLACES

_MADE = "<!-- Made by `python run_sim.py schema --docs docs/reference`; do not edit. -->"


def rows_of(family: str) -> list[tuple[str, str, str, str]]:
    """Return (name, what it is, paper, what it needs) of each component of a family."""
    return [(name, row.about, row.paper, ", ".join(sorted(row.needs))) for name, row in FAMILIES[family].items()]


def pages() -> dict[str, str]:
    """Return the reference pages: name of the file -> its text."""
    return {f"{family}.md": _page(family, table) for family, table in FAMILIES.items()}


def _page(family: str, table: Mapping[str, Component]) -> str:
    place = PLACES[family]
    parts = [_head(family, place)]
    if keys := find(place).keys:
        parts.append(_table(keys))
    for name, row in table.items():
        options = options_of(place, name) if name in keys or find(place).kinds else {}
        parts.append(_section(name, row, options))
    return "\n".join(parts)


def _head(family: str, place: str) -> str:
    return f"{_MADE}\n\n# {family.capitalize()}\n\nChosen in a scenario by `{place}`.\n"


def _section(name: str, row: Component, options: Mapping[str, Key]) -> str:
    lines = [f"## `{name}`\n", row.about]
    if row.paper:
        lines.append(f"\nPaper: {row.paper}.")
    if row.needs:
        lines.append(f"\nNeeds: {', '.join(sorted(row.needs))}.")
    if row.gives:
        lines.append(f"\nGives: {', '.join(sorted(row.gives))}.")
    return "\n".join([*lines, "", _table(options)])


def _table(keys: Mapping[str, Key]) -> str:
    if not keys:
        return ""
    rows = [
        f"| `{name}` | {_cell(one.values or ', '.join(one.kinds))} | {_cell(one.default)} | {_cell(one.description)} |"
        for name, one in keys.items()
    ]
    return "\n".join(["| option | value | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
