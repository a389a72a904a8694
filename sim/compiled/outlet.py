"""Rows become columns of the table of exchanges, and sums or columns of links and cloud."""

from __future__ import annotations

import math

from sim.compiled.availability import is_there
from sim.compiled.codes import OUTCOME_OF, REJECTED, REPORT
from sim.compiled.compiling import compiled
from sim.compiled.memory import device_of, hop_of, row_of
from sim.compiled.tick_sums import count_row

_REJECTED = OUTCOME_OF[REJECTED]


@compiled
def put_exchanges(state, rows, leave, times_s, counts, outcome):
    """Write ``rows`` that are exchanges, from the front on: times [7, rows], counts [5 or 7, rows]; return how many.

    Rows that ``leave`` are added to the sums as :func:`count_rows` does, while they are at hand.
    """
    g, kept, tick = state[0], 0, 0
    for place in range(len(rows)):
        x = row_of(g, rows[place])
        if leave:
            tick = count_row(g, x, tick)
        if not x.recorded:
            continue
        times_s[0, kept], times_s[1, kept], times_s[2, kept] = x.requested_s, x.sent_s, x.reached_s
        times_s[3, kept], times_s[4, kept] = x.started_s, x.served_s
        times_s[5, kept], times_s[6, kept] = x.returned_s, x.installed_s
        counts[0, kept], counts[1, kept] = x.ticket, x.device
        counts[2, kept], counts[3, kept], counts[4, kept] = x.up_bytes, x.down_bytes, x.retransmitted_bytes
        if len(counts) > 5:
            counts[5, kept], counts[6, kept] = x.kind, x.number
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
        # What waits for another attempt was written when that was drawn; all reports of a round are one job.
        if math.isnan(x.reached_s) or x.drawn > x.attempt or x.kind == REPORT:
            continue
        start_s = math.inf if math.isnan(x.started_s) else x.started_s
        end_s = math.inf if math.isnan(x.served_s) else x.served_s
        times_s[0, kept], times_s[1, kept], times_s[2, kept], times_s[3, kept] = x.reached_s, start_s, end_s, end_s
        times_s[4, kept] = x.reached_s if x.outcome == _REJECTED else math.inf
        counts[0, kept] = x.worker
        kept += 1
    return kept


@compiled
def count_rows(state, rows):
    """Add what ``rows`` sent to the sums of links, and what they were to the cloud to those of the cloud."""
    g, tick = state[0], 0
    for place in range(len(rows)):
        tick = count_row(g, row_of(g, rows[place]), tick)


@compiled
def find_news(state, first, end, until_s, found):
    """Write the numbers of the rows from ``first`` on of which the data plane does not know all up to ``until_s``.

    Returns:
        How many they are.
    """
    g, count = state[0], 0
    for number in range(first, end):
        x = row_of(g, number)
        reached = int(x.sent_s <= until_s) + 2 * int(x.reached_s <= until_s) + 4 * int(x.started_s <= until_s)
        reached += 8 * int(x.served_s <= until_s) + 16 * int(x.ended_s <= until_s)
        if reached & ~x.handed_over:
            found[count] = number
            count += 1
    return count


@compiled
def find_free(state, free):
    """Write which devices are there now and take part in no round: bool [devices]."""
    g = state[0]
    for number in range(len(free)):
        device = device_of(g, number)
        free[number] = not device.taking_part and (device.gate < 0 or is_there(g, device.gate, g.now_s))
