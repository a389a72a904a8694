"""Every scenario of ``scenarios/drift`` plays, tells the truth about its drift, and shows what it says it shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from run_commands import ROOT, Run, Table, play_file
from scipy.stats import chisquare, kstest

from sim.scenario import load

FOLDER = ROOT / "scenarios" / "drift"
FILES = sorted(FOLDER.glob("*.yaml"))
MOST_LINES = 25
#: Enough devices for laws, little training, and no oracle: what is looked at here is the world.
SMALLER = ("fleet.0.devices=60", "task.pretrain.epochs=2", "references=[static]", "method.adapter=static")
#: Drift that a model that never changes does not mind.
HARMLESS = ("label_shift",)

Facts = Callable[[Run, Table], None]


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Run]:
    """Play a scenario with a smaller fleet."""
    name: str = request.param.stem
    return name, play_file(request.param, tmp_path_factory.mktemp(name) / "run", SMALLER)


def of_device(reported: Table, device: int) -> Table:
    """Return the truth about one device."""
    return {name: values[reported["device"] == device] for name, values in reported.items()}


def begins_s(reported: Table, concept: int = 1) -> np.ndarray:
    """Return when a concept begins to reign for each device that it ever reigns for."""
    mine = reported["concept"] == concept
    return np.array(
        [reported["from_s"][mine & (reported["device"] == device)].min() for device in set(reported["device"][mine])]
    )


def minutes(run: Run, column: str) -> np.ndarray:
    """Return the sum of a column of the windows in each minute of the run."""
    windows = run.windows
    return np.bincount(np.ceil(windows["t_s"] / 60).astype(int), weights=windows[column])[1:]


def test_the_truth_covers_every_device_from_the_beginning_to_the_end(played: tuple[str, Run]) -> None:
    reported = played[1].table("concepts")
    assert list(reported) == ["device", "cohort", "from_s", "until_s", "concept", "name", "share_from", "share_until"]
    assert set(reported["device"].tolist()) == set(range(60))
    assert (reported["until_s"] > reported["from_s"]).all()
    assert ((reported["concept"] == 0) == (reported["name"] == "original")).all()
    for device in (0, 31, 59):
        mine = of_device(reported, device)
        for at_s in np.linspace(0.5, 599.5, 97):
            here = (mine["from_s"] < at_s) & (at_s <= mine["until_s"])
            assert mine["share_from"][here].sum() == pytest.approx(1.0)
            assert mine["share_until"][here].sum() == pytest.approx(1.0)


def test_drift_harms_a_model_that_never_changes(played: tuple[str, Run]) -> None:
    name, run = played
    accuracy = minutes(run, "correct_static") / minutes(run, "samples")
    assert accuracy[0] > 0.8
    assert (accuracy.min() < accuracy[0] - 0.04) == (name not in HARMLESS)


def test_figures_mark_what_the_truth_tells(played: tuple[str, Run]) -> None:
    name, run = played
    marks = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))["drift"]
    first_s = min(mark["at_s"] for mark in marks)
    reported = run.table("concepts")
    fresh_s = reported["from_s"][reported["concept"] > 0]
    assert first_s <= fresh_s.min() <= max(first_s, min(mark["until_s"] for mark in marks))
    if name != "arrival_rate":
        assert fresh_s.max() <= max(mark["until_s"] for mark in marks)


def test_what_a_scenario_is_named_after_is_there(played: tuple[str, Run]) -> None:
    name, run = played
    FACTS[name](run, run.table("concepts"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_is_short_and_says_what_to_see(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) < MOST_LINES
    assert any(line.startswith("# Look at") for line in lines)
    assert len(load(file).description or "") > 10


@pytest.mark.parametrize("name", ["random_walk", "arrival_rate", "label_shift", "gradual"])
def test_lazy_and_eager_are_one_run(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    smaller = ("fleet.0.devices=5", "task.pretrain.epochs=1", "references=[static]", "method.adapter.steps=3")
    runs = [
        play_file(FOLDER / f"{name}.yaml", tmp_path_factory.mktemp(name) / "run", smaller, eager=eager)
        for eager in (False, True)
    ]
    assert runs[0].digest == runs[1].digest


def _sudden(run: Run, reported: Table) -> None:
    touched = len(begins_s(reported))
    assert 15 < touched < 45
    assert (begins_s(reported) == 180.0).all()


def _gradual(run: Run, reported: Table) -> None:
    mixing = of_device(reported, 0)
    assert mixing["share_from"].tolist() == [1, 1, 0, 1]
    assert mixing["share_until"].tolist() == [1, 0, 1, 1]
    assert mixing["until_s"][1] - mixing["from_s"][1] == 300.0


def _incremental(run: Run, reported: Table) -> None:
    assert of_device(reported, 0)["from_s"].tolist() == [0.0, *(120.0 + 37.5 * np.arange(8))]


def _recurring(run: Run, reported: Table) -> None:
    assert of_device(reported, 0)["concept"].tolist() == [0, 1, 0, 1, 0]


def _blip(run: Run, reported: Table) -> None:
    assert of_device(reported, 0)["from_s"].tolist() == [0.0, 240.0, 300.0]


def _random_walk(run: Run, reported: Table) -> None:
    paths = {tuple(of_device(reported, device)["concept"].tolist()) for device in range(60)}
    assert len(paths) == 60
    assert set(reported["concept"].tolist()) == set(range(17))


def _wave(run: Run, reported: Table) -> None:
    assert len(begins_s(reported)) == 60
    assert kstest((begins_s(reported) - 120.0) / 300.0, "uniform").pvalue > 1e-3


def _groups(run: Run, reported: Table) -> None:
    when_s, sizes = np.unique(begins_s(reported), return_counts=True)
    assert when_s.tolist() == [120.0, 180.0, 240.0, 300.0]
    assert chisquare(sizes).pvalue > 1e-3


def _independent(run: Run, reported: Table) -> None:
    dark = reported["concept"] == 1
    assert reported["until_s"][dark] - reported["from_s"][dark] == pytest.approx(np.full(60, 60.0))
    assert kstest((begins_s(reported) - 60.0) / 360.0, "uniform").pvalue > 1e-3


def _severities(run: Run, reported: Table) -> None:
    names = of_device(reported, 0)["name"].tolist()
    assert names[2] == "brightness 0.15 + noise 0.08"
    assert names[3] == "blur 1 + brightness 0.3 + noise 0.1"


def _label_shift(run: Run, reported: Table) -> None:
    assert of_device(reported, 0)["name"].tolist() == ["original", "dirichlet 0.2", "dirichlet 0.2", "prior", "prior"]


def _concept_shift(run: Run, reported: Table) -> None:
    assert of_device(reported, 0)["name"].tolist() == ["original", "swap 0-1 + swap 4-9", "permute 1"]


def _arrival_rate(run: Run, reported: Table) -> None:
    counts = minutes(run, "samples")
    rates = np.array([1, 1, 3, 3, 1, 1, 0.625, 0.25, 0.25, 0.25])
    assert chisquare(counts, rates / rates.sum() * counts.sum()).pvalue > 1e-3


def _scrambled(run: Run, reported: Table) -> None:
    assert (minutes(run, "correct_static") / minutes(run, "samples"))[5:].max() < 0.3


def _named(run: Run, reported: Table) -> None:
    assert of_device(reported, 0)["name"].tolist()[3] == "blur 0.6 + contrast 0.15 + noise 0.09 + arrivals 0.5"
    assert "rain:" in (run.folder / "resolved.yaml").read_text(encoding="utf-8")


FACTS: dict[str, Facts] = {
    name.removeprefix("_"): check for name, check in list(globals().items()) if name.startswith("_") and callable(check)
}
