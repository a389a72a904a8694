from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from agents.contract import CohortSpec, DriftSpec, FleetSpec, InputError
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId, Chunk
from agents.tasks.custom.stream import ChunkRequest, CustomStream, options_for
from agents.tasks.custom.task import CustomTask

SpecMaker = Callable[..., FleetSpec]


class Coins(CustomStream):
    """Two clouds; it notes what it was asked for."""

    classes: Any = 2
    inputs: Any = (2, 3)
    transforms = MappingProxyType({"shift": 0.0})

    def __init__(self, gap: float = 1.0) -> None:
        self.gap, self.asked = gap, list[tuple[ChunkRequest, int]]()

    def history(self, rng: np.random.Generator) -> Sequence[np.ndarray]:
        y = rng.integers(0, 2, 50)
        return rng.normal(self.gap * y[:, None, None], size=(50, 2, 3)), y

    def chunk(self, block: ChunkRequest, k: int, rng: np.random.Generator) -> Sequence[np.ndarray]:
        self.asked.append((block, k))
        y = rng.integers(0, 2, block.shape)
        moved = (self.gap * y + block.strength["shift"])[..., None, None]
        return rng.normal(moved, size=(*block.shape, 2, 3)), y, 1 - y


def asked(place: BlockId, at_s: float = 50.0) -> Chunk:
    valid = np.ones((place.width, 4), bool)
    valid[0, 2:] = False
    return Chunk(place, 9, np.where(valid, at_s, np.inf), valid, np.broadcast_to(np.arange(7, 11), valid.shape))


def test_a_stream_is_told_who_when_and_how_manieth(fleet_spec: SpecMaker) -> None:
    own = Coins()
    task = CustomTask(own, fleet_spec(DriftSpec("sudden", 20.0, to={"shift": 2.5})))
    task.draw(asked(BlockId(1, 1, 256)), rng(1, Purpose.CONTENT))
    block, k = own.asked[-1]
    assert k == 9
    assert block.cohort == "watches"
    assert block.device.tolist() == list(range(256, 512))
    assert block.shape == (256, 4)
    assert block.ordinal[1].tolist() == [7, 8, 9, 10]
    assert block.time_s[0].tolist() == [50.0, 50.0, 0.0, 0.0]
    assert block.strength["shift"][1].tolist() == [2.5] * 4
    assert len(set(block.uniform.tolist())) == 256
    assert ((block.uniform > 0) & (block.uniform < 1)).all()


def test_what_it_returns_becomes_content(fleet_spec: SpecMaker) -> None:
    drift = DriftSpec("sudden", 20.0, to={"labels": {"swap": [[0, 1]]}})
    task = CustomTask(Coins(gap=8.0), fleet_spec(drift))
    content = task.draw(asked(BlockId(0, 0, 256)), rng(1, Purpose.CONTENT))
    assert content.x is not None
    assert content.best is not None
    assert content.x.shape == (256, 4, 2, 3)
    assert content.x.dtype == np.float32
    assert not content.x[0, 2:].any()
    seen = content.x[1:].mean((2, 3)) > 4.0
    assert (content.label[1:] == ~seen).all(), "drift renames the classes of the stream"
    assert (content.best[1:] == seen).all()


def test_the_past_is_split_at_random(fleet_spec: SpecMaker) -> None:
    history = CustomTask(Coins(), fleet_spec()).history()
    assert len(history.train.x) == 40
    assert len(history.validation.x) == 10
    assert history.train.x.shape == (40, 2, 3)


def test_one_device_more_changes_no_other(fleet_spec: SpecMaker) -> None:
    def stream(devices: int) -> list[np.ndarray]:
        cohort = CohortSpec("a", devices, 1.0, "poisson", 1.0, lambda uniform: uniform)
        task = CustomTask(Coins(), fleet_spec(cohorts=(cohort,)))
        chunk, _ = Arrivals(7, cohort, task.supply).chunk(BlockId(0, 0, 256), 3)
        content = task.draw(chunk, rng(1, Purpose.CONTENT, 3))
        assert content.x is not None
        return [content.x[row][chunk.valid[row]] for row in range(5)]

    for few, more in zip(stream(5), stream(6), strict=True):
        assert np.array_equal(few, more)


class Recorded(Coins):
    """A stream of few samples at times of its own, which reports when it changes."""

    def count(self, cohort: str, device: int) -> int | None:
        return 3

    def times_s(self, cohort: str, device: int) -> np.ndarray | None:
        return np.array([1.0, 2.0, 30.0, 40.0]) + device

    def changes_s(self, cohort: str, device: int) -> np.ndarray:
        return np.array([5.0 + device])


def test_a_stream_may_end_and_tell_its_times_and_changes(fleet_spec: SpecMaker) -> None:
    cohort = CohortSpec("a", 2, np.inf, "recorded", 1.0, lambda uniform: uniform)
    task = CustomTask(Recorded(), fleet_spec(DriftSpec("sudden", 20.0, to={"shift": 1.0}), cohorts=(cohort,)))
    arrivals, place = Arrivals(7, cohort, task.supply), BlockId(0, 0, 256)
    times_s = [arrivals.chunk(place, index)[0].time_s for index in range(5)]
    seen = [np.sort(np.concatenate([part[row][np.isfinite(part[row])] for part in times_s])) for row in range(3)]
    assert [one.tolist() for one in seen] == [[1.0, 2.0, 30.0], [2.0, 3.0, 31.0], []]
    assert [one.tolist() for one in task.changes(place)[:3]] == [[5.0, 20.0], [6.0, 20.0], [20.0]]


def broken(**changed: Any) -> Coins:
    own = Coins()
    for name, value in changed.items():
        setattr(own, name, value)
    return own


def chunk(change: Callable[[np.ndarray, np.ndarray], Any]) -> Any:
    def wrong(block: ChunkRequest, k: int, rng: np.random.Generator) -> Any:
        return change(np.zeros((*block.shape, 2, 3)), np.zeros(block.shape, int))

    return wrong


BROKEN = [
    ({"classes": 1}, "Coins.classes is 1"),
    ({"inputs": 2}, "Coins.inputs is 2"),
    ({"history": lambda rng: None}, "Coins.history returned NoneType"),
    (
        {"history": lambda rng: (np.zeros((50, 2)), np.zeros(50, int))},
        "Coins.history: x is [50, 2]; wanted: [50, 2, 3]",
    ),
    ({"history": lambda rng: (np.zeros((5, 2, 3)), np.zeros(5, int))}, "Coins.history: 5 rows"),
    (
        {"history": lambda rng: (np.where(rng.random((50, 2, 3)) < 0.1, np.nan, 0.0), np.zeros(50, int))},
        "Coins.history: x holds a value that is not finite",
    ),
    ({"history": lambda rng: (np.zeros((50, 2, 3)), np.full(50, 2))}, "Coins.history: y holds 2; classes are 0 to 1"),
    ({"chunk": chunk(lambda x, y: x)}, "Coins.chunk returned ndarray; wanted: (x, y) or (x, y, best)"),
    ({"chunk": chunk(lambda x, y: (x[:, :1], y))}, "Coins.chunk: x is [256, 1, 2, 3]; wanted: [256, 2, 2, 3]"),
    ({"chunk": chunk(lambda x, y: (x, y[:1]))}, "Coins.chunk: y is [1, 2]; wanted: [256, 2]"),
    ({"chunk": chunk(lambda x, y: (x, y + 0.5))}, "Coins.chunk: y holds float64; wanted: whole numbers"),
    ({"chunk": chunk(lambda x, y: (x, y - 1))}, "Coins.chunk: y holds -1; classes are 0 to 1"),
    ({"chunk": chunk(lambda x, y: (x, y, y + 2))}, "Coins.chunk: best holds 2"),
    ({"chunk": chunk(lambda x, y: (x + np.nan, y))}, "Coins.chunk: x holds a value that is not finite"),
    ({"chunk": chunk(lambda x, y: (x.astype(str), y))}, "Coins.chunk: x holds <U"),
]


@pytest.mark.parametrize(("changed", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_a_stream_that_breaks_its_contract_is_told_at_once(
    fleet_spec: SpecMaker, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        CustomTask(broken(**changed), fleet_spec())


def test_there_is_no_oracle_without_a_best_answer(fleet_spec: SpecMaker) -> None:
    silent = broken(chunk=chunk(lambda x, y: (x, y)))
    with pytest.raises(InputError, match="there is no oracle") as caught:
        CustomTask(silent, fleet_spec(references=("static", "oracle_bayes")))
    assert caught.value.about == "references"
    CustomTask(silent, fleet_spec(references=("static",)))


@pytest.mark.parametrize("to", [{"blur": 1.0}, {"labels": {"prior": [0.5, 0.5]}}])
def test_drift_that_the_stream_does_not_know_is_refused(fleet_spec: SpecMaker, to: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        CustomTask(Coins(), fleet_spec(DriftSpec("sudden", 1.0, to=to)))
    assert caught.value.about.startswith("drift")


def test_options_that_it_does_not_take_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Coins: .*'gab'"):
        options_for(Coins, {"gab": 3})
