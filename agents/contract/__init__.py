"""All that the two planes say to each other. Plain data: neither torch nor simpy is imported here.

The timing plane (``sim``) decides WHEN; the data plane (``agents``) decides WHAT. They meet in one call,
:meth:`DataPlane.settle`, which carries an itinerary of orders out and returns tallies.
"""

from __future__ import annotations

from agents.contract.errors import BackendError, InputError, WorkersLostError
from agents.contract.itinerary import NONE, Kind, Orders
from agents.contract.orders import Adapt, Collect, Discard, Install, Order, Phase, Progress, in_force
from agents.contract.plane import (
    COHORT_COLUMNS,
    DEVICE_COLUMNS,
    FROZEN,
    TOLD_TOGETHER,
    DataPlane,
    DeviceTotals,
    Eventually,
    Kept,
    MessageSizes,
    Tallies,
)
from agents.contract.specs import STORE_BYTES, CohortSpec, DriftSpec, FleetSpec, RaySpec

__all__ = [
    "COHORT_COLUMNS",
    "DEVICE_COLUMNS",
    "FROZEN",
    "NONE",
    "STORE_BYTES",
    "TOLD_TOGETHER",
    "Adapt",
    "BackendError",
    "CohortSpec",
    "Collect",
    "DataPlane",
    "DeviceTotals",
    "Discard",
    "DriftSpec",
    "Eventually",
    "FleetSpec",
    "InputError",
    "Install",
    "Kept",
    "Kind",
    "MessageSizes",
    "Order",
    "Orders",
    "Phase",
    "Progress",
    "RaySpec",
    "Tallies",
    "WorkersLostError",
    "in_force",
]
