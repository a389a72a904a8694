"""The ground truth of a schedule is what its samples follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from agents.contract import CohortSpec, DriftSpec
from agents.drift.concept_intervals import ConceptIntervals
from agents.drift.schedule import Schedule, make_schedule
from agents.streams.base import BlockId

NEUTRAL = {"rotate": 0.0, "noise": 0.0}
BLOCK = BlockId(0, 0, 256)
END_S = 600.0
KINDS: dict[str, dict[str, Any]] = {
    "sudden": {"to": {"rotate": 90.0}},
    "gradual": {"over_s": 80.0, "to": {"rotate": 90.0}},
    "sigmoid": {"over_s": 80.0, "to": {"rotate": 90.0}, "options": {"mixing": "sigmoid"}},
    "incremental": {"over_s": 80.0, "to": {"rotate": 90.0}, "options": {"steps": 5}},
    "recurring": {"every_s": 37.0, "between": ({"rotate": 90.0}, {}, {"noise": 0.5})},
    "blip": {"to": {"rotate": 90.0}, "options": {"for": 45.0}},
    "random_walk": {"every_s": 7.0, "to": {"rotate": 90.0}, "options": {"step": 0.3, "steps": 6}},
}
ONSETS: dict[str, dict[str, Any]] = {
    "everyone": {},
    "wave": {"wave": {"crosses_fleet_in": 100.0}},
    "groups": {"groups": {"count": 3, "apart": 50.0}},
    "independent": {"independent": {"within": 200.0}},
}


def line(kind: str, onset: str = "everyone", at_s: float = 100.0, **changed: Any) -> DriftSpec:
    own = {**KINDS[kind], **changed}
    options = {**own.pop("options", {}), **ONSETS[onset]}
    return DriftSpec("gradual" if kind == "sigmoid" else kind, at_s, options=options, **own)


def schedule(*drift: DriftSpec, seed: int = 3, devices: int = 300) -> Schedule:
    cohorts = [CohortSpec(name, devices, 1.0, "poisson", 1.0, None) for name in ("phones", "watches")]
    return make_schedule(drift, cohorts, NEUTRAL, 10, seed, END_S)


def share_at(reported: ConceptIntervals, row: int, time_s: float) -> dict[int, tuple[float, float]]:
    """Return concept -> shares at the ends of the stretch that a device is in."""
    here = (reported.row == row) & (reported.from_s < time_s) & (time_s <= reported.until_s)
    ends = zip(reported.share_from[here].tolist(), reported.share_until[here].tolist(), strict=True)
    return dict(zip(reported.concept[here].tolist(), ends, strict=True))


def drawn(made: Schedule, time_s: np.ndarray, samples: int = 1) -> np.ndarray:
    """Return the concepts of samples at ``time_s`` for every device: [devices, times * samples]."""
    times_s = np.broadcast_to(np.repeat(time_s, samples), (BLOCK.width, len(time_s) * samples))
    return made.concept(BLOCK, times_s, np.random.default_rng(1).random(times_s.shape))


@pytest.mark.parametrize("onset", ONSETS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_follows_a_concept_that_is_told_and_no_other(kind: str, onset: str) -> None:
    made = schedule(line(kind, onset, share=0.7))
    reported = made.concept_intervals(BLOCK)
    times_s = np.sort(np.random.default_rng(2).uniform(0, END_S, 150))
    # At the very moments of change too, and just after.
    moments_s = np.unique(reported.from_s[reported.row < 3])
    times_s = np.concatenate([times_s, moments_s[moments_s > 0], np.nextafter(moments_s, np.inf)])
    concept = drawn(made, times_s)
    for row in (0, 1, 2, 100, 255):
        for column, time_s in enumerate(times_s.tolist()):
            shares = share_at(reported, row, time_s)
            assert concept[row, column] in shares
            if len(shares) == 1:
                assert shares == {int(concept[row, column]): (1.0, 1.0)}


@pytest.mark.parametrize("onset", ONSETS)
@pytest.mark.parametrize("kind", KINDS)
def test_stretches_cover_the_run_without_gap_and_shares_sum_to_one(kind: str, onset: str) -> None:
    reported = schedule(line(kind, onset, share=0.7), line("gradual", at_s=150.0)).concept_intervals(BLOCK)
    for row in (0, 17, 255):
        mine = reported[reported.row == row]
        edges_s = np.unique(np.concatenate([mine.from_s, mine.until_s]))
        assert edges_s[0] == 0.0
        assert edges_s[-1] == END_S
        assert (mine.until_s > mine.from_s).all()
        for time_s in (edges_s[:-1] + edges_s[1:]) / 2:
            shares = np.array(list(share_at(reported, row, time_s).values()))
            assert shares.sum(0) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("kind", ["gradual", "sigmoid"])
def test_shares_while_mixing_are_those_that_are_told(kind: str) -> None:
    made = schedule(line(kind), line("gradual", at_s=140.0, over_s=100.0, to={"noise": 0.5}))
    reported = made.concept_intervals(BLOCK)
    for time_s in np.unique(reported.until_s[(reported.row == 0) & (reported.share_until < 1)]).tolist():
        shares = {concept: until for concept, (_, until) in share_at(reported, 0, time_s).items()}
        counts = np.bincount(drawn(made, np.array([time_s]), 200).ravel(), minlength=3)
        wanted = np.array([shares.get(concept, 0.0) for concept in range(3)]) * counts.sum()
        assert (counts[wanted == 0] == 0).all()
        if (wanted > 0).sum() > 1:
            assert chisquare(counts[wanted > 0], wanted[wanted > 0]).pvalue > 1e-3


def test_what_is_told_of_plain_lines_is_short() -> None:
    made = schedule(line("gradual"), line("sudden", at_s=300.0, share=0.5, to={}), line("blip", at_s=400.0))
    reported = made.concept_intervals(BLOCK)
    mine = reported[reported.row == int(np.flatnonzero(made.entries[1].start_s(BLOCK, 3) < np.inf)[0])]
    rows = zip(mine.from_s, mine.until_s, mine.concept, mine.share_from, mine.share_until, strict=True)
    assert [tuple(map(float, row)) for row in rows] == [
        (0, 100, 0, 1, 1),
        (100, 180, 0, 1, 0),
        (100, 180, 1, 0, 1),
        (180, 300, 1, 1, 1),
        (300, 400, 0, 1, 1),
        (400, 445, 1, 1, 1),
        (445, 600, 0, 1, 1),
    ]


def test_without_drift_the_first_world_reigns_for_ever() -> None:
    reported = schedule().concept_intervals(BLOCK)
    assert len(reported.row) == 256
    assert (reported.until_s == END_S).all()
    assert schedule().changes(BLOCK) == [] or all(len(times_s) == 0 for times_s in schedule().changes(BLOCK))


lines = st.lists(
    st.builds(
        line,
        st.sampled_from(list(KINDS)),
        st.sampled_from(list(ONSETS)),
        at_s=st.floats(0, 500),
        share=st.sampled_from([0.4, 1.0]),
        cohort=st.sampled_from([None, "phones", "watches"]),
    ),
    min_size=1,
    max_size=3,
)


@given(lines=lines, seed=st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_any_lines_together_are_told_as_they_are_drawn(lines: list[DriftSpec], seed: int) -> None:
    made = schedule(*lines, seed=seed)
    reported = made.concept_intervals(BLOCK)
    times_s = np.random.default_rng(seed).uniform(0, END_S, 40)
    concept = drawn(made, times_s)
    for row in (0, 9, 200):
        assert all(
            concept[row, column] in share_at(reported, row, time_s) for column, time_s in enumerate(times_s.tolist())
        )


@given(lines=lines, seed=st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_a_change_counts_only_where_what_is_told_changes(lines: list[DriftSpec], seed: int) -> None:
    made = schedule(*lines, seed=seed)
    reported, changes_s = made.concept_intervals(BLOCK), made.changes(BLOCK)
    for row in (0, 9, 200):
        assert (np.diff(changes_s[row]) > 0).all()
        for time_s in changes_s[row].tolist():
            before = set(share_at(reported, row, time_s)) if time_s > 0 else {0}
            after = share_at(reported, row, float(np.nextafter(time_s, np.inf)))
            assert before != set(after) or any(first != last for first, last in after.values())


@given(lines=lines)
@settings(max_examples=30, deadline=None)
def test_more_devices_and_other_blocks_change_none_of_the_devices(lines: list[DriftSpec]) -> None:
    made, larger = schedule(*lines), schedule(*lines, devices=5000)
    time_s = np.random.default_rng(5).uniform(0, END_S, (256, 30))
    generator = np.random.default_rng(6).random(time_s.shape)
    concept = made.concept(BLOCK, time_s, generator)
    assert (larger.concept(BLOCK, time_s, generator) == concept).all()
    narrow = [
        made.concept(
            BlockId(0, block, 64), time_s[64 * block : 64 * (block + 1)], generator[64 * block : 64 * (block + 1)]
        )
        for block in (3, 0, 2, 1)
    ]
    assert (np.concatenate([narrow[1], narrow[3], narrow[2], narrow[0]]) == concept).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_access_never_matters(kind: str) -> None:
    time_s = np.random.default_rng(5).uniform(0, END_S, (256, 30))
    generator = np.random.default_rng(6).random(time_s.shape)
    forward, backward = schedule(line(kind, "wave")), schedule(line(kind, "wave"))
    columns = [forward.concept(BLOCK, time_s[:, [k]], generator[:, [k]]) for k in range(30)]
    reverse = [backward.concept(BLOCK, time_s[:, [k]], generator[:, [k]]) for k in reversed(range(30))][::-1]
    assert (np.concatenate(columns, 1) == np.concatenate(reverse, 1)).all()
    assert (forward.concept(BLOCK, time_s, generator) == np.concatenate(columns, 1)).all()


@pytest.mark.parametrize(("onset", "spread_s"), [("wave", 100.0), ("independent", 200.0)])
@pytest.mark.parametrize("kind", KINDS)
def test_drift_times_follow_the_law_of_their_front(kind: str, onset: str, spread_s: float) -> None:
    made = schedule(line(kind, onset))
    first_s = np.array([times_s[0] for times_s in made.changes(BLOCK) if len(times_s)])
    if kind == "random_walk":
        # Some devices stay on the lowest level for a few steps: they start on the grid of their own time.
        first_s = made.entries[0].start_s(BLOCK, 3)
    assert kstest((first_s - 100.0) / spread_s, "uniform").pvalue > 1e-3


def test_a_random_walk_changes_at_every_change_of_level() -> None:
    made = schedule(line("random_walk"))
    concept = drawn(made, np.arange(100.0, END_S, 7.0) + 1.0)
    changes_s = made.changes(BLOCK)
    for row in (0, 77):
        switched = np.flatnonzero(np.diff(np.r_[0, concept[row]]))
        assert changes_s[row].tolist() == (100.0 + 7.0 * switched).tolist()
    assert len({tuple(one.tolist()) for one in concept}) > 200


def test_a_random_walk_fills_its_ladder_evenly_in_the_long_run() -> None:
    made = schedule(line("random_walk", every_s=0.5, at_s=0.0))
    level = drawn(made, np.array([END_S]))[:, 0]
    # The two levels at the ends stand for half a step each.
    wanted = np.array([1, 2, 2, 2, 2, 2, 1]) / 12 * 256
    assert chisquare(np.bincount(level, minlength=7), wanted).pvalue > 1e-3


def test_a_blip_brings_back_what_went_on_below_it() -> None:
    made = schedule(line("recurring"), line("blip", at_s=130.0, to={"noise": 0.1}))
    below = schedule(line("recurring"))
    times_s = np.array([120.0, 131.0, 170.0, 175.0, 175.1, 200.0])
    assert (drawn(made, times_s) == drawn(below, times_s))[0].tolist() == [True, False, False, False, True, True]


def test_a_ladder_may_set_out_from_a_walk() -> None:
    made = schedule(line("random_walk", at_s=50.0), line("incremental", at_s=200.0, to={"noise": 1.0}))
    assert {made.concepts[k].name for k in np.unique(drawn(made, np.array([300.0])))} == {"noise 1"}
    assert len(np.unique(drawn(made, np.array([205.0])))) > 4


def test_the_truth_about_many_switches_of_many_devices_comes_at_once() -> None:
    made = schedule(line("recurring", "wave", every_s=0.5), line("random_walk", "independent", at_s=300.0))
    reported = made.concept_intervals(BLOCK)
    assert len(reported.row) > 100_000
    assert (np.bincount(reported.row) > 300).all()
