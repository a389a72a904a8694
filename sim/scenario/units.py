"""Quantities as people write them: ``60 ms``, ``256 kbit/s``, ``1.5 MB``, ``90 deg``, ``1 h 30 min``.

A :class:`Dimension` reads text into a float in one base unit and writes it back so that reading gives the
very same float. Decimal arithmetic makes ``60 ms`` exactly the float ``0.06``. Prefixes k, M, G, T are powers
of ten; Ki, Mi, Gi, Ti powers of two. Bits are not bytes: B means eight bits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation, localcontext

from sim.unit_spellings import meant_by

# No two parts of it can take the same digits or blanks: what does not match is known in linear time.
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)\s*")
#: Times and numbers as others write them: 1:30:00 of YAML 1.1, PT1H30M of ISO 8601, 1,5.
_CLOCK = re.compile(r"\s*(?:(\d{1,4}):)?(\d{1,4}):(\d{2})\s*")
_ISO = re.compile(r"\s*P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\s*")
_COMMA = re.compile(r"(\d),(\d)")
_UNIT = re.compile(r"[^\d\s+.\-][^\s\d]*")
_EXACT = Context(prec=60, Emax=99999, Emin=-99999, traps=[InvalidOperation])
#: What operators compute with here: the caller's own precision is the caller's, and so are its flags.
_OURS = Context(prec=28)
#: The amount in examples.
_EXAMPLE = 5
_BITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES = _BITS | {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


class UnitError(ValueError):
    """A text is no quantity of the wanted dimension; the message says what would be."""


@dataclass(frozen=True, eq=False)
class Dimension:
    """One kind of quantity and the units it may be written in.

    Attributes:
        name: what messages call it.
        units: unit -> how many base units it is, exactly; the first that fits is written.
        example: the unit to show to a reader who gave none that is close.
        asked: units that a number without one is likely to be in.
        spellings: further accepted units that are never written.
        signed: whether negative values make sense.
        compound: whether parts add up, as in ``1 h 30 min``.
        largest: what no value may exceed, in the base unit: sums have to stay exact.
    """

    name: str
    units: Mapping[str, Decimal]
    example: str
    spellings: Mapping[str, Decimal] = field(default_factory=dict)
    signed: bool = False
    compound: bool = False
    largest: float = math.inf
    asked: tuple[str, ...] = ()

    def parse(self, value: object, asked: tuple[str, ...] = ()) -> float:
        """Read a quantity and return it in the base unit; ``asked`` are the likely units of a number without one.

        Raises:
            UnitError: not text, no unit, another dimension's unit, negative, or not finite.
        """
        asked = asked or self.asked or (self.example,)
        if not isinstance(value, str):
            raise UnitError(self._without_unit(value, asked))
        if number := _NUMBER.fullmatch(value):
            raise UnitError(self._without_unit(number[1], asked))
        parts = self._parts(value)
        if len(parts) > 1 and (not self.compound or any(amount < 0 for amount, _ in parts)):
            raise UnitError(self._no_quantity(value))
        with localcontext(_OURS):
            total = sum((amount * self._factor(value, amount, unit) for amount, unit in parts), Decimal(0))
        return self._checked(value, float(total))

    def format(self, value: float) -> str:
        """Write ``value`` in the largest unit that makes it whole; reading it back gives ``value``."""
        for unit, factor in self.units.items():
            amount = _EXACT.divide(Decimal(repr(float(value))), factor).to_integral_value()
            if 0 < amount.copy_abs() < 10**6 and float(_OURS.multiply(amount, factor)) == value:
                return f"{int(amount)} {unit}"
        return f"{value!r} {self.base}" if value else f"0 {self.base}"

    @property
    def base(self) -> str:
        """The unit that parsed values are in."""
        return next(unit for unit, factor in self.units.items() if factor == 1)

    def _parts(self, text: str) -> list[tuple[Decimal, str]]:
        parts: list[tuple[Decimal, str]] = []
        at, end = 0, len(text.rstrip())
        while at < end or not parts:
            number = _NUMBER.match(text, at)
            unit = _UNIT.match(text, number.end()) if number else None
            if number is None or unit is None:
                raise UnitError(self._no_quantity(text))
            parts.append((Decimal(number[1]), unit[0]))
            at = unit.end()
        return parts

    def _factor(self, text: str, amount: Decimal, unit: str) -> Decimal:
        factor = self.units.get(unit) or self.spellings.get(unit)
        if factor is None:
            raise UnitError(self._no_quantity(text, amount.copy_abs(), unit))
        return factor

    def _checked(self, text: str, value: float) -> float:
        if not math.isfinite(value) or value > self.largest:
            raise UnitError(f"'{text}' is too large")
        if value < 0 and not self.signed:
            raise UnitError(f"'{text}' is negative; a {self.name} is 0 or more")
        return value

    def _no_quantity(self, text: str, amount: Decimal | None = None, unit: str = "") -> str:
        if said := self._in_another_form(text):
            return f"'{text}' is no {self.name}{said}"
        meant = [_respelled(text, amount, unit, one) for one in self._meant(unit)] if amount is not None else []
        if len(meant) == 1:
            return f"'{text}' is no {self.name}; write for example '{meant[0]}'"
        if meant:
            return f"'{text}' is no {self.name}: {' or '.join(meant)}?"
        known = f"; its units are {', '.join(self.units)}" if amount is not None and not _is_known(unit) else ""
        return f"'{text}' is no {self.name}{known}; write for example '{_EXAMPLE} {self.example}'"

    def _in_another_form(self, text: str) -> str:
        """Return what to write for a time of another standard, or for a number with a decimal comma; else nothing."""
        if self.compound and (found := _CLOCK.fullmatch(text)):
            hours, minutes, seconds = found.groups()
            if hours:
                return f"; write '{_joined(hours, minutes, seconds, units=('h', 'min', 's'))}'"
            return (
                f": {_joined(minutes, seconds, units=('h', 'min'))} or {_joined(minutes, seconds, units=('min', 's'))}?"
            )
        if self.compound and (found := _ISO.fullmatch(text)) and any(found.groups()):
            return f"; write '{_joined(*found.groups(), units=('d', 'h', 'min', 's'))}'"
        plain, commas = _COMMA.subn(r"\1.\2", text)
        if commas == 1 and self._reads(plain):
            return f": a comma stands in it; '{plain}' if it begins a fraction"
        return ""

    def _reads(self, text: str) -> bool:
        try:
            self.parse(text)
        except UnitError:
            return False
        return True

    def _meant(self, unit: str) -> list[str]:
        known = {**self.units, **self.spellings}
        return [one for one in meant_by(unit, self.name) if one in known]

    def _without_unit(self, value: object, asked: tuple[str, ...]) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return f"{shown(value)} is no {self.name}; write for example '{_EXAMPLE} {self.example}'"
        zero = isinstance(value, str | int | float) and float(value) == 0
        units = (self.example,) if zero else asked
        if len(units) == 1:
            return f"{value} has no unit; write '{value} {units[0]}'"
        amounts = [f"{value} {unit}" for unit in units]
        return f"{value} has no unit: {', '.join(amounts[:-1])} or {amounts[-1]}?"


def _joined(*amounts: str | None, units: tuple[str, ...]) -> str:
    """Return a quantity of several parts, without those that are not there or 0."""
    parts = [f"{int(amount)} {unit}" for amount, unit in zip(amounts, units, strict=True) if amount and int(amount)]
    return " ".join(parts) or f"0 {units[-1]}"


def _respelled(text: str, amount: Decimal, unit: str, right: str) -> str:
    """Return a quantity with one unit written right; its other parts stay."""
    part = re.search(rf"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\s*{re.escape(unit)}(?![^\d\s+.\-])", text)
    if part is None or part[0] == text.strip():
        return f"{amount} {right}"
    parts = (text[: part.start()].strip(), f"{amount} {right}", text[part.end() :].strip())
    return " ".join(filter(None, parts))


def _is_known(unit: str) -> bool:
    """Return whether a unit is one of another dimension."""
    return any(unit in one.units or unit in one.spellings for one in DIMENSIONS)


def shown(value: object) -> str:
    """Return ``value`` as a message quotes it: text in quotes, maps and lists by their kind."""
    if isinstance(value, bool):
        return str(value).lower()
    kinds = {dict: "a map", list: "a list"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), f"{value!r}")


def parse_share(value: object, *, whole: bool = True) -> float:
    """Read a share or probability, ``30 %`` or a bare number below 1, as a float in [0, 1].

    A bare 1 is allowed where ``whole``: in a row of probabilities it can only be all of them.

    Raises:
        UnitError: neither of the two, outside [0, 1], or a 1 that may be 1 % or 100 %.
    """
    bare = isinstance(value, int | float) and not isinstance(value, bool)
    if bare and value == 1 and not whole:
        raise UnitError(f"{value} of what: 1 % or 100 %?")
    share = float(value) if bare else _PERCENT.parse(value)  # type: ignore[arg-type]
    if not 0 <= share <= 1:
        raise UnitError(f"{shown(value)} is outside 0 % to 100 %")
    return share


def format_share(share: float) -> str | float:
    """Write a share in per cent where that is exact and short, else as a bare number."""
    percent = _EXACT.multiply(Decimal(repr(float(share))), Decimal(100))
    return f"{int(percent)} %" if percent == int(percent) else float(share)


def _prefixed(unit: str, prefixes: Mapping[str, int], factor: int = 1) -> dict[str, Decimal]:
    return {prefix + unit: Decimal(size * factor) for prefix, size in reversed([*prefixes.items()])}


def _table(text: str) -> dict[str, Decimal]:
    return {unit: Decimal(factor) for unit, factor in (entry.split("=") for entry in text.split())}


TIME = Dimension(
    "time",
    _table("d=86400 h=3600 min=60 s=1 ms=1e-3 us=1e-6 ns=1e-9"),
    example="s",
    largest=1e15,
    spellings=_table("µs=1e-6 μs=1e-6 sec=1 week=604800 weeks=604800 days=86400 day=86400"),
    compound=True,
    asked=("ms", "s", "min"),
)
RATE = Dimension(
    "data rate",
    _prefixed("bit/s", _BITS),
    example="Mbit/s",
    largest=1e30,
    spellings=_prefixed("bps", _BITS) | _prefixed("B/s", _BYTES, 8) | _prefixed("bit/s", _BYTES),
    asked=("kbit/s", "Mbit/s"),
)
SIZE = Dimension(
    "size",
    _prefixed("B", _BYTES),
    example="kB",
    largest=1e12,
    spellings={unit: _OURS.divide(bits, 8) for unit, bits in _prefixed("bit", _BYTES).items()},
    asked=("B", "kB", "MB"),
)
FREQUENCY = Dimension(
    "frequency",
    _table("/s=1") | {unit: _OURS.divide(Decimal(1), n) for unit, n in {"/min": 60, "/h": 3600, "/d": 86400}.items()},
    example="/s",
    spellings=_table("Hz=1 kHz=1e3 /ms=1e3"),
    asked=("/s", "/min"),
)
ANGLE = Dimension("angle", _table("deg=1"), example="deg", spellings={"rad": Decimal(repr(180 / math.pi))}, signed=True)
ANGULAR_SPEED = Dimension(
    "angular speed",
    {f"deg{unit}": factor for unit, factor in FREQUENCY.units.items()},
    example="deg/min",
    signed=True,
)
SPEED = Dimension("speed", FREQUENCY.units, example="/min", signed=True)
POWER = Dimension("power", _table("kW=1e3 W=1 mW=1e-3 uW=1e-6"), example="W")
ENERGY = Dimension("energy", _table("kJ=1e3 J=1 mJ=1e-3 uJ=1e-6 Wh=3600"), example="J")
ENERGY_PER_BYTE = Dimension(
    "energy per byte",
    _table("J/B=1 mJ/B=1e-3 uJ/B=1e-6 nJ/B=1e-9"),
    example="uJ/B",
    spellings=_table("J/bit=8 mJ/bit=8e-3 uJ/bit=8e-6 nJ/bit=8e-9 J/MB=1e-6 J/kB=1e-3"),
)
_PERCENT = Dimension("share", {"%": Decimal("0.01")}, example="%")
DIMENSIONS = (TIME, RATE, SIZE, FREQUENCY, ANGLE, ANGULAR_SPEED, SPEED, POWER, ENERGY, ENERGY_PER_BYTE)
