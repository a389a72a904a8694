"""Reads all that a scenario names: data, recorded rates and availability, distributions from files, its fleet."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from agents.contract import InputError
from agents.contract.errors import error_location
from agents.signals import SIGNALS
from agents.tasks.reading import read_data
from sim.distributions import Empirical
from sim.reading.data_fit import require_fit
from sim.reading.drift_read import drift_read
from sim.reading.recordings import availability_read, fitted_read, latency_read, loss_read, rate_read
from sim.reading.wording import in_words
from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario
from sim.scenario.expected import expected_asks, expected_samples
from sim.scenario.inner_method import rows_of
from sim.scenario.run_size import too_much_training

#: Plain values, by what they are about: ``data``, ``drift``, ``links``, ``availability``, ``laws``, ``fleet``; and
#: ``in_words``.
ReadOf = dict[str, Any]


def read_scenario(scenario: Scenario) -> ReadOf:
    """Read everything that ``scenario`` names, and compile its drift.

    Raises:
        InputError: a file or a drift that a run would refuse; it names the path in the scenario.
    """
    parts: ReadOf = {}
    if scenario.task is not None:
        parts["data"] = read_data(fleet_spec(scenario, ()))
        require_fit(scenario, parts["data"])
        _refuse_endless_training(scenario.task.pretrain.epochs, parts["data"].get("splits", {}).get("train", 0))
    parts["drift"] = drift_read(scenario.drift)
    parts["links"] = dict(_links(scenario))
    parts["availability"] = dict(_availability(scenario))
    parts["laws"] = dict(_laws(scenario.plain(), ""))
    parts["fleet"] = _fleet(scenario)
    found = {name: part for name, part in parts.items() if part}
    return {**found, "in_words": in_words(found)}


def _refuse_endless_training(epochs: int, rows: int) -> None:
    if (why := too_much_training(epochs, rows)) is not None:
        raise InputError("task.pretrain.epochs", why)


def _links(scenario: Scenario) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (``links.lte.up``, what the recording holds) for each rate or latency that is recorded."""
    for name, link in scenario.links.items():
        for direction in ("up", "down"):
            throughput: Any = getattr(link, direction)
            path = f"links.{name}.{direction}"
            if throughput.trace is not None:
                with error_location(f"{path}.trace"):
                    yield path, rate_read(throughput.trace)
            if throughput.fitted is not None:
                with error_location(f"{path}.fitted"):
                    yield path, fitted_read(throughput.fitted)
        losses: Any = link.loss
        for key in ("trace", "fitted"):
            if getattr(losses, key) is not None:
                with error_location(f"links.{name}.loss.{key}"):
                    yield f"links.{name}.loss", loss_read(getattr(losses, key))
        if link.ping is not None:
            with error_location(f"links.{name}.ping"):
                yield f"links.{name}.ping", latency_read(link.ping)


def _availability(scenario: Scenario) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, cohort in enumerate(scenario.fleet):
        recorded: Any = cohort.availability
        if recorded.kind == "trace":
            with error_location(f"fleet.{number}.availability.file"):
                yield cohort.cohort, availability_read(recorded, scenario.duration)


def _laws(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (``fleet.0.compute.inference``, what the file holds) for each distribution that was read from a file."""
    if isinstance(value, Empirical) and value.source:
        least, most = min(value.values), max(value.values)
        yield place, {"path": str(value.source[0]), "values": len(value.values), "from": least, "to": most}
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in items:
            yield from _laws(one, f"{place}.{key}" if place else str(key))


def _fleet(scenario: Scenario) -> dict[str, Any]:
    used = dict.fromkeys(cohort.link for cohort in scenario.fleet if cohort.link is not None)
    fleet: dict[str, Any] = {"devices": scenario.devices, "links": list(used)}
    if scenario.task is not None:
        recorded = any(cohort.samples.arrivals == "recorded" for cohort in scenario.fleet)
        fleet["samples"] = None if recorded else round(expected_samples(scenario))
    fleet["asks"] = expected_asks(scenario)
    if not any(cohort.labels.share for cohort in scenario.fleet) and (wanted := list(_learning_from_labels(scenario))):
        fleet["labels_wanted_by"] = wanted
    trigger: Any = scenario.method.trigger
    if trigger.kind == "rounds" and (called := ceil(trigger.cohort_size * trigger.over_select)) > scenario.devices:
        fleet["called"] = called
    return fleet


def _learning_from_labels(scenario: Scenario) -> Iterator[str]:
    """Yield the methods and the watched signals of a scenario that are of no use without labels."""
    method: Any = scenario.method
    yield from (part.kind for part, row in rows_of(method.adapter) if "labels" in row.needs)
    for trigger in (method.trigger, getattr(method.learning, "trigger", None)):
        signal = getattr(trigger, "signal", None)
        if signal in SIGNALS and "labels" in SIGNALS[signal].needs:
            yield signal
