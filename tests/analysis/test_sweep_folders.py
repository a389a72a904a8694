"""Sweeps and comparisons: groups of seeds along the axes that vary."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.folder import RunError
from analysis.sweeps import as_sweep, compare_runs, open_folder, open_sweep, short_axis
from tests.analysis.conftest import AXES, SMALL
from tests.analysis.synthetic import write_run


def test_points_of_one_setting_form_a_group_in_order_of_seeds(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    assert [group.label for group in sweep.groups] == [
        "cloud_ft · 2 Mbit/s",
        "cloud_ft · 32 kbit/s",
        "persona · 2 Mbit/s",
        "persona · 32 kbit/s",
    ]
    assert all([run.seed for run in group.runs] == [1, 2, 3] for group in sweep.groups)
    assert (sweep.axes, sweep.seeds, len(sweep.runs)) == (tuple(AXES), 3, 12)


def test_an_axis_that_does_not_vary_is_no_axis(sweep_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sweep_folder, tmp_path / "copy"))
    plan = json.loads((folder / "sweep.json").read_text())
    plan["points"] = [point for point in plan["points"] if point["values"][AXES[1]] == "2 Mbit/s"]
    (folder / "sweep.json").write_text(json.dumps(plan))
    sweep = open_sweep(folder)
    assert sweep.axes == (AXES[0],)
    assert [group.label for group in sweep.groups] == ["cloud_ft", "persona"]


def test_points_that_cannot_be_read_become_gaps(sweep_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sweep_folder, tmp_path / "copy"))
    shutil.rmtree(folder / "point-0-2")
    (folder / "point-1-1" / "STATUS").write_text("failed")
    sweep = open_sweep(folder)
    assert len(sweep.runs) == 10
    assert len(sweep.gaps) == 2
    assert any("no such folder" in gap for gap in sweep.gaps)


def test_a_sweep_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no sweep here"):
        open_sweep(tmp_path)
    (tmp_path / "sweep.json").write_text('{"name": "x", "axes": [], "points": []}')
    with pytest.raises(RunError, match="lists no points"):
        open_sweep(tmp_path)
    (tmp_path / "sweep.json").write_text('{"points": [{"name": "a", "folder": "a", "values": {}, "seed": 1}]}')
    with pytest.raises(RunError, match="no such folder"):
        open_sweep(tmp_path)


def test_open_folder_tells_runs_from_sweeps(run_folder: Path, sweep_folder: Path) -> None:
    assert as_sweep(open_folder(run_folder)).groups[0].label == "persona"
    assert len(as_sweep(open_folder(sweep_folder)).groups) == 4


def test_runs_that_differ_in_the_seed_alone_are_repetitions(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / f"a{seed}", replace(SMALL, seed=seed)) for seed in (2, 1)]
    folders.append(write_run(tmp_path / "b", replace(SMALL, adapter="duet")))
    sweep = compare_runs(folders)
    assert [(group.label, len(group.runs)) for group in sweep.groups] == [("persona", 2), ("duet", 1)]
    assert sweep.axes == ("method.adapter",)


def test_the_same_result_twice_is_refused(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name, SMALL) for name in ("first", "second")]
    with pytest.raises(RunError, match=r"seed 1 came twice, in .*first and .*second"):
        compare_runs(folders)


def test_a_seed_twice_in_a_sweep_is_refused(sweep_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sweep_folder, tmp_path / "copy"))
    plan = json.loads((folder / "sweep.json").read_text())
    plan["points"].append(plan["points"][0])
    (folder / "sweep.json").write_text(json.dumps(plan))
    with pytest.raises(RunError, match="came twice"):
        open_sweep(folder)


def test_one_seed_under_two_versions_is_kept_apart_by_folder(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name / "run", SMALL) for name in ("a", "b")]
    summary = json.loads((folders[1] / "summary.json").read_text())
    (folders[1] / "summary.json").write_text(json.dumps(summary | {"digest": "e" * 64}))
    assert [group.label for group in compare_runs(folders).groups] == [str(folder) for folder in folders]


def test_nothing_to_compare() -> None:
    with pytest.raises(RunError, match="nothing to compare"):
        compare_runs([])


def test_only_drifts_that_all_runs_share_are_the_sweep_s(tmp_path: Path) -> None:
    calm = write_run(tmp_path / "calm", replace(SMALL, drift=SMALL.drift[:1], adapter="calm"))
    sweep = compare_runs([write_run(tmp_path / "wild", SMALL), calm])
    assert [mark["at_s"] for mark in sweep.marks] == [300.0]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("method.adapter.kind", "adapter"),
        ("links.lte.up", "lte up"),
        ("fleet[0].link", "link"),
        ("fleet.0.samples.every", "samples every"),
        ("cloud.workers", "cloud workers"),
        ("seed", "seed"),
        ("method", "method"),
    ],
)
def test_axes_have_short_names(path: str, words: str) -> None:
    assert short_axis(path) == words
