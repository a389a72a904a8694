"""No method ever sees a label before it is due, whatever labels, triggers and methods are like."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import peeking
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.data_plane import Fleet
from agents.pools.inline import InlinePool
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId
from sim.run.assembly import assemble
from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario, load

DEVICES, DURATION_S = 6, 60.0
BLOCK = BlockId(0, 0, 256)
DELAYS = [
    "0 s",
    "7 s",
    "59 s",
    "1000000 h",
    {"uniform": {"low": "0 s", "high": "20 s"}},
    {"exponential": {"mean": "8 s"}},
    {"lognormal": {"median": "3 s", "sigma": 2.0}},
]
TRIGGERS = [
    {"kind": "periodic", "every": "3 s"},
    {"kind": "periodic", "every": "10 s", "phase": "0 s"},
    {"kind": "poisson", "rate": "20 /min"},
    {"kind": "every_samples", "n": 4},
    {"kind": "at", "times": ["0 s", "9 s", "59 s"]},
]

labels = st.one_of(
    st.just({}),
    st.just({"labels": {"share": "0 %"}}),
    st.builds(
        lambda share, after: {"labels": {"share": share, "after": after}},
        st.sampled_from(["100 %", "60 %", "3 %"]),
        st.sampled_from(DELAYS),
    ),
)
worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1000),
        "labels": labels,
        "trigger": st.sampled_from(TRIGGERS),
        "arrivals": st.sampled_from(["poisson", "periodic"]),
        "window": st.sampled_from([1, 5, 30]),
        "needs": st.booleans(),
        "queue": st.sampled_from(["drop", "replace", "queue"]),
        "eager": st.booleans(),
    }
)


def scenario(world: dict[str, Any], folder: Path) -> Scenario:
    cohort = {"cohort": "phones", "devices": DEVICES, "link": "line", **world["labels"]}
    whole = {
        "version": 1,
        "seed": world["seed"],
        "duration": f"{DURATION_S} s",
        "tick": "5 s",
        "task": {"data": "peeking:Clock", "model": "logistic", "pretrain": {"epochs": 0}},
        "fleet": [cohort | {"samples": {"every": "1500 ms", "arrivals": world["arrivals"]}}],
        "links": {"line": {"up": "100 kbit/s", "down": "100 kbit/s", "latency": "300 ms", "jitter": "2 s"}},
        "method": {
            "adapter": {"kind": "peeking:Spy", "window": world["window"], "labels": world["needs"]},
            "trigger": world["trigger"],
            "in_flight": world["queue"],
        },
        "references": [],
    }
    file = folder / "world.yaml"
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return load(file, allow_plugins=True)


def play(played: Scenario, eager: bool) -> list[peeking.Shown]:
    """Play a scenario in this process, and return everything that its method was shown."""
    peeking.LOG.shown.clear()
    live = assemble(played, eager=eager)
    plane = live.simulation.plane
    assert isinstance(plane, Fleet)
    assert isinstance(plane._pool, InlinePool)
    for stack in plane._pool._groups:
        stack.collect = partial(_ordered_when, stack.collect)  # type: ignore[method-assign]
    live.simulation.run()
    return list(peeking.LOG.shown)


def _ordered_when(collect: Any, rows: np.ndarray, at_s: np.ndarray, tickets: list[int]) -> Any:
    peeking.LOG.asks(rows, at_s)
    return collect(rows, at_s, tickets)


def truth(played: Scenario) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return when each device's samples come and when their labels are due, from the arrivals alone."""
    spec = fleet_spec(played, ())
    arrivals = Arrivals(spec.seed, spec.cohorts[0])
    cells = [arrivals.chunk(BLOCK, index) for index in range(int(DURATION_S / arrivals.chunk_s) + 2)]
    time_s = np.concatenate([cell.time_s for cell, _ in cells], 1)
    due_s = np.concatenate([due_s for _, due_s in cells], 1)
    order = [row.argsort(kind="stable") for row in time_s]
    return [(time_s[row][order[row]], due_s[row][order[row]]) for row in range(DEVICES)]


def check(shown: peeking.Shown, time_s: np.ndarray, due_s: np.ndarray, window: int, needs_labels: bool) -> int:
    """Check what a device was shown against what it may know; return how many labels it was shown."""
    which = np.abs(time_s[:, None] - shown.time_s).argmin(0) if len(shown.time_s) else np.zeros(0, int)
    assert np.abs(time_s[which] - shown.time_s).max(initial=0.0) < 1e-6
    assert (np.diff(which) > 0).all()
    assert (time_s[which] <= shown.at_s).all()
    due = due_s[which] <= shown.at_s
    assert ((shown.label >= 0) == due).all()
    if needs_labels:
        assert due.all()
    else:
        newest = np.flatnonzero(time_s <= shown.at_s)[-window:]
        assert which.tolist() == newest.tolist()
    return int(due.sum())


@given(world=worlds)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nobody_peeks(world: dict[str, Any], tmp_path: Path) -> None:
    played = scenario(world, tmp_path)
    shown, known = play(played, world["eager"]), truth(played)
    assert shown or world["trigger"]["kind"] in ("poisson", "every_samples")
    reported = sum(check(one, *known[one.row], world["window"], world["needs"]) for one in shown)
    if world["labels"] in ({}, {"labels": {"share": "0 %"}}):
        assert reported == 0


@pytest.mark.parametrize("delay", ["0 s", "7 s", {"uniform": {"low": "0 s", "high": "20 s"}}])
def test_what_is_due_is_shown_newest_first_to_go(delay: Any, tmp_path: Path) -> None:
    world = {
        "seed": 4,
        "labels": {"labels": {"share": "70 %", "after": delay}},
        "trigger": TRIGGERS[0],
        "arrivals": "poisson",
        "window": 5,
        "needs": True,
        "queue": "drop",
    }
    played = scenario(world, tmp_path)
    known, reported = truth(played), 0
    for one in play(played, eager=False):
        time_s, due_s = known[one.row]
        newest = np.flatnonzero((time_s <= one.at_s) & (due_s <= one.at_s))[-5:]
        assert one.time_s == pytest.approx(time_s[newest], abs=1e-6)
        reported += len(newest)
    assert reported > 200


def test_a_spy_that_is_shown_too_much_is_noticed() -> None:
    time_s, due_s = np.arange(5.0), np.arange(5.0) + 2.0
    honest = peeking.Shown(3.0, 0, time_s[:4], np.array([1, 0, -1, -1]))
    assert check(honest, time_s, due_s, 4, needs_labels=False) == 2
    with pytest.raises(AssertionError):
        check(peeking.Shown(3.0, 0, time_s[:4], np.array([1, 0, 1, -1])), time_s, due_s, 4, needs_labels=False)
    with pytest.raises(AssertionError):
        check(peeking.Shown(3.0, 0, time_s, np.full(5, -1)), time_s, due_s, 5, needs_labels=False)
