"""Max-min fair flows the slow and plain way: progressive filling, again after every arrival and every end.

An oracle for :mod:`sim.network.maxmin` that shares no line with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf


@dataclass
class Flow:
    """One transfer: when it starts [s], what it still has to send [bit], over which links, at most how fast."""

    start_s: float
    bits: float
    path: tuple[str, ...]
    cap_bps: float = inf
    end_s: float = inf


def fair_rates_bps(flows: Sequence[Flow], capacity_bps: Mapping[str, float]) -> list[float]:
    """Return the rate of each flow: all rise alike until a link is full or a cap is reached.

    Source: Bertsekas and Gallager, "Data Networks" (1992), section 6.5.2.
    """
    rates = [0.0] * len(flows)
    left_bps = dict(capacity_bps)
    rising = set(range(len(flows)))
    while rising:
        users = {link: sum(link in flows[i].path for i in rising) for link in left_bps}
        shares = {link: left_bps[link] / count for link, count in users.items() if count}
        step = min([*shares.values(), *(flows[i].cap_bps - rates[i] for i in rising)])
        full = {link for link, share in shares.items() if share <= step * (1 + 1e-12)}
        for link, count in users.items():
            left_bps[link] -= step * count
        for i in sorted(rising):
            rates[i] += step
            if rates[i] >= flows[i].cap_bps * (1 - 1e-12) or full & set(flows[i].path):
                rising.discard(i)
    return rates


def simulate(flows: Sequence[Flow], capacity_bps: Mapping[str, float]) -> None:
    """Move all flows to their ends (``end_s``), from event to event."""
    now_s = 0.0
    while any(flow.end_s == inf for flow in flows):
        open_flows = [flow for flow in flows if flow.start_s <= now_s and flow.end_s == inf]
        rates = fair_rates_bps(open_flows, capacity_bps)
        ends_s = [now_s + flow.bits / rate for flow, rate in zip(open_flows, rates, strict=True)]
        next_s = min([*ends_s, *(flow.start_s for flow in flows if flow.start_s > now_s)])
        for flow, rate, end_s in zip(open_flows, rates, ends_s, strict=True):
            flow.bits -= rate * (next_s - now_s)
            if end_s <= next_s:
                flow.end_s = end_s
        now_s = next_s
