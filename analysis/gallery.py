"""The gallery: what every transform does to an image, and how every shape of drift looks over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from analysis.figures.style import COLOURS, house_style

_MOST_LOOKS, _CELL_IN, _NAMES_IN, _DPI = 5, 0.52, 0.95, 140
_CASED = [Stroke(linewidth=3.2, foreground="white"), Normal()]
_HEAT = LinearSegmentedColormap.from_list("new world", ["#f7f7f7", "#bcd9ea", COLOURS[0]])


class Sheet(Protocol):
    """An image under one transform: ``images`` [looks, h, w, channels], 0 to 1."""

    @property
    def name(self) -> str: ...

    @property
    def labels(self) -> list[str]: ...

    @property
    def images(self) -> np.ndarray: ...


class Shape(Protocol):
    """Strength of the new world, [devices, bins], NaN where a device saw nothing."""

    @property
    def kind(self) -> str: ...

    @property
    def onset(self) -> str: ...

    @property
    def edges_s(self) -> np.ndarray: ...

    @property
    def strength(self) -> np.ndarray: ...


def draw_transforms(path: Path, sheets: Mapping[str, Sequence[Sheet]]) -> Path:
    """Draw every transform of some example images, ``sheets`` by data set: a row a transform, a column a strength."""
    columns = 1 + _MOST_LOOKS
    rows = len(next(iter(sheets.values())))
    width_in = _NAMES_IN + len(sheets) * (columns - 1) * (_CELL_IN + 0.07) + 0.25 * (len(sheets) - 1)
    with house_style():
        figure = Figure(figsize=(width_in, rows * (_CELL_IN + 0.2)))
        grid = figure.add_gridspec(
            rows, len(sheets) * columns - 1, left=_NAMES_IN / width_in, right=0.995, top=0.995, bottom=0.03,
            wspace=0.06, hspace=0.42, width_ratios=([1] * _MOST_LOOKS + [0.3]) * (len(sheets) - 1) + [1] * _MOST_LOOKS,
        )  # fmt: skip
        for block, own in enumerate(sheets.values()):
            for row, sheet in enumerate(own):
                for style, image in enumerate(sheet.images):
                    axes = figure.add_subplot(grid[row, block * columns + style])
                    _show(axes, image, sheet.labels[style])
                    if block == style == 0:
                        axes.set_ylabel(sheet.name.replace("_", "\n"), rotation=0, ha="right", va="center", labelpad=6)
        return _saved(figure, path)


def _show(axes: Axes, image: np.ndarray, label: str) -> None:
    grey = image.shape[-1] == 1
    axes.imshow(
        image[..., 0] if grey else image, cmap="gray" if grey else None, vmin=0, vmax=1, interpolation="nearest"
    )
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.set_xlabel(label, fontsize=6.5, labelpad=2)
    for side in axes.spines.values():
        side.set_visible(False)


def draw_drift(path: Path, shapes: Sequence[Shape]) -> Path:
    """Draw shapes of drift: a row a kind, a column a way to spread; devices as a map, their mean as a line."""
    kinds, onsets = (list(dict.fromkeys(getattr(shape, name) for shape in shapes)) for name in ("kind", "onset"))
    with house_style():
        figure = Figure(figsize=(7.0, 0.3 + 1.02 * len(kinds)), layout="constrained")
        grid = figure.subplots(len(kinds), len(onsets), squeeze=False, sharex=True, sharey=True)
        for shape in shapes:
            axes = grid[kinds.index(shape.kind), onsets.index(shape.onset)]
            drawn = _map(axes, shape)
        for axes, onset in zip(grid[0], onsets, strict=True):
            axes.set_title(onset)
        for axes, kind in zip(grid[:, 0], kinds, strict=True):
            axes.set_ylabel(kind.replace(", ", "\n").replace("_", " "))
        for axes in grid[-1]:
            axes.set_xlabel("virtual time [min]")
        bar = figure.colorbar(drawn, ax=grid, location="right", shrink=0.4, aspect=30, pad=0.015)
        bar.set_label("map: strength of the new world at each device")
        figure.supylabel("device by its place in the fleet (map); mean strength (line)", fontsize=8)
        bar.outline.set_visible(False)
        return _saved(figure, path)


def _map(axes: Axes, shape: Shape) -> Any:
    minutes = shape.edges_s / 60
    places = np.linspace(0, 1, len(shape.strength) + 1)
    strength = np.ma.masked_invalid(shape.strength)
    drawn = axes.pcolormesh(minutes, places, strength, cmap=_HEAT, vmin=0, vmax=1, rasterized=True)
    axes.plot((minutes[:-1] + minutes[1:]) / 2, strength.mean(0), color=COLOURS[1], linewidth=1.6, path_effects=_CASED)
    axes.set(xlim=(0, minutes[-1]), ylim=(0, 1), xticks=np.arange(0, minutes[-1] + 0.1, 2), yticks=[0, 0.5, 1])
    axes.grid(False)
    return drawn


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=_DPI)
    return path
