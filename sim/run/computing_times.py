"""From computations to their durations: times of the cloud and of devices that a scenario gives as speeds."""

from __future__ import annotations

from typing import Any

from agents.contract import Costs, DataPlane, ServiceTime
from sim.distributions import Constant
from sim.scenario import Scenario
from sim.scenario.distribution_fields import MacsPerSecond


def follows_from_costs(scenario: Scenario) -> bool:
    """Return whether some time depends on what is computed."""
    speeds = [cohort.compute.macs_per_s for cohort in scenario.fleet]
    return isinstance(scenario.cloud.service, MacsPerSecond | str) or any(speed is not None for speed in speeds)


def with_times(scenario: Scenario, plane: DataPlane | None) -> tuple[Scenario, ServiceTime | None]:
    """Return the scenario with times in place of speeds, and how long the cloud takes where that was not written."""
    if plane is None or not follows_from_costs(scenario):
        return scenario, None
    costs = plane.costs
    fleet = [_with_device_times(cohort, costs) for cohort in scenario.fleet]
    service = _service_time(scenario, plane, costs)
    changed: dict[str, Any] = {"fleet": fleet}
    if service is not None:
        changed["cloud"] = _with_service(scenario.cloud, service)
    return scenario.model_copy(update=changed), service


def _service_time(scenario: Scenario, plane: DataPlane, costs: Costs) -> ServiceTime | None:
    service = scenario.cloud.service
    if isinstance(service, MacsPerSecond):
        return ServiceTime(costs.fixed / service.rate, costs.each / service.rate)
    return plane.measure_service() if service == "measured" else None


def _with_service(cloud: Any, service: ServiceTime) -> Any:
    """Return the cloud with the time of one request, and where there are batches that of each further one."""
    changed: dict[str, Any] = {"service": Constant(service.of(1))}
    if cloud.batch.max > 1:
        changed["batch"] = cloud.batch.model_copy(update={"each": service.each_s})
    return cloud.model_copy(update=changed)


def _with_device_times(cohort: Any, costs: Costs) -> Any:
    speed = cohort.compute.macs_per_s
    if speed is None:
        return cohort
    times = {"inference": costs.inference, "training_step": costs.learning * costs.step_samples}
    written: dict[str, Any] = {name: Constant(macs / speed) for name, macs in times.items()}
    return cohort.model_copy(update={"compute": cohort.compute.model_copy(update=written | {"macs_per_s": None})})
