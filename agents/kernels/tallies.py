"""Counts of evaluated samples, in one pass over them. All are integers: any order gives the same sums."""

from __future__ import annotations

from math import inf

import numpy as np

from agents.kernels.compiling import compiled, inlined


@inlined
def _first_at_or_after(sorted_s, at_s, start):  # type: ignore[no-untyped-def]
    """Return the first place of ``sorted_s``, from ``start`` on, that is not before ``at_s``."""
    while start < len(sorted_s) and sorted_s[start] < at_s:
        start += 1
    return start


@inlined
def _last_until(sorted_s, at_s, start):  # type: ignore[no-untyped-def]
    """Return the last place of ``sorted_s``, from ``start`` on, that is not after ``at_s``."""
    while start + 1 < len(sorted_s) and sorted_s[start + 1] <= at_s:
        start += 1
    return start


@compiled(
    "void(i8[::1], i8[::1], f8[::1], f8[::1], b1[:,::1], i1[::1], i8[::1], i8[:,::1],"
    " f8[::1], f8[::1], f8[::1], i8, i8, i8, i8[:,::1], i8[:,::1])"
)
def count_samples(  # type: ignore[no-untyped-def]
    rows, count, time_s, due_s, flags, regret, loss_micro, counts,
    ends_s, data_s, edges_s, loss, ages, beside, tallies, totals,
):  # fmt: skip
    """Add samples, ``count`` [devices] of each of ``rows`` by time, to ``tallies`` and to the ``totals`` of devices.

    Args:
        flags: who is right about each sample, bool [3, samples]: the deployed model, the static one, the oracle.
        counts: what else is counted of each, [samples, columns].
        ends_s: ends of the intervals that were closed; ``tallies`` [intervals, columns] has one row more.
        data_s: when the data behind the model of each device were collected [devices].
        loss, ages, beside: the columns of the loss, of the first bin of ages, from ``edges_s`` on (regret is behind
            them), and of what else is counted.
    """
    bins, at = len(edges_s), 0
    for place in range(len(rows)):
        device, interval, age = totals[rows[place]], 0, 0
        for _ in range(count[place]):
            interval = _first_at_or_after(ends_s, time_s[at], interval)
            age = _last_until(edges_s, time_s[at] - data_s[rows[place]], age)
            tally, odd, right = tallies[interval], 1 - device[0] % 2, np.int64(flags[0, at])
            tally[0] += 1
            tally[1] += due_s[at] < inf
            device[0] += 1
            for who in range(3):
                tally[2 + who] += flags[who, at]
                device[1 + who] += flags[who, at]
            device[4] += odd
            device[5] += odd * right
            tally[loss] += loss_micro[at]
            tally[ages + age] += 1
            tally[ages + bins + age] += regret[at]
            for column in range(counts.shape[1]):
                tally[beside + column] += counts[at, column]
            at += 1


@compiled(
    "void(i8[::1], i8[::1], f8[::1], i8[::1], i8[::1], f8[::1], i1[::1], i1[::1], f8[::1],"
    " i1[::1], i8[:,::1], i8[:,::1])"
)
def count_phases(  # type: ignore[no-untyped-def]
    rows, count, time_s, regret, first_event, event_s, entered, before, ends_s, phase, regrets, counts
):
    """Add samples, ``count`` [devices] of each of ``rows`` by time, and their regret to sums by interval and phase.

    Args:
        first_event: where the events of each device begin, and where the last one's end: [devices + 1].
        event_s, entered: when a device entered a phase, by device and time; strictly later samples are in it.
        before: the phase of each device before its first event.
        ends_s: ends of the intervals.
        phase: receives the phase of each sample.
        regrets, counts: [intervals, phases].
    """
    at = 0
    for place in range(len(rows)):
        row, interval = rows[place], 0
        first, end = first_event[row], first_event[row + 1]
        event = first
        for _ in range(count[place]):
            interval = _first_at_or_after(ends_s, time_s[at], interval)
            while event < end and event_s[event] < time_s[at]:
                event += 1
            phase[at] = entered[event - 1] if event > first else before[row]
            counts[interval, phase[at]] += 1
            regrets[interval, phase[at]] += regret[at]
            at += 1
