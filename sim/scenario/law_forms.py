"""The laws that a scenario may name, with their parameters: ``{lognormal: {median: 5 ms, sigma: 0.5}}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, create_model

from sim import laws
from sim.laws import Law
from sim.scenario.clause import Clause
from sim.scenario.quantities import DataPath, Number, PositiveCount, PositiveNumber, Share, quantity
from sim.scenario.units import Dimension, UnitError

#: Types of parameters that are quantities in the law's own dimension.
QUANTITY, QUANTITIES, POSITIVES = "quantity", "quantities", "positive quantities"


@dataclass(frozen=True)
class LawForm:
    """How one law is written.

    Attributes:
        law: what the parameters make.
        parameters: name in YAML -> (type, what it means), in the order of the law's fields.
        main: the parameter that may stand alone: ``{exponential: 5 ms}``.
    """

    law: Callable[..., Law]
    parameters: Mapping[str, tuple[Any, str]]
    main: str | None = None


FORMS: dict[str, LawForm] = {
    "constant": LawForm(laws.Constant, {"value": (QUANTITY, "always this")}, main="value"),
    "exponential": LawForm(laws.Exponential, {"mean": (QUANTITY, "mean")}, main="mean"),
    "uniform": LawForm(laws.Uniform, {"low": (QUANTITY, "smallest value"), "high": (QUANTITY, "largest value")}),
    "lognormal": LawForm(
        laws.Lognormal,
        {"median": (QUANTITY, "half are below"), "sigma": (Number, "deviation of the natural logarithm")},
    ),
    "normal": LawForm(
        laws.Normal,
        {"mean": (QUANTITY, "mean before the cut at 0"), "sd": (QUANTITY, "deviation before the cut at 0")},
    ),
    "gamma": LawForm(
        laws.Gamma,
        {"mean": (QUANTITY, "mean"), "shape": (PositiveNumber, "1 is exponential, more is more regular")},
    ),
    "erlang": LawForm(
        laws.Erlang,
        {"mean": (QUANTITY, "mean of the sum"), "stages": (PositiveCount, "number of exponential stages")},
    ),
    "weibull": LawForm(
        laws.Weibull,
        {"scale": (QUANTITY, "63 % are below"), "shape": (PositiveNumber, "below 1: heavy tail")},
    ),
    "pareto": LawForm(
        laws.Pareto,
        {"minimum": (QUANTITY, "smallest value"), "shape": (PositiveNumber, "exponent of the tail")},
    ),
    "hyperexponential": LawForm(
        laws.Hyperexponential,
        {
            "means": (POSITIVES, "mean of each branch"),
            "weights": (list[Share], "probability of each branch, summing to 1"),
        },
    ),
    "empirical": LawForm(
        laws.Empirical,
        {
            "values": (QUANTITIES, "recorded values, equally likely"),
            "file": (DataPath, "a text file with one value per line"),
            "unit": (str, "unit of the file's numbers, where they carry none"),
        },
    ),
}


@cache
def parameters_of(kind: str, dimension: Dimension) -> type[Clause]:
    """Return the clause that reads the parameters of one law over one dimension."""
    amount = Annotated[float, quantity(dimension)]
    types = {
        QUANTITY: amount,
        QUANTITIES: list[amount],
        POSITIVES: list[Annotated[float, quantity(dimension, zero=False)]],
    }
    optional = kind == "empirical"
    named: dict[str, Any] = {
        name: (types.get(kept, kept) | None if optional else types.get(kept, kept), _field(says, optional))
        for name, (kept, says) in FORMS[kind].parameters.items()
    }
    return create_model(f"{kind.title()}Law", __base__=Clause, **named)


def make(kind: str, parameters: Clause, dimension: Dimension) -> Law:
    """Return the law that checked parameters describe.

    Raises:
        ValueError: parameters that do not go together, or a file that cannot be read.
    """
    if kind == "empirical":
        return _recorded(parameters.plain(), dimension)
    given = parameters.plain().values()
    return FORMS[kind].law(*(tuple(value) if isinstance(value, list) else value for value in given))


def written(law: Law, dimension: Dimension) -> dict[str, Any]:
    """Return the long form of ``law``: its name and its parameters with units."""
    kind = next(kind for kind, form in FORMS.items() if form.law is type(law))
    if isinstance(law, laws.Empirical) and law.source:
        file, unit = law.source
        return {kind: {"file": file} | ({"unit": unit} if unit else {})}
    own = [_listed(getattr(law, field.name)) for field in fields(law)]  # type: ignore[arg-type]  # laws are dataclasses
    values = dict(zip(FORMS[kind].parameters, own, strict=False))
    return {kind: parameters_of(kind, dimension).model_construct(**values).written()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _field(says: str, optional: bool) -> Any:
    return Field(default=None, description=says) if optional else Field(description=says)


def _recorded(given: dict[str, Any], dimension: Dimension) -> Law:
    if ("values" in given) == ("file" in given):
        raise ValueError("either values or a file is needed")
    if "values" in given:
        return laws.Empirical(tuple(given["values"]))
    path, unit = given["file"], given.get("unit", "")
    return laws.Empirical(tuple(_lines(path, unit, dimension)), (str(path), unit))


def _lines(path: Path, unit: str, dimension: Dimension) -> list[float]:
    values = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if text := line.partition("#")[0].strip():
            try:
                values.append(dimension.parse(f"{text} {unit}".strip()))
            except UnitError as error:
                raise ValueError(f"{path.name}:{number}: {error}") from None
    return values
