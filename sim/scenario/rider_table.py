"""How each form that options are written in (:mod:`agents.contract.forms`) is read in a scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from agents.contract.forms import Form
from agents.contract.plugins import load_class
from sim.scenario import quantities, units
from sim.scenario.distribution_fields import SizeDistribution, TimeDistribution
from sim.scenario.moments import DeviceIds, Moment, Period
from sim.scenario.quantities import quantity
from sim.scenario.tagged_union import Chosen
from sim.scenario.units import Dimension

#: Forms in which a component is chosen.
CHOSEN = frozenset({"signal", "detector", "numbers", "adapter"})
#: Form -> (bare type, marker) -> annotation of the field.
RIDERS: dict[str, Callable[[Any, Form], Any]] = {}


def _amount(dimension: Dimension) -> Callable[[Any, Form], Any]:
    return lambda bare, form: Annotated[bare, quantity(dimension, zero=form.zero, words=form.words)]


def _as(known: Any) -> Callable[[Any, Form], Any]:
    return lambda bare, form: known


def _later(name: str) -> Callable[[Any, Form], Any]:
    """Return the rider that stands at ``module:name``, a section that is itself made from options of this table."""
    return lambda bare, form: load_class(name)


def _chosen(noun: str, table: str) -> Callable[[Any, Form], Any]:
    """Return the rider of a component within the options of another one: a name, or ``{kind: ..., options}``."""

    def rider(bare: Any, form: Form) -> Any:
        # Only here: the bridge itself uses this table.
        from sim.scenario.components import tagged_union

        return Annotated[Chosen, tagged_union(noun, load_class(table), plugins=0)]

    return rider


RIDERS.update(
    {
        "time": _amount(units.TIME),
        "rate": _amount(units.RATE),
        "size": _amount(units.SIZE),
        "frequency": _amount(units.FREQUENCY),
        "angle": _amount(units.ANGLE),
        "angular speed": _amount(units.ANGULAR_SPEED),
        "speed": _amount(units.SPEED),
        "share": _as(quantities.Share),
        "fraction": _as(quantities.Fraction),
        "path": _as(quantities.DataPath),
        "column": _as(quantities.Column),
        "missing": _as(quantities.Missing),
        "sizes": _as(quantities.Sizes),
        "time law": _as(TimeDistribution),
        "size law": _as(SizeDistribution),
        "signal": _chosen("signal", "agents.signals:SIGNALS"),
        "detector": _chosen("detector", "agents.detectors:DETECTORS"),
        "adapter": _chosen("adapter to stand around", "agents.methods:ASKING"),
        "numbers": _chosen("codec", "agents.codecs:NUMBERS"),
        "negatives": _as(quantities.Negatives),
        "moment": _as(Moment),
        "concept": _later("sim.scenario.concepts:ConceptField"),
        "movable concept": _later("sim.scenario.concepts:Movable"),
        "strength": _later("sim.scenario.concepts:Strength"),
        "pair": _as(quantities.Pair),
        "real": _as(quantities.Real),
        "rate trace": _later("sim.scenario.rates:RateTrace"),
        "period": _as(Period),
        "device ids": _as(DeviceIds),
    }
)
