from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import sleep

import pytest
import torch

from agents import cache
from agents.cache import cache_folder, cached, fingerprint

KEY = {"what": "numbers", "seed": 3}


class Builder:
    """Counts how often it had to build."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self) -> dict[str, torch.Tensor]:
        self.built += 1
        return {"a": torch.arange(6.0).view(2, 3).T, "b": torch.tensor(self.built)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_same_key_is_built_once(folder: Path) -> None:
    build = Builder()
    first, again = cached(KEY, build), cached(dict(reversed(KEY.items())), build)
    assert build.built == 1
    assert torch.equal(first["a"], again["a"])
    assert first["b"] == again["b"] == 1


def test_another_key_is_built_anew(folder: Path) -> None:
    build = Builder()
    cached(KEY, build)
    assert cached({**KEY, "seed": 4}, build)["b"] == 2


@pytest.mark.parametrize("damage", [b"", b"not a tensor", b"\xff" * 4096])
def test_a_damaged_file_is_rebuilt(folder: Path, damage: bytes) -> None:
    build = Builder()
    cached(KEY, build)
    (kept,) = folder.glob("*.safetensors")
    kept.write_bytes(damage)
    assert cached(KEY, build)["b"] == 2
    assert cached(KEY, build)["b"] == 2


def test_a_truncated_file_is_rebuilt(folder: Path) -> None:
    build = Builder()
    cached(KEY, build)
    (kept,) = folder.glob("*.safetensors")
    kept.write_bytes(kept.read_bytes()[:-4])
    assert cached(KEY, build)["b"] == 2


def test_nothing_half_written_is_left_behind(folder: Path) -> None:
    cached(KEY, Builder())
    assert [path.suffix for path in folder.iterdir()] == [".safetensors"]


def test_of_many_that_want_the_same_at_once_one_builds_it(folder: Path) -> None:
    together = Barrier(4)
    built: list[int] = []

    def build() -> dict[str, torch.Tensor]:
        built.append(1)
        sleep(0.2)
        return {"a": torch.arange(100_000.0)}

    def want(_: int) -> torch.Tensor:
        together.wait(timeout=60.0)
        return cached(KEY, build)["a"]

    with ThreadPoolExecutor(4) as writers:
        found = list(writers.map(want, range(4)))
    assert all(torch.equal(values, torch.arange(100_000.0)) for values in found)
    assert len(built) == 1
    assert [path.suffix for path in folder.iterdir()] == [".safetensors"]
    assert torch.equal(cached(KEY, Builder())["a"], torch.arange(100_000.0))


def test_all_code_that_decides_what_training_yields_is_there() -> None:
    assert all((Path(cache.__file__).parent / part).exists() for part in cache._CODE)


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("DRIFTBED_CACHE", str(blocked / "cache"))
    build = Builder()
    assert cached(KEY, build)["b"] == 1
    assert cached(KEY, build)["b"] == 2


def test_the_folder_is_ones_own_or_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRIFTBED_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "driftbed"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "driftbed"


def test_a_fingerprint_sees_values_shapes_and_types() -> None:
    zeros = torch.zeros(4)
    prints = {fingerprint([one]) for one in (zeros, zeros.view(2, 2), zeros.double(), zeros + 1)}
    assert len(prints) == 4
    assert fingerprint([zeros.view(2, 2).T]) == fingerprint([zeros.view(2, 2)])
