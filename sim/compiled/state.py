"""All that the compiled engine knows, as arrays of records: one record a row, device, link instance, rate or event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.kernel.tick_sums import SUMMED

_TIME, _COUNT, _INDEX, _FLAG = "f8", "i8", "i4", "i1"


def _record(fields: Mapping[str, Sequence[str]]) -> np.dtype[Any]:
    """Return the type of a record: names by their types."""
    return np.dtype([(name, kind) for kind, names in fields.items() for name in names])


#: Arrays by the name of one entry.
ARRAYS = (
    *("event", "row", "hop", "device", "cohort", "stage", "station", "share", "rate", "gate", "part", "worker"),
    *("number", "moment", "partial", "serving", "source", "group", "wire", "crossing", "entry", "work"),
    *("edge", "summed"),
)

#: Numbers of the whole run. ``serial`` breaks ties of what has no rank, ``flows`` is how many rows are in a flow,
#: ``serving`` how many requests the cloud holds, if their number is ``bounded``. ``next_ask`` and ``next_learning`` are
#: the rows of the next ask and of the next device that learns, ``*_key`` say which goes first at equal times;
#: ``next_row`` is the number of the next row, beyond ``row_limit`` there is no room. ``models`` says that devices
#: change their models by themselves, too. ``pending`` is why the loop must return, ``asking`` the row that waits
#: for that, ``answered`` the row that goes on. Of a round ``left`` may report, ``enough`` close it. ``cloud_sums`` is
#: the address of the sums of the cloud, 0 where they are added up elsewhere.
GLOBALS = _record(
    {
        _TIME: ("now_s", "horizon_s", "batch_wait_s", "batch_each_s", "expires_s", "begin_s", "every_s", "timeout_s"),
        _COUNT: (
            *("serial", "events", "dropped", "away", "next_ask", "asks_end", "mask", "hops", "policy", "bounded"),
            *("next_learning", "learning_end", "asks_key", "learning_key", "next_row", "row_limit", "tickets"),
            *("recorded", "models", "requests_wait", "steps", "from_data", "pending", "asking", "answered"),
            *("round", "open", "opening", "left", "enough", "reports", "next_call", "calls_end"),
            *("first_report", "last_report"),
            *("serving", "capacity", "flows", "partials", "event_room", "workers"),
            *("cloud_share", "batch_size", "batches", "drawn", "ticks", "cloud_sums"),
            *(f"{name}_array" for name in ARRAYS),
        ),
    }
)
#: What happens when: to a row, at a station; ``key`` orders what happens at one time.
EVENT = _record({_TIME: ("at_s",), _COUNT: ("key", "row"), _INDEX: ("station",), "i2": ("flow", "kind")})
#: One exchange, or what is like one. ``bits`` to ``next`` are those of its flow: of the pairing heap, stack or list
#: that it is in. ``recorded`` says that it is in the table, ``ranked`` that its ticket is its rank.
ROW = _record(
    {
        _TIME: (
            *("requested_s", "sent_s", "reached_s", "started_s", "served_s", "returned_s", "installed_s", "ended_s"),
            *("at_s", "service_s", "bits", "flow_end_s", "left_bits", "tag", "weight", "step_s"),
        ),
        _COUNT: (
            *("id", "ticket", "device", "number", "group", "payload_bytes", "update_bytes"),
            *("up_bytes", "down_bytes", "retransmitted_bytes"),
            *("flow_number", "child", "sibling", "previous", "next", "waiting"),
        ),
        _INDEX: ("cohort", "station", "path", "worker"),
        "i2": ("stage", "attempt", "drawn", "flow"),
        _FLAG: ("state", "outcome", "result", "closed", "over", "recorded", "stale", "in_flow", "kind", "ranked"),
        "u1": ("handed_over",),
    }
)
#: One message on one hop: its cost, drawn before, and its transfer.
HOP = _record(
    {
        _TIME: ("recovery_delay_s", "latency_s", "offered_s", "start_s", "end_s", "arrive_s", "dropped_s"),
        _COUNT: ("wire_bytes", "retransmitted_bytes"),
        _INDEX: ("station", "path"),
        _FLAG: ("lost",),
    }
)
#: ``newest`` is the row under way, ``last`` the end of those that wait; ``learner`` is what the device is learning,
#: ``held`` the request that waits for that; -1 for none.
DEVICE = _record(
    {_COUNT: ("newest", "last", "learner", "held"), _INDEX: ("gate", "model_changes"), _FLAG: ("taking_part",)}
)
#: ``cloud`` is the stage of the cloud.
COHORT = _record({_INDEX: ("first_stage", "stages", "cloud", "retries", "timers"), _FLAG: ("aborts",)})
#: A part of a route: one queue, the cloud, or ``hops`` links that a message crosses as one flow; ``place`` is the place
#: of the first of them on the whole route, up and down, and ``first`` says that it begins a direction.
STAGE = _record(
    {
        _TIME: ("weight",),
        _INDEX: ("place", "hops", "ordered"),
        _FLAG: ("kind", "access", "first", "upwards", "bucket", "law"),
    }
)
#: One instance of a link: a queue, or a share in a flow's path. ``latest_s`` keeps the order of messages; ``ping`` is
#: what adds to their latency over time, among the rates; -1 for nothing.
STATION = _record(
    {
        _TIME: ("free_s", "credit_bits", "latest_s", "tokens_bits", "refill_bps", "burst_bits", "line_bps"),
        _INDEX: ("rate", "share", "ping"),
    }
)
#: What flows share: a processor sharing link, a stack, a max-min network, or the cloud's workers. ``root`` is the first
#: of its rows; ``sources`` is where the rows of devices begin in the array of sources, where each has one at most.
SHARE = _record(
    {
        _TIME: ("at_s", "credit_bits", "next_s", "clock", "weight", "due_s"),
        _COUNT: ("entered", "departures", "flows", "root", "ended_first", "ended_last", "sources"),
        _INDEX: (
            *("rate", "stale_first", "ends", "ends_first", "ends_room", "changes", "changes_first"),
            *("full_first", "caps_first", "order_first", "reached_first", "settled"),
        ),
        _FLAG: ("law",),
    }
)
#: Flows of one path over a max-min network, and one cap per weight; their virtual clock is that of a share.
#: ``touched`` and ``next_stale`` link groups.
GROUP = _record(
    {
        _TIME: ("clock", "weight", "at_s", "level", "fair_level", "cap"),
        _COUNT: ("entered", "departures", "flows", "root", "number", "version"),
        _INDEX: ("touched", "next_stale", "first_crossing"),
        "i2": ("hops",),
        _FLAG: ("there", "stale", "reached"),
    }
)
#: A link of a max-min network, with the list of the groups that cross it. ``bound_bps`` is the most that they can send,
#: limited by other links, beside those that are ``unbounded``; the link is ``slack`` where it can carry that.
WIRE = _record(
    {
        _TIME: ("capacity_bps", "left_bps", "weight"),
        _COUNT: ("rising", "seen", "bound_bps", "unbounded"),
        _INDEX: ("rate", "first_crossing", "last_crossing"),
        _FLAG: ("expected", "filling", "slack"),
    }
)
#: A group on one wire of its path, in the list of that wire; other wires limit it to ``bound_bps``, -1 for none.
CROSSING = _record({_COUNT: ("bound_bps",), _INDEX: ("wire", "group", "previous", "next")})
#: An entry of a heap.
ENTRY = _record({_TIME: ("value",), _COUNT: ("number", "version", "what")})
#: A rate over time: its numbers, and where its tables begin; ``gate`` interrupts it, -1 for never.
RATE = _record(
    {
        _TIME: ("bps", "period_s", "total_bits", "offset_s", "factor", "grain_bits"),
        _COUNT: ("first", "count", "offset_ms"),
        _INDEX: ("gate",),
        _FLAG: ("kind", "repeats", "scaled"),
    }
)
#: Something that is there when all of its parts are.
GATE = _record({_INDEX: ("first", "count")})
PART = _record(
    {
        _TIME: ("offset_s", "period_s", "from_s", "length_s", "day_s", "zone_s", "share"),
        _COUNT: ("first", "count", "device"),
        "u8": ("draws",),
        _FLAG: ("kind", "inside"),
    }
)
#: A worker of the cloud: when it is free, and when it is up (``rate``: of its speed; -1 for always).
WORKER = _record({_TIME: ("free_s",), _INDEX: ("worker", "gate", "rate")})


#: What is added up of a link or the cloud in one tick.
TICK_SUMS = _record({_COUNT: SUMMED})
#: One number.
NUMBER, INTEGER = _record({_TIME: ("value",)}), _record({_COUNT: ("value",)})


class State:
    """The arrays of a run, and the record ``g`` of its global numbers, in which their addresses stand.

    ``rows`` and ``hops`` are rings: row n is at n & mask, its hops one after the other.
    """

    def __init__(self, g: np.ndarray, **arrays: np.ndarray) -> None:
        self.g = g
        self._arrays: dict[str, np.ndarray] = {}
        self.put(**arrays)

    def put(self, **arrays: np.ndarray) -> None:
        """Replace arrays, by the name of one entry."""
        for name, array in arrays.items():
            self._arrays[name] = array
            self.g[f"{name}_array"] = array.ctypes.data

    def __getitem__(self, name: str) -> np.ndarray:
        """Return an array by the name of one entry."""
        return self._arrays[name]
