"""Rows become columns of the table of exchanges, and sums or columns of links and cloud."""

from __future__ import annotations

import math

from sim.compiled.codes import OUTCOME_OF, REJECTED
from sim.compiled.compiling import compiled
from sim.compiled.memory import hop_of, row_of
from sim.compiled.tick_sums import count

_REJECTED = OUTCOME_OF[REJECTED]


@compiled
def put_exchanges(state, rows, times_s, counts, outcome):
    """Write ``rows`` that are exchanges, from the front on: times [7, rows], counts [5, rows]; return how many."""
    g, kept = state[0], 0
    for place in range(len(rows)):
        x = row_of(g, rows[place])
        if x.dropped:
            continue
        times_s[0, kept], times_s[1, kept], times_s[2, kept] = x.requested_s, x.sent_s, x.reached_s
        times_s[3, kept], times_s[4, kept] = x.started_s, x.served_s
        times_s[5, kept], times_s[6, kept] = x.returned_s, x.installed_s
        counts[0, kept], counts[1, kept] = x.ticket, x.device
        counts[2, kept], counts[3, kept], counts[4, kept] = x.up_bytes, x.down_bytes, x.retransmitted_bytes
        outcome[kept] = x.outcome
        kept += 1
    return kept


@compiled
def put_transfers(state, rows, cohort, hop, first_station, times_s, counts):
    """Write what ``rows`` of a cohort sent over a hop: times [5, rows], counts [3, rows]; return how many."""
    g, kept = state[0], 0
    for place in range(len(rows)):
        if row_of(g, rows[place]).cohort != cohort:
            continue
        t = hop_of(g, rows[place], hop)
        if t.offered_s == math.inf:
            continue
        times_s[0, kept], times_s[1, kept], times_s[2, kept] = t.offered_s, t.start_s, t.end_s
        times_s[3, kept], times_s[4, kept] = t.arrive_s, t.dropped_s
        counts[0, kept], counts[1, kept] = t.station - first_station, t.wire_bytes
        counts[2, kept] = t.retransmitted_bytes
        kept += 1
    return kept


@compiled
def put_services(state, rows, times_s, counts):
    """Write what ``rows`` were to the cloud, as transfers without bytes; return how many."""
    g, kept = state[0], 0
    for place in range(len(rows)):
        x = row_of(g, rows[place])
        # What waits for another attempt was written when that was drawn.
        if math.isnan(x.reached_s) or x.drawn > x.attempt:
            continue
        start_s = math.inf if math.isnan(x.started_s) else x.started_s
        end_s = math.inf if math.isnan(x.served_s) else x.served_s
        times_s[0, kept], times_s[1, kept], times_s[2, kept], times_s[3, kept] = x.reached_s, start_s, end_s, end_s
        times_s[4, kept] = x.reached_s if x.outcome == _REJECTED else math.inf
        counts[0, kept] = x.worker
        kept += 1
    return kept


@compiled
def count_transfers(state, rows, cohort, hop, edges_s, sums):
    """Add what ``rows`` of a cohort sent over a hop, one message after the other, to sums [SUMMED, ticks]."""
    g, tick = state[0], 0
    for place in range(len(rows)):
        if row_of(g, rows[place]).cohort != cohort:
            continue
        t = hop_of(g, rows[place], hop)
        if t.offered_s == math.inf:
            continue
        times = t.offered_s, t.start_s, t.end_s, t.arrive_s, t.dropped_s
        tick = count(sums, edges_s, tick, *times, t.wire_bytes, t.retransmitted_bytes)


@compiled
def count_services(state, rows, edges_s, sums):
    """Add what ``rows`` were to a cloud whose workers serve one at a time, to sums [SUMMED, ticks]."""
    g, tick = state[0], 0
    for place in range(len(rows)):
        x = row_of(g, rows[place])
        # What waits for another attempt was added when that was drawn.
        if math.isnan(x.reached_s) or x.drawn > x.attempt:
            continue
        start_s = math.inf if math.isnan(x.started_s) else x.started_s
        end_s = math.inf if math.isnan(x.served_s) else x.served_s
        dropped_s = x.reached_s if x.outcome == _REJECTED else math.inf
        tick = count(sums, edges_s, tick, x.reached_s, start_s, end_s, end_s, dropped_s, 0, 0)
