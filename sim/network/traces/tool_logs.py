"""What measuring tools print, as the lines of a table: iperf3's JSON, and ping with time stamps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agents.tabular.json_text import recording_in_json

_IPERF = re.compile(r'\{\s*"start"\s*:')
_PING = re.compile(r"(?:\[(?P<at_s>\d+\.\d+)\] )?\d+ bytes from .*icmp_seq=\d+ .*time=(?P<ms>[\d.]+) ms")
PING_HEADER = "time_s,ping_ms"


def is_iperf(head: Iterable[str]) -> bool:
    """Return whether the first lines are those of ``iperf3 --json``."""
    return _IPERF.match("".join(head).lstrip()) is not None


def iperf_lines(path: str) -> Iterator[tuple[int, str]]:
    """Yield (number, text) of a header and of each interval of ``iperf3 --json``, all its streams together.

    Intervals that were left out of its sums (``--omit``) are none.

    Raises:
        ValueError: no JSON, or no intervals in it.
    """
    yield 0, "time_s,bits_per_second"
    for number, row in enumerate(_intervals(path, recording_in_json(path)), 1):
        if not row.get("omitted"):
            yield number, f"{row['start']},{row['bits_per_second']}"


def _intervals(path: str, said: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(said, Mapping) and said.get("error"):
        raise ValueError(f"{path}: iperf3 failed: {str(said['error'])[:80]}")
    intervals = said.get("intervals") if isinstance(said, Mapping) else None
    rows = [one.get("sum") if isinstance(one, Mapping) else None for one in intervals or ()]
    if not rows or not all(isinstance(row, Mapping) and {"start", "bits_per_second"} <= row.keys() for row in rows):
        raise ValueError(f"{path}: begins like iperf3's JSON, but has no intervals with a sum of bits per second")
    return [row for row in rows if isinstance(row, Mapping)]


def is_ping(head: Iterable[str]) -> bool:
    """Return whether one of the first lines is ping's."""
    return any(map(_PING.match, head))


def ping_lines(path: str, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield (number, text) of a header and of each answer in the lines of ``ping -D``: when it came, after how long.

    Raises:
        ValueError: an answer without a time stamp.
    """
    yield 0, PING_HEADER
    for number, line in lines:
        if found := _PING.match(line):
            if found["at_s"] is None:
                raise ValueError(f"{path}:{number}: has no time; 'ping -D' writes one before each line")
            yield number, f"{found['at_s']},{found['ms']}"
