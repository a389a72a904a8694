"""The age of deployed models, split into what devices waited for: exactly, from the times of exchanges.

At any moment the age of a device's model is the time since its data were collected. A part of it had passed when the
model was installed (its request went up, waited, was served, came down); then it grows, first until the request of
the next model that is installed, then while that one is under way. Integrated over time the parts sum to the age.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.runs import Run

#: What an age is made of: the wait for the next request, and the stages of an exchange.
STAGES = ("between", "uplink", "cloud_queue", "service", "downlink")
STAMPS = ("sent_s", "reached_s", "started_s", "served_s", "installed_s")


class AgeParts(NamedTuple):
    """Seconds of age times seconds of device time, by stage [s^2], and the device time [s]."""

    by_stage: dict[str, float]
    time_s: float

    @property
    def shares(self) -> dict[str, float]:
        """Return the part of each stage in the mean age; zero throughout where nothing has any age."""
        total = sum(self.by_stage.values())
        return {stage: part / total if total else 0.0 for stage, part in self.by_stage.items()}


def age_parts(run: Run) -> AgeParts:
    """Split the age of the models of all devices of a run over the time that was played."""
    devices, until_s = len(run.devices), run.played_s
    steps = _steps(run.exchange_columns("device", *STAMPS), until_s)
    parts = dict.fromkeys(STAGES, 0.0)
    if len(steps):
        _after_installs(steps, until_s, parts)
    _before_installs(steps, devices, until_s, parts)
    return AgeParts(parts, devices * until_s)


def _steps(exchanges: pd.DataFrame, until_s: float) -> pd.DataFrame:
    """Return exchanges whose update is newer than all before on its device, by device and install."""
    done = exchanges.loc[exchanges["installed_s"] < until_s, ["device", *STAMPS]]
    done = done.sort_values(["device", "installed_s"], kind="stable", ignore_index=True)
    newest = done.groupby("device")["sent_s"].cummax()
    earlier = newest.groupby(done["device"]).shift(1, fill_value=-1.0)
    return done[done["sent_s"] > earlier].reset_index(drop=True)


def _after_installs(steps: pd.DataFrame, until_s: float, parts: dict[str, float]) -> None:
    """Add the age of each model from its install to the next one, or to the end."""
    stamps = steps[list(STAMPS)].to_numpy(float)
    installed_s = stamps[:, -1]
    following = steps["device"].shift(-1).eq(steps["device"]).to_numpy()
    ahead = np.where(following[:, None], np.roll(stamps, -1, axis=0), until_s)
    end_s = ahead[:, -1]
    for stage, width in zip(STAGES[1:], np.diff(stamps, axis=1).T, strict=True):
        parts[stage] += float((width * (end_s - installed_s)).sum())
    _grow(installed_s, end_s, ahead, parts)


def _before_installs(steps: pd.DataFrame, devices: int, until_s: float, parts: dict[str, float]) -> None:
    """Add the age of the shipped model, which is as old as the run, until the first install of each device."""
    first = steps.drop_duplicates("device")[list(STAMPS)].to_numpy(float)
    ahead = np.concatenate([first, np.full((devices - len(first), len(STAMPS)), until_s)])
    _grow(np.zeros(devices), ahead[:, -1], ahead, parts)


def _grow(
    begin_s: NDArray[np.float64], end_s: NDArray[np.float64], ahead: NDArray[np.float64], parts: dict[str, float]
) -> None:
    """Add what grows from `begin_s` to `end_s`: the time to the next request, then its stages as far as they got."""
    edges = np.concatenate([begin_s[:, None], np.clip(ahead, begin_s[:, None], end_s[:, None])], axis=1)
    for stage, low, high in zip(STAGES, edges.T[:-1], edges.T[1:], strict=True):
        # A second of a stage counts from when it passes to the end.
        parts[stage] += float((((end_s - low) ** 2 - (end_s - high) ** 2) / 2).sum())
