"""Scenarios of test-time adaptation: devices learn, nothing is sent, and the tables of such a run can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import ROOT, play_file

from analysis.runs import open_run

FILES = sorted((ROOT / "scenarios" / "test_time").glob("*.yaml"))
ASKS = ("first_aid_then_cloud",)
SHORT = ("duration=150 s", "drift=[]", "task.pretrain.epochs=1", "fleet.0.devices=3")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_devices_learn_in_their_own_time_and_send_nothing(file: Path, tmp_path: Path) -> None:
    run = play_file(file, tmp_path / "run", SHORT)
    exchanges = open_run(run.folder).exchanges
    learnt = exchanges[exchanges["kind"] == "learn"]
    assert (len(learnt) < len(exchanges)) == (file.stem in ASKS)
    done = learnt[learnt["outcome"] == "installed"]
    assert len(done) >= 9
    took_s = done["installed_s"] - done["sent_s"]
    assert (took_s > 0).all()
    assert learnt["up_bytes"].sum() + learnt["down_bytes"].sum() == 0
    steps = run.table("devices")["training_steps"].sum()
    assert steps == len(learnt) * (20 if file.stem == "device_ft" else 1)
