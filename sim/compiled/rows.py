"""Rows before anything has happened to them, and those that begin by themselves."""

from __future__ import annotations

import math

from sim.compiled.codes import ARRIVED, IDLE, IN_FLIGHT
from sim.compiled.compiling import inlined
from sim.compiled.memory import hop_of, row_of


@inlined
def clear(g, number, kind, ranked):
    """Return a row to which nothing has happened yet."""
    x = row_of(g, number)
    x.id, x.kind, x.ranked = number, kind, ranked
    x.sent_s = x.reached_s = x.started_s = x.served_s = x.returned_s = x.installed_s = x.ended_s = math.nan
    x.up_bytes = x.down_bytes = x.retransmitted_bytes = 0
    x.child = x.sibling = x.previous = x.next = x.waiting = -1
    x.attempt, x.drawn, x.stage, x.flow, x.worker = -1, 0, -1, 0, 0
    x.state, x.outcome, x.result = IDLE, IN_FLIGHT, ARRIVED
    x.closed = x.over = x.recorded = x.stale = x.in_flow = 0
    x.handed_over = 0
    for hop in range(g.hops):
        hop_of(g, number, hop).offered_s = math.inf
    return x


@inlined
def record(g, x):
    """Let a row be one of the table of exchanges."""
    x.recorded = 1
    g.recorded += 1


@inlined
def follow(g, x, kind):
    """Return a new row that begins now, with the draws of another."""
    y = _begin_now(g, kind)
    y.device, y.number, y.cohort = x.device, x.number, x.cohort
    y.payload_bytes, y.update_bytes, y.service_s, y.step_s = x.payload_bytes, x.update_bytes, x.service_s, x.step_s
    for place in range(g.hops):
        drawn, hop = hop_of(g, x.id, place), hop_of(g, y.id, place)
        hop.wire_bytes, hop.retransmitted_bytes = drawn.wire_bytes, drawn.retransmitted_bytes
        hop.recovery_delay_s, hop.latency_s, hop.lost = drawn.recovery_delay_s, drawn.latency_s, drawn.lost
        hop.station, hop.path = drawn.station, drawn.path
        hop.start_s = hop.end_s = hop.arrive_s = hop.dropped_s = math.inf
    return y


@inlined
def take_ticket(g, x):
    """Give a row the next ticket."""
    x.ticket = x.group = g.tickets
    g.tickets += 1


@inlined
def alone(g, device, kind):
    """Return a new row of a device that sends no message."""
    x = _begin_now(g, kind)
    take_ticket(g, x)
    x.device, x.number, x.cohort, x.requested_s = device, 0, 0, math.nan
    return x


@inlined
def _begin_now(g, kind):
    g.next_row += 1
    x = clear(g, g.next_row - 1, kind, 0)
    x.requested_s = g.now_s
    return x
