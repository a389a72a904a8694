"""Every scenario that is shipped loads and plays, its fleet and its training cut down to a minute's work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from run_commands import ROOT, TABLES, RunScenario, all_points, loaded, play_file

from agents.contract import InputError
from agents.evaluation import references
from sim.scenario import Scenario, load
from sim.scenario.distribution_fields import MacsPerSecond

FEW = 8
FILES = sorted((ROOT / "scenarios").rglob("*.yaml"))
#: Training that decides how good a method is, not whether a scenario plays: the most that is left of it.
LEARNING = {"epochs": 1, "restarts": 0, "steps": 10, "group_steps": 2, "collaborative_steps": 10, "pairs": 256}
#: Images of files, and clicks of each user: what is judged, learnt from and chosen by.
HISTORY = {"evaluation": 300, "train": 200, "validation": 100, "held_out": 100, "latest": 8, "window": 10}
NETS = {"hidden": 64}
#: How far the oracle is trained, which no scenario says.
ORACLE_STEPS = 20


def cuts(scenario: Scenario) -> Iterator[str]:
    """Yield overrides that leave a handful of devices in each cohort, and little training."""
    for number, cohort in enumerate(scenario.fleet):
        if cohort.devices > FEW and not names_devices(scenario):
            yield f"fleet.{number}.devices={FEW}"
    written = scenario.resolved()
    adapter = written["method"]["adapter"]
    # Where replies are numbers no group learns, and 'group_steps' is refused; no head learns from lists by itself.
    chosen = adapter if isinstance(adapter, dict) else {}
    unheard = {"group_steps"} if chosen.get("reply") == "number" else set()
    unheard |= {"collaborative_steps"} if chosen.get("training") == "independent" else set()
    yield from less("method.adapter", adapter, {one: most for one, most in LEARNING.items() if one not in unheard})
    if isinstance(task := written["task"], dict):
        yield from less("task.pretrain", task.get("pretrain"), LEARNING)
        yield from less("task.data", task.get("data"), HISTORY)
        yield from less("task.model", task.get("model"), NETS)
    if isinstance(scenario.execution.workers, int) and scenario.execution.workers > 0:
        # The same digest, and test_ray.py plays on workers.
        yield "execution.workers=0"


def less(path: str, given: object, most: dict[str, int]) -> Iterator[str]:
    """Yield overrides of what is more than ``most`` below a path; a part that holds such an option is written anew."""
    for option, value in given.items() if isinstance(given, dict) else ():
        cut = fewer(value, most) if isinstance(value, dict) else at_most(value, most.get(option))
        if cut != value:
            yield f"{path}.{option}={json.dumps(cut)}"


def fewer(part: dict[str, Any], most: dict[str, int]) -> dict[str, Any]:
    """Return a part, such as the method that another is built around, with no option above ``most``."""
    return {option: at_most(value, most.get(option)) for option, value in part.items()}


def at_most(value: Any, most: int | None) -> Any:
    """Return a number, but no more than ``most``; all else as it is."""
    return min(value, most) if isinstance(value, int) and most is not None else value


def names_devices(scenario: Scenario) -> bool:
    """Say whether the trigger names devices by number, so that none may be cut."""
    asks = getattr(scenario.method.trigger, "all_asks", [])
    return any(ask.devices != "all" for ask in asks)


def name_of(file: Path) -> str:
    """Return a scenario's name in the list of tests."""
    return file.relative_to(ROOT / "scenarios").as_posix()


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name != "tuning"], ids=name_of)
def test_a_shipped_scenario_loads_and_plays(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_ORACLE_STEPS", ORACLE_STEPS)
    scenario = loaded(file)
    assert scenario.description, "say in 'description' what the scenario studies"
    overrides = tuple(cuts(scenario))
    run = play_file(file, tmp_path / "run", overrides)
    assert (run.folder / "STATUS").read_text(encoding="utf-8") == "complete\n"
    assert all((run.folder / f"{name}.parquet").exists() for name in TABLES)
    assert run.windows["t_s"].max() == scenario.duration
    # What follows from measuring, or from what a method computes, is written as what it was.
    service = scenario.cloud.service
    computed = service == "measured" or isinstance(service, MacsPerSecond)
    follows = computed or any(one.compute.macs_per_s for one in scenario.fleet)
    if not follows:
        assert load(run.folder / "resolved.yaml").fingerprint() == load(file, overrides).fingerprint()


@pytest.mark.slow
@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name != "tuning"], ids=name_of)
def test_both_engines_play_a_shipped_scenario_to_the_same_tables(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "_ORACLE_STEPS", ORACLE_STEPS)
    scenario = loaded(file)
    overrides = tuple(cuts(scenario))
    if scenario.cloud.service == "measured":
        pytest.skip("a time that is measured is another each time")
    try:
        compiled = play_file(file, tmp_path / "compiled", overrides, engine="compiled")
    except InputError as error:
        if "only SimPy plays" not in str(error):
            raise
        pytest.skip(str(error))
    assert play_file(file, tmp_path / "simpy", overrides, engine="simpy").digest == compiled.digest


@pytest.mark.parametrize("file", [file for file in FILES if "\nsweep:" in file.read_text()], ids=name_of)
def test_every_point_of_a_shipped_sweep_loads(file: Path) -> None:
    loaded(file)
    every = all_points(file)
    assert len(every) > 1
    for point in every:
        assert load(file, point.overrides, seed=point.seed).seed == point.seed


@pytest.mark.parametrize("name", ["timing", "digits", "gaussians", "crowd"])
def test_a_resolved_scenario_plays_the_same_run_again(play: RunScenario, tmp_path: Path, name: str) -> None:
    first = play(name)
    assert play_file(first.folder / "resolved.yaml", tmp_path / "again", ()).digest == first.digest


def test_a_service_time_that_was_measured_stands_in_the_resolved_scenario(play: RunScenario, tmp_path: Path) -> None:
    asks = ["method.adapter=cloud_ft", "method.trigger={kind: periodic, every: 20 s}"]
    first = play("gaussians", *asks, "cloud.service=measured", "fleet.0.devices=10")
    assert first.summary["installed"] > 10
    assert play_file(first.folder / "resolved.yaml", tmp_path / "again", ()).digest == first.digest
