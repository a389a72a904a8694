"""The interface of the two planes. Plain data: neither torch nor simpy is imported here.

The timing plane (``sim``) decides WHEN; the data plane (``agents``) decides WHAT. They meet in one call,
:meth:`DataPlane.settle`, which carries out what became of exchanges and returns tallies.
"""

from __future__ import annotations

from agents.contract.costs import Costs, ServiceTime
from agents.contract.errors import BackendError, InputError, TooLargeError, WorkersLostError
from agents.contract.exchanges import (
    NO_EXCHANGES,
    STAGES,
    ExchangeKind,
    Exchanges,
    Outcome,
    Stage,
    news_of,
)
from agents.contract.linear_rival import LinearRival
from agents.contract.phases import CLOUD_PHASES, Phase, in_force
from agents.contract.plane import (
    AGE_EDGES_S,
    COHORT_COLUMNS,
    DEVICE_COLUMNS,
    FROZEN,
    LEARNING_COLUMNS,
    STEPS_COLUMN,
    TICKS_TOGETHER,
    DataPlane,
    DeviceTotals,
    Eventually,
    MessageSizes,
    Snapshot,
    Tallies,
)
from agents.contract.specs import STORE_BYTES, CohortSpec, DriftSpec, FleetSpec, RaySpec, Watch, signal_name
from agents.contract.worlds import Worlds

__all__ = [
    "AGE_EDGES_S",
    "CLOUD_PHASES",
    "COHORT_COLUMNS",
    "DEVICE_COLUMNS",
    "FROZEN",
    "LEARNING_COLUMNS",
    "NO_EXCHANGES",
    "STAGES",
    "STEPS_COLUMN",
    "STORE_BYTES",
    "TICKS_TOGETHER",
    "BackendError",
    "CohortSpec",
    "Costs",
    "DataPlane",
    "DeviceTotals",
    "DriftSpec",
    "Eventually",
    "ExchangeKind",
    "Exchanges",
    "FleetSpec",
    "InputError",
    "LinearRival",
    "MessageSizes",
    "Outcome",
    "Phase",
    "RaySpec",
    "ServiceTime",
    "Snapshot",
    "Stage",
    "Tallies",
    "TooLargeError",
    "Watch",
    "WorkersLostError",
    "Worlds",
    "in_force",
    "news_of",
    "signal_name",
]
