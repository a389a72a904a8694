"""What the lines of a run could have carried: their rates over time, for figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.lines.line import Line
from sim.network.rates import Constant
from sim.tables import Table

_POINTS = 2000


def rates_table(lines: Sequence[Line], duration_s: float) -> dict[str, Table]:
    """Return ``{"rates": table}`` with the mean rate of instance 0 of each line that varies, in up to 2,000 bins.

    Columns ``t_s`` (start of the bin), ``link``, ``direction``, ``bps``; nothing at all if all rates are constant.
    """
    edges_s = np.linspace(0.0, duration_s, _POINTS + 1)
    parts = []
    for line in lines:
        rate = line.spec.rate_of(0)
        if line.instances and not isinstance(rate, Constant):
            bits = [rate.bits(a, b) for a, b in zip(edges_s[:-1].tolist(), edges_s[1:].tolist(), strict=True)]
            parts.append(
                {
                    "t_s": edges_s[:-1],
                    "link": np.full(_POINTS, line.spec.name, object),
                    "direction": np.full(_POINTS, line.spec.direction, object),
                    "bps": np.array(bits) / np.diff(edges_s),
                }
            )
    if not parts:
        return {}
    return {"rates": {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}}
