"""How thorough the bench is: how often it repeats, and how much it simulates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.bench.subprocesses import Reading, timed_run
from sim.program import HOME

_FAR = "up: 1 Gbit/s, down: 1 Gbit/s, latency: 5 ms, shared: true"
_CELL = "up: 1 Mbit/s, down: 5 Mbit/s, latency: 40 ms, jitter: 20 ms, loss: 1 %, shared_by: 50 devices, via: [backhaul]"
#: Networks in place of private links: cells of devices that lose packets, behind one backhaul. In the first all wait in
#: queues; in the second a cell serves all its messages at once, so that later arrivals change when each one ends.
QUEUES = f"links={{access: {{{_CELL}}}, backhaul: {{{_FAR}}}}}"
SHARES = f"links={{access: {{{_CELL}, discipline: ps}}, backhaul: {{{_FAR}, discipline: ps}}}}"
#: Cells alone, without losses.
_PLAIN = "up: 1 Mbit/s, down: 5 Mbit/s, latency: 40 ms, jitter: 20 ms"
CELLS = f"links={{access: {{{_PLAIN}, shared_by: 50 devices, discipline: ps}}}}"
#: A million devices for an hour, and workers enough for them.
MILLION = ("fleet.0.devices=1000000", "duration=1 h", "cloud.workers=512")

SCALE = HOME / "scenarios" / "scale"
#: The scenario that ratios are about, and one of messages alone.
THROUGHPUT, EXCHANGES = SCALE / "throughput.yaml", HOME / "scenarios" / "network" / "wide_fleet.yaml"


@dataclass(frozen=True)
class Plan:
    """What to play.

    Attributes:
        repeats: of each measurement.
        devices: of the fleet whose throughput is measured.
        half: devices (and so on) of the smaller run when something doubles.
        asking: devices of the fleet whose exchanges are counted.
        seconds: how long bare torch is kept busy.
        naive: devices of the naive design.
        naive_s: virtual seconds that it plays.
        idle, active: devices more, by which memory is measured.
        ray_s: how long one process should take for the run that workers are measured by; 0 leaves Ray out.
    """

    repeats: int = 5
    devices: int = 10_240
    half: int = 5_120
    asking: int = 40_000
    seconds: float = 3.0
    naive: int = 400
    naive_s: float = 180.0
    idle: int = 400_000
    active: int = 20_480
    ray_s: float = 50.0

    @property
    def few(self) -> int:
        """How often to repeat what takes long."""
        return self.repeats // 2 + 1

    @property
    def thorough(self) -> bool:
        """Whether anything is repeated; else only the most informative figures are measured."""
        return self.repeats > 1

    @classmethod
    def quick(cls) -> Plan:
        """Return a plan that shows that everything works, in a minute; its figures are rough."""
        few = {"devices": 512, "half": 512, "asking": 2_000, "naive": 10, "idle": 100_000, "active": 1_024}
        return cls(repeats=1, seconds=0.2, naive_s=60.0, ray_s=0.0, **few)

    def throughput(self, devices: int | None = None, *overrides: str, workers: int = 0) -> Reading:
        """Run the scenario of ratios with so many devices."""
        return timed_run(THROUGHPUT, [f"fleet.0.devices={devices or self.devices}", *overrides], workers)

    def exchanges(self, engine: str, *overrides: str) -> Reading:
        """Run messages alone, by one of the engines."""
        return timed_run(EXCHANGES, [f"fleet.0.devices={self.asking}", *overrides], engine=engine)


def warm_up() -> None:
    """Train and compile what a measurement would else train and compile: both are cached for all that follow.

    Which engine plays a run that may choose depends on whether one was compiled before.
    """
    timed_run(THROUGHPUT, ["fleet.0.devices=16", "duration=61 s"], engine="compiled")


def scenario_file(name: str) -> Path:
    """Return a shipped scenario of the scale folder."""
    return SCALE / f"{name}.yaml"
