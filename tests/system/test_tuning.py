"""Tuning is shipped and fair: a sweep for every method that has something to tune, all of them with the same budget."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import ROOT, skipping_what_is_missing

from agents.contract.component import NoOptions
from agents.methods import METHODS
from agents.tasks import TASKS
from sim.reading import read_points
from sim.scenario import Scenario, ScenarioErrors, load, points

FOLDER = ROOT / "scenarios" / "tuning"
FILES = sorted(FOLDER.glob("*.yaml"))
#: What the names of sweeps end with that are played on clicks.
CLICKS = "_clicks"
#: Settings of each method, its defaults among them, where images and where clicks are streamed, and seeds of each.
SETTINGS, SETTINGS_ON_CLICKS, SEEDS = 6, 4, 5
#: Methods without a sweep here, and why.
NOT_TUNED = {
    "dpu": "scores samples and changes no prediction; docs/family.md judges scores by AUROC",
}


def test_every_method_with_options_is_tuned_or_says_why_not() -> None:
    tunable = {name for name, row in METHODS.items() if row.options is not NoOptions}
    tuned = {method_of(file) for file in FILES}
    assert tunable == tuned | set(NOT_TUNED)
    assert not tuned & set(NOT_TUNED)


def test_what_a_study_compares_on_clicks_is_tuned_on_clicks() -> None:
    compared_there = {
        setting if isinstance(setting, str) else setting["kind"]
        for scenario in compared("family")
        if "items" in TASKS[scenario.resolved()["task"]["data"]["kind"]].gives and scenario.sweep
        for setting in scenario.sweep.grid.get("method.adapter", [])
    }
    assert {"static_balanced", "persona"} <= compared_there
    assert compared_there <= {method_of(file) for file in FILES if file.stem.endswith(CLICKS)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_settings_are_the_defaults_and_the_same_number_of_others_on_validation_streams(file: Path) -> None:
    with skipping_what_is_missing():
        scenario, name = load(file), method_of(file)
    budget = SETTINGS_ON_CLICKS if file.stem.endswith(CLICKS) else SETTINGS
    assert scenario.sweep is not None
    assert scenario.resolved()["task"]["data"]["streams"] == "validation"
    ((axis, settings),) = scenario.sweep.grid.items()
    assert (axis, settings[0], scenario.method.adapter.kind) == ("method.adapter", name, name)
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


def method_of(file: Path) -> str:
    """Return what a sweep of that name tunes."""
    return file.stem.removesuffix(CLICKS)


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
