"""Small numbers for kinds of things, in the records of the compiled engine."""

from __future__ import annotations

# Events.
RESUME, TIMER, BREAK_OFF, EXPIRE, ROUND, TIME_OUT, CLOSING = range(7)
#: From here on come events without a rank, in the order in which they were added.
UNRANKED = 1 << 62
# Kinds of rows: those of ``agents.contract.ExchangeKind``, and the work that all reports of a round are to the cloud.
UPDATE, LEARN, PUSH, REPORT, EXPIRY, JOB = range(6)
# What a row waits for; ``SIZED`` and ``COUNTED`` go on with what the data plane has said.
IDLE, CROSSED, RETRY, IN_FLOW, BACK, ASSIGNED, LEARNING, COUNTED, SIZED, CALLED = range(10)
# How a crossing ends.
ARRIVED, LOST, ABORTED, REJECTED, SUPERSEDED = range(5)
# Outcomes of an exchange: those of ``agents.contract.Outcome``.
IN_FLIGHT, INSTALLED, REPORTED = 0, 1, 6
#: From how a crossing ends to the outcome of its exchange.
OUTCOME_OF = (1, 2, 3, 4, 5)
# Stages of a route.
QUEUE, FLOW, CLOUD = range(3)
# Rates.
CONSTANT, STEPS, PACKETS, MARKOV = range(4)
# Parts of an availability.
WINDOWS, RENEWAL, DAILY = range(3)
# Laws of shares: of links, and of clouds.
PS, LCFS, MAXMIN, WORKERS, NEWEST, BATCHES = range(6)
# What a device does that asks while an exchange of its own is under way.
DROP, REPLACE, WAIT = range(3)
POLICY_CODES = {"drop": DROP, "replace": REPLACE, "queue": WAIT}
# Why the loop returns: it has reached its end, needs draws for attempts or batches, room for events or rows, or what
# the data plane alone knows (how long a device learns, how large a message is), or a round begins.
DONE, DRAWS, WORK, ROOM, ROWS, STEPS, SIZE, ROUND_BEGINS = range(8)
