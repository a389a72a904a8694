"""One device over time: what is played again is what the run counted, sample by sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from run_commands import Reported, RunScenario

import analysis
from sim.run.device_timeline import sample_timeline
from sim.run.run_folder import FolderError

SLOW = [
    "method.adapter={kind: cloud_ft, window: 32, steps: 5, rate: 1e-2}",
    "method.trigger={kind: periodic, every: 10 s}",
    "links.lte={up: 1 kbit/s, down: 4 kbit/s}",
    "fleet.0.devices=12",
]


def test_the_log_of_all_devices_sums_to_the_tables(play: RunScenario) -> None:
    run = play("gaussians", *SLOW)
    log = sample_timeline(run.folder, range(12))
    devices, windows = run.table("devices"), run.windows
    for name in ("correct", "correct_static", "correct_oracle"):
        assert np.bincount(log["device"], log[name], 12).tolist() == devices[name].tolist()
    regret = log["correct_oracle"].astype(int) - log["correct"].astype(int)
    for phase in ("undetected", "uplink", "downlink", "residual", "straddling"):
        mine = log["phase"] == phase
        assert int(mine.sum()) == windows[f"samples_{phase}"].sum()
        assert int(regret[mine].sum()) == windows[f"regret_{phase}"].sum()
    assert (log["age_s"] >= 0).all()
    assert log["age_s"].mean() == pytest.approx(devices["mean_age_s"].mean(), rel=0.05)


def test_a_device_is_drawn_and_its_requests_are_listed(play: RunScenario, reported: Reported) -> None:
    run = play("gaussians", *SLOW)
    code, out, err = reported("story", str(run.folder), "worst", "--at", "30 s")
    assert code == 0, err
    assert "requests: " in out
    assert "asked at " in out
    assert len(list((run.folder / "plots").glob("device-*.png"))) == 1
    assert reported("story", str(run.folder), "99")[0] == 2
    assert "is not within the run" in reported("story", str(run.folder), "worst", "--at", "1 h")[2]
    assert reported("story", str(run.folder), "phone")[0] == 2


def test_a_run_that_does_not_repeat_itself_is_not_drawn(play: RunScenario) -> None:
    run = play("gaussians", *SLOW)
    table = pd.read_parquet(run.folder / "devices.parquet")
    table.assign(correct=table["correct"] - 1).to_parquet(run.folder / "devices.parquet")
    with pytest.raises(FolderError, match="does not repeat itself"):
        sample_timeline(run.folder, [3])
    with pytest.raises(FolderError, match="has devices 0 to 11, not 12"):
        sample_timeline(run.folder, [12])


def test_typical_devices_are_the_ends_and_the_middle(play: RunScenario) -> None:
    run = analysis.open_run(play("gaussians", *SLOW).folder)
    table = run.devices.assign(samples=10, correct=np.arange(12) // 2)
    run.__dict__["devices"] = table
    assert analysis.typical_devices(run) == {"worst": 0, "median": 5, "best": 11}
