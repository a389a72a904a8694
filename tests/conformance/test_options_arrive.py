"""Law 6 for components: an option that a scenario names reaches the code, or is refused; none is dropped."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from agents.codecs.making import make_codec
from agents.contract.component import NoOptions, read_options
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.methods.making import make_method
from agents.models.making import make_net
from agents.tasks.custom.stream import options_for
from sim.run.assembly import make_trigger
from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario, ScenarioErrors, load
from sim.scenario.families import FAMILIES

OWN = '''
from dataclasses import dataclass
from typing import Annotated

from agents.codecs.dense import Fp16
from agents.contract.component import option
from agents.contract.forms import Interval, Time
from agents.methods.cloud_ft import CloudFt
from agents.methods.static import Static
from agents.models.logistic import logistic
from agents.tasks.custom.stream import CustomStream
from sim.triggers.never import Never


@dataclass(frozen=True)
class HalfOptions:
    """Half."""

    levels: Annotated[int, Interval(ge=2)] = option(8, "how many")
    warm: Time = option(0.0, "for how long")


class Half(Fp16):
    def __init__(self, levels=8):
        self.levels = levels


class Strict(Fp16):
    options = HalfOptions

    def __init__(self, options):
        self.levels, self.warm = options.levels, options.warm


class Tuned(CloudFt):
    pass


class Asking(Never):
    def __init__(self, seed, devices, tick_s, levels=8):
        super().__init__(seed, devices, tick_s)
        self.levels = levels


class AskingStrictly(Never):
    options = HalfOptions

    def __init__(self, seed, devices, tick_s, options):
        super().__init__(seed, devices, tick_s)
        self.levels = options.levels


class Adapting(Static):
    def __init__(self, context):
        super().__init__(context)
        self.levels = context.options["levels"]


class AdaptingStrictly(Static):
    options = HalfOptions

    def __init__(self, context):
        super().__init__(context)
        self.levels = context.options.levels


def net(input_shape, classes, options):
    made = logistic(input_shape, classes, options)
    return type(made)(**{**vars(made), "options": dict(options)})


class Flow(CustomStream):
    def __init__(self, levels=8):
        self.levels = levels


class FlowStrictly(CustomStream):
    options = HalfOptions

    def __init__(self, options):
        self.levels = options.levels
'''
SCENARIO = """\
version: 1
duration: 1 min
task: {data: {kind: gaussians}, model: logistic}
fleet: [{cohort: phones, devices: 3, samples: {every: 1 s}, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: cloud_ft, trigger: {kind: periodic, every: 10 s}}
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make ``own_options`` importable, and a scenario lie beside it."""
    (tmp_path / "own_options.py").write_text(OWN, "utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_options", None)


def loaded(*overrides: str) -> Scenario:
    return load("own.yaml", overrides, allow_plugins=True)


def built(place: str, scenario: Scenario) -> Any:
    """Return what the scenario's component at ``place`` becomes."""
    spec = fleet_spec(scenario, ())
    net = make_net("logistic", (2,), 2, {})
    makers: Mapping[str, Any] = {
        "method.codec": lambda: make_codec(spec.codec, spec.codec_options),
        "method.trigger": lambda: make_trigger(scenario),
        "method.adapter": lambda: make_method(spec.adapter, spec.adapter_options, "fp32", net),
        "task.data": lambda: options_for(getattr(sys.modules["own_options"], _class(spec.data)), spec.data_options),
    }
    return makers[place]()


def _class(name: str) -> str:
    return name.partition(":")[2]


OWN_CLASSES = [
    ("method.codec", "Half"),
    ("method.codec", "Strict"),
    ("method.trigger", "Asking"),
    ("method.trigger", "AskingStrictly"),
    ("method.adapter", "Adapting"),
    ("method.adapter", "AdaptingStrictly"),
    ("task.data", "Flow"),
    ("task.data", "FlowStrictly"),
]


@pytest.mark.parametrize(("place", "name"), OWN_CLASSES)
def test_options_reach_a_users_class(place: str, name: str) -> None:
    scenario = loaded(f"{place}={{kind: 'own_options:{name}', levels: 4}}")
    assert built(place, scenario).levels == 4


def test_options_reach_a_users_net() -> None:
    scenario = loaded("task.model={kind: 'own_options:net', levels: 4}")
    spec = fleet_spec(scenario, ())
    assert make_net(spec.model, (2,), 2, spec.model_options).options == {"levels": 4}


def test_a_subclass_of_ours_has_the_options_of_its_base() -> None:
    scenario = loaded("method.adapter={kind: 'own_options:Tuned', steps: 3}")
    spec = fleet_spec(scenario, ())
    net = make_net("mlp", (2,), 2, {})
    made = make_method(spec.adapter, spec.adapter_options, "fp32", net)
    assert made.options == replace(CloudFtOptions(), steps=3)


@pytest.mark.parametrize(
    ("place", "name", "options", "said"),
    [
        ("method.adapter", "Tuned", "stps: 4", "did you mean 'steps'?"),
        ("method.adapter", "Tuned", "steps: -1", "-1 is below"),
        ("method.codec", "Half", "levls: 4", "levls"),
        ("method.trigger", "Asking", "levls: 4", "levls"),
        ("method.codec", "Strict", "levls: 4", "did you mean 'levels'?"),
        ("method.trigger", "AskingStrictly", "levls: 4", "did you mean 'levels'?"),
        ("method.adapter", "AdaptingStrictly", "levls: 4", "did you mean 'levels'?"),
        ("task.data", "FlowStrictly", "levls: 4", "did you mean 'levels'?"),
        ("method.codec", "Strict", "levels: 1", "1 is below 2"),
        ("method.codec", "Strict", "warm: 5", "5 has no unit"),
        ("method.codec", "Missing", "levels: 4", "has no 'Missing'"),
    ],
)
def test_options_that_a_users_class_does_not_take_are_refused_with_their_place(
    place: str, name: str, options: str, said: str
) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        loaded(f"{place}={{kind: 'own_options:{name}', {options}}}")
    assert said in str(caught.value)
    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family, table in FAMILIES.items() for name in table if table[name].quick]
)
def test_options_of_every_row_reach_its_code_as_they_are(family: str, name: str) -> None:
    row = FAMILIES[family][name]
    typed = read_options(row.options, row.quick, name)
    assert {key: getattr(typed, key) for key in row.quick} == dict(row.quick)


@pytest.mark.parametrize("family", ["methods", "triggers", "codecs", "models", "tasks"])
def test_components_without_options_take_none(family: str) -> None:
    for name, row in FAMILIES[family].items():
        if row.options is NoOptions:
            assert fields(row.options) == ()
            with pytest.raises(ValueError, match="has no option 'levels'; known are none"):
                row.read({"levels": 4}, name)
