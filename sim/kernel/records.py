"""One exchange as it is recorded: who, when, how many bytes, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np

from agents.contract import ExchangeKind


class Transmission(NamedTuple):
    """What a message costs on a link: bytes sent once, bytes sent again, recovery delay, and whether it is lost."""

    wire_bytes: int
    retransmitted_bytes: int = 0
    recovery_delay_s: float = 0.0
    lost: bool = False


INSTALLED = "installed"
LOST = "lost"
ABORTED = "aborted"
REJECTED = "rejected"
SUPERSEDED = "superseded"
IN_FLIGHT = "in_flight"
REPORTED = "reported"

#: Times of an exchange in the order in which they come.
TIMES = ("requested_s", "sent_s", "reached_s", "started_s", "served_s", "returned_s", "installed_s")

#: Columns of the exchanges' table but for the cohort, and their types.
COLUMNS: dict[str, type] = (
    {"ticket": np.int64, "device": np.int64}
    | dict.fromkeys(TIMES, np.float64)
    | {"up_bytes": np.int64, "down_bytes": np.int64, "retransmitted_bytes": np.int64, "outcome": object}
)
#: Further columns where exchanges need not be requests: their kind, and the number of their round.
KIND_COLUMNS: dict[str, type] = {"kind": np.int8, "number": np.int64}


@dataclass(slots=True)
class ExchangeDraws:
    """The random draws of one exchange, keyed by (device, number of its ask), drawn before it begins.

    Latencies are one number for each hop, and so is the cost of a message there, where it was drawn ahead.
    """

    payload_bytes: int
    update_bytes: int
    up_latency_s: tuple[float, ...]
    down_latency_s: tuple[float, ...]
    service_s: float
    step_s: float = 0.0
    up_presampled: Sequence[Transmission] | None = None
    down_presampled: Sequence[Transmission] | None = None


class Exchange:
    """One request and its reply; times are seconds, NaN until they come.

    Once it is ``over`` nothing about it changes any more.
    """

    __slots__ = (
        "attempt",
        "device",
        "down_bytes",
        "ended_s",
        "group",
        "handed_over",
        "kind",
        "draws",
        "number",
        "outcome",
        "over",
        "retransmitted_bytes",
        "ticket",
        "up_bytes",
        *TIMES,
    )

    def __init__(
        self,
        ticket: int,
        device: int,
        number: int,
        requested_s: float,
        draws: ExchangeDraws,
        kind: ExchangeKind = ExchangeKind.UPDATE,
    ) -> None:
        self.ticket = self.group = ticket
        self.kind = kind
        self.device = device
        self.number = number
        self.draws = draws
        self.requested_s = requested_s
        self.sent_s = self.reached_s = self.started_s = self.served_s = nan
        self.returned_s = self.installed_s = self.ended_s = nan
        #: The attempt under way, from 0, and which of its stages the data plane has been handed, as bits.
        self.attempt, self.handed_over = -1, 0
        self.up_bytes = self.down_bytes = self.retransmitted_bytes = 0
        self.outcome = IN_FLIGHT
        self.over = False

    @classmethod
    def without_request(cls, ticket: int, device: int, kind: ExchangeKind) -> Exchange:
        """Return an exchange that no device asked for and that sends no message."""
        return cls(ticket, device, 0, nan, ExchangeDraws(0, 0, (), (), 0.0), kind)

    def begin_attempt(self, now_s: float) -> None:
        """Send (again) now: times count from the latest attempt, bytes from the first."""
        self.sent_s = now_s
        self.reached_s = self.started_s = self.served_s = self.returned_s = self.ended_s = nan
        self.attempt, self.handed_over = self.attempt + 1, 0
