"""Asks become rows: what is drawn for them is written where the loop reads it."""

from __future__ import annotations

import math

from sim.compiled.codes import CALLED, PUSH
from sim.compiled.compiling import compiled
from sim.compiled.memory import hop_of
from sim.compiled.rows import clear


@compiled
def take_in(state, first, kind, ticket, device, number, at_s, cohort, payload_bytes, update_bytes, service_s, step_s):
    """Write asks into the rows from number ``first`` on; ``step_s`` is empty where no device learns."""
    g = state[0]
    for place in range(len(ticket)):
        x = clear(g, first + place, kind, kind != PUSH)
        x.ticket = x.group = ticket[place]
        x.device, x.number, x.cohort = device[place], number[place], cohort[place]
        x.payload_bytes, x.update_bytes, x.service_s = payload_bytes[place], update_bytes[place], service_s[place]
        x.requested_s, x.step_s = at_s[place], step_s[place] if len(step_s) else 0.0
        if kind == PUSH:
            x.state = CALLED


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
