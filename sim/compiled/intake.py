"""Asks become rows: what is drawn for them is written where the loop reads it."""

from __future__ import annotations

import math

from sim.compiled.codes import ARRIVED, IDLE, IN_FLIGHT
from sim.compiled.compiling import compiled
from sim.compiled.memory import hop_of, row_of


@compiled
def take_in(state, first, ticket, device, number, at_s, cohort, payload_bytes, update_bytes, service_s):
    """Write asks into the rows from number ``first`` on."""
    g = state[0]
    for place in range(len(ticket)):
        x = row_of(g, (first + place))
        x.id, x.ticket, x.group = first + place, ticket[place], ticket[place]
        x.device, x.number, x.cohort = device[place], number[place], cohort[place]
        x.payload_bytes, x.update_bytes, x.service_s = payload_bytes[place], update_bytes[place], service_s[place]
        x.requested_s = at_s[place]
        x.sent_s = x.reached_s = x.started_s = x.served_s = x.returned_s = x.installed_s = x.ended_s = math.nan
        x.up_bytes = x.down_bytes = x.retransmitted_bytes = 0
        x.child = x.sibling = x.previous = x.next = x.waiting = -1
        x.attempt, x.drawn, x.stage, x.flow, x.worker = -1, 0, -1, 0, 0
        x.state, x.outcome, x.result = IDLE, IN_FLIGHT, ARRIVED
        x.closed = x.over = x.dropped = x.stale = x.in_flow = 0
        x.handed_over = 0
        for hop in range(g.hops):
            hop_of(g, first + place, hop).offered_s = math.inf


@compiled
def take_in_hop(state, rows, place, wire_bytes, retransmitted_bytes, recovery_delay_s, lost, latency_s, station, path):
    """Write what messages cost on one hop of ``rows``, as it was drawn."""
    g = state[0]
    for number in range(len(rows)):
        hop = hop_of(g, rows[number], place)
        hop.wire_bytes, hop.retransmitted_bytes = wire_bytes[number], retransmitted_bytes[number]
        hop.recovery_delay_s, hop.lost, hop.latency_s = recovery_delay_s[number], lost[number], latency_s[number]
        hop.station, hop.path = station[number], path[number]
        hop.offered_s = hop.start_s = hop.end_s = hop.arrive_s = hop.dropped_s = math.inf
