"""Where the time of an exchange goes, from request to install, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.runs import Run

STAMPS = ("requested_s", "sent_s", "reached_s", "started_s", "served_s", "returned_s", "installed_s")
STAGES = ("before transmission", "uplink", "cloud queue", "service", "downlink", "installing")


class Delays(NamedTuple):
    """Installed exchanges: seconds per stage, [exchanges, stages]."""

    stages_s: NDArray[np.float64]

    @property
    def total_s(self) -> NDArray[np.float64]:
        return self.stages_s.sum(axis=1)

    @property
    def mean_s(self) -> NDArray[np.float64]:
        """Return the mean of each stage [s], NaN where nothing was installed."""
        return self.stages_s.mean(axis=0) if len(self.stages_s) else np.full(len(STAGES), math.nan)


def delays(runs: Sequence[Run]) -> Delays:
    """Take the installed exchanges of repetitions apart; the stages sum to installed_s - requested_s."""
    return Delays(np.concatenate([_stages(run.exchanges) for run in runs]))


def median_delay_s(run: Run) -> float | None:
    """Return the median time from request to install [s], None where nothing was installed."""
    total_s = delays([run]).total_s
    return float(np.median(total_s)) if len(total_s) else None


def outcomes(runs: Sequence[Run]) -> dict[str, int]:
    """Count how the requests ended, commonest first."""
    ends = pd.concat([run.exchanges["outcome"] for run in runs])
    return {str(name): int(count) for name, count in ends.value_counts().sort_index(kind="stable").items()}


def _stages(exchanges: pd.DataFrame) -> NDArray[np.float64]:
    done = exchanges.loc[exchanges["outcome"] == "installed", list(STAMPS)].to_numpy(float)
    return np.diff(done[~np.isnan(done).any(axis=1)], axis=1)
