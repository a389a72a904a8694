"""What happens to an exchange, as the data plane is told: a cue is an order and the phase that it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from agents.contract import Kind, Orders, Phase

_CUES = (
    (Kind.COLLECT, Phase.UPLINK),
    (Kind.PROGRESS, Phase.UPLINK),
    (Kind.PROGRESS, Phase.CLOUD_QUEUE),
    (Kind.PROGRESS, Phase.SERVICE),
    (Kind.ADAPT, Phase.UNDETECTED),
    (Kind.PROGRESS, Phase.DOWNLINK),
    (Kind.INSTALL, Phase.RESIDUAL),
    (Kind.PROGRESS, Phase.LOST),
    (Kind.DISCARD, Phase.LOST),
)
#: The cues, as plain numbers: an exchange gives eight of them.
COLLECT, UPLINK, CLOUD_QUEUE, SERVICE, ADAPT, DOWNLINK, INSTALL, LOST, DISCARD = range(len(_CUES))

_KIND, _PHASE = (np.array(column, np.int8) for column in zip(*_CUES, strict=True))

#: Takes the cues of exchanges as they come: cue, ticket, device, and when [s].
Write = Callable[[int, int, int, float], None]


def unheard(cue: int, ticket: int, device: int, at_s: float) -> None:
    """Take cues that nobody wants to hear: there is no data plane."""


def orders_of(cues: Sequence[tuple[int, int, int, float]]) -> Orders:
    """Return cues as orders, in the order given."""
    columns = zip(*cues, strict=True) if cues else [()] * 4
    cue, ticket, device, at_s = map(np.array, columns, (np.int64, np.int64, np.int64, np.float64))
    return Orders(_KIND[cue], ticket, np.where(cue == ADAPT, ticket, device), at_s, _PHASE[cue])
