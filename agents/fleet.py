"""The data plane: it carries an itinerary out, wave by wave, and judges every sample of every device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.calibration import calibrated_s
from agents.cloud_half import CloudHalf
from agents.contract import (
    COHORT_COLUMNS,
    DEVICE_COLUMNS,
    DeviceTotals,
    MessageSizes,
    Order,
    Tallies,
)
from agents.pools import BlockPool
from agents.waves import Wave, waves

_DEVICE_COLUMNS = [COHORT_COLUMNS.index(name) for name in DEVICE_COLUMNS]


class Fleet:
    """Blocks of devices and the cloud half of their method, behind the contract of the data plane."""

    def __init__(self, pool: BlockPool, cloud: CloudHalf, sizes: MessageSizes, watch: Sequence[str]) -> None:
        self._pool, self._cloud, self._watch = pool, cloud, watch
        self.sizes = sizes

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        return self._pool.workers

    def settle(self, orders: Sequence[Order], until_s: float) -> Tallies:
        """Carry ``orders`` out (by virtual time, none after ``until_s``) and judge all samples up to it."""
        self.carry_out(orders)
        cohorts = self._pool.close(until_s)
        signals = {}
        if "samples" in self._watch:
            signals["samples"] = self.totals().counts[:, DEVICE_COLUMNS.index("samples")]
        return Tallies(until_s, cohorts, signals)

    def carry_out(self, orders: Sequence[Order]) -> None:
        """Carry ``orders`` out; samples after the last install of each device stay unjudged."""
        for wave in waves(orders):
            self._ride(wave)

    def _ride(self, wave: Wave) -> None:
        for tickets, payloads in self._pool.collect(wave.collects):
            self._cloud.receive(tickets, payloads)
        self._pool.note(wave.progress)
        self._cloud.adapt(wave.adapts)
        if wave.installs:
            updates = self._cloud.hand_out([order.ticket for order in wave.installs])
            self._pool.install(wave.installs, updates)
        for order in wave.discards:
            self._cloud.forget(order.ticket)
        self._pool.forget(wave.discards)

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        counts: np.ndarray = self._pool.totals()[:, _DEVICE_COLUMNS]
        return DeviceTotals(counts)

    def measure_service_s(self) -> float:
        """Return how long the cloud really computes for one request on this machine [s]: measured once, then kept."""
        return calibrated_s(self._cloud.name, self._cloud.measure_s)

    def close(self) -> None:
        """Let the workers go."""
        self._pool.shut()
