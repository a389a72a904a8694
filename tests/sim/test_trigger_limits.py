"""Triggers that answer signals: when they ask, and what holds them back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.contract.component import OptionError
from sim.triggers.base import Asks
from sim.triggers.detector import Detector, DetectorOptions
from sim.triggers.dummy import Dummy, DummyOptions
from sim.triggers.gate import Gate, GateOptions
from sim.triggers.limits import BudgetOptions
from sim.triggers.periodic import Periodic, PeriodicOptions
from sim.triggers.token_bucket import TokenBucket, TokenBucketOptions

DEVICES, TICK_S, DURATION_S = 6, 10.0, 600.0
SETTING = (3, DEVICES, TICK_S)
DDM: dict[str, Any] = {"signal": "error", "detector": {"kind": "ddm"}}


def detector(**limits: Any) -> DetectorOptions:
    return DetectorOptions(**DDM, **limits)


def dummy(**options: Any) -> Dummy:
    return Dummy(*SETTING, DURATION_S, DummyOptions(**options))


def asks_of(signals: np.ndarray, options: DetectorOptions) -> list[Asks]:
    """Return the asks of each tick where ``signals`` bool [ticks, devices] are the alarms of ticks."""
    trigger, known = Detector(*SETTING, options), {}
    asks = []
    for tick, alarms in enumerate(signals):
        asks.append(trigger.plan(tick * TICK_S, (tick + 1) * TICK_S, known))
        known = {options.watch.alarm: alarms}
    return asks


def alarms(seed: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(60, DEVICES)) < share


def times_of(asks: list[Asks], device: int) -> list[float]:
    return [float(at_s) for one in asks for at_s in one.at_s[one.device == device]]


def test_an_alarm_is_answered_in_the_next_tick_at_the_devices_own_phase() -> None:
    raised = alarms(1, 0.3)
    asks = asks_of(raised, detector())
    for tick, one in enumerate(asks):
        wanted = np.flatnonzero(raised[tick - 1]) if tick else []
        assert sorted(one.device.tolist()) == list(wanted)
        assert np.all((one.at_s > tick * TICK_S) & (one.at_s <= (tick + 1) * TICK_S))
    phases = {device: {round(at_s % TICK_S, 6) for at_s in times_of(asks, device)} for device in range(DEVICES)}
    assert all(len(own) == 1 for own in phases.values())
    assert len(set().union(*phases.values())) == DEVICES
    assert [n for one in asks for n in one.number[one.device == 0]] == list(range(len(times_of(asks, 0))))


@given(seed=st.integers(0, 100), share=st.floats(0.1, 1.0), cooldown_s=st.sampled_from([0.0, 15.0, 30.0, 200.0]))
def test_a_cool_down_keeps_asks_of_a_device_apart(seed: int, share: float, cooldown_s: float) -> None:
    asks = asks_of(alarms(seed, share), detector(cooldown=cooldown_s))
    for device in range(DEVICES):
        assert all(after - before >= cooldown_s for before, after in pairwise(times_of(asks, device)))
        # The first alarm is never held back.
        assert times_of(asks, device) or not alarms(seed, share)[:-1, device].any()


@given(
    seed=st.integers(0, 100),
    share=st.floats(0.1, 1.0),
    tokens=st.integers(1, 5),
    per_s=st.sampled_from([20.0, 60.0, 300.0]),
)
def test_a_budget_bounds_the_asks_of_every_span(seed: int, share: float, tokens: int, per_s: float) -> None:
    asks = asks_of(alarms(seed, share), detector(budget=BudgetOptions(tokens, per_s)))
    for device in range(DEVICES):
        times = times_of(asks, device)
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= tokens * (1 + (times[last] - times[first]) / per_s) + 1e-6


def test_a_budget_that_is_never_used_up_holds_nothing_back() -> None:
    raised = alarms(2, 0.2)
    free, limited = (asks_of(raised, one) for one in (detector(), detector(budget=BudgetOptions(60, 60.0))))
    assert [one.device.tolist() for one in free] == [one.device.tolist() for one in limited]


@given(count=st.integers(0, 200), cut=st.sampled_from([10.0, 20.0, 70.0, 600.0]))
def test_a_dummy_asks_exactly_as_often_as_it_is_told_however_time_is_cut(count: int, cut: float) -> None:
    edges = np.r_[np.arange(0.0, DURATION_S, cut), DURATION_S]
    trigger = dummy(alarms=count)
    parts = [trigger.plan(float(after), float(until), {}) for after, until in pairwise(edges)]
    device, at_s, _ = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert len(device) == count
    whole = dummy(alarms=count).plan(0.0, DURATION_S, {})
    assert (device.tolist(), at_s.tolist()) == (whole.device.tolist(), whole.at_s.tolist())


def test_a_dummy_by_rate_has_that_rate() -> None:
    asks = Dummy(1, 200, 10.0, 6000.0, DummyOptions(rate=0.02)).plan(0.0, 6000.0, {})
    assert len(asks.device) == pytest.approx(200 * 599 * 0.2, rel=0.03)


def test_a_dummy_that_cannot_be_is_refused() -> None:
    with pytest.raises(OptionError, match="only 354 ticks"):
        dummy(alarms=355)
    with pytest.raises(OptionError, match="more than one alarm a tick"):
        dummy(rate=0.11)


def test_a_gate_asks_above_its_threshold() -> None:
    gate = Gate(*SETTING, GateOptions(threshold=0.5))
    values = np.array([0.4, 0.5, 0.6, np.nan, 0.9, -1.0], np.float32)
    assert len(gate.plan(0.0, 10.0, {"gate": values}).device) == 0
    assert sorted(gate.plan(10.0, 20.0, {"gate": values}).device.tolist()) == [2, 4]


def test_who_was_never_answered_asks_whatever_the_quantile_of_the_others_is() -> None:
    gate = Gate(*SETTING, GateOptions(quantile=0.5))
    gate.plan(0.0, TICK_S, {})
    everybody = {"gate": np.full(DEVICES, np.inf, np.float32)}
    assert len(gate.plan(TICK_S, 2 * TICK_S, everybody).device) == DEVICES
    some = np.array([np.inf, 0.0, 0.0, 0.0, 0.0, -np.inf], np.float32)
    assert gate.plan(2 * TICK_S, 3 * TICK_S, {"gate": some}).device.tolist() == [0]


def test_a_quantile_lets_that_share_of_the_fleet_through() -> None:
    gate = Gate(0, 1000, TICK_S, GateOptions(quantile=0.9, history=4))
    chance, shares = np.random.default_rng(0), []
    for tick in range(1, 40):
        asks = gate.plan(tick * TICK_S, (tick + 1) * TICK_S, {"gate": chance.normal(size=1000).astype(np.float32)})
        shares.append(len(asks.device) / 1000)
    assert np.mean(shares) == pytest.approx(0.1, abs=0.01)


def test_a_bucket_is_emptied_at_once_and_then_as_it_fills() -> None:
    trigger = TokenBucket(*SETTING, TokenBucketOptions(asks=3, per=60.0))
    asks = [trigger.plan(tick * TICK_S, (tick + 1) * TICK_S, {}) for tick in range(60)]
    whole = TokenBucket(*SETTING, TokenBucketOptions(asks=3, per=60.0)).plan(0.0, DURATION_S, {})
    assert np.array_equal(whole.at_s, np.concatenate([one.at_s for one in asks]))
    for device in range(DEVICES):
        at_s = np.array(times_of(asks, device))
        assert (at_s[:4] // TICK_S).tolist() == [1, 2, 3, 4]
        assert np.allclose(np.diff(at_s[4:]), 20.0)
        # A bucket of b that fills at a rate of r: in any span of s at most b + r s.
        assert all(
            (at_s[at_s >= start] - start <= span).sum() <= 3 + span / 20 for start in at_s for span in (9, 50, 200)
        )


@given(jitter=st.floats(0.0, 45.0), cuts=st.lists(st.floats(1.0, DURATION_S), max_size=5))
def test_jitter_moves_requests_but_none_beyond_the_next(jitter: float, cuts: list[float]) -> None:
    plain, late = (Periodic(*SETTING, PeriodicOptions(every=45.0, jitter=by)) for by in (0.0, jitter))
    edges = [0.0, *sorted(cuts), DURATION_S]
    asks = [late.plan(first, end, {}) for first, end in pairwise(edges)]
    due = plain.plan(0.0, DURATION_S, {})
    for device in range(DEVICES):
        wanted, found = due.at_s[due.device == device], np.array(times_of(asks, device))
        assert len(wanted) - len(found) in (0, 1)
        by = found - wanted[: len(found)]
        assert ((by >= 0) & (by <= jitter + 1e-9)).all()
        assert (np.diff(found) > 0).all()
    with pytest.raises(OptionError, match="longer than the period"):
        PeriodicOptions(every=10.0, jitter=11.0)


def test_a_dummy_asks_as_often_as_a_detector_was_seen_to_ask() -> None:
    limited = detector(cooldown=30.0, budget=BudgetOptions(4, 300.0))
    counted = sum(len(asks.device) for asks in asks_of(alarms(4, 0.4), limited))
    trigger = dummy(alarms=counted)
    assert sum(len(trigger.plan(tick * TICK_S, (tick + 1) * TICK_S, {}).device) for tick in range(60)) == counted > 20
