"""Validation errors in our own words."""

from __future__ import annotations

from typing import Any

from sim.scenario.units import shown

MISSING = "is missing"
NOT_TEXT = "is not text"
_WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
}


def is_worded(error: Any) -> bool:
    """Return whether a line of a pydantic error is not the consequence of another one."""
    return bool(error["type"] != "default_factory_not_called")


def message(error: Any) -> str:
    """Return the sentence for one line of a pydantic error (an item of ``ValidationError.errors()``)."""
    kind, given = error["type"], shown(error["input"])
    if kind == "said":
        return str(error["msg"])
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "int_type" and (digits := str(error["input"]).removeprefix("-")).isdecimal():
        return f"{given} {'has too many digits; 18 at most' if len(digits) > 18 else 'is text; write the number alone'}"
    if kind in _WANTED:
        return f"{given} is not {_WANTED[kind]}"
    return _bounds(kind, given, error.get("ctx", {})) or f"{given}: {error['msg']}"


def _bounds(kind: str, given: str, ctx: dict[str, Any]) -> str | None:
    sentences = {
        "missing": MISSING,
        "greater_than": "{given} is not above {gt}",
        "greater_than_equal": "{given} is below {ge}",
        "less_than": "{given} is not below {lt}",
        "less_than_equal": "{given} is above {le}",
        "too_short": "has {actual_length} entries; at least {min_length} are needed",
        "too_long": "has {actual_length} entries; at most {max_length} are allowed",
        "string_too_long": "has too many letters; at most {max_length} are allowed",
        "finite_number": "{given} is not a finite number",
        "literal_error": "{given} is not {expected}",
        "string_pattern_mismatch": "{given} is no name: letters, digits, '_' and '-' make one, not beginning with '-'",
    }
    return sentences[kind].format(given=given, **ctx) if kind in sentences else None
