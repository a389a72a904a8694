"""Verdicts on synthetic seeds with a known truth, and every kind of claim on margins made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.claims import Evidence, Series, judged
from analysis.metrics import METRICS
from sim.scenario.claims import CLAIMS
from sim.scenario.claims.measures import MEASURES

Values = dict[int, float]


def seeds(mean: float, spread: float = 0.01, count: int = 8, seed: int = 0) -> Values:
    """Return one value a seed with exactly that mean and standard deviation."""
    drawn = np.random.default_rng(seed).normal(size=count)
    drawn = (drawn - drawn.mean()) / drawn.std(ddof=1)
    return dict(enumerate((mean + spread * drawn).tolist()))


def verdict(
    kind: str, values: list[Values], metric: str = "accuracy", places: Any = (), truths: Any = (), **says: Any
) -> str:
    """Return the verdict of a claim of a kind on settings with these values."""
    claim = CLAIMS[kind].read({"finding": "f", "metric": metric, **says}, kind)
    labels = tuple(str(place) for place in places) or tuple(map(str, range(len(values))))
    series = Series(METRICS[metric], labels, tuple(values), tuple(truths), tuple(places))
    return judged(CLAIMS[kind].load()(claim, series)).verdict


def test_every_measure_of_a_claim_is_a_metric_of_runs() -> None:
    pooled = {name for name, metric in METRICS.items() if metric.pooled is not None}
    assert set(MEASURES) == set(METRICS) - pooled


@pytest.mark.parametrize(("mean", "said"), [(0.85, "confirmed"), (0.75, "refuted"), (0.801, "undecided")])
def test_a_bound_is_judged_by_its_interval(mean: float, said: str) -> None:
    assert verdict("lies", [seeds(mean)], of={}, above="80 %") == said


@pytest.mark.parametrize(("lead", "said"), [(0.05, "confirmed"), (-0.05, "refuted"), (0.0205, "undecided")])
def test_a_lead_must_be_larger_than_claimed(lead: float, said: str) -> None:
    base = seeds(0.8, seed=1)
    better = {seed: value + seeds(lead, seed=2)[seed] for seed, value in base.items()}
    assert verdict("beats", [better, base], of={}, to={}, by="2 %") == said


def test_less_is_better_where_the_metric_says_so() -> None:
    young, old = seeds(10, 1, seed=1), seeds(30, 1, seed=2)
    assert verdict("beats", [young, old], "mean_age_s", of={}, to={}, by="5 s") == "confirmed"


def test_settings_without_any_spread_are_equivalent_to_themselves_and_beat_nobody() -> None:
    same = dict.fromkeys(range(4), 0.9)
    assert verdict("equivalent", [same, same], of={}, to={}, within="0.5 %") == "confirmed"
    assert verdict("beats", [same, same], of={}, to={}, by="1 %") == "refuted"


@pytest.mark.parametrize(("off", "said"), [(0.0, "confirmed"), (0.05, "refuted")])
def test_equivalence_needs_both_sides(off: float, said: str) -> None:
    first, second = seeds(0.9, 0.002, seed=1), seeds(0.9 + off, 0.002, seed=2)
    assert verdict("equivalent", [first, second], of={}, to={}, within="1 %") == said


@pytest.mark.parametrize(("times", "said"), [(12, "confirmed"), (8, "refuted")])
def test_a_ratio_is_judged_as_a_quotient(times: float, said: str) -> None:
    values = [seeds(100.0 * times, 1.0, seed=1), seeds(100.0, 1.0, seed=2)]
    assert verdict("ratio", values, "down_bytes", of={}, to={}, least=10) == said


def test_one_step_the_wrong_way_refutes_what_is_monotone() -> None:
    rising = [seeds(mean, 0.002, seed=n) for n, mean in enumerate((0.5, 0.6, 0.7, 0.8))]
    assert verdict("monotone", rising, axis="a") == "confirmed"
    assert verdict("monotone", [rising[0], rising[2], rising[1], rising[3]], axis="a") == "refuted"
    assert verdict("monotone", rising, axis="a", direction="falling") == "refuted"


def test_an_order_is_one_of_neighbours() -> None:
    falling = [seeds(mean, 0.002, seed=n) for n, mean in enumerate((0.9, 0.8, 0.7))]
    assert verdict("order", falling, order=[{}, {}, {}]) == "confirmed"
    assert verdict("order", falling[::-1], order=[{}, {}, {}]) == "refuted"


@pytest.mark.parametrize(("near", "said"), [("10", "confirmed"), ("100", "refuted")])
def test_the_best_lies_where_it_is_claimed(near: str, said: str) -> None:
    values = [seeds(mean, 0.002, seed=n) for n, mean in enumerate((0.7, 0.9, 0.6))]
    assert verdict("best_near", values, places=(1.0, 10.0, 100.0), axis="a", near=near) == said


@pytest.mark.parametrize(("truth", "said"), [(10.0, "confirmed"), (12.0, "refuted")])
def test_agreement_with_theory_is_two_one_sided_tests(truth: float, said: str) -> None:
    values = [seeds(10.1, 0.1)]
    assert verdict("agrees", values, "mean_age_s", truths=[truth], of={}, form="age_fifo", within=0.05) == said


def test_what_is_undecided_says_how_many_seeds_would_decide() -> None:
    found = judged(Evidence("", (seeds(0.005, 0.01, count=4),)))
    needed = found.seeds
    assert found.verdict == "undecided"
    assert needed is not None
    assert judged(Evidence("", (seeds(0.005, 0.01, count=needed),))).verdict == "confirmed"
    assert judged(Evidence("", (seeds(0.005, 0.01, count=needed - 1),))).verdict == "undecided"


def test_one_seed_decides_nothing_and_nothing_measured_confirms_nothing() -> None:
    assert judged(Evidence("", ({1: 5.0},))).verdict == "undecided"
    assert judged(Evidence("", ({},))).verdict == "undecided"


def test_false_refutations_are_as_rare_as_claimed() -> None:
    generator = np.random.default_rng(3)
    margins = [tuple(dict(enumerate(generator.normal(size=6))) for _ in range(4)) for _ in range(400)]
    refuted = sum(judged(Evidence("", margin)).verdict == "refuted" for margin in margins)
    assert refuted / 400 < 0.05
