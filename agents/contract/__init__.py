"""All that the two planes say to each other. Plain data: neither torch nor simpy is imported here.

The timing plane (``sim``) decides WHEN; the data plane (``agents``) decides WHAT. They meet in one call,
:meth:`DataPlane.settle`, which carries an itinerary of orders out and returns tallies.
"""

from __future__ import annotations

from agents.contract.costs import Costs, ServiceTime
from agents.contract.errors import BackendError, InputError, WorkersLostError
from agents.contract.itinerary import NONE, Kind, Orders
from agents.contract.orders import Adapt, Collect, Discard, Install, Order, Phase, Progress, in_force
from agents.contract.plane import (
    COHORT_COLUMNS,
    DEVICE_COLUMNS,
    TOLD_TOGETHER,
    DataPlane,
    DeviceTotals,
    Eventually,
    Kept,
    MessageSizes,
    Tallies,
)
from agents.contract.specs import STORE_BYTES, CohortSpec, DriftSpec, FleetSpec, RaySpec, Watch, signal_name

__all__ = [
    "COHORT_COLUMNS",
    "DEVICE_COLUMNS",
    "NONE",
    "STORE_BYTES",
    "TOLD_TOGETHER",
    "Adapt",
    "BackendError",
    "CohortSpec",
    "Collect",
    "Costs",
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
    "ServiceTime",
    "Tallies",
    "Watch",
    "WorkersLostError",
    "in_force",
    "signal_name",
]
