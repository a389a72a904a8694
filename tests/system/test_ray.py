"""Law 1 on Ray: workers, their number, order and deaths change nothing. One Ray session for all tests here."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from ray_runs import DRAWN, QUICK, SHARED, WIDE, WITH_CLOUD, Reported, alive, reported
from run_commands import HERE

from agents.contract import BackendError, RaySpec, WorkersLostError
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_session")]


def digest(folder: Path, workers: int, *overrides: str, eager: bool = False) -> str:
    """Play into a folder; return the digest."""
    scenario = load(HERE / "digits.yaml", [*QUICK, *overrides])
    how = RunOptions(eager=eager, quiet=True, workers=workers)
    return str(run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {}).summary["digest"])


def test_one_digest_of_the_folder_with_and_without_workers(tmp_path: Path) -> None:
    actor = "execution={backend: ray, cloud: actor}"
    digests = [digest(tmp_path / "0", 0), digest(tmp_path / "2", 2), digest(tmp_path / "cloud", 2, actor)]
    assert len(set(digests)) == 1, digests


def test_one_digest_where_both_ends_remember_and_bytes_are_asked_of_the_cloud(tmp_path: Path) -> None:
    own = ["duration=25 s", "drift=[]", "method.codec={kind: delta, numbers: rice}"]
    own += ["execution={backend: ray, cloud: actor}"]
    assert digest(tmp_path / "0", 0, *own) == digest(tmp_path / "2", 2, *own)


@pytest.mark.parametrize(
    "numbers", [pytest.param((1, 3), id="up to 3"), pytest.param((2, 8), id="up to 8", marks=pytest.mark.slow)]
)
def test_any_number_of_workers_tells_the_same(numbers: tuple[int, ...]) -> None:
    expected = reported(0, *WIDE)
    assert [workers for workers in numbers if reported(workers, *WIDE) != expected] == []
    assert reported(numbers[-1], *WIDE, ray=WITH_CLOUD) == expected


def test_one_digest_eager_on_workers_and_lazy_in_process(tmp_path: Path) -> None:
    short = ["duration=20 s", "drift=[]", "method.adapter={kind: persona, steps: 5, group_steps: 5}"]
    watching = "method.trigger={kind: every_samples, n: 8}"
    lazy = digest(tmp_path / "lazy", 0, *short, watching)
    assert digest(tmp_path / "eager", 2, *short, watching, eager=True) == lazy


def test_the_order_in_which_workers_finish_does_not_matter() -> None:
    over, chance = Event(), random.Random()

    def hinder(pids: list[int]) -> None:
        while not over.is_set():
            pid = chance.choice(pids)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                over.wait(chance.uniform(0.0, 0.1))
                os.kill(pid, signal.SIGCONT)

    def start(number: int, worker_group: Any) -> None:
        if number == 1:
            hinderer = Thread(target=hinder, args=[worker_group.pids()])
            hinderer.start()
            hinderers.append(hinderer)

    hinderers: list[Thread] = []
    expected = reported(0, *WIDE)
    try:
        assert reported(3, *WIDE, on_tick=start) == expected
    finally:
        over.set()
        for hinderer in hinderers:
            hinderer.join()
    assert hinderers


def test_blocks_may_move_between_workers_in_mid_run() -> None:
    orders, expected = itinerary_of(alive(0))
    half = len(orders) // 2
    first = alive(3).simulation.plane
    assert first is not None
    tallies = [first.settle(*reported).cohorts for reported in orders[:half]]
    kept = first.checkpoint()
    first.close()
    second = alive(2, ray=WITH_CLOUD).simulation.plane
    assert second is not None
    second.restore(kept)
    tallies += [second.settle(*reported).cohorts for reported in orders[half:]]
    assert Reported(np.stack(tallies), second.totals().counts) == expected
    second.close()


def itinerary_of(live: Any) -> tuple[list[Any], Reported]:
    """Play in this process; return all that the timing plane ordered, and what came of it."""
    plane, orders, tallies = live.simulation.plane, [], []
    begin = plane.begin

    def overhear(*reported: Any) -> Any:
        orders.append(reported)
        return begin(*reported)

    plane.begin = overhear
    live.simulation.on_tick = lambda tick: tallies.append(tick.tallies.cohorts)
    live.simulation.run()
    return orders, Reported(np.stack(tallies), plane.totals().counts)


@pytest.mark.parametrize("ray", [SHARED, WITH_CLOUD], ids=["cloud with the driver", "cloud in an actor"])
def test_a_worker_that_is_killed_leaves_no_trace(ray: RaySpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.pools.ray.worker_group.CHECKPOINT_EVERY", 3)
    expected = reported(0)
    chance = random.Random()
    restarts = []

    def kill(number: int, worker_group: Any) -> None:
        restarts.append(worker_group.restarts)
        if number in (1, 5):
            victim = chance.choice(worker_group.pids())
            # In the middle of whatever it does by then.
            time.sleep(chance.uniform(0.0, 0.03))
            os.kill(victim, signal.SIGKILL)

    assert reported(2, ray=ray, on_tick=kill) == expected
    assert 1 <= restarts[-1] <= 2


def test_a_cloud_that_dies_in_mid_interval_spoils_no_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    from agents.pools.ray.faults import FAILURES
    from agents.pools.ray.waiting import wait

    monkeypatch.setattr("agents.pools.ray.worker_group.CHECKPOINT_EVERY", 1)
    cloud, worker_groups = [], []

    def fall(number: int, worker_group: Any) -> None:
        worker_groups.append(worker_group)
        if number in (2, 6):
            # It still takes the checkpoint of this interval, but nothing of the next one.
            ray.wait(worker_group._checkpoint.done, num_returns=3)
            cloud.append(worker_group.pids()[-1])
            os.kill(cloud[-1], signal.SIGSTOP)
        if number in (3, 7) and (cut := worker_group._checkpoint) is not None:
            os.kill(cloud[-1], signal.SIGKILL)
            ray.wait(cut.done, num_returns=3)
            for done in cut.done:
                with pytest.raises(FAILURES):
                    wait(done, 10.0, worker_group._actor_set.session)

    assert reported(2, ray=WITH_CLOUD, on_tick=fall) == reported(0)
    assert worker_groups[-1].restarts == 2


def test_workers_are_as_important_as_who_waits_for_them() -> None:
    found: set[int] = set()
    reported(
        2,
        *DRAWN,
        on_tick=lambda number, workers: found.update(os.getpriority(os.PRIO_PROCESS, p) for p in workers.pids()),
    )
    assert found == {os.getpriority(os.PRIO_PROCESS, 0)}


def test_workers_that_keep_dying_end_the_run() -> None:
    with pytest.raises(WorkersLostError, match="3 others before it"):
        reported(1, *DRAWN, on_tick=lambda number, worker_group: os.kill(worker_group.pids()[0], signal.SIGKILL))


def test_a_worker_that_says_nothing_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.pools.ray.worker_group.TIME_LIMIT_S", 2.0)
    stopped = []

    def stop(number: int, worker_group: Any) -> None:
        if number == 2:
            stopped.extend(worker_group.pids()[:1])
            os.kill(stopped[0], signal.SIGSTOP)

    with pytest.raises(BackendError, match="a worker has said nothing for"):
        reported(2, *DRAWN, ray=RaySpec(), on_tick=stop)
    assert stopped


def test_what_a_worker_cannot_do_is_raised_as_it_is() -> None:
    from agents.pools.ray.worker_group import RayWorkerGroup
    from agents.pools.worker import Step

    def ask(number: int, worker_group: RayWorkerGroup) -> None:
        worker_group.ask(0, [Step("close", ("soon",))]).get()

    with pytest.raises((TypeError, ValueError)):
        reported(1, *DRAWN, on_tick=ask)


def test_workers_read_tables_where_ray_keeps_them() -> None:
    import ray

    live = alive(1)
    plane: Any = live.simulation.plane
    blueprint = plane._pool._worker_group._blueprint
    plane.close()

    def place(blueprint: Any) -> str:
        """Return the file in which the features lie that a stack looks samples up in."""
        from pathlib import Path

        from agents.pools.block_ranges import BlockRange
        from agents.pools.worker import BlockWorker

        worker = BlockWorker()
        worker.build(blueprint, BlockRange(0, 1))
        address = worker._own._groups[0]._parts.features.table.data_ptr()
        for line in Path("/proc/self/maps").read_text().splitlines():
            first, end = (int(part, 16) for part in line.split()[0].split("-"))
            if first <= address < end:
                return line.split(maxsplit=5)[-1]
        return "nowhere"

    remote: Any = ray.remote
    assert "plasma" in ray.get(remote(place).remote(ray.put(blueprint)), timeout=60.0)
