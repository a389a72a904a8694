from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from agents.streams.base import History, Past


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the cache of a test to itself."""
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Start with more than one thread, so that training has to see to its own determinism."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def blobs() -> History:
    """Three well separated classes in four dimensions."""
    generator = torch.Generator().manual_seed(0)

    def past(rows: int) -> Past:
        label = torch.randint(3, (rows,), generator=generator)
        x = 3.0 * torch.eye(4)[label] + torch.randn(rows, 4, generator=generator)
        return Past(x, label, torch.zeros(rows, dtype=torch.int64))

    return History(past(600), past(300))
