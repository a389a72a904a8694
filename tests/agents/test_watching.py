"""What detectors are shown, and when; and that they go on from a checkpoint in the middle of it all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.contract import Watch
from agents.evaluation.watching import Watching

WIDTH, BLOCKS = 4, 2
ERROR = Watch("error", "page_hinkley", (("threshold", 2.0), ("minimum", 5)))
ENTROPY = Watch("entropy", "ewma", (("minimum", 5), ("threshold", 2.0)))


def samples(seed: int, ticks: int) -> list[tuple[Any, Any]]:
    """Return evaluated samples tick by tick, with labels that come late and out of order, or never."""
    generator, made = np.random.default_rng(seed), []
    for tick in range(ticks):
        count = generator.integers(0, 9, WIDTH * BLOCKS)
        time_s = np.concatenate([np.sort(tick + generator.random(own)) for own in count])
        late_s = np.where(generator.random(len(time_s)) < 0.8, generator.exponential(2.0, len(time_s)), np.inf)
        error = (generator.random(len(time_s)) < (0.2 if tick < ticks / 2 else 0.8)).astype(float)
        batch = SimpleNamespace(rows=np.arange(WIDTH * BLOCKS), count=count, time_s=time_s, due_s=time_s + late_s)
        made.append((batch, SimpleNamespace(signals={"error": error, "entropy": generator.gamma(1.0 + error)})))
    return made


def play(watching: Watching, made: list[tuple[Any, Any]], first: int = 0) -> list[dict[str, list[int]]]:
    """Let ticks pass; return the devices with alarms, tick by tick."""
    raised = []
    for tick, (batch, verdict) in enumerate(made, first):
        watching.note(batch, verdict)
        watching.advance(tick + 1.0)
        raised.append({name: np.flatnonzero(own).tolist() for name, own in watching.alarms(WIDTH * BLOCKS).items()})
    return raised


def fresh() -> Watching:
    return Watching([ERROR, ENTROPY], WIDTH * BLOCKS)


@pytest.mark.parametrize("cut", [1, 7, 12])
def test_a_checkpoint_in_the_middle_of_a_window_changes_no_alarm(cut: int) -> None:
    made = samples(1, 24)
    whole = play(fresh(), made)
    assert sum(len(own) for one in whole for own in one.values()) > 10
    before, after = fresh(), fresh()
    assert play(before, made[:cut]) == whole[:cut]
    kept = [before.checkpoint(slice(first, first + WIDTH)) for first in range(0, WIDTH * BLOCKS, WIDTH)]
    play(before, made[cut:], cut)
    after.restore(kept)
    assert play(after, made[cut:], cut) == whole[cut:]


def test_labels_are_seen_when_they_are_due_and_in_that_order() -> None:
    shown: list[float] = []

    class Recording(Watching):
        def _update(self, watch: Watch, rows: np.ndarray, values: np.ndarray, valid: np.ndarray) -> None:
            shown.extend(values[valid].tolist())

    watching = Recording([ERROR], 1)
    time_s, due_s = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([5.0, 0.9, 1.0, np.inf, 0.7])
    batch = SimpleNamespace(rows=np.array([0]), count=np.array([5]), time_s=time_s, due_s=due_s)
    watching.note(batch, SimpleNamespace(signals={"error": np.arange(5.0)}))
    watching.advance(1.0)
    assert shown == [4.0, 1.0, 2.0]
    watching.advance(4.9)
    assert shown == [4.0, 1.0, 2.0]
    watching.advance(5.0)
    assert shown == [4.0, 1.0, 2.0, 0.0]


def test_a_detector_that_is_new_after_a_fork_starts_afresh() -> None:
    made = samples(2, 16)
    other, joined = Watching([ENTROPY], WIDTH * BLOCKS), fresh()
    play(other, made[:8])
    joined.restore([other.checkpoint(slice(0, WIDTH)), other.checkpoint(slice(WIDTH, 2 * WIDTH))])
    late = Watching([ERROR], WIDTH * BLOCKS)
    assert [one[ERROR.alarm] for one in play(joined, made[8:], 8)] == [
        one[ERROR.alarm] for one in play(late, made[8:], 8)
    ]


def test_nothing_watched_keeps_nothing() -> None:
    assert Watching([], WIDTH).checkpoint(slice(0, WIDTH)) == {}
