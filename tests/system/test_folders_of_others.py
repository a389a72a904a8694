"""Commands that write or go on leave alone what they did not make, and what they cannot tell apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import Reported

BASE = """\
version: 1
name: base
seed: 7
duration: 1 min
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 2, link: lte}]
links: {lte: {up: 8 kbit/s, down: 16 kbit/s, latency: 50 ms}}
cloud: {workers: 1, service: 5 ms}
method: {adapter: {kind: probe, payload: 100 B, update: 50 B}, trigger: {kind: at, times: [10 s, 40 s]}}
"""
SWEEP = "sweep: {grid: {links.lte.up: [8 kbit/s, 4 kbit/s]}}\n"
CLAIM = """\
claims:
  - kind: beats
    finding: a wide link [bit/s] is sooner
    source: Lv et al. [lv2023duet]
    metric: delay_s
    of: {links.lte.up: 8 kbit/s}
    to: {links.lte.up: 4 kbit/s}
"""
PROCESS = ("--engine", "simpy", "--quiet")


@pytest.fixture
def run(reported: Reported, tmp_path: Path) -> Path:
    """Return the folder of a complete run, beside the file of a sweep of the same name."""
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    assert reported("run", "base.yaml", "--out", "runs/base-001", *PROCESS)[0] == 0
    (tmp_path / "base.yaml").write_text(BASE + SWEEP, encoding="utf-8")
    return tmp_path / "runs" / "base-001"


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("words", [(), ("--out", "runs/base-001")])
def test_no_sweep_goes_on_in_the_folder_of_a_run(reported: Reported, run: Path, words: tuple[str, ...]) -> None:
    before = files_of(run)
    code, _, err = reported("sweep", "base.yaml", "--resume", *words, *PROCESS)
    assert code == 2
    assert ("holds a run, not a sweep" if words else "there is no sweep 'base'") in err
    assert files_of(run) == before


def test_the_last_sweep_goes_on_whatever_was_deleted_before_it(reported: Reported, run: Path) -> None:
    assert reported("sweep", "base.yaml", "--out", "runs/base-003", "--jobs", "1", *PROCESS)[0] == 0
    code, _, err = reported("sweep", "base.yaml", "--resume", "--set", "sweep.seeds=2", "--jobs", "1", *PROCESS)
    assert code == 0, err
    assert len(list((run.parent / "base-003").glob("*,seed=*"))) == 4


def test_claims_are_played_into_no_folder_of_a_run(reported: Reported, run: Path, tmp_path: Path) -> None:
    (tmp_path / "base-001.yaml").write_text(BASE + SWEEP + CLAIM, encoding="utf-8")
    before = files_of(run)
    code, _, err = reported("verify", "claims", "base-001.yaml", "--out", "runs", "--jobs", "1")
    assert code == 2
    assert "base-001: " in err.replace("base-001.yaml", "")
    assert files_of(run) == before
    code, out, err = reported("verify", "claims", "base-001.yaml", "--out", "elsewhere", "--jobs", "1")
    assert code in (0, 1), err
    assert "[bit/s]" in out
    assert "[lv2023duet]" in out


def test_a_folder_of_its_name_hides_no_shipped_scenario(reported: Reported, tmp_path: Path) -> None:
    (tmp_path / "gaussians").mkdir()
    code, out, err = reported("validate", "gaussians")
    assert code == 0, err
    assert "ok" in out


def test_a_bad_end_of_a_range_is_refused_before_anything_is_played(reported: Reported, tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(BASE, encoding="utf-8")
    words = ("--such-that", "delay_s <= 2 s", "--seeds", "1", "--out", "solved", "--jobs", "1")
    code, _, err = reported("solve", "plain.yaml", "--minimise", "cloud.workers", "--between", "0", "4", *words)
    assert code == 2
    assert "cloud.workers: 0 is below 1" in err
    assert not (tmp_path / "solved").exists()
