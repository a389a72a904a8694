"""Opening folders: lazily, and with one clear line where something is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis import runs
from analysis.export import export_csv
from analysis.folder import RunError
from analysis.metrics import measure
from analysis.runs import open_run
from analysis.tables import COLUMNS


@pytest.fixture
def folder(run_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_folder, tmp_path / "copy"))


def read(folder: Path, table: str | None) -> None:
    run = open_run(folder)
    if table:
        getattr(run, table)


def complaint(folder: Path, table: str | None = None) -> str:
    with pytest.raises(RunError) as caught:
        read(folder, table)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_a_run_tells_its_manifest(run_folder: Path) -> None:
    run = open_run(run_folder)
    assert (run.name, run.seed, run.tick_s, run.duration_s) == ("synthetic", 1, 10.0, 1200.0)
    assert (run.cohorts, run.adapter, run.status) == (["phones", "sensors"], "persona", "complete")
    assert [mark["at_s"] for mark in run.marks] == [300.0, 720.0, 1020.0]
    assert run.judged
    assert run.has("oracle")
    assert not run.has("teacher")


def test_nothing_is_read_before_it_is_asked_for(folder: Path) -> None:
    (folder / "exchanges.parquet").unlink()
    run = open_run(folder)
    assert len(run.windows) == 240
    with pytest.raises(RunError, match=r"exchanges\.parquet: missing \(STATUS says complete\)"):
        _ = run.exchanges


def test_no_folder(tmp_path: Path) -> None:
    assert "no such folder" in complaint(tmp_path / "nowhere")


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "STATUS").write_text("running\n")
    assert complaint(tmp_path).endswith("no run here (manifest.json is missing, STATUS says running)")


def test_a_failed_run(folder: Path) -> None:
    (folder / "STATUS").write_text("failed\n")
    assert "the run failed" in complaint(folder)


def test_a_manifest_that_is_no_json(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"seed": 1,\n')
    assert "no valid JSON (line 2" in complaint(folder)
    (folder / "manifest.json").write_text("[1]")
    assert "holds a list" in complaint(folder)
    (folder / "manifest.json").write_bytes(b"\xff\xfe")
    assert "cannot be read" in complaint(folder)


def test_a_manifest_that_lacks_the_grid(folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps({"seed": 1}))
    assert complaint(folder).endswith("tick_s, duration_s missing")


def test_a_damaged_table(folder: Path) -> None:
    (folder / "windows.parquet").write_bytes(b"PAR1 nothing")
    assert "no readable Parquet file" in complaint(folder, "windows")


def test_a_table_without_a_column(folder: Path) -> None:
    table = pd.read_parquet(folder / "cloud.parquet").drop(columns="workers")
    table.to_parquet(folder / "cloud.parquet")
    assert complaint(folder, "cloud").endswith("column workers missing")


@pytest.mark.parametrize("status", ["partial", "running"])
def test_an_unfinished_run_opens_as_far_as_it_went(folder: Path, status: str) -> None:
    (folder / "STATUS").write_text(status)
    (folder / "summary.json").unlink()
    table = pd.read_parquet(folder / "windows.parquet")
    table[table["t_s"] <= 500.0].to_parquet(folder / "windows.parquet")
    run = open_run(folder)
    assert (run.status, run.played_s, dict(run.summary)) == (status, 500.0, {})


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_table_without_rows_still_has_numbers(folder: Path, name: str) -> None:
    columns = pd.read_parquet(folder / f"{name}.parquet").columns
    pd.DataFrame(columns=columns).to_parquet(folder / f"{name}.parquet")
    table = getattr(open_run(folder), name)
    assert len(table) == 0
    assert all(table[column].dtype == "float64" for column in columns if column.endswith("_s"))


def test_of_many_exchanges_only_the_columns_that_are_wanted_are_read(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = open_run(run_folder), open_run(run_folder)
    expected = measure(whole)
    monkeypatch.setattr(runs, "_KEPT_ROWS", 0)
    assert measure(parts) == expected
    device = int(whole.exchanges["device"].iloc[0])
    own = whole.exchanges[whole.exchanges["device"] == device].reset_index(drop=True)
    pd.testing.assert_frame_equal(parts.exchanges_of(device), own)
    assert "exchanges" not in vars(parts)
    assert "exchanges" in vars(whole)


def test_csv_holds_the_same_numbers(folder: Path) -> None:
    path = export_csv(open_run(folder))
    assert path == folder / "windows.csv"
    pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_parquet(folder / "windows.parquet"), check_dtype=False)
    assert [item.name for item in folder.iterdir() if item.name.startswith(".")] == []


def test_csv_of_a_missing_table(folder: Path) -> None:
    with pytest.raises(RunError, match=r"teachers\.parquet: missing"):
        export_csv(folder, "teachers")
