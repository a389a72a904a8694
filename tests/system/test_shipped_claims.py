"""The claims that are shipped: each is about its sweep, and the quick tier gives the verdicts on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import run_sim
from sim.commands.exits import BAD_INPUT, FAILED, OK
from sim.scenario import load

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "scenarios" / "claims").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_shipped_sweep_of_claims_claims_something(file: Path) -> None:
    assert load(file).claims


def claiming(folder: Path, claim: str) -> Path:
    """Write a sweep of seconds in which twice the payload takes twice the bytes."""
    file = folder / "bytes.yaml"
    file.write_text(
        "version: 1\nduration: 1 min\ntask: none\n"
        "fleet: [{cohort: phones, devices: 4, link: lte}]\nlinks: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}\n"
        "method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 5 s}}\n"
        "sweep: {seeds: 2, grid: {method.adapter.payload: [1 kB, 2 kB]}}\n"
        "claims: [{kind: ratio, finding: twice the bytes, metric: up_bytes, of: {method.adapter.payload: 2 kB}, "
        f"to: {{method.adapter.payload: 1 kB}}, {claim}}}]\n",
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize(
    ("claim", "verdict", "code"),
    [
        ("least: 1.9", "confirmed", OK),
        ("least: 3", "refuted", FAILED),
        ("least: 3, expected: refuted, reading: it is two", "refuted", OK),
        ("least: 1.9, expected: refuted, reading: wrong", "confirmed", FAILED),
    ],
)
def test_a_verdict_that_is_not_on_record_fails(
    claim: str, verdict: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sim.main(["verify", "claims", str(claiming(tmp_path, claim)), "--json"]) == code
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["contradicted"]) == (verdict, code == FAILED)


def test_a_form_that_does_not_reach_the_scenario_is_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = claiming(tmp_path, "least: 1.9")
    agrees = "agrees, finding: f, metric: mean_age_s, form: age_fifo, of: {method.adapter.payload: 1 kB}}]\n"
    file.write_text(file.read_text(encoding="utf-8").partition("ratio, ")[0] + agrees, encoding="utf-8")
    assert run_sim.main(["verify", "claims", str(file), "--out", str(tmp_path / "out")]) == BAD_INPUT
    assert "the closed form 'age_fifo' does not reach this scenario: devices do not ask" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_claims_that_are_not_there_have_a_near_miss(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["verify", "claims", "burst_los"]) == BAD_INPUT
    assert "did you mean 'burst_loss'?" in capsys.readouterr().err


def test_the_quick_tier_gives_the_verdicts_on_record(tmp_path: Path) -> None:
    assert run_sim.main(["verify", "claims", "--json", "--out", str(tmp_path / "claims")]) == OK


def test_claims_that_only_the_full_tier_judges_are_mentioned(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["verify", "claims", "first_aid_then_cloud"]) == OK
    assert "first_aid_then_cloud: 2 of 2 claims are judged with --full alone" in capsys.readouterr().err
