"""What is added up of exchanges as they are recorded: for windows, devices, and the summary."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.contract import ExchangeKind, Outcome

#: Names of outcomes and kinds, by their numbers.
OUTCOMES = tuple(outcome.name.lower() for outcome in Outcome)
KINDS = tuple(kind.name.lower() for kind in ExchangeKind)
#: What counts as a request: payloads that go up.
_ASKED = (ExchangeKind.UPDATE, ExchangeKind.REPORT)


class ExchangeSums:
    """Sums over the exchanges of a run, added in the order of their tickets.

    Attributes:
        requests: int64 [ticks, cohorts].
        exchanges, up_bytes, down_bytes: int64 [devices].
        outcomes: how many ended how, int64 [len(OUTCOMES)].
    """

    def __init__(self, edges_s: np.ndarray, cohorts: int, devices: int, horizon_s: float) -> None:
        self._edges_s, self._horizon_s = edges_s, horizon_s
        self.requests = np.zeros((len(edges_s), cohorts), np.int64)
        self.exchanges, self.up_bytes, self.down_bytes = (np.zeros(devices, np.int64) for _ in range(3))
        self.outcomes = np.zeros(len(OUTCOMES), np.int64)
        # Of the newest installed update: when its data were sent; and by how much updates made the area of age smaller.
        self._sent_s, self._saved = np.zeros(devices), np.zeros(devices)

    def add(self, table: Mapping[str, np.ndarray]) -> None:
        """Add some rows of the table of exchanges."""
        self.requests += self.requests_of(table)
        device = table["device"]
        np.add.at(self.exchanges, device, 1)
        np.add.at(self.up_bytes, device, table["up_bytes"])
        np.add.at(self.down_bytes, device, table["down_bytes"])
        self.outcomes += np.bincount(table["outcome"], minlength=len(OUTCOMES))
        self._add_ages(table)

    def requests_of(self, table: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return how many requests there are among some rows, int64 [ticks, cohorts]."""
        asked_s, cohort = table["requested_s"], table["cohort"]
        if "kind" in table:
            asked = np.isin(table["kind"], _ASKED)
            asked_s, cohort = asked_s[asked], cohort[asked]
        ticks, cohorts = self.requests.shape
        tick = np.minimum(np.searchsorted(self._edges_s, asked_s, side="left"), ticks - 1)
        return np.bincount(tick * cohorts + cohort, minlength=ticks * cohorts).reshape(ticks, cohorts)

    def mean_age_s(self) -> np.ndarray:
        """Return the time average of each device's age of model over (0, horizon] [s].

        The age at t is t minus the moment at which the data behind the newest installed update were sent; before the
        first update it is t (Kaul, Yates and Gruteser, INFOCOM 2012).
        """
        return (self._horizon_s**2 / 2 - self._saved) / self._horizon_s

    def _add_ages(self, table: Mapping[str, np.ndarray]) -> None:
        """Count what updates save: rows that come later must not be installed earlier on the same device.

        The sawtooth's area is the triangle up to the horizon, less a parallelogram for each jump down.
        """
        done = ~np.isnan(table["installed_s"])
        device, at_s, sent_s = (table[name][done] for name in ("device", "installed_s", "sent_s"))
        if (np.bincount(device, minlength=len(self._saved)) > 1).any():
            order = np.lexsort((at_s, device))
            device, at_s, sent_s = device[order], at_s[order], sent_s[order]
        before_s = self._sent_s[device]
        same = device[1:] == device[:-1]
        before_s[1:][same] = sent_s[:-1][same]
        # One after the other: sums of floats depend on the order, and on how they are grouped.
        np.add.at(self._saved, device, (sent_s - before_s) * (self._horizon_s - at_s))
        last = np.append(~same, True)[: len(device)]
        self._sent_s[device[last]] = sent_s[last]
