"""Rows of the compiled engine as others know them: the data plane, the table of exchanges, the cloud's log."""

from __future__ import annotations

import numpy as np

from agents.contract import ExchangeKind, Exchanges, Outcome

_TIMES = ("sent_s", "reached_s", "started_s", "served_s", "ended_s")
_LOST = int(Outcome.LOST)
#: Times of a transfer.
MOMENTS = ("offered_s", "start_s", "end_s", "arrive_s", "dropped_s")


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


def transfers_of(times_s: np.ndarray, counts: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Return the first ``count`` transfers as a log takes them, copied: times by moment, and counts."""
    columns = {name: times_s[place, :count].copy() for place, name in enumerate(MOMENTS)}
    names = ("instance", "nbytes", "retransmitted_bytes")
    return columns | {name: counts[place, :count].copy() for place, name in enumerate(names)}
