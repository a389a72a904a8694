"""Checkpoints on the disk: whole or not there, two at a time, and only with the journal they belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.contract import Snapshot
from sim.run.resuming.checkpoints import Checkpoint, Checkpoints

#: What digests the ticks of a journal have.
ORDERS = [bytes([tick] * 16) for tick in range(1, 10)]


def snapshot(tick: int) -> Snapshot:
    """Return arrays of every kind that blocks keep."""
    rng = np.random.default_rng(tick)
    return {
        "blocks.0.cells": np.array(tick),
        "blocks.0.state.w0": rng.random((4, 3, 2)).astype(np.float32),
        "blocks.0.tickets": np.zeros(0, np.int64),
        "blocks.0.told": np.array([True, False]),
        "cloud.state.codes": rng.integers(-128, 127, 5).astype(np.int8),
        "half": rng.random(3).astype(np.float16),
    }


def write(folder: Path, *ticks: int) -> Checkpoints:
    """Write the checkpoints of some ticks."""
    checkpoints = Checkpoints(folder)
    for tick in ticks:
        checkpoints.write(Checkpoint(tick, ORDERS[tick - 1], snapshot(tick)))
    return checkpoints


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    found = write(tmp_path, 3).newest(ORDERS)
    assert found is not None
    assert found.tick == 3
    assert found.snapshot.keys() == snapshot(3).keys()
    for name, values in snapshot(3).items():
        assert (found.snapshot[name].dtype, found.snapshot[name].shape) == (values.dtype, values.shape)
        assert np.array_equal(found.snapshot[name], values)


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, 5, 7)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["000000005.safetensors", "000000007.safetensors"]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other"])
def test_behind_a_damaged_one_stands_the_one_before(tmp_path: Path, damage: str) -> None:
    checkpoints = write(tmp_path, 2, 4)
    path = tmp_path / "000000004.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes({"flip": content, "cut": content[:-3], "empty": b"", "other": b"something else"}[damage])
    found = checkpoints.newest(ORDERS)
    assert found is not None
    assert found.tick == 2


def test_what_was_left_half_written_is_no_checkpoint_and_goes(tmp_path: Path) -> None:
    checkpoints = write(tmp_path, 2)
    half = tmp_path / ".000000004.safetensors.new"
    half.write_bytes(b"half")
    found = checkpoints.newest(ORDERS)
    assert found is not None
    assert found.tick == 2
    write(tmp_path, 5)
    assert not half.exists()


def test_a_checkpoint_of_another_run_or_beyond_the_journal_is_not_taken(tmp_path: Path) -> None:
    checkpoints = write(tmp_path, 2, 6)
    found = checkpoints.newest(ORDERS[:4])
    assert found is not None
    assert found.tick == 2
    assert checkpoints.newest([bytes(16)] * 9) is None
    assert checkpoints.newest([]) is None


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "nowhere").newest(ORDERS) is None


def test_all_of_them_can_be_removed(tmp_path: Path) -> None:
    write(tmp_path, 1, 2).forget()
    assert not list(tmp_path.iterdir())


def teaching(tick: int) -> Snapshot:
    """Return what a run with a large frozen model keeps."""
    teacher = np.random.default_rng(0).random((1000, 500)).astype(np.float32)
    return snapshot(tick) | {"cloud.state.frozen.teacher": teacher, "blocks.0.state.frozen.w": teacher[:3].copy()}


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def test_what_never_changes_is_on_the_disk_once_and_comes_back(tmp_path: Path) -> None:
    checkpoints, times = Checkpoints(tmp_path), set()
    for tick in (1, 2, 3, 4):
        checkpoints.write(Checkpoint(tick, ORDERS[tick - 1], teaching(tick)))
        frozen = {name: size for name, size in sizes(tmp_path).items() if name.startswith("frozen-")}
        assert len(frozen) == 2
        times.add(max((tmp_path / name).stat().st_mtime_ns for name in frozen))
    assert len(times) == 1, "frozen arrays are written once"
    moving = [size for name, size in sizes(tmp_path).items() if not name.startswith("frozen-")]
    assert len(moving) == 2
    assert max(moving) < 5000
    found = Checkpoints(tmp_path).newest(ORDERS)
    assert found is not None
    assert found.tick == 4
    assert found.snapshot.keys() == teaching(4).keys()
    assert np.array_equal(found.snapshot["cloud.state.frozen.teacher"], teaching(4)["cloud.state.frozen.teacher"])


@pytest.mark.parametrize("damage", ["flip", "gone"])
def test_a_checkpoint_without_its_frozen_arrays_counts_for_nothing_until_they_are_written_again(
    tmp_path: Path, damage: str
) -> None:
    Checkpoints(tmp_path).write(Checkpoint(2, ORDERS[1], teaching(2)))
    [largest] = [path for path in tmp_path.glob("frozen-*") if path.stat().st_size > 1_000_000]
    content = bytearray(largest.read_bytes())
    content[-1] ^= 1
    largest.unlink() if damage == "gone" else largest.write_bytes(content)
    assert Checkpoints(tmp_path).newest(ORDERS) is None
    Checkpoints(tmp_path).write(Checkpoint(3, ORDERS[2], teaching(3)))
    found = Checkpoints(tmp_path).newest(ORDERS)
    assert found is not None
    assert found.tick == 3


def test_a_kill_between_the_frozen_arrays_and_the_checkpoint_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sim.run.resuming.checkpoints.write_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            Checkpoints(tmp_path).write(Checkpoint(2, ORDERS[1], teaching(2)))
    found = Checkpoints(tmp_path).newest(ORDERS)
    assert found is not None
    assert found.tick == 1
    write(tmp_path, 3)
    assert not list(tmp_path.glob("frozen-*")), "what no checkpoint refers to goes"


def test_a_linked_checkpoint_brings_its_frozen_arrays(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    checkpoint = Checkpoint(2, ORDERS[1], teaching(2))
    checkpoints = Checkpoints(here)
    checkpoints.write(checkpoint)
    checkpoints.link(checkpoint.file_name, there)
    checkpoints.forget()
    found = Checkpoints(there).newest(ORDERS)
    assert found is not None
    assert found.snapshot.keys() == teaching(2).keys()
