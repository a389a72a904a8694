"""The base of every part of the grammar: strict keys, names for what is wrong, no option silently ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from sim.scenario.messages import MISSING, is_worded, message
from sim.scenario.problems import closest, near_miss
from sim.scenario.units import shown


class SectionModel(BaseModel):
    """A map of the scenario. Fields hold base units (seconds, bit/s, bytes, /s, degrees, shares in [0, 1])."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_by_alias=True)
    #: Whether it belongs to the grammar itself, and not to a class that a scenario names.
    ours: ClassVar[bool] = True

    @model_validator(mode="wrap")
    @classmethod
    def _name_unknown_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, cls):
            return value
        known = cls.key_names()
        if not isinstance(value, Mapping):
            raise PydanticCustomError("said", f"{shown(value)} is no map; its keys: {', '.join(known)}")
        unknown = [key for key in value if key not in known]
        if not unknown or cls.model_config.get("extra") == "allow":
            return handler(value)
        wrong = [fault(f"unknown key{near_miss(key, known)}", key) for key in unknown]
        try:
            handler({key: item for key, item in value.items() if key in known})
        except ValidationError as error:
            meant = {closest(key, known) for key in unknown}
            wrong += [line for line in lines_of(error) if not _missing(line, meant)]
        raise ValidationError.from_exception_data(cls.__name__, wrong)

    @classmethod
    def key_names(cls) -> list[str]:
        """The keys that may be written."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    def plain(self) -> dict[str, Any]:
        """Return what is set as ordinary values in base units, without None: options for the planes."""
        items = ((field.alias or name, getattr(self, name)) for name, field in type(self).model_fields.items())
        return {key: plain(value) for key, value in items if value is not None} | (self.model_extra or {})

    def written(self) -> dict[str, Any]:
        """Return the long form as it stands in a file: quantities with units, every default spelt out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def plain(value: Any) -> Any:
    """Return ``value`` with every section in it turned into a dict."""
    if isinstance(value, SectionModel):
        return value.plain()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def fault(text: str, *loc: str | int) -> InitErrorDetails:
    """Return one line of a validation error: ``text`` about ``loc`` below the section that raises it."""
    return InitErrorDetails(type=PydanticCustomError("said", text), loc=loc, input=None)


def refuse(text: str, *loc: str | int) -> ValidationError:
    """Return the error that says ``text`` about ``loc`` below the section that raises it."""
    return ValidationError.from_exception_data("scenario", [fault(text, *loc)])


def lines_of(error: ValidationError, *above: str | int) -> list[InitErrorDetails]:
    """Return the lines of ``error`` in our words, their places prefixed by ``above``."""
    return [fault(message(line), *above, *line["loc"]) for line in error.errors() if is_worded(line)]


def below(error: ValidationError, *above: str | int) -> ValidationError:
    """Return the same error, raised from ``above``."""
    return ValidationError.from_exception_data(error.title, lines_of(error, *above))


def _missing(line: InitErrorDetails, meant: set[str | None]) -> bool:
    """Return whether the line reports as missing a key whose misspelling is reported already."""
    loc = line.get("loc", ())
    return len(loc) == 1 and loc[0] in meant and str(line["type"]) == MISSING
