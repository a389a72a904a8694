"""Where the time of an exchange goes, from request to install, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
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
    parts = [_stages(run.exchange_columns("outcome", *STAMPS)) for run in runs]
    return Delays(parts[0] if len(parts) == 1 else np.concatenate(parts))


def median_delay_s(run: Run) -> float | None:
    """Return the median time from request to install [s], None where nothing was installed."""
    total_s = delays([run]).total_s
    return float(np.median(total_s)) if len(total_s) else None


def outcomes(runs: Sequence[Run]) -> dict[str, int]:
    """Count how the requests ended, commonest first."""
    ends = pd.concat([run.exchange_columns("outcome")["outcome"] for run in runs])
    return {str(name): int(count) for name, count in ends.value_counts().sort_index(kind="stable").items()}


def _stages(exchanges: pd.DataFrame) -> NDArray[np.float64]:
    stamps = [exchanges[name].to_numpy(float) for name in STAMPS]
    done = (exchanges["outcome"] == "installed").to_numpy()
    for stamp in stamps:
        done = done & ~np.isnan(stamp)
    # Stage by stage: of millions of exchanges no second copy of all stamps is made.
    stages_s = np.empty((np.count_nonzero(done), len(STAMPS) - 1))
    for place, (earlier_s, later_s) in enumerate(pairwise(stamps)):
        np.subtract(later_s[done], earlier_s[done], out=stages_s[:, place])
    return stages_s
