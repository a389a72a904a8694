"""The arrays of the compiled engine as a run begins."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from agents.contract import DataPlane
from sim.compiled.calendar import no_events
from sim.compiled.codes import POLICY_CODES
from sim.compiled.laws import Laws
from sim.compiled.layout import Layout
from sim.compiled.state import DEVICE, GLOBALS, HOP, ROW, WORKER, State

#: Rows and events that there is room for at first.
_ROOM = 1024


def empty_state(scenario: Any, layout: Layout, workers: np.ndarray) -> State:
    """Return the arrays of a fleet that has not asked yet."""
    g = np.zeros(1, GLOBALS)
    g["horizon_s"], g["hops"], g["policy"] = scenario.duration, layout.places, POLICY_CODES[scenario.method.in_flight]
    bounded = scenario.cloud.capacity < np.inf
    g["bounded"], g["capacity"] = bounded, scenario.cloud.capacity if bounded else 0
    g["cloud_share"], g["batch_size"] = layout.cloud_share, scenario.cloud.batch.max
    g["batch_wait_s"], g["batch_each_s"] = scenario.cloud.batch.wait, scenario.cloud.batch.each
    g["mask"] = _ROOM - 1
    people = np.zeros(scenario.devices, DEVICE)
    for name in ("newest", "last", "learner", "held", "gate"):
        people[name] = -1
    g["answered"], g["row_limit"] = -1, np.iinfo(np.int64).max
    g["workers"], g["event_room"] = len(workers), _ROOM
    return State(
        g,
        event=no_events(_ROOM),
        row=np.zeros(_ROOM, ROW),
        hop=np.zeros(_ROOM * layout.places, HOP),
        device=people,
        cohort=layout.cohorts,
        stage=layout.stages,
        station=layout.stations,
        share=layout.shares,
        worker=workers,
        serving=np.zeros(int(scenario.cloud.capacity) + 1 if bounded else 1),
        source=np.full(max(layout.sources, 1), -1),
        partial=np.zeros(64),
        work=np.zeros(1),
        group=layout.networks.groups.array,
        wire=layout.networks.wires.array,
        crossing=layout.networks.crossings.array,
        entry=layout.networks.entries.array,
    )


def set_method(state: State, scenario: Any, plane: DataPlane | None) -> bool:
    """Set what devices do beside their requests, and what the data plane says; return whether updates expire."""
    g, learning = state.g, scenario.method.learning
    expires_s = None if plane is None else plane.expires_s
    g["expires_s"] = inf if expires_s is None else expires_s
    steps = 0 if plane is None else plane.learning_steps
    g["steps"] = -1 if steps is None else steps
    g["from_data"] = plane is not None and plane.sizes.from_data
    g["requests_wait"] = learning is None or learning.requests == "wait"
    g["models"] = expires_s is not None or learning is not None
    return expires_s is not None


def workers_of(scenario: Any, uptimes: list[Any], laws: Laws) -> np.ndarray:
    """Return the records of the cloud's workers."""
    workers = np.zeros(scenario.cloud.workers, WORKER)
    workers["worker"], workers["gate"] = np.arange(len(workers)), -1
    for place, uptime in enumerate(uptimes):
        gate = laws.add_gate(uptime)
        workers["gate"][place] = gate
        workers["rate"][place] = laws.rates.add(kind=0, bps=1.0, gate=gate, factor=1.0)
    return workers
