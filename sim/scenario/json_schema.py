"""The JSON schema of a scenario as people write it, shorthands included: what an editor completes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sim.scenario.scenario import Scenario
from sim.scenario.sections import SectionModel

#: Bounds that are equal are one to Python's types, 0 and 0.0: whichever was met first. They are written alike.
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
#: Words that only say what pydantic calls things, or would refuse a file that extends another one.
_NOISE = ("title", "default", "required")


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12). It helps while typing; ``load`` is what decides."""
    generated = Scenario.model_json_schema()
    shared: dict[str, Any] = {}
    described = _tidied(generated, shared)
    definitions = described.pop("$defs") | shared
    described["properties"]["extends"] = {
        "type": "string",
        "description": "another scenario file, below this one: maps merge, lists replace",
    }
    _add_defaults(definitions | {"Scenario": described})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "driftbed scenario",
        **described,
        "anyOf": [{"required": ["extends"]}, {"required": generated["required"]}],
        "$defs": definitions,
    }


def schema_text() -> str:
    """Return the schema as the file that is kept beside the scenarios."""
    return json.dumps(json_schema(), indent=2) + "\n"


def _tidied(node: Any, shared: dict[str, Any], names: bool = False) -> Any:
    """Drop noise and move what says ``$comment: name`` to ``shared``, where it stands once.

    ``names`` is true where the keys are names of the grammar and not words of JSON schema.
    """
    if isinstance(node, list):
        return [_tidied(item, shared) for item in node if item != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    kept = {
        key: int(item) if key in _BOUNDS and isinstance(item, float) and item.is_integer() else item
        for key, item in node.items()
        if names or key not in _NOISE
    }
    tidy = {key: _tidied(item, shared, not names and key in ("properties", "$defs")) for key, item in kept.items()}
    return tidy if names else _hoisted(_flat(tidy), shared)


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """Replace a choice of one by that one."""
    options = schema.get("anyOf", [])
    if len(options) != 1:
        return schema
    return options[0] | {key: item for key, item in schema.items() if key != "anyOf"}


def _hoisted(schema: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    name = schema.pop("$comment", None)
    if name is None or "$ref" in schema:
        return schema
    description = None if "properties" in schema else schema.pop("description", None)
    shared[name] = schema
    return {"$ref": f"#/$defs/{name}"} | ({"description": description} if description else {})


def _add_defaults(definitions: dict[str, Any]) -> None:
    """Give each property its default as it is written, with units."""
    for section_model in _section_models(SectionModel):
        properties = definitions.get(section_model.__name__, {}).get("properties", {})
        if not section_model.ours:
            continue
        fields = section_model.model_fields.items()
        defaults = {
            name: field.get_default(call_default_factory=True, validated_data={})
            for name, field in fields
            if not field.is_required()
        }
        for key, value in section_model.model_construct(**defaults).written().items():
            if key in properties and not isinstance(value, dict):
                properties[key]["default"] = value


def _section_models(base: type[SectionModel]) -> Iterator[type[SectionModel]]:
    for section_model in base.__subclasses__():
        yield section_model
        yield from _section_models(section_model)
