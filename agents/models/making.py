"""From a row of the table, or a user's class, to the architecture of a net."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.contract.component import component_of
from agents.contract.plugins import is_plugin
from agents.models import MODELS
from agents.models.base import Net


def make_net(
    name: str,
    input_shape: tuple[int, ...],
    classes: int,
    options: Mapping[str, Any],
    known: Mapping[str, Any] | None = None,
) -> Net:
    """Return the architecture ``name``; ``known`` is what it must know of the task: ``items``, ``window``, ``views``.

    Raises:
        ValueError: an unknown model or option, or a task that the model cannot serve.
    """
    component, known = component_of(MODELS, name, "model"), known or {}
    if is_plugin(name) and component.options is dict:
        own: Net = component.load()(input_shape, classes, {**options, **known})
        return own
    typed = component.read(options, f"model {name}")
    if component.traits.get("views"):
        fused: Net = component.load()(input_shape, classes, typed, known.get("views") or {})
        return fused
    net: Net = component.load()(input_shape, classes, known if "items" in component.needs else typed)
    return net


def knows_views(name: str) -> bool:
    """Return whether a net is made for the views of a sample: one of the user's own, or one with a branch for each."""
    return is_plugin(name) or bool(MODELS[name].traits.get("views"))
