"""A drawing of a scenario's world: who is there, over which links, to which cloud."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

#: Rows that are drawn; the others are counted.
_MOST = 6
_WIDTH, _ROW, _BOX, _CLOUD = 640, 40, 150, 120
_LAWS = {"trace": "recorded", "markov": "Markov", "fitted": "fitted"}
_STYLE = (
    "<style>text{font:12px sans-serif;fill:#555}rect,line{stroke:#777;fill:none}rect{fill:#0072B2;fill-opacity:.2}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>"
)


def world(resolved: Mapping[str, Any]) -> str:
    """Return the drawing as SVG: a row for each cohort, its link as an arrow, the cloud to the right of all."""
    cohorts, links, cloud = resolved["fleet"], resolved.get("links", {}), resolved.get("cloud", {})
    shown = cohorts[:_MOST]
    rows = len(shown) + (len(cohorts) > _MOST)
    height = _ROW * rows + 8
    right = _WIDTH - _CLOUD - 4
    parts = [part for number, one in enumerate(shown) for part in _cohort(one, links, 4 + _ROW * number, right)]
    if len(cohorts) > _MOST:
        parts.append(_text(4, 4 + _ROW * _MOST + 20, f"and {len(cohorts) - _MOST} more cohorts"))
    parts.append(f'<rect x="{right}" y="4" width="{_CLOUD}" height="{height - 12}" rx="4"/>')
    workers = cloud.get("workers", 1)
    parts.append(_text(right + _CLOUD / 2, height / 2 - 4, "cloud", "middle"))
    parts.append(_text(right + _CLOUD / 2, height / 2 + 12, f"{workers} worker{'s' * (workers != 1)}", "middle"))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}">{_STYLE}{"".join(parts)}</svg>'


def _cohort(cohort: Mapping[str, Any], links: Mapping[str, Any], top: float, right: float) -> list[str]:
    name = str(cohort.get("link") or "")
    link = links.get(name, {})
    route = " → ".join([name, *link.get("via", ())])
    middle = top + (_ROW - 8) / 2
    return [
        f'<rect x="4" y="{top}" width="{_BOX}" height="{_ROW - 8}" rx="4"/>',
        _text(4 + _BOX / 2, middle + 4, f"{cohort['devices']:,} {cohort['cohort']}"[:24], "middle"),
        f'<line x1="{4 + _BOX}" y1="{middle}" x2="{right}" y2="{middle}"/>',
        _text((4 + _BOX + right) / 2, middle - 4, route[:52], "middle"),
        _text((4 + _BOX + right) / 2, middle + 13, _rates(link), "middle"),
    ]


def _rates(link: Mapping[str, Any]) -> str:
    ways = [("up", link.get("up")), ("down", link.get("down"))]
    return ", ".join(f"{way} {_rate(rate)}" for way, rate in ways if rate)


def _rate(rate: Any) -> str:
    if not isinstance(rate, Mapping):
        return str(rate)
    return str(rate["rate"]) if rate.get("rate") else next((word for law, word in _LAWS.items() if law in rate), "")


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'
