"""What the numbers of a resolved scenario mean: text with a unit to base units, a law to its mean."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any

from scipy.special import ndtr

from analysis.folder import RunError

TIMES = "d=86400 day=86400 days=86400 week=604800 weeks=604800 h=3600 min=60 s=1 sec=1 ms=1e-3 us=1e-6 µs=1e-6 μs=1e-6"
POWERS = "kW=1e3 W=1 mW=1e-3 uW=1e-6"
RATES = "Tbit/s=1e12 Gbit/s=1e9 Mbit/s=1e6 kbit/s=1e3 bit/s=1"
UNITS = {
    name: Decimal(size)
    for name, size in (
        entry.split("=") for entry in f"{TIMES} ns=1e-9 {POWERS} {RATES} J/B=1 mJ/B=1e-3 uJ/B=1e-6 nJ/B=1e-9".split()
    )
}
#: The caller's own precision is the caller's.
_OURS = Context(prec=28)
PART = re.compile(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*([^\d\s+.-]\S*)")


def base_value(text: object) -> float:
    """Return a time [s], a power [W], a rate [bit/s] or an energy per byte [J/B], as ``resolved.yaml`` writes it.

    Parts add up, as in `1 h 30 min`. RunError where that is no such quantity.
    """
    parts = PART.findall(str(text))
    if not parts or PART.sub("", str(text)).strip() or any(unit not in UNITS for _, unit in parts):
        raise RunError(f"resolved.yaml: '{text}' is no time, power, rate or energy per byte")
    try:
        with localcontext(_OURS):
            return float(sum(Decimal(number) * UNITS[unit] for number, unit in parts))
    except ArithmeticError:
        raise RunError(f"resolved.yaml: '{text}' is no time, power, rate or energy per byte") from None


def share(value: object) -> float:
    """Return a probability, whether written `30 %` or `0.3`."""
    text = str(value)
    try:
        return float(_OURS.divide(Decimal(text.removesuffix("%").strip()), 100)) if text.endswith("%") else float(text)
    except (ValueError, ArithmeticError):
        raise RunError(f"resolved.yaml: {text[:80]!r} is no share") from None


def mean_of(distribution: Mapping[str, Any]) -> float:
    """Return the mean of a law of times in its long form, `{lognormal: {median: 5 ms, sigma: 0.5}}` [s].

    `inf` where there is none. RunError for a law that this file does not know, or with other parameters.
    """
    if not isinstance(distribution, Mapping) or len(distribution) != 1:
        raise RunError(f"resolved.yaml: {str(distribution)[:80]!r} is no law")
    ((kind, parameters),) = distribution.items()
    if kind not in MEANS:
        raise RunError(f"resolved.yaml: {str(kind)[:80]!r} is no law whose mean is known")
    try:
        return MEANS[kind](parameters)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise RunError(f"resolved.yaml: the parameters of the law {kind} are not its own ({error})") from error


def _normal(given: Mapping[str, Any]) -> float:
    """Return the mean of a normal conditioned on not being negative (inverse Mills ratio)."""
    centre, sd = base_value(given["mean"]), base_value(given["sd"])
    if not sd:
        return centre
    density = math.exp(-((centre / sd) ** 2) / 2) / math.sqrt(2 * math.pi)
    return centre + sd * density / float(ndtr(centre / sd))


def _pareto(given: Mapping[str, Any]) -> float:
    shape = float(given["shape"])
    return base_value(given["minimum"]) * shape / (shape - 1) if shape > 1 else math.inf


def _mixture(given: Mapping[str, Any]) -> float:
    branches = zip(given["weights"], given["means"], strict=True)
    return sum(share(weight) * base_value(mean) for weight, mean in branches)


def _recorded(given: Mapping[str, Any]) -> float:
    values = given["values"] if "values" in given else _lines(Path(given["file"]), given.get("unit", ""))
    return sum(map(base_value, values)) / len(values)


def _lines(path: Path, unit: str) -> list[str]:
    if not path.is_file():
        raise RunError(f"{path}: missing; resolved.yaml takes a law from it")
    texts = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [f"{text} {unit}" for text in texts if text]


MEANS: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "constant": lambda given: base_value(given["value"]),
    "exponential": lambda given: base_value(given["mean"]),
    "uniform": lambda given: (base_value(given["low"]) + base_value(given["high"])) / 2,
    "lognormal": lambda given: base_value(given["median"]) * math.exp(float(given["sigma"]) ** 2 / 2),
    "normal": _normal,
    "gamma": lambda given: base_value(given["mean"]),
    "erlang": lambda given: base_value(given["mean"]),
    "weibull": lambda given: base_value(given["scale"]) * math.gamma(1 + 1 / float(given["shape"])),
    "pareto": _pareto,
    "hyperexponential": _mixture,
    "empirical": _recorded,
}
