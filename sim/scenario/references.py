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


def renamed(value: Any, data: str | None) -> str | None:
    """Return why a list of references is refused that says ``oracle``, or None."""
    if not isinstance(value, list) or "oracle" not in value:
        return None
    name = oracle_of(data or "") or " or ".join(f"'{one}'" for one in _ORACLES)
    return f"'oracle' is named for what it is; write {name.strip(chr(39)) if name in _ORACLES else name}"


def refused_reference(name: str, data: str) -> str | None:
    """Return why a reference cannot be had for a kind of data, or None."""
    row, needs = TASKS.get(data), REFERENCES[name].needs
    if row is None or needs is None or needs in row.gives:
        return None
    instead = default_references(data)
    return f"'{data}' has no '{name}': {_WHY[needs]}; write for example 'references: [{', '.join(instead)}]'"
