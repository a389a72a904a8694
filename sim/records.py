"""One exchange as it is recorded: who, when, how many bytes, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

INSTALLED = "installed"
LOST = "lost"
ABORTED = "aborted"
REJECTED = "rejected"
SUPERSEDED = "superseded"
IN_FLIGHT = "in_flight"

#: Times of an exchange in the order in which they come.
TIMES = ("requested_s", "sent_s", "reached_s", "started_s", "served_s", "returned_s", "installed_s")


@dataclass(slots=True)
class Luck:
    """What chance holds for one exchange, drawn by (device, number of its ask) before it begins."""

    payload_bytes: int
    update_bytes: int
    up_latency_s: float
    down_latency_s: float
    service_s: float


class Exchange:
    """One request and its reply; times are seconds, NaN until they come."""

    __slots__ = ("device", "down_bytes", "luck", "outcome", "retransmitted_bytes", "ticket", "up_bytes", *TIMES)

    def __init__(self, ticket: int, device: int, requested_s: float, luck: Luck) -> None:
        self.ticket = ticket
        self.device = device
        self.luck = luck
        self.requested_s = requested_s
        self.sent_s = self.reached_s = self.started_s = self.served_s = nan
        self.returned_s = self.installed_s = nan
        self.up_bytes = self.down_bytes = self.retransmitted_bytes = 0
        self.outcome = IN_FLIGHT
