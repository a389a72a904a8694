"""``study``: sweeps of a folder are played, gone on with, and written as tables on a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.commands import study as studying
from sim.commands.line import main
from sim.scenario import load
from sim.scenario.shipped import FOLDER

SMALL = """\
version: 1
name: {name}
seed: 1
duration: 2 min
tick: 10 s
task: {{data: {{kind: gaussians, classes: 3}}, model: logistic, pretrain: {{epochs: 2}}}}
fleet: [{{cohort: phones, devices: 12, samples: {{every: 1 s}}, labels: {{after: 1 s}}, link: lte}}]
drift: [{{at: 40 s, kind: sudden, to: {{rotate: 90 deg}}}}]
links: {{lte: {{up: 1 Mbit/s, down: 1 Mbit/s}}}}
method: {{adapter: static, trigger: {{kind: periodic, every: 20 s}}}}
references: [static]
sweep:
  grid:
    method.adapter: [static_balanced, {{kind: cloud_ft, window: 16, steps: 5}}]
  seeds: 3
"""
PAGE = "# Page\n\n<!-- study one -->\nold\n<!-- end -->\n\n<!-- study two -->\nkept\n<!-- end -->\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small = tmp_path / "scenarios" / "small"
    small.mkdir(parents=True)
    (small / "one.yaml").write_text(SMALL.format(name="one"))
    (small / "single.yaml").write_text(SMALL.format(name="single").split("sweep:")[0])
    monkeypatch.setattr(studying, "FOLDER", tmp_path / "scenarios")
    return tmp_path


def test_a_study_is_played_gone_on_with_and_put_on_a_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, out = folder / "page.md", folder / "out"
    page.write_text(PAGE)
    words = ["study", "small", "--out", str(out), "--page", str(page), "--quiet", "--jobs", "1"]
    assert main(words, "driftbed") == 0
    points = sorted(path.parent.name for path in out.glob("one/*/STATUS"))
    assert len(points) == 4
    table = (out / "tables.md").read_text()
    for wanted in ("cloud_ft", "bytes for each point gained", "Holm"):
        assert wanted in table
    assert len([line for line in table.splitlines() if line.startswith("| ") and " 2 | " in line]) == 2
    written = page.read_text()
    assert "old" not in written
    assert "kept" in written
    assert "(quick tier)" in written
    assert list((out / "one" / "plots").glob("accuracy*.svg"))
    assert "(page_one.png)" in written
    assert (folder / "page_one.png").stat().st_size > 1000
    before = {path: path.stat().st_mtime_ns for path in out.glob("one/*/windows.parquet")}
    (next(iter(before)).parent / "STATUS").write_text("partial\n")
    assert main(words, "driftbed") == 0
    assert (out / "tables.md").read_text() == table
    kept = [path for path, time in before.items() if path.stat().st_mtime_ns == time]
    assert len(kept) >= 3


def test_what_cannot_be_played_here_is_left_out_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = SMALL.format(name="other").replace("kind: gaussians, classes: 3", "kind: cifar, path: none_here")
    (folder / "scenarios" / "small" / "other.yaml").write_text(broken)
    assert main(["study", "small", "--out", str(folder / "out"), "--quiet", "--jobs", "1"], "driftbed") == 4
    assert "left out: other" in capsys.readouterr().err


def test_a_sweep_of_which_one_point_cannot_be_played_is_left_out_before_others_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = SMALL.format(name="aaa").replace("steps: 5", "steps: -5")
    (folder / "scenarios" / "small" / "aaa.yaml").write_text(wrong)
    assert main(["study", "small", "--out", str(folder / "out"), "--jobs", "1"], "driftbed") == 4
    said = capsys.readouterr().err
    assert "left out: aaa" in said
    assert said.index("left out: aaa") < said.index("one: ")
    assert not (folder / "out" / "aaa").exists()


def test_what_was_played_so_far_can_be_written_without_playing_more(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["study", "small", "--out", str(folder / "out"), "--quiet", "--played"]
    assert main(words, "driftbed") == 2
    assert "no sweep of it" in capsys.readouterr().err
    assert (
        main(["study", "small", "--out", str(folder / "out"), "--quiet", "--jobs", "1", "--only", "one"], "driftbed")
        == 0
    )
    played = sorted((folder / "out").rglob("windows.parquet"))
    (folder / "scenarios" / "small" / "two.yaml").write_text(SMALL.format(name="two"))
    capsys.readouterr()
    assert main(words, "driftbed") == 4
    assert "left out: two" in capsys.readouterr().err
    assert sorted((folder / "out").rglob("windows.parquet")) == played


def test_unknown_names_are_refused_with_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "smal"], "driftbed") == 2
    assert "did you mean 'small'?" in capsys.readouterr().err
    assert main(["study", "small", "--only", "onne"], "driftbed") == 2
    assert "has no sweep 'onne'" in capsys.readouterr().err


def test_the_quick_tier_takes_few_devices_and_seeds_and_the_full_one_what_the_file_says() -> None:
    scenario = load(FOLDER / "family" / "systems.yaml")
    assert studying.overrides(scenario, full=True) == []
    assert studying.overrides(scenario, full=False) == ["fleet.0.devices=8", "sweep.seeds=[1, 2]"]
    assert studying.overrides(scenario, full=True, first=3) == ["sweep.seeds=[1, 2, 3]"]


def test_the_first_seeds_alone_are_played_and_the_page_says_so(folder: Path) -> None:
    page, out = folder / "page.md", folder / "out"
    page.write_text(PAGE)
    words = ["study", "small", "--full", "--seeds", "1", "--out", str(out), "--page", str(page), "--quiet"]
    assert main([*words, "--jobs", "1"], "driftbed") == 0
    assert len(list(out.glob("one/*/STATUS"))) == 2
    assert "(full tier, the first 1 seeds)" in page.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [(PAGE.replace("study one", "study three"), "there is no '<!-- study one -->'"), (None, "cannot be read")],
)
def test_a_page_that_cannot_be_filled_is_refused_before_anything_is_played(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    page, out = folder / "page.md", folder / "out"
    if text is not None:
        page.write_text(text)
    assert main(["study", "small", "--out", str(out), "--page", str(page), "--quiet"], "driftbed") == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_every_sweep_of_the_family_has_its_marks_on_the_page() -> None:
    page = (FOLDER.parent / "docs" / "family.md").read_text(encoding="utf-8")
    for file in (FOLDER / "family").glob("*.yaml"):
        if "\nsweep:" in file.read_text(encoding="utf-8"):
            assert f"<!-- study {file.stem} -->" in page
