"""What every trigger keeps: it plans within the interval, in order, numbered, and knows no ticks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from agents.contract import signal_name
from agents.contract.laws import Law
from sim.triggers.base import Asks, Trigger

_DEVICES, _TICK_S = 7, 10.0
#: Where the run of a subject ends [s].
END_S = 240.0


class Subject(NamedTuple):
    """A trigger to examine: made from (seed, devices, length of a tick [s])."""

    make: Callable[[int, int, float], Trigger]

    def asks(self, seed: int = 1, tick_s: float = _TICK_S) -> list[tuple[float, float, Asks]]:
        """Return (from, until, plan) for each tick of a run; devices see a sample a second."""
        trigger = self.make(seed, _DEVICES, tick_s)
        edges = np.arange(0.0, END_S + tick_s / 2, tick_s)
        return [(a, b, trigger.plan(a, b, _signals(trigger, a))) for a, b in pairwise(edges)]


def _signals(trigger: Trigger, now_s: float) -> dict[str, np.ndarray]:
    """Return a sample a second, an alarm now and then, and a gate that opens."""
    alarmed = np.arange(_DEVICES) % 3 == round(now_s / _TICK_S) % 3
    known = {"samples": np.full(_DEVICES, int(now_s), np.int64), "gate": alarmed.astype(np.float32)}
    return {signal_name(one): known.get(signal_name(one), alarmed) for one in trigger.watches}


def within_the_interval(subject: Subject) -> str | None:
    """Requests are planned after the last tick and up to the next."""
    for after_s, until_s, plan in subject.asks():
        early = plan.at_s < 0 if after_s == 0 else plan.at_s <= after_s
        if (early | (plan.at_s > until_s)).any():
            return f"a request at {plan.at_s[early | (plan.at_s > until_s)][0]:g} s in ({after_s:g}, {until_s:g}]"
    return None


def in_order(subject: Subject) -> str | None:
    """A plan is sorted by time, then by device."""
    for after_s, _, plan in subject.asks():
        order = np.lexsort((plan.device, plan.at_s))
        if (order != np.arange(len(order))).any():
            return f"the plan after {after_s:g} s is not sorted"
    return None


def of_the_fleet(subject: Subject) -> str | None:
    """Only devices of the fleet ask."""
    for _, _, plan in subject.asks():
        if ((plan.device < 0) | (plan.device >= _DEVICES)).any():
            return f"device {plan.device.max()} of a fleet of {_DEVICES}"
    return None


def numbered(subject: Subject) -> str | None:
    """Each device's requests are numbered from 0 on, without a gap."""
    planned = np.zeros(_DEVICES, np.int64)
    for _, _, plan in subject.asks():
        for device, number in zip(plan.device, plan.number, strict=True):
            if number != planned[device]:
                return f"request {planned[device]} of device {device} has number {number}"
            planned[device] += 1
    return None


def repeatable(subject: Subject) -> str | None:
    """The same seed plans the same requests."""
    for (after_s, _, first), (_, _, second) in zip(subject.asks(), subject.asks(), strict=True):
        if any((a != b).any() if len(a) == len(b) else True for a, b in zip(first, second, strict=True)):
            return f"the plan after {after_s:g} s differs the second time"
    return None


LAWS: tuple[Law, ...] = (within_the_interval, in_order, of_the_fleet, numbered, repeatable)
