"""The table of exchanges, written as they leave: chunks become row groups, sums, and a part of the digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from agents.contract import ExchangeKind, Outcome
from sim.kernel.records import COLUMNS, TIMES
from sim.run.canonical import canonical
from sim.run.exchange_sums import KINDS, OUTCOMES, ExchangeSums
from sim.run.row_groups import RowGroups
from sim.run.tables import Table

#: Rows of a chunk.
CHUNK = 1 << 17
_OF_ROUNDS = (ExchangeKind.PUSH, ExchangeKind.REPORT)


class ExchangeRows:
    """Exchanges in the order of their tickets, as many in memory as a chunk holds.

    Args:
        cohort_of: the number of each device's cohort, int64 [devices].
        kinds: whether there may be more than requests: the table then says what each row is, and of which round.
        check: is shown all rows before they are written, where it is given.
    """

    def __init__(
        self,
        groups: RowGroups,
        cohorts: Sequence[str],
        cohort_of: np.ndarray,
        edges_s: np.ndarray,
        horizon_s: float,
        check: Callable[[Table], None] | None = None,
        *,
        kinds: bool = False,
    ) -> None:
        self._check, self._kinds = check, kinds
        self._groups, self._cohort_of, self._horizon_s = groups, cohort_of, horizon_s
        self.sums = ExchangeSums(edges_s, len(cohorts), len(cohort_of), horizon_s)
        self._names = {"cohort": tuple(cohorts), "outcome": OUTCOMES, "kind": KINDS}
        self._chunk: Table = {}
        self._filled = 0
        self._sha, self._rows = hashlib.sha256(repr(self._names).encode()), 0

    def add(self, columns: Mapping[str, np.ndarray]) -> None:
        """Add exchanges that are over, or all that are left at the end; times may lie beyond the horizon."""
        table = self.table_of(columns)
        if self._check is not None:
            self._check(table)
        self.sums.add(table)
        if not self._chunk:
            # One room for all chunks: pages that are new cost as much as what is written to them.
            self._chunk = {name: np.empty(CHUNK, values.dtype) for name, values in table.items()}
        done, rows = 0, len(table["ticket"])
        while done < rows:
            done += self._fill(table, done, min(rows - done, CHUNK - self._filled))

    def table_of(self, columns: Mapping[str, np.ndarray]) -> Table:
        """Return one row per exchange, by ticket, names as numbers; events after the horizon are left out.

        ``columns`` are those of :data:`sim.kernel.records.COLUMNS`, and where there is more than requests those of
        :data:`sim.kernel.records.KIND_COLUMNS`.
        """
        table: Table = dict(columns)
        for name in TIMES:
            if (late := columns[name] > self._horizon_s).any():
                table[name] = np.where(late, np.nan, columns[name])
        table["down_bytes"] = np.where(np.isnan(table["served_s"]), 0, columns["down_bytes"])
        unfinished = (columns["outcome"] == Outcome.INSTALLED) & np.isnan(table["installed_s"])
        table["outcome"] = np.where(unfinished, np.int8(Outcome.IN_FLIGHT), columns["outcome"])
        table["cohort"] = self._cohort_of[columns["device"]]
        names = ["ticket", "device", "cohort", *list(COLUMNS)[2:]]
        if self._kinds:
            table["round"] = np.where(np.isin(columns["kind"], _OF_ROUNDS), columns["number"], -1)
            names += ["kind", "round"]
        order = np.argsort(columns["ticket"], kind="stable") if np.any(np.diff(columns["ticket"]) < 0) else slice(None)
        return {name: table[name][order] for name in names}

    def finish(self) -> str:
        """Write what is left; return the digest of all rows."""
        if self._filled or not self._rows:
            self._write({name: values[: self._filled] for name, values in self._chunk.items()})
        self._groups.finish()
        return self._sha.hexdigest()

    def _fill(self, table: Table, first: int, rows: int) -> int:
        """Put some rows of a table into the chunk, and write it once it is full; return how many they are."""
        for name, values in table.items():
            self._chunk[name][self._filled : self._filled + rows] = values[first : first + rows]
        self._filled += rows
        if self._filled == CHUNK:
            self._write(self._chunk)
            self._filled = 0
        return rows

    def _write(self, chunk: Table) -> None:
        rows = len(chunk["ticket"])
        for name, values in sorted(chunk.items()):
            self._sha.update(f"{name}:{self._rows}:{rows}\n".encode())
            self._sha.update(canonical(values))
        self._rows += rows
        self._groups.write(chunk, self._names)
