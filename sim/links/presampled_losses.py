"""Presampled losses: the costs of the messages of a tick's requests, hop by hop, drawn all at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.kernel.records import Transmission
from sim.kernel.requests import Requests
from sim.links.route import Route

#: The cost of each of some messages on its hops; None where nothing is drawn.
Presampled = list[Sequence[Transmission] | None]


class PresampledLosses:
    """Draws losses for many messages at once; drawn one by one they would take a hundred times as long.

    Only first attempts can be presampled. Draws are keyed by message, so that the result does not depend
    on when or where they are drawn.

    Args:
        first: the first device of each cohort, int64.
        up, down: the routes of each cohort, None without a link.
        known: whether sizes are known before messages are sent; if not, nothing is drawn ahead.
    """

    def __init__(
        self, first: np.ndarray, up: Sequence[Route | None], down: Sequence[Route | None], *, known: bool = True
    ) -> None:
        self._first, self._up, self._down, self._known = first, up, down, known

    def of(self, requests: Requests) -> tuple[Presampled, Presampled]:
        """Return the costs of requests on their way up, and of updates on their way down."""
        cohort = np.searchsorted(self._first, requests.device, side="right") - 1
        up: Presampled = [None] * len(cohort)
        down: Presampled = [None] * len(cohort)
        for index, (ascent, descent) in enumerate(zip(self._up, self._down, strict=True) if self._known else ()):
            rows = np.flatnonzero(cohort == index)
            _presample(up, rows, ascent, requests, requests.payload_bytes, requests.up_latency_s)
            _presample(down, rows, descent, requests, requests.update_bytes, requests.down_latency_s)
        return up, down


def _presample(
    out: Presampled,
    rows: np.ndarray,
    route: Route | None,
    requests: Requests,
    nbytes: np.ndarray,
    latency_s: np.ndarray,
) -> None:
    if route is None or not len(rows) or all(link.spec.overhead.header_bytes is not None for link, _ in route.links):
        return
    device, number, nbytes = requests.device[rows], requests.number[rows], nbytes[rows]
    hops = []
    for link, hop in route.links:
        weights = link.spec.overhead.costs(device, number, nbytes, latency_s[hop.number][rows], hop.number)
        hops.append(map(Transmission, *(column.tolist() for column in weights)))
    for row, transmissions in zip(rows.tolist(), zip(*hops, strict=True), strict=True):
        out[row] = transmissions
