"""What a method or a net asks of the data beyond its kind, checked against what the files hold, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.contract import InputError
from sim.scenario import Scenario
from sim.scenario.inner_method import parts_of


def require_fit(scenario: Scenario, found: Mapping[str, Any]) -> None:
    """Check options of the method against facts of the data, as building the run would.

    Raises:
        InputError: patches that do not divide images, or lists that are longer than there are items.
    """
    assert scenario.task is not None
    items = found.get("kept", {}).get("items", getattr(scenario.task.data, "items", None))
    for part in parts_of(scenario.method.adapter):
        path = ".".join(("method", *part.path))
        shape, patch = found.get("shape", ()), getattr(part.chosen, "patch", 0)
        if patch and len(shape) == 3 and (shape[1] % patch or shape[2] % patch):
            raise InputError(f"{path}.patch", f"{patch} does not divide images of {shape[1]} x {shape[2]}")
        candidates = getattr(part.chosen, "candidates", 0)
        if items is not None and candidates > items:
            raise InputError(f"{path}.candidates", f"{candidates} is more than there are items: {items}")
