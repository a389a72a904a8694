"""Rows of the compiled engine as others know them: the data plane, the table of exchanges, the cloud's log."""

from __future__ import annotations

import numpy as np

from agents.contract import Exchanges, Outcome

_TIMES = ("sent_s", "reached_s", "started_s", "served_s", "ended_s")
_LOST = int(Outcome.LOST)
#: Times of a transfer.
MOMENTS = ("offered_s", "start_s", "end_s", "arrive_s", "dropped_s")


def exchanges_of(rows: np.ndarray) -> Exchanges:
    """Return rows as the data plane knows them; ``news`` are the stages that it knows already."""
    ended = ~np.isnan(rows["ended_s"])
    outcome = np.where(ended, np.where(rows["closed"] == 1, _LOST, rows["outcome"]), 0)
    return Exchanges(
        kind=rows["kind"].copy(),
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


def installed_in_order(at_s: np.ndarray, device: np.ndarray, count: int) -> int:
    """Return how many of the first ``count`` rows may leave: on no device a later row was installed before.

    Ages are added up as rows leave, on each device in the order of time. ``at_s`` is when each row was installed, NaN
    where it was not.
    """
    while count:
        soonest_s = np.full(int(device.max()) + 1, np.inf)
        np.fmin.at(soonest_s, device[count:], at_s[count:])
        late = np.flatnonzero(at_s[:count] > soonest_s[device[:count]])
        if not len(late):
            break
        # Rows behind that one stay, too, and may be those that were installed before.
        count = int(late[0])
    return count


def transfers_of(times_s: np.ndarray, counts: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Return the first ``count`` transfers as a log takes them, copied: times by moment, and counts."""
    columns = {name: times_s[place, :count].copy() for place, name in enumerate(MOMENTS)}
    names = ("instance", "nbytes", "retransmitted_bytes")
    return columns | {name: counts[place, :count].copy() for place, name in enumerate(names)}
