"""The cloud's queues as plain arithmetic: which requests are served when, by how many servers, and which are rejected.

Work is measured in seconds of one server. First come, first served knows start and end at arrival
(:class:`FifoServers`); the others are driven by events: a job enters, the time of the next change, the change.
"""

from agents.contract.component import Component, NoOptions
from sim.queues.batching import Batch, BatchServers
from sim.queues.fifo import FifoServers
from sim.queues.lcfs import LcfsServers
from sim.queues.servers import Servers, Service
from sim.queues.sharing import SharedServers

#: Name in a scenario -> queue of the cloud, made from (cloud, seed, clock, when each worker is up).
QUEUES: dict[str, Component] = {
    "fifo": Component(
        NoOptions, "sim.cloud.build:in_order", gives=frozenset({"batches"}), summary="First come, first served."
    ),
    "lcfs": Component(NoOptions, "sim.cloud.build:newest_first", summary="Last come, first served."),
    "ps": Component(
        NoOptions,
        "sim.cloud.build:shared",
        needs=frozenset({"common failures"}),
        summary="Processor sharing: all requests at once, sharing the workers.",
    ),
}

__all__ = ["QUEUES", "Batch", "BatchServers", "FifoServers", "LcfsServers", "Servers", "Service", "SharedServers"]
