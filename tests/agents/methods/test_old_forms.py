"""A method that was written for 0.1.0 is refused with one line that says what to write instead."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import run_sim
from agents.contract.plugins import PluginError
from agents.methods.making import make_method
from agents.models.making import make_net
from sim.commands.exits import BAD_INPUT

OWN = """
from agents.methods.static import Static


class Own(Static):
    shared_rows = False

    def start(self, cloud, devices):
        return {name: value.repeat(devices, 1, 1) for name, value in cloud.items()}


class OldCollect(Own):
    def collect(self, state, recent):
        return {}


class OldAdapt(Own):
    def adapt(self, cloud, payloads):
        return cloud, {}


class OldPredict(Own):
    def predict(self, state, x):
        return self.head.forward(state, x)


class OldCodec(Own):
    def __init__(self, context):
        self.codec, self.net, self.head = context.codec, context.net, context.net.head


class AnyArguments(Own):
    def adapt(self, *given):
        return given[0], {}
"""
SCENARIO = """\
version: 1
duration: 30 s
task: {data: gaussians, model: logistic, pretrain: {epochs: 1}}
fleet: [{cohort: phones, devices: 3, samples: {every: 1 s}, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: static, trigger: {kind: periodic, every: 10 s}}
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make ``written_before`` importable from the working folder, with a scenario beside it."""
    (tmp_path / "written_before.py").write_text(OWN, "utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "cache"))
    yield
    sys.modules.pop("written_before", None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("OldAdapt", r"adapt is called with \(cloud, payloads, who\); add 'who'"),
        ("OldPredict", r"write predict\(state, inputs\), and inputs.features for 'x'"),
        ("OldCodec", "'codec' is now 'payload_codec' and 'update_codec'"),
    ],
)
def test_an_old_signature_is_refused_as_the_method_is_made(name: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        make_method(f"written_before:{name}", {}, "fp32", make_net("logistic", (2,), 2, {}))


def test_arguments_without_names_are_taken_as_they_are() -> None:
    assert make_method("written_before:AnyArguments", {}, "fp32", make_net("logistic", (2,), 2, {}))


@pytest.mark.parametrize(
    ("name", "said"), [("OldCollect", "collect returns (state, payload)"), ("OldAdapt", "add 'who'")]
)
def test_a_run_ends_with_one_line(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "own.yaml", "--allow-plugins", "--workers", "0", "--quiet", "--out", "out"]
    assert run_sim.main([*words, "--set", f"method.adapter=written_before:{name}"]) == BAD_INPUT
    printed = capsys.readouterr().err
    assert "written for driftbed 0.1.0" in printed
    assert said in printed
    assert "Traceback" not in printed
