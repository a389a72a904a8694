"""Exchanges are recorded as they leave: whatever parts they come in, table, sums and digest are the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import Outcome
from sim.kernel.records import TIMES
from sim.run import exchange_rows
from sim.run.exchange_rows import ExchangeRows
from sim.run.row_groups import RowGroups

EDGES_S, HORIZON_S, ROWS = np.array([10.0, 20.0, 30.0]), 30.0, 40


def columns() -> dict[str, np.ndarray]:
    """Return exchanges of five devices, the last of which are installed after the horizon."""
    number = np.arange(ROWS)
    times = {name: number * 0.75 + 0.25 * place for place, name in enumerate(TIMES)}
    counts = {name: number * 7 + place for place, name in enumerate(("up_bytes", "down_bytes", "retransmitted_bytes"))}
    outcome = np.where(number % 4, Outcome.INSTALLED, Outcome.LOST).astype(np.int8)
    times["installed_s"] = np.where(number % 4, times["installed_s"], np.nan)
    return {"ticket": number, "device": number % 5} | times | counts | {"outcome": outcome}


def recorded(folder: Path, cuts: list[int]) -> tuple[ExchangeRows, str]:
    rows = ExchangeRows(RowGroups(folder / "x.parquet"), ["a", "b"], np.array([0, 0, 1, 1, 1]), EDGES_S, HORIZON_S)
    for first, end in pairwise([0, *sorted(cuts), ROWS]):
        rows.add({name: values[first:end] for name, values in columns().items()})
    return rows, rows.finish()


@given(st.lists(st.integers(0, ROWS), max_size=5), st.integers(1, 50))
def test_any_parts_make_the_same_table(cuts: list[int], chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as parent:
        folder = Path(parent)
        patch.setattr(exchange_rows, "CHUNK", chunk)
        (whole, digest), table = recorded(folder, []), pq.read_table(folder / "x.parquet")
        (parts, again), same = recorded(folder, cuts), pq.read_table(folder / "x.parquet")
    assert digest == again
    # As text: one NaN is not equal to another.
    assert repr(table.to_pydict()) == repr(same.to_pydict())
    for name in ("requests", "exchanges", "up_bytes", "down_bytes", "outcomes"):
        assert np.array_equal(getattr(whole.sums, name), getattr(parts.sums, name))
    assert whole.sums.mean_age_s().tobytes() == parts.sums.mean_age_s().tobytes()


def test_a_run_without_exchanges_has_an_empty_table(tmp_path: Path) -> None:
    rows = ExchangeRows(RowGroups(tmp_path / "x.parquet"), ["a"], np.zeros(1, np.int64), EDGES_S, HORIZON_S)
    rows.add({name: values[:0] for name, values in columns().items()})
    rows.finish()
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.num_rows == 0
    assert "outcome" in table.column_names


def test_what_comes_after_the_horizon_is_left_out(tmp_path: Path) -> None:
    recorded(tmp_path, [])
    table = {name: column.to_numpy() for name, column in zip(*_read(tmp_path / "x.parquet"), strict=True)}
    assert np.nanmax(table["installed_s"]) <= HORIZON_S
    assert set(table["outcome"]) == {"installed", "lost", "in_flight"}
    assert table["cohort"][:5].tolist() == ["a", "a", "b", "b", "b"]


def test_what_is_not_whole_is_not_left_behind(tmp_path: Path) -> None:
    groups = RowGroups(tmp_path / "x.parquet")
    groups.write({"ticket": np.arange(3)}, {})
    groups.discard()
    assert not list(tmp_path.iterdir())


def _read(file: Path) -> tuple[list[str], list[Any]]:
    table = pq.read_table(file)
    return table.column_names, table.columns
