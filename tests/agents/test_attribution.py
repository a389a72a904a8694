from __future__ import annotations

from math import inf

import numpy as np

from agents.attribution import PhaseClock
from agents.contract import Phase, in_force


def phases_of(clock: PhaseClock, row: int, times: list[float]) -> list[Phase]:
    found = clock.phases(np.array([row]), np.array([times]))
    return [Phase(int(phase)) for phase in found[0]]


def clock_with(*changes_s: float) -> PhaseClock:
    return PhaseClock([np.array(changes_s)])


def test_what_changes_takes_effect_strictly_after_its_moment() -> None:
    assert not in_force(5.0, 5.0)
    assert in_force(5.0, np.nextafter(5.0, 6.0))


def test_an_exchange_walks_through_its_phases() -> None:
    clock = clock_with(10.0)
    steps = [Phase.UPLINK, Phase.CLOUD_QUEUE, Phase.SERVICE, Phase.DOWNLINK, Phase.RESIDUAL]
    for at_s, phase in zip((12.0, 13.0, 14.0, 15.0, 16.0), steps, strict=True):
        clock.enter(0, at_s, phase, 12.0)
    seen = phases_of(clock, 0, [5.0, 10.0, 11.0, 12.0, 12.5, 13.5, 14.5, 15.5, 16.0, 17.0])
    before = [Phase.UNDETECTED] * 4
    assert seen == [*before, *steps[:3], Phase.DOWNLINK, Phase.DOWNLINK, Phase.RESIDUAL]


def test_an_update_for_the_old_world_is_no_update_for_the_new_one() -> None:
    clock = clock_with(10.0)
    clock.enter(0, 9.0, Phase.UPLINK, 9.0)
    clock.enter(0, 11.0, Phase.RESIDUAL, 9.0)
    assert phases_of(clock, 0, [9.5, 10.5, 12.0]) == [Phase.UPLINK, Phase.UNDETECTED, Phase.UNDETECTED]


def test_what_is_collected_at_the_very_moment_of_a_change_is_old() -> None:
    clock = clock_with(10.0)
    clock.enter(0, 10.0, Phase.UPLINK, 10.0)
    assert phases_of(clock, 0, [11.0]) == [Phase.UNDETECTED]


def test_asking_without_labels_of_the_new_world_waits_for_labels() -> None:
    clock = clock_with(10.0)
    clock.enter(0, 12.0, Phase.LABELS, 8.0)
    clock.enter(0, 12.0, Phase.UPLINK, 8.0)
    clock.enter(0, 14.0, Phase.RESIDUAL, 8.0)
    clock.enter(0, 30.0, Phase.UPLINK, 25.0)
    assert phases_of(clock, 0, [11.0, 13.0, 15.0, 31.0]) == [
        Phase.UNDETECTED,
        Phase.LABELS,
        Phase.LABELS,
        Phase.UPLINK,
    ]


def test_after_the_first_update_for_a_concept_the_rest_is_residual() -> None:
    clock = clock_with(10.0, 50.0)
    clock.enter(0, 12.0, Phase.RESIDUAL, 11.0)
    clock.enter(0, 20.0, Phase.UPLINK, 20.0)
    clock.enter(0, 21.0, Phase.LOST, 20.0)
    assert phases_of(clock, 0, [15.0, 20.5, 22.0]) == [Phase.RESIDUAL] * 3
    clock.tell_changes(60.0)
    assert phases_of(clock, 0, [49.0, 51.0]) == [Phase.RESIDUAL, Phase.UNDETECTED]


def test_closing_an_interval_forgets_nothing() -> None:
    clock = clock_with(10.0, 30.0)
    clock.enter(0, 12.0, Phase.UPLINK, inf)
    clock.close()
    assert phases_of(clock, 0, [13.0]) == [Phase.UPLINK]
    clock.tell_changes(40.0)
    assert phases_of(clock, 0, [29.0, 31.0]) == [Phase.UPLINK, Phase.UNDETECTED]
