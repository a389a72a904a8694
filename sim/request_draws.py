"""What is left to chance in the requests of a scenario: sizes, latencies, and the times of service and learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.contract import DataPlane
from agents.seeding import Purpose
from sim.forking.acts import Act
from sim.forking.relay import ChancesRelay
from sim.laws import Constant, Law
from sim.lines.building import path_of
from sim.requests import Chances, Draw, Drawing, by_cohort, draw_from, total
from sim.scenario import Scenario


def chances_of(acts: Sequence[Act], plane: DataPlane | None, hops: int) -> Drawing:
    """Return the draws of requests; ``acts`` may change them in the middle of a run."""
    parts = [(act.until_s, _under(act.scenario, plane, hops)) for act in acts]
    return parts[0][1] if len(parts) == 1 else ChancesRelay(parts)


def _under(scenario: Scenario, plane: DataPlane | None, hops: int) -> Chances:
    seed: int = scenario.seed
    service: Any = scenario.cloud.service
    payload, update = _message_sizes(scenario, plane)
    return Chances(
        payload_bytes=draw_from(payload, seed, Purpose.PAYLOAD_SIZE),
        update_bytes=draw_from(update, seed, Purpose.UPDATE_SIZE),
        up_latency_s=[_latency(scenario, "up", hop) for hop in range(hops)],
        down_latency_s=[_latency(scenario, "down", hop) for hop in range(hops)],
        service_s=draw_from(service, seed, Purpose.SERVICE),
        step_s=_step_s(scenario),
    )


def _step_s(scenario: Scenario) -> Draw | None:
    """Return how long a step of learning takes on a device, cohort by cohort; None if none learns."""
    method: Any = scenario.method
    if method.learning is None and method.trigger.kind != "rounds":
        return None
    laws = [cohort.compute.training_step for cohort in scenario.fleet]
    first = np.cumsum([0, *(cohort.devices for cohort in scenario.fleet)])[:-1]
    return by_cohort([draw_from(law, scenario.seed, Purpose.TRAINING_STEP) for law in laws], first)


def _message_sizes(scenario: Scenario, plane: DataPlane | None) -> tuple[Law, Law]:
    if plane is None:
        probe: Any = scenario.method.adapter
        return probe.payload, probe.update
    return Constant(float(plane.sizes.payload_bytes)), Constant(float(plane.sizes.update_bytes))


_LATENCY = {
    "up": (Purpose.UPLINK_LATENCY, Purpose.UPLINK_JITTER),
    "down": (Purpose.DOWNLINK_LATENCY, Purpose.DOWNLINK_JITTER),
}


def _latency(scenario: Scenario, direction: str, hop: int) -> Draw:
    """Return the latency of one hop of each cohort's route; zero where the route is shorter."""
    draws = []
    for cohort in scenario.fleet:
        path = [] if cohort.link is None else path_of(scenario.links, cohort.link)
        path = path if direction == "up" else path[::-1]
        link = scenario.links[path[hop]] if hop < len(path) else None
        laws = [] if link is None else zip((link.latency, link.jitter), _LATENCY[direction], strict=True)
        draws.append(total([draw_from(law, scenario.seed, purpose, hop) for law, purpose in laws]))
    first = np.cumsum([0, *(cohort.devices for cohort in scenario.fleet)])[:-1]
    return by_cohort(draws, first)
