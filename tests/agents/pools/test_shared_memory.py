"""Where shared memory is small, Ray gets what there is, and the user hears of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agents.pools.ray import session


class Disk(NamedTuple):
    """What is free."""

    free: int


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let this machine have so much shared memory."""

    def has(nbytes: int) -> None:
        monkeypatch.setattr(Path, "is_dir", lambda path: True)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(nbytes))

    return has


@pytest.mark.parametrize(
    ("free_bytes", "given", "warned"),
    [(10**10, 10**9, False), (64 * 10**6, 80 * 10**6, True), (500 * 10**6, None, True)],
)
def test_the_store_is_no_larger_than_shared_memory_and_never_too_small_for_ray(
    free: Any, caplog: pytest.LogCaptureFixture, free_bytes: int, given: int | None, warned: bool
) -> None:
    free(free_bytes)
    got = session._store_bytes(10**9)
    assert got == given if given is not None else 80 * 10**6 <= got <= free_bytes
    assert ("--shm-size" in caplog.text) is warned
