"""What ``--force`` replaces is gone once the new run has begun, and not before; what cannot begin leaves no trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from run_commands import Reported, assert_refused, files_below, play_file, scenario_of

from sim.run.output_folder import others_in
from sim.run.run_folder import FolderError, RunFolder

TABLE = """\
version: 1
name: tides
duration: 1 min
task: {data: {kind: table, path: tides.csv, target: ebb}, model: logistic}
fleet: [{cohort: buoys, devices: 3, samples: {every: 1 s}, link: radio}]
links: {radio: {up: 1 Mbit/s, down: 1 Mbit/s}}
"""
ILL = "height,ebb\nhigh,1\nlow,0\n"
#: A grid whose second point is no scenario.
HALF_A_GRID = "sweep={grid: {links.lte.up: [1 Mbit/s, 3 furlongs]}}"


@pytest.fixture
def before(tmp_path: Path) -> list[str]:
    """Play a run into ``mine``; return what lies there."""
    play_file(scenario_of("timing"), tmp_path / "mine", ())
    return files_below(tmp_path / "mine")


def test_a_run_outlives_data_that_cannot_replace_it(reported: Reported, tmp_path: Path, before: list[str]) -> None:
    (tmp_path / "tides.yaml").write_text(TABLE, encoding="utf-8")
    (tmp_path / "tides.csv").write_text(ILL, encoding="utf-8")
    assert_refused(*reported("run", "tides.yaml", "--quiet", "--out", "mine", "--force"), "tides.csv")
    assert files_below(tmp_path / "mine") == before
    assert (tmp_path / "mine" / "STATUS").read_text(encoding="utf-8") == "complete\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "tides.csv", "tides.yaml"]


def test_a_run_outlives_a_sweep_with_a_point_that_is_none(
    reported: Reported, tmp_path: Path, before: list[str]
) -> None:
    play = ["sweep", str(scenario_of("timing")), "--quiet", "--set", HALF_A_GRID, "--out", "mine"]
    assert_refused(*reported(*play, "--force"), "furlongs")
    assert files_below(tmp_path / "mine") == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_sweep_with_a_point_that_is_none_leaves_no_folder(reported: Reported, tmp_path: Path) -> None:
    assert_refused(
        *reported("sweep", str(scenario_of("timing")), "--quiet", "--set", HALF_A_GRID, "--out", "new"), "furlongs"
    )
    assert files_below(tmp_path) == []


def test_a_sweep_that_was_begun_outlives_a_point_that_is_none(reported: Reported, tmp_path: Path) -> None:
    play = ["sweep", str(scenario_of("timing")), "--quiet", "--out", "mine", "--set"]
    assert reported(*play, "sweep={seeds: 1}")[0] == 0
    before = files_below(tmp_path)
    assert_refused(*reported(*play, HALF_A_GRID, "--resume"), "furlongs")
    assert files_below(tmp_path) == before
    assert (tmp_path / "mine" / "STATUS").read_text(encoding="utf-8") == "complete\n"
    assert reported(*play, "sweep={seeds: 1}", "--resume")[0] == 0


def test_what_a_replaced_run_did_not_write_stays(reported: Reported, tmp_path: Path, before: list[str]) -> None:
    own = ("note.txt", "mine.csv", "mine.parquet")
    for name in own:
        (tmp_path / "mine" / name).write_text("look at minute 3", encoding="utf-8")
    (tmp_path / "mine" / "concepts.csv").write_text("of the run before", encoding="utf-8")
    assert reported("run", str(scenario_of("timing")), "--quiet", "--out", "mine", "--force")[0] == 0
    left = set(files_below(tmp_path / "mine"))
    assert {*before, *own} <= left
    assert "concepts.csv" not in left


def test_every_file_of_a_run_is_known_as_one(reported: Reported, tmp_path: Path) -> None:
    whole = ["--set", "duration=30 s", "--set", "drift=[{at: 12 s, kind: sudden, to: {rotate: 90 deg}}]"]
    varies = ["--set", "links.lte.up={markov: {states: [8 kbit/s, 16 kbit/s], stay: [5 s, 5 s]}}"]
    assert reported("run", str(scenario_of("digits")), *whole, *varies, "--out", "mine")[0] == 0
    assert {"rates.parquet", "concepts.parquet", "ages.parquet"} <= set(files_below(tmp_path / "mine"))
    assert others_in(tmp_path / "mine") == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_run_is_not_forked_into_itself(reported: Reported, tmp_path: Path, before: list[str]) -> None:
    fork = ["fork", "mine", "--at", "1 min", "--set", "links.lte.up=2 Mbit/s", "--out", "./mine", "--force"]
    assert_refused(*reported(*fork), "the run that is forked")
    assert files_below(tmp_path / "mine") == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FolderError, match="cannot write a run here"):
        RunFolder.open(tmp_path / "mine")
    tmp_path.chmod(0o700)
