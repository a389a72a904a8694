"""What every test of the project shares: a cache that lives as long as the session, and how properties are tried."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from agents.cache_folder import cache_folder
from tests.long_tests import is_long
from tests.warm_python import WarmPython

# A busy machine is not a wrong answer: no deadlines. And a suite that passed passes again; to look for new cases,
# play with --hypothesis-profile=searching.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")
# Every run of the suite checks its own causality, bytes and queues.
os.environ.setdefault("DRIFTBED_CHECK", "1")
# Python keeps what it compiled beside its source, as it does anywhere. Where it is told not to, each worker and each
# process that a test starts would compile all tests and all of the program anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What is loaded and collected stays until the end: searching it for what may be freed, again and again, takes as long
# as collecting. So nothing is searched until all is collected, and from then on what came later.
gc.disable()
#: How many more objects there may be than at the last search.
_SEARCHED_AFTER = 20_000

TESTS = Path(__file__).parent
#: Folders whose tests play whole runs: no part of the unit suite.
SYSTEM = ("system", "docs", "conformance")
#: Files that share one session of Ray.
SHARE_RAY = ("test_ray.py", "test_ray_worlds.py", "test_resume_ray.py")
#: Files that take ten seconds of a processor and more, the longest first.
LONGEST = (
    "test_shipped_scenarios.py",
    "test_long_pages.py",
    "test_foreign_device.py",
    "test_learning_and_rounds.py",
    "test_guide.py",
    "test_pages.py",
    "test_wheel.py",
    "test_exactness.py",
    "test_compiled_engine.py",
    "test_light_commands.py",
    "test_compiled_learning.py",
    "test_resume_learning.py",
    "test_field_cases.py",
    "test_degenerate_runs.py",
    "test_report.py",
    "test_console.py",
    "test_site.py",
    "test_bench_command.py",
    "test_finished_runs.py",
    "test_kill_loop.py",
    "test_forks.py",
    "test_shipped_claims.py",
    "test_resume_runs.py",
    "test_side_by_side.py",
    "test_conformance.py",
)
#: What a worker of the suite takes at its most [bytes].
WORKER_BYTES = 3 * 2**30
#: Files that compute, for each one that starts Ray.
COMPUTING = 3


def pytest_xdist_auto_num_workers() -> int:
    """Return a worker for each core, but no more than memory holds: one more slows all by more than it plays itself."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)), memory // WORKER_BYTES))


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what is long, and the unit suite: all but that, the folders of the system, and what plays whole runs."""
    within = item.path.relative_to(TESTS)
    if is_long(f"{within.as_posix()}::{item.name}"):
        item.add_marker("long")
    if within.parts[0] not in SYSTEM and not any(item.get_closest_marker(one) for one in ("whole", "slow", "long")):
        item.add_marker("unit")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave folders without a unit test unread where only these are asked for."""
    asked = config.getoption("markexpr") == "unit" and collection_path.parent == TESTS
    return True if asked and collection_path.name in SYSTEM else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, each file that waits for Ray followed by some that compute."""
    waiting = {item.path for item in items if item.get_closest_marker("ray") or item.path.name in SHARE_RAY}
    others = dict.fromkeys(item.path for item in items if item.path not in waiting)
    computing = sorted(others, key=lambda path: (*LONGEST, path.name).index(path.name))
    order = sorted(waiting, key=lambda path: (path.name not in SHARE_RAY, path))
    place = {path: number * COMPUTING for number, path in enumerate(order)}
    place |= {path: number for number, path in enumerate(computing)}
    items.sort(key=lambda item: (place[item.path], item.path not in waiting))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Search memory again, but not what was collected; who only deals out files to workers comes by here, too."""
    gc.collect()
    gc.freeze()
    # Whole searches come the more seldom the more the last one has seen: let it be one that sees nothing.
    gc.collect()
    gc.set_threshold(_SEARCHED_AFTER, 10, 10)
    gc.enable()


class _ByFile(LoadFileScheduling):
    """A file is played by one worker of the suite, and so are all files that share a session of Ray."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return SHARE_RAY[0] if file.rpartition("/")[2] in SHARE_RAY else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile:
    """Return what deals files to the workers of the suite."""
    return _ByFile(config, log)


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
