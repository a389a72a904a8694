"""What may change within a run, and what may not: one clear line for each change that cannot be made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isclose
from typing import Any

from sim.links.disciplines import DISCIPLINES
from sim.links.link_rates import rate_of
from sim.run.computing_times import follows_from_costs
from sim.run.run_folder import FolderError
from sim.scenario import Scenario
from sim.scenario.scenario import OUTSIDE_FINGERPRINT
from sim.scenario.units import TIME

#: Paths that may change, because nothing up to the moment of the change depends on them.
_FREE = (
    r"method\.trigger\b.*",
    r"method\.adapter\.(?!kind\b).*",
    r"links\.[^.]+\.(up|down)\b.*",
    r"links\.[^.]+\.(latency|jitter)\b.*",
    r"cloud\.service\b.*",
)
_MAY = "method.trigger, options of the same adapter, links.*.up, .down, .latency and .jitter, and cloud.service may"


class ForkError(FolderError):
    """A fork that cannot be made; the message is one line."""


def require_possible(old: Scenario, new: Scenario, at_s: float) -> None:
    """Check that ``new`` can take over from ``old`` at ``at_s``.

    Raises:
        ForkError: the moment is not on the grid of ticks within the run, or the change affects the past.
    """
    _require_tick(old, at_s)
    if old.execution.device != new.execution.device:
        raise ForkError("execution.device: cannot change in the middle of a run: another device gives other results")
    for path in sorted(_changed(old.resolved(), new.resolved())):
        if path.split(".")[0] in OUTSIDE_FINGERPRINT:
            continue
        if not any(re.fullmatch(free, path) for free in _FREE):
            raise ForkError(f"{path}: cannot change at {TIME.format(at_s)}, what was played rests on it; {_MAY}")
        if (why := _obstacle(path, old, new)) is not None:
            raise ForkError(f"{path}: cannot change at {TIME.format(at_s)}: {why}")


def moment_of(scenario: Scenario, at_s: float) -> float:
    """Return the moment of the tick that is meant by ``at_s``, as the run computes it: 0.3 s is three times 0.1 s.

    Raises:
        ForkError: it is no tick within the run.
    """
    _require_tick(scenario, at_s)
    return round(at_s / scenario.tick) * scenario.tick


def _require_tick(scenario: Scenario, at_s: float) -> None:
    if not 0.0 < at_s < scenario.duration:
        raise ForkError(f"--at {TIME.format(at_s)} is not within the run of {TIME.format(scenario.duration)}")
    tick = round(at_s / scenario.tick)
    if not isclose(at_s / scenario.tick, tick, rel_tol=1e-12, abs_tol=1e-9):
        near = TIME.format(float(f"{max(tick, 1) * scenario.tick:.12g}"))
        raise ForkError(f"--at {TIME.format(at_s)} is no tick: write {near} (ticks are {TIME.format(scenario.tick)})")


def _obstacle(path: str, old: Scenario, new: Scenario) -> str | None:
    """Return why a change of an otherwise free path is refused."""
    section, name, *rest = path.split(".")
    if name == "trigger" and "rounds" in {one.method.trigger.kind for one in (old, new)}:
        return "rounds begin and end as they did"
    if section == "links" and rest[0] in ("up", "down"):
        link: Any = old.links[name]
        if not DISCIPLINES[link.discipline].in_turn:
            return f"the rate of a link that is shared out ('{link.discipline}') must stay"
        if any(getattr(one.links[name], rest[0]).bucket is not None for one in (old, new)):
            return "a token bucket must stay as it is"
        rates = [rate_of(getattr(one.links[name], rest[0]), name, rest[0], one.seed)(0) for one in (old, new)]
        if rates[0].grain_bits != rates[1].grain_bits:
            return "a trace of packets and a smooth rate cannot take over from each other"
    if section == "cloud" and (old.cloud.batch.max > 1 or any(map(follows_from_costs, (old, new)))):
        return "the service of batches must stay, and so must one that is measured or computed"
    return None


def _changed(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which two long forms differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _changed(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _changed(*pair, f"{path}.{index}")
    elif old != new:
        yield path
