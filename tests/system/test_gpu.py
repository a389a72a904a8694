"""Runs on a GPU, where there is one: equal to each other, and as close to those of a processor as is promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from run_commands import Run, cli_process, scenario_of
from same_samples import assert_alike

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")

ON_A_GPU = "execution.device=cuda"
PERSONA = "kind: persona, steps: 20, group_steps: 5, prototypes: 4, window: 8"
#: A scenario and the adapter that plays it.
WORLDS = [
    ("digits", "{kind: cloud_ft, steps: 5}"),
    ("digits", f"{{{PERSONA}}}"),
    ("digits", f"{{{PERSONA}, transfer: linear, pooling: gru}}"),
    ("digits", f"{{{PERSONA}, reply: number}}"),
    ("gaussians", "{kind: cloud_ft, steps: 5}"),
]
ASKS = "method.trigger={kind: periodic, every: 8 s}"


def played(folder: Path, world: tuple[str, str], *overrides: str) -> Run:
    """Play in a process of its own: what CUDA does once there stays for good."""
    name, adapter = world
    asked = [word for one in (ASKS, f"method.adapter={adapter}", *overrides) for word in ("--set", one)]
    ended = cli_process("run", scenario_of(name), *asked, "--out", folder, "--quiet", cwd=folder.parent)
    assert ended.returncode == 0, ended.stderr
    return Run(folder)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_two_runs_are_equal_and_close_to_that_of_a_processor(tmp_path: Path, world: tuple[str, str]) -> None:
    first, second = (played(tmp_path / name, world, ON_A_GPU) for name in ("first", "second"))
    assert first.summary["installed"] > 10
    assert first.digest == second.digest
    assert_alike(first, played(tmp_path / "processor", world))


def test_the_manifest_names_the_gpu(tmp_path: Path) -> None:
    folder = played(tmp_path / "run", WORLDS[0], ON_A_GPU).folder
    reported = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert reported["device"] == torch.cuda.get_device_name(0)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("cloud", ["driver", "actor"])
def test_workers_that_share_a_gpu_count_the_same(tmp_path: Path, cloud: str) -> None:
    many = [ON_A_GPU, "fleet.0.devices=600"]
    workers = [f"execution={{device: cuda, backend: ray, workers: 2, cloud: {cloud}}}", "fleet.0.devices=600"]
    alone = played(tmp_path / "alone", WORLDS[1], *many)
    assert played(tmp_path / "workers", WORLDS[1], *workers).digest == alone.digest


@pytest.mark.parametrize("often", ["off", "1 us"])
def test_checkpoints_change_nothing(tmp_path: Path, often: str) -> None:
    whole = played(tmp_path / "whole", WORLDS[1], ON_A_GPU)
    assert played(tmp_path / "other", WORLDS[1], ON_A_GPU, f"execution.checkpoint={often}").digest == whole.digest
