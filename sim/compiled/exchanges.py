"""One exchange as a machine of states: the process of :mod:`sim.exchanges.exchange`.

Functions that may end an exchange return the row of the exchange that begins then; -1 for none.
"""

from __future__ import annotations

import math

from sim.compiled import flow_stage, rounds
from sim.compiled.availability import is_there
from sim.compiled.calendar import wait_until
from sim.compiled.codes import (
    ARRIVED,
    ASSIGNED,
    BACK,
    CLOUD,
    COUNTED,
    IN_FLIGHT,
    IN_FLOW,
    INSTALLED,
    JOB,
    LEARNING,
    LOST,
    OUTCOME_OF,
    PUSH,
    QUEUE,
    REJECTED,
    REPORT,
    REPORTED,
    RETRY,
    SIZE,
    SIZED,
    UPDATE,
)
from sim.compiled.compiling import inlined
from sim.compiled.device_models import install, watch_age
from sim.compiled.in_flight import admit, drop, released
from sim.compiled.learning import learnt
from sim.compiled.memory import cohort_of, device_of, hop_of, number_at, row_of, stage_of
from sim.compiled.queues import cross_queue
from sim.compiled.rows import record
from sim.compiled.servers import serve


@inlined
def ask(g, row):
    """Let a device ask now; it does what its policy says if it is learning, or an exchange of its own is under way."""
    x = row_of(g, row)
    device = device_of(g, x.device)
    if device.gate >= 0 and not is_there(g, device.gate, g.now_s):
        g.away += 1
        x.over = 1
        return
    leaves = False
    if device.learner < 0 or not g.requests_wait:
        leaves = admit(g, x, device)
    elif device.held >= 0:
        drop(g, x)
    else:
        device.held = row
    if not x.over:
        record(g, x)
    following = row if leaves else -1
    while following >= 0:
        following = _begin(g, following)


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
        if x.kind == JOB:
            rounds.pass_on(g, x, math.nan)
        return -1
    elif x.state == BACK:
        flow_stage.begin(g, x, stage)
        return -1
    elif x.state >= LEARNING and x.state != SIZED:
        return _go_on(g, x)
    return _crossed(g, x)


@inlined
def _go_on(g, x):
    """Go on with what is no message; return the row that begins then."""
    if x.state == LEARNING:
        return learnt(g, x)
    if x.state == COUNTED:
        x.state = LEARNING
        wait_until(g, x, x.at_s)
        return -1
    rounds.call(g, x)
    return x.id


@inlined
def _begin(g, row):
    """Send the request (again) now: times count from the latest attempt, bytes from the first."""
    x = row_of(g, row)
    x.sent_s = g.now_s
    x.reached_s = x.started_s = x.served_s = x.returned_s = x.ended_s = math.nan
    x.attempt += 1
    x.handed_over = x.closed = 0
    x.stage, x.result, x.at_s = -1, ARRIVED, x.sent_s
    if x.kind == PUSH:
        x.stage, x.served_s = cohort_of(g, x.cohort).cloud, x.sent_s
    return _crossed(g, x)


@inlined
def _crossed(g, x):
    """Enter the next stage, if the message has crossed this one."""
    if x.result != ARRIVED:
        return _failed(g, x, x.result)
    if x.kind == JOB:
        rounds.adapted(g, x, REPORTED)
        return -1
    cohort = cohort_of(g, x.cohort)
    if g.from_data and x.state != SIZED and (x.stage < 0 or x.stage == cohort.cloud):
        g.pending, g.asking = SIZE, x.id
        return -1
    x.stage += 1
    if x.stage == cohort.stages:
        x.returned_s = x.at_s
        return rounds.received(g, x) if x.kind == PUSH else _end(g, x, ARRIVED)
    stage = stage_of(g, cohort.first_stage + x.stage)
    if stage.kind == QUEUE:
        cross_queue(g, x, stage, hop_of(g, x.id, stage.place), x.at_s)
    elif stage.kind == CLOUD:
        if x.kind == REPORT:
            rounds.reported(g, x)
            return -1
        x.reached_s = x.at_s
        if not (serve(g, x) if g.cloud_share < 0 else flow_stage.enter_cloud(g, x)):
            return _failed(g, x, REJECTED)
    elif flow_stage.cross_flow(g, x, stage, x.at_s):
        return _failed(g, x, x.result)
    return -1


@inlined
def _failed(g, x, result):
    if x.kind != UPDATE:
        rounds.failed(g, x, result)
        return -1
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
        if g.models:
            install(g, x)
            watch_age(g, x)
    if result != LOST:
        x.ended_s = x.installed_s if x.outcome == INSTALLED else g.now_s
    return released(g, x)
