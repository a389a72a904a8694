"""The concepts table of a whole fleet: devices numbered through cohorts and blocks, and true sample by sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from agents.contract import CohortSpec, DriftSpec, FleetSpec
from agents.drift.rate_modulation import make_arrivals
from agents.evaluation.ground_truth import ground_truth_columns
from agents.layout import Layout
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import Task
from agents.tasks.making import make_task

DRIFT = (
    DriftSpec("sudden", 20.0, cohort="watches", share=0.5, to={"rotate": 30.0}),
    DriftSpec("random_walk", 40.0, every_s=3.0, to={"shift": 1.0}, options={"step": 0.3, "steps": 4}),
    DriftSpec(
        "blip", 70.0, to={"noise": 1.0, "arrivals": 3.0}, options={"for": 10.0, "wave": {"crosses_fleet_in": 9.0}}
    ),
)
SIZES = {"phones": 300, "watches": 70}


def spec(drift: tuple[DriftSpec, ...] = DRIFT, sizes: Mapping[str, int] = SIZES) -> FleetSpec:
    cohorts = [
        CohortSpec(name, count, 1.0, "poisson", 0.0, None, index) for index, (name, count) in enumerate(sizes.items())
    ]
    plain: dict[str, Any] = {"data_options": {}, "model_options": {}, "pretrain": {}, "adapter_options": {}}
    names = {"data": "gaussians", "model": "logistic", "adapter": "static", "codec": "fp32", "references": ()}
    return FleetSpec(seed=5, duration_s=100.0, tick_s=10.0, cohorts=tuple(cohorts), drift=drift, **plain, **names)


def truth_of(made: FleetSpec) -> tuple[Task, dict[str, np.ndarray]]:
    task = make_task(made)
    return task, ground_truth_columns(Layout(made.cohorts), task)


def test_devices_are_numbered_through_cohorts_and_ghosts_are_left_out() -> None:
    _, reported = truth_of(spec())
    assert np.unique(reported["device"]).tolist() == list(range(370))
    assert (np.diff(reported["device"]) >= 0).all()
    assert set(reported["name"][reported["device"] < 300]).isdisjoint({"rotate 30"})
    turned = {device for device, name in zip(reported["device"], reported["name"], strict=True) if name == "rotate 30"}
    assert 15 < len(turned) < 55


@pytest.mark.parametrize(("cohort", "block"), [(0, 0), (0, 1), (1, 0)])
def test_the_table_is_what_samples_follow(cohort: int, block: int) -> None:
    made = spec()
    task, reported = truth_of(made)
    layout = Layout(made.cohorts)
    at = next(i for i, block_id in enumerate(layout.block_ids) if (block_id.cohort, block_id.block) == (cohort, block))
    block_id, devices, first = layout.block_ids[at], layout.devices[at], layout.first[at]
    arrivals = make_arrivals(made.seed, made.cohorts[cohort], task)
    checked = 0
    for index in range(int(100.0 / arrivals.chunk_s)):
        chunk, _ = arrivals.chunk(block_id, index)
        content = task.draw(chunk, rng(made.seed, Purpose.CONTENT, cohort, block, index))
        for row in range(0, devices, 7):
            mine = reported["device"] == first + row
            for time_s, concept in zip(
                chunk.time_s[row, chunk.valid[row]], content.concept[row, chunk.valid[row]], strict=True
            ):
                here = mine & (reported["from_s"] < time_s) & (time_s <= reported["until_s"])
                assert reported["concept"][here].tolist() == [concept]
                checked += 1
    assert checked > 800


def test_more_devices_leave_the_ground_truth_of_the_others() -> None:
    _, few = truth_of(spec(sizes={"phones": 300}, drift=DRIFT[1:]))
    _, many = truth_of(spec(sizes={"phones": 1000}, drift=DRIFT[1:]))
    mine = many["device"] < 300
    assert all(np.array_equal(few[name], many[name][mine]) for name in few)


def test_a_task_without_a_schedule_tells_nothing_and_keeps_its_arrivals() -> None:
    task: Any = type("Own", (), {"supply": None})()
    assert ground_truth_columns(Layout(spec().cohorts), task) == {}
    assert type(make_arrivals(5, spec().cohorts[0], task)) is Arrivals
