"""One exchange as a machine of states: the process of :mod:`sim.exchanges.exchange`.

Functions that may end an exchange return the row of the exchange that begins then; -1 for none.
"""

from __future__ import annotations

import math

from sim.compiled import flow_stage
from sim.compiled.availability import is_there
from sim.compiled.calendar import wait_until
from sim.compiled.codes import (
    ARRIVED,
    ASSIGNED,
    BACK,
    CLOUD,
    DROP,
    IN_FLIGHT,
    IN_FLOW,
    INSTALLED,
    LOST,
    OUTCOME_OF,
    QUEUE,
    REJECTED,
    REPLACE,
    RETRY,
)
from sim.compiled.compiling import inlined
from sim.compiled.memory import cohort_of, device_of, hop_of, number_at, row_of, stage_of
from sim.compiled.queues import cross_queue
from sim.compiled.servers import serve

_SUPERSEDED = OUTCOME_OF[4]


@inlined
def ask(g, row):
    """Let a device ask now; it does what its policy says if an exchange of its own is under way."""
    x = row_of(g, row)
    device = device_of(g, x.device)
    if device.gate >= 0 and not is_there(g, device.gate, g.now_s):
        g.away += 1
        x.dropped = x.over = 1
        return
    if g.policy == REPLACE and device.newest >= 0:
        row_of(g, device.newest).outcome = _SUPERSEDED
    elif device.newest >= 0:
        _wait_or_drop(g, x, device)
        return
    device.newest = device.last = row
    following = _begin(g, row)
    while following >= 0:
        following = _begin(g, following)


@inlined
def _wait_or_drop(g, x, device):
    if g.policy == DROP:
        g.dropped += 1
        x.dropped = x.over = 1
        return
    row_of(g, device.last).waiting = x.id
    device.last = x.id


@inlined
def resume(g, row):
    """Let an exchange go on, and those that begin as it ends."""
    following = _resume(g, row)
    while following >= 0:
        following = _begin(g, following)


@inlined
def _resume(g, row):
    x = row_of(g, row)
    stage = stage_of(g, cohort_of(g, x.cohort).first_stage + x.stage)
    if x.state == RETRY:
        if x.attempt < cohort_of(g, x.cohort).retries:
            return _begin(g, row)
        return _end(g, x, LOST)
    if x.state == IN_FLOW:
        if not flow_stage.flow_ended(g, x, stage):
            return -1
    elif x.state == ASSIGNED:
        flow_stage.served(g, x)
        return -1
    elif x.state == BACK:
        flow_stage.begin(g, x, stage)
        return -1
    return _crossed(g, x)


@inlined
def _begin(g, row):
    """Send the request (again) now: times count from the latest attempt, bytes from the first."""
    x = row_of(g, row)
    x.sent_s = g.now_s
    x.reached_s = x.started_s = x.served_s = x.returned_s = x.ended_s = math.nan
    x.attempt += 1
    x.handed_over = x.closed = 0
    x.stage, x.result, x.at_s = -1, ARRIVED, x.sent_s
    return _crossed(g, x)


@inlined
def _crossed(g, x):
    """Enter the next stage, if the message has crossed this one."""
    if x.result != ARRIVED:
        return _failed(g, x, x.result)
    cohort = cohort_of(g, x.cohort)
    x.stage += 1
    if x.stage == cohort.stages:
        x.returned_s = x.at_s
        return _end(g, x, ARRIVED)
    stage = stage_of(g, cohort.first_stage + x.stage)
    if stage.kind == QUEUE:
        cross_queue(g, x, stage, hop_of(g, x.id, stage.place), x.at_s)
    elif stage.kind == CLOUD:
        x.reached_s = x.at_s
        if not (serve(g, x) if g.cloud_share < 0 else flow_stage.enter_cloud(g, x)):
            return _failed(g, x, REJECTED)
    elif flow_stage.cross_flow(g, x, stage, x.at_s):
        return _failed(g, x, x.result)
    return -1


@inlined
def _failed(g, x, result):
    if result != LOST:
        return _end(g, x, result)
    cohort = cohort_of(g, x.cohort)
    x.ended_s, x.closed, x.state = g.now_s, 1, RETRY
    wait_until(g, x, x.sent_s + number_at(g, cohort.timers + x.attempt).value)
    return -1


@inlined
def _end(g, x, result):
    """Record how an exchange ended, with or without an update that takes effect; return the next to leave."""
    x.over = 1
    if result != ARRIVED:
        x.outcome = OUTCOME_OF[result]
    if x.outcome == IN_FLIGHT:
        x.installed_s, x.outcome = x.returned_s, INSTALLED
    if result != LOST:
        x.ended_s = x.installed_s if x.outcome == INSTALLED else g.now_s
    return _released(g, x)


@inlined
def _released(g, x):
    """Note that the exchange of a device is over; return the next one to leave, if one waits."""
    device = device_of(g, x.device)
    if device.newest != x.id:
        return -1
    device.newest = x.waiting
    return x.waiting
