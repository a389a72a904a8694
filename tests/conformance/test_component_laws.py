"""The laws of each family, kept by every row of its table and asked of a user's own classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import run_sim
from agents.tasks import TASKS
from sim.commands.check import EXAMINERS, examined
from sim.commands.exits import FAILED, OK
from sim.scenario.families import FAMILIES

#: Data from files are examined where their tests write such files.
FILES = {name for name, row in TASKS.items() if row.is_file}
ROWS = [(family, name) for family in EXAMINERS for name in FAMILIES[family] if name not in FILES and name != "probe"]
OWN = '''
import numpy as np
from agents.codecs.dense import Fp16
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
        ("thin", "FAIL  Features keep the bound that the net declares"),
    ],
)
def test_a_class_that_breaks_a_law_is_told_which(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["check", f"own_laws:{name}"]) == FAILED
    assert said in capsys.readouterr().out


@pytest.mark.usefixtures("own")
def test_a_class_that_keeps_them_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["check", "own_laws:Good"]) == OK
    printed = capsys.readouterr().out.splitlines()
    assert printed
    assert all(line.startswith("ok ") for line in printed)


@pytest.mark.usefixtures("own")
def test_options_of_a_class_are_part_of_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["check", "own_laws:Late", "--options", '{"by_s": -1.0}']) == FAILED
    assert "ok    Requests are planned" in capsys.readouterr().out
