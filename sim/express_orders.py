"""The orders of exchanges that went by plain arithmetic, written as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.contract import Kind, Orders, Phase

#: What an exchange orders when it is asked for (the first two), and when it is served: kind, phase, and at which of the
#: times in (asked, reached, started, served, returned).
_STEPS = (
    (Kind.COLLECT, Phase.UPLINK, 0),
    (Kind.PROGRESS, Phase.UPLINK, 0),
    (Kind.PROGRESS, Phase.CLOUD_QUEUE, 1),
    (Kind.PROGRESS, Phase.SERVICE, 2),
    (Kind.ADAPT, 0, 3),
    (Kind.PROGRESS, Phase.DOWNLINK, 3),
    (Kind.INSTALL, Phase.RESIDUAL, 4),
)
_ASK, _SERVICE = 2, 5
_KIND, _PHASE, _TIME = (np.array(column, np.int8) for column in zip(*_STEPS, strict=True))


def orders_of(row: np.ndarray, served: np.ndarray, device: np.ndarray, times_s: Sequence[np.ndarray]) -> Orders:
    """Return the orders of some moments, in the order of the moments.

    ``row``: the ticket, int64 [moments]; ``served``: whether it was served or asked for, bool; ``device`` likewise by
    moment; ``times_s``: asked, reached, started, served and returned, each [moments]. What never comes is not ordered.
    """
    steps = np.where(served, _SERVICE, _ASK)
    moment = np.repeat(np.arange(len(row)), steps)
    step = np.arange(len(moment)) - np.repeat(np.cumsum(steps) - steps, steps) + np.where(served, _ASK, 0)[moment]
    at_s = np.stack(times_s)[_TIME[step], moment]
    kind = _KIND[step]
    told = Orders(kind, row[moment], np.where(kind == Kind.ADAPT, 0, device[moment]), at_s, _PHASE[step])
    return told.take(np.flatnonzero(at_s < np.inf))
