"""The ground truth of a run: which concept each device followed, and when."""

from __future__ import annotations

import numpy as np

from agents.drift.concept_intervals import ConceptIntervals
from agents.drift.rate_modulation import schedule_of
from agents.layout import Layout
from agents.streams.base import Task

#: Decimals of the reported shares: the last bits of an exponential differ between machines.
_DECIMALS = 9


def ground_truth_columns(layout: Layout, task: Task) -> dict[str, np.ndarray]:
    """Return the columns of the concepts table, by device and time; empty for a task that follows no schedule.

    ``device from_s until_s concept name share_from share_until``: the device follows the concept in (from, until], with
    a share of its samples that is ``share_from`` at the beginning and ``share_until`` at the end.
    """
    schedule = schedule_of(task)
    if schedule is None:
        return {}
    block_ids = zip(layout.block_ids, layout.devices, layout.first, strict=True)
    parts = [
        _of_devices(schedule.concept_intervals(block_id), devices, first) for block_id, devices, first in block_ids
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = np.array([*task.concepts, None], dtype=object)[:-1]
    shares = {name: columns.pop(name).round(_DECIMALS) for name in ("share_from", "share_until")}
    return columns | {"name": names[columns["concept"]]} | shares


def _of_devices(concept_intervals: ConceptIntervals, devices: int, first: int) -> dict[str, np.ndarray]:
    mine = concept_intervals[concept_intervals.row < devices]
    return {
        "device": first + mine.row.astype(np.int64),
        "from_s": mine.from_s,
        "until_s": mine.until_s,
        "concept": mine.concept,
        "share_from": mine.share_from,
        "share_until": mine.share_until,
    }
