"""One more component is one file and one line: it is listed, described, checked, and built like the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

import run_sim
from agents.codecs import CODECS
from agents.codecs.base import roundtrip
from agents.codecs.making import make_codec
from agents.conformance.codecs import MESSAGE, rows
from agents.contract.component import Component
from agents.methods import METHODS
from agents.methods.making import make_method
from agents.models import MODELS, ModelRow
from agents.models.making import make_net
from agents.tasks import TASKS
from agents.tasks.row import TaskRow
from sim.commands.check import examined
from sim.commands.exits import OK
from sim.run.assembly import make_trigger
from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario, ScenarioErrors, describing, load
from sim.triggers import TRIGGERS

FILE = '''
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from agents.codecs.dense import Fp32
from agents.contract.component import option
from agents.contract.forms import Interval, PositiveTime
from agents.methods.static import Static
from agents.models.logistic import logistic
from agents.tasks.synthetic.sea import Sea
from sim.triggers.base import Numbering


@dataclass(frozen=True)
class ThriceOptions:
    """Three times, then never again."""

    apart: PositiveTime = option(5.0, "time between requests")
    times: Annotated[int, Interval(ge=1, le=3)] = option(3, "how often")


class Thrice:
    watches = ()

    def __init__(self, seed, devices, tick_s, options):
        self.numbering, self.devices, self.options = Numbering(devices), devices, options

    def plan(self, after_s, until_s, signals):
        at_s = self.options.apart * np.arange(1, 1 + self.options.times)
        due = at_s[(at_s > after_s) & (at_s <= until_s)]
        return self.numbering.asks(np.tile(np.arange(self.devices), len(due)), np.repeat(due, self.devices))


@dataclass(frozen=True)
class CoarseOptions:
    """Numbers in steps of a given size."""

    step: Annotated[float, Interval(gt=0)] = option(0.5, "of what is sent")


class Coarse(Fp32):
    def __init__(self, options):
        self.step = options.step

    def code(self, values, field):
        return super().code((values / self.step).round() * self.step, field)


@dataclass(frozen=True)
class CalmOptions:
    """Never asks, and says how calm it is."""

    calm: Annotated[int, Interval(ge=1)] = option(1, "how calm")


class Calm(Static):
    pass


@dataclass(frozen=True)
class NarrowOptions:
    """Logistic regression under another name."""

    copies: Annotated[int, Interval(ge=1)] = option(1, "counted for nothing")


def narrow(input_shape, classes, options):
    return replace(logistic(input_shape, classes, options), options={"copies": options.copies})
'''
Row = tuple[dict[str, Any], str, Callable[[Any], Component], str, str, dict[str, Any], str]
ROWS: dict[str, Row] = {
    "triggers": (
        TRIGGERS,
        "thrice",
        lambda file: Component(file.ThriceOptions, "one_more:Thrice"),
        "method.trigger",
        "apart: 6 s",
        {"apart": 6.0},
        "times",
    ),
    "codecs": (
        CODECS,
        "coarse",
        lambda file: Component(file.CoarseOptions, "one_more:Coarse"),
        "method.codec",
        "step: 0.25",
        {"step": 0.25},
        "step",
    ),
    "methods": (
        METHODS,
        "calm",
        lambda file: Component(file.CalmOptions, "one_more:Calm", gives=frozenset({"silence"})),
        "method.adapter",
        "calm: 4",
        {"calm": 4},
        "calm",
    ),
    "models": (
        MODELS,
        "narrow",
        lambda file: ModelRow(file.NarrowOptions, "one_more:narrow", needs=frozenset({"classes"})),
        "task.model",
        "copies: 2",
        {"copies": 2},
        "copies",
    ),
    "tasks": (
        TASKS,
        "other_sea",
        lambda file: TaskRow(TASKS["sea"].options, "one_more:Sea", gives=TASKS["sea"].gives, classes=2),
        "task.data",
        "noise: 20 %",
        {"noise": 0.2},
        "history",
    ),
}
SCENARIO = """\
version: 1
duration: 1 min
task: {data: gaussians, model: logistic}
fleet: [{cohort: phones, devices: 3, samples: {every: 1 s}, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: cloud_ft, trigger: {kind: periodic, every: 10 s}}
"""


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Row]:
    """Add a component to a table: one file, and one line."""
    (tmp_path / "one_more.py").write_text(FILE, "utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "cache"))
    added = ROWS[request.param]
    monkeypatch.setitem(added[0], added[1], added[2](import_module("one_more")))
    describing._grammar.cache_clear()
    yield added
    describing._grammar.cache_clear()
    sys.modules.pop("one_more", None)


def loaded(row: Row, options: str) -> Scenario:
    _, name, _, place, *_ = row
    return load("own.yaml", [f"{place}={{kind: {name}, {options}}}"])


def family_of(row: Row) -> str:
    return next(family for family, one in ROWS.items() if one is row)


def test_it_is_listed_and_described(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    _, name, _, place, _, _, option = row
    assert run_sim.main(["list", family_of(row)]) == OK
    assert f"{name} " in capsys.readouterr().out
    assert run_sim.main(["describe", f"{place}.{name}.{option}"]) == OK
    assert "default" in capsys.readouterr().out


def test_the_grammar_takes_its_options_and_no_others(row: Row) -> None:
    scenario = loaded(row, row[4])
    spec = fleet_spec(scenario, ())
    chosen: Mapping[str, Any] = {
        "triggers": scenario.method.trigger.settings,
        "codecs": spec.codec_options,
        "methods": spec.adapter_options,
        "models": spec.model_options,
        "tasks": spec.data_options,
    }[family_of(row)]
    assert {key: chosen[key] for key in row[5]} == row[5]
    with pytest.raises(ScenarioErrors, match="unknown key"):
        loaded(row, "no_such_option: 1")


def test_it_keeps_the_laws_of_its_family(row: Row) -> None:
    findings = examined(family_of(row), row[1], row[5])
    assert [str(finding) for finding in findings if finding.fault] == []


def test_bounds_hold(row: Row) -> None:
    if family_of(row) == "tasks":
        pytest.skip("its options are those of another row")
    bad = {"triggers": "times: 4", "codecs": "step: 0", "methods": "calm: 0", "models": "copies: 0"}
    with pytest.raises(ScenarioErrors, match=r"is above 3|is not above 0|is below 1"):
        loaded(row, bad[family_of(row)])


def test_its_code_is_built_with_its_options(row: Row) -> None:
    spec = fleet_spec(scenario := loaded(row, row[4]), ())
    net = make_net("logistic", (2,), 2, {})
    built: Mapping[str, Callable[[], bool]] = {
        "triggers": lambda: make_trigger(scenario).plan(0.0, 20.0, {}).at_s.max() == 18.0,
        "codecs": lambda: torch.equal(
            roundtrip(make_codec(spec.codec, spec.codec_options), MESSAGE, rows())["free"],
            (rows()["free"] / 0.25).round() * 0.25,
        ),
        "methods": lambda: make_method(spec.adapter, spec.adapter_options, "fp32", net).shared_rows,
        "models": lambda: make_net(spec.model, (2,), 2, spec.model_options).options == {"copies": 2},
        "tasks": lambda: spec.data_options["noise"] == 0.2,
    }
    assert built[family_of(row)]()
