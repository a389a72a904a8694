"""Age of the deployed model, as the exact time average over a sawtooth.

The age of a device's model at time t is t - sent_s of the newest update installed by then: how old the data
are that the model has seen. Before the first install it is t, the model having been shipped at 0. Between
installs the age rises by one second a second, so that over a stretch from age `low` to age `high` it is
uniform: means and distributions follow in closed form, without sampling. (Age of information: Kaul, Yates,
Gruteser, 2012.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.runs import Run


class AgeIntervals(NamedTuple):
    """Times between installs: device, age at the begin and at the end [s], one entry each."""

    device: NDArray[np.int64]
    low_s: NDArray[np.float64]
    high_s: NDArray[np.float64]


def age_intervals(exchanges: pd.DataFrame, devices: Sequence[int], until_s: float) -> AgeIntervals:
    """Cut (0, until_s] of every device at its installs.

    An update that arrives after a newer one changes nothing: the newest by `sent_s` stays in force.
    """
    done = exchanges.loc[exchanges["installed_s"] < until_s, ["device", "installed_s", "sent_s"]]
    shipped = pd.DataFrame({"device": np.asarray(devices), "installed_s": 0.0, "sent_s": 0.0})
    steps = pd.concat([shipped, done], ignore_index=True)
    steps = steps.sort_values(["device", "installed_s"], kind="stable", ignore_index=True)
    newest_s = steps.groupby("device")["sent_s"].cummax().to_numpy(float)
    begin_s = steps["installed_s"].to_numpy(float)
    end_s = steps.groupby("device")["installed_s"].shift(-1).fillna(until_s).to_numpy(float)
    return AgeIntervals(steps["device"].to_numpy(np.int64), begin_s - newest_s, end_s - newest_s)


def of_run(run: Run) -> AgeIntervals:
    """Cut the played time of all devices of a run."""
    return age_intervals(
        run.exchange_columns("device", "installed_s", "sent_s"), run.devices["device"].to_numpy(), run.played_s
    )


def mean_age_s(intervals: AgeIntervals) -> float:
    """Return the time average of the age over all devices [s], NaN for no time at all."""
    time_s = float((intervals.high_s - intervals.low_s).sum())
    return float((intervals.high_s**2 - intervals.low_s**2).sum()) / (2 * time_s) if time_s > 0 else math.nan


def share_younger(intervals: AgeIntervals, ages_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each age, the exact share of device time with a model at most that old."""
    time_s = float((intervals.high_s - intervals.low_s).sum())
    return (_excess(intervals.low_s, ages_s) - _excess(intervals.high_s, ages_s)) / time_s


def age_quantile(intervals: AgeIntervals, share: float) -> float:
    """Return the age [s] below which the model is for a share of the device time."""
    corners = np.unique(np.concatenate([intervals.low_s, intervals.high_s]))
    return float(np.interp(share, share_younger(intervals, corners), corners))


def never_updated(run: Run) -> float:
    """Return the share of devices that never installed an update."""
    devices = len(run.devices)
    updated = run.exchange_columns("device", "installed_s").dropna(subset="installed_s")["device"].nunique()
    return 1 - updated / devices if devices else math.nan


def _excess(edges: NDArray[np.float64], ages_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sum(max(age - edge, 0)) over the edges, for each age."""
    ordered = np.sort(edges)
    total = np.concatenate(([0.0], np.cumsum(ordered)))
    below = np.searchsorted(ordered, ages_s, side="right")
    return ages_s * below - total[below]
