from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.triggers.at import Ask, At, AtOptions
from sim.triggers.base import Asks, Trigger, watched
from sim.triggers.every_samples import EverySamples, EverySamplesOptions
from sim.triggers.never import Never
from sim.triggers.periodic import Periodic, PeriodicOptions
from sim.triggers.poisson import Poisson, PoissonOptions


def all_asks(trigger: Trigger, until_s: float, tick_s: float) -> Asks:
    edges = np.arange(0.0, until_s + tick_s / 2, tick_s)
    parts = [trigger.plan(a, b, {}) for a, b in pairwise(edges)]
    return Asks(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def test_periodic_asks_come_once_a_period_at_each_devices_own_phase() -> None:
    asks = all_asks(Periodic(1, 50, 10.0, PeriodicOptions(every=60.0)), 600.0, 10.0)
    for device in range(50):
        own = asks.at_s[asks.device == device]
        assert len(own) == 10
        assert np.diff(own) == pytest.approx(60.0)
    first = [asks.at_s[asks.device == device][0] for device in range(50)]
    assert stats.kstest(first, "uniform", args=(0, 60)).pvalue > 0.01


def test_a_phase_of_zero_asks_at_whole_periods() -> None:
    asks = all_asks(Periodic(1, 2, 10.0, PeriodicOptions(every=60.0, phase=0.0)), 180.0, 10.0)
    assert asks.at_s.tolist() == [60.0, 60.0, 120.0, 120.0, 180.0, 180.0]
    assert asks.device.tolist() == [0, 1] * 3
    assert asks.number.tolist() == [0, 0, 1, 1, 2, 2]


def test_poisson_gaps_are_exponential() -> None:
    asks = all_asks(Poisson(3, 20, 10.0, PoissonOptions(rate=0.5)), 4000.0, 10.0)
    gaps = np.concatenate([np.diff(asks.at_s[asks.device == device], prepend=0.0) for device in range(20)])
    assert stats.kstest(gaps, "expon", args=(0, 2.0)).pvalue > 0.01


def test_a_rate_of_zero_never_asks() -> None:
    assert len(all_asks(Poisson(3, 20, 10.0, PoissonOptions(rate=0.0)), 100.0, 10.0).device) == 0


@given(tick=st.sampled_from([1.0, 3.0, 10.0, 60.0]), more=st.integers(0, 30))
def test_ticks_and_other_devices_change_nobodys_asks(tick: float, more: int) -> None:
    def of(devices: int, tick_s: float) -> list[tuple[int, float, int]]:
        asks = all_asks(Poisson(5, devices, 10.0, PoissonOptions(rate=0.05)), 180.0, tick_s)
        rows = zip(asks.device.tolist(), asks.at_s.tolist(), asks.number.tolist(), strict=True)
        return sorted(row for row in rows if row[0] < 5)

    assert of(5 + more, tick) == of(5, 1.0)


def test_chosen_times_include_the_start_of_the_run() -> None:
    trigger = At(0, 4, 10.0, AtOptions(times=[0.0, 2.0], devices=[1, 3], asks=[Ask(times=[2.0])]))
    asks = all_asks(trigger, 10.0, 5.0)
    pairs = list(zip(asks.at_s.tolist(), asks.device.tolist(), strict=True))
    assert pairs == [(0.0, 1), (0.0, 3), (2.0, 0), (2.0, 1), (2.0, 1), (2.0, 2), (2.0, 3), (2.0, 3)]


def test_every_samples_waits_for_n_samples_and_leaves_within_the_next_tick() -> None:
    trigger = EverySamples(1, 3, 5.0, EverySamplesOptions(n=10))
    assert len(trigger.plan(0.0, 5.0, {}).device) == 0
    asks = trigger.plan(5.0, 10.0, {"samples": np.array([9, 10, 25])})
    assert sorted(asks.device.tolist()) == [1, 2]
    assert ((asks.at_s > 5.0) & (asks.at_s <= 10.0)).all()
    assert len(trigger.plan(10.0, 15.0, {"samples": np.array([9, 19, 30])}).device) == 0


def test_never_is_never() -> None:
    assert len(all_asks(Never(0, 5, 10.0), 100.0, 10.0).device) == 0


def test_what_triggers_of_requests_and_of_learning_look_at_is_watched_once() -> None:
    counts = EverySamples(0, 2, 1.0, EverySamplesOptions(n=3))
    assert watched(Never(0, 2, 1.0), None) == []
    assert watched(Never(0, 2, 1.0), counts) == ["samples"]
    assert watched(counts, counts) == ["samples"]
