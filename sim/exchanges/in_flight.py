"""What a device does when it wants to ask while an exchange of its own is still under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from sim.kernel.records import SUPERSEDED, Exchange


class InFlight(Protocol):
    """A policy over the exchanges of each device."""

    #: Asks that never became an exchange.
    dropped: int

    def admit(self, exchange: Exchange) -> bool:
        """Return whether the exchange may leave now."""
        ...

    def release(self, exchange: Exchange) -> Exchange | None:
        """Note that the exchange is over; return the next one to leave, if one waits."""
        ...


class Drop:
    """One exchange at a time: a new ask is dropped while one is under way."""

    def __init__(self) -> None:
        self._busy: set[int] = set()
        self.dropped = 0

    def admit(self, exchange: Exchange) -> bool:
        if exchange.device in self._busy:
            self.dropped += 1
            return False
        self._busy.add(exchange.device)
        return True

    def release(self, exchange: Exchange) -> Exchange | None:
        self._busy.discard(exchange.device)
        return None


class Replace:
    """The newest ask wins: it leaves at once, and the update of an older exchange is no longer installed.

    Bytes already sent stay in the network: a packet cannot be recalled.
    """

    def __init__(self) -> None:
        self._newest: dict[int, Exchange] = {}
        self.dropped = 0

    def admit(self, exchange: Exchange) -> bool:
        older = self._newest.get(exchange.device)
        if older is not None:
            older.outcome = SUPERSEDED
        self._newest[exchange.device] = exchange
        return True

    def release(self, exchange: Exchange) -> Exchange | None:
        if self._newest.get(exchange.device) is exchange:
            del self._newest[exchange.device]
        return None


class Queue:
    """One exchange at a time: a new ask waits on the device until those before it are over."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[Exchange]] = {}
        self.dropped = 0

    def admit(self, exchange: Exchange) -> bool:
        waiting = self._waiting.get(exchange.device)
        if waiting is not None:
            waiting.append(exchange)
            return False
        self._waiting[exchange.device] = deque()
        return True

    def release(self, exchange: Exchange) -> Exchange | None:
        waiting = self._waiting[exchange.device]
        if waiting:
            return waiting.popleft()
        del self._waiting[exchange.device]
        return None


POLICIES: dict[str, Callable[[], InFlight]] = {"drop": Drop, "replace": Replace, "queue": Queue}
