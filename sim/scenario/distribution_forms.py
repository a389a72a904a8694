"""The distributions that a scenario may name, with their parameters: ``{lognormal: {median: 5 ms, sigma: 0.5}}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, create_model

from agents.tabular.text_lines import read_lines
from sim import distributions
from sim.distributions import Distribution
from sim.scenario.quantities import DataPath, Fraction, Number, PositiveCount, PositiveNumber, quantity
from sim.scenario.sections import SectionModel
from sim.scenario.units import Dimension, UnitError

#: Types of parameters that are quantities in the distribution's own dimension.
QUANTITY, QUANTITIES, POSITIVES = "quantity", "quantities", "positive quantities"


@dataclass(frozen=True)
class DistributionForm:
    """How one distribution is written.

    Attributes:
        distribution: what the parameters make.
        parameters: name in YAML -> (type, what it means), in the order of the distribution's fields.
        main: the parameter that may stand alone: ``{exponential: 5 ms}``.
    """

    distribution: Callable[..., Distribution]
    parameters: Mapping[str, tuple[Any, str]]
    main: str | None = None


FORMS: dict[str, DistributionForm] = {
    "constant": DistributionForm(distributions.Constant, {"value": (QUANTITY, "always this")}, main="value"),
    "exponential": DistributionForm(distributions.Exponential, {"mean": (QUANTITY, "mean")}, main="mean"),
    "uniform": DistributionForm(
        distributions.Uniform, {"low": (QUANTITY, "smallest value"), "high": (QUANTITY, "largest value")}
    ),
    "lognormal": DistributionForm(
        distributions.Lognormal,
        {"median": (QUANTITY, "half are below"), "sigma": (Number, "deviation of the natural logarithm")},
    ),
    "normal": DistributionForm(
        distributions.Normal,
        {"mean": (QUANTITY, "mean before the cut at 0"), "sd": (QUANTITY, "deviation before the cut at 0")},
    ),
    "gamma": DistributionForm(
        distributions.Gamma,
        {"mean": (QUANTITY, "mean"), "shape": (PositiveNumber, "1 is exponential, more is more regular")},
    ),
    "erlang": DistributionForm(
        distributions.Erlang,
        {"mean": (QUANTITY, "mean of the sum"), "stages": (PositiveCount, "number of exponential stages")},
    ),
    "weibull": DistributionForm(
        distributions.Weibull,
        {"scale": (QUANTITY, "63 % are below"), "shape": (PositiveNumber, "below 1: heavy tail")},
    ),
    "pareto": DistributionForm(
        distributions.Pareto,
        {"minimum": (QUANTITY, "smallest value"), "shape": (PositiveNumber, "exponent of the tail")},
    ),
    "hyperexponential": DistributionForm(
        distributions.Hyperexponential,
        {
            "means": (POSITIVES, "mean of each branch"),
            "weights": (list[Fraction], "probability of each branch, summing to 1"),
        },
    ),
    "empirical": DistributionForm(
        distributions.Empirical,
        {
            "values": (QUANTITIES, "recorded values, equally likely"),
            "file": (DataPath, "a text file with one value per line"),
            "unit": (str, "unit of the file's numbers, where they carry none"),
        },
    ),
}


@cache
def parameters_of(kind: str, dimension: Dimension) -> type[SectionModel]:
    """Return the section that reads the parameters of one distribution over one dimension."""
    amount = Annotated[float, quantity(dimension)]
    types = {
        QUANTITY: amount,
        QUANTITIES: list[amount],
        POSITIVES: list[Annotated[float, quantity(dimension, zero=False)]],
    }
    optional = kind == "empirical"
    named: dict[str, Any] = {
        name: (types.get(form, form) | None if optional else types.get(form, form), _field(says, optional))
        for name, (form, says) in FORMS[kind].parameters.items()
    }
    return create_model(f"{kind.title()}Law", __base__=SectionModel, **named)


def make(kind: str, parameters: SectionModel, dimension: Dimension) -> Distribution:
    """Return the distribution that checked parameters describe.

    Raises:
        ValueError: parameters that do not go together, or a file that cannot be read.
    """
    if kind == "empirical":
        return _recorded(parameters.plain(), dimension)
    given = parameters.plain().values()
    return FORMS[kind].distribution(*(tuple(value) if isinstance(value, list) else value for value in given))


def written(distribution: Distribution, dimension: Dimension) -> dict[str, Any]:
    """Return the long form of ``distribution``: its name and its parameters with units."""
    kind = next(kind for kind, form in FORMS.items() if form.distribution is type(distribution))
    if isinstance(distribution, distributions.Empirical) and distribution.source:
        file, unit = distribution.source
        return {kind: {"file": file} | ({"unit": unit} if unit else {})}
    own = [_listed(getattr(distribution, field.name)) for field in fields(distribution)]  # type: ignore[arg-type]  # laws are dataclasses
    values = dict(zip(FORMS[kind].parameters, own, strict=False))
    return {kind: parameters_of(kind, dimension).model_construct(**values).written()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _field(says: str, optional: bool) -> Any:
    return Field(default=None, description=says) if optional else Field(description=says)


def _recorded(given: dict[str, Any], dimension: Dimension) -> Distribution:
    if ("values" in given) == ("file" in given):
        raise ValueError("either values or a file is needed")
    if "values" in given:
        if "unit" in given:
            raise ValueError("unit is of a file's numbers; write it with each of the values, as in '5 ms'")
        return distributions.Empirical(tuple(given["values"]))
    path, unit = given["file"], given.get("unit", "")
    return distributions.Empirical(tuple(_lines(path, unit, dimension)), (str(path), unit))


def _lines(path: Path, unit: str, dimension: Dimension) -> list[float]:
    values = []
    for number, line in read_lines(path):
        if text := line.partition("#")[0].strip():
            try:
                values.append(dimension.parse(f"{text} {unit}".strip()))
            except UnitError as error:
                raise ValueError(f"{path.name}:{number}: {error}") from None
    return values
