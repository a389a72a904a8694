"""Rows of the compiled engine as others know them: the data plane, the table of exchanges, the cloud's log."""

from __future__ import annotations

import numpy as np

from agents.contract import ExchangeKind, Exchanges, Outcome
from sim.kernel.records import COLUMNS

_TIMES = ("sent_s", "reached_s", "started_s", "served_s", "ended_s")
#: Outcomes of rows by their number.
OUTCOMES = np.array([outcome.name.lower() for outcome in Outcome], object)
_REJECTED, _LOST = int(Outcome.REJECTED), int(Outcome.LOST)


def exchanges_of(rows: np.ndarray) -> Exchanges:
    """Return rows as the data plane knows them; ``news`` are the stages that it knows already."""
    ended = ~np.isnan(rows["ended_s"])
    outcome = np.where(ended, np.where(rows["closed"] == 1, _LOST, rows["outcome"]), 0)
    return Exchanges(
        kind=np.full(len(rows), ExchangeKind.UPDATE, np.int8),
        ticket=rows["ticket"].copy(),
        device=rows["device"].copy(),
        attempt=rows["attempt"].astype(np.int64),
        group=rows["group"].copy(),
        at_s=np.stack([rows[name] for name in _TIMES]),
        outcome=outcome.astype(np.int8),
        news=rows["handed_over"].copy(),
    )


def joined(parts: list[Exchanges]) -> Exchanges:
    if len(parts) == 1:
        return parts[0]
    names = ("kind", "ticket", "device", "attempt", "group", "at_s", "outcome", "news")
    return Exchanges(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names))


def columns_of(rows: np.ndarray) -> dict[str, np.ndarray]:
    rows = rows[rows["dropped"] == 0]
    return {name: rows[name].copy() for name in COLUMNS}


def services_of(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return what rows were to the cloud."""
    known = {name: np.where(np.isnan(rows[name]), np.inf, rows[name]) for name in ("started_s", "served_s")}
    nothing = np.zeros(len(rows), np.int64)
    return {
        "instance": nothing,
        "offered_s": rows["reached_s"].copy(),
        "start_s": known["started_s"],
        "end_s": known["served_s"],
        "arrive_s": known["served_s"],
        "dropped_s": np.where(rows["outcome"] == _REJECTED, rows["reached_s"], np.inf),
        "nbytes": nothing,
        "retransmitted_bytes": nothing,
    }
