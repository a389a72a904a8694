"""Where the compiled code of the engine is kept; loads no compiler."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from agents.cache_folder import code_folder


@cache
def engine_folder() -> Path:
    """Return the folder for this version of the engine."""
    here = Path(__file__).parent
    # What is summed by tick is laid out there, for both engines.
    return code_folder("engine", [*here.glob("*.py"), here.parent / "kernel" / "tick_sums.py"])


def is_compiled() -> bool:
    """Return whether the engine was compiled on this machine before."""
    return any(engine_folder().rglob("*.nbc"))
