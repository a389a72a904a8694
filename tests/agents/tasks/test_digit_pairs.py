"""Two cameras that look at one class: what each sees, what drift reaches, and what is said to be missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from agents.build import draw_blueprint
from agents.conformance.specs import spec_of
from agents.contract import COHORT_COLUMNS, DriftSpec, FleetSpec, InputError
from agents.methods.making import make_method
from agents.models.making import make_net
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, split_views
from agents.tasks.images.digit_pairs import VIEWS, DigitPairs
from agents.tasks.images.digits import Digits

WITHOUT = DriftSpec("sudden", 100.0, to={"missing": ["front"]})
TURNED = DriftSpec("sudden", 200.0, to={"rotate": 90.0})


def spec(**options: Any) -> FleetSpec:
    return replace(spec_of("digit_pairs", options), drift=(WITHOUT, TURNED))


@pytest.fixture(scope="module")
def task() -> DigitPairs:
    return DigitPairs(spec())


def sides(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    parts = split_views(x, VIEWS)
    return parts["front"], parts["side"]


def test_the_front_camera_sees_the_digits_and_the_side_camera_another_one_of_the_class(task: DigitPairs) -> None:
    digits = Digits(spec_of("digits", {}))
    front, side = sides(task.pool(0))
    assert torch.equal(front, digits.pool(0))
    assert np.array_equal(task.pool_labels[0], digits.pool_labels[0])
    clean = sides(DigitPairs(spec(side_noise=0.0)).pool(0))[1]
    label = task.pool_labels[0]
    # Every image of a class is one image's partner, and no image its own.
    for one in range(10):
        own, partners = front[label == one], clean[label == one]
        assert not (own == partners).flatten(1).all(1).any()
        assert torch.equal(_sorted(own), _sorted(partners))
    assert 0.05 < (side - clean).abs().mean() < 0.3


def _sorted(images: torch.Tensor) -> torch.Tensor:
    flat = images.flatten(1)
    return flat[np.lexsort(flat.numpy().T)]


def test_a_view_that_drift_takes_away_is_zeros_and_is_said_to_be_missing(task: DigitPairs) -> None:
    front, side = sides(task.pool(1))
    assert not front.any()
    assert torch.equal(side, sides(task.pool(0))[1])
    valid = np.ones((2, 3), bool)
    valid[0, 2] = False
    for at_s, there in ((50.0, [1, 1]), (150.0, [0, 1]), (250.0, [1, 1])):
        chunk = Chunk(BlockId(0, 0, 2), 3, np.where(valid, at_s, np.inf), valid)
        present = task.draw(chunk, rng(1, Purpose.CONTENT, 0)).present
        assert present is not None
        assert present.dtype == np.uint8
        assert (present[valid] == there).all()
        assert not present[~valid].any()


@pytest.mark.parametrize(
    ("drifts", "moved"), [("both", [True, True]), ("front", [True, False]), ("side", [False, True])]
)
def test_drift_reaches_the_views_that_its_option_names(drifts: str, moved: list[bool]) -> None:
    task = DigitPairs(spec(drifts=drifts))
    before, after = sides(task.pool(0)), sides(task.pool(2))
    assert [not torch.equal(one, other) for one, other in zip(before, after, strict=True)] == moved


def test_a_share_of_the_past_lacks_one_view_and_none_lacks_both() -> None:
    past = DigitPairs(spec(past_missing=0.4)).history().train
    gone = torch.stack([(view.flatten(1) == 0).all(1) for view in sides(past.x)])
    assert torch.allclose(gone.float().mean(1), torch.tensor([0.2, 0.2]), atol=0.02)
    assert not gone.all(0).any()
    whole = DigitPairs(spec(past_missing=0.0)).history().train
    assert (whole.x.flatten(1).unflatten(1, (2, 64)) != 0).any(2).all()


def test_a_view_that_no_camera_is_called_by_cannot_go_missing() -> None:
    with pytest.raises(InputError, match=r"no 'missing.back'; known are .*missing.front, missing.side"):
        DigitPairs(replace(spec(), drift=(DriftSpec("sudden", 5.0, to={"missing": ["back"]}),)))


def test_a_net_with_a_branch_for_each_view_still_knows_much_by_one() -> None:
    """By both it knows more than by the poorer one alone."""
    blueprint = draw_blueprint(replace(spec(), model="late_fusion", duration_s=300.0, pretrain={"epochs": 6}))
    [stack] = blueprint.build()
    right = []
    for until_s in (100.0, 200.0):
        stack.close(until_s)
        reported = stack.take_tallies().sum(0)
        right.append(reported[COHORT_COLUMNS.index("correct")] / reported[COHORT_COLUMNS.index("samples")])
    assert right[0] > right[1] + 0.02
    assert right[1] > 0.4


def test_methods_find_the_columns_of_views_by_themselves(task: DigitPairs) -> None:
    net = make_net("late_fusion", task.input_shape, task.classes, {}, {"views": task.views})
    made: Any = [make_method(name, {}, "fp32", net) for name in ("cdc_mmpg", "dpu")]
    assert [list(method.views) for method in made] == [[16, 16], [16, 16]]
