"""The records of a run or sweep folder, checked as they are read: manifest.json and sweep.json."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analysis.folder import RunError, read_json, read_resolved


def read_manifest(path: Path) -> dict[str, Any]:
    """Read `manifest.json`; RunError where an entry that is shown or computed with is not what it should be."""
    manifest = read_json(path)
    lacking = [key for key in ("seed", "tick_s", "duration_s") if key not in manifest]
    if lacking:
        raise RunError(f"{path}: {', '.join(lacking)} missing")
    for key, (fits, wanted) in _MANIFEST.items():
        if key in manifest and not fits(manifest[key]):
            raise RunError(f"{path}: {key} is not {wanted}")
    return manifest


def read_scenario(path: Path) -> dict[str, Any]:
    """Read `resolved.yaml`, empty where there is none; RunError where a section is not what it should be."""
    scenario = read_resolved(path)
    for section, (fits, wanted) in _SCENARIO.items():
        if section in scenario and not fits(scenario[section]):
            raise RunError(f"{path}: {section} is not {wanted}")
    return scenario


def read_plan(folder: Path) -> dict[str, Any]:
    """Read `sweep.json`; RunError where it is no plan of a sweep."""
    path = folder / "sweep.json"
    plan = read_json(path)
    points = plan.get("points", [])
    if not isinstance(points, list) or not all(map(_is_point, points)):
        raise RunError(f"{path}: points is not a list of points with a folder and values")
    if not _are(_is_text)(plan.get("axes", [])):
        raise RunError(f"{path}: axes is not a list of paths")
    return plan


def _is_point(point: object) -> bool:
    return isinstance(point, Mapping) and "folder" in point and isinstance(point.get("values", {}), Mapping)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_span(value: object) -> bool:
    return _is_time(value) and value != 0


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _are(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_mark(mark: object) -> bool:
    return (
        isinstance(mark, Mapping)
        and _is_time(mark.get("at_s"))
        and (mark.get("until_s") is None or _is_time(mark["until_s"]))
        and (mark.get("label") is None or _is_text(mark["label"]))
        and (mark.get("cohort") is None or _is_text(mark["cohort"]))
        and _is_time(mark.get("share", 1.0))
    )


def _is_cohort(cohort: object) -> bool:
    return isinstance(cohort, Mapping) and _is_text(cohort.get("name")) and _is_count(cohort.get("devices", 0))


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _maps_in(*names: str) -> Callable[[object], bool]:
    """Return what finds out whether some is a map whose entries of these names, where there are any, are maps too."""
    return lambda value: isinstance(value, Mapping) and all(isinstance(value.get(one, {}), Mapping) for one in names)


_is_fleet_part = _maps_in("power", "compute")


def _is_cohort_section(cohort: object) -> bool:
    return isinstance(cohort, Mapping) and _is_text(cohort.get("cohort")) and _is_fleet_part(cohort)


def _is_link(link: object) -> bool:
    if not isinstance(link, Mapping) or not _are(_is_text)(link.get("via", [])):
        return False
    return re.fullmatch(r"[0-9]{1,9}( devices?)?", str(link.get("shared_by") or "1 devices")) is not None


def _is_method(value: object) -> bool:
    return isinstance(value, Mapping) and all(_is_text(one) for one in value.values())


#: Section of a scenario -> (whether it fits, what it should be).
_SCENARIO: dict[str, tuple[Callable[[object], bool], str]] = {
    "fleet": (_are(_is_cohort_section), "a list of cohorts with a name"),
    "cloud": (_maps_in("power"), "a map, with power another one"),
    "links": (lambda links: isinstance(links, Mapping) and all(map(_is_link, links.values())), "a map of links"),
    "method": (_is_map, "a map"),
    "drift": (lambda drift: drift is None or _are(_is_map)(drift), "a list of maps"),
}
#: Entry -> (whether it fits, what it should be).
_MANIFEST: dict[str, tuple[Callable[[object], bool], str]] = {
    "name": (_is_text, "printable text"),
    "seed": (_is_count, "a whole number from 0 on"),
    "tick_s": (_is_span, "a time above 0"),
    "duration_s": (_is_span, "a time above 0"),
    "devices": (_is_count, "a whole number from 0 on"),
    "cohorts": (_are(_is_cohort), "a list of cohorts with a name"),
    "method": (_is_method, "a map of names"),
    "references": (_are(_is_text), "a list of names"),
    "drift": (_are(_is_mark), "a list of changes with finite times and printable labels"),
    "timing_only": (lambda value: isinstance(value, bool), "true or false"),
    "versions": (_is_map, "a map"),
    "read": (lambda value: value is None or _maps_in("in_words")(value), "a map, with in_words another one"),
    "wall_s": (lambda value: value is None or _is_time(value), "a time"),
}
