"""A fitted rate beside its recording: law of the rate, autocorrelation, and times of one size of transfer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.figures.style import COLOURS, house_style, legend_below, log_axis, sheet


def draw(file: Path, recorded: Any, made: Any, others: Sequence[Any], lags_s: Sequence[int], size: int) -> Path:
    """Write the figure; each argument has `per_s`, `correlation` and `times_s` (the middle one is drawn)."""
    with house_style():
        figure, panels = sheet(2.6, columns=3)
        law, correlation, times = np.ravel(panels)
        series = [("recording", recorded, COLOURS[0], "-", 1.6), ("fitted links", made, COLOURS[1], "--", 1.6)]
        series += [("held out" if place == 0 else "_", one, "0.6", "-", 0.7) for place, one in enumerate(others)]
        for label, one, colour, dash, width in reversed(series):
            look = {"color": colour, "linestyle": dash, "linewidth": width}
            law.plot(*_law(one.per_s / 1e6), label=label, **look)
            correlation.plot(lags_s, one.correlation, marker=".", **look)
            times.plot(*_law(one.times_s[len(one.times_s) // 2]), **look)
        law.set(xlabel="rate in a second [Mbit/s]", ylabel="share of seconds below")
        correlation.set(xlabel="lag [s]", ylabel="autocorrelation of the rate")
        times.set(xlabel=f"time to carry {size / 1e3:g} kB [s]", ylabel="share of transfers below")
        spread = np.concatenate([one.times_s[len(one.times_s) // 2] for _, one, *_ in series])
        log_axis(times, *np.nanquantile(spread[np.isfinite(spread) & (spread > 0)], [0.0, 1.0]))
        legend_below(figure, law)
        figure.savefig(file)
        figure.savefig(file.with_suffix(".png"), dpi=150)
    return file


def _law(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ordered = np.sort(values[np.isfinite(values)])
    return ordered, (np.arange(len(ordered)) + 1) / max(len(values), 1)
