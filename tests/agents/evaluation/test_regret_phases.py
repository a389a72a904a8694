from __future__ import annotations

from math import inf

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import Phase, in_force
from agents.evaluation.regret_phases import PhaseTracker

#: (row, time, phase, knows until), as exchanges enter phases; half of a window is as new as it knows.
Entry = tuple[int, float, Phase, float]


def clock_with(*changes_s: float) -> PhaseTracker:
    return PhaseTracker([np.array(changes_s)])


def enter(clock: PhaseTracker, *entries: Entry) -> None:
    row, at_s, phase, cutoff_s = (np.array(values) for values in zip(*entries, strict=True))
    clock.enter(row, at_s, phase.astype(np.int8), cutoff_s, cutoff_s)


def phases_of(clock: PhaseTracker, until_s: float, times_s: list[float]) -> list[Phase]:
    """Close the interval; the regret of sample k is 10^k, so that its phase can be read off the sums."""
    times, regret = np.array(times_s), 10 ** np.arange(len(times_s))
    clock.samples(np.array([0]), np.array([len(times)]), times, regret)
    [found], [counts] = clock.close(until_s)
    assert found.sum() == regret.sum()
    assert counts.sum() == len(times)
    return [Phase(int(np.flatnonzero(found // one % 10)[0])) for one in regret]


def test_what_changes_takes_effect_strictly_after_its_moment() -> None:
    assert not in_force(5.0, 5.0)
    assert in_force(5.0, np.nextafter(5.0, 6.0))


def test_an_exchange_walks_through_its_phases() -> None:
    clock = clock_with(10.0)
    steps = [Phase.UPLINK, Phase.CLOUD_QUEUE, Phase.SERVICE, Phase.DOWNLINK, Phase.RESIDUAL]
    enter(clock, *((0, at_s, phase, 12.0) for at_s, phase in zip((12.0, 13.0, 14.0, 15.0, 16.0), steps, strict=True)))
    seen = phases_of(clock, 20.0, [5.0, 10.0, 11.0, 12.0, 12.5, 13.5, 14.5, 15.5, 16.0, 17.0])
    before = [Phase.UNDETECTED] * 4
    assert seen == [*before, *steps[:3], Phase.DOWNLINK, Phase.DOWNLINK, Phase.RESIDUAL]


def test_an_update_for_the_old_world_is_no_update_for_the_new_one() -> None:
    clock = clock_with(10.0)
    enter(clock, (0, 9.0, Phase.UPLINK, 9.0), (0, 11.0, Phase.RESIDUAL, 9.0))
    assert phases_of(clock, 20.0, [9.5, 10.5, 12.0]) == [Phase.UPLINK, Phase.UNDETECTED, Phase.UNDETECTED]


def test_what_is_collected_at_the_very_moment_of_a_change_is_old() -> None:
    clock = clock_with(10.0)
    enter(clock, (0, 10.0, Phase.UPLINK, 10.0))
    assert phases_of(clock, 20.0, [11.0]) == [Phase.UNDETECTED]


def test_asking_without_labels_of_the_new_world_waits_for_labels() -> None:
    clock = clock_with(10.0)
    enter(clock, (0, 12.0, Phase.UPLINK, 8.0), (0, 14.0, Phase.RESIDUAL, 8.0), (0, 30.0, Phase.UPLINK, 25.0))
    waits = [Phase.UNDETECTED, Phase.LABELS, Phase.LABELS, Phase.UPLINK]
    assert phases_of(clock, 40.0, [11.0, 13.0, 15.0, 31.0]) == waits


def test_after_the_first_update_for_a_concept_the_rest_is_residual() -> None:
    clock = clock_with(10.0, 50.0)
    enter(clock, (0, 12.0, Phase.RESIDUAL, 11.0), (0, 20.0, Phase.UPLINK, 20.0), (0, 21.0, Phase.LOST, 20.0))
    assert phases_of(clock, 40.0, [15.0, 20.5, 22.0]) == [Phase.RESIDUAL] * 3
    assert phases_of(clock, 60.0, [49.0, 51.0]) == [Phase.RESIDUAL, Phase.UNDETECTED]


def test_an_update_of_mostly_old_samples_straddles_the_change() -> None:
    clock = clock_with(10.0)
    steps = [(14.0, Phase.UPLINK), (16.0, Phase.RESIDUAL), (20.0, Phase.UPLINK), (22.0, Phase.RESIDUAL)]
    row, at_s = np.zeros(4, np.int64), np.array([at for at, _ in steps])
    phases = np.array([phase for _, phase in steps], np.int8)
    clock.enter(row, at_s, phases, np.array([14.0, 14.0, 20.0, 20.0]), np.array([9.0, 9.0, 12.0, 12.0]))
    seen = phases_of(clock, 30.0, [15.0, 18.0, 21.0, 25.0])
    assert seen == [Phase.UPLINK, Phase.STRADDLING, Phase.UPLINK, Phase.RESIDUAL]


def test_closing_an_interval_forgets_nothing() -> None:
    clock = clock_with(10.0, 30.0)
    enter(clock, (0, 12.0, Phase.UPLINK, inf))
    assert phases_of(clock, 12.5, [12.25]) == [Phase.UPLINK]
    assert phases_of(clock, 20.0, [13.0]) == [Phase.UPLINK]
    again = clock_with(10.0, 30.0)
    again.restore([clock.checkpoint(slice(0, 1))])
    for one in (clock, again):
        assert phases_of(one, 40.0, [29.0, 31.0]) == [Phase.UPLINK, Phase.UNDETECTED]


def processed(changes_s: list[float], entries: list[WithMiddle], sample_s: float) -> Phase:
    """Walk through the history of one device up to a sample, as the definition has it."""
    changed_s, phase = -inf, Phase.UNDETECTED
    moments = [(at_s, 0, (at_s, Phase.UNDETECTED, inf, inf)) for at_s in changes_s]
    moments += [(at_s, 1, (at_s, into, cutoff_s, middle_s)) for _, at_s, into, cutoff_s, middle_s in entries]
    for at_s, kind, (_, into, cutoff_s, middle_s) in sorted(moments, key=lambda moment: moment[:2]):
        if not in_force(at_s, sample_s):
            break
        if kind == 0:
            changed_s, phase = at_s, Phase.UNDETECTED
        elif in_force(changed_s, cutoff_s):
            fresh = in_force(changed_s, middle_s) or into is not Phase.RESIDUAL
            phase = phase if phase is Phase.RESIDUAL else into if fresh else Phase.STRADDLING
        elif into is Phase.UPLINK and cutoff_s < at_s and phase is Phase.UNDETECTED:
            phase = Phase.LABELS
    return phase


#: (row, time, phase, knows until, half of it until).
WithMiddle = tuple[int, float, Phase, float, float]
GRID = st.integers(0, 24).map(float)
BEHIND = st.integers(0, 6).map(float)
PHASES = [phase for phase in Phase if phase not in (Phase.UNDETECTED, Phase.LABELS, Phase.STRADDLING)]
ENTRIES = st.lists(st.tuples(st.integers(0, 2), GRID, st.sampled_from(PHASES), BEHIND, BEHIND), max_size=14)


@given(st.lists(st.lists(GRID, max_size=3, unique=True).map(sorted), min_size=3, max_size=3), ENTRIES, st.sets(GRID))
def test_any_history_is_told_apart_as_if_moment_by_moment(
    changes_s: list[list[float]], drawn: list[WithMiddle], closes: set[float]
) -> None:
    clock, late = (PhaseTracker([np.array(times) for times in changes_s]) for _ in range(2))
    entries = sorted(
        ((row, at, into, at - behind, at - behind - more) for row, at, into, behind, more in drawn),
        key=lambda entry: entry[1],
    )
    after_s, reported = -1.0, []
    for until_s in [*sorted(closes), 30.0]:
        if within := [entry for entry in entries if after_s < entry[1] <= until_s]:
            row, at_s, phase, cutoff_s, middle_s = (np.array(values) for values in zip(*within, strict=True))
            for one in (clock, late):
                one.enter(row, at_s, phase.astype(np.int8), cutoff_s, middle_s)
        expected, counts = np.zeros((2, len(Phase)), np.int64)
        for row in range(3):
            times_s = np.arange(after_s + 0.5, until_s + 0.25, 0.5)
            for one in (clock, late):
                one.samples(np.array([row]), np.array([len(times_s)]), times_s, np.full(len(times_s), 1 + row))
            own = [entry for entry in entries if entry[0] == row]
            for time_s in times_s.tolist():
                phase = processed(changes_s[row], own, time_s)
                expected[phase] += 1 + row
                counts[phase] += 1
        regret, samples = clock.close(until_s)
        assert (regret.tolist(), samples.tolist()) == ([expected.tolist()], [counts.tolist()])
        reported.append((expected.tolist(), counts.tolist()))
        after_s = until_s
    regret, samples = late.close(*sorted(closes), 30.0)
    assert [regret.tolist(), samples.tolist()] == [list(columns) for columns in zip(*reported, strict=True)]
