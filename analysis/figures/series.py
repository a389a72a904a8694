"""What a drawing says about itself: which parts belong to which series, and what its axes mean.

A page can then let a reader hide a series, follow one through all figures and read values. The drawing looks the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import matplotlib.colors as colours
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D


def marked(figure: Figure) -> str:
    """Give the parts of a figure identifiers; return as JSON what they are.

    ``series`` and ``keys`` (of legends): identifier -> label. ``axes``: identifier of the plotting area -> scale, first
    and last value and label of each direction.
    """
    series: dict[str, str] = {}
    areas: dict[str, dict[str, Any]] = {}
    for number, axes in enumerate(figure.axes):
        area = f"area_{number}"
        axes.patch.set_gid(area)
        areas[area] = {"x": _direction(axes, "x"), "y": _direction(axes, "y")}
        for place, (artist, label) in enumerate(_labelled(axes)):
            artist.set_gid(f"series_{number}_{place}")
            series[f"series_{number}_{place}"] = label
    keys = {name: label for name, label in _keys(figure) if label in series.values()}
    return json.dumps({"series": series, "keys": keys, "axes": areas}, sort_keys=True)


def _direction(axes: Axes, which: str) -> dict[str, Any]:
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    scale, label = (axes.get_xscale(), axes.get_xlabel()) if which == "x" else (axes.get_yscale(), axes.get_ylabel())
    return {"scale": scale, "from": float(low), "to": float(high), "label": label.partition("\n")[0]}


def _labelled(axes: Axes) -> list[tuple[Artist, str]]:
    """Return the parts of series: what has a label, and what has none but the colour of one that does."""
    found = [(part, str(box.get_label())) for box in axes.containers for part in _parts(box)]
    inside = {id(part) for part, _ in found}
    loose: list[Artist] = [*axes.lines, *axes.collections, *axes.patches]
    found += [(part, str(part.get_label())) for part in loose if id(part) not in inside]
    known: dict[Any, set[str]] = {}
    for part, label in found:
        if _is_label(label):
            known.setdefault(_colour(part), set()).add(label)
    owners = {colour: next(iter(labels)) for colour, labels in known.items() if len(labels) == 1}
    resolved = [(part, label if _is_label(label) else owners.get(_colour(part), "")) for part, label in found]
    return [(part, label) for part, label in resolved if label]


def _parts(container: Any) -> Iterator[Artist]:
    for part in container.get_children():
        if part is not None:
            yield part


def _is_label(label: str) -> bool:
    return bool(label) and not label.startswith("_")


def _colour(part: Artist) -> str:
    """Return the colour of a line or an area, without its opacity; empty where there are several."""
    if isinstance(part, Line2D):
        return colours.to_hex(part.get_color())
    face = part.get_facecolor() if hasattr(part, "get_facecolor") else ()
    found = {colours.to_hex(one) for one in np.atleast_2d(face) if len(one)}
    return found.pop() if len(found) == 1 else ""


def _keys(figure: Figure) -> Iterator[tuple[str, str]]:
    legends: list[Legend] = [*figure.legends, *(one for axes in figure.axes if (one := axes.get_legend()))]
    for number, legend in enumerate(legends):
        for place, text in enumerate(legend.get_texts()):
            text.set_gid(f"key_{number}_{place}")
            yield f"key_{number}_{place}", text.get_text()
