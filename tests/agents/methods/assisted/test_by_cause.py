"""Causes of drift are found where they were planted, and nowhere else; each gets a normaliser of its own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import FEATURES, QUICK, payloads_of
from scipy.stats import fisher_exact

from agents.methods.assisted.by_cause import ByCause
from agents.methods.assisted.causes import Limits, Logged, by_chance, causes_of
from agents.methods.base import Recent, Who
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.streams.base import History

COHORTS = {"a": 4, "b": 4, "c": 4}


@pytest.mark.parametrize("table", [(3, 10, 7, 50), (0, 5, 3, 20), (5, 5, 5, 9), (90, 400, 130, 1000)])
def test_the_chance_is_fishers(table: tuple[int, int, int, int]) -> None:
    flagged, seen, flagged_all, seen_all = table
    rest = flagged_all - flagged
    odds = [[flagged, seen - flagged], [rest, seen_all - seen - rest]]
    assert by_chance(*table) == pytest.approx(fisher_exact(odds, alternative="greater").pvalue, rel=1e-6)


def logged(rates: dict[tuple[str, ...], float], seed: int, samples: int = 400) -> list[Logged]:
    rng = torch.Generator().manual_seed(seed)
    return [
        Logged(frozenset(own), int((torch.rand(samples, generator=rng) < rate).sum()), samples)
        for own, rate in rates.items()
    ]


def test_a_planted_cause_is_found_and_not_what_goes_with_it_by_chance() -> None:
    rates = {("rain", "north"): 0.5, ("rain", "south"): 0.5, ("dry", "north"): 0.1, ("dry", "south"): 0.1}
    assert all(causes_of(logged(rates, seed), Limits()) == [("rain",)] for seed in range(20))


def test_two_attributes_that_matter_together_are_one_cause() -> None:
    rates = {("rain", "north"): 0.6, ("rain", "south"): 0.1, ("dry", "north"): 0.1, ("dry", "south"): 0.1}
    assert all(causes_of(logged(rates, seed), Limits()) == [("north", "rain")] for seed in range(20))


def test_without_a_cause_hardly_any_is_found() -> None:
    rates = {(place, weather): 0.2 for place in ("north", "south") for weather in ("rain", "dry", "fog")}
    wrong = sum(bool(causes_of(logged(rates, seed, 60), Limits(ratio=0.1))) for seed in range(200))
    # Holm keeps the chance of any wrong cause at 5 %: 10 of 200 on average, and 16 in one case of forty.
    assert wrong <= 16


def asked(net: Net, history: History, base: Base, **options: Any) -> tuple[ByCause, Any, dict[str, torch.Tensor]]:
    """Let devices ask twice: those of cohort b have features that are shifted and dimmed."""
    method: Any = make_method("by_cause", {**QUICK["by_cause"], **options}, "fp32", net, devices=12, cohorts=COHORTS)
    cloud = method.prepare(history, base, 3)
    number, updates = torch.arange(12), {}
    for turn in range(2):
        x = base.features(history.train.x[turn * 240 : turn * 240 + 240]).view(12, 20, FEATURES)
        x = torch.where((number // 4 == 1)[:, None, None], 0.15 * x, x)
        window = Recent(x, torch.full((12, 20), -1), torch.full((12,), 20))
        payloads = payloads_of(method, method.start(cloud, 12), window)
        cloud, updates = method.adapt(cloud, payloads, Who(number, number, torch.full((12,), 15.0 * turn), number))
    return method, cloud, updates


def test_only_devices_of_the_cause_get_another_normaliser(net: Net, history: History, base: Base) -> None:
    method, cloud, updates = asked(net, history, base, sure=0.4)
    assert method.causes(cloud) == [("b",)]
    plain = method.known(cloud)["normaliser"][0]
    changed = (updates["normaliser"] != plain).any(1)
    assert changed.tolist() == [number // 4 == 1 for number in range(12)]


def test_everything_mixed_is_one_normaliser_for_all(net: Net, history: History, base: Base) -> None:
    method, cloud, updates = asked(net, history, base, by="all")
    assert (updates["normaliser"] == updates["normaliser"][0]).all()
    assert (updates["normaliser"][0] != method.known(cloud)["normaliser"][0]).any()


def test_attributes_of_a_cohort_that_is_not_there_are_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="there is no cohort 'd'; there are a, b, c"):
        make_method("by_cause", {"attributes": {"d": ["rain"]}}, "fp32", net, devices=12, cohorts=COHORTS)
    with pytest.raises(ValueError, match="is no list of words"):
        make_method("by_cause", {"attributes": {"a": "rain"}}, "fp32", net, devices=12, cohorts=COHORTS)


@pytest.mark.parametrize("pool", [4, 7, 64])
def test_many_at_once_are_one_after_the_other(net: Net, history: History, base: Base, pool: int) -> None:
    options = {**QUICK["by_cause"], "pool": pool}
    method: Any = make_method("by_cause", options, "fp32", net, devices=12, cohorts=COHORTS)
    together = apart = method.prepare(history, base, 3)
    number, got = torch.randint(12, (30,), generator=torch.Generator().manual_seed(5)), []
    window = Recent(base.features(history.train.x[:600]).view(30, 20, FEATURES), torch.full((30, 20), -1), number + 8)
    payloads = payloads_of(method, method.start(together, 30), window)
    who = Who(number, number, torch.arange(30.0) * 2, number)
    together, updates = method.adapt(together, payloads, who)
    for row in range(30):
        one = slice(row, row + 1)
        own = {name: values[one] for name, values in payloads.items()}
        apart, update = method.adapt(apart, own, who.rows(one))
        got.append(update["normaliser"])
    assert torch.equal(updates["normaliser"], torch.cat(got))
    assert all(torch.equal(values, apart[name]) for name, values in together.items())
