"""The network of the bench as plain SimPy processes: ``python -m sim.bench.plain_network DEVICES SECONDS``.

Cells of 50 devices with losses, first in, first out, behind one backhaul, and a cloud of 64 workers. It does less than
the simulator: times of service do not vary, nothing is keyed or recorded, and no tables are written.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

Process = Generator[simpy.Event, Any, None]

_EVERY_S, _GROUP, _WORKERS, _SERVICE_S = 60.0, 50, 64, 0.017
_LATENCY_S, _FAR_S, _LOSS, _PACKET_BYTES = 0.06, 0.005, 0.01, 1500


@dataclass
class Direction:
    """One way through the network: a cell, then the backhaul."""

    cell: simpy.Resource
    cell_bps: float
    backhaul: simpy.Resource
    nbytes: int


class Network:
    """Devices that ask once a minute; ``exchanges`` counts those that are over."""

    def __init__(self, devices: int) -> None:
        self.clock, self.exchanges = simpy.Environment(), 0
        self._cloud = simpy.Resource(self.clock, _WORKERS)
        far = [simpy.Resource(self.clock) for _ in range(2)]
        cells = [[simpy.Resource(self.clock) for _ in range(2)] for _ in range(-(-devices // _GROUP))]
        for device in range(devices):
            up, down = cells[device // _GROUP]
            ways = Direction(up, 1e6, far[0], 5_000), Direction(down, 5e6, far[1], 10_000)
            self.clock.process(self._device(*ways, random.uniform(0.0, _EVERY_S)))

    def _device(self, up: Direction, down: Direction, first_s: float) -> Process:
        yield self.clock.timeout(first_s)
        while True:
            self.clock.process(self._exchange(up, down))
            yield self.clock.timeout(_EVERY_S)

    def _exchange(self, up: Direction, down: Direction) -> Process:
        yield from self._cross(up)
        yield from self._hold(self._cloud, _SERVICE_S)
        yield from self._cross(down)
        self.exchanges += 1

    def _cross(self, way: Direction) -> Process:
        sent = packets = -(-way.nbytes // _PACKET_BYTES)
        while packets := sum(random.random() < _LOSS for _ in range(packets)):
            sent += packets
        yield from self._hold(way.cell, 8 * sent * _PACKET_BYTES / way.cell_bps)
        yield self.clock.timeout(_LATENCY_S)
        yield from self._hold(way.backhaul, 8 * way.nbytes / 1e9)
        yield self.clock.timeout(_FAR_S)

    def _hold(self, resource: simpy.Resource, lasting_s: float) -> Process:
        with resource.request() as turn:
            yield turn
            yield self.clock.timeout(lasting_s)


def play(devices: int, until_s: float) -> dict[str, float]:
    """Play so many devices for a while; return how many exchanges were over and what that took."""
    network = Network(devices)
    began, began_cpu = time.perf_counter(), time.process_time()
    network.clock.run(until=until_s)
    taken = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - began_cpu}
    return {"amount": network.exchanges} | taken


if __name__ == "__main__":
    print(json.dumps(play(int(sys.argv[1]), float(sys.argv[2]))))
