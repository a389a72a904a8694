"""How kernels are compiled: as they are defined, for given types."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from agents.cache_folder import code_folder
from agents.compiling import compiled_into, inlined

__all__ = ["compiled", "inlined"]


def compiled(*signatures: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for some signatures as it is defined, or load what was compiled on this machine before."""
    return lambda function: compiled_into(_folder(), function, signatures)


@cache
def _folder() -> Path:
    return code_folder("kernels", Path(__file__).parent.glob("*.py"))
