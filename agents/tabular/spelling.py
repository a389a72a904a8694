"""How a file spells numbers, and what stands for a value that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

#: What stands for a value that is not there, unless a scenario says otherwise.
MISSING = frozenset({"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"})


@dataclass(frozen=True)
class Spelling:
    """How numbers are written.

    Attributes:
        decimal: between whole part and fraction.
        thousands: between groups of three digits; None where there is no such sign.
        missing: cells that stand for no value, blanks around them aside; an empty cell always does.
    """

    decimal: str = "."
    thousands: str | None = None
    missing: frozenset[str] = MISSING

    def __post_init__(self) -> None:
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")

    @property
    def plain(self) -> bool:
        """Whether numbers are written as programs write them."""
        return self.decimal == "." and self.thousands is None

    @cached_property
    def missing_numbers(self) -> np.ndarray:
        """Numbers that stand for no value: float64 [n]."""
        return np.array([float(word) for word in self.missing if _is_float(word)], np.float64)

    @cached_property
    def pattern(self) -> str:
        """What a number looks like, as a regular expression; plain numbers are what programs read."""
        mark = re.escape(self.decimal)
        groups = rf"|\d{{1,3}}(?:{re.escape(self.thousands)}\d{{3}})+" if self.thousands else ""
        return rf"[+-]?(?:(?:\d+{groups})(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d{{1,4}})?"

    def is_missing(self, cell: str) -> bool:
        """Return whether a cell holds no value."""
        text = cell.strip()
        return not text or text in self.missing

    def number(self, cell: str) -> float:
        """Return the number that a cell holds.

        Raises:
            ValueError: it holds none in this spelling.
        """
        text = cell.strip()
        if self.plain and "_" not in text:
            return float(text)
        if not re.fullmatch(self.pattern, text):
            raise ValueError(f"{cell!r} is no number")
        return float(self.plainly(text))

    def plainly(self, text: str) -> str:
        """Return a number as programs write it."""
        return (text.replace(self.thousands, "") if self.thousands else text).replace(self.decimal, ".")

    def is_number(self, cell: str) -> bool:
        """Return whether a cell reads as a number."""
        try:
            self.number(cell)
        except ValueError:
            return False
        return True

    def known(self, cells: Iterable[str]) -> list[str]:
        """Return the cells that hold a value."""
        return [cell for cell in cells if not self.is_missing(cell)]


PLAIN = Spelling()


@dataclass(frozen=True)
class MissingValues:
    """What a scenario says of values that are not there: which cells stand for them, and what becomes of them.

    Attributes:
        cells: that stand for no value, as the file has them.
        fill: ``refuse``, or ``mean``: the mean of the past.
    """

    cells: frozenset[str] = MISSING
    fill: str = "refuse"

    @classmethod
    def of(cls, value: Any) -> MissingValues:
        """Read ``mean``, ``[NA, '?']`` or ``{cells: [NA], fill: mean}``.

        Raises:
            ValueError: it is none of them.
        """
        said = value if isinstance(value, Mapping) else {"cells" if isinstance(value, list | tuple) else "fill": value}
        cells, fill = said.get("cells", sorted(MISSING)), said.get("fill", "refuse")
        if set(said) - {"cells", "fill"} or fill not in ("refuse", "mean") or not isinstance(cells, list | tuple):
            raise ValueError("is refuse, mean, a list of cells, or {cells: [...], fill: refuse or mean}")
        odd = next((cell for cell in cells if isinstance(cell, bool) or not isinstance(cell, str | int | float)), None)
        if odd is not None or None in cells:
            raise ValueError(f"cells are text or numbers, not {odd!r}; put names in quotes")
        return cls(frozenset(str(cell).strip() for cell in cells), fill)


_GROUPED = r"\d{1,3}(?:[,.'\u2019 \u00a0\u202f\u2009]\d{3})+(?:[.,]\d+)?"
_DIGITS = rf"[+-]?(?:{_GROUPED}|\d+(?:[.,]\d+)?)(?:[eE][+-]?\d+)?"
_CODES = "USD|EUR|GBP|JPY|CNY|INR|CHF|AUD|CAD|SEK|NOK|DKK|PLN|BRL|KRW|US\\$|Rs\\.?|kr|z\u0142"
_MONEY = f"(?:[$\u20ac\u00a3\u00a5\u00a2\u20b9\u20bd\u20a9\u20ba]|{_CODES})"
#: Minus, dashes and hyphens of print, and their wide forms.
_DASHES = "\u2212\u2010-\u2014\ufe63\uff0d"
#: What takes no room on a page: breaks, joiners, marks of direction.
_UNSEEN = "\u200b-\u200f\u2060\ufeff\u00ad"
_UNITS = r"[num\u00b5\u03bc]?s|min|h|[kKMGT]?i?[bB](?:it)?(?:/s|ps)?|[kmM]?Hz|[mk]?[gmVAWJ]|[cm]m|\u00b0?[CFK]"
_SHOWN = r"tensor|array|Decimal|np\.\w+|numpy\.\w+"
#: What a cell looks like -> what to do.
_ODD: Sequence[tuple[str, str]] = (
    (r"[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d*)?|[+-]?\d{1,3},\d{3}\.\d+", "groups of thousands: write thousands: ','"),
    (r"[+-]?\d{1,3}(?:\.\d{3})+,\d*", "write decimal: ',' and thousands: '.'"),
    (r"[+-]?\d{1,3}(?:\.\d{3}){2,}", "groups of thousands: write decimal: ',' and thousands: '.'"),
    (r"[+-]?[1-9]\d{0,2},\d{3}", "write decimal: ',' if the comma begins a fraction, thousands: ',' if not"),
    (r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", "a decimal comma: write decimal: ','"),
    (
        "[+-]?\\d{1,3}(?:[ '\u2019\u00a0\u202f\u2009]\\d{3})+(?:[.,]\\d*)?",
        "groups of thousands: name their sign under thousands",
    ),
    (r"[+-]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?", "groups of two and three digits: remove the commas between them"),
    (r"[+-]?\d*\u066b\d+", "a decimal sign of its own: write decimal: '\u066b'"),
    (r"[+-]?\d+\u00b7\d+", "a decimal point of print: write decimal: '\u00b7'"),
    (rf"{_DIGITS}\s*(?:%|\u2030|pct|per ?cent)", "per cent: remove the sign"),
    (rf"[+-]?\s*{_MONEY}\s*{_DIGITS}|{_DIGITS}\s*{_MONEY}", "an amount of money: remove the currency"),
    (r"[+-]?0[xX][0-9a-fA-F]+", "a hexadecimal number: write it in decimals"),
    (rf"[{_DASHES}]\s*{_DIGITS}", "a minus of print: write -"),
    (rf"[{_UNSEEN}]*{_DIGITS}[{_UNSEEN}]*", "a character that cannot be seen stands beside it: remove that"),
    (rf"\(\s*{_DIGITS}\s*\)|{_DIGITS}-", "a negative number of accounts: write - before it"),
    (r"[+-]?\d+(?:\.\d*)?[dD][+-]?\d+", "an exponent of Fortran: write e"),
    (r"[+-]?\d+\.\d*f[+-]?\d+", "an exponent of Julia: write e"),
    (r"[+-]?\d+(?:_\d+)+(?:\.\d*)?", "underscores between digits: remove them"),
    (rf"(?:{_SHOWN})\(\s*['\[]*{_DIGITS}\b.*\)", "a number as Python shows it: write it alone"),
    (rf"{_DIGITS}\s*(?:{_UNITS})", "a number with its unit: remove the unit"),
)


_MINUTES = r"(?:\s*\d+(?:\.\d+)?\s*['\u2032\u2033\"]+)*"
_LENGTH = "a length of time: write it as a number"
_RAISED = "[\u207a\u207b\u00b9\u00b2\u00b3\u2070-\u2079]"
#: What may be a number to its reader, and may be a name: what a cell looks like -> what to do.
_DOUBTFUL: Sequence[tuple[str, str]] = (
    (rf"'\s*{_DIGITS}\s*'", "a number in quotes of its own: remove them"),
    (rf"[<>\u2264\u2265~\u2248]=?\s*{_DIGITS}", "a bound: write a number"),
    (rf"{_DIGITS}\s*(?:[*\u2020\u2021]+|\[\w\])", "a number with a footnote: remove its mark"),
    (r"[+-]?(?:\d+\s+)?\d+\s*/\s*\d+|[+-]?\d*\s*[\u00bc-\u00be\u2150-\u215e]", "a fraction: write it in decimals"),
    (r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?", "a time of day: write it as a number"),
    (r"(?:\d+(?:[.,]\d+)?\s*(?:days?|d|hours?|hrs?|h|min|m|sec|s|ms)\s*){2,}", _LENGTH),
    (r"P(?:\d+[YMWD])+(?:T(?:\d+(?:[.,]\d+)?[HMS])+)?|PT(?:\d+(?:[.,]\d+)?[HMS])+", _LENGTH),
    (r"\d+'\s*\d+(?:\"|'')?", "feet and inches: write one number"),
    (rf"{_DIGITS}\s*(?:\u00b1|\+/?-)\s*{_DIGITS}", "a number with its error: give that a column of its own"),
    (rf"{_DIGITS}\s*[x\u00d7*\u00b7]\s*10\s*(?:(?:\^|\*\*)?\s*[+-]?\d+|{_RAISED}+)", "a power of ten: write e"),
    (rf"{_DIGITS}\s*(?:[kKMG]|bn|mn|mio|mrd)", "a number and its multiple: write it out"),
    (rf"[\[{{]\s*{_DIGITS}\s*[\]}}]", "a number in brackets: remove them"),
    (rf"(?:ca\.?|circa|about|approx\.?)\s*{_DIGITS}|{_DIGITS}\s*approx\.?", "an estimate: write the number alone"),
    (rf"[#`=\u00d7]\s*{_DIGITS}", "a number behind a sign: remove that"),
    (r"[+-]?10\s*(?:\^|\*\*)\s*[+-]?\d+", "a power of ten: write e"),
    (rf"{_DIGITS}\s*[+-]\s*\d+(?:\.\d+)?\s*[ij]", "a complex number: give its parts columns of their own"),
    (rf"\[\s*{_DIGITS}(?:\s*[,;\s]\s*{_DIGITS})+\s*\]", "several numbers: give each a column of its own"),
    (rf"{_DIGITS}\s*\u00b0{_MINUTES}\s*[NSEWO]?", "an angle: write it in decimal degrees"),
)
#: A number, and what stands behind it: a unit, if it is the same in most cells.
_BEFORE_WORDS = re.compile(rf"({_DIGITS})\s*([^\W\d_][^\d]{{0,11}}|[^\w\s.,:/+-][^\d]{{0,11}})")


def doubtful_spelling(cell: str) -> str | None:
    """Return what to do about a cell that may be a number to its reader; None if it is none at all."""
    text = cell.strip()
    return other_spelling(text) or next((said for pattern, said in _DOUBTFUL if re.fullmatch(pattern, text)), None)


def number_and_words(cell: str) -> tuple[str, str] | None:
    """Return the number that a cell begins with, and the words behind it: (5, rpm); None where it is not so."""
    found = _BEFORE_WORDS.fullmatch(cell.strip())
    return None if found is None else (found[1], found[2].strip())


def other_spelling(cell: str) -> str | None:
    """Return what to do about a cell that is a number in another spelling; None if it is none at all."""
    text = cell.strip().strip("\u00a0\u202f\u2009")
    if _is_float(text) and "_" not in text:
        return "a number in another spelling than decimal and thousands say"
    return next((said for pattern, said in _ODD if re.fullmatch(pattern, text)), None)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
