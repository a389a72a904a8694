"""Whether rows that are computed in chunks are padded to whole chunks: always, but where time is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
