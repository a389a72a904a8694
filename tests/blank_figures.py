"""Figures that are drawn and not painted: for tests that play whole runs and look at no picture.

Each ``run`` ends with a report. Of its two processor seconds, nearly two go into the layout and the painting of its
figures, three times each. What comes out depends on the tables of the run only, and tests of figures and reports see to
it. Others may leave that out: each figure is still built from the tables of each run, and stands in the report, blank.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import analysis.figures

#: Set where figures are to be blank; processes of :mod:`tests.warm_python` heed it as well.
VARIABLE = "DRIFTBED_TESTS_BLANK_FIGURES"
_POINTS_PER_INCH = 72


def leave_blank(patch: pytest.MonkeyPatch) -> None:
    """Let figures of this process be blank until ``patch`` is undone."""
    patch.setattr(analysis.figures, "fit", lambda figure: None)
    patch.setattr(analysis.figures, "_save_all", _save_blank)


def are_blank() -> bool:
    """Return whether the environment asks for blank figures."""
    return VARIABLE in os.environ


def _save_blank(figure: Figure, stem: Path, formats: Sequence[str]) -> list[Path]:
    """Save no more of a figure than its size."""
    width, height = (inches * _POINTS_PER_INCH for inches in figure.get_size_inches())
    text = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" height="{height:g}pt"></svg>\n'
    written = [stem.with_name(f"{stem.name}.{suffix}") for suffix in formats]
    for path in written:
        path.write_text(text if path.suffix == ".svg" else "", encoding="utf-8")
    return written
