"""How code is compiled, and where the result is kept. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numba
from numba.core import config

from agents.cache_folder import locked

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
    made: Any
    try:
        made = numba.njit(cache=True, **_STRICT)(function)
    except (RuntimeError, OSError):
        # Nothing can be written anywhere: every process compiles for itself.
        made = numba.njit(**_STRICT)(function)
    finally:
        settings["CACHE_DIR"] = before
    made.compile = in_one_process(made.compile, folder, function.__name__)
    for signature in signatures:
        made.compile(signature)
    if signatures:
        made.disable_compile()
    compiled: Callable[..., Any] = made
    return compiled


def in_one_process(compiling: Callable[[Any], Any], folder: Path, name: str) -> Callable[[Any], Any]:
    """Let the processes that begin together wait for the first one to compile a function, and load what it made."""

    def waiting(signature: Any) -> Any:
        if any(folder.rglob(f"*.{name}-*.nbi")):
            return compiling(signature)
        with locked(folder / f"{name}.lock"):
            return compiling(signature)

    return waiting


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function as a part of those that call it."""
    made: Callable[..., Any] = numba.njit(**_INNER)(function)
    return made
