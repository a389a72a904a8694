"""Scores counted in bins of the past: nothing is lost, and detection is judged as from the scores themselves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from agents.build import draw_blueprint
from agents.conformance.specs import spec_of
from agents.contract import COHORT_COLUMNS, DriftSpec, FleetSpec
from agents.evaluation.score_bins import BINS, COLUMNS, UPTO, ScoreBins
from agents.methods.base import OfFeatures
from agents.tasks.images.digits import Digits
from analysis.detection import auroc, auroc_of, fpr_at_95, fpr_at_95_of


def run_of(bins: ScoreBins, original: np.ndarray, changed: np.ndarray) -> Any:
    """Return what a run has summed of scores."""
    ref = np.repeat([0, 1], [len(original), len(changed)])
    counts = bins.counts(np.concatenate([original, changed]), {"ref": ref})
    return SimpleNamespace(judged=True, windows=pd.DataFrame(counts, columns=list(COLUMNS)))


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5, 4.0])
def test_bins_judge_as_the_scores_themselves_do(shift: float) -> None:
    generator = np.random.default_rng(3)
    past, original = generator.normal(size=(2, 4000))
    changed = generator.normal(shift, 1.3, 5000)
    edges = np.quantile(past, UPTO)
    run = run_of(ScoreBins(edges, np.array([False, True]), 1), original, changed)
    assert auroc_of(run) == pytest.approx(auroc(original, changed), abs=0.003)
    assert fpr_at_95_of(run) == pytest.approx(fpr_at_95(original, changed), abs=0.01)


def test_every_sample_is_counted_once_and_no_number_is_unlike_all() -> None:
    bins = ScoreBins(np.arange(1.0, BINS), np.array([False, True, False]), 10)
    counts = bins.counts(np.array([0.5, 1.0, np.nan, 98.5]), {"ref": np.array([3, 25, 13, 19])})
    assert (counts.sum(1) == 1).all()
    assert [COLUMNS[place] for place in counts.argmax(1)] == [
        "score_original_bin_000",
        "score_original_bin_000",
        "score_changed_bin_102",
        "score_changed_bin_098",
    ]


def test_a_run_without_scores_or_without_a_change_has_no_figure() -> None:
    nothing: Any = SimpleNamespace(judged=True, windows=pd.DataFrame({"samples": [3]}))
    assert auroc_of(nothing) is None
    assert fpr_at_95_of(nothing) is None
    bins = ScoreBins(np.arange(1.0, BINS), np.array([False, True]), 1)
    assert auroc_of(run_of(bins, np.ones(3), np.ones(0))) is None


def spec(*drift: DriftSpec, adapter: str = "dpu") -> FleetSpec:
    return replace(
        spec_of("digits", {}),
        model="mlp",
        pretrain={"epochs": 3},
        adapter=adapter,
        adapter_options={"by": "energy"} if adapter == "dpu" else {},
        drift=drift,
        duration_s=400.0,
        tick_s=100.0,
    )


def test_a_fleet_counts_what_its_method_scores() -> None:
    noisy = spec(
        DriftSpec("sudden", 200.0, to={"noise": 0.4}), DriftSpec("sudden", 300.0, to={"labels": {"swap": [[1, 7]]}})
    )
    blueprint = draw_blueprint(noisy)
    [stack] = blueprint.build()
    stack.close(400.0)
    tallies = stack.take_tallies().sum(0)
    columns = (*COHORT_COLUMNS, *blueprint.parts[0].evaluator.columns)
    counts = np.array([tallies[columns.index(name)] for name in COLUMNS]).reshape(2, BINS)
    assert counts.sum() == tallies[columns.index("samples")]
    # Labels that are swapped leave images as they are: a quarter of the time is noisy.
    assert counts[1].sum() / counts.sum() == pytest.approx(0.25, abs=0.01)
    part, pool_size = blueprint.parts[0], Digits(noisy).pool_size
    state = part.method.start(blueprint.cloud, 1)
    table, scores = part.features.table.split(pool_size), []  # type: ignore[attr-defined]
    for concept in (0, 1):
        seen = OfFeatures(table[concept][None])
        with torch.inference_mode():
            scores.append(part.method.score(state, seen, part.method.predict(state, seen))[0].numpy())
    run: Any = SimpleNamespace(judged=True, windows=pd.DataFrame([counts.ravel()], columns=list(COLUMNS)))
    assert auroc_of(run) == pytest.approx(auroc(*scores), abs=0.02)


NOISY = DriftSpec("sudden", 9.0, to={"noise": 0.4})
#: A gate around a method scores samples as that one does: not at all.
GATED = {"around": {"kind": "duet", "steps": 5, "window": 8}, "pairs": 64, "steps": 5}


@pytest.mark.parametrize(
    "one",
    [
        spec(),
        spec(NOISY, adapter="static"),
        replace(spec(NOISY, adapter="intellectreq"), adapter_options=GATED),
    ],
    ids=["nothing drifts", "no score", "no score within"],
)
def test_nothing_is_counted_where_there_is_nothing_to_tell_apart(one: FleetSpec) -> None:
    assert not set(COLUMNS) & set(draw_blueprint(one).parts[0].evaluator.columns)
