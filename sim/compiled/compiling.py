"""How the engine is compiled: when it is first called, as a whole, into the user's cache folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents.compiling import compiled_into, inlined
from sim.compiled.code_cache import engine_folder

__all__ = ["compiled", "inlined"]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, or load what was compiled on this machine before."""
    return compiled_into(engine_folder(), function)
