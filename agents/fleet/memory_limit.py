"""How much memory stacked tensors may take: what would not fit is refused with a reason before it is made."""

from __future__ import annotations

import os
from math import nan

from agents.contract import BackendError, TooLargeError

#: The limit in GB (1e9 bytes), and the variable of the environment that sets another one.
DEFAULT_GB, VARIABLE = 8.0, "DRIFTBED_STATE_GB"


class MemoryLimit:
    """Counts the bytes of tensors that are made for the devices of one process; ``limit``: see :func:`limit_bytes`."""

    def __init__(self, limit: float | None = None) -> None:
        self._taken, self._limit = 0, limit

    def take(self, nbytes: int, what: str, remedy: str) -> None:
        """Count ``nbytes`` more for ``what``.

        Raises:
            TooLargeError: with them there are more than the limit; ``remedy`` says what else can be done.
        """
        require_fits(self._taken + nbytes, what, remedy, self._limit)
        self._taken += nbytes


def require_fits(nbytes: float, what: str, remedy: str, limit: float | None = None) -> None:
    """Check that ``nbytes`` for ``what`` are within the limit.

    Raises:
        TooLargeError: they are not.
    """
    most = limit_bytes(limit)
    if nbytes > most:
        # The environment says nothing where the scenario does.
        higher = "'execution: {memory: ...}'" + (f" or {VARIABLE}" if limit is None else "")
        raise TooLargeError(
            f"{what} would take {nbytes / 1e9:.3g} GB, above the limit of {most / 1e9:g} GB: {remedy}, "
            f"or raise the limit with {higher}"
        )


def limit_bytes(limit: float | None) -> float:
    """Return the limit in bytes: what a scenario says, else what the environment says, else the default."""
    return _limit_gb() * 1e9 if limit is None else limit


def _limit_gb() -> float:
    text = os.environ.get(VARIABLE, "")
    try:
        limit = float(text) if text else DEFAULT_GB
    except ValueError:
        limit = nan
    # Nothing is larger than nan: it would switch the limit off.
    if not limit > 0:
        raise BackendError(f"{VARIABLE}={text!r} is no number of GB above 0; write for example {VARIABLE}=16")
    return limit
