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
    """Return the architecture ``name``; ``known`` is what the net must know of the task: ``items``, ``window``.

    Raises:
        ValueError: an unknown model or option, or a task that the model cannot serve.
    """
    component, known = component_of(MODELS, name, "model"), known or {}
    if is_plugin(name) and component.options is dict:
        own: Net = component.load()(input_shape, classes, {**options, **known})
        return own
    typed = component.read(options, f"model {name}")
    net: Net = component.load()(input_shape, classes, known if "items" in component.needs else typed)
    return net
