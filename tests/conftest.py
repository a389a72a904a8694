"""What every test of the project shares: a cache of trained tensors that lives as long as the session."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests train away from the user's own cache: no stale tensor there may make a test pass."""
    before = os.environ.get("DRIFTBED_CACHE")
    os.environ["DRIFTBED_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["DRIFTBED_CACHE"]
    else:
        os.environ["DRIFTBED_CACHE"] = before
