"""Recorded packet losses: a 0 or a 1 for each packet, replayed packet by packet.

The format is that of Link'Em and FlowEmu: digits on any lines, and the recording begins again at its end. Which of the
two stands for a lost packet differs from tool to tool: a header ``lost`` or ``received`` says it, or the scenario does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from agents.tabular.spelling import PLAIN
from agents.tabular.text_lines import whole_text
from sim.network.loss import Draw, GilbertElliott, LossProcess
from sim.network.traces.json_rows import holds_json
from sim.network.traces.text import TraceError, TraceText, read_text

__all__ = ["RecordedLosses", "TraceError", "fitted", "load_losses", "recorded", "weak_packets"]

#: Name of a column -> what stands in it for a packet that is lost.
_HEADERS = {"lost": 1, "loss": 1, "drop": 1, "dropped": 1, "received": 0, "delivered": 0, "success": 0, "ok": 0}
_WORDS = {"true": 1, "false": 0}
_DIGITS = {"0": 0, "1": 1, **_WORDS}
#: Comments and ``sep=`` lines, and quotes around cells.
_NO_PACKETS = re.compile(rb"^[ \t]*#[^\n]*|^\"?sep=[^\n]*|\"", re.MULTILINE | re.IGNORECASE)
#: Packets that are kept of one recording.
_MOST_PACKETS = 1 << 26


class RecordedLosses:
    """Packets are lost as recorded: a message begins at a place of its own, each alike, and goes on from there.

    Raises:
        ValueError: no packet is recorded.
    """

    def __init__(self, lost: np.ndarray) -> None:
        if not len(lost):
            raise ValueError("no packet is recorded")
        self._lost = lost

    def __len__(self) -> int:
        return len(self._lost)

    @property
    def mean_loss(self) -> float:
        """Return the share of packets lost."""
        return float(self._lost.mean())

    def as_recorded(self) -> np.ndarray:
        """Return which packets are lost, in the order of the recording: bool [packets]."""
        return self._lost

    def lose(self, state: np.ndarray | None, opens: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        """Return which packets are lost; the state of a message is the place in the recording that is next."""
        first = np.flatnonzero(opens)
        counts = np.diff(np.append(first, len(opens)))
        starts = np.floor(draw(1)[first] * len(self._lost)).astype(np.int64) if state is None else state
        places = np.repeat(starts - first, counts) + np.arange(len(opens))
        return self._lost[places % len(self._lost)], (starts + counts) % len(self._lost)


def recorded(options: Any) -> RecordedLosses:
    """Return the process of a scenario's ``loss: {trace: {file, lost}}``.

    Raises:
        TraceError: no recording of packets, or one that does not say what stands for a lost one.
    """
    if options.below is not None:
        return RecordedLosses(weak_packets(options.file, options.below, options.column))
    return load_losses(options.file, options.lost)


def fitted(options: Any) -> LossProcess:
    """Return Gilbert's channel with the transitions of a recording: the likeliest one, by counting them.

    Raises:
        TraceError: as :func:`recorded`, or a recording that is only good, or only bad.
    """
    lost = recorded(options).as_recorded()
    before, after = lost[:-1], lost[1:]
    if lost.all() or not lost.any() or not before.any() or before.all():
        raise TraceError(f"{options.file}: no burst begins and ends in it; a channel that has both is fitted")
    turns_bad, turns_good = (~before & after).sum() / (~before).sum(), (before & ~after).sum() / before.sum()
    return GilbertElliott(float(turns_bad), float(turns_good), 0.0, 1.0)


def weak_packets(path: str | Path, below: float, column: str | int | None = None) -> np.ndarray:
    """Return which rows of a log of signal strength are weaker than ``below``, or say none: bool [rows].

    Raises:
        TraceError: no such column, or a cell that is no number; it names file and line.
    """
    text = read_text(str(path))
    names = text.split(text.head[0][1])
    is_named = not any(map(PLAIN.is_number, names))
    at = _column(text, names if is_named else [], len(names), column)
    return np.array([_is_weak(text, number, text.split(line), at, below) for number, line in _data(text, is_named)])


def _data(text: TraceText, is_named: bool) -> Iterator[tuple[int, str]]:
    return islice(text.lines(), int(is_named), None)


def _column(text: TraceText, names: Sequence[str], width: int, wanted: str | int | None) -> int:
    if wanted is None and width == 1:
        return 0
    if isinstance(wanted, int) and 1 <= wanted <= width:
        return wanted - 1
    if names.count(str(wanted)) == 1:
        return names.index(str(wanted))
    said = "the column of the strength is not clear" if wanted is None else f"there is no column {wanted!r}"
    known, example = ", ".join(names) or f"1 to {width}", names[-1] if names else width
    raise text.error(text.head[0][0], f"{said}: write 'column: {example}'; its columns are {known}")


def _is_weak(text: TraceText, number: int, cells: list[str], at: int, below: float) -> bool:
    if at >= len(cells) or cells[at] in ("", "-"):
        # A packet that did not arrive has no strength.
        return True
    try:
        strength = PLAIN.number(cells[at])
        if not math.isfinite(strength):
            raise ValueError
        return strength < below
    except ValueError:
        raise text.error(number, f"{cells[at]!r} is no number; mend or remove the row") from None


def load_losses(path: str | Path, lost: int | None = None) -> RecordedLosses:
    """Return the losses of a file; ``lost`` is what stands for a packet that is lost, where no header says it.

    Raises:
        TraceError: something else than 0 and 1, or it is not clear which of them is lost.
    """
    file = Path(str(path).partition("!")[0])
    stamp = (file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else None
    return _load(str(path), stamp, lost)


@lru_cache(maxsize=64)
def _load(path: str, stamp: tuple[int, int] | None, lost: int | None) -> RecordedLosses:
    header, digits = _digits(path)
    named = _HEADERS.get(header.lower()) if header else None
    if header and named is None:
        raise TraceError(f"{path}:1: its column is {header!r}; wanted: lost or received, and a 0 or a 1 a packet")
    if None not in (named, lost) and named != lost:
        raise TraceError(f"{path}:1: {header!r} says that {named} is lost, 'lost: {lost}' says otherwise")
    if named is None and lost is None:
        raise TraceError(f"{path}: does a 0 or a 1 stand for a lost packet? write 'lost: 0' or 'lost: 1'")
    if not len(digits):
        raise TraceError(f"{path}: holds no packet; it needs a 0 or a 1 for each")
    return RecordedLosses(digits == (lost if named is None else named))


def _digits(path: str) -> tuple[str, np.ndarray]:
    """Return the header, empty if there is none, and the digits of a file: uint8 [packets]."""
    if holds_json(path):
        return _digits_of_json(path)
    try:
        raw = whole_text(Path(path), _MOST_PACKETS)
    except ValueError as error:
        raise TraceError(str(error)) from error
    if raw.strip() and (found := _digits_of_table(path)) is not None:
        return found
    # What is no packet becomes blank, so that lines keep their numbers.
    raw = _NO_PACKETS.sub(lambda found: b" " * len(found[0]), raw)
    first, _, rest = raw.lstrip().partition(b"\n")
    header = first.strip().decode("utf-8", "replace")
    begins = len(raw) - len(rest) if header[:1].isalpha() else 0
    values = np.frombuffer(raw, np.uint8)
    # Blanks, commas and line breaks may stand between packets.
    packets = values[begins:][~np.isin(values[begins:], np.frombuffer(b" \t\r\n,;", np.uint8))]
    strange = (packets != ord("0")) & (packets != ord("1"))
    if strange.any():
        line, sign = _place(raw, begins, values)
        raise TraceError(f"{path}:{line}: holds {sign!r}; wanted: a 0 or a 1 for each packet")
    return header if begins else "", packets - ord("0")


def _digits_of_json(path: str) -> tuple[str, np.ndarray]:
    """Return the same of ``[0, 1, ...]`` or ``{"lost": [0, 1, ...]}``."""
    text = read_text(path)
    header = "" if PLAIN.is_number(text.head[0][1]) else text.head[0][1]
    digits = bytearray()
    for number, line in _data(text, bool(header)):
        if line not in ("0", "1"):
            raise text.error(number, f"holds {line!r}; wanted: a 0 or a 1 for each packet")
        digits.append(int(line))
    return header, np.frombuffer(bytes(digits), np.uint8)


def _digits_of_table(path: str) -> tuple[str, np.ndarray] | None:
    """Return the same of the column ``lost`` or ``received`` of a table, or of one of words; None where it is none."""
    text = read_text(path)
    names = text.split(text.head[0][1])
    named = [n for n, name in enumerate(names) if name.strip('"').lower() in _HEADERS]
    if len(named) != 1 or (
        len(names) == 1 and not any(line.strip('"').lower() in _WORDS for _, line in text.head[1:2])
    ):
        return None
    digits, at = bytearray(), named[0]
    for number, line in _data(text, True):
        cells = text.split(line)
        if len(cells) != len(names):
            raise text.error(number, f"{len(cells)} columns, where the first line has {len(names)}; mend the row")
        word = cells[at].strip('"').lower()
        if word not in _DIGITS:
            raise text.error(number, f"holds {word[:40]!r}; wanted: a 0 or a 1 for each packet, or true or false")
        digits.append(_DIGITS[word])
    return names[at].strip('"'), np.frombuffer(bytes(digits), np.uint8)


def _place(raw: bytes, begins: int, values: np.ndarray) -> tuple[int, str]:
    """Return the line of the first sign that is no packet, and the sign."""
    wrong = ~np.isin(values[begins:], np.frombuffer(b"01 \t\r\n,;", np.uint8))
    at = begins + int(wrong.argmax())
    return raw.count(b"\n", 0, at) + 1, raw[at : at + 1].decode("utf-8", "replace")
