"""Links that a message crosses as one flow, as :mod:`sim.links.fluid_link` has it."""

from __future__ import annotations

import math

from sim.compiled import shares
from sim.compiled.availability import next_off_s, next_on_s
from sim.compiled.calendar import add_unranked, wait_until
from sim.compiled.codes import (
    ABORTED,
    ARRIVED,
    ASSIGNED,
    BACK,
    BREAK_OFF,
    CROSSED,
    IN_FLOW,
    LOST,
    RESUME,
    SUPERSEDED,
    TIMER,
    WORKERS,
)
from sim.compiled.compiling import inlined
from sim.compiled.memory import cohort_of, device_of, hop_of, row_of, share_of, station_of
from sim.compiled.queues import arrives_s, count_bytes


@inlined
def schedule(g, number):
    """Set the timer of a share to its next change, unless it is set to an earlier time."""
    f = share_of(g, number)
    next_s = shares.next_s(g, f)
    if next_s < f.due_s:
        f.due_s = next_s
        add_unranked(g, next_s, -1, number, 0, TIMER)


@inlined
def fire(g, number):
    """Let the timer of a share fire, and set it again."""
    f = share_of(g, number)
    if f.due_s <= g.now_s:
        f.due_s = math.inf
    _end_flows(g, f)
    schedule(g, number)


@inlined
def _end_flows(g, f):
    row = shares.complete(g, f, g.now_s)
    while row >= 0:
        x = row_of(g, row)
        row = x.next
        _note_end(g, x, x.flow_end_s, 0.0, 0)


@inlined
def _note_end(g, x, end_s, left_bits, stale):
    """Let the message of a flow know how it ended."""
    x.in_flow, x.flow_end_s, x.left_bits, x.stale = 0, end_s, left_bits, stale
    g.flows -= 1
    add_unranked(g, g.now_s, x.id, -1, 0, RESUME)


@inlined
def break_off(g, number, row, flow):
    """Remove a flow whose device goes away; one that ends at this moment has ended."""
    f = share_of(g, number)
    _end_flows(g, f)
    x = row_of(g, row)
    if x.id == row and x.flow == flow and x.in_flow:
        _note_end(g, x, g.now_s, shares.leave(g, f, x, g.now_s), 0)
    schedule(g, number)


@inlined
def cross_flow(g, x, stage, now_s):
    """Enter the links of a stage; return whether the message goes on at once, because it is aborted."""
    need_bytes = 0
    for number in range(stage.hops):
        hop = hop_of(g, x.id, stage.place + number)
        count_bytes(x, hop, stage.first and number == 0, stage.upwards)
        hop.offered_s = hop.start_s = now_s
        need_bytes = max(need_bytes, hop.wire_bytes + hop.retransmitted_bytes)
    x.bits = 8.0 * need_bytes
    return flow_on(g, x, stage)


@inlined
def flow_on(g, x, stage):
    """Begin a flow, or wait until the device is back; return whether the message goes on at once."""
    now_s, gate = g.now_s, device_of(g, x.device).gate if stage.access else -1
    if gate >= 0 and now_s >= next_off_s(g, gate, now_s):
        if cohort_of(g, x.cohort).aborts:
            _drop(g, x, stage, now_s)
            x.at_s, x.result = now_s, ABORTED
            return True
        x.state = BACK
        wait_until(g, x, next_on_s(g, gate, now_s))
        return False
    begin(g, x, stage)
    return False


@inlined
def enter_cloud(g, x):
    """Offer a request to a cloud in which later arrivals matter; return whether there is room for it."""
    if not shares.admit(g, share_of(g, g.cloud_share), x):
        return False
    x.state = ASSIGNED
    g.flows += 1
    schedule(g, g.cloud_share)
    return True


@inlined
def served(g, x):
    """Go on as it is known when a request will have been served."""
    if share_of(g, g.cloud_share).law != WORKERS:
        x.started_s = x.tag
    x.served_s = x.at_s = x.flow_end_s
    x.result, x.state = ARRIVED, CROSSED
    wait_until(g, x, x.served_s)


@inlined
def begin(g, x, stage):
    """Begin a flow now."""
    now_s = g.now_s
    hop = hop_of(g, x.id, stage.place)
    number, x.path = station_of(g, hop.station).share, hop.path
    f = share_of(g, number)
    x.flow += 1
    stale = shares.enter(g, f, x, now_s, x.bits, stage.weight)
    if stale >= 0:
        y = row_of(g, stale)
        _note_end(g, y, now_s, y.left_bits, 1)
    x.in_flow, x.state, x.station = 1, IN_FLOW, number
    g.flows += 1
    schedule(g, number)
    gate = device_of(g, x.device).gate if stage.access else -1
    if gate >= 0:
        off_s = next_off_s(g, gate, now_s)
        if off_s < math.inf:
            add_unranked(g, off_s, x.id, number, x.flow, BREAK_OFF)


@inlined
def flow_ended(g, x, stage):
    """Go on after the end of a flow; return whether the message goes on at once, because it has failed."""
    if x.stale:
        _drop(g, x, stage, x.flow_end_s)
        x.at_s, x.result = x.flow_end_s, SUPERSEDED
        return True
    if x.left_bits != 0.0:
        x.bits = x.left_bits
        return flow_on(g, x, stage)
    _land(g, x, stage, x.flow_end_s)
    x.state = CROSSED
    wait_until(g, x, x.at_s)
    return False


@inlined
def _drop(g, x, stage, end_s):
    for number in range(stage.hops):
        hop = hop_of(g, x.id, stage.place + number)
        hop.end_s = hop.dropped_s = end_s


@inlined
def _land(g, x, stage, end_s):
    """Let the message arrive after the latencies of all links, or be lost on the first that loses it."""
    x.at_s, x.result = end_s, ARRIVED
    for number in range(stage.hops):
        hop = hop_of(g, x.id, stage.place + number)
        hop.end_s = end_s
        if x.result != ARRIVED:
            hop.dropped_s = x.at_s
            continue
        at_s = arrives_s(g, station_of(g, hop.station), hop, (stage.ordered >> number) & 1, end_s)
        if hop.lost:
            hop.dropped_s, x.result = at_s, LOST
        else:
            hop.arrive_s = at_s
        x.at_s += at_s - end_s
