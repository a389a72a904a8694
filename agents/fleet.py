"""The data plane: it carries an itinerary out, wave by wave, and judges every sample of every device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from agents.calibration import calibrated_s
from agents.contract import (
    DEVICE_COLUMNS,
    DeviceTotals,
    Eventually,
    Kept,
    MessageSizes,
    Order,
    Orders,
    Tallies,
)
from agents.keeping import below, under
from agents.pools import BlockPool, Cloud
from agents.waves import Wave, waves


class Fleet:
    """Blocks of devices and the cloud half of their method, behind the contract of the data plane."""

    def __init__(
        self,
        pool: BlockPool,
        cloud: Cloud,
        sizes: MessageSizes,
        columns: tuple[str, ...],
        watch: Sequence[str],
        truth: Callable[[], Mapping[str, np.ndarray]] = dict,
    ) -> None:
        self._pool, self._cloud, self._watch, self._truth = pool, cloud, watch, truth
        self.sizes, self.columns = sizes, columns

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        return self._pool.workers

    def settle(self, orders: Orders | Sequence[Order], until_s: float) -> Tallies:
        """Carry ``orders`` out (by virtual time, none after ``until_s``) and judge all samples up to it."""
        return self.begin(orders, until_s).get()

    @property
    def ahead(self) -> int:
        """How many intervals may be begun before the tallies of the first are asked for: none where signals matter."""
        return 0 if self._watch else self._pool.ahead

    def begin(self, orders: Orders | Sequence[Order], until_s: float) -> Eventually[Tallies]:
        """Do as :meth:`settle` does, but let whoever wants the tallies wait for them; in order, all of them."""
        self._carry_out(orders, until_s)
        cohorts = self._pool.close(until_s)
        return Eventually(lambda: Tallies(until_s, cohorts.get(), self._signals()))

    def _signals(self) -> dict[str, np.ndarray]:
        if "samples" not in self._watch:
            return {}
        return {"samples": self.totals().counts[:, DEVICE_COLUMNS.index("samples")]}

    def carry_out(self, orders: Orders | Sequence[Order]) -> None:
        """Carry ``orders`` out; samples after the last install of each device stay unjudged."""
        self._carry_out(orders, None)

    def _carry_out(self, orders: Orders | Sequence[Order], draw_to_s: float | None) -> None:
        for wave in waves(orders):
            self._ride(wave, draw_to_s)

    def _ride(self, wave: Wave, draw_to_s: float | None) -> None:
        self._cloud.take(self._pool.collect(wave.collects, draw_to_s))
        self._pool.note(wave.progress)
        self._cloud.adapt(wave.adapts)
        if len(wave.installs):
            self._pool.install(wave.installs, self._cloud.hand_out(wave.installs.ticket))
        if len(wave.discards):
            self._cloud.forget(wave.discards.ticket)
            self._pool.forget(wave.discards)

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        return DeviceTotals(self._pool.totals())

    def truth(self) -> Mapping[str, np.ndarray]:
        """Return which concepts reign for which device, and when, as columns of a table."""
        return self._truth()

    def checkpoint(self) -> Kept:
        """Return all that a run has changed so far, as plain arrays by name; only right after :meth:`settle`."""
        kept = below("cloud", self._cloud.checkpoint())
        for number, own in enumerate(self._pool.checkpoint()):
            kept |= below(f"blocks.{number}", own)
        return kept

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called, on a plane just built from an equal specification."""
        blocks: dict[int, Kept] = {}
        for name, values in under("blocks", kept).items():
            number, _, field = name.partition(".")
            blocks.setdefault(int(number), {})[field] = values
        self._pool.restore([blocks[number] for number in sorted(blocks)])
        self._cloud.restore(under("cloud", kept))

    def measure_service_s(self) -> float:
        """Return how long the cloud really computes for one request on this machine [s]: measured once, then kept."""
        return calibrated_s(self._cloud.name, self._cloud.measure_s)

    def close(self) -> None:
        """Let the workers go."""
        self._pool.shut()
