"""Plays exchanges by plain arithmetic where nothing but the cloud's queue is shared.

On private first-in first-out links, with one exchange at a time on each device, both crossings are known the moment
they begin: where rates are constant, a tick's requests are computed as arrays, and only the order of arrivals
at the cloud needs a loop. The result is that of :mod:`sim.stories` to the last bit, some ten times sooner.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from heapq import heappop, heappush, heapreplace
from math import inf, nan
from typing import Any

import numpy as np

from agents.contract import Orders
from sim.express_orders import orders_of
from sim.lanes import Crossings, Lane
from sim.lines.passages import PassageLog
from sim.records import IN_FLIGHT, INSTALLED
from sim.requests import Requests


class Express:
    """The quick way to play exchanges; ``write`` takes their orders, if anybody wants them."""

    def __init__(
        self, lanes: list[Lane], workers: int, cloud_log: PassageLog, write: Callable[[Orders], None] | None
    ) -> None:
        self.asks_dropped = self.asks_away = 0
        self._lanes, self._cloud_log, self._write = lanes, cloud_log, write
        self._first = np.array([lane.first for lane in lanes])
        self._up = Crossings([lane.up for lane in lanes], self._first)
        self._down = Crossings([lane.down for lane in lanes], self._first)
        self._free_s = [0.0] * workers
        self._arrivals: list[tuple[float, int]] = []
        self._advanced = 0
        # Typed arrays: a list keeps an object for each number, four times its size. This one is by device ...
        self._busy_until_s = array("d")
        # ... and these are by ask, in the order of tickets.
        self._device, self._up_bytes, self._down_bytes = array("q"), array("q"), array("q")
        self._asked_s, self._left_s, self._reached_s = array("d"), array("d"), array("d")
        self._back_air_s, self._back_latency_s, self._service_s = array("d"), array("d"), array("d")
        self._started_s, self._served_s = array("d"), array("d")
        self._landed_s, self._returned_s = array("d"), array("d")
        self._sent = bytearray()
        # What happened since orders were last written: asks, and services as the complement of their row.
        self._moments = array("q")

    def __len__(self) -> int:
        return self._advanced - self.asks_dropped

    def plan(self, requests: Requests) -> None:
        """Take in the requests of the next tick."""
        device, header_bytes = requests.device, self._of_lane(requests.device, "header_bytes")
        up_bytes, down_bytes = requests.payload_bytes + header_bytes, requests.update_bytes + header_bytes
        left_s = self._left_lines_s(device, requests.at_s, up_bytes)
        _extend(self._device, device)
        _extend(self._up_bytes, up_bytes)
        _extend(self._down_bytes, down_bytes)
        _extend(self._asked_s, requests.at_s)
        _extend(self._left_s, left_s)
        _extend(self._reached_s, left_s + requests.up_latency_s[0])
        _extend(self._back_air_s, _air_s(down_bytes, self._of_lane(device, "down_bps")))
        _extend(self._back_latency_s, requests.down_latency_s[0])
        _extend(self._service_s, requests.service_s)
        for times in (self._started_s, self._served_s, self._landed_s, self._returned_s):
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
            self._moments.append(row)
            if (arrives_s := self._reached_s[row]) < inf:
                heappush(self._arrivals, (arrives_s, row))
        self._advanced = len(self._device)
        self._serve_until(until_s)
        self._write_orders()

    def finish(self) -> None:
        """Hand what crossed lines and cloud to their logs."""
        told = self.columns()
        sent = told["ticket"]
        told |= {"left_s": _taken(self._left_s, sent), "landed_s": _taken(self._landed_s, sent)}
        self._cloud_log.extend(_passages(told["reached_s"], told["started_s"], told["served_s"], told["served_s"]))
        lane_of = np.searchsorted(self._first, told["device"], side="right") - 1
        for number, lane in enumerate(self._lanes):
            mine = {name: values[lane_of == number] for name, values in told.items()}
            instance = lane.up.instances_of(mine["device"])
            up = ("sent_s", "sent_s", "left_s", "reached_s", "up_bytes")
            down = ("served_s", "served_s", "landed_s", "returned_s", "down_bytes")
            lane.up.log.extend(_passages(*[mine[name] for name in up], instance=instance))
            lane.down.log.extend(_passages(*[mine[name] for name in down], instance=instance))

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
            landed_s = served_s + self._back_air_s[row]
            if landed_s != landed_s:
                landed_s = self._down.ends_s(self._device[row], served_s, self._down_bytes[row])
            returned_s = landed_s + self._back_latency_s[row]
            self._started_s[row], self._served_s[row] = started_s, served_s
            self._landed_s[row], self._returned_s[row] = landed_s, returned_s
            self._busy_until_s[self._device[row]] = returned_s
            self._moments.append(~row)

    def _write_orders(self) -> None:
        """Hand over the orders of all that happened since this was last done."""
        moments = np.frombuffer(self._moments.tobytes(), np.int64)
        self._moments = array("q")
        if self._write is not None and len(moments):
            row = np.where(moments < 0, ~moments, moments)
            times = (self._asked_s, self._reached_s, self._started_s, self._served_s, self._returned_s)
            self._write(orders_of(row, moments < 0, _taken(self._device, row), [_taken(one, row) for one in times]))

    def _left_lines_s(self, device: np.ndarray, sent_s: np.ndarray, wire_bytes: np.ndarray) -> np.ndarray:
        """Return when messages have left their uplinks."""
        left_s = sent_s + _air_s(wire_bytes, self._of_lane(device, "up_bps"))
        varying = np.flatnonzero(np.isnan(left_s))
        told = zip(device[varying].tolist(), sent_s[varying].tolist(), wire_bytes[varying].tolist(), strict=True)
        left_s[varying] = [self._up.ends_s(*message) for message in told]
        return left_s

    def _of_lane(self, device: np.ndarray, name: str) -> np.ndarray:
        values = np.array([getattr(lane, name) for lane in self._lanes])
        return values[np.searchsorted(self._first, device, side="right") - 1]


def _extend(column: array[Any], values: np.ndarray) -> None:
    column.frombytes(values.tobytes())


def _taken(column: array[Any], rows: np.ndarray) -> np.ndarray:
    # A copy: as long as an array is looked at from elsewhere, it cannot grow.
    return np.frombuffer(column.tobytes(), column.typecode)[rows]


def _air_s(wire_bytes: np.ndarray, bps: np.ndarray) -> np.ndarray:
    """Return how long messages are on the air: NaN where the rate varies.

    Nothing takes no time even where nothing is carried.
    """
    bits = 8.0 * wire_bytes
    never = np.where(np.isnan(bps), nan, np.where(bits > 0.0, inf, 0.0))
    return np.divide(bits, bps, out=never, where=bps > 0.0)


def _passages(
    offered_s: np.ndarray,
    start_s: np.ndarray,
    end_s: np.ndarray,
    arrive_s: np.ndarray,
    nbytes: np.ndarray | None = None,
    *,
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
