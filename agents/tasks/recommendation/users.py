"""The users of a log, split in time: what the cloud knows of each, and what each does afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.tasks.recommendation.log import Log


@dataclass(frozen=True)
class Users:
    """Every user's clicks in time order, and where the past ends.

    Attributes:
        item: int32 [clicks], user by user, in time order.
        time_s: float64 [clicks], of the log's own clock.
        start: int64 [users + 1], where each user's clicks start.
        known: int64 [users], clicks of each user that are past.
        split_s: the end of the past, which it includes.
        end_s: the last click of all.
    """

    item: np.ndarray
    time_s: np.ndarray
    start: np.ndarray
    known: np.ndarray
    split_s: float
    end_s: float

    def clicks(self, user: int) -> np.ndarray:
        """Return the items that a user clicks, in time order: int32 [clicks]."""
        return self.item[self.start[user] : self.start[user + 1]]

    def times_s(self, user: int) -> np.ndarray:
        """Return when, on the log's clock: float64 [clicks]."""
        return self.time_s[self.start[user] : self.start[user + 1]]

    @property
    def later(self) -> np.ndarray:
        """Clicks of each user after the split: int64 [users]."""
        return np.diff(self.start) - self.known

    def busiest(self) -> np.ndarray:
        """Return the users that click after the split, those with most clicks first, then by name: int64 [users]."""
        order = np.argsort(-self.later, kind="stable")
        return order[self.later[order] > 0]

    def until(self, at_s: float) -> np.ndarray:
        """Return how many clicks of each user come up to ``at_s``: int64 [users]."""
        upto = np.concatenate([[0], np.cumsum(self.time_s <= at_s)])
        return upto[self.start[1:]] - upto[self.start[:-1]]


def split_in_time(log: Log, share: float) -> Users:
    """Return the users of ``log``; the first ``share`` of its time span is the past.

    Raises:
        ValueError: nothing is on one side of the split.
    """
    first_s, end_s = float(log.time_s[0]), float(log.time_s[-1])
    split_s = first_s + share * (end_s - first_s)
    if first_s == end_s:
        raise ValueError(f"all its {len(log):,} interactions are at one moment ({first_s:.15g}); nothing can be split")
    if log.time_s[0] > split_s or log.time_s[-1] <= split_s:
        side = "after" if log.time_s[-1] <= split_s else "before"
        raise ValueError(f"history: {share:.0%} of the time span leaves no interaction {side} the split")
    order = np.argsort(log.user, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(log.user, minlength=len(log.users)))])
    unused = np.zeros(len(log.users), np.int64)
    users = Users(log.item[order], log.time_s[order], start, unused, split_s, end_s)
    unused += users.until(split_s)
    return users


def validation_split_s(users: Users, share: float) -> float:
    """Return when the last ``share`` of the past's clicks begins: training knows nothing from then on.

    Raises:
        ValueError: too few clicks, or all in one moment.
    """
    past_s = np.sort(users.time_s[users.time_s <= users.split_s])
    cut_s = float(past_s[int((1.0 - share) * (len(past_s) - 1))])
    if cut_s >= users.split_s or not (past_s > cut_s).any():
        raise ValueError(_nothing_to_validate_on(past_s))
    return cut_s


def _nothing_to_validate_on(past_s: np.ndarray) -> str:
    moments = np.unique(past_s)
    if len(moments) == len(past_s):
        return f"history: its {len(past_s)} interactions leave nothing to validate on; make it longer"
    at_last = int((past_s == moments[-1]).sum())
    days = ", as if times were days without hours" if (moments % 86400.0 == 0.0).all() else ""
    return (
        f"history: {at_last} of its {len(past_s)} interactions share the last of its {len(moments)} moments{days}: "
        "they leave nothing to validate on; give finer times, or a log of more moments"
    )
