"""The laws of each family, kept by every row of its table and asked of a user's own classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import run_sim
from agents.tasks import TASKS
from sim.commands.check import EXAMINERS, examined
from sim.commands.exits import BAD_INPUT, FAILED, OK
from sim.scenario.families import FAMILIES

#: Data from files are examined where their tests write such files.
FILES = {name for name, row in TASKS.items() if row.is_file}
ROWS = [(family, name) for family in EXAMINERS for name in FAMILIES[family] if name not in FILES and name != "probe"]
OWN = '''
import numpy as np
import torch
from agents.codecs.dense import Fp16
from agents.codecs.message import Field
from agents.methods.base import Deployed
from agents.models.mlp import mlp
from agents.models.options import MlpOptions
from agents.tasks.custom.stream import CustomStream
from sim.triggers.base import Asks


class Late:
    """Asks after the interval it was asked about."""

    watches = ()

    def __init__(self, seed, devices, tick_s, by_s=1.0):
        self.by_s = by_s

    def plan(self, after_s, until_s, signals):
        return Asks(np.array([0]), np.array([until_s + self.by_s]), np.array([0]))


class Half(Fp16):
    """As fp16, but declares too little."""

    def most(self, field):
        return super().most(field) - 1


class Good(Fp16):
    pass


class Dice(CustomStream):
    classes, inputs, transforms = 2, (1,), {}

    def history(self, rng):
        y = rng.integers(0, 2, 100)
        return y[:, None].astype(float), y

    def chunk(self, block, k, rng):
        y = np.random.default_rng().integers(0, 2, block.shape)
        return y[..., None].astype(float), y


class Shrunk(Deployed):
    """Forgets a device's own weights."""

    name = "shrunk"

    def prepare(self, history, base, seed):
        return dict(base.layers)

    def start(self, cloud, devices):
        return {name: value.repeat(devices, 1, 1) for name, value in cloud.items()} | {"note": 3}


class Echo(Deployed):
    """The mean of a window moves the last bias."""

    name, window = "echo", 8

    def __init__(self, context):
        super().__init__(context)
        self.payload_fields = self.update_fields = (Field("mean", (16,)),)

    def prepare(self, history, base, seed):
        return dict(base.layers)

    def start(self, cloud, devices):
        return {name: value.repeat(devices, 1, 1) for name, value in cloud.items()}

    def collect(self, state, recent):
        return state, {"mean": recent.features.mean(1)}

    def adapt(self, cloud, payloads, who):
        return cloud, payloads

    def install(self, state, updates):
        return {"b0": state["b0"] + updates["mean"].mean(1)[:, None, None]}


class Number(Echo):
    def install(self, state, updates):
        return {"b0": 0}


class Narrow(Echo):
    def install(self, state, updates):
        return {"b0": state["b0"][..., :1]}


class Stranger(Echo):
    def install(self, state, updates):
        return {"bias": state["b0"]}


class Broken(Echo):
    def adapt(self, cloud, payloads, who):
        return cloud, {"mean": payloads["mean"] / 0.0}


class Mixing(Echo):
    def adapt(self, cloud, payloads, who):
        return cloud, {"mean": payloads["mean"] - payloads["mean"].mean(0)}


class Gambler(Echo):
    def adapt(self, cloud, payloads, who):
        return cloud, {"mean": torch.rand(len(who), 16)}


class Nameless(Echo):
    name = None


def thin(input_shape, classes, options):
    net = mlp(input_shape, classes, MlpOptions())
    return type(net)(**{**vars(net), "feature_bound": 1e-6})
'''


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make ``own_laws`` importable from the working folder."""
    (tmp_path / "own_laws.py").write_text(OWN, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "own_laws", raising=False)
    yield
    __import__("sys").modules.pop("own_laws", None)


@pytest.mark.parametrize(("family", "name"), ROWS)
def test_every_row_keeps_the_laws_of_its_family(family: str, name: str) -> None:
    findings = examined(family, name, FAMILIES[family][name].quick)
    assert findings
    assert [str(finding) for finding in findings if finding.fault] == []


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Late", "FAIL  Requests are planned after the last tick and up to the next: a request at 11 s in (0, 10]"),
        ("Half", "FAIL  A message takes as many bytes as the codec says"),
        ("Dice", "FAIL  The same cell is the same samples: 'label' differs the second time"),
        (
            "Shrunk",
            "FAIL  All state is tensors, so that it goes through a checkpoint: 'note' of the device is no tensor",
        ),
        ("Number", "and is finite: 'b0' is no tensor once it is installed"),
        ("Narrow", "'b0' has shape [9, 1, 1] once it is installed; devices start with [9, 1, 16]"),
        ("Stranger", "'bias' is installed, but devices do not start with it"),
        ("Broken", "and is finite: 'mean' of an update is not finite"),
        ("Mixing", "FAIL  Requests are answered alike one by one and many at once: 'mean' of an update depends on"),
        ("Gambler", "drawn but from the seed: 'mean' of an update differs the second time"),
        ("Nameless", "FAIL  It has a name, for messages and for what is kept in the cache: 'name' is None"),
        ("thin", "FAIL  Features keep the bound that the net declares"),
    ],
)
def test_a_class_that_breaks_a_law_is_told_which(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["check", f"own_laws:{name}"]) == FAILED
    assert said in capsys.readouterr().out


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["Good", "Echo"])
def test_a_class_that_keeps_them_passes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["check", f"own_laws:{name}"]) == OK
    printed = capsys.readouterr().out.splitlines()
    assert printed
    assert all(line.startswith("ok ") for line in printed)


@pytest.mark.usefixtures("own")
def test_options_of_a_class_are_part_of_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["check", "own_laws:Late", "--options", '{"by_s": -1.0}']) == FAILED
    assert "ok    Requests are planned" in capsys.readouterr().out


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["page_hinkley"], "'page_hinkley' is one of the project's detectors; write --family detectors"),
        (["nope"], "no family with laws has a 'nope'; a class of your own is named pkg.mod:Class"),
        (["nope", "--family", "detectors"], "there is no 'nope' among detectors; 'list detectors' shows them"),
        (["own_laws:Echo", "--options", "{"], "--options '{' is no JSON"),
        (["own_laws:Echo", "--options", "[1]"], "--options '[1]' is no map; write for example --options"),
        ([":Echo"], "':Echo' names no class; write pkg.mod:Class"),
        (["own_laws.py:Echo"], "'own_laws.py:Echo' names no class; write pkg.mod:Class"),
    ],
)
def test_what_cannot_be_examined_is_told_in_a_line(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sim.main(["check", *asked]) == BAD_INPUT
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert said in errors[0]
