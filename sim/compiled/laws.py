"""Rates and availabilities as records: from the objects of :mod:`sim.network` to the tables of the compiled engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agents.seeding import Purpose, key_of
from sim.compiled.codes import CONSTANT, DAILY, MARKOV, PACKETS, RENEWAL, STEPS, WINDOWS
from sim.compiled.growing import Growing
from sim.compiled.state import GATE, PART, RATE
from sim.links.link_rates import RecordedLatency
from sim.network.availability import AllOf, Availability, Windows
from sim.network.daily_hours import DailyHours
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.markov import MarkovRate
from sim.network.rates.rate import Constant, Rate, Scaled
from sim.network.rates.steps import Steps
from sim.network.renewal import RenewalPath
from sim.network.traces.opportunities import Opportunities


class Laws:
    """The rates and gates of a run, each laid out up to the horizon when it is first needed."""

    def __init__(self, horizon_s: float) -> None:
        self._horizon_s = horizon_s
        self.rates, self.gates, self.parts = Growing(RATE), Growing(GATE), Growing(PART)
        self.numbers, self.moments = Growing(np.float64), Growing(np.int64)
        # Tables that many views share, by identity; they are kept, so that no identity is given twice.
        self._places: dict[int, tuple[Any, int]] = {}

    def add_rate(self, rate: Rate) -> int:
        """Add a rate; return its place."""
        if isinstance(rate, InterruptedRate):
            fields = self._fields(rate.rate) | {"gate": self.add_gate(rate.availability)}
        else:
            fields = self._fields(rate)
        return self.rates.add(**fields)

    def add_latency(self, latency: RecordedLatency) -> int:
        """Add a recorded latency, as a rate over time of which half is meant; return its place."""
        return self.rates.add(gate=-1, **self._steps(latency.round_trip), factor=latency.scale, scaled=True)

    def add_gate(self, availability: Availability) -> int:
        """Add an availability; return its place."""
        parts = availability.parts if isinstance(availability, AllOf) else [availability]
        records = [_PARTS[type(part)](self, part) for part in parts]
        places = [self.parts.add(**record) for record in records]
        return self.gates.add(first=places[0], count=len(places))

    def peak_bps(self, place: int) -> float:
        """Return the most that a rate in steps or a random one ever is within the run [bit/s]."""
        record = self.rates.array[place]
        if record["kind"] == CONSTANT:
            return float(record["bps"])
        first, count = int(record["first"]), int(record["count"])
        begin = first + (count + 1 if record["kind"] == STEPS else 2 * count)
        return float(self.numbers.array[begin : begin + count].max() * record["factor"])

    def _fields(self, rate: Rate) -> dict[str, Any]:
        plain = {"gate": -1, "factor": 1.0}
        if isinstance(rate, Scaled):
            return plain | _RATES[type(rate.rate)](self, rate.rate) | {"factor": rate.factor, "scaled": True}
        return plain | _RATES[type(rate)](self, rate)

    def _shared(self, owner: Any, place: Callable[[], int]) -> int:
        if id(owner) not in self._places:
            self._places[id(owner)] = owner, place()
        return self._places[id(owner)][1]

    def _constant(self, rate: Constant) -> dict[str, Any]:
        return {"kind": CONSTANT, "bps": rate.bps}

    def _steps(self, rate: Steps) -> dict[str, Any]:
        table = rate.table
        columns = (table.edges_s, table.rates_bps, table.cumulative_bits)
        first = self._shared(table, lambda: self.numbers.extend(np.concatenate(columns)))
        known = {"first": first, "count": len(table.rates_bps), "total_bits": table.total_bits}
        return {"kind": STEPS, "period_s": rate.period_s, "offset_s": rate.offset_s, "repeats": rate.repeat} | known

    def _packets(self, rate: Opportunities) -> dict[str, Any]:
        times_ms, offset_ms = rate.table
        first = self._shared(times_ms, lambda: self.moments.extend(times_ms))
        known = {"first": first, "count": len(times_ms), "grain_bits": rate.grain_bits}
        return {"kind": PACKETS, "offset_ms": offset_ms, "repeats": rate.repeat} | known

    def _markov(self, rate: MarkovRate) -> dict[str, Any]:
        columns = rate.table(self._horizon_s)
        return {"kind": MARKOV, "first": self.numbers.extend(np.concatenate(columns)), "count": len(columns[0])}

    def _windows(self, windows: Windows) -> dict[str, Any]:
        edges_s, inside, period_s, offset_s = windows.table
        first = self._shared(edges_s, lambda: self.numbers.extend(edges_s))
        known = {"kind": WINDOWS, "first": first, "count": len(edges_s)}
        return known | {"inside": inside, "period_s": period_s, "offset_s": offset_s}

    def _renewal(self, path: RenewalPath) -> dict[str, Any]:
        starts_on, ends_s = path.table(self._horizon_s)
        return {"kind": RENEWAL, "inside": starts_on, "first": self.numbers.extend(ends_s), "count": len(ends_s)}

    def _daily(self, hours: DailyHours) -> dict[str, Any]:
        names = ("device", "from_s", "length_s", "day_s", "zone_s", "share")
        draws = key_of(hours.seed, Purpose.AVAILABILITY)
        return {"kind": DAILY, "draws": draws} | {name: getattr(hours, name) for name in names}


_RATES: dict[type, Callable[..., dict[str, Any]]] = {
    Constant: Laws._constant,
    Steps: Laws._steps,
    Opportunities: Laws._packets,
    MarkovRate: Laws._markov,
}
_PARTS: dict[type, Callable[..., dict[str, Any]]] = {
    Windows: Laws._windows,
    RenewalPath: Laws._renewal,
    DailyHours: Laws._daily,
}


def knows_rate(rate: Rate) -> bool:
    """Return whether the engine has the law of a rate."""
    if isinstance(rate, InterruptedRate):
        return (
            knows_availability(rate.availability)
            and not isinstance(rate.rate, InterruptedRate)
            and knows_rate(rate.rate)
        )
    return type(rate.rate if isinstance(rate, Scaled) else rate) in _RATES


def knows_availability(availability: Availability) -> bool:
    """Return whether the engine has the law of an availability."""
    parts = availability.parts if isinstance(availability, AllOf) else [availability]
    return bool(parts) and all(type(part) in _PARTS for part in parts)
