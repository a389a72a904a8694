"""What a method or a net asks of the data beyond its kind, checked against what the files hold, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from agents.contract import InputError
from agents.models import MODELS, ONE_VIEW, wrong_columns
from sim.scenario import Scenario
from sim.scenario.inner_method import parts_of


def require_fit(scenario: Scenario, found: Mapping[str, Any]) -> None:
    """Check options of the method against facts of the data, as building the run would.

    Raises:
        InputError: patches that do not divide images, lists that are longer than there are items, or views that are
            not the columns that the net gives.
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
        _require_views(scenario.task.model, part.chosen, path, found)


def _require_views(model: Any, chosen: Any, path: str, found: Mapping[str, Any]) -> None:
    """Check the views that a method is given against what the trunk of a net makes of the data."""
    net, of_data = MODELS.get(model.kind), len(found.get("views", ()))
    if net is None or not hasattr(chosen, "views"):
        return
    if chosen.views and net.columns is not None:
        columns = net.columns(model, prod(found.get("inputs", found.get("shape", ()))), of_data)
        if (why := wrong_columns(chosen.views, columns)) is not None:
            raise InputError(f"{path}.views", why)
    several = len(chosen.views or ()) > 1 or (not chosen.views and net.traits.get("views") and of_data > 1)
    share = type(chosen).model_fields.get("missing")
    if share is not None and chosen.missing != share.default and not several:
        raise InputError(f"{path}.missing", ONE_VIEW)
