"""What recordings of the network hold: spans, mean rates, the units that were read."""

from __future__ import annotations

from typing import Any

from sim.links.link_rates import columns_of, fluid_of, recording
from sim.network.availability import Windows
from sim.network.rates.markov import fit_markov
from sim.network.traces.columns import Columns
from sim.network.traces.losses import recorded
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
    law = fit_markov(fluid_of(recording(fitted.trace), fitted.bin), fitted.states)
    return {**rate_read(fitted.trace), "states": len(law.stationary)}


def latency_read(trace: Any) -> dict[str, Any]:
    """Return span [s], mean [s] and unit of a recorded latency."""
    asked = _columns(trace)
    pings = load_latency(trace.file, **columns_of(trace))
    unit = unit_of(trace.file, asked, latency=True)
    return {
        "path": str(trace.file),
        "span_s": pings.period_s,
        "mean_s": pings.mean_bps * trace.scale,
        "unit": unit,
        "end": trace.end,
    }


def loss_read(recording: Any) -> dict[str, Any]:
    """Return how many packets were recorded, and which share of them was lost."""
    losses = recorded(recording)
    return {"path": str(recording.file), "packets": len(losses), "mean_loss": losses.mean_loss}


def availability_read(recorded: Any, duration_s: float) -> dict[str, Any]:
    """Return how many devices were recorded, until when [s, from the first window on], and whether any is there.

    Raises:
        TraceError: nothing in the file, or a row that cannot be used.
    """
    recordings = load_windows(recorded.file, unit="s", states=recorded.states)
    last_s = max(one.last_s for one in recordings)
    facts: dict[str, Any] = {"path": str(recorded.file), "recordings": len(recordings), "until_s": last_s}
    offset_s = recorded.offset
    if isinstance(offset_s, float) and recorded.end == "once" and offset_s >= last_s:
        facts["note"] = (
            f"no device is there during the run: all have gone at {last_s:g} s, and offset is {offset_s:g} s"
        )
    elif isinstance(offset_s, float) and not any(_there(one, offset_s, duration_s) for one in recordings):
        facts["note"] = "no device is there during the run"
    return facts


def _there(windows: Windows, offset_s: float, duration_s: float) -> bool:
    """Return whether any of the windows overlaps the run, if they are not repeated before its end."""
    view = windows.shifted(offset_s)
    return view.available(0.0) or view.next_change_s(0.0) < duration_s or offset_s + duration_s > windows.last_s


def _columns(trace: Any) -> Columns:
    given = columns_of(trace)
    return Columns(given.pop("column"), given.pop("unit"), given.pop("time_column"), **given)
