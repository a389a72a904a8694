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
from tests.warm_python import WarmPython

# A busy machine is not a wrong answer: no deadlines. And a suite that passed passes again; to look for new cases,
# play with --hypothesis-profile=searching.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")
# Every run of the suite checks its own causality, bytes and queues.
os.environ.setdefault("DRIFTBED_CHECK", "1")
# Ray's workers are as important as the test that waits for them: at Ray's own 15 other tests leave them no time.
os.environ.setdefault("RAY_worker_niceness", "0")


#: What a worker of the suite takes at its most [bytes].
WORKER_BYTES = 3 * 2**30
#: Files that compute, for each one that starts Ray.
COMPUTING = 3


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are cores, since some always wait for Ray, but no more than memory holds."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)) + 1, memory // WORKER_BYTES))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that start Ray, each followed by some that compute: while one worker waits, others do."""
    waiting = {item.path for item in items if item.get_closest_marker("ray")}
    computing = dict.fromkeys(item.path for item in items if item.path not in waiting)
    place = {path: number * COMPUTING for number, path in enumerate(sorted(waiting))}
    place |= {path: number for number, path in enumerate(computing)}
    items.sort(key=lambda item: (place[item.path], item.path not in waiting))


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


@pytest.fixture(scope="session")
def warm_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a program ``python`` that has imported what takes long."""
    warm = WarmPython(tmp_path_factory.mktemp("warm"))
    yield warm.path
    warm.close()


@pytest.fixture(scope="session", autouse=True)
def _hear_ctrl_c() -> None:
    """Let tests and their children hear Ctrl-C even where the suite itself runs in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
