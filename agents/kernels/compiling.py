"""How kernels are compiled, and where the result is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import config

from agents.cache import cache_folder

#: LLVM may not reorder or fuse floating point operations, and divides by zero as IEEE 754 says.
_STRICT: dict[str, Any] = {"fastmath": False, "error_model": "numpy"}


def compiled(*signatures: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for some signatures as it is defined, or load what was compiled on this machine before."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        # The setting belongs to numba, so that other users of numba in this process get theirs back.
        settings = vars(config)
        before, settings["CACHE_DIR"] = settings["CACHE_DIR"], str(_folder())
        try:
            return _compiled(function, list(signatures))
        finally:
            settings["CACHE_DIR"] = before

    return decorate


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function as a part of those that call it."""
    made: Callable[..., Any] = numba.njit(inline="never", **_STRICT)(function)
    return made


def _compiled(function: Callable[..., Any], signatures: list[str]) -> Callable[..., Any]:
    made: Callable[..., Any]
    try:
        made = numba.njit(signatures, cache=True, **_STRICT)(function)
    except (RuntimeError, OSError):
        # Nothing can be written anywhere: every process compiles for itself.
        made = numba.njit(signatures, **_STRICT)(function)
    return made


@cache
def _folder() -> Path:
    """Return a folder for this version of all kernels: numba looks at the file of a function only."""
    sha = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        sha.update(path.read_bytes())
    return cache_folder() / "kernels" / sha.hexdigest()[:16]
