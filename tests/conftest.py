"""What every test of the project shares: a cache that lives as long as the session, and how properties are tried."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is not a wrong answer: no deadlines. And a suite that passed passes again; to look for new cases,
# play with --hypothesis-profile=searching.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")


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
