"""``task.data``: data sets and synthetic generators that feed the devices."""

from __future__ import annotations

from typing import Annotated, Any

from agents.tasks import TASKS
from sim.scenario.components import tagged_union
from sim.scenario.tagged_union import Chosen, Shorthand


def _prefixed(value: Any) -> Any:
    """Turn ``idx:DIR`` into the long form; ``pkg.mod:Class`` is a class of the user's own."""
    kind, colon, path = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or kind not in TASKS or not TASKS[kind].is_file:
        return value
    return {"kind": kind, "path": type(value)(path, value.folder) if hasattr(value, "folder") else path}


Data = Annotated[Chosen, tagged_union("data", TASKS, plugins=-1), Shorthand(_prefixed, {"type": "string"})]
