"""``hunt`` finds where late updates harm, leaves only what is needed for it, and writes a scenario that replays it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_commands import Reported

from analysis import as_sweep, open_folder
from analysis.windows import accuracy
from sim.commands.exits import BAD_INPUT, OK
from sim.scenario import load

WORLD = """\
version: 1
name: world
seed: 1
duration: 2 min
tick: 10 s
task: {data: {kind: gaussians, dimensions: 2, distance: 3.0}, model: logistic, pretrain: {epochs: 5}}
fleet: [{cohort: phones, devices: 10, samples: {every: 0.5 s}, labels: {after: 1 s}, link: lte}]
drift:
  - {at: 20 s, kind: sudden, to: {rotate: 90 deg}, name: there}
  - {at: 70 s, kind: sudden, to: {}, name: and back}
  - {at: 115 s, kind: sudden, to: {}, name: nothing}
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s, latency: 50 ms}}
method:
  adapter: {kind: cloud_ft, window: 20, steps: 30, rate: 0.1, anchor: 0}
  trigger: {kind: periodic, every: 10 s}
"""
OVER = ("--over", "links.lte.latency", "50 ms", "40 s", "--over", "fleet.0.labels.after", "1 s", "2 s")


def test_late_updates_are_found_and_shrunk_and_replay(tmp_path: Path, reported: Reported) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    words = ("--tries", "8", "--seeds", "1", "--out", str(tmp_path / "out"), "--quiet", "--json")
    code, out, err = reported("hunt", str(file), *OVER, *words)
    assert code == OK, err
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["difference"]["mean"] < -0.05
    # Labels a second later do no harm of their own; the drift that changes nothing is left out.
    assert [change.split("=")[0] for change in found["changes"]] == ["links.lte.latency", "drift"]
    written = Path(found["file"])
    scenario = load(written)
    assert [entry.name for entry in scenario.drift] == ["there", "and back"]
    assert "workers" not in written.read_text()
    assert reported("run", str(written), "--out", str(tmp_path / "again"), "--quiet")[0] == OK
    (run,) = as_sweep(open_folder(tmp_path / "again")).runs
    own, static = accuracy(run), accuracy(run, "static")
    assert own is not None
    assert static is not None
    assert own - static == found["difference"]["mean"]


def test_a_range_that_is_none_is_refused(tmp_path: Path, reported: Reported) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    code, _, err = reported("hunt", str(file), "--over", "links.lte.latency", "2 s", "1 s", "--tries", "1")
    assert code == BAD_INPUT
    assert "2 s is not below 1 s" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--over", "links.lte.latencie", "1 s", "2 s"), "latencie"),
        (("--rival", "personna"), "did you mean 'persona'"),
        (("--metric", "acuracy"), "--metric: there is no metric 'acuracy'"),
    ],
)
def test_a_slip_is_told_before_anything_is_played(
    tmp_path: Path, reported: Reported, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    code, _, err = reported("hunt", str(file), *words, "--tries", "1", "--out", str(tmp_path / "out"))
    assert code == BAD_INPUT
    assert said in err
    assert not (tmp_path / "out").exists()


def test_a_rival_another_metric_and_json_where_nothing_is_found(tmp_path: Path, reported: Reported) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    over = ("--over", "links.lte.latency", "50 ms", "60 ms", "--tries", "1", "--seeds", "1", "--quiet")
    words = ("--rival", "{kind: cloud_ft, window: 20, steps: 30, rate: 0.1, anchor: 0}", "--metric", "up_bytes")
    code, out, err = reported("hunt", str(file), *over, *words, "--json", "--out", str(tmp_path / "same"))
    assert code == OK, err
    assert json.loads(out) == {"changes": [], "searched": [], "difference": None, "file": None}
    fewer = ("--rival", "static", "--metric", "up_bytes", "--out", str(tmp_path / "fewer"))
    code, out, err = reported("hunt", str(file), *over, *fewer)
    assert code == OK, err
    assert "cloud_ft is worse than static in up_bytes: -" in out
    assert " kB (1 paired seeds), where" in out
    code, _, err = reported("hunt", str(file), *over, *fewer)
    assert code == BAD_INPUT
    assert "is not empty; name another folder" in err
