"""What the data plane needs of a scenario, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from agents.contract import CohortSpec, DriftSpec, FleetSpec, RaySpec, Watch
from sim.links.device_availability import AvailabilityOf, availability_of
from sim.scenario import Scenario


def fleet_spec(
    scenario: Scenario,
    watch: Sequence[Watch | str],
    workers: int = 0,
    ray: RaySpec | None = None,
    logged: Sequence[int] = (),
) -> FleetSpec:
    """Return the specification of a scenario's data plane; ``watch`` is what triggers look at."""
    task: Any = scenario.task
    method: Any = scenario.method
    updates = method.update_codec
    return FleetSpec(
        seed=scenario.seed,
        duration_s=scenario.duration,
        tick_s=scenario.tick,
        data=task.data.kind,
        data_options=task.data.settings,
        model=task.model.kind,
        model_options=task.model.settings,
        pretrain=task.pretrain.plain(),
        cohorts=_cohorts(scenario),
        drift=tuple(map(_drift, scenario.drift)),
        adapter=method.adapter.kind,
        adapter_options=method.adapter.settings,
        codec=method.codec.kind,
        codec_options=method.codec.settings,
        update_codec=updates.kind if updates else None,
        update_codec_options=updates.settings if updates else {},
        references=tuple(scenario.references),
        watch=tuple(watch),
        workers=workers,
        ray=ray or RaySpec(),
        device=scenario.execution.device,
        learns=method.learning is not None,
        rounds=method.trigger.kind == "rounds",
        logged=tuple(logged),
        memory=scenario.execution.memory,
        surrogate=None if task.surrogate is None else str(task.surrogate),
    )


class Absences:
    """When devices of a cohort see no samples; ``first`` is the cohort's first device.

    It is sent to workers, which compute the times themselves: generators and caches are not sent.
    """

    def __init__(self, scenario: Scenario, first: int) -> None:
        self._scenario, self._first = scenario, first

    def __getstate__(self) -> dict[str, Any]:
        return {"_scenario": self._scenario, "_first": self._first}

    @cached_property
    def _availability(self) -> AvailabilityOf:
        return availability_of(self._scenario)

    def __call__(self, device: int, from_s: float, until_s: float) -> list[tuple[float, float]]:
        own = self._availability(self._first + device)
        return [] if own is None else own.absences(from_s, until_s)


def _cohorts(scenario: Scenario) -> tuple[CohortSpec, ...]:
    first = 0
    specs: list[CohortSpec] = []
    for cohort in scenario.fleet:
        stops = cohort.offline.samples == "stop"
        specs.append(_cohort(len(specs), cohort, Absences(scenario, first) if stops else None))
        first += cohort.devices
    return tuple(specs)


def _cohort(index: int, cohort: Any, absences: Absences | None) -> CohortSpec:
    return CohortSpec(
        index=index,
        name=cohort.cohort,
        devices=cohort.devices,
        interval_s=cohort.samples.interval_s,
        arrivals=cohort.samples.arrivals,
        label_share=cohort.labels.share,
        label_delay=cohort.labels.after.quantile,
        absences=absences,
    )


_OWN = {"kind", "at", "over", "every", "cohort", "share", "to", "between", "name"}


def _drift(change: Any) -> DriftSpec:
    written = change.plain()
    return DriftSpec(
        kind=change.kind,
        at_s=change.at,
        over_s=written.get("over", 0.0),
        every_s=written.get("every", 0.0),
        cohort=change.cohort,
        share=change.share,
        to=written.get("to"),
        between=tuple(written.get("between", ())),
        options={name: value for name, value in written.items() if name not in _OWN},
    )
