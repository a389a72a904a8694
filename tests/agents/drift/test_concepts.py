from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.drift.concepts import Concept, between, read_concept

NEUTRAL = {"rotate": 0.0, "contrast": 1.0}


def read(**raw: Any) -> Concept:
    return read_concept(raw, NEUTRAL, 3)


def test_neutral_strengths_are_the_original_world() -> None:
    assert read(rotate=0.0, contrast=1.0) == read() == Concept()
    assert read().name == "original"


def test_a_name_tells_everything() -> None:
    concept = read(rotate=90.0, labels={"prior": [1, 1, 2], "swap": [[2, 0]]})
    assert concept.name == "rotate 90 + prior + swap 0-2"
    assert concept.prior == (0.25, 0.25, 0.5)


def test_a_swap_exchanges_two_labels_and_keeps_the_others() -> None:
    relabelled = read(labels={"swap": [[0, 2]]}).relabel(np.array([0, 1, 2, 2]), 3)
    assert relabelled.tolist() == [2, 1, 0, 0]
    assert relabelled.dtype == np.int16


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"spin": 1.0}, "'spin'"),
        ({"labels": {"priors": [1, 1, 1]}}, "'priors'"),
        ({"labels": {"prior": [1, 1]}}, "3 weights"),
        ({"labels": {"prior": [0, 0, 0]}}, "above 0"),
        ({"labels": {"prior": [1, -1, 1]}}, ">= 0"),
        ({"labels": {"swap": [[0, 3]]}}, "0 to 2"),
        ({"labels": {"swap": [[0, 1], [1, 2]]}}, "once"),
    ],
)
def test_what_makes_no_concept_is_refused_by_name(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(**raw)


def test_half_way_is_half_the_strength_from_neutral_or_from_the_origin() -> None:
    assert between(read(), read(rotate=90.0), 0.5, NEUTRAL) == read(rotate=45.0)
    half = between(read(rotate=90.0), read(contrast=0.5), 0.5, NEUTRAL)
    assert half == read(rotate=45.0, contrast=0.75)
    assert between(read(rotate=30.0), read(rotate=90.0), 1.0, NEUTRAL) == read(rotate=90.0)


def test_priors_move_step_by_step_but_swaps_do_not() -> None:
    start, end = read(labels={"prior": [1, 1, 2]}), read(labels={"prior": [2, 1, 1]})
    assert between(start, end, 0.5, NEUTRAL).prior == pytest.approx((0.375, 0.25, 0.375))
    with pytest.raises(ValueError, match="swap"):
        between(read(), read(labels={"swap": [[0, 1]]}), 0.5, NEUTRAL)
    with pytest.raises(ValueError, match="another prior"):
        between(read(), end, 0.5, NEUTRAL)


def test_a_zoom_moves_by_factors_and_a_shift_by_steps() -> None:
    neutral = {"scale": 1.0, "translate_x": 0.0, "translate_y": 0.0}
    start, end = (read_concept(raw, neutral, 3) for raw in ({}, {"scale": 4.0, "translate": [0.2, -0.4]}))
    assert dict(between(start, end, 0.5, neutral).strengths) == {
        "scale": pytest.approx(2.0),
        "translate_x": pytest.approx(0.1),
        "translate_y": pytest.approx(-0.2),
    }


@pytest.mark.parametrize("raw", [{"invert": True}, {"permute_pixels": 0}, {"labels": {"permute": 1}}])
def test_a_choice_has_no_half_but_may_stay_as_it_is(raw: dict[str, Any]) -> None:
    neutral = {"rotate": 0.0, "invert": 0.0, "permute_pixels": -1.0}
    start, turned = read_concept(raw, neutral, 3), read_concept({**raw, "rotate": 90.0}, neutral, 3)
    with pytest.raises(ValueError, match="step by step"):
        between(read_concept({}, neutral, 3), start, 0.5, neutral)
    assert between(start, turned, 0.5, neutral) == read_concept({**raw, "rotate": 45.0}, neutral, 3)


def test_names_of_all_that_is_not_a_transform() -> None:
    concept = read(labels={"dirichlet": 0.3, "swap": [[0, 1]], "permute": 2}, arrivals=0.5)
    assert concept.name == "dirichlet 0.3 + swap 0-1 + permute 2 + arrivals 0.5"
    with pytest.raises(ValueError, match="exclude each other"):
        read(labels={"dirichlet": 0.3, "prior": [1, 1, 1]})
    with pytest.raises(ValueError, match="above 0"):
        read(labels={"dirichlet": 0.0})


def test_the_rate_of_samples_moves_step_by_step() -> None:
    assert between(read(), read(arrivals=3.0), 0.5, NEUTRAL).arrivals == 2.0
