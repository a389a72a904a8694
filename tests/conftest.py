"""What every test of the project shares: a cache that lives as long as the session, and how properties are tried."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agents.cache_folder import cache_folder

# A busy machine is not a wrong answer: no deadlines. And a suite that passed passes again; to look for new cases,
# play with --hypothesis-profile=searching.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")
# Every run of the suite checks its own causality, bytes and queues.
os.environ.setdefault("DRIFTBED_CHECK", "1")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files that start Ray come first: they wait much, and while one worker waits the other computes."""
    first = {item.path for item in items if item.get_closest_marker("ray")}
    items.sort(key=lambda item: item.path not in first)


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what tests train away from the user's own cache: no stale tensor there may make a test pass.

    All workers of the suite share one folder: a file of the cache is moved there whole, so that they may write at once.
    Compiled code is the user's: its folders are named by all its sources, so that none is stale, and it takes long.
    """
    users = cache_folder()
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    for code in ("engine", "kernels"):
        with suppress(OSError):
            (users / code).mkdir(parents=True, exist_ok=True)
            (folder / code).symlink_to(users / code, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRIFTBED_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def _hear_ctrl_c() -> None:
    """Let tests and their children hear Ctrl-C even where the suite itself runs in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
