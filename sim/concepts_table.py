"""``concepts``: the ground truth of a run, which concept reigned for which device when."""

from __future__ import annotations

import numpy as np

from agents.contract import DataPlane
from sim.tables import Table


def concepts_table(plane: DataPlane | None, cohort_of: np.ndarray) -> dict[str, Table]:
    """Return the table by its name; none where there is no data plane, or its stream tells nothing.

    One row is one concept that a device follows in (``from_s``, ``until_s``], with a share of its samples that is
    ``share_from`` at the beginning and ``share_until`` at the end: 1 and 1 but where a gradual change mixes.
    """
    truth = {} if plane is None else dict(plane.truth())
    if not truth:
        return {}
    device = truth.pop("device")
    return {"concepts": {"device": device, "cohort": cohort_of[device], **truth}}
