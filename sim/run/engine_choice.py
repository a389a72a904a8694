"""Which engine plays a run: SimPy, or the compiled one. Both give the same result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents.contract import InputError
from sim.compiled.code_cache import is_compiled
from sim.compiled.coverage import Obstacle
from sim.run.backend import expected_samples

ENGINES = ("auto", "simpy", "compiled")
#: Expected exchanges from which the compiled engine pays: it takes a third of a second to load, and half a minute to
#: compile once.
WORTH_LOADING, WORTH_COMPILING = 15_000, 1_000_000

#: Of a device that is called: the model that comes, what it learns, and its report.
_OF_A_ROUND = 3


@dataclass(frozen=True)
class EngineChoice:
    """``simpy`` or ``compiled``, and why; ``notice`` is what the user should hear about it, if anything."""

    name: str
    why: str
    notice: str | None = None


def choose_engine(asked: str, scenario: Any, obstacle: Callable[[], Obstacle | None], *, eager: bool) -> EngineChoice:
    """Choose for a scenario; ``obstacle`` finds what of it is not compiled.

    Raises:
        InputError: the compiled engine is asked for and cannot play it.
    """
    if asked == "simpy" or eager:
        return EngineChoice("simpy", "eager" if eager else "asked for")
    if asked == "auto" and (few := _too_few(scenario)) is not None:
        return EngineChoice("simpy", few)
    if (found := obstacle()) is None:
        return EngineChoice("compiled", "asked for" if asked == "compiled" else "many exchanges")
    why = f"only SimPy plays {found.what}"
    if asked == "compiled":
        raise InputError(found.path, f"{why}; leave out --engine compiled")
    return EngineChoice("simpy", why, f"{why}: this takes longer than with the compiled engine")


def _too_few(scenario: Any) -> str | None:
    """Return why a run is played sooner without loading the compiled engine; None if it is not."""
    expected = expected_exchanges(scenario)
    worth = WORTH_LOADING if expected < WORTH_LOADING or is_compiled() else WORTH_COMPILING
    return f"about {expected:,.0f} exchanges, fewer than {worth:,}" if expected < worth else None


def expected_exchanges(scenario: Any) -> float:
    """Return about how many rows the table of exchanges has: requests, what devices learn, and what rounds send."""
    method = scenario.method
    learning = 0.0 if method.learning is None else _expected(scenario, method.learning.trigger)
    return learning + _expected(scenario, method.trigger)


def _expected(scenario: Any, trigger: Any) -> float:
    """Return about how often devices do something; at most once a tick, where signals decide."""
    duration_s, options = scenario.duration, trigger.settings
    if trigger.kind == "rounds":
        called = min(options["cohort_size"] * options.get("over_select", 1.0), scenario.devices)
        return _OF_A_ROUND * called * float(duration_s // options["every"])
    if trigger.kind == "periodic":
        return float(scenario.devices * duration_s / options["every"])
    if trigger.kind == "poisson":
        return float(scenario.devices * duration_s * options["rate"])
    if trigger.kind == "at":
        asks = [options, *options.get("asks", ())]
        return float(scenario.devices * sum(len(ask.get("times", ())) for ask in asks))
    if trigger.kind == "every_samples":
        return expected_samples(scenario) / float(options["n"])
    return 0.0 if trigger.kind == "never" else float(scenario.devices * duration_s / scenario.tick)
