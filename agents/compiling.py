"""How code is compiled, and where the result is kept. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
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
    made: Any
    try:
        with _kept_in(folder):
            made = numba.njit(cache=True, **_STRICT)(function)
    except (RuntimeError, OSError):
        # Nothing can be written anywhere: every process compiles for itself.
        made = numba.njit(**_STRICT)(function)
    made.compile = in_one_process(made.compile, Path(made.stats.cache_path or folder), function.__name__)
    for signature in signatures:
        made.compile(signature)
    if signatures:
        made.disable_compile()
    compiled: Callable[..., Any] = made
    return compiled


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    """Let numba keep there what it compiles; other users of numba in this process get their settings back."""
    ours = {"CACHE_DIR": str(folder), "CACHE_LOCATOR_CLASSES": ",".join(_LOCATORS)}
    settings = vars(config)
    before = {key: settings.get(key, "") for key in ours}
    settings.update(ours)
    try:
        yield
    finally:
        settings.update(before)


class ByContent:
    """Keeps the code of a function in numba's ``CACHE_DIR`` itself, which is named by the content of all sources.

    Numba's own locators add a folder named by the path of the source: every clone, every job that unpacks the program
    somewhere, compiled all again.
    """

    def __init__(self, line: int, folder: str) -> None:
        self._line, self._folder = line, folder

    @classmethod
    def from_function(cls, function: Callable[..., Any], source: str) -> ByContent | None:
        """Return where a function is kept, or None where nothing can be written."""
        own = cls(function.__code__.co_firstlineno, vars(config)["CACHE_DIR"])
        try:
            own.ensure_cache_path()
        except OSError:
            return None
        return own

    def ensure_cache_path(self) -> None:
        """Make the folder, and see that it can be written to."""
        Path(self._folder).mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=self._folder).close()

    def get_cache_path(self) -> str:
        """Return the folder."""
        return self._folder

    def get_source_stamp(self) -> str:
        """Return what is the same as long as the source is: the folder says it."""
        return Path(self._folder).name

    def get_disambiguator(self) -> str:
        """Return the line of the function: two of one name in one file differ in it."""
        return str(self._line)


#: Who says where code is kept, in this order: where the user's cache cannot be written, numba finds a place.
_LOCATORS = (f"{__name__}.{ByContent.__name__}", "InTreeCacheLocator", "UserWideCacheLocator")


def in_one_process(compiling: Callable[[Any], Any], folder: Path, name: str) -> Callable[[Any], Any]:
    """Let the processes that begin together wait for the first one to compile a function, and load what it made."""

    def waiting(signature: Any) -> Any:
        if any(folder.glob(f"*.{name}-*.nbi")):
            return compiling(signature)
        with locked(folder / f"{name}.lock"):
            return compiling(signature)

    return waiting


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function as a part of those that call it."""
    made: Callable[..., Any] = numba.njit(**_INNER)(function)
    return made
