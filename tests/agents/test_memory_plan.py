"""What would not fit is refused before the run, with the number; what is counted is what is really kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.build import draw_blueprint
from agents.contract import BackendError, FleetSpec
from agents.fleet.memory_plan import require_messages
from agents.methods.making import make_method
from agents.models.making import make_net
from sim.commands.exits import ENVIRONMENT
from sim.commands.line import main
from sim.run.fleet_spec import fleet_spec
from sim.scenario import load

TASK = "task: {data: digits, model: {kind: mlp, hidden: [32, 32], layers: 2}, pretrain: {epochs: 1}}\n"
#: A head of 1,386 numbers, and the whole net, of 3,466.
HEAD_BYTES, NET_BYTES = 4 * 1386, 4 * 3466


def spec_of(tmp_path: Path, adapter: str, memory: str, devices: int = 1000, more: str = "", codec: str = "fp32") -> Any:
    file = tmp_path / "one.yaml"
    file.write_text(
        f"version: 1\nduration: 30 s\n{TASK}"
        f"fleet: [{{cohort: phones, devices: {devices}, samples: {{every: 1 s}}, labels: {{after: 0 s}}, link: lte, "
        "compute: {macs_per_s: 1.0e9}}]\n"
        "links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}\n"
        f"method: {{adapter: {adapter}, codec: {codec}, trigger: {{kind: periodic, every: 10 s}}{more}}}\n"
        f"execution: {{memory: {memory}}}\n",
        "utf-8",
    )
    spec: FleetSpec = fleet_spec(load(file), ())
    return spec


LEARNS = ", learning: {trigger: {kind: periodic, every: 8 s}}"


@pytest.mark.parametrize(
    ("adapter", "more", "each"),
    [
        ("{kind: cloud_ft, steps: 5}", "", HEAD_BYTES),
        ("{kind: device_ft, learns: all, steps: 2}", LEARNS, NET_BYTES),
        ("{kind: bn_adapt, window: 8}", LEARNS, 0),
    ],
)
def test_states_are_refused_just_above_what_they_take(tmp_path: Path, adapter: str, more: str, each: int) -> None:
    # Of a method that changes few of its tensors only those count: the limit is below all that it holds.
    least, devices = max(each, 600), 1000
    draw_blueprint(spec_of(tmp_path, adapter, f"{least * devices + 100_000} B", devices, more))
    if each:
        with pytest.raises(BackendError, match=rf"{each / 1e6:.3g} MB each.*would take .* GB, above the limit of"):
            draw_blueprint(spec_of(tmp_path, adapter, f"{each * devices - 1} B", devices, more))


def test_a_large_head_is_refused_before_anything_is_trained() -> None:
    net = make_net("mobilenet_v3_small", (3, 32, 32), 10, {"layers": 2, "hidden": 1280})
    method = make_method("cloud_ft", {}, "int8", net)
    with pytest.raises(BackendError, match=r"30,000 devices .*would take .* GB, above the limit of 8 GB: use fewer"):
        require_messages(method, 30_000, 0, None)
    require_messages(method, 30_000, 16, None)


def test_what_is_above_the_limit_of_the_scenario_is_not_said_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["run", "gaussians", "--quiet", "--set", "execution.memory=1 kB", "--set", "method.adapter=cloud_ft"]
    assert main(words, "driftbed") == ENVIRONMENT
    said = capsys.readouterr().err
    assert "raise the limit with 'execution: {memory: ...}'" in said
    assert "DRIFTBED_STATE_GB" not in said
    assert "resume" not in said


def test_what_codecs_remember_of_devices_counts() -> None:
    net = make_net("mlp", (1, 8, 8), 10, {"hidden": [32, 32], "layers": 2})
    limit = 1.5 * HEAD_BYTES * 100
    require_messages(make_method("cloud_ft", {}, "fp32", net), 100, 0, limit)
    with pytest.raises(BackendError, match="what cloud_ft and its codecs leave on 100 devices"):
        require_messages(make_method("cloud_ft", {}, "delta", net), 100, 0, limit)


def test_what_the_cloud_remembers_of_each_device_counts(tmp_path: Path) -> None:
    adapter = "{kind: cloud_ft, window: 30, memory: 100, steps: 5}"
    with pytest.raises(BackendError, match=r"the cloud of cloud_ft holds and remembers of 1,000 devices would take"):
        draw_blueprint(spec_of(tmp_path, adapter, "8 MB"))
    draw_blueprint(spec_of(tmp_path, adapter, "8 MB", devices=400))
