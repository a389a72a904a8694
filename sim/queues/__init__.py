"""The cloud's queues as plain arithmetic: who is served when, by how many servers, and who is turned away.

Work is measured in seconds of one server. First come, first served tells start and end at arrival
(:class:`FifoServers`); the others are events: what enters now, when does the next thing happen, what happens.
"""

from sim.queues.batching import Batch, BatchServers
from sim.queues.fifo import FifoServers
from sim.queues.lcfs import LcfsServers
from sim.queues.servers import Servers, Service
from sim.queues.sharing import SharedServers

__all__ = ["Batch", "BatchServers", "FifoServers", "LcfsServers", "Servers", "Service", "SharedServers"]
