"""Laws that components must satisfy, and the check of one component against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: Returns what is wrong with a component, or None where the law holds; the first line of its docstring is the law.
Law = Callable[[Any], str | None]


@dataclass(frozen=True)
class Finding:
    """Whether one law holds; ``fault`` says what was wrong, or is None."""

    law: str
    fault: str | None

    def __str__(self) -> str:
        return f"ok    {self.law}" if self.fault is None else f"FAIL  {self.law}: {self.fault}"


def examine(make: Callable[[], Any], laws: Sequence[Law]) -> list[Finding]:
    """Return the result of each law for a component; each law gets a new instance."""
    return [Finding(_name(law), _fault(make, law)) for law in laws]


def _fault(make: Callable[[], Any], law: Law) -> str | None:
    try:
        return law(make())
    except Exception as error:  # an error of a foreign class is its fault
        return f"{type(error).__name__}: {error}"


def _name(law: Law) -> str:
    return (law.__doc__ or law.__name__).splitlines()[0].removesuffix(".")
