"""What theory says of the metrics of a scenario, or why theory does not reach it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

from sim.verify.formulas import fifo_age_s, preempted_age_s

#: A scenario as it stands above this module.
Scenario = Any
_MIDPOINTS = 20_000


class NoFormError(ValueError):
    """Theory does not reach a scenario; the message says why."""


def age_fifo(scenario: Scenario) -> float:
    """Mean age behind private M/M/1 uplinks, first come, first served [s]."""
    return fifo_age_s(_asks_per_s(scenario), _service_s(scenario, "fifo"))


def age_lcfs(scenario: Scenario) -> float:
    """Mean age behind private M/M/1 uplinks where a fresh message drops the stale one [s]."""
    return preempted_age_s(_asks_per_s(scenario), _service_s(scenario, "lcfs"))


def static_gaussians(scenario: Scenario) -> float:
    """Accuracy over the whole run of the best model of t = 0 on two classes that turn by an angle a: Phi(d/2 cos a).

    The model that is trained before t = 0 comes close to the best one, and is a little below it.
    """
    data = getattr(scenario.task, "data", None)
    if data is None or data.kind != "gaussians" or data.classes != 2 or data.walk or data.past or data.shift:
        raise NoFormError("no two normal classes that turn steadily")
    if scenario.drift:
        raise NoFormError("drift besides the steady motion")
    # Midpoints: the integrand is smooth, and a turn has hundreds of them.
    at_s = (np.arange(_MIDPOINTS) + 0.5) / _MIDPOINTS * scenario.duration
    return float(ndtr(data.distance / 2 * np.cos(np.deg2rad(data.rotate) * at_s)).mean())


def _asks_per_s(scenario: Scenario) -> float:
    trigger = scenario.method.trigger
    if trigger.kind != "poisson":
        raise NoFormError("devices do not ask at random times (trigger poisson)")
    return float(trigger.rate)


def _service_s(scenario: Scenario, discipline: str) -> float:
    """Return the mean time that a message holds its device's own uplink [s]."""
    if scenario.method.adapter.kind != "probe":
        raise NoFormError("messages are no probes of a known law")
    names = {cohort.link for cohort in scenario.fleet}
    link = scenario.links[names.pop()] if len(names) == 1 else None
    if link is None or link.up.rate is None or link.shared or link.discipline != discipline:
        raise NoFormError(f"devices have no private {discipline} uplinks of a constant rate")
    payload = scenario.method.adapter.payload
    if type(payload).__name__ != "Exponential":
        raise NoFormError("the size of messages is not exponential")
    return 8.0 * float(payload.mean) / float(link.up.rate)
