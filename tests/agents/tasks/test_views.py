"""Samples of several views, one of which goes missing by drift."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from two_views import TwoViews

from agents.build import draw_blueprint
from agents.contract import COHORT_COLUMNS, CohortSpec, DriftSpec, FleetSpec
from agents.evaluation.prequential import StreamInputs
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, split_views
from agents.tasks.custom.task import CustomTask

DEVICES, GONE_S, BACK_S = 8, 100.0, 200.0


def spec(*drift: DriftSpec) -> FleetSpec:
    lost = DriftSpec("sudden", GONE_S, to={"missing": ["camera"]})
    return FleetSpec(
        seed=4,
        duration_s=300.0,
        tick_s=10.0,
        data="two_views:TwoViews",
        data_options={},
        model="two_views:late_fusion",
        model_options={},
        pretrain={"epochs": 10},
        cohorts=(CohortSpec("phones", DEVICES, 1.0, "periodic", 1.0, lambda uniform: 0.0 * uniform),),
        drift=drift or (lost, DriftSpec("sudden", BACK_S, to={})),
        adapter="static",
        adapter_options={},
        codec="fp32",
        references=("static",),
    )


@pytest.fixture
def task() -> CustomTask:
    return CustomTask(TwoViews(), spec())


def chunk(at_s: float) -> Chunk:
    valid = np.ones((3, 4), bool)
    valid[1, 2:] = False
    return Chunk(BlockId(0, 0, 3), 5, np.where(valid, at_s, np.inf), valid, np.broadcast_to(np.arange(4), valid.shape))


def test_views_lie_side_by_side_in_one_flat_input(task: CustomTask) -> None:
    assert task.input_shape == (7,)
    assert [(name, view.columns, view.shape) for name, view in task.views.items()] == [
        ("camera", slice(0, 4), (2, 2)),
        ("microphone", slice(4, 7), (3,)),
    ]
    x = task.history().train.x
    parts = split_views(x, task.views)
    assert parts["camera"].shape == (len(x), 2, 2)
    assert torch.equal(torch.cat([parts["camera"].flatten(1), parts["microphone"]], 1), x)


@pytest.mark.parametrize(("at_s", "camera"), [(50.0, 1), (150.0, 0), (250.0, 1)])
def test_drift_takes_a_view_away_and_gives_it_back(task: CustomTask, at_s: float, camera: int) -> None:
    one = chunk(at_s)
    content = task.draw(one, rng(1, Purpose.CONTENT, 0))
    assert content.present is not None
    assert content.x is not None
    assert content.present.dtype == np.uint8
    assert (content.present[one.valid] == [camera, 1]).all()
    assert not content.present[~one.valid].any()
    assert ((content.x[one.valid][:, :4] != 0).all(1) == bool(camera)).all()
    assert (content.x[one.valid][:, 4:] != 0).all()
    assert task.concepts == ("original", "missing camera")


def test_a_net_that_fuses_late_still_knows_something_without_the_camera() -> None:
    [stack] = draw_blueprint(spec()).build()
    rates = []
    for until_s in (GONE_S, BACK_S, 300.0):
        stack.close(until_s)
        reported = stack.take_tallies().sum(0)
        rates.append(reported[COHORT_COLUMNS.index("correct")] / reported[COHORT_COLUMNS.index("samples")])
    # Bayes: Phi(3.3) = 0.9995 by both views, Phi(0.8 sqrt(3)) = 0.917 by the microphone alone.
    assert rates[0] > 0.97
    assert rates[2] > 0.97
    assert 0.87 < rates[1] < 0.95


def test_methods_are_given_what_is_present() -> None:
    blueprint = draw_blueprint(spec())
    fields = {"x": np.ones((2, 3, 7), np.float32), "present": np.ones((2, 3, 2), np.uint8)}
    inputs = StreamInputs(blueprint.parts[0].features, fields)
    assert inputs.raw.shape == (2, 3, 7)
    assert inputs.present.tolist() == fields["present"].tolist()
    with pytest.raises(TypeError, match="no views"):
        _ = StreamInputs(blueprint.parts[0].features, {"x": fields["x"]}).present


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ({"missing": ["radar"]}, "'missing.radar'; known are missing.camera, missing.microphone"),
        ({"rotate": 9.0}, "no 'rotate'"),
    ],
)
def test_a_view_that_is_not_there_cannot_go_missing(to: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        CustomTask(TwoViews(), spec(DriftSpec("sudden", 5.0, to=to)))


def test_views_of_the_wrong_name_or_shape_are_refused() -> None:
    class Unlike(TwoViews):
        def chunk(self, block: Any, k: int, rng: Any) -> Any:
            x, y = super().chunk(block, k, rng)
            return {"camera": x["camera"], "sonar": x["microphone"]}, y

    class Flat(TwoViews):
        def chunk(self, block: Any, k: int, rng: Any) -> Any:
            x, y = super().chunk(block, k, rng)
            return {**x, "camera": x["camera"].reshape(*y.shape, 4)}, y

    with pytest.raises(ValueError, match=r"Unlike\.chunk: x holds camera, sonar; wanted: a map of the views camera"):
        CustomTask(Unlike(), spec())
    with pytest.raises(ValueError, match=r"Flat.chunk: x\['camera'\] is .*; wanted: \[..., 2, 2\]"):
        CustomTask(Flat(), spec())
