"""Blocks spread over workers answer like blocks in one place, and in few messages."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pytest
from small_fleet import TICK_S, cloud_of, fleet_of, history, small_blueprint

from agents.contract import NO_EXCHANGES, Outcome
from agents.pools.block_ranges import BlockRange, Owners, block_ranges
from agents.pools.blueprint import Blueprint
from agents.pools.inline import InlinePool
from agents.pools.remote_cloud import RemoteCloud
from agents.pools.worker import BlockWorker, CommandBatch, MissedCommandsError, Step
from agents.pools.worker_pool import Reply, WorkerPool

TICKS = 12


class Answered(Reply):
    """An answer that has come already."""

    def __init__(self, answer: Any) -> None:
        self._answer = pickle.dumps(answer)

    def get(self) -> Any:
        return pickle.loads(self._answer)


class Neighbours:
    """Workers in this process, the last of them with the cloud half; only pickled messages reach them."""

    def __init__(self, blueprint: Blueprint, workers: int) -> None:
        self.owned = block_ranges(blueprint.loads_per_s(), workers)
        self.workers = [BlockWorker() for _ in (*self.owned, None)]
        for worker, share in zip(self.workers, (*self.owned, None), strict=True):
            worker.build(blueprint, share)
        self.sent = [0] * len(self.workers)
        self.messages = self.closed = 0

    def __len__(self) -> int:
        return len(self.owned)

    def ask(self, worker: int, script: CommandBatch, sent: Sequence[Any] = ()) -> Answered:
        self.messages += 1
        number, self.sent[worker] = self.sent[worker], self.sent[worker] + 1
        enclosed = [pickle.loads(pickle.dumps(reply.get())) for reply in sent]
        return Answered(self.workers[worker].run_commands(number, pickle.loads(pickle.dumps(script)), *enclosed))

    def interval_closed(self) -> None:
        self.closed += 1

    def close(self) -> None:
        self.workers.clear()


def spread(blueprint: Blueprint, workers: int, *, by_reference: bool = False) -> tuple[WorkerPool, Neighbours]:
    """Return a pool over workers in this process, and these."""
    worker_group = Neighbours(blueprint, workers)
    return WorkerPool(
        Owners(blueprint.layout, worker_group.owned), worker_group, by_reference=by_reference
    ), worker_group


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_tallies_and_totals_are_the_same_however_blocks_are_spread(workers: int) -> None:
    blueprint = small_blueprint()
    alone = fleet_of(InlinePool(blueprint.layout, blueprint.build()), cloud_of(blueprint))
    pool, worker_group = spread(blueprint, workers)
    fleet = fleet_of(pool, cloud_of(blueprint))
    assert fleet.workers == min(workers, 3)
    for tick in islice(history(), TICKS):
        assert np.array_equal(fleet.settle(*tick).cohorts, alone.settle(*tick).cohorts)
    assert np.array_equal(fleet.totals().counts, alone.totals().counts)
    assert worker_group.closed == TICKS


def test_a_cloud_half_in_a_worker_of_its_own_changes_nothing_even_when_all_move() -> None:
    blueprint, ticks = small_blueprint(), list(islice(history(), TICKS))
    alone = fleet_of(InlinePool(blueprint.layout, blueprint.build()), cloud_of(blueprint))
    expected = [alone.settle(*tick).cohorts for tick in ticks]
    fleets = []
    for workers in (3, 2):
        pool, worker_group = spread(blueprint, workers, by_reference=True)
        fleets.append(fleet_of(pool, RemoteCloud(worker_group, len(worker_group), cloud_of(blueprint))))
    reported = []
    for fleet, part in ((fleets[0], ticks[:5]), (fleets[1], ticks[5:])):
        begun = [fleet.begin(*tick) for tick in part]
        reported += [coming.get().cohorts for coming in begun]
        fleets[1].restore(fleet.checkpoint())
    assert np.array_equal(reported, expected)
    assert np.array_equal(fleets[1].totals().counts, alone.totals().counts)


def test_a_worker_that_missed_a_script_carries_no_other_out() -> None:
    worker = BlockWorker()
    worker.build(small_blueprint(), BlockRange(0, 1))
    worker.run_commands(0, [Step("close", (TICK_S,))])
    with pytest.raises(MissedCommandsError, match="script 2 came instead of 1"):
        worker.run_commands(2, [Step("close", (3 * TICK_S,))])
    # Nor is it in a state that should be restored.
    with pytest.raises(MissedCommandsError, match="script 2 came instead of 1"):
        worker.checkpoint(2)
    assert worker.checkpoint(1)[0]


def test_a_tick_without_collects_is_one_message_to_a_worker_and_with_them_it_is_three() -> None:
    blueprint = small_blueprint()
    pool, worker_group = spread(blueprint, 3)
    fleet = fleet_of(pool, cloud_of(blueprint))
    fleet.begin(NO_EXCHANGES, TICK_S)
    assert worker_group.messages == 3
    for number, (exchanges, until_s) in enumerate(islice(history(), 1, 5), start=1):
        fleet.begin(exchanges.take(np.flatnonzero(exchanges.outcome == Outcome.IN_FLIGHT)), until_s)
        # Collects; streams to draw meanwhile; the close.
        assert worker_group.messages == 3 + 9 * number


def test_workers_are_asked_what_they_compute_on_unless_it_is_plain() -> None:
    blueprint = small_blueprint()
    worker_group = Neighbours(blueprint, 2)
    owners, cloud = Owners(blueprint.layout, worker_group.owned), cloud_of(blueprint)
    assert WorkerPool(owners, worker_group).device_name() == RemoteCloud(worker_group, 2, cloud).device_name() == "cpu"
    assert worker_group.messages == 0
    assert WorkerPool(owners, worker_group, device="cuda").device_name() == "cpu"
    assert worker_group.messages == 2
    assert RemoteCloud(worker_group, 2, cloud, "cuda").name == f"{cloud.name} on cpu"


def test_workers_go_with_the_data_plane() -> None:
    blueprint = small_blueprint()
    pool, worker_group = spread(blueprint, 2)
    fleet_of(pool, cloud_of(blueprint)).close()
    assert not worker_group.workers
