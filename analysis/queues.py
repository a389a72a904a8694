"""Links and the cloud as queues: bytes, busy shares, waits, and whether they kept up."""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from analysis.runs import Run

SATURATED = 0.98


class LinkUtilisation(NamedTuple):
    """One link in one direction over a whole run; shares are of the capacity of all its instances."""

    link: str
    direction: str
    instances: int
    offered_bytes: int
    delivered_bytes: int
    dropped_bytes: int
    retransmitted_bytes: int
    busy_share: float
    peak_busy_share: float
    peak_queue: int
    mean_wait_s: float

    @property
    def saturated(self) -> bool:
        """Return whether the link had hardly a free second: more was offered than it carries."""
        return self.busy_share >= SATURATED


class CloudUtilisation(NamedTuple):
    """The cloud over a whole run."""

    workers: int
    arrived: int
    served: int
    rejected: int
    busy_share: float
    peak_queue: int
    mean_wait_s: float

    @property
    def saturated(self) -> bool:
        return self.busy_share >= SATURATED


def link_utilisations(run: Run) -> list[LinkUtilisation]:
    """Sum up every link and direction, in the order of the table."""
    parts = run.links.groupby(["link", "direction"], sort=False)
    return [_use(str(link), str(direction), rows, run.tick_s) for (link, direction), rows in parts]


def cloud_utilisation(run: Run) -> CloudUtilisation | None:
    """Sum up the cloud; None where the table has no row."""
    table = run.cloud
    if table.empty:
        return None
    last = table.iloc[-1]
    capacity_s = float(table["workers"].sum()) * run.tick_s
    return CloudUtilisation(
        workers=int(last["workers"]),
        arrived=int(last["arrived"]),
        served=int(last["served"]),
        rejected=int(last["rejected"]),
        busy_share=_ratio(table["busy_s"].sum(), capacity_s),
        peak_queue=int(table["queue"].max()),
        mean_wait_s=_ratio(table["waiting_s"].sum(), table["started"].sum()),
    )


def busy_shares(table: pd.DataFrame, servers: str, tick_s: float) -> pd.Series:
    """Return the busy share of each tick: busy seconds over server seconds."""
    return table["busy_s"] / (table[servers].where(table[servers] > 0) * tick_s)


def mean_waits_s(table: pd.DataFrame) -> pd.Series:
    """Return the mean wait of the messages that began in each tick [s], NaN where none did."""
    return table["waiting_s"] / table["started"].where(table["started"] > 0)


def _use(link: str, direction: str, rows: pd.DataFrame, tick_s: float) -> LinkUtilisation:
    last = rows.iloc[-1]
    return LinkUtilisation(
        link=link,
        direction=direction,
        instances=int(last["instances"]),
        offered_bytes=int(last["offered_bytes"]),
        delivered_bytes=int(last["delivered_bytes"]),
        dropped_bytes=int(last["dropped_bytes"]),
        retransmitted_bytes=int(last["retransmitted_bytes"]),
        busy_share=_ratio(rows["busy_s"].sum(), rows["instances"].sum() * tick_s),
        peak_busy_share=float(busy_shares(rows, "instances", tick_s).max()),
        peak_queue=int(rows["queue"].max()),
        mean_wait_s=_ratio(rows["waiting_s"].sum(), rows["started"].sum()),
    )


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole > 0 else math.nan
