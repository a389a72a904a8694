from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from agents.contract import CohortSpec, DriftSpec
from agents.drift.schedule import Schedule, in_force, make_schedule
from agents.streams.base import BlockId

NEUTRAL = {"rotate": 0.0, "noise": 0.0}
BLOCK = BlockId(0, 0, 256)


def schedule(*drift: DriftSpec, seed: int = 3) -> Schedule:
    cohorts = [CohortSpec(name, 300, 1.0, "poisson", 1.0, None) for name in ("phones", "watches")]
    return make_schedule(drift, cohorts, NEUTRAL, 10, seed, 1000.0)


def drift(kind: str, at_s: float, **rest: Any) -> DriftSpec:
    return DriftSpec(kind, at_s, **rest)


def reigning(made: Schedule, at_s: float, samples: int = 64, place: BlockId = BLOCK) -> np.ndarray:
    """Return the concepts of samples that all come at ``at_s``: [devices, samples]."""
    generator = np.random.default_rng(int(at_s * 8)).random((place.width, samples))
    return made.concept(place, np.full(generator.shape, at_s), generator)


def test_a_change_is_in_force_strictly_after_its_time() -> None:
    made = schedule(drift("sudden", 10.0, to={"rotate": 90.0}))
    assert (reigning(made, 10.0) == 0).all()
    assert (reigning(made, np.nextafter(10.0, 11.0)) == 1).all()
    assert in_force(10.0, np.array([9.0, 10.0, 10.5])).tolist() == [False, False, True]


def test_the_last_line_reigns_and_replaces_fully() -> None:
    made = schedule(
        drift("sudden", 20.0, to={}),
        drift("sudden", 10.0, to={"rotate": 90.0}),
        drift("sudden", 15.0, to={"noise": 0.5}),
    )
    assert made.concepts[1].name == "rotate 90"
    assert [int(reigning(made, at_s)[0, 0]) for at_s in (5, 12, 17, 25)] == [0, 1, 2, 0]
    assert made.concepts[2].name == "noise 0.5"
    assert made.changes(BLOCK)[0].tolist() == [10.0, 15.0, 20.0]


@pytest.mark.parametrize(("mixing", "quarter"), [("linear", 0.25), ("sigmoid", 0.0450)])
def test_gradual_drift_mixes_as_it_says(mixing: str, quarter: float) -> None:
    made = schedule(drift("gradual", 100.0, over_s=80.0, to={"rotate": 90.0}, options={"mixing": mixing}))
    for at_s, share in ((120.0, quarter), (140.0, 0.5), (160.0, 1.0 - quarter)):
        new = int((reigning(made, at_s, 200) == 1).sum())
        expected = share * BLOCK.width * 200
        assert chisquare([new, BLOCK.width * 200 - new], [expected, BLOCK.width * 200 - expected]).pvalue > 1e-3
    assert (reigning(made, 100.0) == 0).all()
    assert (reigning(made, 180.0) == 1).all()


def test_two_gradual_lines_mix_independently() -> None:
    first = drift("gradual", 100.0, over_s=100.0, to={"rotate": 90.0})
    second = drift("gradual", 100.0, over_s=100.0, to={"noise": 0.5})
    concept = reigning(schedule(first, second), 150.0, 200)
    counts = np.bincount(concept.ravel(), minlength=3)
    assert chisquare(counts, counts.sum() * np.array([0.25, 0.25, 0.5])).pvalue > 1e-3


def test_incremental_drift_climbs_a_ladder_of_strengths() -> None:
    made = schedule(drift("incremental", 100.0, over_s=16.0, to={"rotate": 80.0}))
    strengths = [dict(made.concepts[int(reigning(made, at_s)[0, 0])].strengths) for at_s in (101, 104, 108, 200)]
    assert [one["rotate"] for one in strengths] == [5.0, 20.0, 40.0, 80.0]
    assert made.changes(BLOCK)[7].tolist() == [100.0]


def test_incremental_drift_sets_out_from_what_reigned() -> None:
    made = schedule(
        drift("sudden", 50.0, share=0.5, to={"rotate": 40.0}),
        drift("incremental", 100.0, over_s=16.0, to={"rotate": 80.0}),
    )
    half_way = [dict(made.concepts[k].strengths)["rotate"] for k in np.unique(reigning(made, 108.0))]
    assert sorted(half_way) == [40.0, 60.0]


def test_incremental_drift_may_be_crossed_by_another() -> None:
    made = schedule(
        drift("incremental", 100.0, over_s=100.0, to={"rotate": 80.0}),
        drift("incremental", 150.0, over_s=100.0, to={"rotate": 0.0, "noise": 0.8}),
    )
    halfway = made.concepts[int(reigning(made, 200.0)[0, 0])]
    assert halfway.name == "noise 0.4 + rotate 40"
    assert made.concepts[int(reigning(made, 300.0)[0, 0])].name == "noise 0.8"


def test_recurring_drift_goes_around() -> None:
    made = schedule(drift("recurring", 10.0, every_s=5.0, between=({"rotate": 90.0}, {})))
    assert [int(reigning(made, at_s)[0, 0]) for at_s in (10, 10.1, 15, 15.1, 20, 20.1)] == [0, 1, 1, 0, 0, 1]
    assert made.changes(BLOCK)[0].tolist() == np.arange(10.0, 1000.0, 5.0).tolist()


@given(at_s=st.floats(0, 900), every_s=st.floats(0.5, 90), turns=st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_recurring_switches_are_exactly_the_changes(at_s: float, every_s: float, turns: int) -> None:
    made = schedule(drift("recurring", at_s, every_s=every_s, between=({"rotate": 90.0}, {"noise": 1.0})))
    changes_s = made.changes(BLOCK)[0]
    for change_s in changes_s[: turns + 1]:
        before, after = (
            reigning(made, change_s, 1)[0, 0],
            reigning(made, np.nextafter(change_s, np.inf), 1)[0, 0],
        )
        assert before != after


def test_shares_are_nested_and_the_same_on_every_line() -> None:
    made = schedule(
        drift("sudden", 10.0, share=0.3, to={"rotate": 90.0}),
        drift("sudden", 20.0, share=0.3, to={}),
    )
    touched = (reigning(made, 15.0) == 1).all(axis=1)
    assert 0.2 < touched.mean() < 0.4
    assert (reigning(made, 25.0) == 0).all()
    wider = schedule(drift("sudden", 10.0, share=0.6, to={"rotate": 90.0}))
    assert (reigning(wider, 15.0)[touched] == 1).all()


def test_membership_follows_the_device_whatever_the_block_width() -> None:
    made = schedule(drift("sudden", 10.0, share=0.5, to={"rotate": 90.0}))
    wide = reigning(made, 15.0, 1)[:, 0]
    narrow = [reigning(made, 15.0, 1, BlockId(0, block, 64))[:, 0] for block in range(4)]
    assert wide.tolist() == np.concatenate(narrow).tolist()


def test_another_cohort_is_not_touched() -> None:
    made = schedule(drift("sudden", 10.0, cohort="watches", to={"rotate": 90.0}))
    assert (reigning(made, 15.0) == 0).all()
    assert (reigning(made, 15.0, place=BlockId(1, 0, 256)) == 1).all()
    assert not len(made.changes(BLOCK)[0])


def test_a_wave_reaches_each_device_once_within_its_crossing() -> None:
    made = schedule(drift("sudden", 10.0, to={"rotate": 90.0}, options={"wave": {"crosses_fleet_in": 100.0}}))
    starts_s = np.concatenate(made.changes(BLOCK))
    assert len(starts_s) == BLOCK.width
    assert starts_s.min() >= 10.0
    assert starts_s.max() <= 110.0
    reached = (reigning(made, 60.0, 1) == 1)[:, 0]
    assert reached.tolist() == (starts_s < 60.0).tolist()


def test_a_line_that_changes_nothing_is_no_change() -> None:
    made = schedule(
        drift("sudden", 10.0, to={}),
        drift("sudden", 20.0, to={"rotate": 90.0}),
        drift("gradual", 30.0, over_s=10.0, to={"rotate": 90.0}),
    )
    assert made.changes(BLOCK)[0].tolist() == [20.0]


@given(
    lines=st.lists(
        st.tuples(st.sampled_from(["sudden", "gradual", "incremental"]), st.floats(0, 500), st.floats(1, 300)),
        max_size=4,
    ),
    at_s=st.floats(0.1, 1000),
)
@settings(max_examples=60, deadline=None)
def test_samples_do_not_depend_on_how_they_are_batched(lines: list[tuple[str, float, float]], at_s: float) -> None:
    specs = [
        drift(kind, start_s, over_s=over_s, share=0.7, to={"rotate": 10.0 * number}, options={"steps": 4})
        for number, (kind, start_s, over_s) in enumerate(lines)
    ]
    made = schedule(*specs)
    generator = np.random.default_rng(1).random((256, 6))
    time_s = at_s * np.linspace(0.5, 1.0, 6) * np.ones((256, 1))
    whole = made.concept(BLOCK, time_s, generator)
    parts = [made.concept(BLOCK, time_s[:, i : i + 1], generator[:, i : i + 1]) for i in range(6)]
    assert (whole == np.concatenate(parts, axis=1)).all()
    assert whole.min() >= 0
    assert whole.max() < len(made.concepts)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (drift("sideways", 1.0, to={}), "sideways"),
        (drift("sudden", 1.0, cohort="cars", to={}), "cars"),
        (drift("sudden", 1.0), "to is missing"),
        (drift("recurring", 1.0, every_s=5.0), "between is missing"),
        (drift("recurring", 1.0, between=({},)), "every=0.0 must be above 0"),
        (drift("incremental", 1.0, to={"rotate": 5.0}), "over=0.0 must be above 0"),
        (drift("incremental", 1.0, over_s=5.0, to={}, options={"steps": 0}), "steps=0"),
        (drift("gradual", 1.0, over_s=5.0, to={}, options={"mixing": "cubic"}), "cubic"),
    ],
)
def test_a_line_that_cannot_be_played_is_refused(spec: DriftSpec, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        schedule(spec)


def test_too_many_concepts_are_refused() -> None:
    lines = [drift("incremental", 10.0 * i, over_s=900.0, to={"rotate": float(i + 1)}) for i in range(4)]
    with pytest.raises(ValueError, match="2048 concepts"):
        schedule(*lines)
