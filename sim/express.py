"""Plays exchanges by plain arithmetic where nothing but the cloud's queue is shared.

On private first-in first-out links of constant rate, with one exchange at a time on each device, both crossings are
known the moment they begin: a tick's requests are computed as arrays, and only the order of arrivals
at the cloud needs a loop. The result is that of :mod:`sim.stories` to the last bit, some ten times sooner.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from math import inf
from typing import Any

import numpy as np

from agents.contract import Adapt, Collect, Install, Order, Phase, Progress
from sim.lines.line import Line
from sim.lines.passages import PassageLog
from sim.records import IN_FLIGHT, INSTALLED
from sim.requests import Requests

# Looking a member up in its enumeration costs more than the comparison it is for.
_UPLINK, _CLOUD_QUEUE, _SERVICE, _DOWNLINK = Phase.UPLINK, Phase.CLOUD_QUEUE, Phase.SERVICE, Phase.DOWNLINK


@dataclass(frozen=True)
class Lane:
    """The private lines of one cohort: first device, lines, constant rates [bit/s], bytes added to each message."""

    first: int
    up: Line
    down: Line
    up_bps: float
    down_bps: float
    header_bytes: int


class Express:
    """The quick way to play exchanges; ``write`` takes their orders, if anybody wants them."""

    def __init__(
        self, lanes: list[Lane], workers: int, cloud_log: PassageLog, write: Callable[[Order], None] | None
    ) -> None:
        self.asks_dropped = self.asks_away = 0
        self._lanes, self._cloud_log, self._write = lanes, cloud_log, write
        self._first = np.array([lane.first for lane in lanes])
        self._free_s = [0.0] * workers
        self._arrivals: list[tuple[float, int]] = []
        self._advanced = 0
        # Typed arrays: a list keeps an object for each number, four times its size. This one is by device ...
        self._busy_until_s = array("d")
        # ... and these are by ask, in the order of tickets.
        self._device, self._up_bytes, self._down_bytes = array("q"), array("q"), array("q")
        self._asked_s, self._reached_s = array("d"), array("d")
        self._back_air_s, self._back_latency_s, self._service_s = array("d"), array("d"), array("d")
        self._started_s, self._served_s, self._returned_s = array("d"), array("d"), array("d")
        self._sent = bytearray()

    def __len__(self) -> int:
        return self._advanced - self.asks_dropped

    def plan(self, requests: Requests) -> None:
        """Take in the requests of the next tick."""
        device, header_bytes = requests.device, self._of_lane(requests.device, "header_bytes")
        up_bytes, down_bytes = requests.payload_bytes + header_bytes, requests.update_bytes + header_bytes
        up_air_s = _air_s(up_bytes, self._of_lane(device, "up_bps"))
        _extend(self._device, device)
        _extend(self._up_bytes, up_bytes)
        _extend(self._down_bytes, down_bytes)
        _extend(self._asked_s, requests.at_s)
        _extend(self._reached_s, requests.at_s + up_air_s + requests.up_latency_s[0])
        _extend(self._back_air_s, _air_s(down_bytes, self._of_lane(device, "down_bps")))
        _extend(self._back_latency_s, requests.down_latency_s[0])
        _extend(self._service_s, requests.service_s)
        for times in (self._started_s, self._served_s, self._returned_s):
            _extend(times, np.full(len(device), inf))
        self._sent += bytes(len(device))
        strangers = int(device.max(initial=-1)) + 1 - len(self._busy_until_s)
        _extend(self._busy_until_s, np.full(max(strangers, 0), -1.0))

    def advance(self, until_s: float) -> None:
        """Play everything up to ``until_s``: at equal times, what is under way moves before devices ask."""
        for row in range(self._advanced, len(self._device)):
            asked_s, device = self._asked_s[row], self._device[row]
            self._serve_until(asked_s)
            if self._busy_until_s[device] > asked_s:
                self.asks_dropped += 1
                continue
            self._busy_until_s[device] = inf
            self._sent[row] = True
            if self._write is not None:
                self._write(Collect(row, device, asked_s))
                self._write(Progress(row, device, asked_s, _UPLINK))
            if (arrives_s := self._reached_s[row]) < inf:
                heappush(self._arrivals, (arrives_s, row))
        self._advanced = len(self._device)
        self._serve_until(until_s)

    def finish(self) -> None:
        """Hand what crossed lines and cloud to their logs."""
        told = self.columns()
        self._cloud_log.extend(_passages(told["reached_s"], told["started_s"], told["served_s"], told["served_s"]))
        lane_of = np.searchsorted(self._first, told["device"], side="right") - 1
        for number, lane in enumerate(self._lanes):
            mine = {name: values[lane_of == number] for name, values in told.items()}
            instance = lane.up.instances_of(mine["device"])
            air_s = _air_s(mine["up_bytes"], np.full(len(instance), lane.up_bps))
            sent_s, reached_s = mine["sent_s"], mine["reached_s"]
            lane.up.log.extend(_passages(sent_s, sent_s, sent_s + air_s, reached_s, mine["up_bytes"], instance))
            air_s = _air_s(mine["down_bytes"], np.full(len(instance), lane.down_bps))
            sent_s, back_s = mine["served_s"], mine["returned_s"]
            lane.down.log.extend(_passages(sent_s, sent_s, sent_s + air_s, back_s, mine["down_bytes"], instance))

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges so far, column by column; times may lie ahead."""
        sent = np.flatnonzero(np.frombuffer(bytes(self._sent), bool))
        asked_s, returned_s = _taken(self._asked_s, sent), _taken(self._returned_s, sent)
        return {
            "ticket": sent,
            "device": _taken(self._device, sent),
            "requested_s": asked_s,
            "sent_s": asked_s,
            "reached_s": _taken(self._reached_s, sent),
            "started_s": _taken(self._started_s, sent),
            "served_s": _taken(self._served_s, sent),
            "returned_s": returned_s,
            "installed_s": returned_s,
            "up_bytes": _taken(self._up_bytes, sent),
            "down_bytes": _taken(self._down_bytes, sent),
            "retransmitted_bytes": np.zeros(len(sent), np.int64),
            "outcome": np.where(np.isfinite(returned_s), INSTALLED, IN_FLIGHT).astype(object),
        }

    def _serve_until(self, until_s: float) -> None:
        """Serve the arrivals up to ``until_s``: the worker that is free first takes the next (as :class:`Cloud`)."""
        arrivals, free_s = self._arrivals, self._free_s
        while arrivals and arrivals[0][0] <= until_s:
            reached_s, row = heappop(arrivals)
            started_s = reached_s if reached_s > free_s[0] else free_s[0]
            served_s = started_s + self._service_s[row]
            heapreplace(free_s, served_s)
            returned_s = served_s + self._back_air_s[row] + self._back_latency_s[row]
            self._started_s[row], self._served_s[row], self._returned_s[row] = started_s, served_s, returned_s
            self._busy_until_s[self._device[row]] = returned_s
            if self._write is not None:
                self._write_orders(row, reached_s, started_s, served_s, returned_s)

    def _write_orders(self, row: int, reached_s: float, started_s: float, served_s: float, returned_s: float) -> None:
        write, device = self._write, self._device[row]
        assert write is not None
        write(Progress(row, device, reached_s, _CLOUD_QUEUE))
        write(Progress(row, device, started_s, _SERVICE))
        write(Adapt((row,), served_s))
        write(Progress(row, device, served_s, _DOWNLINK))
        write(Install(row, device, returned_s))

    def _of_lane(self, device: np.ndarray, name: str) -> np.ndarray:
        values = np.array([getattr(lane, name) for lane in self._lanes])
        return values[np.searchsorted(self._first, device, side="right") - 1]


def _extend(column: array[Any], values: np.ndarray) -> None:
    column.frombytes(values.tobytes())


def _taken(column: array[Any], rows: np.ndarray) -> np.ndarray:
    # A copy: as long as an array is looked at from elsewhere, it cannot grow.
    return np.frombuffer(column.tobytes(), column.typecode)[rows]


def _air_s(wire_bytes: np.ndarray, bps: np.ndarray) -> np.ndarray:
    """Return how long messages are on the air; nothing takes no time even where nothing is carried."""
    bits = 8.0 * wire_bytes
    never = np.where(bits > 0.0, inf, 0.0)
    return np.divide(bits, bps, out=never, where=bps > 0.0)


def _passages(
    offered_s: np.ndarray,
    start_s: np.ndarray,
    end_s: np.ndarray,
    arrive_s: np.ndarray,
    nbytes: np.ndarray | None = None,
    instance: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return the columns of a passage log; nothing is dropped or sent again."""
    nothing = np.zeros(len(offered_s), np.int64)
    return {
        "instance": nothing if instance is None else instance,
        "offered_s": offered_s,
        "start_s": start_s,
        "end_s": end_s,
        "arrive_s": arrive_s,
        "dropped_s": np.full(len(offered_s), inf),
        "nbytes": nothing if nbytes is None else nbytes,
        "retransmitted_bytes": nothing,
    }
