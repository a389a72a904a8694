"""The fast way through a table gives the very numbers of the reader that goes line by line, or declines."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.tabular.quick import quick_blocks
from agents.tasks.formats.table import Reading, _open, _Reader, read_table

CELLS = st.one_of(
    st.integers(-99, 99).map(str),
    st.floats(-1e6, 1e6).map(repr),
    st.sampled_from(
        ["a", "b", "", " 1", "1 ", "?", "NA", "1_0", "inf", "+3", "1e3", '"x"', '"x,y"', 'x"y', "nan", "1.0"]
    ),
)
TABLES = st.lists(st.tuples(CELLS, CELLS, st.sampled_from("ab")), min_size=2, max_size=12).map(
    lambda rows: "".join(",".join(row) + "\n" for row in rows)
)


def both(text: str, how: Reading) -> tuple[list[np.ndarray] | None, _Reader, _Reader]:
    """Return what the fast way reads, and two readers: the one it taught, and a fresh one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_text(text, encoding="utf-8")
        taught, fresh = (_Reader(_open(path, how), how) for _ in range(2))
        blocks = quick_blocks(taught.sheet, taught.columns, taught.gaps)
        if blocks is not None:
            own = list(fresh.blocks())
            np.testing.assert_array_equal(np.concatenate(blocks), np.concatenate(own))
        return blocks, taught, fresh


@given(TABLES, st.booleans())
@example("1,2,a\n3,4,b\n", False)
@example('x,y,c\n"1",2,a\n3,"u",b\n', True)
def test_the_fast_way_reads_what_the_slow_way_reads(text: str, gaps: bool) -> None:
    blocks, taught, fresh = both(text, Reading(gaps=gaps, header=False))
    if blocks is not None:
        for number, column in taught.columns.items():
            assert getattr(column, "known", None) == getattr(fresh.columns[number], "known", None)


@pytest.mark.parametrize(
    "text",
    [
        "1,2,a\n3,4,b\n",
        '"1","2",a\n"3","4",b\n',
        "p,q,c\n1,u,a\n2,v,b\n",
        "\n\np,q,c\r\n1,u,a\r\n2,v,b\r\n",
        "\ufeffp,q,c\n1,u,a\n2,v,b",
        "1; 2;a\n3; 4;b\n",
    ],
)
def test_plain_tables_go_the_fast_way(text: str) -> None:
    blocks, *_ = both(text, Reading())
    assert blocks is not None


@pytest.mark.parametrize("row", ["1_0,2,a", "inf,2,a", '1"2,2,a', "1,2", "1,2,a,b", ",2,a"])
def test_what_is_not_plain_is_left_to_the_reader_by_lines(row: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_text("1,2,a\n3,4,b\n" + row + "\n", encoding="utf-8")
        reader = _Reader(_open(path, Reading()), Reading())
        assert quick_blocks(reader.sheet, reader.columns) is None


def test_names_and_times_go_on_from_piece_to_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.tabular.quick.PIECE_BYTES", 16)
    rows = [f"{n},{'uvw'[n % 3]},{'ab'[n % 2]}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    how = Reading(time=0)
    reader = _Reader(_open(tmp_path / "t.csv", how), how)
    blocks = quick_blocks(reader.sheet, reader.columns)
    assert blocks is not None
    assert len(blocks) > 5
    table = read_table(tmp_path / "t.csv", how)
    assert table.names == ("column 1=u", "column 1=v", "column 1=w")
    assert table.times is not None
    np.testing.assert_array_equal(table.times, np.arange(40.0))
