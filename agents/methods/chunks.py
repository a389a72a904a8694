"""Rows computed in chunks of a fixed size, padded where bits could show the size; not where time is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import torch

Rows = dict[str, torch.Tensor]

#: Tickets that the cloud computes at once: always this many rows, padded, so that bits show no batch size.
CHUNK = 64
#: The same where kernels compute on a processor, and any number will do: much, but so that it stays cached.
BY_KERNELS = 256
#: True unless :func:`without_padding` says otherwise.
PADS: ContextVar[bool] = ContextVar("pads", default=True)


@contextmanager
def without_padding() -> Iterator[None]:
    """Let chunks have the rows that there are, and no more: only to see how long that takes."""
    token = PADS.set(False)
    try:
        yield
    finally:
        PADS.reset(token)


def in_chunks(compute: Callable[[Rows], Rows], payloads: Rows, chunk: int = CHUNK, by_kernels: bool = False) -> Rows:
    """Apply ``compute`` to rows in chunks of a fixed size and stack what comes out, in order.

    Rows of padding are zeros and their results are dropped. ``compute`` must treat rows alike and apart. If it computes
    ``by_kernels``, in a fixed order for each element, then bits on a processor are the same in any shape: chunks are
    large there, and not padded.
    """
    some = next(iter(payloads.values()))
    free = by_kernels and some.device.type == "cpu"
    chunk = BY_KERNELS if free else chunk
    tickets, parts, pads = len(some), [], PADS.get() and not free
    for first in range(0, tickets, chunk):
        rows = {name: values[first : first + chunk] for name, values in payloads.items()}
        if pads:
            rows = {name: _padded(values, chunk) for name, values in rows.items()}
        parts.append(compute(rows))
    return {name: values[:tickets] for name, values in stacked(parts).items()}


def stacked(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _padded(rows: torch.Tensor, chunk: int) -> torch.Tensor:
    missing = chunk - len(rows)
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])]) if missing else rows
