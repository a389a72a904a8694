"""Triggers that answer signals: when they ask, and what holds them back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import InputError, Watch
from sim.triggers import Asks, Detector, Dummy, Gate, Setting
from sim.triggers.limits import Limits, NextTick

DEVICES, TICK_S, DURATION_S = 6, 10.0, 600.0
SETTING = Setting(3, DEVICES, TICK_S, DURATION_S)
WATCH = Watch("error", "ddm")


def asks_of(signals: np.ndarray, limits: Limits) -> list[Asks]:
    """Return the asks of each tick where ``signals`` bool [ticks, devices] are the alarms of ticks."""
    trigger, known = Detector(WATCH, NextTick(SETTING, limits)), {}
    asks = []
    for tick, alarms in enumerate(signals):
        asks.append(trigger.plan(tick * TICK_S, (tick + 1) * TICK_S, known))
        known = {WATCH.alarm: alarms}
    return asks


def alarms(seed: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(60, DEVICES)) < share


def times_of(asks: list[Asks], device: int) -> list[float]:
    return [float(at_s) for one in asks for at_s in one.at_s[one.device == device]]


def test_an_alarm_is_answered_in_the_next_tick_at_the_devices_own_phase() -> None:
    raised = alarms(1, 0.3)
    asks = asks_of(raised, Limits(DEVICES))
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
    asks = asks_of(alarms(seed, share), Limits(DEVICES, cooldown_s))
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
    asks = asks_of(alarms(seed, share), Limits(DEVICES, tokens=tokens, per_s=per_s))
    for device in range(DEVICES):
        times = times_of(asks, device)
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= tokens * (1 + (times[last] - times[first]) / per_s) + 1e-6


def test_a_budget_that_is_never_used_up_holds_nothing_back() -> None:
    raised = alarms(2, 0.2)
    free, limited = (asks_of(raised, one) for one in (Limits(DEVICES), Limits(DEVICES, tokens=60, per_s=60.0)))
    assert [one.device.tolist() for one in free] == [one.device.tolist() for one in limited]


@given(count=st.integers(0, 200), cut=st.sampled_from([10.0, 20.0, 70.0, 600.0]))
def test_a_dummy_asks_exactly_as_often_as_it_is_told_however_time_is_cut(count: int, cut: float) -> None:
    edges = np.r_[np.arange(0.0, DURATION_S, cut), DURATION_S]
    trigger = Dummy(SETTING, NextTick(SETTING, Limits(DEVICES)), count)
    parts = [trigger.plan(float(after), float(until), {}) for after, until in pairwise(edges)]
    device, at_s, _ = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert len(device) == count
    whole = Dummy(SETTING, NextTick(SETTING, Limits(DEVICES)), count).plan(0.0, DURATION_S, {})
    assert (device.tolist(), at_s.tolist()) == (whole.device.tolist(), whole.at_s.tolist())


def test_a_dummy_by_rate_has_that_rate() -> None:
    setting = Setting(1, 200, 10.0, 6000.0)
    asks = Dummy(setting, NextTick(setting, Limits(200)), None, 0.02).plan(0.0, 6000.0, {})
    assert len(asks.device) == pytest.approx(200 * 599 * 0.2, rel=0.03)


def test_a_dummy_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="only 354 ticks"):
        Dummy(SETTING, NextTick(SETTING, Limits(DEVICES)), 355)
    with pytest.raises(InputError, match="more than one alarm a tick"):
        Dummy(SETTING, NextTick(SETTING, Limits(DEVICES)), None, 0.11)


def test_a_gate_asks_above_its_threshold() -> None:
    gate = Gate(NextTick(SETTING, Limits(DEVICES)), 0.5)
    values = np.array([0.4, 0.5, 0.6, np.nan, 0.9, -1.0], np.float32)
    assert len(gate.plan(0.0, 10.0, {"gate": values}).device) == 0
    assert sorted(gate.plan(10.0, 20.0, {"gate": values}).device.tolist()) == [2, 4]


def test_a_quantile_lets_that_share_of_the_fleet_through() -> None:
    setting = Setting(0, 1000, TICK_S, DURATION_S)
    gate = Gate(NextTick(setting, Limits(1000)), None, 0.9, 4)
    chance, shares = np.random.default_rng(0), []
    for tick in range(1, 40):
        asks = gate.plan(tick * TICK_S, (tick + 1) * TICK_S, {"gate": chance.normal(size=1000).astype(np.float32)})
        shares.append(len(asks.device) / 1000)
    assert np.mean(shares) == pytest.approx(0.1, abs=0.01)
