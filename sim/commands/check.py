"""The command ``check``: examines a component, or a class of the user's own, by the laws of its family."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any

from agents.contract.component import make_component
from agents.contract.laws import Finding, examine
from agents.contract.plugins import is_plugin, load_class
from sim.commands.exits import FAILED, OK, CommandError
from sim.scenario.families import FAMILIES

#: Remedies: for a name, and for options.
_OWN = "; a class of your own is named pkg.mod:Class"
_MAP = """; write for example --options '{"steps": 3}'"""

#: Family -> attribute by which a class of it is known.
_MARKS = {"triggers": "plan", "codecs": "nbytes", "detectors": "update", "tasks": "chunk", "methods": "prepare"}


def check(options: argparse.Namespace) -> int:
    """Examine a class, and print each law with ok or FAIL.

    Raises:
        CommandError: options that are no map, a family without laws, or a name that none of its components has.
    """
    given = _options_from(options.options)
    family = options.family or _family_called(options.name)
    if family not in EXAMINERS:
        raise CommandError(f"there are no laws for '{family}'; known: {', '.join(EXAMINERS)}")
    if not is_plugin(options.name) and options.name not in FAMILIES[family]:
        raise CommandError(f"there is no '{options.name}' among {family}; 'list {family}' shows them{_OWN}")
    findings = examined(family, options.name, given)
    print("\n".join(map(str, findings)))
    return FAILED if any(finding.fault for finding in findings) else OK


def _options_from(text: str) -> Mapping[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--options {text!r} is no JSON ({error}){_MAP}") from None
    if not isinstance(given, dict):
        raise CommandError(f"--options {text!r} is no map{_MAP}")
    return given


def _family_called(name: str) -> str:
    """Return the family of a class of the user's own; of the project's components, --family names it."""
    if is_plugin(name):
        return family_of(load_class(name))
    found = [family for family in EXAMINERS if name in FAMILIES[family]]
    if not found:
        raise CommandError(f"no family with laws has a '{name}'{_OWN}")
    said = " or ".join(f"--family {family}" for family in found)
    raise CommandError(f"'{name}' is one of the project's {' and '.join(found)}; write {said}")


def family_of(made: Any) -> str:
    """Return the family that a class belongs to, by what it can do; a function makes a net."""
    return next((family for family, mark in _MARKS.items() if hasattr(made, mark)), "models")


def examined(family: str, name: str, given: Mapping[str, Any]) -> list[Finding]:
    """Return the result of each law of a family for a component, by its name in the table or ``pkg.mod:Class``."""
    return EXAMINERS[family](name, given)


def _trigger(name: str, given: Mapping[str, Any]) -> list[Finding]:
    from sim.triggers import TRIGGERS
    from sim.triggers.laws import END_S, LAWS, Subject

    seen = TRIGGERS[name].traits.get("sees", ()) if name in TRIGGERS else ()

    def make(*context: Any) -> Any:
        return make_component(TRIGGERS, name, "trigger", given, *context, *(END_S for _ in seen))

    return examine(lambda: Subject(make), LAWS)


def _codec(name: str, given: Mapping[str, Any]) -> list[Finding]:
    from agents.codecs.making import make_codec
    from agents.conformance.codecs import LAWS

    return examine(lambda: make_codec(name, given), LAWS)


def _model(name: str, given: Mapping[str, Any]) -> list[Finding]:
    from agents.conformance.models import CANDIDATES, IMAGE, ITEMS, LAWS, RANKED
    from agents.models import MODELS
    from agents.models.making import make_net

    if name in MODELS and "items" in MODELS[name].needs:
        return examine(lambda: make_net(name, RANKED, CANDIDATES, given, ITEMS), LAWS)
    return examine(lambda: make_net(name, IMAGE, 10, given), LAWS)


def _task(name: str, given: Mapping[str, Any]) -> list[Finding]:
    from agents.conformance.specs import spec_of
    from agents.conformance.streams import LAWS
    from agents.tasks.making import make_task

    return examine(lambda: make_task(spec_of(name, given)), LAWS)


def _method(name: str, given: Mapping[str, Any]) -> list[Finding]:
    from agents.conformance.method_laws import LAWS
    from agents.conformance.methods import Subject, ranked_net, small_net
    from agents.methods import METHODS
    from agents.methods.making import make_method

    net = ranked_net if name in METHODS and "items" in METHODS[name].needs else small_net
    return examine(lambda: Subject(make_method(name, given, "fp32", net())), LAWS)


def _detector(name: str, given: Mapping[str, Any]) -> list[Finding]:
    from agents.conformance.detectors import LAWS
    from agents.detectors import make_detector

    return examine(lambda: make_detector(name, given), LAWS)


#: Family -> examines a component of it.
EXAMINERS: dict[str, Callable[[str, Mapping[str, Any]], list[Finding]]] = {
    "methods": _method,
    "triggers": _trigger,
    "codecs": _codec,
    "models": _model,
    "tasks": _task,
    "detectors": _detector,
}
