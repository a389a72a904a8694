from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents.contract import BackendError, CohortSpec, FleetSpec
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk
from agents.tasks.making import make_task

SpecMaker = Callable[..., FleetSpec]
synth = pytest.importorskip("river.datasets.synth")
BLOCK = BlockId(0, 0, 16)


def task_of(fleet_spec: SpecMaker, devices: int = 3, **options: Any) -> Any:
    cohort = CohortSpec("a", devices, 1.0, "poisson", 1.0, lambda uniform: uniform)
    return make_task(fleet_spec(data="river", data_options={"history": 200, **options}, cohorts=(cohort,)))


def labels(task: Any, first: int, samples: int) -> np.ndarray:
    ordinal = np.broadcast_to(np.arange(first, first + samples), (BLOCK.width, samples))
    valid = ordinal < task.supply.count(BLOCK)[:, None]
    chunk = Chunk(BLOCK, 0, np.where(valid, ordinal + 1.0, np.inf), valid, ordinal)
    content = task.draw(chunk, rng(1, Purpose.CONTENT))
    assert not content.x[~valid].any()
    return np.concatenate([content.label[:3, :, None], content.x[:3]], 2)


@pytest.mark.parametrize(
    ("stream", "options", "classes", "inputs"),
    [
        ("RandomRBF", {"n_classes": 4}, 4, 10),
        ("Agrawal", {}, 2, 9),
        ("LED", {"noise_percentage": 0.1}, 10, 7),
        ("Hyperplane", {"mag_change": 0.1}, 2, 10),
    ],
)
def test_streams_play_and_the_order_of_access_does_not_matter(
    fleet_spec: SpecMaker, stream: str, options: dict[str, Any], classes: int, inputs: int
) -> None:
    task = task_of(fleet_spec, stream=stream, options=options)
    assert (task.classes, task.input_shape) == (classes, (inputs,))
    whole = labels(task, 0, 60)
    parts = {first: labels(task, first, 20) for first in (40, 0, 20)}
    assert np.array_equal(np.concatenate([parts[0], parts[20], parts[40]], 1), whole)
    assert len({device.tobytes() for device in whole}) == 3, "each device plays a copy of its own"


def test_a_task_that_has_played_can_travel(fleet_spec: SpecMaker) -> None:
    task = task_of(fleet_spec, stream="Agrawal")
    before = labels(task, 5, 10)
    assert np.array_equal(labels(pickle.loads(pickle.dumps(task)), 5, 10), before)


def test_what_devices_see_is_what_river_makes(fleet_spec: SpecMaker) -> None:
    task = task_of(fleet_spec, stream="SEA", options={"variant": 1})
    copies = [task.own.copy(1 + int(uniform * (2**31 - 2))) for uniform in uniform_of(task)]
    expected = [[int(label) for _, label in copy.take(30)] for copy in copies]
    assert labels(task, 0, 30)[:, :, 0].tolist() == expected


def uniform_of(task: Any) -> np.ndarray:
    chunk = Chunk(BLOCK, 0, np.ones((16, 1)), np.ones((16, 1), bool), np.zeros((16, 1), np.int64))
    uniform: np.ndarray = task._seen(chunk, np.zeros((16, 1), np.int16)).uniform[:3]
    return uniform


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stream": "agrawal"}, "'agrawal' is no stream of river.datasets.synth; known are Agrawal"),
        ({"stream": "Friedman"}, "Friedman has no classes"),
        ({"stream": "LED", "options": {"foo": 1}}, r"LED: .*'foo'"),
        ({"stream": "LED", "options": {"seed": 1}}, "options.seed: each device"),
        ({"stream": "RandomTree", "options": {"seed_sample": 1}}, "options.seed_sample: each device"),
        ({"stream": "LED", "rows": 1}, "'rows'"),
    ],
)
def test_what_river_does_not_have_is_refused(fleet_spec: SpecMaker, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        task_of(fleet_spec, **options)


def test_without_river_a_remedy_is_told(fleet_spec: SpecMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "river.datasets.synth", None)
    with pytest.raises(BackendError, match="pip install river"):
        task_of(fleet_spec, stream="LED")
