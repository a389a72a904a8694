"""How a file of interactions is laid out: its separator, whether it has a header, where which column is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.tabular.moments import is_moment
from agents.tasks.recommendation.column_roles import by_name

#: Separators that are tried, in this order; the first that cuts the first line into at least three wins.
SEPARATORS = ("::", "\t", ",", ";", "|", " ")
#: Columns of a log and their default positions. A rating is optional, and only checked; a weight is only what is named.
COLUMNS: Mapping[str, str | int | None] = {"user": 0, "item": 1, "rating": 2, "timestamp": 3, "weight": None}
_WITHOUT_HEADER = 4


@dataclass(frozen=True)
class Layout:
    """How to cut lines and what is where.

    Attributes:
        columns: name of a column of the log -> its number in the file, from 0.
        width: columns of the file.
        header: whether the first line names the columns.
    """

    separator: str
    columns: Mapping[str, int]
    width: int
    header: bool
    names: tuple[str, ...] = ()

    @property
    def named(self) -> Mapping[str, str]:
        """Column of the log -> how the file calls it."""
        called = self.names if self.header else [f"column {number}" for number in range(self.width)]
        return {part: called[number] for part, number in self.columns.items()}

    def cut(self, line: str) -> list[str]:
        """Return the columns of a line, without quotes around them."""
        return cut(line, self.separator)


def cut(line: str, separator: str) -> list[str]:
    """Return the columns of a line, without quotes around them; a quoted column may hold the separator."""
    if '"' not in line:
        return line.split(separator)
    columns, rest = [], line
    while rest.startswith('"') and (end := _closing(rest, separator)) > 0:
        columns.append(rest[1:end].replace('""', '"'))
        if end + 1 == len(rest):
            return columns
        rest = rest[end + 1 + len(separator) :]
    first, found, rest = rest.partition(separator)
    return [*columns, first, *(cut(rest, separator) if found else [])]


def find_layout(
    first: str, separator: str | None, columns: Mapping[str, str | int | None], header: bool | None = None
) -> Layout:
    """Read the layout off the first line of a file.

    With a header, columns go by its names; without one a log has four: user, item, rating, timestamp. ``columns`` says
    otherwise, by name or number; what it does not name is where it is by default.

    Raises:
        ValueError: no separator fits, or a column is not there, or not clear.
    """
    own = separator or _sniffed(first)
    names = cut(first, own)
    named = not any(is_number(name) or is_moment(name) for name in names) if header is None else header
    given = {part: where for part, where in columns.items() if where is not None}
    if not named and not given and len(names) > _WITHOUT_HEADER:
        example = "columns: {user: 0, item: 1, timestamp: 2}"
        raise ValueError(f"has no header and {len(names)} columns; say which is what, as in {example}")
    default = by_name(names, given) if named else {**COLUMNS, **({"rating": None} if given else {})}
    wanted = {**default, **given}
    ordered = {part: wanted[part] for part in COLUMNS if wanted.get(part) is not None}
    found = {part: _place(part, where, names, named) for part, where in ordered.items() if where is not None}
    owner = {at: part for part, at in reversed(found.items())}
    if twice := [part for part, at in found.items() if owner[at] != part]:
        at = found[twice[0]]
        raise ValueError(f"{owner[at]} and {twice[0]} are one column, {at}; give each its own under 'columns'")
    return Layout(own, found, len(names), named, tuple(name.strip() for name in names))


def is_number(text: str) -> bool:
    """Return whether ``text`` is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _closing(text: str, separator: str) -> int:
    """Return where the quote that opens ``text`` is closed, or -1 if no column ends there."""
    end = text.find('"', 1)
    while end >= 0 and text[end + 1 : end + 2] == '"':
        end = text.find('"', end + 2)
    ends = end + 1 == len(text) or text.startswith(separator, end + 1)
    return end if ends else -1


def _sniffed(first: str) -> str:
    for separator in SEPARATORS:
        if len(cut(first, separator)) >= 3:
            return separator
    raise ValueError("no separator makes three columns of this line (user, item, time); name it with 'separator'")


def _place(part: str, where: str | int, names: Sequence[str], header: bool) -> int:
    if isinstance(where, int):
        if where >= len(names):
            hint = f"columns are 0 to {len(names) - 1}; say in 'columns' which is what"
            raise ValueError(f"there is no column {where} for '{part}'; {hint}")
        return where
    # Some headers carry a type behind a colon: 'user_id:token'.
    plain = [name.strip() for name in names]
    for known in (plain, [name.partition(":")[0] for name in plain]):
        if header and where in known:
            return known.index(where)
    hint = f"columns are {', '.join(plain)}" if header else "the file has no header; give numbers from 0"
    raise ValueError(f"there is no column '{where}' for '{part}'; {hint}")
