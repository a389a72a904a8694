"""The random draws of a scenario's requests: sizes, latencies, and the times of service and learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.contract import DataPlane, InputError
from agents.seeding import Purpose
from sim.distributions import Constant, Distribution
from sim.kernel.requests import Draw, RequestSampler, RequestSource, by_cohort, draw_from, total
from sim.links.build import path_of
from sim.run.forking.segments import Segment
from sim.run.forking.switched import SwitchedSampler
from sim.scenario import Scenario


def sampler_of(segments: Sequence[Segment], plane: DataPlane | None, hops: int) -> RequestSource:
    """Return the draws of requests; ``segments`` may change them within a run."""
    parts = [(segment.until_s, _under(segment.scenario, plane, hops)) for segment in segments]
    return parts[0][1] if len(parts) == 1 else SwitchedSampler(parts)


def _under(scenario: Scenario, plane: DataPlane | None, hops: int) -> RequestSampler:
    seed: int = scenario.seed
    service: Any = scenario.cloud.service
    payload, update = _message_sizes(scenario, plane)
    return RequestSampler(
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
    distributions = [cohort.compute.training_step for cohort in scenario.fleet]
    first = np.cumsum([0, *(cohort.devices for cohort in scenario.fleet)])[:-1]
    return by_cohort(
        [draw_from(distribution, scenario.seed, Purpose.TRAINING_STEP) for distribution in distributions], first
    )


def _message_sizes(scenario: Scenario, plane: DataPlane | None) -> tuple[Distribution, Distribution]:
    if plane is None:
        probe: Any = scenario.method.adapter
        return probe.payload, probe.update
    own, given = plane.sizes, scenario.method.sizes
    if given is None:
        return Constant(float(own.payload_bytes)), Constant(float(own.update_bytes))
    if own.from_data:
        raise InputError("method.sizes", "sizes that follow from the data cannot be given; choose another codec")
    payload = own.payload_bytes if given.payload is None else given.payload
    update = own.update_bytes if given.update is None else given.update
    return Constant(float(payload)), Constant(float(update))


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
        distributions = [] if link is None else zip((link.latency, link.jitter), _LATENCY[direction], strict=True)
        draws.append(
            total([draw_from(distribution, scenario.seed, purpose, hop) for distribution, purpose in distributions])
        )
    first = np.cumsum([0, *(cohort.devices for cohort in scenario.fleet)])[:-1]
    return by_cohort(draws, first)
