"""How code is compiled, and where the result is kept. Loads neither torch nor anything of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numba
from numba.core import config

#: LLVM may not reorder or fuse floating point operations, and divides by zero as IEEE 754 says.
_STRICT: dict[str, Any] = {"fastmath": False, "error_model": "numpy"}
#: What compiled code alone calls needs no way in from Python.
_INNER: dict[str, Any] = _STRICT | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def compiled_into(folder: Path, function: Callable[..., Any], signatures: Sequence[str] = ()) -> Callable[..., Any]:
    """Compile a function for some signatures as it is defined, or load what is kept in ``folder``.

    Without signatures it is compiled, or loaded, when it is first called.
    """
    # The setting belongs to numba, so that other users of numba in this process get theirs back.
    settings = vars(config)
    before, settings["CACHE_DIR"] = settings["CACHE_DIR"], str(folder)
    types = list(signatures) or None
    made: Callable[..., Any]
    try:
        made = numba.njit(types, cache=True, **_STRICT)(function)
    except (RuntimeError, OSError):
        # Nothing can be written anywhere: every process compiles for itself.
        made = numba.njit(types, **_STRICT)(function)
    finally:
        settings["CACHE_DIR"] = before
    return made


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function as a part of those that call it."""
    made: Callable[..., Any] = numba.njit(**_INNER)(function)
    return made
