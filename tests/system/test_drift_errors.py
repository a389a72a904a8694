"""Drift that cannot be made is refused at its line, by whatever looks at the scenario, before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import Reported

WORLD = """\
version: 1
duration: 60 s
task: {data: digits, model: {kind: mlp, hidden: [8], layers: 1}, pretrain: {epochs: 1}}
fleet: [{cohort: phones, devices: 3, samples: {every: 1 s}}]
drift:
"""
IMPOSSIBLE = {
    "a half inverted image": (
        "  - {at: 9 s, kind: sudden, share: 50 %, to: {invert: true}}\n"
        "  - {at: 20 s, kind: incremental, over: 9 s, to: {rotate: 90 deg}}\n",
        "scenario.yaml:7:5: drift.1: invert cannot move step by step",
    ),
    "a half permuted name": (
        "  - {at: 20 s, kind: random_walk, every: 2 s, to: {rotate: 90 deg}}\n"
        "  - {at: 9 s, kind: blip, for: 30 s, to: {labels: {permute: 2}}}\n",
        "scenario.yaml:6:5: drift.0: a label swap or permutation cannot move step by step",
    ),
    "a prior out of nothing": (
        f"  - {{at: 9 s, kind: incremental, over: 9 s, to: {{labels: {{prior: {[0.1] * 10}}}}}}}\n",
        "scenario.yaml:6:5: drift.0: a label prior can only move step by step from another prior",
    ),
    "more concepts than fit": (
        "".join(
            f"  - {{at: {n} s, kind: incremental, over: 50 s, steps: 300, to: {{rotate: {n} deg}}}}\n" for n in (1, 2)
        ),
        "scenario.yaml:7:5: drift.1: drift makes more than 2048 concepts",
    ),
}


@pytest.mark.parametrize("command", ["validate", "run"])
@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_move_is_refused_at_its_line(reported: Reported, tmp_path: Path, what: str, command: str) -> None:
    lines, problem = IMPOSSIBLE[what]
    (tmp_path / "scenario.yaml").write_text(WORLD + lines, encoding="utf-8")
    code, out, err = reported(command, "scenario.yaml", *(["--quiet"] if command == "run" else []))
    assert code == 2
    assert err.startswith(problem)
    assert len(err.splitlines()) == 1
    assert out == ""
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_a_point_of_a_sweep_that_cannot_move_is_refused_before_any_plays(reported: Reported, tmp_path: Path) -> None:
    sweep = (
        "  - {at: 9 s, kind: sudden, share: 100 %, to: {invert: true}}\n"
        "  - {at: 20 s, kind: incremental, over: 9 s, to: {rotate: 90 deg}}\n"
        "sweep: {grid: {drift.0.share: [100 %, 50 %]}}\n"
    )
    (tmp_path / "scenario.yaml").write_text(WORLD + sweep, encoding="utf-8")
    for command in ("validate", "sweep"):
        code, _, err = reported(command, "scenario.yaml")
        assert code == 2
        assert "drift.1: invert cannot move step by step" in err
