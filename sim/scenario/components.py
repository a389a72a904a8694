"""The bridge from what components declare to the strict grammar of scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic import create_model, model_validator

from agents.contract.component import (
    Component,
    KeyedRow,
    OptionError,
    hints_of,
    is_options,
    key_of,
    must_take,
    own_component,
    parts_of,
    typed,
)
from agents.contract.forms import Form, Interval, Length, OneOf
from sim.scenario.quantities import choice
from sim.scenario.rider_table import CHOSEN, RIDERS
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Chosen, Plugin, TaggedUnion


class Sections(Mapping[str, type[Chosen]]):
    """The sections of a family's table, each made when it is first asked for."""

    def __init__(self, table: Mapping[str, Component], base: type[Chosen]) -> None:
        self._table, self._base = table, base

    def __getitem__(self, kind: str) -> type[Chosen]:
        row = self._table[kind]
        made: type[Chosen] = section(row.options, str(kind), self._base, row.about)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def tagged_union(
    noun: str, table: Mapping[str, Component], *, plugins: int | None = None, base: type[Chosen] = Chosen
) -> TaggedUnion:
    """Return the grammar of a family: one section for each row of its table, distinguished by ``kind``.

    With ``plugins`` users may name a class of their own. It is called with so many arguments beside its options; -1:
    it takes all its options as one mapping.
    """
    return TaggedUnion(noun, Sections(table, base), None if plugins is None else partial(_own_section, table, plugins))


class OwnSection(Chosen):
    """A section that a user's class declares."""

    ours = False


def _own_section(table: Mapping[str, Component], arguments: int, kind: str) -> type[SectionModel]:
    """Return the section of a user's class: strict if it declares its options, else what its signature takes.

    Raises:
        PluginError: it cannot be imported.
    """
    component = own_component(kind, table)
    if component.options is not dict:
        return section(component.options, str(kind), OwnSection)
    return Plugin if arguments < 0 else _taken_by(str(kind), arguments)


@cache
def _taken_by(kind: str, arguments: int) -> type[SectionModel]:
    """Return the section that refuses options that a class does not take by keyword."""

    def check(self: Chosen) -> Chosen:
        must_take(kind, (None,) * arguments, self.settings)
        return self

    checks: dict[str, Any] = {"_takes_these": model_validator(mode="after")(check)}
    made: type[SectionModel] = create_model("Plugin", __base__=Plugin, __validators__=checks)
    made.ours = False
    return made


@cache
def section(options: type, kind: str = "", base: type[SectionModel] = SectionModel, about: str = "") -> type[Any]:
    """Return the section of the grammar that an options class describes; ``kind`` is the name in its table."""
    hints = hints_of(options)
    named: dict[str, Any] = {"kind": (Literal[kind], kind)} if kind else {}
    declared = {one.name: (translated(hints[one.name]), _field(one, hints[one.name])) for one in fields(options)}
    # Rows may share a class of options: each has a section of its own.
    name = f"{kind.title().replace('_', '')}Options" if kind else options.__name__
    made: type[SectionModel] = create_model(  # type: ignore[call-overload]
        name,
        __base__=base,
        __doc__=about or options.__doc__,
        __validators__={"_fits_together": model_validator(mode="after")(_checker(options))},
        **named,
        **declared,
    )
    return made


def keyed(name: str, table: Mapping[str, KeyedRow]) -> Any:
    """Return the section with one optional key for each row of a table."""
    fields_: dict[str, Any] = {
        key: (translated(row.written) | None, pydantic.Field(default=None, description=row.summary))
        for key, row in table.items()
    }
    return create_model(name, __base__=SectionModel, **fields_)


def _checker(options: type) -> Callable[[SectionModel], SectionModel]:
    """Return the check of options against each other, as the options class itself makes it."""
    keys = {key_of(one.name) for one in fields(options)}

    def check(self: SectionModel) -> SectionModel:
        try:
            typed(options, {key: value for key, value in self.plain().items() if key in keys}, "")
        except OptionError as error:
            raise refuse(str(error), *error.option) from None
        return self

    return check


def _field(one: Field[Any], hint: Any) -> Any:
    described: dict[str, Any] = {"description": one.metadata.get("description") or None}
    if key_of(one.name) != one.name:
        described["alias"] = key_of(one.name)
    if one.default_factory is not MISSING:
        return pydantic.Field(default_factory=one.default_factory, **described)
    if one.default is MISSING:
        return pydantic.Field(**described)
    # The name of a component is read as one that stands in a file is.
    named = isinstance(one.default, str) and any(isinstance(m, Form) and m.name in CHOSEN for m in parts_of(hint)[1])
    return pydantic.Field(default=_default(one.default, hint), validate_default=named or None, **described)


def _default(value: Any, hint: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if is_options(hint) and value is not None:
        held = {one.name: getattr(value, one.name) for one in fields(value)}
        return section(hint).model_construct(**held)
    return value


def translated(hint: Any) -> Any:
    """Return an annotation with riders of the grammar in place of markers, and sections in place of options."""
    if get_origin(hint) is Annotated:
        bare, *markers = get_args(hint)
        whole = translated(bare)
        for marker in markers:
            whole = _ridden(whole, marker)
        return whole
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(translated(one) for one in get_args(hint))]  # noqa: UP007  # made at run time
    if get_origin(hint) in (list, dict):
        return get_origin(hint)[tuple(translated(one) for one in get_args(hint))]
    return section(hint) if is_options(hint) else hint


def _ridden(bare: Any, marker: Any) -> Any:
    if isinstance(marker, OneOf):
        return Annotated[bare, choice(*marker.names)]
    if isinstance(marker, Length):
        return Annotated[bare, pydantic.Field(min_length=marker.least)]
    if isinstance(marker, Form):
        return RIDERS[marker.name](bare, marker)
    if isinstance(marker, Interval):
        bounds: dict[str, Any] = {name: bound for name, bound in vars(marker).items() if bound is not None}
        return Annotated[bare, pydantic.Field(**bounds, allow_inf_nan=False if bare is float else None)]
    return Annotated[bare, marker]
