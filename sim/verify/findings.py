"""What a case found: the truth, the simulated value, and how far apart the two may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

if TYPE_CHECKING:
    from rich.table import Table

#: Exact cases have to agree to this, relative to the truth.
EXACT = 1e-9
#: Random cases: the share of such intervals that cover their mean.
COVERAGE = 0.999
#: An interval wider than this share of the truth would prove nothing.
WIDEST = 0.06


@dataclass(frozen=True)
class Finding:
    """One comparison; ``half_width`` is the tolerance of an exact case, or that of an interval of confidence."""

    truth: float
    simulated: float
    half_width: float

    @property
    def ok(self) -> bool:
        """Whether the simulated value agrees with the truth, within an interval that is narrow enough."""
        close = abs(self.simulated - self.truth) <= self.half_width
        return bool(close and self.half_width <= max(WIDEST * abs(self.truth), EXACT))


@dataclass(frozen=True)
class Verdict:
    """The finding of one case, by its name."""

    case: str
    truth: float
    simulated: float
    half_width: float
    ok: bool


def exact(truth: ArrayLike, simulated: ArrayLike) -> Finding:
    """Compare values that have to be equal but for rounding; of several, the worst pair is returned.

    Raises:
        ValueError: nothing to compare, or not as many values as truths.
    """
    wanted, found = np.atleast_1d(np.asarray(truth, float)), np.atleast_1d(np.asarray(simulated, float))
    if wanted.shape != found.shape or not wanted.size:
        raise ValueError(f"{found.shape} simulated values for {wanted.shape} true ones")
    # A value that never came (NaN) is the worst of all.
    gap = np.nan_to_num(np.abs(found - wanted) / np.maximum(np.abs(wanted), EXACT), nan=np.inf)
    worst = int(np.lexsort((np.abs(wanted), gap))[-1])
    return Finding(float(wanted[worst]), float(found[worst]), EXACT * max(abs(float(wanted[worst])), EXACT))


def estimated(truth: float, replications: ArrayLike, surplus: ArrayLike | None = None) -> Finding:
    """Compare a mean with the truth by Student's interval over independent ``replications``.

    ``surplus`` is, for example, the load of each replication beyond the expected one: a control variate of mean
    zero, which narrows the interval (Lavenberg and Welch, Management Science 27, 1981).

    Raises:
        ValueError: fewer than ten replications.
    """
    values = np.asarray(replications, float)
    if len(values) < 10:
        raise ValueError(f"{len(values)} replications are too few for an interval")
    columns = [np.ones(len(values))] if surplus is None else [np.ones(len(values)), np.asarray(surplus, float)]
    known = np.stack(columns, axis=1)  # [replications, 1 or 2]
    fit = np.linalg.lstsq(known, values, rcond=None)[0]
    freedom = len(values) - len(columns)
    variance = np.sum((values - known @ fit) ** 2) / freedom * np.linalg.inv(known.T @ known)[0, 0]
    half_width = stdtrit(freedom, (1.0 + COVERAGE) / 2.0) * np.sqrt(variance)
    return Finding(float(truth), float(fit[0]), float(half_width))


def batch_means(values: np.ndarray, batches: int = 30) -> np.ndarray:
    """Return the means of successive batches of a long run: nearly independent replications.

    The first batch is left out: it is biased by the empty start.
    """
    return np.array([part.mean() for part in np.array_split(values, batches + 1)[1:]])


def verdict_table(verdicts: Iterable[Verdict]) -> Table:
    """Return one row a case: truth, simulated value, how far apart they may be, verdict."""
    # Only here: every run asks for theory, and none draws this table.
    from rich.table import Table

    table = Table("case", "truth", "simulated", "within", "verdict")
    for one in verdicts:
        numbers = (f"{one.truth:.7g}", f"{one.simulated:.7g}", f"{one.half_width:.2g}")
        table.add_row(one.case, *numbers, "[green]ok" if one.ok else "[red]MISS")
    return table
