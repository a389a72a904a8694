"""One named choice of a scenario: its options, where its code is, what it needs and what it gives.

Options are a frozen dataclass that imports neither torch nor pydantic; ``option`` gives each a default and a
description, ``Annotated`` markers (:mod:`agents.contract.forms`) give units and bounds. The grammar of scenarios, its
JSON schema, the reference pages and the lists of the command line are all derived from this declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from inspect import Signature, cleandoc, signature
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from agents.contract.forms import Form, Interval, OneOf
from agents.contract.plugins import is_plugin, load_class


class OptionError(ValueError):
    """Options that cannot be used together; ``option`` is the path of the one to change, ``()`` for all of them."""

    def __init__(self, text: str, *option: str) -> None:
        super().__init__(text)
        self.option = option


def option(default: Any = MISSING, description: str = "", *, factory: Any = MISSING) -> Any:
    """Return the field of an options class: its default (none: the option must be given) and what it means."""
    return field(default=default, default_factory=factory, metadata={"description": description})


def refuse_without_effect(options: Any, said: str, *names: str) -> None:
    """Check that those of ``options`` which have no effect with what is ``said`` are as they are by default.

    Raises:
        OptionError: one is set.
    """
    defaults = {one.name: one.default for one in fields(options)}
    for name in names:
        if getattr(options, name) != defaults[name]:
            raise OptionError(f"has no effect with {said}", name)


@dataclass(frozen=True)
class NoOptions:
    """Takes no options."""


@dataclass(frozen=True)
class Component:
    """One row of a family's table.

    Attributes:
        options: a frozen dataclass; its docstring says in one line what the component is.
        loads: where the code is, ``package.module:name``; imported on first use.
        paper: author, title or venue, year; empty if there is none.
        needs: what the rest of the scenario must give (``labels``, ``items``, ``oracle`` ...).
        gives: what it gives to the rest.
        quick: options with which the conformance tests run.
        summary: one line; needed only where ``options`` is shared (``NoOptions``).
        traits: what else the grammar or the tables must know of it, by name.
    """

    options: type
    loads: str
    paper: str = ""
    needs: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()
    quick: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    traits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """One line that says what it is."""
        return self.summary or cleandoc(self.options.__doc__ or "").split("\n\n")[0].replace("\n", " ")

    def load(self) -> Any:
        """Import and return its code."""
        return load_class(self.loads)

    def read(self, given: Mapping[str, Any], what: str) -> Any:
        """Return its options from plain values; ``what`` names it in messages (``adapter persona``).

        Raises:
            ValueError: an option that it does not have, one that is missing, or a value out of bounds.
        """
        return read_options(self.options, given, what)

    def make(self, given: Mapping[str, Any], what: str, *args: Any) -> Any:
        """Return ``code(*args, options)``, or ``code(*args)`` where there are no options.

        Raises:
            ValueError: options that :meth:`read` refuses.
        """
        options = self.read(given, what)
        return self.load()(*args) if isinstance(options, NoOptions) else self.load()(*args, options)


@dataclass(frozen=True)
class KeyedRow(Component):
    """A choice that is named by its key: ``{markov: {states: ...}}``, ``{rotate: 90 deg}``.

    Attributes:
        value: what stands at the key, as the annotation of an option; where it is None, a map of the ``options``.
    """

    value: Any = None

    @property
    def about(self) -> str:
        """One line that says what it is; the ``summary`` describes the key."""
        return f"{self.summary[0].upper()}{self.summary[1:]}."

    @property
    def written(self) -> Any:
        """The annotation of what stands at the key."""
        return self.options if self.value is None else self.value


def component_of(table: Mapping[str, Component], name: str, noun: str) -> Component:
    """Return the row ``name``, or one made up for a user's class, ``package.module:Class``.

    Raises:
        ValueError: a name that the table does not have.
        PluginError: a class that cannot be imported.
    """
    if is_plugin(name):
        return own_component(name, table)
    if name not in table:
        raise ValueError(f"{noun} {name!r} is unknown; known are {', '.join(table)}")
    return table[name]


def make_component(table: Mapping[str, Component], name: str, noun: str, given: Mapping[str, Any], *args: Any) -> Any:
    """Return what the row ``name``, or a user's class, makes of ``args`` and its options.

    Raises:
        ValueError: a name that the table does not have, or options that it does not take.
        PluginError: a class that cannot be imported.
    """
    component = component_of(table, name, noun)
    if component.options is not dict:
        return component.make(given, name if is_plugin(name) else f"{noun} {name}", *args)
    must_take(name, args, given)
    return component.load()(*args, **given)


def own_component(name: str, table: Mapping[str, Component]) -> Component:
    """Return the row of a user's class: its options are those that it declares, or those of the row it derives from.

    A class that has neither takes any options by keyword.

    Raises:
        PluginError: it cannot be imported.
    """
    made = load_class(name)
    declared: Any = getattr(made, "options", None)
    return Component(declared if is_options(declared) else _inherited(made, table), name)


def _inherited(made: Any, table: Mapping[str, Component]) -> type:
    """Return the options of the row whose code is the nearest base of a class; ``dict`` if there is none.

    They are its own only as long as it is called as its base is.
    """
    rows = {row.loads: row.options for row in table.values() if row.options is not NoOptions}
    for base in getattr(made, "__mro__", ()):
        if options := rows.get(f"{base.__module__}:{base.__qualname__}"):
            return options if _signature(base) == _signature(made) else dict
    return dict


def is_options(declared: object) -> bool:
    """Return whether ``declared`` is an options class."""
    return isinstance(declared, type) and is_dataclass(declared)


def read_options(options: type, given: Mapping[str, Any], what: str) -> Any:
    """Return an options dataclass from plain values in base units, nested ones included.

    Raises:
        ValueError: an option that it does not have, one that is missing, or a value out of bounds.
    """
    if options is dict:
        return dict(given)
    known = {key_of(one.name): one for one in fields(options)}
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"{what} has no option {unknown[0]!r}; known are {', '.join(known) or 'none'}")
    missing = [key for key, one in known.items() if _is_required(one) and given.get(key) is None]
    if missing:
        raise ValueError(f"{what}: {missing[0]} is missing")
    try:
        return typed(options, given, what)
    except OptionError as error:
        place = "".join(f"{part}: " for part in error.option)
        raise ValueError(f"{what}: {place}{error}") from error


def typed(options: type, given: Mapping[str, Any], what: str) -> Any:
    """Return an options dataclass from plain values that it knows.

    Raises:
        OptionError: values that do not fit together.
        ValueError: a value out of bounds.
    """
    hints = hints_of(options)
    names = {key_of(one.name): one.name for one in fields(options)}
    return options(**{names[key]: _read(hints[names[key]], value, f"{what}: {key}") for key, value in given.items()})


def key_of(name: str) -> str:
    """Return the key of a field as it is written in a scenario: ``for_`` is ``for``."""
    return name.removesuffix("_")


@cache
def hints_of(options: type) -> dict[str, Any]:
    """Return the types of an options class, with their markers."""
    return get_type_hints(options, include_extras=True)


def parts_of(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return (type, markers) of an annotation; the type keeps a ``None`` that stands beside it."""
    if get_origin(hint) is Annotated:
        bare, *markers = get_args(hint)
        return bare, tuple(markers)
    return hint, ()


def _is_required(one: Any) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _read(hint: Any, value: Any, what: str) -> Any:
    """Return ``value`` as an option of type ``hint``: nested options are read, bounds are checked."""
    bare, markers = parts_of(hint)
    for marker in markers:
        if isinstance(marker, Interval | OneOf | Form) and value is not None:
            marker.check(value, what)
    inner = [one for one in get_args(bare) if one is not type(None)]
    if is_options(bare) and isinstance(value, Mapping):
        return read_options(bare, value, what)
    if get_origin(bare) is list and isinstance(value, list | tuple):
        return [_read(inner[0], one, f"{what}.{number}") for number, one in enumerate(value)]
    if get_origin(bare) in (Union, UnionType) and value is not None:
        fitting = [one for one in inner if parts_of(one)[0] is type(value)]
        one = inner[0] if len(inner) == 1 else fitting[0] if fitting else None
        return value if one is None else _read(one, value, what)
    return value


def must_take(name: str, args: tuple[Any, ...], given: Mapping[str, Any]) -> None:
    """Check that a user's class can be called with ``args`` and the options ``given``.

    Raises:
        ValueError: it does not take them.
        PluginError: it cannot be imported.
    """
    taken = _signature(load_class(name))
    if taken is None:
        return
    try:
        taken.bind(*args, **given)
    except TypeError as error:
        raise ValueError(f"{name} does not take these options: {error}") from error


def _signature(made: Callable[..., Any]) -> Signature | None:
    try:
        return signature(made)
    except (TypeError, ValueError):
        return None
