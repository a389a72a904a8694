"""The Python face: simulate, frames, comparisons, figures; and a process that is left as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import driftbed as db
from agents.cache_folder import cache_folder

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
SHORT = {"duration": "60 s", "fleet.0.devices": 20}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Any:
    values = SHORT | {"sweep.grid": {"method.adapter": ["static", "cloud_ft"]}}
    return db.simulate("gaussians", set=values, seeds=2, out=tmp_path_factory.mktemp("face") / "sweep")


def test_seeds_and_a_grid_make_a_sweep_whose_frames_say_which_row_is_whose(result: Any) -> None:
    windows = result.frame("windows")
    assert isinstance(windows, pd.DataFrame)
    assert list(windows.columns[:2]) == ["method.adapter", "seed"]
    assert windows.groupby(["method.adapter", "seed"]).ngroups == 4
    assert sorted(result.summary) == sorted(run.folder.name for run in result.runs)


def test_frames_come_as_arrow_and_polars_with_the_same_rows(result: Any) -> None:
    arrow = result.frame("devices", kind="arrow")
    assert isinstance(arrow, pa.Table)
    assert arrow.num_rows == len(result.frame("devices")) == 4 * 20
    polars = pytest.importorskip("polars")
    assert result.frame("devices", kind="polars").equals(polars.from_arrow(arrow))
    with pytest.raises(ValueError, match="'sheets' is none of pandas, arrow, polars"):
        result.frame("devices", kind="sheets")
    assert len(result.frame("concepts")) == len(result.frame("devices"))
    with pytest.raises(db.RunError, match="did you mean 'windows'"):
        result.frame("window")


def test_a_comparison_prints_goes_into_a_notebook_and_is_a_frame(result: Any) -> None:
    compared = result.compare(["accuracy"], base="static")
    assert "cloud_ft" in str(compared)
    assert compared._repr_html_().count("<tr>") == 3
    frame = compared.frame()
    assert list(frame["method.adapter"]) == ["static", "cloud_ft"]
    shown = json.loads(compared.to("json"))["rows"]
    assert list(frame["accuracy"]) == [row["values"]["accuracy"]["mean"] for row in shown]
    assert "<table>" in result._repr_html_()


def test_a_figure_is_one_of_matplotlib_and_a_wrong_name_is_answered(result: Any) -> None:
    assert result.plot("accuracy").get_axes()
    with pytest.raises(db.RunError, match="there is no figure 'acuracy'; did you mean 'accuracy'"):
        result.plot("acuracy")


def test_a_scenario_built_in_python_is_checked_with_paths_and_goes_through_yaml(tmp_path: Path) -> None:
    built = db.Scenario(
        name="built",
        duration="60 s",
        fleet=[{"cohort": "phones", "devices": np.int64(4), "samples": {"every": "1 s"}}],
        task={"data": "gaussians"},
        method={"adapter": "static"},
    )
    assert db.Scenario.read(built.write(tmp_path / "built.yaml")) == built
    assert built.having({"duration": "90 s"}).checked.duration == 90.0
    assert built != built.having({"duration": "90 s"})
    with pytest.raises(db.ScenarioErrors) as caught:
        db.Scenario(duration="10 m", fleet=[{"cohort": "a", "devices": object()}], links={"lte": {"up": "5 Mbs"}})
    lines = str(caught.value).splitlines()
    assert any(line.startswith("Scenario: links.lte.up: '5 Mbs' is no data rate") for line in lines)
    assert any(line.startswith("Scenario: fleet.0.devices: ") for line in lines)
    with pytest.raises(db.ScenarioErrors, match=r"method\.adapter"):
        built.having({"method.adapter": "statik"})


def test_a_built_scenario_plays_as_its_file_does(tmp_path: Path) -> None:
    scenario = db.Scenario.read("gaussians").having(SHORT)
    built = db.simulate(scenario, out=tmp_path / "built")
    named = db.simulate("gaussians", set=SHORT, out=tmp_path / "named")
    assert built.summary["digest"] == named.summary["digest"]
    swept = db.simulate(scenario, seeds=[3, 5], out=tmp_path / "swept")
    assert [run.seed for run in swept.runs] == [3, 5]
    assert db.open(tmp_path / "swept").summary == swept.summary


class Steps(db.Watcher):
    """Keeps what it was called with."""

    def __init__(self) -> None:
        self.moments: list[Any] = []
        self.last: Mapping[str, Any] | None = None

    def at(self, moment: Any) -> None:
        self.moments.append((moment, moment.network()))

    def ended(self, summary: Mapping[str, Any] | None, folder: Path) -> None:
        self.last = summary


def test_a_callback_sees_every_tick_and_changes_nothing(tmp_path: Path) -> None:
    steps = Steps()
    watched = db.simulate("gaussians", set=SHORT, out=tmp_path / "a", callbacks=[steps])
    alone = db.simulate("gaussians", set=SHORT, out=tmp_path / "b")
    assert watched.summary["digest"] == alone.summary["digest"]
    windows, (moment, network) = watched.frame("windows"), steps.moments[-1]
    assert [step.at_s for step, _ in steps.moments] == sorted(set(windows["t_s"]))
    assert (moment.samples, moment.correct) == (windows["samples"].sum(), windows["correct"].sum())
    links = watched.frame("links").groupby("direction")["delivered_bytes"].max()
    assert network.queue >= 0
    assert 0 < network.up_bytes <= links["up"]
    assert dict(steps.last or {}) == watched.summary


def test_a_callback_that_fails_ends_the_run_and_hears_so(tmp_path: Path) -> None:
    class Broken(Steps):
        def at(self, moment: Any) -> None:
            raise RuntimeError("enough")

    broken = Broken()
    with pytest.raises(RuntimeError, match="enough"):
        db.simulate("gaussians", set=SHORT, out=tmp_path / "a", callbacks=[broken])
    assert broken.last is None
    assert (tmp_path / "a" / "STATUS").read_text(encoding="utf-8") == "failed\n"


def test_the_first_simulation_of_a_process_leaves_it_as_it_was_and_hears_nothing_of_its_settings(
    tmp_path: Path,
) -> None:
    file = db.Scenario.read("gaussians").having(SHORT).write(tmp_path / "short.yaml")
    words = [sys.executable, str(Path(__file__).with_name("first_call.py")), str(file), str(tmp_path / "runs")]
    # Nothing is in its cache but compiled code: the base model is trained there.
    (tmp_path / "cache").mkdir()
    for code in ("engine", "kernels"):
        (tmp_path / "cache" / code).symlink_to(cache_folder() / code, target_is_directory=True)
    environment = dict(os.environ) | {"DRIFTBED_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    played = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stderr
    alone = db.simulate(file, out=tmp_path / "alone")
    assert played.stdout.split() == 3 * [alone.summary["digest"]]


def test_simulations_in_threads_take_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: db.simulate("gaussians", set=SHORT).folder, range(3)))
    assert len(set(found)) == 3
