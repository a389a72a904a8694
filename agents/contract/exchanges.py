"""Exchanges as the timing plane passes them: one row each, with the times that it has reached so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np


class ExchangeKind(IntEnum):
    """Which side starts an exchange, and its result.

    ``UPDATE``: a device requests, the cloud answers. ``LEARN``: a device learns locally; sent is when it begins, ended
    when what it learnt is in force. ``PUSH``: the cloud sends without a request; it leaves when it is served.
    ``REPORT``: a payload that gets no answer of its own, as at the end of a round. ``EXPIRY``: the update in force has
    grown too old.
    """

    UPDATE = 0
    LEARN = 1
    PUSH = 2
    REPORT = 3
    EXPIRY = 4


class Outcome(IntEnum):
    """How an attempt ended; ``REPORTED`` is what is hoped for where no answer is wanted."""

    IN_FLIGHT = 0
    INSTALLED = 1
    LOST = 2
    ABORTED = 3
    REJECTED = 4
    SUPERSEDED = 5
    REPORTED = 6


class Stage(IntEnum):
    """The times of an exchange, in the order in which they come."""

    SENT = 0
    REACHED = 1
    STARTED = 2
    SERVED = 3
    ENDED = 4


#: How many times an exchange has.
STAGES = len(Stage)


@dataclass(frozen=True)
class Exchanges:
    """Attempts of exchanges to which something happened: one entry of each column a row.

    Attributes:
        kind: int8, an :class:`ExchangeKind`.
        ticket, device, attempt: int64; attempts of a ticket count from 0.
        group: int64; tickets that the cloud serves together share it, and it is one of theirs.
        at_s: float64 [stages, rows], when each :class:`Stage` was reached [s]; only what is ``news`` need be there.
        outcome: int8, an :class:`Outcome`; meant once the attempt has ended.
        news: uint8; bit n is set if stage n was reached since the row was last passed.
    """

    kind: np.ndarray
    ticket: np.ndarray
    device: np.ndarray
    attempt: np.ndarray
    group: np.ndarray
    at_s: np.ndarray
    outcome: np.ndarray
    news: np.ndarray

    def __len__(self) -> int:
        return len(self.ticket)

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, ...]]) -> Exchanges:
        """Return rows given one by one, each a tuple of all columns, ``at_s`` among them as a tuple of its stages."""
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(_TYPES)
        made = [np.array(values, kind) for values, kind in zip(columns, _TYPES, strict=True)]
        made[_AT_S] = made[_AT_S].reshape(-1, STAGES).T
        return cls(*made)

    def take(self, rows: np.ndarray) -> Exchanges:
        """Return some rows, in the order given."""
        return Exchanges(*(getattr(self, field.name)[..., rows] for field in fields(self)))

    def reached(self) -> Iterator[tuple[Stage, np.ndarray]]:
        """Yield each stage with the rows that have newly reached it, int64."""
        for stage in Stage:
            yield stage, np.flatnonzero(self.news >> np.uint8(stage) & 1)


_TYPES = (np.int8, np.int64, np.int64, np.int64, np.int64, np.float64, np.int8, np.uint8)
_AT_S = [field.name for field in fields(Exchanges)].index("at_s")

#: No event.
NO_EXCHANGES = Exchanges.of([])


def news_of(at_s: np.ndarray, known: np.ndarray, until_s: float) -> np.ndarray:
    """Return which stages of rows are reached by ``until_s`` and not ``known`` yet, as bits: uint8 [rows].

    ``at_s`` is [stages, rows]; what is not known to come is NaN or infinite there.
    """
    reached = (at_s <= until_s).astype(np.uint8) << np.arange(STAGES, dtype=np.uint8)[:, None]
    return np.asarray(np.bitwise_or.reduce(reached, axis=0) & ~known)
