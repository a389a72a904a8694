"""Tables in JSON: a line a row, a list of rows, or a map of columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.tabular.json_text import parsed_json
from agents.tabular.sheet import Opened, Row, Sheet
from agents.tabular.text_lines import whole_text

#: Text that is read as one value.
_MOST_BYTES = 1 << 28
_Numbered = tuple[int, Mapping[str, Any]]


def is_json(opened: Opened) -> bool:
    """Return whether a file begins like JSON: with a map or a list of maps."""
    return opened.head[0][1].lstrip().startswith(("{", "["))


def json_sheet(path: Path, opened: Opened) -> Sheet:
    """Return the sheet of a JSON file: a row a line, ``[{...}, ...]``, or ``{"column": [...], ...}``.

    Columns are all names that rows have, in the order in which they are met; what a row lacks is missing.

    Raises:
        ValueError: no JSON, rows that are no maps, a value that is no cell; it names file and line (or row).
    """
    rows = list(_rows(path, opened))
    names = tuple(dict.fromkeys(name for _, row in rows for name in row))
    if not names:
        raise ValueError(f"{path}: holds no row of data")
    declared = tuple(_declared([row.get(name) for _, row in rows]) for name in names)
    return Sheet(path, names, declared, (_row(path, number, row, names) for number, row in rows))


def _rows(path: Path, opened: Opened) -> Iterator[_Numbered]:
    first = opened.head[0][1].strip()
    if first.startswith("{") and first.endswith("}") and _is_whole(first) and len(opened.head) > 1:
        for number, text in opened.lines:
            yield number, _map(f"{path}:{number}", _parsed(f"{path}:{number}", text))
        return
    whole = _parsed(str(path), whole_text(path, _MOST_BYTES).decode("utf-8", "replace"))
    rows = _by_column(path, whole) if isinstance(whole, Mapping) else whole
    for number, row in enumerate(rows, 1):
        yield number, _map(f"{path}:{number}", row)


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(location: str, text: str) -> Any:
    try:
        return parsed_json(text)
    except json.JSONDecodeError as error:
        line = location if location.rpartition(":")[2].isdigit() else f"{location}:{error.lineno}"
        raise ValueError(f"{line}: is no JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"{location}: is nested too deeply for a table") from None
    except ValueError as error:
        raise ValueError(f"{location}: {error}") from None


def _map(location: str, row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise ValueError(f"{location}: a row is a map from column to value, and not {json.dumps(row)[:40]}")
    return row


def _by_column(path: Path, columns: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a map of columns, each a list, or a map from row to value as pandas writes it."""
    if not all(isinstance(column, list | Mapping) for column in columns.values()):
        return [columns]
    lists = {name: list(one.values()) if isinstance(one, Mapping) else one for name, one in columns.items()}
    lengths = {name: len(one) for name, one in lists.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:5])
        raise ValueError(f"{path}: columns are not equally long: {said}")
    return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]


def _declared(values: Sequence[Any]) -> tuple[str, ...] | str | None:
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, bool) for value in there):
        return ("false", "true")
    if there and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return "numeric"
    kinds = {list: "list", dict: "map"}
    return next((word for kind, word in kinds.items() if any(isinstance(value, kind) for value in there)), None)


def _row(path: Path, number: int, row: Mapping[str, Any], names: Sequence[str]) -> Row:
    return Row(number, [_cell(row.get(name)) for name in names])


def _cell(value: Any) -> str:
    if value is None or isinstance(value, list | Mapping):
        return ""
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)
