"""The users of a log, split in time: what the cloud knows of each, and what each does afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.tasks.recommendation.log import Log

#: Of so few past clicks of a user one alone is kept for validation.
_FEW = 3


@dataclass(frozen=True)
class Users:
    """Every user's clicks in time order, and where the past ends.

    Attributes:
        item: int32 [clicks], user by user, in time order.
        time_s: float64 [clicks], of the log's own clock.
        start: int64 [users + 1], where each user's clicks start.
        known: int64 [users], clicks of each user that are past.
        begin_s: float64 [users], when the stream of each user begins, on the log's clock.
        warm: bool [users], whom the past knows well enough.
        split_s: the end of the past, which it includes; None where each user has an end of its own.
        end_s: the last click of all.
        weight: float64 [clicks], how much each counts when the cloud learns; None: all alike.
    """

    item: np.ndarray
    time_s: np.ndarray
    start: np.ndarray
    known: np.ndarray
    begin_s: np.ndarray
    warm: np.ndarray
    split_s: float | None
    end_s: float
    weight: np.ndarray | None = None

    def clicks(self, user: int) -> np.ndarray:
        """Return the items that a user clicks, in time order: int32 [clicks]."""
        return self.item[self.start[user] : self.start[user + 1]]

    def times_s(self, user: int) -> np.ndarray:
        """Return when, on the log's clock: float64 [clicks]."""
        return self.time_s[self.start[user] : self.start[user + 1]]

    def weights(self, user: int) -> np.ndarray:
        """Return how much each counts when the cloud learns, 1 where nothing is said: float64 [clicks]."""
        clicks = slice(int(self.start[user]), int(self.start[user + 1]))
        return np.ones(clicks.stop - clicks.start) if self.weight is None else self.weight[clicks]

    @property
    def later(self) -> np.ndarray:
        """Clicks of each user after the split: int64 [users]."""
        return np.diff(self.start) - self.known

    def in_order(self, which: str) -> np.ndarray:
        """Return users that click after the split, by what the past knows of them, then by name: int64 [users].

        ``which`` are ``warm`` or ``all``, those with most past clicks first, or ``cold``, in the order of their names.
        """
        order = np.argsort(-self.known, kind="stable") if which != "cold" else np.arange(len(self.known))
        among = {"warm": self.warm, "cold": ~self.warm, "all": np.ones(len(self.warm), bool)}[which]
        return order[(self.later[order] > 0) & among[order]]

    def until(self, at_s: float) -> np.ndarray:
        """Return how many clicks of each user come up to ``at_s``: int64 [users]."""
        upto = np.concatenate([[0], np.cumsum(self.time_s <= at_s)])
        return upto[self.start[1:]] - upto[self.start[:-1]]


def in_past(log: Log, split: str, share: float) -> np.ndarray:
    """Return which clicks are the cloud's past, bool [clicks]: a share of each user's, or of the log's time span.

    Raises:
        ValueError: nothing is on one side of the split.
    """
    if split == "time":
        return np.asarray(log.time_s <= _split_s(log, share))
    order = np.argsort(log.user, kind="stable")
    sizes = np.bincount(log.user, minlength=len(log.users))
    place = np.empty(len(log), np.int64)
    place[order] = np.arange(len(log)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    past = place < np.floor(share * sizes)[log.user]
    if not past.any() or past.all():
        side = "after" if past.all() else "before"
        raise ValueError(f"history: {share:.0%} of each user's interactions leaves none {side} the split")
    return np.asarray(past)


def split_in_time(log: Log, share: float) -> Users:
    """Return the users of ``log``; the first ``share`` of its time span is the past.

    Raises:
        ValueError: nothing is on one side of the split.
    """
    return users_of(log, in_past(log, "time", share), np.ones(len(log.users), bool), _split_s(log, share))


def users_of(log: Log, past: np.ndarray, warm: np.ndarray, split_s: float | None) -> Users:
    """Return the users of ``log``, of which the clicks ``past`` are the cloud's; streams begin where these end.

    With ``split_s`` all of them begin then, else each at the last past click of its user.
    """
    order = np.argsort(log.user, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(log.user, minlength=len(log.users)))])
    known = np.bincount(log.user[past], minlength=len(log.users))
    time_s = log.time_s[order]
    own_s = time_s[np.maximum(start[:-1] + known - 1, 0)] if len(time_s) else np.zeros(len(known))
    begin_s = np.full(len(known), split_s) if split_s is not None else own_s
    weight = None if log.weight is None else log.weight[order]
    return Users(log.item[order], time_s, start, known, begin_s, warm, split_s, float(log.time_s[-1]), weight)


def _split_s(log: Log, share: float) -> float:
    first_s, end_s = float(log.time_s[0]), float(log.time_s[-1])
    split_s = first_s + share * (end_s - first_s)
    if first_s == end_s:
        raise ValueError(f"all its {len(log):,} interactions are at one moment ({first_s:.15g}); nothing can be split")
    if log.time_s[0] > split_s or log.time_s[-1] <= split_s:
        side = "after" if log.time_s[-1] <= split_s else "before"
        raise ValueError(f"history: {share:.0%} of the time span leaves no interaction {side} the split")
    return split_s


def trained_until(users: Users, share: float) -> np.ndarray:
    """Return how many clicks of each user come before those that training is validated on: int64 [users].

    These are the last ``share`` of all past clicks, by time, or of each user's where each has a split of its own.

    Raises:
        ValueError: too few clicks, or all in one moment.
    """
    if users.split_s is not None:
        return users.until(validation_split_s(users, share))
    # Adapters are chosen by what follows a window of the same user: of few clicks two are kept for that.
    least = np.where(users.known > _FEW, 2, 1)
    judged = np.where(users.known > 1, np.maximum(np.ceil(share * users.known), least), 0).astype(np.int64)
    if not judged[users.warm].any():
        raise ValueError("history: no user has two past interactions, so that nothing is left to validate on")
    return np.asarray(users.known - judged)


def validation_split_s(users: Users, share: float) -> float:
    """Return when the last ``share`` of the past's clicks begins: training knows nothing from then on.

    Raises:
        ValueError: too few clicks, or all in one moment.
    """
    assert users.split_s is not None
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
