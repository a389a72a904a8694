"""The orders of exchanges that went by plain arithmetic, written as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.contract import Kind, Orders, Phase

#: What can happen to an exchange: it is asked for, served, brought back; it is lost or broken off, or the cloud
#: has no room for it.
ASK, SERVICE, RETURN, FAILURE, ABORTION, REFUSAL = range(6)

#: What that orders: kind, phase, and at which of the times in (asked, reached, started, served, ended).
_STEPS = {
    ASK: ((Kind.COLLECT, Phase.UPLINK, 0), (Kind.PROGRESS, Phase.UPLINK, 0)),
    SERVICE: (
        (Kind.PROGRESS, Phase.CLOUD_QUEUE, 1),
        (Kind.PROGRESS, Phase.SERVICE, 2),
        (Kind.ADAPT, 0, 3),
        (Kind.PROGRESS, Phase.DOWNLINK, 3),
    ),
    RETURN: ((Kind.INSTALL, Phase.RESIDUAL, 4),),
    FAILURE: ((Kind.PROGRESS, Phase.LOST, 4), (Kind.PROGRESS, Phase.LOST, 4), (Kind.DISCARD, Phase.LOST, 4)),
    ABORTION: ((Kind.PROGRESS, Phase.LOST, 4), (Kind.DISCARD, Phase.LOST, 4)),
    REFUSAL: ((Kind.PROGRESS, Phase.CLOUD_QUEUE, 1), (Kind.PROGRESS, Phase.LOST, 1), (Kind.DISCARD, Phase.LOST, 1)),
}
_COUNT = np.array([len(steps) for steps in _STEPS.values()])
_BEGIN = np.cumsum(_COUNT) - _COUNT
_KIND, _PHASE, _TIME = (
    np.array(column, np.int8) for column in zip(*(step for steps in _STEPS.values() for step in steps), strict=True)
)


def orders_of(row: np.ndarray, moment: np.ndarray, device: np.ndarray, times_s: Sequence[np.ndarray]) -> Orders:
    """Return the orders of some moments, in the order of the moments.

    ``row``: the ticket, int64 [moments]; ``moment``: what happened, uint8; ``device`` likewise by moment;
    ``times_s``: asked, reached, started, served and ended, each [moments]. What never comes is not ordered.
    """
    steps = _COUNT[moment]
    index = np.repeat(np.arange(len(row)), steps)
    step = np.arange(len(index)) - np.repeat(np.cumsum(steps) - steps - _BEGIN[moment], steps)
    at_s = np.stack(times_s)[_TIME[step], index]
    kind = _KIND[step]
    told = Orders(kind, row[index], np.where(kind == Kind.ADAPT, row[index], device[index]), at_s, _PHASE[step])
    return told.take(np.flatnonzero(at_s < np.inf))
