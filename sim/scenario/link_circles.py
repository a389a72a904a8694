"""Links whose ``via`` leads in a circle, found in one pass over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Links that a message lists of a circle.
_LISTED = 20


class LinkCircles:
    """The links of a scenario, raw, from which ``via`` leads into a circle."""

    def __init__(self, links: Mapping[str, Any]) -> None:
        self._via = {name: _via(link, links) for name, link in links.items()}
        self._leading = _leading(self._via)

    def from_(self, name: str) -> list[str] | None:
        """Return the circle that ``name`` leads into, its first link again at the end; None if there is none."""
        if name not in self._leading:
            return None
        path: dict[str, int] = {}
        while name not in path and len(path) < _LISTED:
            path[name] = len(path)
            name = next(step for step in self._via[name] if step in self._leading)
        walked = list(path)
        return [*walked[path[name] :], name] if name in path else [*walked, "..."]


def _via(link: Any, links: Mapping[str, Any]) -> list[str]:
    via = link.get("via", []) if isinstance(link, Mapping) else []
    steps = [via] if isinstance(via, str) else via if isinstance(via, list) else []
    return [str(step) for step in steps if str(step) in links]


def _leading(via: Mapping[str, list[str]]) -> set[str]:
    """Take away, again and again, the links that lead nowhere; what is left leads into a circle."""
    left = {name: len(steps) for name, steps in via.items()}
    before: dict[str, list[str]] = {name: [] for name in via}
    for name, steps in via.items():
        for step in steps:
            before[step].append(name)
    ended = [name for name, steps in left.items() if not steps]
    while ended:
        for name in before[ended.pop()]:
            left[name] -= 1
            if not left[name]:
                ended.append(name)
    return {name for name, steps in left.items() if steps}
