"""Links that send one message after the other: the laws of :mod:`sim.network.fifo` and ``token_bucket``."""

from __future__ import annotations

import math

from sim.compiled.availability import next_off_s
from sim.compiled.calendar import wait_until
from sim.compiled.codes import ABORTED, ARRIVED, CROSSED, LOST
from sim.compiled.compiling import inlined
from sim.compiled.fluid_rates import rate_at
from sim.compiled.memory import cohort_of, device_of, rate_of, station_of
from sim.compiled.rates import bits, when


@inlined
def arrives_s(g, station, hop, ordered, end_s):
    """Return when a message that has left its link arrives, or would if it were not lost."""
    at_s = end_s + hop.recovery_delay_s + hop.latency_s
    if station.ping >= 0:
        at_s += rate_at(g, rate_of(g, station.ping), end_s) / 2
    if ordered:
        if station.latest_s > at_s:
            at_s = station.latest_s
        station.latest_s = at_s
    return at_s


@inlined
def count_bytes(x, hop, first, upwards):
    """Count the bytes that a link sends for an exchange: all on the first hop, retransmissions on each."""
    if first and upwards:
        x.up_bytes += hop.wire_bytes + hop.retransmitted_bytes
    elif first:
        x.down_bytes += hop.wire_bytes + hop.retransmitted_bytes
    x.retransmitted_bytes += hop.retransmitted_bytes


@inlined
def _fast_bits(station, need_bits):
    """Return how much of a message goes out at the line's rate, before the tokens run dry."""
    tokens_bits, line_bps = station.tokens_bits, station.line_bps
    burst_bits = tokens_bits
    if line_bps != math.inf:
        burst_bits = math.inf
        if line_bps != station.refill_bps:
            burst_bits = tokens_bits * line_bps / (line_bps - station.refill_bps)
    return burst_bits if burst_bits < need_bits else need_bits


@inlined
def _spend(station, need_bits):
    """Take the tokens of a message; return how long it is on the line."""
    fast_bits = _fast_bits(station, need_bits)
    fast_s = fast_bits / station.line_bps if fast_bits != 0.0 else 0.0
    tokens_bits = station.tokens_bits - fast_bits + station.refill_bps * fast_s
    station.tokens_bits = tokens_bits if tokens_bits > 0.0 else 0.0
    slow_bits = need_bits - fast_bits
    if slow_bits <= 0.0:
        return fast_s
    station.tokens_bits = 0.0
    return fast_s + slow_bits / station.refill_bps if station.refill_bps != 0.0 else math.inf


@inlined
def _admit_to_bucket(station, now_s, need_bits):
    """Return when a message starts and ends behind a token bucket."""
    start_s = now_s if now_s >= station.free_s else station.free_s
    if start_s < math.inf:
        tokens_bits = station.tokens_bits + station.refill_bps * (start_s - station.free_s)
        station.tokens_bits = station.burst_bits if station.burst_bits <= tokens_bits else tokens_bits
    station.free_s = start_s + _spend(station, need_bits)
    return start_s, station.free_s, True


@inlined
def _admit(g, station, now_s, need_bits, gate, until_s):
    """Return when a message starts and ends, and whether it does so before it is broken off at ``until_s``."""
    rate, start_s = rate_of(g, station.rate), station.free_s
    if start_s <= now_s:
        start_s = now_s
    else:
        need_bits -= station.credit_bits
    if until_s <= start_s and until_s < math.inf:
        return math.inf, until_s, False
    end_s = when(g, rate, gate, start_s, need_bits) if start_s < math.inf else math.inf
    whole = end_s <= until_s
    if rate.grain_bits * rate.factor != 0.0:
        ends = whole and end_s <= g.horizon_s
        station.credit_bits = bits(g, rate, gate, start_s, end_s) - need_bits if ends else 0.0
    station.free_s = end_s if whole else until_s
    return start_s, station.free_s, whole


@inlined
def cross_queue(g, x, stage, hop, now_s):
    """Cross a queue: when the crossing will end, and how, is known as the message enters."""
    station = station_of(g, hop.station)
    count_bytes(x, hop, stage.first, stage.upwards)
    need_bits = 8.0 * (hop.wire_bytes + hop.retransmitted_bytes)
    gate, until_s = -1, math.inf
    if stage.access:
        gate = device_of(g, x.device).gate
        if gate >= 0 and cohort_of(g, x.cohort).aborts:
            gate, until_s = -1, next_off_s(g, gate, now_s)
    hop.offered_s = now_s
    if stage.bucket:
        hop.start_s, hop.end_s, whole = _admit_to_bucket(station, now_s, need_bits)
    else:
        hop.start_s, hop.end_s, whole = _admit(g, station, now_s, need_bits, gate, until_s)
    if not whole:
        x.at_s, x.result, hop.dropped_s = until_s, ABORTED, until_s
    else:
        x.at_s = arrives_s(g, station, hop, stage.ordered & 1, hop.end_s)
        if hop.lost:
            x.result, hop.dropped_s = LOST, x.at_s
        else:
            x.result, hop.arrive_s = ARRIVED, x.at_s
    x.state = CROSSED
    wait_until(g, x, x.at_s)
