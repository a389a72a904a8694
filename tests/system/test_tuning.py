"""Tuning is shipped and fair: a sweep for every method that has something to tune, all of them with the same budget."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import ROOT, skipping_what_is_missing

from agents.contract.component import NoOptions
from agents.methods import METHODS
from agents.models import MODELS
from agents.tasks import TASKS
from sim.reading import read_points
from sim.scenario import Scenario, ScenarioErrors, load, points

FOLDER = ROOT / "scenarios" / "tuning"
FILES = sorted(FOLDER.glob("*.yaml"))
#: What the names of sweeps end with, by the world that they are played in, and settings of each method there. The first
#: are its defaults, or what studies play.
SETTINGS = {"": 6, "_clicks": 4, "_views": 4, "_photographs": 4}
SEEDS = 5
#: Methods without a sweep here, and why.
NOT_TUNED = {
    "dpu": "scores samples and changes no prediction; docs/family.md judges scores by AUROC",
}


def test_every_method_with_options_is_tuned_or_says_why_not() -> None:
    tunable = {name for name, row in METHODS.items() if row.options is not NoOptions}
    tuned = {method_of(file) for file in FILES}
    assert tunable == tuned | set(NOT_TUNED)
    assert not tuned & set(NOT_TUNED)


@pytest.mark.parametrize("suffix", [suffix for suffix in SETTINGS if suffix])
def test_what_a_study_compares_in_a_world_is_tuned_in_a_world_like_it(suffix: str) -> None:
    kinds = {str(setting["kind"]) for setting in settings_compared(suffix)}
    compared_there = {kind for kind in kinds if METHODS[kind].options is not NoOptions}
    with skipping_what_is_missing():
        load(ROOT / "scenarios" / "family" / f"links{suffix}.yaml")
    assert {"static_balanced"} < compared_there
    assert compared_there - set(NOT_TUNED) <= {method_of(file) for file in FILES if suffix_of(file.stem) == suffix}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_settings_are_the_defaults_and_the_same_number_of_others_on_validation_streams(file: Path) -> None:
    with skipping_what_is_missing():
        scenario, name = load(file), method_of(file)
    suffix = suffix_of(file.stem)
    budget = SETTINGS[suffix]
    assert scenario.sweep is not None
    assert scenario.resolved()["task"]["data"]["streams"] == "validation"
    ((axis, settings),) = scenario.sweep.grid.items()
    assert (axis, scenario.method.adapter.kind) == ("method.adapter", name)
    assert settings[0] == name or settings[0] in settings_compared(suffix)
    made = [METHODS[name].options(**options_of(one)) for one in settings]
    assert len(made) == budget
    assert all(one not in made[:place] for place, one in enumerate(made)), "two settings are the same"
    assert len(scenario.sweep.seed_list(scenario.seed)) == SEEDS
    played = points(file)
    assert len(played) == budget * SEEDS
    read_points(file, [], played[:: len(played) - 1], allow_plugins=False)


def test_no_seed_that_tunes_is_one_that_a_claim_or_a_study_plays() -> None:
    tuned = {seed for one in readable("tuning") for seed in seeds_of(one)}
    others = {seed for name in ("claims", "family", "studies") for one in compared(name) for seed in seeds_of(one)}
    assert not tuned & others


def options_of(setting: object) -> dict[str, object]:
    return {key: value for key, value in setting.items() if key != "kind"} if isinstance(setting, dict) else {}


def suffix_of(name: str) -> str:
    """Return what the name of a sweep says of its world."""
    return next((suffix for suffix in SETTINGS if suffix and name.endswith(suffix)), "")


def method_of(file: Path) -> str:
    """Return what a sweep of that name tunes."""
    return file.stem.removesuffix(suffix_of(file.stem))


def settings_compared(suffix: str) -> list[dict[str, object]]:
    """Return the settings of methods that studies of the family compare in worlds like that of a suffix."""
    return [
        setting if isinstance(setting, dict) else {"kind": setting}
        for scenario in compared("family")
        if world_of(scenario) == suffix and scenario.sweep
        for setting in scenario.sweep.grid.get("method.adapter", [])
    ]


def world_of(scenario: Scenario) -> str:
    """Return the suffix of sweeps that tune in worlds like that of a scenario: a log, several views, photographs."""
    task = scenario.resolved()["task"]
    if "items" in TASKS[task["data"]["kind"]].gives:
        return "_clicks"
    if MODELS[task["model"]["kind"]].traits.get("views"):
        return "_views"
    return "_photographs" if task["model"]["kind"].startswith("mobilenet") else ""


def compared(name: str) -> list[Scenario]:
    """Return the scenarios of a folder that can be read here and do not tune."""
    return [one for one in readable(name) if "streams: validation" not in str(one.resolved()).replace("'", "")]


def readable(name: str) -> list[Scenario]:
    """Return the scenarios of a folder whose data and packages are here."""
    found = []
    for file in sorted((ROOT / "scenarios" / name).glob("*.yaml")):
        try:
            found.append(load(file))
        except ScenarioErrors:
            continue
    return found


def seeds_of(scenario: Scenario) -> list[int]:
    return scenario.sweep.seed_list(scenario.seed) if scenario.sweep else [scenario.seed]
