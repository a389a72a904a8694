"""Maps an error that only the data plane can find to the line of the scenario that caused it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agents.contract import InputError
from sim.scenario.layers import read_tree
from sim.scenario.loader import overridden
from sim.scenario.problems import Problem, ScenarioErrors, problem
from sim.scenario.tree import locate


@contextmanager
def located(file: str | Path, overrides: Sequence[str] = (), seed: int | None = None) -> Iterator[None]:
    """Turn an :class:`InputError` from inside into a problem of the scenario ``file``, at its line.

    Raises:
        ScenarioErrors: with the file, line and column that wrote what the error is about.
    """
    try:
        yield
    except InputError as error:
        raise ScenarioErrors([_placed(error, file, overrides, seed)]) from error


def _placed(error: InputError, file: str | Path, overrides: Sequence[str], seed: int | None) -> Problem:
    root = overridden(read_tree(file, []), overrides, seed, [])
    steps = tuple(int(step) if step.isdecimal() else step for step in error.about.split("."))
    node, path = locate(root, steps)
    return problem(node.mark, path or error.about, str(error))
