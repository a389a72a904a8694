"""Which setting each setting is compared with: the same in all but one axis."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from analysis.folder import RunError
from analysis.sweeps import Group, Sweep, short_axis

#: Whoever is compared without being told with whom is compared with the model that never changes.
STATIC = "static"


def bases(sweep: Sweep, by: str | None = None, base: str | None = None) -> dict[str, str]:
    """Return label of a setting -> label of the setting it is paired with; bases themselves are not in it.

    by: the axis along which settings are compared, all others held (default: the adapter's, else another of the method,
    else the first).
    base: its value to compare with (default: `static`, else the first), or the label of one setting for all.
    RunError, with what there is, for an axis or a base that is not there.
    """
    labels = [group.label for group in sweep.groups]
    if base in labels and base not in _values(sweep, by):
        return {label: base for label in labels if label != base}
    if not sweep.axes:
        return _against(labels, base)
    axis = axis_of(sweep, by)
    values = list(dict.fromkeys(group.values[axis] for group in sweep.groups))
    if base is not None and base not in values:
        raise RunError(f"--base: there is no '{base}' on {short_axis(axis)}{_near(base, [*values, *labels])}")
    chosen = base or (STATIC if STATIC in values else values[0])
    moving = together(sweep, axis)
    found: dict[tuple[tuple[str, str], ...], str] = {}
    for group in sweep.groups:
        if group.values[axis] == chosen:
            found.setdefault(_others(group, moving), group.label)
    pairs = {group.label: found.get(_others(group, moving)) for group in sweep.groups}
    return {label: other for label, other in pairs.items() if other is not None and other != label}


def together(sweep: Sweep, axis: str) -> set[str]:
    """Return the axes that change together with one, itself included: at most half of their combinations were run.

    Where a method's name, codec and sizes are zipped, none of them can be held while another changes.
    """
    values = [group.values for group in sweep.groups]

    def zipped(other: str) -> bool:
        pairs = {(one[axis], one[other]) for one in values}
        return 2 * len(pairs) <= len({one[axis] for one in values}) * len({one[other] for one in values})

    return {axis} | {other for other in sweep.axes if other != axis and zipped(other)}


def axis_of(sweep: Sweep, by: str | None = None) -> str:
    """Return the path of the axis along which settings are compared; RunError where it is no axis."""
    if by is None:
        found = [axis for of in ("method.adapter", "method.") for axis in sweep.axes if axis.startswith(of)]
        return found[0] if found else sweep.axes[0]
    named = {axis: axis for axis in sweep.axes} | {short_axis(axis): axis for axis in sweep.axes}
    if by not in named:
        raise RunError(f"--by: there is no axis '{by}'{_near(by, list(named))}")
    return named[by]


def base_words(sweep: Sweep, pairs: dict[str, str], by: str | None = None) -> str:
    """Say with what settings are compared."""
    used = sorted(set(pairs.values()))
    if len(used) < 2 or not sweep.axes:
        return used[0] if used else ""
    axis = axis_of(sweep, by)
    first = next(group for group in sweep.groups if group.label == used[0])
    return " · ".join(first.values[one] for one in sweep.axes if one in together(sweep, axis))


def _values(sweep: Sweep, by: str | None) -> set[str]:
    return {group.values[axis_of(sweep, by)] for group in sweep.groups} if sweep.axes else set()


def _against(labels: Sequence[str], base: str | None) -> dict[str, str]:
    if base is not None and base not in labels:
        raise RunError(f"--base: there is no setting '{base}'{_near(base, labels)}")
    return {label: base or labels[0] for label in labels if label != (base or labels[0])}


def _others(group: Group, moving: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((path, value) for path, value in group.values.items() if path not in moving)


def _near(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f"; did you mean '{close[0]}'?" if close else f"; there are: {', '.join(known)}"
