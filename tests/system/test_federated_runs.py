"""Every scenario of ``scenarios/federated`` plays short: devices learn what static does not know, and one digest."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from run_commands import ROOT, Run, play_file

from sim.run.resume import resume_run
from sim.run.run_scenario import RunOptions
from sim.scenario import ScenarioErrors, load

FOLDER = ROOT / "scenarios" / "federated"
FILES = sorted(FOLDER.glob("*.yaml"))
SHORTER = (
    "fleet.0.devices=12",
    "duration=4 min",
    "drift.0.at=40 s",
    "task.pretrain.epochs=3",
    "references=[static]",
    "fleet.0.labels.after=1 s",
)
#: Parts of messages that are headers, by kind of exchange.
ROUND_KINDS = {"push", "learn", "report"}


def played(name: str, folder: Path, *more: str, eager: bool = False) -> Run:
    return play_file(FOLDER / f"{name}.yaml", folder, (*SHORTER, *more), eager=eager)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_devices_learn_what_static_does_not_know(file: Path, tmp_path: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 20
    assert any(line.startswith("# Look at") for line in lines)
    run = played(file.stem, tmp_path / "run")
    late = run.windows["t_s"] > 180.0
    correct, static = (run.windows[name][late].sum() for name in ("correct", "correct_static"))
    # The last of four groups drifts at 3 min 40 s.
    assert correct / static > (1.0 if file.stem == "feddrift" else 1.1)
    kinds, outcome = run.exchanges["kind"], run.exchanges["outcome"]
    if "rounds" in file.read_text(encoding="utf-8"):
        assert set(kinds.tolist()) == ROUND_KINDS
        assert (outcome[kinds == "report"] == "reported").sum() > 40
    else:
        assert set(kinds.tolist()) == {"update", "learn"}
        assert (outcome[kinds == "update"] == "installed").sum() > 40


@pytest.mark.parametrize("name", ["scaffold", "feddrift", "fedbuff"])
def test_lazily_eagerly_or_resumed_it_is_one_digest(name: str, tmp_path: Path) -> None:
    whole = played(name, tmp_path / "whole", "duration=2 min", "execution.checkpoint=1 us")
    assert played(name, tmp_path / "eager", "duration=2 min", eager=True).digest == whole.digest
    cut = Path(shutil.copytree(whole.folder, tmp_path / "cut"))
    for file in ("summary.json", "exchanges.parquet"):
        (cut / file).unlink()
    (cut / "STATUS").write_text("partial\n")
    how = RunOptions(quiet=True)
    assert Run(resume_run(cut, how, lambda windows, marks: {}).folder).digest == whole.digest


def test_a_request_that_waits_for_learning_brings_what_was_learnt(tmp_path: Path) -> None:
    fast = "fleet.0.compute.training_step=10 ms"
    run = played("fedasync", tmp_path / "run", fast, "links.lte.loss=0 %", "method.adapter.mix=1")
    table = run.exchanges
    learnt, asked = (table["kind"] == kind for kind in ("learn", "update"))
    done = {(device, round(at_s, 6)) for device, at_s in zip(*_times(table, learnt, "installed_s"), strict=True)}
    sent = {(device, round(at_s, 6)) for device, at_s in zip(*_times(table, asked, "sent_s"), strict=True)}
    assert len(done) > 100
    assert done >= sent


def _times(table: dict[str, np.ndarray], rows: np.ndarray, name: str) -> tuple[list[int], list[float]]:
    return table["device"][rows].tolist(), table[name][rows].tolist()


@pytest.mark.parametrize(
    ("adapter", "path", "text"),
    [
        ("fedavg", "method.trigger", "'fedavg' works in rounds; write for example 'trigger: {kind: rounds, "),
        ("fedbuff", "method.adapter", "'fedbuff' learns on the device; write for example 'learning: "),
    ],
)
def test_a_method_without_its_trigger_is_refused(adapter: str, path: str, text: str) -> None:
    trigger = "method.trigger={kind: periodic, every: 20 s}"
    file = ROOT / "scenarios" / "gaussians.yaml"
    with pytest.raises(ScenarioErrors) as refused:
        load(file, [f"method.adapter={adapter}", trigger])
    assert path in str(refused.value)
    assert text in str(refused.value)
