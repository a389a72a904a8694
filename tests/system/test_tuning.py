"""Tuning is shipped and fair: a sweep for every method that has something to tune, all of them with the same budget."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import ROOT

from agents.contract.component import NoOptions
from agents.methods import METHODS
from sim.reading import read_points
from sim.scenario import Scenario, ScenarioErrors, load, points

FOLDER = ROOT / "scenarios" / "tuning"
FILES = sorted(FOLDER.glob("*.yaml"))
#: Settings of each method, its defaults among them, and seeds of each.
SETTINGS, SEEDS = 6, 5
#: Methods without a sweep here, and why.
NOT_TUNED = {
    "dpu": "scores samples and changes no prediction; docs/family.md judges scores by AUROC",
    "lsc4rec": "ranks items; family/recommenders.yaml plays its rules of fusion, and nothing else of it was tuned",
}


def test_every_method_with_options_is_tuned_or_says_why_not() -> None:
    tunable = {name for name, row in METHODS.items() if row.options is not NoOptions}
    assert tunable == {file.stem for file in FILES} | set(NOT_TUNED)
    assert not {file.stem for file in FILES} & set(NOT_TUNED)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_settings_are_the_defaults_and_five_others_on_validation_streams(file: Path) -> None:
    scenario, name = load(file), file.stem
    assert scenario.sweep is not None
    assert scenario.resolved()["task"]["data"]["streams"] == "validation"
    ((axis, settings),) = scenario.sweep.grid.items()
    assert (axis, settings[0], scenario.method.adapter.kind) == ("method.adapter", name, name)
    made = [METHODS[name].options(**options_of(one)) for one in settings]
    assert len(made) == SETTINGS
    assert all(one not in made[:place] for place, one in enumerate(made)), "two settings are the same"
    assert len(scenario.sweep.seed_list(scenario.seed)) == SEEDS
    played = points(file)
    assert len(played) == SETTINGS * SEEDS
    read_points(file, [], played[:: len(played) - 1], allow_plugins=False)


def test_no_seed_that_tunes_is_one_that_a_claim_or_a_study_plays() -> None:
    tuned = {seed for file in FILES for seed in seeds_of(load(file))}
    others = {seed for name in ("claims", "family", "studies") for one in compared(name) for seed in seeds_of(one)}
    assert not tuned & others


def options_of(setting: object) -> dict[str, object]:
    return {key: value for key, value in setting.items() if key != "kind"} if isinstance(setting, dict) else {}


def compared(name: str) -> list[Scenario]:
    """Return the scenarios of a folder that can be read here and do not tune."""
    found = []
    for file in sorted((ROOT / "scenarios" / name).glob("*.yaml")):
        try:
            found.append(load(file))
        except ScenarioErrors:
            continue
    return [one for one in found if "streams: validation" not in str(one.resolved()).replace("'", "")]


def seeds_of(scenario: Scenario) -> list[int]:
    return scenario.sweep.seed_list(scenario.seed) if scenario.sweep else [scenario.seed]
