"""When a link is down: scheduled and random outages, and all the time outside of contact windows."""

from __future__ import annotations

from typing import Any

from agents.seeding import Purpose, uniforms
from sim.links.link_rates import RateOf
from sim.network.availability import AllOf, Availability, Windows
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import key_of
from sim.network.renewal import RenewalPath, RenewalProcess


def interrupted(rates: RateOf, name: str, link: Any, seed: int, horizon_s: float) -> RateOf:
    """Return ``rates`` with the outages of a link: transfers pause while it is down."""
    if not link.outages.scheduled and link.outages.random is None and link.contacts is None:
        return rates
    return lambda instance: InterruptedRate(
        rates(instance), AllOf(_windows(link, seed, key_of(name, instance), horizon_s)), horizon_s
    )


def _windows(link: Any, seed: int, key: int, horizon_s: float) -> list[Availability]:
    windows: list[Availability] = []
    if link.outages.scheduled:
        spans = [span for outage in link.outages.scheduled for span in _spans(outage, horizon_s)]
        windows.append(Windows(spans, inside=False))
    if link.outages.random is not None:
        up, down = link.outages.random.up, link.outages.random.down
        windows.append(RenewalPath(RenewalProcess(up.quantile, down.quantile, seed, Purpose.OUTAGE), key))
    if link.contacts is not None:
        windows.append(_contacts(link.contacts, seed, key, horizon_s))
    return windows


def _contacts(contacts: Any, seed: int, key: int, horizon_s: float) -> Windows:
    first_s = contacts.first
    if first_s == "random":
        first_s = float(uniforms(seed, Purpose.CONTACT, key)) * contacts.every
    count = int(max(horizon_s - first_s, 0.0) // contacts.every) + 1
    starts = (first_s + turn * contacts.every for turn in range(count))
    return Windows([(start, start + contacts.for_) for start in starts])


def _spans(outage: Any, horizon_s: float) -> list[tuple[float, float]]:
    """Return (start, end) of an outage and of its repetitions up to the horizon."""
    if outage.every is None:
        return [(outage.at, outage.at + outage.for_)]
    count = int(max(horizon_s - outage.at, 0.0) // outage.every) + 1
    starts = (outage.at + turn * outage.every for turn in range(count))
    return [(start, start + outage.for_) for start in starts]
