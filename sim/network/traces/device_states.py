"""Device traces in JSON: windows by device, or the events from which a device's states follow.

==============================================================  ================================================
``{"d1": [[0, 60], [90, 120]]}``                                windows in seconds
``{"d1": {"active": [0, 90], "inactive": [60, 120]}}``          beginnings and ends of windows, as FedScale has them
``{"d1": {"messages": "2020-01-28 15:09:11\\tscreen_on\\n..."}}``   events, as FLASH records them
==============================================================  ================================================

Sources: Lai et al., "FedScale", ICML 2022; Yang et al., "Characterizing Impacts of Heterogeneity in Federated Learning
upon Large-Scale Smartphone Data", WWW 2021.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.tabular.json_text import parsed_json, recording_in_json
from agents.tabular.moments import moment_s
from agents.tabular.text_lines import text_bytes
from sim.network.traces.text import TraceError

Window = tuple[float, float]

#: Bytes of the longest line that may be a row.
_LONGEST_ROW = 1 << 16
#: Event -> the state it decides, and whether the state holds from then on.
_EVENTS: Mapping[str, tuple[str, bool]] = {
    "battery_charged_on": ("charging", True),
    "battery_charged_off": ("charging", False),
    "battery_okay": ("battery_okay", True),
    "battery_low": ("battery_okay", False),
    "wifi": ("wifi", True),
    **dict.fromkeys(("2G", "3G", "4G", "5G", "Unknown"), ("wifi", False)),
    "screen_off": ("screen_off", True),
    "screen_on": ("screen_off", False),
    "screen_lock": ("locked", True),
    "screen_unlock": ("locked", False),
    "phone_on": ("on", True),
    "phone_off": ("on", False),
}
STATES = tuple(dict.fromkeys(state for state, _ in _EVENTS.values()))


def is_json(path: str) -> bool:
    """Return whether a file begins like a map of JSON from device to record; what cannot be read is left to others."""
    try:
        with text_bytes(Path(path)) as stream:
            first, second = (stream.readline(_LONGEST_ROW).strip() for _ in range(2))
    except ValueError:
        return False
    return first.startswith(b"{") and not (second.startswith(b"{") and _is_row(first))


def _is_row(line: bytes) -> bool:
    """Return whether a line is a map of plain values: one row of a table that has a row a line."""
    try:
        row = parsed_json(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return isinstance(row, Mapping) and bool(row) and not any(isinstance(one, list | Mapping) for one in row.values())


def windows_of_json(path: str, states: Sequence[str]) -> dict[str, list[Window]]:
    """Return the windows of each device [s].

    Args:
        path: a file of one map, from device to what was recorded.
        states: where events are recorded, the states in all of which a device is there.

    Raises:
        TraceError: no JSON, or a device whose record is of another shape; the message names it.
    """
    recorded = _loaded(path)
    windows: dict[str, list[Window]] = {}
    for name, one in recorded.items():
        try:
            windows[name] = list(_windows(one, states))
        except (ValueError, TypeError) as error:
            raise TraceError(f"{path}: device {name!r}: {error}") from None
    return windows


def _loaded(path: str) -> Mapping[str, Any]:
    try:
        recorded = recording_in_json(path)
    except ValueError as error:
        raise TraceError(str(error)) from None
    if not isinstance(recorded, Mapping) or not recorded:
        raise TraceError(f"{path}: is no map from device to what was recorded")
    return recorded


def _windows(one: Any, states: Sequence[str]) -> Iterator[Window]:
    if isinstance(one, Mapping) and "messages" in one:
        yield from _held(_events(one["messages"]), states)
    elif isinstance(one, Mapping) and "active" in one and "inactive" in one:
        yield from map(_window, _paired(one["active"], one["inactive"]))
    elif isinstance(one, list):
        yield from map(_window, one)
    else:
        raise ValueError("wanted: [[from, until], ...], {active, inactive} or {messages}")


def _paired(begins: Any, ends: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(begins, list) or not isinstance(ends, list) or len(begins) != len(ends):
        raise ValueError("wanted: as many beginnings under 'active' as ends under 'inactive', each a list")
    return zip(begins, ends, strict=True)


def _window(pair: Any) -> Window:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ValueError("a window is [from, until]")
    from_s, until_s = (moment_s(one) if isinstance(one, str) else _number(one) for one in pair)
    if not 0.0 <= from_s <= until_s < math.inf:
        raise ValueError(f"window {from_s:g} to {until_s:g} must end after it begins, at times >= 0")
    return from_s, until_s


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
        raise ValueError(f"{value!r} is no time")
    return float(value)


def _events(messages: Any) -> Iterator[tuple[float, str]]:
    if not isinstance(messages, str):
        raise ValueError("messages are no text")
    newest_s = -math.inf
    for line in filter(str.strip, messages.split("\n")):
        when, _, event = line.partition("\t")
        at_s = moment_s(when)
        if at_s < newest_s:
            raise ValueError(f"event {event.strip()!r} at {when.strip()} lies before the one above it")
        newest_s = at_s
        yield at_s, event.strip()


def _held(events: Iterator[tuple[float, str]], wanted: Sequence[str]) -> Iterator[Window]:
    """Yield the windows in which all wanted states hold; what no event has decided yet does not."""
    if not wanted:
        raise ValueError(f"holds events; write in which states a device is there: 'states: [{', '.join(STATES[:3])}]'")
    if unknown := set(wanted) - set(STATES):
        raise ValueError(f"there is no state {min(unknown)!r}; known: {', '.join(STATES)}")
    holds = dict.fromkeys(wanted, False)
    since_s, at_s = None, 0.0
    for at_s, event in events:
        state, value = _EVENTS.get(event, ("", False))
        if state in holds:
            holds[state] = value
        if since_s is None and all(holds.values()):
            since_s = at_s
        elif since_s is not None and not all(holds.values()):
            yield since_s, at_s
            since_s = None
    if since_s is not None:
        yield since_s, at_s
