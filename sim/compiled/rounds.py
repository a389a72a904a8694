"""Federated rounds: the processes of :mod:`sim.exchanges.rounds`.

The reports of a round are a list of rows, linked by ``waiting``; to the cloud they are one row beside, the job.
"""

from __future__ import annotations

import math

from sim.compiled import flow_stage
from sim.compiled.calendar import add_unranked
from sim.compiled.codes import (
    CLOSING,
    INSTALLED,
    JOB,
    LEARN,
    OUTCOME_OF,
    PUSH,
    REJECTED,
    ROUND,
    TIME_OUT,
)
from sim.compiled.compiling import inlined
from sim.compiled.device_models import install
from sim.compiled.learning import learn, report
from sim.compiled.memory import cohort_of, device_of, row_of
from sim.compiled.rows import follow, record, take_ticket
from sim.compiled.servers import serve

_REJECTED = OUTCOME_OF[REJECTED]
#: All stages are known to the data plane: it is handed reports, not the job that they are.
_ALL_KNOWN = 255


@inlined
def call(g, x):
    """Let a device take part in the round: the model of the cloud is on its way to it."""
    device_of(g, x.device).taking_part = 1
    record(g, x)


@inlined
def opened(g):
    """Note that all devices of a round are called; where none is, the next round begins when it is time."""
    g.opening = 0
    if g.left == 0:
        begin_later(g)
    elif g.timeout_s < math.inf:
        add_unranked(g, g.now_s + g.timeout_s, g.round, -1, 0, TIME_OUT)


@inlined
def received(g, x):
    """Note that the model of the cloud has arrived; return the row that begins then, -1 for none."""
    x.over = 1
    x.installed_s, x.outcome = x.returned_s, INSTALLED
    install(g, x)
    x.ended_s = g.now_s
    if device_of(g, x.device).learner >= 0:
        return report(g, x)
    y = follow(g, x, LEARN)
    take_ticket(g, y)
    record(g, y)
    learn(g, y)
    return -1


@inlined
def failed(g, x, result):
    """Note that the model of the cloud, or a report, did not arrive."""
    if x.kind == PUSH:
        x.returned_s = x.at_s
    else:
        x.reached_s = x.at_s
    _end(g, x, OUTCOME_OF[result])
    _leave(g, x)


@inlined
def reported(g, x):
    """Take a report in, if it comes in time."""
    x.reached_s = x.at_s
    if not (g.open and x.number == g.round):
        _end(g, x, _REJECTED)
    elif g.reports == 0:
        g.first_report = g.last_report = x.id
        g.reports = 1
    else:
        row_of(g, g.last_report).waiting = x.id
        g.last_report = x.id
        g.reports += 1
    _leave(g, x)


@inlined
def _end(g, x, outcome):
    x.over, x.outcome, x.ended_s = 1, outcome, g.now_s


@inlined
def _leave(g, x):
    """Note that a device has reported, or never will; with enough reports, or no device left, the round closes."""
    device_of(g, x.device).taking_part = 0
    if x.number == g.round:
        g.left -= 1
        if g.reports >= g.enough or g.left == 0:
            close(g, g.round)


@inlined
def close(g, number):
    """End a round, if it is open."""
    if g.open and number == g.round:
        g.open = 0
        add_unranked(g, g.now_s, -1, -1, 0, CLOSING)


@inlined
def adapt(g):
    """Let the cloud adapt to all reports in one piece of work, that of the first; or to none, if it is full."""
    if g.reports == 0:
        begin_later(g)
        return
    first = row_of(g, g.first_report)
    job = follow(g, first, JOB)
    job.ticket, job.group, job.handed_over = first.ticket, first.ticket, _ALL_KNOWN
    job.attempt, job.stage, job.reached_s = 0, cohort_of(g, job.cohort).cloud, g.now_s
    if not (serve(g, job) if g.cloud_share < 0 else flow_stage.enter_cloud(g, job)):
        adapted(g, job, _REJECTED)
    elif not math.isnan(job.started_s):
        pass_on(g, job, job.served_s)


@inlined
def pass_on(g, job, served_s):
    """Pass the times of the job on to all reports."""
    row = g.first_report
    for _ in range(g.reports):
        x = row_of(g, row)
        x.started_s, x.served_s, x.group = job.started_s, served_s, job.ticket
        row = x.waiting


@inlined
def adapted(g, job, outcome):
    """Note that the cloud has adapted to all reports, or has rejected them; the next round begins when it is time."""
    pass_on(g, job, job.served_s)
    _end(g, job, outcome)
    row = g.first_report
    for _ in range(g.reports):
        x = row_of(g, row)
        row = x.waiting
        _end(g, x, outcome)
    begin_later(g)


@inlined
def begin_later(g):
    """Let the next round begin when it is time."""
    g.begin_s += g.every_s
    if g.begin_s < g.now_s:
        g.begin_s = g.now_s
    g.round += 1
    g.reports = 0
    add_unranked(g, g.begin_s, -1, -1, 0, ROUND)
