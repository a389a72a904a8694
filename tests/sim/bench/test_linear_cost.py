"""What a run costs is linear in devices: events, exchanges and torch calls are counted, never wall time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch.utils._python_dispatch import TorchDispatchMode

from sim.run.assembly import assemble
from sim.scenario import load

pytestmark = pytest.mark.whole

#: One block of devices; all counts are those of the calendar, the engine, and torch's dispatcher.
BLOCK = 256
SCENE = """
version: 1
seed: 3
duration: 2 min
tick: 10 s
task: {data: digits, pretrain: {epochs: 1}}
fleet: [{cohort: phones, devices: 256, samples: {every: 2 s, arrivals: periodic}, link: lte}]
drift: [{at: 1 min, kind: sudden, to: {rotate: 90 deg}}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s, latency: 40 ms}}
cloud: {workers: 64, service: 5 ms}
method: {adapter: {kind: persona, steps: 2, group_steps: 5}, trigger: {kind: periodic, every: 30 s}}
references: [static]
"""


class Calls(TorchDispatchMode):
    """Counts the operations that torch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


def cost(folder: Path, *overrides: str) -> dict[str, int]:
    """Play the scene and count what it took, after all preparation."""
    file = folder / "scene.yaml"
    file.write_text(SCENE, encoding="utf-8")
    simulation = assemble(load(file, list(overrides))).simulation
    exchanges = 0
    due = simulation.engine.due

    def counted(until_s: float) -> Any:
        nonlocal exchanges
        reported = due(until_s)
        exchanges += len(reported)
        return reported

    simulation.engine.due = counted  # type: ignore[method-assign]
    with Calls() as calls:
        simulation.run()
    return {"events": next(simulation.clock._eid), "exchanges": exchanges, "torch calls": calls.count}


@pytest.mark.parametrize("player", ["drop", "queue"])
def test_cost_doubles_with_the_fleet(tmp_path: Path, player: str) -> None:
    few, many = (cost(tmp_path, f"fleet.0.devices={n * BLOCK}", f"method.in_flight={player}") for n in (2, 4))
    for name, count in few.items():
        assert 0 < many[name] <= 2.1 * count, (name, few, many)
    assert many["exchanges"] > 1.9 * few["exchanges"]


def test_torch_calls_grow_with_samples_by_the_thousand_and_not_with_devices(tmp_path: Path) -> None:
    never = "method.trigger=never"
    few, many = (cost(tmp_path, f"fleet.0.devices={devices}", never) for devices in (16, BLOCK))
    judged = (BLOCK - 16) * 60
    # A batch of thousands takes some sixty calls.
    assert 0 <= many["torch calls"] - few["torch calls"] < judged / 40


def test_samples_are_no_events(tmp_path: Path) -> None:
    few, many = (cost(tmp_path, f"fleet.0.samples.every={every}") for every in ("2 s", "1 s"))
    assert many["events"] == few["events"]
    assert many["exchanges"] == few["exchanges"]
    assert many["torch calls"] <= 2.1 * few["torch calls"]
