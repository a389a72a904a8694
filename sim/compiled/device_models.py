"""The models of devices beside their requests: :mod:`sim.exchanges.device_models`."""

from __future__ import annotations

import math

from sim.compiled.calendar import add_unranked
from sim.compiled.codes import EXPIRE, EXPIRY, INSTALLED, OUTCOME_OF, SUPERSEDED
from sim.compiled.compiling import inlined
from sim.compiled.memory import device_of, row_of
from sim.compiled.rows import alone

_SUPERSEDED = OUTCOME_OF[SUPERSEDED]


@inlined
def install(g, x):
    """Note that an update of the cloud takes effect: what the device is learning starts from an old model."""
    device = device_of(g, x.device)
    if device.learner >= 0:
        row_of(g, device.learner).outcome = _SUPERSEDED
    device.model_changes += 1


@inlined
def watch_age(g, x):
    """Schedule the expiry of the update that an exchange has just brought, unless another follows."""
    if g.expires_s < math.inf:
        changes = device_of(g, x.device).model_changes
        add_unranked(g, x.installed_s + g.expires_s, x.device, changes, 0, EXPIRE)


@inlined
def expire(g, device, changes):
    """Let the update of a device expire, unless its model has changed since."""
    if device_of(g, device).model_changes == changes:
        x = alone(g, device, EXPIRY)
        x.ended_s, x.outcome, x.over = g.now_s, INSTALLED, 1
