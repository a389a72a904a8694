"""From a row of the table, or a user's class, to a method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.codecs.making import make_codec
from agents.contract import FleetSpec
from agents.contract.component import component_of
from agents.contract.errors import error_location
from agents.contract.plugins import is_plugin
from agents.methods import METHODS
from agents.methods.base import Context, Method
from agents.methods.old_forms import require_current
from agents.models.base import Net


def make_method(
    name: str,
    options: Mapping[str, Any],
    codec: str,
    net: Net,
    codec_options: Mapping[str, Any] | None = None,
    update_codec: str | None = None,
    update_codec_options: Mapping[str, Any] | None = None,
    seed: int = 0,
    devices: int = 1,
    cohorts: Mapping[str, int] | None = None,
) -> Method:
    """Return the method ``name`` for a fleet of ``devices`` in ``cohorts`` that run ``net``.

    ``codec`` codes its messages; with an ``update_codec`` updates are coded by that one. ``seed`` is that
    of what codecs draw at random.

    Raises:
        ValueError: an unknown method, codec or option, or a pairing that cannot work.
        PluginError: a user's class that cannot be imported, or is written for an older protocol.
    """
    component = component_of(METHODS, name, "adapter")
    typed = component.read(options, f"adapter {name}")
    with error_location("method.codec"):
        coding = make_codec(codec, codec_options, seed)
    with error_location("method.update_codec"):
        of_updates = None if update_codec is None else make_codec(update_codec, update_codec_options, seed)
    method: Method = component.load()(Context(typed, coding, net, of_updates, devices, cohorts or {}))
    if is_plugin(name):
        require_current(name, method)
    return method


def method_of(spec: FleetSpec, net: Net) -> Method:
    """Return the method of a run; raises as :func:`make_method`."""
    updates = spec.update_codec, spec.update_codec_options
    return make_method(
        spec.adapter,
        spec.adapter_options,
        spec.codec,
        net,
        spec.codec_options,
        *updates,
        seed=spec.seed,
        devices=spec.devices,
        cohorts={cohort.name: cohort.devices for cohort in spec.cohorts},
    )
