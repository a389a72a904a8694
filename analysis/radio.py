"""What the radio of each device spent, by its states: promoted, on air, in its tail, asleep.

A message wakes the radio (promotion), is on air for its bytes at the mean rate of the link up to the moment at which it
has arrived, and leaves the radio awake for a tail; what comes within the tail needs no promotion. This is the machine
of radio resource control as measured on LTE and 3G (Huang et al., MobiSys 2012; Balasubramanian et al., IMC 2009).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.quantities import base_value
from analysis.runs import Run

Floats = NDArray[np.float64]
PARTS = ("promotion_j", "air_j", "tail_j", "asleep_j")
_TIMES = ("promotion_time", "tail_time")
_POWERS = ("promotion", "transmitting", "receiving", "tail", "asleep")
#: What is read of each exchange, beside its device.
_READ = ("sent_s", "reached_s", "served_s", "returned_s", "up_bytes", "down_bytes")


def radio(run: Run, cohorts: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a device, `device promotions awake_s air_s` and energies [J] `promotion_j air_j tail_j asleep_j`.

    All is 0 for devices on links that say nothing of the radio.
    """
    parts = [_of_cohort(run, name, cohort) for name, cohort in cohorts.items()]
    whole = pd.concat(parts) if parts else pd.DataFrame(columns=["device", "promotions", "awake_s", "air_s", *PARTS])
    return whole.set_index("device").reindex(run.devices["device"], fill_value=0.0).reset_index()


def _of_cohort(run: Run, name: str, cohort: Mapping[str, Any]) -> pd.DataFrame:
    devices = run.devices.loc[run.devices["cohort"] == name, "device"].to_numpy(np.int64)
    link = str(cohort.get("link"))
    given = run.resolved.get("links", {}).get(link, {}).get("radio")
    if not given:
        return pd.DataFrame({"device": devices, **dict.fromkeys(("promotions", "awake_s", "air_s", *PARTS), 0.0)})
    machine = {
        key: base_value(given.get(key, f"0 {unit}")) for keys, unit in ((_TIMES, "s"), (_POWERS, "W")) for key in keys
    }
    place = np.arange(len(devices))
    rows = run.exchange_columns("device", *_READ)
    rows = rows[rows["device"].isin(devices) & rows["sent_s"].notna()]
    who = place[np.searchsorted(devices, rows["device"].to_numpy(np.int64))]
    up_s, down_s = air_times(rows, mean_rate_bps(run, link, "up"), mean_rate_bps(run, link, "down"))
    sent = np.bincount(who, up_s, len(devices))
    received = np.bincount(who, down_s, len(devices))
    begin_s, end_s, owner = _awake(rows, up_s, down_s, who, waits=bool(given.get("waits", True)))
    awake_s, promotions = union(owner, begin_s, end_s + machine["tail_time"], len(devices), run.played_s)
    air_s = np.minimum(sent + received, awake_s)
    asleep_s = np.maximum(run.played_s - awake_s - promotions * machine["promotion_time"], 0.0)
    return pd.DataFrame(
        {
            "device": devices,
            "promotions": promotions,
            "awake_s": awake_s,
            "air_s": air_s,
            "promotion_j": promotions * machine["promotion_time"] * machine["promotion"],
            "air_j": sent * machine["transmitting"] + received * machine["receiving"],
            "tail_j": (awake_s - air_s) * machine["tail"],
            "asleep_j": asleep_s * machine["asleep"],
        }
    )


def air_times(rows: pd.DataFrame, up_bps: float, down_bps: float) -> tuple[Floats, Floats]:
    """Return how long each message was on air [s], up and down; 0 for what was not sent.

    Where the mean rate is not known (NaN), a message was on air from the moment it left to that of its arrival. A
    device pays for all that it sent, and for what it received.
    """
    down_s = _air(rows["down_bytes"], down_bps, rows["served_s"], rows["returned_s"])
    up_s = _air(rows["up_bytes"], up_bps, rows["sent_s"], rows["reached_s"])
    return up_s, np.where(rows["returned_s"].notna(), down_s, 0.0)


def _air(size: pd.Series[Any], bps: float, begin_s: pd.Series[Any], end_s: pd.Series[Any]) -> Floats:
    lasted = (end_s - begin_s).to_numpy(float)
    needed = lasted if math.isnan(bps) else 8 * size.to_numpy(float) / bps
    # No message is on air for longer than it took, but what never arrived was sent all the same.
    found = np.where(np.isnan(lasted), needed, np.minimum(needed, lasted))
    sent = begin_s.notna().to_numpy() & (size.to_numpy(float) > 0)
    return np.where(sent & ~np.isnan(found), found, 0.0)


def _awake(
    rows: pd.DataFrame, up_s: Floats, down_s: Floats, who: NDArray[np.int64], *, waits: bool
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return when radios are active: begin, end and owner of each stretch, without tails."""
    sent, reached, returned = (rows[name].to_numpy(float) for name in ("sent_s", "reached_s", "returned_s"))
    up_end = np.where(np.isnan(reached), sent + up_s, reached)
    if waits:
        return sent, np.where(np.isnan(returned), up_end, returned), who
    there = ~np.isnan(returned)
    begin = np.concatenate([up_end - up_s, (returned - down_s)[there]])
    return begin, np.concatenate([up_end, returned[there]]), np.concatenate([who, who[there]])


def union(
    owner: NDArray[np.int64], begin_s: Floats, end_s: Floats, owners: int, until_s: float
) -> tuple[Floats, Floats]:
    """Return how much of (0, until] the stretches of each owner cover [s], and in how many pieces."""
    begin_s, end_s = np.clip(begin_s, 0.0, until_s), np.clip(end_s, 0.0, until_s)
    order = np.lexsort((begin_s, owner))
    owner, begin_s, end_s = owner[order], begin_s[order], end_s[order]
    # Owners one after another on one axis, so far apart that no stretch reaches into the next.
    shift = owner * (2.0 * until_s)
    reach = np.maximum.accumulate(end_s + shift) if len(owner) else end_s
    fresh = np.ones(len(owner), bool)
    fresh[1:] = begin_s[1:] + shift[1:] > reach[:-1]
    covered = reach - np.where(fresh, begin_s + shift, np.concatenate([[0.0], reach[:-1]]))
    pieces = np.bincount(owner, fresh, owners)
    return np.bincount(owner, covered, owners).astype(np.float64), pieces.astype(np.float64)


def mean_rate_bps(run: Run, link: str, direction: str) -> float:
    """Return the mean rate of a link as the scenario says it, or its recording; NaN where neither does."""
    law = run.resolved.get("links", {}).get(link, {}).get(direction, {})
    if isinstance(law, Mapping) and "rate" in law:
        return base_value(law["rate"])
    read = run.manifest.get("read", {}).get("links", {}).get(f"links.{link}.{direction}", {})
    return float(read.get("mean_bps", math.nan))
