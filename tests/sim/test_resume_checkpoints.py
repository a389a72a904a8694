"""Checkpoints on the disk: whole or not there, two at a time, and only with the journal they belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.contract import Kept
from sim.resuming.checkpoints import Checkpoint, Checkpoints

#: What digests the ticks of a journal have.
ORDERS = [bytes([tick] * 16) for tick in range(1, 10)]


def kept(tick: int) -> Kept:
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
        checkpoints.write(Checkpoint(tick, ORDERS[tick - 1], kept(tick)))
    return checkpoints


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    found = write(tmp_path, 3).newest(ORDERS)
    assert found is not None
    assert found.tick == 3
    assert found.kept.keys() == kept(3).keys()
    for name, values in kept(3).items():
        assert (found.kept[name].dtype, found.kept[name].shape) == (values.dtype, values.shape)
        assert np.array_equal(found.kept[name], values)


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
