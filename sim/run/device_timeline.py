"""Play a run again for a few of its devices, every sample logged: who was right, and what was waited for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from agents.contract import Phase
from sim.run.assembly import assemble
from sim.run.forking.segments import FILE
from sim.run.run_folder import FolderError
from sim.run.tables import Table
from sim.scenario import load


def sample_timeline(run: Path, devices: Sequence[int], *, allow_plugins: bool = False) -> Table:
    """Return the samples of some devices of a run, a row a sample, by device and time.

    The run is played again from its scenario: streams and decisions are the same.

    Raises:
        FolderError: it predicts nothing, is a fork, has no such device, or does not repeat itself any more.
    """
    if (run / FILE).is_file():
        raise FolderError(f"{run}: is a fork; ask its parent, up to where it was forked")
    scenario = load(run / "resolved.yaml", allow_plugins=allow_plugins)
    if scenario.task is None:
        raise FolderError(f"{run}: is of timing only, there are no samples")
    if scenario.task.surrogate is not None:
        raise FolderError(f"{run}: replays a table of accuracy (task.surrogate), which knows of no samples")
    if strange := [device for device in devices if not 0 <= device < scenario.devices]:
        raise FolderError(f"{run}: has devices 0 to {scenario.devices - 1}, not {strange[0]}")
    live = assemble(scenario, logged=tuple(devices))
    plane: Any = live.simulation.plane
    try:
        live.simulation.run()
        plane.totals()
        columns: Table = plane.sample_log()
    finally:
        plane.close()
    _require_same(run, devices, columns)
    names = np.array([phase.name.lower() for phase in Phase], object)
    return columns | {"phase": names[columns["phase"]]}


def _require_same(run: Path, devices: Sequence[int], columns: Table) -> None:
    """Check that what was played again is what the run recorded."""
    table = pq.read_table(run / "devices.parquet", columns=["device", "samples", "correct"])
    recorded = {name: table[name].to_numpy() for name in table.column_names}
    for device in devices:
        mine, row = columns["device"] == device, recorded["device"] == device
        found = (int(mine.sum()), int(columns["correct"][mine].sum()))
        if found != (int(recorded["samples"][row][0]), int(recorded["correct"][row][0])):
            raise FolderError(
                f"{run}: device {device} does not repeat itself: code or data changed since; run it again"
            )
