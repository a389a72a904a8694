"""A file of the cache is used exactly as it was written, or not at all."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from agents.cache import cached

VALUES = {"w": torch.arange(60.0).view(5, 12), "b": torch.arange(12.0), "n": torch.tensor([3, 1, 2])}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path))
    return tmp_path


def stored(folder: Path, **key: int) -> Path:
    """Store the values under a key; return the new file."""
    before = set(folder.glob("*.safetensors"))
    cached(key, lambda: VALUES)
    (new,) = set(folder.glob("*.safetensors")) - before
    return new


def assert_whole(found: dict[str, torch.Tensor]) -> None:
    assert found.keys() == VALUES.keys()
    assert all(
        torch.equal(found[name], values) and found[name].dtype == values.dtype for name, values in VALUES.items()
    )


def flips(folder: Path, capsys: pytest.CaptureFixture[str], bits: list[int]) -> None:
    file = stored(folder, seed=1)
    whole = file.read_bytes()
    for bit in bits:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << (bit % 8)
        file.write_bytes(damaged)
        assert_whole(cached({"seed": 1}, lambda: VALUES))
        (line,) = capsys.readouterr().err.splitlines()
        assert line == f"{file} is damaged: what it held is computed again"
        assert_whole(cached({"seed": 1}, dict))


def test_single_bits_are_found_and_reported_in_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = stored(folder, seed=0).stat().st_size
    flips(folder, capsys, random.Random(1).sample(range(8 * size), 60))


@pytest.mark.slow
def test_every_bit_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flips(folder, capsys, list(range(8 * stored(folder, seed=0).stat().st_size)))


def test_another_entry_in_its_place_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = stored(folder, seed=1), stored(folder, seed=2)
    shutil.copy(first, second)
    assert_whole(cached({"seed": 2}, lambda: VALUES))
    assert "is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["swap", "retype", "reshape", "rename", "drop"])
def test_other_tensors_in_its_place_are_found(folder: Path, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = stored(folder, seed=1)
    held = load_file(file)
    if change == "swap":
        held["b"] = held["b"].flip(0)
    if change == "retype":
        held["w"] = held["w"].double()
    if change == "reshape":
        held["w"] = held["w"].view(12, 5)
    if change == "rename":
        held["v"] = held.pop("w")
    if change == "drop":
        del held["n"]
    save_file(held, file, metadata={"key": file.stem, "seal": "0" * 64})
    assert_whole(cached({"seed": 1}, lambda: VALUES))
    assert "is damaged" in capsys.readouterr().err


def test_a_folder_in_its_place_costs_time_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = stored(folder, seed=1)
    file.unlink()
    file.mkdir()
    assert_whole(cached({"seed": 1}, lambda: VALUES))
    assert "is damaged" in capsys.readouterr().err


def test_a_file_that_is_mostly_a_hole_is_found_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = stored(folder, seed=1)
    with file.open("ab") as end:
        end.truncate(8 << 30)
    began = time.process_time()
    assert_whole(cached({"seed": 1}, lambda: VALUES))
    assert time.process_time() - began < 2.0
    assert "is damaged" in capsys.readouterr().err
