"""What recordings of the network hold: spans, mean rates, the units that were read."""

from __future__ import annotations

from typing import Any

from sim.links.link_rates import as_fluid, recording
from sim.network.rates.markov import fit_markov
from sim.network.traces.columns import Columns
from sim.network.traces.opportunities import Opportunities
from sim.network.traces.recorded import load_latency, unit_of
from sim.network.traces.windows import load_windows


def rate_read(trace: Any) -> dict[str, Any]:
    """Return span [s], mean [bit/s] and unit of a recorded rate."""
    rate = recording(trace)
    unit = "1500 B at each ms" if isinstance(rate, Opportunities) else unit_of(trace.file, _columns(trace))
    return {
        "path": str(trace.file),
        "span_s": rate.period_s,
        "mean_bps": rate.mean_bps * trace.scale,
        "unit": unit,
        "end": trace.end,
    }


def fitted_read(fitted: Any) -> dict[str, Any]:
    """Return the same of a rate that is fitted to a trace; the fit is made, so that an impossible one is found."""
    fluid = as_fluid(lambda instance: recording(fitted.trace))(0)
    law = fit_markov(fluid, fitted.states)  # type: ignore[arg-type]  # as_fluid returns steps for a recording
    return {**rate_read(fitted.trace), "states": len(law.stationary)}


def latency_read(trace: Any) -> dict[str, Any]:
    """Return span [s], mean [s] and unit of a recorded latency."""
    asked = _columns(trace)
    pings = load_latency(
        trace.file, column=asked.value, unit=asked.value_unit, time_column=asked.time, time_unit=asked.time_unit
    )
    unit = unit_of(trace.file, asked, latency=True)
    return {
        "path": str(trace.file),
        "span_s": pings.period_s,
        "mean_s": pings.mean_bps * trace.scale,
        "unit": unit,
        "end": trace.end,
    }


def availability_read(recorded: Any, duration_s: float) -> dict[str, Any]:
    """Return how many devices were recorded, and from when until when [s].

    Raises:
        TraceError: nothing in the file, or a row that cannot be used.
    """
    recordings = load_windows(recorded.file, unit="s")
    first_s, last_s = min(one.first_s for one in recordings), max(one.last_s for one in recordings)
    facts: dict[str, Any] = {
        "path": str(recorded.file),
        "recordings": len(recordings),
        "from_s": first_s,
        "until_s": last_s,
    }
    offset_s = recorded.offset if isinstance(recorded.offset, float) else None
    if offset_s is not None and first_s >= offset_s + duration_s:
        facts["note"] = f"the run ends before the first window; write for example 'offset: {first_s:g} s'"
    return facts


def _columns(trace: Any) -> Columns:
    return Columns(trace.column, trace.unit, trace.time_column, trace.time_unit)
