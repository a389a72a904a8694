"""ARFF: the attribute-relation files of Weka and MOA; dense rows of numeric and nominal attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from agents.tabular.sheet import Opened, Row, Sheet

_NUMERIC = frozenset({"numeric", "real", "integer"})
#: One value: quoted, with backslashes before what would end it, or bare up to a comma.
_VALUE = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"]*?))\s*(,|$)""")
_NAME = re.compile(r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s{]+))\s*(.*)$""")
#: The same where blanks stand between values.
_SPACED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s'"]+))(?:\s+|$)""")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
#: A comment behind a declaration: a % outside of quotes and braces' quotes.
_COMMENT = re.compile(r"""^((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"%])*)%.*$""")
_ESCAPED = re.compile(r"\\(.)")


class _Attribute(NamedTuple):
    name: str
    declared: tuple[str, ...] | str


def is_arff(opened: Opened) -> bool:
    """Return whether a file begins like ARFF: comments aside, with ``@relation``, or ``@attribute`` without it."""
    first = next((text.strip() for _, text in opened.head if not text.lstrip().startswith("%")), "%")
    return first.lower().startswith(("@relation", "@attribute", "%"))


def arff_sheet(path: Path, opened: Opened) -> Sheet:
    """Return the sheet of an ARFF file.

    Raises:
        ValueError: sparse or uneven rows, attributes that cannot be read, no data; it names file and line.
    """
    lines = ((number, text.strip()) for number, text in opened.lines if not text.lstrip().startswith("%"))
    attributes = list(_attributes(path, lines))
    if not attributes:
        raise ValueError(f"{path}: declares no attribute before @data")
    names, declared = zip(*attributes, strict=True)
    return Sheet(path, names, declared, _rows(path, lines, len(attributes)))


def _attributes(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[_Attribute]:
    """Yield what is declared, up to the line ``@data``."""
    for number, line in lines:
        text = _COMMENT.sub(r"\1", line).strip()
        keyword, _, rest = text.replace("\t", " ").partition(" ")
        if keyword.lower() == "@data":
            if rest.strip():
                raise ValueError(f"{path}:{number}: {rest.strip()[:40]!r} stands behind @data; begin a line with it")
            return
        if keyword.lower() == "@attribute":
            yield _attribute(f"{path}:{number}", rest.strip())
        elif keyword.lower() != "@relation":
            raise ValueError(f"{path}:{number}: {text[:40]!r} is no line of an ARFF header")
    raise ValueError(f"{path}: has no line @data")


def _attribute(location: str, text: str) -> _Attribute:
    found = _NAME.match(text)
    if not found or not found[4]:
        raise ValueError(f"{location}: an attribute has a name and a type, for example '@attribute size numeric'")
    name, kind = _unquoted(found), found[4].strip()
    if kind.startswith("{"):
        if not kind.endswith("}"):
            raise ValueError(f"{location}: the values of attribute {name!r} have no closing brace")
        return _Attribute(name, tuple(_values(location, kind[1:-1])))
    word = kind.split()[0].lower()
    if word not in _NUMERIC and word not in ("date", "string"):
        raise ValueError(f"{location}: attribute {name!r} is {word!r}; built: numeric, nominal, date, string")
    return _Attribute(name, "numeric" if word in _NUMERIC else word)


def _rows(path: Path, lines: Iterable[tuple[int, str]], width: int) -> Iterator[Row]:
    for number, text in lines:
        if text.startswith("{"):
            raise ValueError(f"{path}:{number}: is a sparse row; write rows out with a value for every attribute")
        cells = _cells(f"{path}:{number}", text)
        if len(cells) == width + 1 and not cells[-1]:
            # MOA ends every row with a comma.
            cells.pop()
        if len(cells) != width:
            raise ValueError(f"{path}:{number}: has {len(cells)} values for {width} attributes")
        yield Row(number, cells)


def _cells(location: str, text: str) -> list[str]:
    quoted = "'" in text or '"' in text
    if "," in (_QUOTED.sub("", text) if quoted else text):
        return _values(location, text) if quoted else [cell.strip() for cell in text.split(",")]
    return _values(location, text, _SPACED) if quoted else text.split()


def _values(location: str, text: str, value: re.Pattern[str] = _VALUE) -> list[str]:
    values, end = [], 0
    while True:
        found = value.match(text, end)
        if not found:
            raise ValueError(f"{location}: {text[end : end + 40]!r} is no value; a quote may be missing")
        values.append(_unquoted(found))
        end = found.end()
        if end == len(text) and not text.endswith(","):
            return values
        if end == len(text):
            # A comma at the end of a row: what follows it is an empty value.
            return [*values, ""]


def _unquoted(found: re.Match[str]) -> str:
    quoted = found[1] if found[1] is not None else found[2]
    return _ESCAPED.sub(r"\1", quoted) if quoted is not None else found[3]
