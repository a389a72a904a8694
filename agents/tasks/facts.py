"""What was read, as plain values that people can check: which columns, how many rows, which classes, from when on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.tasks.formats import Labelled
from agents.tasks.formats.dated_images import DatedImages
from agents.tasks.formats.table import Table
from agents.tasks.image_reading import ImagesRead
from agents.tasks.recommendation.log import Log
from agents.tasks.recommendation.users import Users


def table_facts(table: Table) -> dict[str, Any]:
    """Return what a table holds."""
    facts: dict[str, Any] = {
        "rows": len(table.labels),
        "features": _features(table),
        "columns": dict(table.columns),
        "classes": _counted(table.labels, table.classes),
    }
    if table.layout:
        facts["layout"] = table.layout
    if table.times is not None:
        facts["span"] = [float(table.times[0]), float(table.times[-1])]
    if table.owners is not None:
        facts["owners"] = int(table.owners.max()) + 1
    return facts


def log_facts(whole: Log, kept: Log, users: Users) -> dict[str, Any]:
    """Return what a log of interactions holds, and what its dense core keeps of it."""
    return {
        "rows": len(whole),
        "columns": dict(whole.columns),
        "users": len(whole.users),
        "items": len(whole.items),
        "span": [float(whole.time_s[0]), float(whole.time_s[-1])],
        "days": bool((whole.time_s % 86400.0 == 0.0).all()),
        "kept": {"rows": len(kept), "users": len(kept.users), "items": len(kept.items)},
        "past_rows": int(users.known.sum()),
        "split": users.split_s,
        "warm_users": int(users.warm.sum()),
        "streams": {which: int((users.later > 0)[users.warm == (which == "warm")].sum()) for which in ("warm", "cold")},
    }


def image_facts(read: ImagesRead) -> dict[str, Any]:
    """Return what files of images hold, and how it is dealt."""
    return {
        "images": sum(len(part) for part in _parts(read)),
        "shape": list(read.found.shape),
        "pixels": str(read.found.train.images.dtype),
        "classes": _counted(np.concatenate([part.labels for part in _parts(read)]), range(read.found.classes)),
        "splits": {split: len(rows) for split, (_, rows) in read.rows.items()},
    }


def dated_facts(found: DatedImages) -> dict[str, Any]:
    """Return what pictures with times hold."""
    facts: dict[str, Any] = {
        "images": len(found.labels),
        "shape": list(found.images.shape[1:]),
        "pixels": str(found.images.dtype),
        "columns": dict(found.columns),
        "classes": _counted(found.labels, found.classes),
        "span": [float(found.times[0]), float(found.times[-1])],
    }
    return facts if found.owners is None else {**facts, "owners": int(found.owners.max()) + 1}


def _parts(read: ImagesRead) -> list[Labelled]:
    return [part for part in (read.found.train, read.found.test) if part is not None]


def _features(table: Table) -> dict[str, str]:
    """Return name of each column of features -> ``number``, or how many categories it has."""
    values = Counter(
        name if numeric else name.rpartition("=")[0] for name, numeric in zip(table.names, table.numeric, strict=True)
    )
    numbers = {name for name, numeric in zip(table.names, table.numeric, strict=True) if numeric}
    several = {name: "number" if count == 1 else f"{count} columns of numbers" for name, count in values.items()}
    return {name: several[name] if name in numbers else f"{count} categories" for name, count in values.items()}


def _counted(labels: np.ndarray, names: Sequence[Any]) -> dict[str, int]:
    counts = np.bincount(labels, minlength=len(names)).tolist()
    return {str(name): count for name, count in zip(names, counts, strict=True)}
