"""What can be taken away from a run: one thing that costs time, and all else as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sim.scenario import Scenario, load
from sim.scenario.run_size import MAX_CLOUD_WORKERS
from sim.scenario.sweep import written_value
from sim.scenario.units import TIME

#: So much that no message takes any time worth mentioning.
_FREE_RATE = "1 Tbit/s"


def _links(*fields: str) -> Callable[[Scenario], list[str]]:
    return lambda scenario: [f"links.{link}.{field}" for link in scenario.links for field in fields]


def _queue(scenario: Scenario) -> list[str]:
    """Give every device a worker of its own, and let no request wait for others; all that failed still fails."""
    cloud, workers = scenario.cloud, min(scenario.devices, MAX_CLOUD_WORKERS)
    failing = [
        f"cloud.failures.{place}.workers={workers}"
        for place, failure in enumerate(cloud.failures)
        if failure.workers is not None and failure.workers >= cloud.workers
    ]
    return [f"cloud.workers={workers}", "cloud.capacity=unlimited", "cloud.batch.wait=0 s", *failing]


def _latency(scenario: Scenario) -> list[str]:
    return [override for name, link in scenario.links.items() for override in _at_once(scenario, name, link)]


def _at_once(scenario: Scenario, name: str, link: Any) -> list[str]:
    if link.ping is None:
        return [f"links.{name}.latency=0 s", f"links.{name}.jitter=0 s"]
    # Nothing can be said of a link with a recorded ping but the whole link without it.
    kept = {key: value for key, value in scenario.resolved()["links"][name].items() if key not in ("ping", "jitter")}
    return [f"links.{name}={written_value(kept | {'latency': '0 s'})}"]


def _labels(scenario: Scenario) -> list[str]:
    fleet: Sequence[Any] = scenario.fleet
    return [f"fleet.{place}.labels.after=0 s" for place in range(len(fleet))]


def _asking(scenario: Scenario) -> list[str]:
    kind = scenario.method.trigger.kind
    often = f"method.trigger={{kind: periodic, every: {TIME.format(scenario.tick)}}}"
    return [] if kind in ("never", "rounds") else [often]


#: Factor -> the overrides that take it away from a scenario.
FACTORS: dict[str, Callable[[Scenario], list[str]]] = {
    "uplink": _links(f"up={_FREE_RATE}"),
    "downlink": _links(f"down={_FREE_RATE}"),
    "latency": _latency,
    "loss": _links("loss=0 %"),
    "queue": _queue,
    "service": lambda scenario: ["cloud.service=0 s", "cloud.batch.each=0 s"],
    "labels": _labels,
    "asking": _asking,
}


def factors_of(resolved: Any, names: Sequence[str] | None, *, allow_plugins: bool) -> dict[str, list[str]]:
    """Return factor -> overrides, for all that change the scenario in a ``resolved.yaml``, or those named.

    Raises:
        KeyError: a name that is none.
    """
    scenario = load(resolved, allow_plugins=allow_plugins)
    found = {}
    for name in names or FACTORS:
        overrides = FACTORS[name](scenario)
        if overrides and _changes(scenario, resolved, overrides, allow_plugins=allow_plugins):
            found[name] = overrides
    return found


def _changes(scenario: Scenario, resolved: Any, overrides: Sequence[str], *, allow_plugins: bool) -> bool:
    without = load(resolved, list(overrides), allow_plugins=allow_plugins)
    return without.resolved() != scenario.resolved()
