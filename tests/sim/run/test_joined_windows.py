"""The windows of a sweep's points are one table, also where some points count what others do not."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sim.run.sweep import _join_windows
from sim.scenario.sweep import Point


def test_points_may_have_columns_that_others_lack(tmp_path: Path) -> None:
    rows = {"plain": {"samples": [3, 4]}, "learns": {"samples": [5, 6], "samples_learning": [1, 2]}}
    for name, columns in rows.items():
        (tmp_path / name).mkdir()
        pq.write_table(pa.table(columns), tmp_path / name / "windows.parquet")
    _join_windows(tmp_path, [Point(name, {"method": name}, [], 1) for name in rows])
    joined = pq.read_table(tmp_path / "windows.parquet").to_pydict()
    assert joined["point"] == ["plain", "plain", "learns", "learns"]
    assert joined["samples"] == [3, 4, 5, 6]
    assert joined["samples_learning"] == [None, None, 1, 2]
