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


def test_a_quantile_lets_that_share_of_the_fleet_through() -> None:
    gate = Gate(0, 1000, TICK_S, GateOptions(quantile=0.9, history=4))
    chance, shares = np.random.default_rng(0), []
    for tick in range(1, 40):
        asks = gate.plan(tick * TICK_S, (tick + 1) * TICK_S, {"gate": chance.normal(size=1000).astype(np.float32)})
        shares.append(len(asks.device) / 1000)
    assert np.mean(shares) == pytest.approx(0.1, abs=0.01)
