"""Worlds of other tests on workers: learning on devices, rounds, detectors and pictures have one digest there, too."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_detector_runs
import test_learning_and_rounds as learning
from image_files import write_pictures
from run_commands import scenario_of

from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import Scenario, load

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_session")]


def assert_one_digest(scenario: Scenario, folder: Path) -> None:
    """Play in this process and on two workers."""
    played = {
        workers: run_scenario(
            scenario,
            RunFolder.open(folder / f"on-{workers}"),
            RunOptions(quiet=True, plugins=True, workers=workers),
            lambda windows, marks: {},
        )
        for workers in (0, 2)
    }
    assert played[2].summary["digest"] == played[0].summary["digest"]


@pytest.mark.parametrize("case", ["steps from data", "rounds"])
def test_devices_that_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    # Workers look for code of the user's own where the run was started.
    monkeypatch.chdir(Path(__file__).parent)
    assert_one_digest(learning.world(case), tmp_path)


def test_devices_that_detect(tmp_path: Path) -> None:
    watched = test_detector_runs.trigger(test_detector_runs.DETECTORS["page_hinkley"])
    assert_one_digest(load(scenario_of("gaussians"), [*test_detector_runs.WORLD, watched]), tmp_path)


def test_devices_that_take_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures.npz")
    file = tmp_path / "images.yaml"
    file.write_text(scenario_of("images").read_text(encoding="utf-8"), encoding="utf-8")
    assert_one_digest(load(file), tmp_path)
