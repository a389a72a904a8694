"""A sweep that was cut short: what is complete stays, what was under way goes on, the rest is played."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spying
from stage import Told, assert_refused, scene
from test_resume_runs import HOW, at, ctrl_c

from sim.resuming.stopping import Interrupted
from sim.run_folder import FolderError, RunFolder
from sim.sweeping import play_sweep, resume_sweep

WATCHED = "method.trigger={kind: 'spying:Watched'}"
SWEEP = [
    "fleet.0.devices=20",
    "method.adapter={kind: cloud_ft, steps: 2, window: 4}",
    "task.data.history=300",
    "execution.checkpoint=1 us",
    WATCHED,
]
GRID = "sweep={grid: {links.lte.up: [8 kbit/s, 80 kbit/s]}, seeds: 2}"


@pytest.fixture(autouse=True)
def _nobody_watches() -> Iterator[None]:
    spying.WATCHERS.clear()
    yield
    spying.WATCHERS.clear()


def begin(folder: RunFolder, *overrides: str) -> dict[str, Any]:
    """Play the sweep into a folder, or what is missing of it."""
    return play_sweep(scene("gaussians"), [*SWEEP, GRID, *overrides], None, folder, HOW, lambda windows, marks: {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The sweep played to its end, once."""
    folder = RunFolder.open(tmp_path_factory.mktemp("whole") / "sweep")
    begin(folder)
    return folder


def digests(summary: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each point."""
    return {run["name"]: run["digest"] for run in summary["runs"]}


def played(folder: RunFolder) -> dict[str, Any]:
    """Return the summary of a complete sweep, as it stands in its folder."""
    summary: dict[str, Any] = json.loads((folder.path / "summary.json").read_text(encoding="utf-8"))
    return summary


def cut(folder: Path, point: int, tick: int) -> None:
    """Stop the sweep in one of its points."""
    begun = []

    def watch(over: int) -> None:
        begun.extend([over] if over == 0 else [])
        if len(begun) == point and over == tick:
            spying.WATCHERS.clear()
            ctrl_c()

    spying.WATCHERS.append(watch)
    with pytest.raises(Interrupted, match=f"resume with: python run_sim.py resume {folder}$"):
        begin(RunFolder.open(folder))
    assert (folder / "STATUS").read_text(encoding="utf-8").strip() == "partial"


@pytest.mark.parametrize(("point", "tick"), [(1, 2), (2, 0), (2, 4), (4, 6)])
def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path, whole: RunFolder, point: int, tick: int) -> None:
    cut(tmp_path / "cut", point, tick)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "cut").glob("*/summary.json")}
    assert len(done) == point - 1
    assert digests(resume_sweep(tmp_path / "cut", HOW, lambda windows, marks: {})) == digests(played(whole))
    assert all(path.stat().st_mtime_ns == then for path, then in done.items())
    joint = [(folder / "windows.parquet").read_bytes() for folder in (whole.path, tmp_path / "cut")]
    assert joint[0] == joint[1]


def test_a_complete_sweep_is_read_and_not_played(tmp_path: Path, whole: RunFolder) -> None:
    folder = Path(shutil.copytree(whole.path, tmp_path / "sweep"))
    at(0, lambda: pytest.fail("nothing is left to play"))
    assert digests(resume_sweep(folder, HOW, lambda windows, marks: {})) == digests(played(whole))


def test_more_seeds_keep_the_points_that_are_there(tmp_path: Path) -> None:
    few = begin(RunFolder.open(tmp_path / "sweep"), "sweep.seeds=1")
    begun = []
    spying.WATCHERS.append(lambda over: begun.append(over) if over == 0 else None)
    many = digests(begin(RunFolder.reopen(tmp_path / "sweep")))
    assert len(begun) == 2
    assert len(many) == 4
    assert set(digests(few).values()) < set(many.values())


def test_a_point_of_another_scenario_is_refused(tmp_path: Path, whole: RunFolder) -> None:
    shutil.copytree(whole.path, tmp_path / "sweep")
    with pytest.raises(FolderError, match="has changed since it began"):
        begin(RunFolder.reopen(tmp_path / "sweep"), "method.adapter.steps=3")


def test_points_of_a_sweep_keep_no_checkpoints_once_they_are_complete(whole: RunFolder) -> None:
    assert len(list(whole.path.glob("*/checkpoints/journal"))) == 4
    assert not list(whole.path.glob("*/checkpoints/*.safetensors"))


def test_the_command_line_goes_on_with_the_newest_sweep(told: Told, tmp_path: Path) -> None:
    small = ["--set", "fleet.0.devices=3", "--set", "sweep={seeds: 2}", "--json"]
    code, first, err = told("sweep", str(scene("timing")), *small)
    assert code == 0, err
    point = json.loads(first)["runs"][1]["name"]
    (tmp_path / "runs" / "timing-001" / point / "STATUS").write_text("running\n", encoding="utf-8")
    code, again, err = told("sweep", str(scene("timing")), *small, "--resume")
    assert code == 0, err
    assert digests(json.loads(again)) == digests(json.loads(first))
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["timing-001"]
    assert_refused(*told("sweep", str(scene("gaussians")), "--resume"), "no sweep 'gaussians'")


@pytest.mark.parametrize(
    ("words", "why"),
    [(["nowhere"], "no such run folder"), (["empty"], "holds no run"), (["begun"], "resolved.yaml")],
)
def test_what_cannot_go_on_is_refused_in_one_line(told: Told, tmp_path: Path, words: list[str], why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "STATUS").write_text("running\n", encoding="utf-8")
    (tmp_path / "begun" / "resolved.yaml").write_text("version: [", encoding="utf-8")
    assert_refused(*told("resume", *words), why)
