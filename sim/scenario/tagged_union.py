"""Parts of the grammar that come in kinds, and the shorthands that stand for a long form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from agents.contract.plugins import PluginError
from sim.scenario.context import context_of
from sim.scenario.problems import near_miss
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tree import Section
from sim.scenario.units import shown


@dataclass(frozen=True, eq=False)
class Shorthand:
    """Rewrites what may be written short into the long form before it is read; the rest passes unchanged."""

    expand: Callable[[Any], Any]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        long = handler(core["schema"])
        # A section that stands here in full is moved to where sections stand by name.
        name = {"$comment": long["title"]} if "properties" in long else {}
        return {"anyOf": [self.schema, {**name, **long}]}


@dataclass(frozen=True, eq=False)
class TaggedUnion:
    """A union distinguished by ``kind``: ``{kind: persona, prototypes: 8}``, or just ``persona``.

    Attributes:
        noun: what one of them is called in messages.
        table: kind -> its section.
        plugin: returns the section of ``pkg.mod:Class``, where users may bring a class of their own.
    """

    noun: str
    table: Mapping[str, type[SectionModel]]
    plugin: Callable[[str], type[SectionModel]] | None = None

    def default(self, kind: str) -> Any:
        """Return the section of ``kind`` with all its defaults."""
        return self.table[kind]()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        section_models: list[type[SectionModel]] = [
            *dict.fromkeys(self.table.values()),
            *([Plugin] if self.plugin else []),
        ]
        short: dict[str, Any] = {"type": "string", "examples": list(self.table)}
        return {"anyOf": [short, *(self._described(section_model, handler) for section_model in section_models)]}

    def _described(self, section_model: type[SectionModel], handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(section_model.__pydantic_core_schema__)
        kinds = [kind for kind, own in self.table.items() if own is section_model]
        kind = {"enum": kinds} if kinds else {"type": "string", "pattern": ":"}
        properties = schema["properties"] | {"kind": kind}
        return {"$comment": section_model.__name__, **schema, "properties": properties}

    def read(self, value: Any, info: ValidationInfo) -> SectionModel:
        """Return the section that ``value`` describes.

        Raises:
            ValidationError: no kind, an unknown kind, or wrong options.
        """
        if isinstance(value, SectionModel):
            return value
        section = {"kind": value} if isinstance(value, str) else value
        if not isinstance(section, Mapping):
            raise ValueError(f"{shown(value)} is no {self.noun}")
        section_model = self._section_model(section.get("kind"), info)
        return section_model.model_validate(self._current(section, section_model), context=info.context)

    def _section_model(self, kind: Any, info: ValidationInfo) -> type[SectionModel]:
        if kind is None:
            raise refuse(f"the kind of {self.noun} is missing; known: {', '.join(self.table)}")
        if self.plugin and isinstance(kind, str) and ":" in kind:
            return self._plugin(kind, info)
        if not isinstance(kind, str) or kind not in self.table:
            raise refuse(f"{shown(kind)} is no known {self.noun}{near_miss(str(kind), list(self.table))}", "kind")
        return self.table[kind]

    def _plugin(self, kind: str, info: ValidationInfo) -> type[SectionModel]:
        module, _, name = kind.partition(":")
        if not all(part.isidentifier() for part in (*module.split("."), name)) or self.plugin is None:
            raise refuse(f"'{kind}' is no {self.noun}; code of your own is named pkg.mod:Class", "kind")
        if not context_of(info).plugins:
            raise refuse(f"'{kind}' names code to import; allow it with --allow-plugins", "kind")
        try:
            return self.plugin(kind)
        except PluginError as error:
            raise refuse(str(error), "kind") from None

    def _current(self, section: Mapping[str, Any], section_model: type[SectionModel]) -> dict[str, Any]:
        """Leave out the options of a kind that a higher layer has replaced."""
        layers = section.layers if isinstance(section, Section) else {}
        chosen = layers.get("kind", 0)
        lower = {key for key, layer in layers.items() if layer < chosen}
        if not lower:
            return dict(section)
        elsewhere = {key for other in self.table.values() for key in other.key_names()} - set(section_model.key_names())
        stale = {key for key in elsewhere if layers.get(key, 0) < chosen}
        return {key: item for key, item in section.items() if key not in stale}


def alternatives(value: Any, names: tuple[str, ...]) -> Any:
    """Keep of several alternatives in a map the one that the highest layer wrote."""
    if not isinstance(value, Section):
        return value
    given = [name for name in names if name in value]
    top = max((value.layers[name] for name in given), default=0)
    return {key: item for key, item in value.items() if key not in given or value.layers[key] == top}


def exactly_one(section_model: SectionModel, names: tuple[str, ...]) -> None:
    """Check that exactly one of several alternatives is given.

    Raises:
        ValueError: none or several.
    """
    given = [name for name in names if getattr(section_model, name) is not None]
    if len(given) != 1:
        said = f"both {' and '.join(given)} are given" if given else "nothing is given"
        raise ValueError(f"{said}; exactly one is needed: {', '.join(names)}")


class Chosen(SectionModel):
    """A section that is one of several kinds."""

    kind: str

    @property
    def settings(self) -> dict[str, Any]:
        """What is set beside the kind, as ordinary values in base units."""
        return {key: value for key, value in self.plain().items() if key != "kind"}


class Plugin(Chosen):
    """Code of the user's own, named ``pkg.mod:Class``; it takes options of its own."""

    model_config = ConfigDict(extra="allow")
