"""How large a run would be, counted before anything runs: what fits neither time nor memory is refused.

Bounds are about ten times what has been run, so that no study meets one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from sim.scenario.expected import expected_samples, triggered

#: A scenario as it stands above this module.
Scenario = Any
#: Beyond it times are no longer exact to a microsecond [s]: 317 years.
MAX_DURATION = 10_000_000_000
MAX_DEVICES = 10_000_000
MAX_LINKS, MAX_DRIFTS = 50_000, 20_000
#: Rows of the table of links, or of cohorts.
MAX_ROWS = 20_000_000
MAX_SAMPLES, MAX_SAMPLES_A_TICK = 10_000_000_000, 1_000_000
#: Samples that devices remember, all of them together: 16 bytes each and more.
MAX_HELD = 1_000_000_000
MAX_ROWS_SEEN = 10_000_000_000
MAX_REQUESTS, MAX_REQUESTS_A_DEVICE = 200_000_000, 10_000_000
#: Concepts that devices meet, all of them together.
MAX_CONCEPTS = 50_000_000
#: How often a link, a device or a rate may switch.
MAX_SWITCHES = 1_000_000
MAX_PACKETS = 10_000_000
MAX_PARAMETERS, MAX_WIDTH, MAX_LAYERS = 100_000_000, 16_384, 256
#: Steps of training that requests lead to, all of them together.
MAX_STEPS = 10_000_000_000
MAX_CLOUD_WORKERS = 100_000

#: Shares at which a law of times is looked at.
_GRID = (np.arange(1024) + 0.5) / 1024

Path = tuple[str | int, ...]


class Excess(NamedTuple):
    """What is too large: where it stands, in a sentence with the number, and what to write instead."""

    path: Path
    message: str


class _Count(NamedTuple):
    path: Path
    number: float
    most: float
    what: str
    remedy: str


def excesses(scenario: Scenario) -> Iterator[Excess]:
    """Yield what makes a run too large, the first of each kind."""
    for count in _COUNTS:
        over = next((found for found in count(scenario) if not found.number <= found.most), None)
        if over is not None:
            yield Excess(over.path, f"{_in_words(over)}; {over.remedy}")


def too_much_training(epochs: int, rows: int) -> str | None:
    """Return why the net cannot see so many rows so often before t = 0; None if it can."""
    seen = _Count((), epochs * rows, MAX_ROWS_SEEN, "rows seen in training", "write fewer epochs")
    return None if seen.number <= seen.most else f"{_in_words(seen)}; {seen.remedy}"


def _in_words(found: _Count) -> str:
    number = f"{found.number:,.0f}" if found.number < 1e15 else f"{found.number:.3g}"
    return f"makes about {number} {found.what}, and a run has {found.most:,} at most"


def _duration(scenario: Scenario) -> Iterator[_Count]:
    yield _Count(("duration",), scenario.duration, MAX_DURATION, "seconds of virtual time", "write a shorter duration")


def _devices(scenario: Scenario) -> Iterator[_Count]:
    yield _Count(("fleet",), scenario.devices, MAX_DEVICES, "devices", "write fewer")


def _rows(scenario: Scenario) -> Iterator[_Count]:
    ticks, links, cohorts = scenario.duration / scenario.tick, 2 * len(scenario.links), len(scenario.fleet)
    yield _Count(("links",), len(scenario.links), MAX_LINKS, "links", "let devices share some")
    what = "rows of a table (ticks times links or cohorts)"
    yield _Count(("tick",), ticks * max(links, cohorts), MAX_ROWS, what, "write a longer tick")


def _samples(scenario: Scenario) -> Iterator[_Count]:
    if scenario.task is None:
        return
    peak = max([1.0, *(concept.arrivals or 1.0 for change in scenario.drift for _, concept in change.shows)])
    remedy = "write a longer 'every', fewer devices or a shorter duration"
    for number, cohort in enumerate(scenario.fleet):
        path = ("fleet", number, "samples")
        one = peak / cohort.samples.interval_s
        yield _Count(path, one * cohort.devices * scenario.duration, MAX_SAMPLES, "samples", remedy)
        what = "samples of a device in a tick"
        yield _Count(path, one * scenario.tick, MAX_SAMPLES_A_TICK, what, "write a longer 'every' or a shorter tick")
        held = cohort.devices * max(one * scenario.tick, getattr(scenario.method.adapter, "window", 1))
        what = "samples in memory (devices times window, or times samples in a tick)"
        yield _Count(("fleet", number, "devices"), held, MAX_HELD, what, "write fewer devices or a smaller window")
    yield _Count(("fleet",), peak * expected_samples(scenario), MAX_SAMPLES, "samples", remedy)


def _requests(scenario: Scenario) -> Iterator[_Count]:
    method: Any = scenario.method
    triggers: dict[Path, Any] = {("method", "trigger"): method.trigger}
    if method.learning is not None:
        triggers[("method", "learning", "trigger")] = method.learning.trigger
    for path, trigger in triggers.items():
        asked = _rounds(scenario, trigger) if trigger.kind == "rounds" else triggered(scenario, trigger) or 0
        yield _Count(path, asked, MAX_REQUESTS, "requests of the fleet", "let devices ask less often")
        one = asked / max(scenario.devices, 1)
        yield _Count(path, one, MAX_REQUESTS_A_DEVICE, "requests of a device", "let devices ask less often")
        steps = getattr(method.adapter, "steps", 0)
        if path == ("method", "trigger") and isinstance(steps, int):
            what, adapter = "steps of training for all requests", ("method", "adapter", "steps")
            yield _Count(adapter, asked * steps, MAX_STEPS, what, "write fewer steps, or let devices ask less often")
        yield from _alarms(scenario, path, trigger)


def _alarms(scenario: Scenario, path: Path, trigger: Any) -> Iterator[_Count]:
    """Count what alarms at random ask for, which have one place at each tick of a device."""
    if trigger.kind == "dummy":
        asked = trigger.settings
        if asked.get("rate") is not None:
            what = "alarms of a device in a tick"
            yield _Count((*path, "rate"), asked["rate"] * scenario.tick, 1, what, "write a lower rate")
        if asked.get("alarms") is not None:
            most = (ceil(scenario.duration / scenario.tick - 1e-9) - 1) * scenario.devices
            yield _Count((*path, "alarms"), asked["alarms"], most, "alarms", "write fewer")


def _rounds(scenario: Scenario, trigger: Any) -> float:
    """Return how many reports rounds ask for."""
    called = min(trigger.cohort_size * trigger.over_select, scenario.devices)
    return float(scenario.duration / trigger.every * max(called, 1))


def _drifts(scenario: Scenario) -> Iterator[_Count]:
    yield _Count(("drift",), len(scenario.drift), MAX_DRIFTS, "changes", "let one recur, or grow in steps")
    sizes = {cohort.cohort: cohort.devices for cohort in scenario.fleet}
    met = 0.0
    for number, change in enumerate(scenario.drift):
        own: Any = change
        devices = change.share * (scenario.devices if change.cohort is None else sizes[change.cohort])
        every = getattr(own, "every", None)
        times = 1 + ((scenario.duration - change.at) / every if every else getattr(own, "steps", 0))
        met += devices * times
        what = "concepts that devices meet (devices times changes)"
        yield _Count(("drift", number), met, MAX_CONCEPTS, what, "let fewer devices change, or less often")


def _link_switches(scenario: Scenario) -> Iterator[_Count]:
    """Count how often links switch on their own: outages, contacts, and rates that jump."""
    for name, link in scenario.links.items():
        periods: dict[Path, float] = {}
        for number, outage in enumerate(link.outages.scheduled):
            periods[("outages", "scheduled", number, "every")] = outage.every or scenario.duration
        if link.outages.random is not None:
            random = link.outages.random
            periods[("outages", "random")] = _period_s(scenario, random.up, random.down)
        if link.contacts is not None:
            periods[("contacts", "every")] = link.contacts.every
        # A message that meets an outage needs the rate until that is over.
        down_s = [outage.at + outage.for_ for outage in link.outages.scheduled]
        down_s += [link.outages.random.down.mean] if link.outages.random is not None else []
        for direction in ("up", "down"):
            markov: Any = getattr(link, direction).markov
            if markov is not None and len(markov.states) > 1:
                span = max([1.0, *(length_s / scenario.duration for length_s in down_s)])
                periods[(direction, "markov", "stay")] = min(markov.stay) / span
        for path, period_s in periods.items():
            yield _switches(scenario, ("links", name, *path), period_s)


def _device_switches(scenario: Scenario) -> Iterator[_Count]:
    """Count how often devices come and go."""
    for number, cohort in enumerate(scenario.fleet):
        law: Any = cohort.availability
        path = ("fleet", number, "availability")
        if law.kind == "renewal":
            yield _switches(scenario, path, _period_s(scenario, law.on, law.off))
        if law.kind == "diurnal":
            yield _switches(scenario, (*path, "day"), law.day)


def _period_s(scenario: Scenario, *laws: Any) -> float:
    """Return the mean of the sum of some times within a run: few long ones must not hide how short most are."""
    return float(sum(np.minimum(law.quantile(_GRID), scenario.duration).mean() for law in laws))


def _switches(scenario: Scenario, path: Path, period_s: float) -> _Count:
    times = scenario.duration / period_s if period_s else float("inf")
    return _Count(path, times, MAX_SWITCHES, "switches", "write longer times")


def _packets(scenario: Scenario) -> Iterator[_Count]:
    # Where an adapter draws its sizes; another's option of that name may be anything else.
    laws = [getattr(scenario.method.adapter, name, None) for name in ("payload", "update")]
    sent = max(getattr(law, "mean", 0.0) for law in laws)
    used = {
        name for cohort in scenario.fleet if cohort.link for name in (cohort.link, *scenario.links[cohort.link].via)
    }
    for name in sorted(used):
        link = scenario.links[name]
        room = link.mtu - link.packet_header
        what = "packets of one message"
        yield _Count(("links", name, "mtu"), sent / room, MAX_PACKETS, what, "write a larger mtu or smaller messages")
        yield _Count(("links", name, "header"), link.header / room, MAX_PACKETS, what, "write a smaller header")


def _parameters(scenario: Scenario) -> Iterator[_Count]:
    model: Any = None if scenario.task is None else scenario.task.model
    for key, taps in (("hidden", 1), ("channels", 9)):
        sizes = getattr(model, key, None)
        if isinstance(sizes, int | list):
            listed = sizes if isinstance(sizes, list) else [sizes]
            # Input and output add more; they are at least one wide.
            numbers = taps * sum(a * b for a, b in zip([1, *listed], [*listed, 1], strict=True))
            path, remedy = ("task", "model", key), "write smaller layers"
            yield _Count(path, len(listed), MAX_LAYERS, "layers", "write fewer")
            yield _Count(path, max(listed), MAX_WIDTH, "outputs of a layer", remedy)
            yield _Count(path, numbers, MAX_PARAMETERS, "numbers in the net", remedy)


def _training(scenario: Scenario) -> Iterator[_Count]:
    if scenario.task is not None and isinstance(rows := getattr(scenario.task.data, "history", None), int):
        epochs, what = scenario.task.pretrain.epochs, "rows seen in training"
        yield _Count(("task", "pretrain", "epochs"), epochs * rows, MAX_ROWS_SEEN, what, "write fewer epochs")


def _workers(scenario: Scenario) -> Iterator[_Count]:
    yield _Count(("cloud", "workers"), scenario.cloud.workers, MAX_CLOUD_WORKERS, "workers", "write fewer")


_COUNTS: tuple[Callable[[Scenario], Iterator[_Count]], ...] = (
    _duration,
    _devices,
    _rows,
    _samples,
    _requests,
    _drifts,
    _link_switches,
    _device_switches,
    _packets,
    _parameters,
    _training,
    _workers,
)
