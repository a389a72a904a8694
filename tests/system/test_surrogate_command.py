"""``surrogate`` measures a small fleet; its replay is close to the real thing, and refuses what was not measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from run_commands import Reported, scenario_of

from sim.commands.exits import BAD_INPUT, OK

TURNED = str(scenario_of("turned"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("surrogate")


@pytest.fixture
def measured(place: Path, reported: Reported) -> dict[str, Any]:
    """What the command said, once for all tests."""
    table, said = place / "world.json", place / "said.json"
    if not said.exists():
        words = ("--table", str(table), "--seeds", "3", "--check", "2", "--out", str(place / "tries"), "--jobs", "1")
        code, out, err = reported("surrogate", TURNED, *words, "--quiet", "--json")
        assert code == OK, err
        said.write_text(out)
    return dict(json.loads(said.read_text()))


def replayed(place: Path, reported: Reported, *words: str) -> tuple[int, dict[str, Any], str]:
    arguments = ("--set", f"task.surrogate={place / 'world.json'}", *words, "--out", str(place / "run"), "--force")
    code, out, err = reported("run", TURNED, *arguments, "--quiet", "--json")
    return code, json.loads(out) if out else {}, err


def test_replay_is_within_two_points_of_seeds_that_were_not_measured(measured: dict[str, Any]) -> None:
    apart = measured["differences"]
    assert abs(apart["accuracy"]["mean"]) < 0.02
    assert abs(apart["gain over static"]["mean"]) < 0.02
    # The timing plane is the real one.
    assert apart["model age, mean"]["mean"] == 0
    assert apart["up, per device"]["mean"] == 0
    assert measured["windows_off"] < 0.05


def test_larger_fleet_has_the_accuracy_of_the_small_one(
    place: Path, measured: dict[str, Any], reported: Reported
) -> None:
    code, summary, err = replayed(place, reported, "--set", "fleet.0.devices=3000", "--set", "seed=9")
    assert code == OK, err
    assert summary["samples"] == 3000 * 120
    known = json.loads((place / "world.json").read_text())
    static = [sum(part[1] for concept in known["fixed"][0] for part in concept)]
    static.append(sum(part[0] for concept in known["fixed"][0] for part in concept))
    assert summary["accuracy_static"] == pytest.approx(static[0] / static[1], abs=0.01)
    assert summary["accuracy"] > summary["accuracy_static"] + 0.1
    windows = pq.read_table(place / "run" / "windows.parquet").to_pandas()
    phases = [name for name in windows if name.startswith("regret_") and "age" not in name]
    lost = windows["correct_oracle"].sum() - windows["correct"].sum()
    assert windows[phases].to_numpy().sum() == lost


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("drift.0.to.rotate=45 deg", "other drift"),
        ("method.adapter.window=30", "other adapter_options"),
        ("fleet.0.labels.after=9 s", "other cohorts"),
        ("method.trigger={kind: every_samples, n: 10}", "what triggers look at"),
    ],
)
def test_what_was_not_measured_is_refused(
    place: Path, measured: dict[str, Any], reported: Reported, change: str, said: str
) -> None:
    code, _, err = replayed(place, reported, "--set", change)
    assert code == BAD_INPUT
    assert said in err
    assert err.count("\n") == 1


def test_timing_only_scenario_has_nothing_to_measure(tmp_path: Path, reported: Reported) -> None:
    code, _, err = reported("surrogate", "network/fifo", "--table", str(tmp_path / "t.json"), "--quiet")
    assert code == BAD_INPUT
    assert "nothing that could be measured" in err


def test_nothing_is_measured_where_its_runs_could_not_be_kept(tmp_path: Path, reported: Reported) -> None:
    (tmp_path / "tries").mkdir()
    (tmp_path / "tries" / "mine.txt").write_text("kept")
    words = ("--table", str(tmp_path / "t.json"), "--out", str(tmp_path / "tries"), "--quiet")
    code, _, err = reported("surrogate", TURNED, *words)
    assert code == BAD_INPUT
    assert "is not empty" in err
    assert not (tmp_path / "t.json").exists()
