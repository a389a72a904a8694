"""How long an exchange takes over recorded links, by the integral of the recording alone: no queue, no event."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np

from sim.distributions import Constant
from sim.links.link_rates import recording
from sim.network.rates.steps import Steps
from sim.verify.predictions import NoFormError

#: A scenario as it stands above this module.
Scenario = Any
#: Moments of a recording at which a transfer begins.
_MOMENTS = 20_000
#: What must have its default on a link, for a transfer to be the integral of its rate and nothing else.
_PLAIN = ("jitter", "ping", "header", "packet_header", "shared", "shared_by", "via", "loss", "outages", "contacts")


def delay_over_traces(scenario: Scenario) -> float:
    """Median time from request to install where each device has a recorded link of its own, from any place in it [s].

    A transfer of S bits that begins at u ends where the integral of the rate from u on is S. Raises NoFormError where
    messages may have to wait for anything else.
    """
    link = _link(scenario)
    adapter = scenario.method.adapter
    if adapter.kind != "probe" or not all(isinstance(one, Constant) for one in (adapter.payload, adapter.update)):
        raise NoFormError("messages are no probes of a constant size")
    trigger = scenario.method.trigger
    if trigger.kind != "periodic" or scenario.method.in_flight != "drop":
        raise NoFormError("devices do not ask periodically, one request at a time")
    service, latency = scenario.cloud.service, link.latency
    if service != Constant(0.0) or not isinstance(latency, Constant):
        raise NoFormError("the cloud or the latency takes time that is left to chance")
    up_s, at_s = _transfer(link.up, 8.0 * adapter.payload.value)
    both_s = up_s + 2.0 * latency.value + _then(link, 8.0 * adapter.update.value, at_s + up_s + latency.value)
    if both_s.max() >= trigger.every:
        raise NoFormError("an exchange may last longer than the time between requests")
    return float(np.median(both_s))


def _link(scenario: Scenario) -> Any:
    names = {cohort.link for cohort in scenario.fleet}
    # A cohort without a link has None.
    link = scenario.links.get(names.pop()) if len(names) == 1 else None
    if link is None or scenario.task is not None:
        raise NoFormError("no run of timing only over one kind of link")
    own = type(link).model_fields
    strange = [name for name in _PLAIN if getattr(link, name) != own[name].get_default(call_default_factory=True)]
    traces = [one.trace for one in (link.up, link.down) if one.trace is not None]
    if strange or link.discipline != "fifo" or not traces:
        raise NoFormError("no recorded links that nothing else delays")
    if any(trace.offset != "random" or trace.end != "repeat" or trace.scale != 1.0 for trace in traces):
        raise NoFormError("devices do not start anywhere in a recording")
    return link


def _transfer(throughput: Any, bits: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how long transfers last that begin at even moments of a recording, and these moments [s]."""
    if throughput.trace is None:
        return np.full(_MOMENTS, bits / _constant(throughput)), np.linspace(0.0, 0.0, _MOMENTS)
    starts_s, rates_bps, period_s = _steps(throughput.trace)
    at_s = (np.arange(_MOMENTS) + 0.5) / _MOMENTS * period_s
    return _lasting(starts_s, rates_bps, period_s, at_s, bits), at_s


def _then(link: Any, bits: float, at_s: np.ndarray) -> np.ndarray:
    """Return how long the answers last that begin at ``at_s``: both directions were recorded together."""
    if link.down.trace is None:
        return np.full(len(at_s), bits / _constant(link.down))
    if link.up.trace is None:
        return _transfer(link.down, bits)[0]
    starts_s, rates_bps, period_s = _steps(link.down.trace)
    if period_s != _steps(link.up.trace)[2]:
        raise NoFormError("the two directions were not recorded together")
    return _lasting(starts_s, rates_bps, period_s, at_s % period_s, bits)


def _constant(throughput: Any) -> float:
    if throughput.rate is None:
        raise NoFormError("a direction is neither recorded nor constant")
    return float(throughput.rate)


def _steps(trace: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Return when each rate of a recording begins [s], the rates [bit/s], and how long it is [s]."""
    whole = recording(trace)
    if not isinstance(whole, Steps):
        raise NoFormError("packets were recorded, and no rate over time")
    starts_s = np.array(list(_starts(whole)))
    return starts_s, np.array([whole.at(start) for start in starts_s.tolist()]), whole.period_s


def _starts(whole: Steps) -> Iterator[float]:
    at_s = 0.0
    while at_s < whole.period_s:
        yield at_s
        at_s = whole.next_change_s(at_s)


def _lasting(starts_s: np.ndarray, rates_bps: np.ndarray, period_s: float, at_s: np.ndarray, bits: float) -> np.ndarray:
    """Return how long ``bits`` take from each moment on: the inverse of the running integral of the rate."""
    lap_bits = float((rates_bps * np.diff(starts_s, append=period_s)).sum())
    if lap_bits <= 0:
        raise NoFormError("nothing passes")
    laps = ceil(bits / lap_bits) + 1
    edges_s = np.append((starts_s + period_s * np.arange(laps)[:, None]).ravel(), laps * period_s)
    carried = np.concatenate([[0.0], np.cumsum(np.diff(edges_s) * np.tile(rates_bps, laps))])
    wanted = np.interp(at_s, edges_s, carried) + bits
    end = np.searchsorted(carried, wanted, side="left")
    rate = np.tile(rates_bps, laps)[end - 1]
    return np.asarray(edges_s[end] - (carried[end] - wanted) / rate - at_s)
