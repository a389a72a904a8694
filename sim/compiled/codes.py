"""Small numbers for kinds of things, in the records of the compiled engine."""

from __future__ import annotations

# Events.
RESUME, TIMER, BREAK_OFF = range(3)
#: From here on come events without a rank, in the order in which they were added.
UNRANKED = 1 << 62
# What a row waits for.
IDLE, CROSSED, RETRY, IN_FLOW, BACK, ASSIGNED = range(6)
# How a crossing ends.
ARRIVED, LOST, ABORTED, REJECTED, SUPERSEDED = range(5)
# Outcomes of an exchange: those of ``agents.contract.Outcome``.
IN_FLIGHT, INSTALLED = 0, 1
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
# Why the loop returns: it has reached its end, needs draws for attempts or batches, or room for events.
DONE, DRAWS, WORK, ROOM = range(4)
