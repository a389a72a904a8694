"""From a scenario's ``up`` and ``down`` to the rate of each instance of a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.network.rates import RATES
from sim.network.rates.markov import MarkovModel, MarkovRate, fit_markov
from sim.network.rates.rate import Constant, Rate, RatePlace, Scaled
from sim.network.rates.steps import Steps
from sim.network.rates.switched import Switched
from sim.network.traces.opportunities import Opportunities
from sim.network.traces.recorded import load_latency, load_rate

RateOf = Callable[[int], Rate]
Recorded = Steps | Opportunities

#: Bin in which packets are smoothed where a rate has to be a fluid.
_BIN_S = 0.1


def rate_of(throughput: Any, link: str, direction: str, seed: int, horizon_s: float = inf) -> RateOf:
    """Return the rate of each instance of ``link`` under a throughput of the scenario, in a run up to ``horizon_s``."""
    name = next(name for name in RATES if getattr(throughput, name) is not None)
    rates: RateOf = RATES[name].load()(getattr(throughput, name), RatePlace(link, direction, seed, horizon_s))
    return rates


def constant(bps: float, place: RatePlace) -> RateOf:
    """Return one rate for all."""
    rate = Constant(bps)
    return lambda instance: rate


def wandering(markov: Any, place: RatePlace) -> RateOf:
    """Return rates that jump between given states."""
    return _wandering(_model(markov), place)


def fitted(options: Any, place: RatePlace) -> RateOf:
    """Return rates that jump between states fitted to a trace."""
    return _wandering(fit_markov(fluid_of(recording(options.trace), options.bin), options.states), place)


def as_fluid(rate_of_instance: RateOf) -> RateOf:
    """Return rates that can be shared out: packet opportunities smoothed over a tenth of a second."""

    def fluid(instance: int) -> Rate:
        rate = rate_of_instance(instance)
        return fluid_of(rate) if isinstance(rate, Opportunities) else rate

    return fluid


def switched(before: RateOf, after: RateOf, at_s: float) -> RateOf:
    """Return rates that change at ``at_s``."""
    return lambda instance: Switched(before(instance), after(instance), at_s)


def recording(trace: Any) -> Recorded:
    """Load the trace that a scenario names.

    Raises:
        TraceError: with file, line and remedy.
    """
    return load_rate(trace.file, **columns_of(trace))


@dataclass(frozen=True)
class RecordedLatency:
    """Half of a recorded round trip as a function of virtual time [s]."""

    round_trip: Steps
    scale: float

    def __call__(self, at_s: float) -> float:
        return self.round_trip.at(at_s) * self.scale / 2


def recorded_latency(trace: Any) -> RecordedLatency:
    """Return the latency that a scenario's ``ping`` adds."""
    pings = load_latency(trace.file, **columns_of(trace))
    offset_s = 0.0 if trace.offset == "random" else trace.offset
    return RecordedLatency(pings.shifted(offset_s, repeat=trace.end == "repeat"), trace.scale)


def columns_of(trace: Any) -> dict[str, Any]:
    """Return how a scenario says that a trace is laid out, as the loaders take it."""
    names = ("column", "unit", "time_column", "time_unit", "decimal", "thousands", "skip", "time_format")
    return {name: getattr(trace, name) for name in names}


def recorded(trace: Any, place: RatePlace) -> RateOf:
    """Return a recorded rate, each instance from its own place in the recording."""
    whole = recording(trace)

    def rate(instance: int) -> Rate:
        offset_s = trace.offset
        if offset_s == "random":
            # The same place for both directions: they were recorded together.
            offset_s = float(uniforms(place.seed, Purpose.TRACE_OFFSET, place.key(instance))) * whole.period_s
        view = whole.shifted(offset_s, repeat=trace.end == "repeat")
        return view if trace.scale == 1.0 else Scaled(view, trace.scale)

    return rate


def _wandering(model: MarkovModel, place: RatePlace) -> RateOf:
    return lambda instance: MarkovRate(model, place.seed, place.key(instance), place.purpose, place.horizon_s)


def _model(markov: Any) -> MarkovModel:
    """Return the chain of a scenario's states, mean stays and next-state probabilities."""
    states = len(markov.states)
    leave_per_s = 1.0 / np.array(markov.stay)
    following = np.array(markov.next) if markov.next is not None else _all_alike(states)
    jumps = leave_per_s[:, None] * following
    np.fill_diagonal(jumps, 0.0)
    return MarkovModel(np.array(markov.states), jumps - np.diag(jumps.sum(axis=1)))


def _all_alike(states: int) -> np.ndarray:
    if states == 1:
        return np.ones((1, 1))
    return (np.ones((states, states)) - np.eye(states)) / (states - 1)


def fluid_of(rate: Any, bin_s: float = _BIN_S) -> Steps:
    """Return a recording as a rate against time: packets are counted over ``bin_s``."""
    return rate.smoothed(bin_s) if isinstance(rate, Opportunities) else rate
