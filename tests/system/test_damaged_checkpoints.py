"""A run that goes on from damaged files ends with the same digest: from an older checkpoint, or from the start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import recorded_orders
from bit_flips import DAMAGES, flip, places
from run_commands import Run, scenario_of

from sim.run.resume import resume_run
from sim.run.resuming.saved_run import JOURNAL
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

WORLD = [
    "fleet=[{cohort: a, devices: 12, link: lte, samples: {rate: 2 /s}, labels: {share: 60 %, after: 3 s}}]",
    "links.lte={up: 3 kbit/s, down: 3 kbit/s, latency: 300 ms}",
    "method={adapter: {kind: cloud_ft, steps: 2, window: 8}, trigger: {kind: 'recorded_orders:Watched'}}",
    "task.data.history=300",
    "task.pretrain.epochs=1",
    "execution.checkpoint=1 us",
]
HOW = RunOptions(quiet=True, plugins=True)
KILLED_AT = 5
FILES = (JOURNAL, "newest", "older")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return the world run to its end, and a copy of its folder as a kill leaves it."""
    folder = tmp_path_factory.mktemp("world")

    def copy(over: int) -> None:
        if over == KILLED_AT:
            shutil.copytree(folder / "whole", folder / "killed")

    recorded_orders.WATCHERS.append(copy)
    scenario = load(scenario_of("gaussians"), WORLD, allow_plugins=True)
    run_scenario(scenario, RunFolder.open(folder / "whole"), HOW, lambda windows, marks: {})
    recorded_orders.WATCHERS.clear()
    return Run(folder / "whole"), folder / "killed"


def file_of(folder: Path, which: str) -> Path:
    if which == JOURNAL:
        return folder / "checkpoints" / JOURNAL
    older, newest = sorted((folder / "checkpoints").glob("[0-9]*.safetensors"))
    return newest if which == "newest" else older


def digest_of(folder: Path) -> str:
    return Run(resume_run(folder, HOW, lambda windows, marks: {}).folder).digest


def flips_end_alike(world: tuple[Run, Path], which: str, count: int, tmp_path: Path) -> None:
    whole, killed = world
    for bit in places(file_of(killed, which), count):
        folder = Path(shutil.copytree(killed, tmp_path / "flipped"))
        flip(file_of(folder, which), bit)
        assert digest_of(folder) == whole.digest, bit
        shutil.rmtree(folder)


@pytest.mark.parametrize("which", FILES)
def test_single_bits_never_change_the_digest(world: tuple[Run, Path], which: str, tmp_path: Path) -> None:
    flips_end_alike(world, which, 16, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("which", FILES)
def test_hundreds_of_bits_never_change_the_digest(world: tuple[Run, Path], which: str, tmp_path: Path) -> None:
    flips_end_alike(world, which, 300, tmp_path)


@pytest.mark.parametrize("which", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_lost_writes_never_change_the_digest(world: tuple[Run, Path], which: str, damage: str, tmp_path: Path) -> None:
    whole, killed = world
    folder = Path(shutil.copytree(killed, tmp_path / "damaged"))
    DAMAGES[damage](file_of(folder, which))
    assert digest_of(folder) == whole.digest


def test_damage_to_all_of_them_begins_from_the_start(world: tuple[Run, Path], tmp_path: Path) -> None:
    whole, killed = world
    folder = Path(shutil.copytree(killed, tmp_path / "damaged"))
    for which in FILES:
        flip(file_of(folder, which), 8 * 700)
    assert digest_of(folder) == whole.digest


def test_the_older_checkpoint_is_used_and_reported(
    world: tuple[Run, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, killed = world
    folder = Path(shutil.copytree(killed, tmp_path / "damaged"))
    newest = file_of(folder, "newest")
    flip(newest, 8 * newest.stat().st_size - 5)
    loud = RunOptions(plugins=True)
    assert Run(resume_run(folder, loud, lambda windows, marks: {}).folder).digest == whole.digest
    assert f"{newest}: is damaged; what it held is computed again\n" in capsys.readouterr().err
    assert f"live from tick {KILLED_AT}" in (folder / "run.log").read_text(encoding="utf-8")


def test_a_folder_in_place_of_a_checkpoint_is_passed_over(world: tuple[Run, Path], tmp_path: Path) -> None:
    whole, killed = world
    folder = Path(shutil.copytree(killed, tmp_path / "damaged"))
    (folder / "checkpoints" / "000000009.safetensors").mkdir()
    (folder / "checkpoints" / "12abc.safetensors").write_bytes(b"")
    assert digest_of(folder) == whole.digest


def test_a_checkpoint_of_another_tick_is_passed_over(world: tuple[Run, Path], tmp_path: Path) -> None:
    whole, killed = world
    folder = Path(shutil.copytree(killed, tmp_path / "swapped"))
    shutil.copy(file_of(folder, "older"), file_of(folder, "newest"))
    assert digest_of(folder) == whole.digest
