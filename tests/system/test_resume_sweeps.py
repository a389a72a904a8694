"""A sweep that was cut short: what is complete stays, what was under way goes on, the rest is played."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from errno import EACCES
from pathlib import Path
from typing import Any

import pytest
import recorded_orders
from run_commands import cli, scenario_of
from test_resume_runs import HOW, at, ctrl_c

from agents.contract import BackendError
from sim.run.resuming.interrupts import Interrupted
from sim.run.run_folder import FolderError, RunFolder
from sim.run.sweep import resume_sweep, run_sweep

WATCHED = "method.trigger={kind: 'recorded_orders:Watched'}"
SWEEP = [
    "fleet.0.devices=20",
    "method.adapter={kind: cloud_ft, steps: 2, window: 4}",
    "task.data.history=300",
    "execution.checkpoint=1 us",
    WATCHED,
]
GRID = "sweep={grid: {links.lte.up: [8 kbit/s, 80 kbit/s]}, seeds: 2}"


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    recorded_orders.WATCHERS.clear()
    yield
    recorded_orders.WATCHERS.clear()


def begin(folder: RunFolder, *overrides: str) -> dict[str, Any]:
    """Play the sweep into a folder, or what is missing of it."""
    return run_sweep(scenario_of("gaussians"), [*SWEEP, GRID, *overrides], None, folder, HOW, lambda windows, marks: {})


def digests(summary: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each point."""
    return {run["name"]: run["digest"] for run in summary["runs"]}


def cut(folder: Path, point: int, tick: int) -> None:
    """Stop the sweep in one of its points."""
    begun = []

    def watch(over: int) -> None:
        begun.extend([over] if over == 0 else [])
        if len(begun) == point and over == tick:
            recorded_orders.WATCHERS.clear()
            ctrl_c()

    recorded_orders.WATCHERS.append(watch)
    with pytest.raises(Interrupted, match=f"resume with: python run_sim.py resume {folder}$"):
        begin(RunFolder.open(folder))
    assert (folder / "STATUS").read_text(encoding="utf-8").strip() == "partial"


@pytest.mark.parametrize(("point", "tick"), [(1, 2), (2, 0), (2, 4), (4, 6)])
def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path, point: int, tick: int) -> None:
    whole = digests(begin(RunFolder.open(tmp_path / "whole")))
    cut(tmp_path / "cut", point, tick)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "cut").glob("*/summary.json")}
    assert len(done) == point - 1
    assert digests(resume_sweep(tmp_path / "cut", HOW, lambda windows, marks: {})) == whole
    assert all(path.stat().st_mtime_ns == then for path, then in done.items())
    joint = [(tmp_path / name / "windows.parquet").read_bytes() for name in ("whole", "cut")]
    assert joint[0] == joint[1]


def test_a_sweep_whose_folder_takes_nothing_more_says_how_it_goes_on(tmp_path: Path) -> None:
    folder = RunFolder.open(tmp_path / "sweep")

    def refuse(over: int) -> None:
        # As it is where the folder belongs to somebody else by now; root may write everywhere.
        def refused(*words: object) -> None:
            raise PermissionError(EACCES, "Permission denied", str(tmp_path / "sweep" / ".STATUS.new"))

        folder.write_text = refused  # type: ignore[method-assign]
        raise PermissionError(EACCES, "Permission denied", str(tmp_path / "sweep" / "x"))

    recorded_orders.WATCHERS.append(refuse)
    with pytest.raises(BackendError, match=f"Permission denied; resume with: python run_sim.py resume {folder.path}$"):
        begin(folder)


def test_a_complete_sweep_is_read_and_not_played(tmp_path: Path) -> None:
    whole = begin(RunFolder.open(tmp_path / "sweep"))
    at(0, lambda: pytest.fail("nothing is left to play"))
    assert digests(resume_sweep(tmp_path / "sweep", HOW, lambda windows, marks: {})) == digests(whole)


def test_more_seeds_keep_the_points_that_are_there(tmp_path: Path) -> None:
    few = begin(RunFolder.open(tmp_path / "sweep"), "sweep.seeds=1")
    played = []
    recorded_orders.WATCHERS.append(lambda over: played.append(over) if over == 0 else None)
    many = digests(begin(RunFolder.reopen(tmp_path / "sweep")))
    assert len(played) == 2
    assert len(many) == 4
    assert set(digests(few).values()) < set(many.values())


def test_a_point_of_another_scenario_is_refused(tmp_path: Path) -> None:
    begin(RunFolder.open(tmp_path / "sweep"))
    before = {path: path.read_bytes() for path in (tmp_path / "sweep").rglob("*") if path.is_file()}
    with pytest.raises(FolderError, match="has changed since it began"):
        begin(RunFolder.reopen(tmp_path / "sweep"), "method.adapter.steps=3")
    # What is refused leaves the sweep as it was: complete, and with what it was asked for.
    assert {path: path.read_bytes() for path in (tmp_path / "sweep").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda point: (point / "windows.parquet").write_bytes(b"PAR1"), "windows.parquet"),
        (lambda point: (point / "resolved.yaml").unlink(), "resolved.yaml"),
    ],
)
def test_a_damaged_point_is_named_with_its_file(damage: Callable[[Path], object], named: str, tmp_path: Path) -> None:
    begin(RunFolder.open(tmp_path / "sweep"), "sweep.seeds=1", "duration=30 s")
    point = sorted(path for path in (tmp_path / "sweep").iterdir() if path.is_dir())[0]
    whole = (tmp_path / "sweep" / "windows.parquet").read_bytes()
    (tmp_path / "sweep" / "windows.parquet").unlink()
    os.mkfifo(tmp_path / "sweep" / "windows.parquet")
    resume_sweep(tmp_path / "sweep", HOW, lambda windows, marks: {})
    assert (tmp_path / "sweep" / "windows.parquet").read_bytes() == whole
    damage(point)
    with pytest.raises(FolderError, match=f"^{re.escape(str(point / named))}: "):
        resume_sweep(tmp_path / "sweep", HOW, lambda windows, marks: {})


def test_points_of_a_sweep_keep_no_checkpoints_once_they_are_complete(tmp_path: Path) -> None:
    begin(RunFolder.open(tmp_path / "sweep"))
    assert len(list((tmp_path / "sweep").glob("*/checkpoints/journal"))) == 4
    assert not list((tmp_path / "sweep").glob("*/checkpoints/*.safetensors"))


def test_the_command_line_goes_on_with_the_newest_sweep(tmp_path: Path) -> None:
    small = ["--set", "fleet.0.devices=3", "--set", "sweep={seeds: 2}", "--json"]
    first = cli("sweep", scenario_of("timing"), *small, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    point = json.loads(first.stdout)["runs"][1]["name"]
    (tmp_path / "runs" / "timing-001" / point / "STATUS").write_text("running\n", encoding="utf-8")
    again = cli("sweep", scenario_of("timing"), *small, "--resume", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert digests(json.loads(again.stdout)) == digests(json.loads(first.stdout))
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["timing-001"]
    nothing = cli("sweep", scenario_of("gaussians"), "--resume", cwd=tmp_path)
    assert nothing.returncode == 2
    assert "no sweep 'gaussians'" in nothing.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [(["nowhere"], "no such run folder"), (["empty"], "holds no run"), (["begun"], "resolved.yaml")],
)
def test_what_cannot_go_on_is_refused_in_one_line(tmp_path: Path, words: list[str], why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "STATUS").write_text("running\n", encoding="utf-8")
    (tmp_path / "begun" / "resolved.yaml").write_text("version: [", encoding="utf-8")
    reported = cli("resume", *words, cwd=tmp_path)
    assert (reported.returncode, reported.stdout) == (2, "")
    assert why in reported.stderr
    assert len(reported.stderr.splitlines()) == 1
