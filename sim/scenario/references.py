"""``references``: what is evaluated beside the deployed model, on the very same samples."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from agents.tasks import TASKS
from sim.scenario.quantities import choice


class ReferenceRow(NamedTuple):
    """What a reference is, and what the data must give for it."""

    needs: str | None
    about: str


#: Name in a scenario -> reference.
REFERENCES: dict[str, ReferenceRow] = {
    "static": ReferenceRow(None, "the base model, never updated"),
    "oracle_head": ReferenceRow("oracle_head", "its head refitted to each concept, or kept where that is better"),
    "oracle_bayes": ReferenceRow("oracle_bayes", "the best answer there is, where the law of the data is known"),
    "no_change": ReferenceRow("classes", "the newest label of the device that is due"),
    "majority": ReferenceRow("classes", "the most frequent class of the past"),
    "popularity": ReferenceRow("items", "items in the order of how often the past clicked them"),
}
_ORACLES = ("oracle_head", "oracle_bayes")
_WHY = {
    "oracle_head": "no head is refitted to it",
    "oracle_bayes": "its law is not known",
    "classes": "it has no classes",
    "items": "it has no items",
}

Reference = Annotated[str, choice(*REFERENCES)]


def oracle_of(data: str) -> str | None:
    """Return the name of the oracle of a kind of data; None if it has none, or is a class of the user's own."""
    row = TASKS.get(data)
    return None if row is None else next((name for name in _ORACLES if name in row.gives), None)


def default_references(data: str) -> list[str]:
    """Return what is evaluated beside the deployed model where a scenario says nothing."""
    # Whether a custom stream has a best answer is not known here.
    oracle = oracle_of(data)
    return ["static"] if oracle is None else ["static", oracle]


def with_oracle_named(value: Any, data: str | None) -> Any:
    """Return a list of references in which ``oracle`` is the one that the data have; others pass unchanged.

    Where there is none, it is the best answer, which is refused for what lacks one.
    """
    if not isinstance(value, list):
        return value
    named = oracle_of(data or "") or "oracle_bayes"
    return [named if one == "oracle" else one for one in value]


def refused_reference(name: str, data: str) -> str | None:
    """Return why a reference cannot be had for a kind of data, or None."""
    row, needs = TASKS.get(data), REFERENCES[name].needs
    if row is None or needs is None or needs in row.gives:
        return None
    instead = default_references(data)
    return f"'{data}' has no '{name}': {_WHY[needs]}; write for example 'references: [{', '.join(instead)}]'"
