"""A data plane without a model: every device is right as often as devices were in a small run that was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agents.checkpoint_names import with_prefix, without_prefix
from agents.contract import (
    COHORT_COLUMNS,
    DEVICE_COLUMNS,
    CohortSpec,
    DeviceTotals,
    Eventually,
    Exchanges,
    InputError,
    ServiceTime,
    Snapshot,
    Tallies,
)
from agents.orders import Kind, orders_of
from agents.surrogate.concepts_in_force import ConceptsInForce, Pieces
from agents.surrogate.counting import SUMS, CohortCounts, by_age, by_phase
from agents.surrogate.table import SurrogateTable
from agents.surrogate.versions import Versions, cut


class SurrogatePlane:
    """Expected counts from a table, behind the contract of the data plane; no sample is drawn.

    ``factors`` are those of each concept on the rate of samples; ``truth`` says who follows which concept.
    """

    workers = 0
    ahead = 0
    device = "cpu"
    learning_steps: int | None = None
    columns = COHORT_COLUMNS
    device_columns = DEVICE_COLUMNS

    def __init__(
        self,
        table: SurrogateTable,
        cohorts: Sequence[CohortSpec],
        truth: Mapping[str, np.ndarray],
        factors: np.ndarray,
    ) -> None:
        self.sizes, self.expires_s, self.costs = table.sizes, table.expires_s, table.costs
        self._table, self._truth_columns, self._factors = table, truth, factors
        self._truth = ConceptsInForce(truth)
        counts = [cohort.devices for cohort in cohorts]
        self._devices = sum(counts)
        self._cohort = np.repeat(np.arange(len(cohorts)), counts)
        self._per_s = np.repeat([1.0 / cohort.interval_s for cohort in cohorts], counts)
        self._labels = [cohort.label_share for cohort in cohorts]
        self._versions = Versions(self._devices, self._truth)
        self._counts = [CohortCounts() for _ in cohorts]
        self._totals = np.zeros((SUMS, self._devices))
        self._after_s = 0.0

    def begin(self, exchanges: Exchanges, until_s: float) -> Eventually[Tallies]:
        """Do as :meth:`settle` does, at once."""
        tallies = self.settle(exchanges, until_s)
        return Eventually(lambda: tallies)

    def settle(self, exchanges: Exchanges, until_s: float) -> Tallies:
        """Carry out ``exchanges`` up to ``until_s`` and look up what devices answer up to it."""
        orders = orders_of(exchanges)
        versions = self._versions
        versions.collect(orders.only(Kind.COLLECT))
        versions.enter(orders, until_s)
        changes = versions.changes(orders)
        versions.forget(orders.only(Kind.DISCARD))
        before, behind = cut(self._truth.within(self._after_s, until_s), changes, self._devices)
        counted = [self._answered(before)]
        for change, pieces in zip(changes, behind, strict=True):
            versions.apply(change)
            counted.append(self._answered(pieces))
        self._after_s = until_s
        return Tallies(until_s, self._tallies(np.concatenate(counted, axis=1)))

    def carry_out(self, exchanges: Exchanges) -> None:
        """Refuse: within an interval there is nothing to see."""
        raise InputError("task.surrogate", "counts whole ticks; leave out --eager")

    def _answered(self, pieces: Pieces) -> np.ndarray:
        """Return what is expected of stretches: device, age, samples, right answers: float64 [2 + SUMS, pieces]."""
        versions, device = self._versions, pieces.device
        seconds = pieces.until_s - pieces.from_s
        samples = self._per_s[device] * self._factors[pieces.concept] * seconds * pieces.share
        static, oracle = (self._table.fixed_share(which, pieces.concept, pieces.middle_s) for which in (0, 1))
        made_s = versions.made_s[device]
        own = self._table.deployed_share(
            pieces.concept,
            versions.then[device],
            versions.fresh_s[device],
            pieces.from_s - made_s,
            pieces.until_s - made_s,
        )
        right = np.where(made_s > 0, own, static)
        shares = np.stack([np.ones(len(device)), right, static, oracle])
        return np.concatenate([[device, pieces.middle_s - made_s], samples * shares])

    def _tallies(self, counted: np.ndarray) -> np.ndarray:
        """Add to the totals of devices, and return the tallies of an interval: int64 [cohorts, columns]."""
        device, age_s, own = counted[0].astype(np.int64), counted[1], counted[2:]
        for total, values in zip(self._totals, own, strict=True):
            total += np.bincount(device, values, self._devices)
        cohort, phase = self._cohort[device], self._versions.phase[device]
        return np.stack(
            [
                self._row(number, own[:, mine], age_s[mine], phase[mine])
                for number in range(len(self._counts))
                for mine in [np.flatnonzero(cohort == number)]
            ]
        )

    def _row(self, cohort: int, own: np.ndarray, age_s: np.ndarray, phase: np.ndarray) -> np.ndarray:
        samples, regret = own[0], own[3] - own[1]
        ages = by_age(age_s, samples), by_age(age_s, regret)
        phases = by_phase(phase, samples), by_phase(phase, regret)
        return self._counts[cohort].row(own.sum(axis=1), ages, phases, self._labels[cohort])

    def totals(self) -> DeviceTotals:
        """Return the expected counts of each device, rounded; of odd samples half of all."""
        samples, right, static, oracle = self._totals
        columns = [samples, right, static, oracle, samples / 2, right / 2]
        return DeviceTotals(np.rint(np.stack(columns, axis=1)).astype(np.int64))

    def ground_truth(self) -> Mapping[str, np.ndarray]:
        """Return which concepts are in force for which device, and when."""
        return self._truth_columns

    def sample_log(self) -> Mapping[str, np.ndarray]:
        """Return no sample: none was drawn."""
        return {}

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads, all alike: int64 [tickets]."""
        return np.full(len(tickets), self.sizes.payload_bytes, np.int64)

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates, all alike: int64 [tickets]."""
        return np.full(len(tickets), self.sizes.update_bytes, np.int64)

    def steps_of(self, ticket: int, device: int) -> int:
        """Return that devices learn nothing."""
        return 0

    def measure_service(self) -> ServiceTime:
        """Refuse: there is no method to measure."""
        raise InputError(
            "cloud.service", "'measured' needs the method itself; write a time, or leave out task.surrogate"
        )

    def checkpoint(self) -> Snapshot:
        """Return all that a run has changed so far, as plain arrays by name."""
        sums = np.stack([[one.sums, one.reported] for one in self._counts])
        own = {"totals": self._totals.copy(), "sums": sums, "after_s": np.array([self._after_s])}
        return own | with_prefix("versions", self._versions.checkpoint())

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called, on a plane just built from an equal specification."""
        self._totals, self._after_s = snapshot["totals"].copy(), float(snapshot["after_s"][0])
        for one, (sums, reported) in zip(self._counts, snapshot["sums"], strict=True):
            one.sums, one.reported = sums.copy(), reported.copy()
        self._versions.restore(without_prefix("versions", snapshot))

    def close(self) -> None:
        """Release nothing."""
