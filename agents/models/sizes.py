"""Reading the options of a net: what it knows, and sizes of layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read_model_options(options: Mapping[str, Any], defaults: Mapping[str, Any], net: str) -> dict[str, Any]:
    """Return ``defaults`` with ``options`` laid over them.

    Raises:
        ValueError: an option that the net does not have.
    """
    unknown = sorted(set(options) - set(defaults))
    if unknown:
        raise ValueError(f"{net} has no option {unknown[0]!r}; known are {', '.join(defaults)}")
    return {**defaults, **options}


def at_least_one(chosen: Mapping[str, Any], option: str, net: str) -> tuple[int, ...]:
    """Return an option that is one layer size, or a list of them.

    Raises:
        ValueError: no size, or one below 1.
    """
    given = chosen[option]
    sizes = (given,) if isinstance(given, int) else tuple(given)
    if not sizes or any(size < 1 for size in sizes):
        raise ValueError(f"{net}: {option}={given} must be sizes >= 1")
    return sizes
