"""What data keep: cells are pure, labels are classes, and the past looks like the stream."""

from __future__ import annotations

import numpy as np

from agents.contract.laws import Law
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content, Task

_WIDTH, _SAMPLES = 256, 3
_PLACE = BlockId(0, 0, _WIDTH)


def cell() -> Chunk:
    """Return one cell of a block; every other device has one sample less."""
    time_s = np.broadcast_to(np.arange(1.0, 1.0 + _SAMPLES), (_WIDTH, _SAMPLES)).copy()
    valid = np.ones((_WIDTH, _SAMPLES), bool)
    valid[::2, -1] = False
    time_s[~valid] = np.inf
    return Chunk(_PLACE, 0, time_s, valid, np.broadcast_to(np.arange(_SAMPLES), valid.shape))


def drawn(task: Task) -> Content:
    """Return what a task makes of the cell."""
    return task.draw(cell(), rng(3, Purpose.OWN_STREAM, 0))


def pure(task: Task) -> str | None:
    """The same cell is the same samples."""
    first, second = drawn(task), drawn(task)
    for name in ("ref", "label", "concept", "x", "best"):
        one, other = getattr(first, name), getattr(second, name)
        if (one is None) != (other is None) or (one is not None and not np.array_equal(one, other)):
            return f"'{name}' differs the second time"
    return None


def labels_are_classes(task: Task) -> str | None:
    """Labels are classes of the task."""
    label = drawn(task).label[cell().valid]
    wrong = label[(label < 0) | (label >= task.classes)]
    return f"label {wrong[0]} of {task.classes} classes" if len(wrong) else None


def past_is_like_the_stream(task: Task) -> str | None:
    """The past has the shape and the classes of the stream."""
    past = task.history().train
    if tuple(past.x.shape[1:]) != tuple(task.input_shape) and task.pool_size == 0 and not task.net_options:
        return f"rows of the past are {list(past.x.shape[1:])}; samples are {list(task.input_shape)}"
    least, most = int(past.label.min()), int(past.label.max())
    return None if least >= 0 and most < task.classes else f"labels from {least} to {most} of {task.classes} classes"


def changes_are_sorted(task: Task) -> str | None:
    """Changes of each device come in order."""
    for device, changes_s in enumerate(task.changes(_PLACE)):
        if (np.diff(changes_s) < 0).any():
            return f"those of device {device} are not"
    return None


LAWS: tuple[Law, ...] = (pure, labels_are_classes, past_is_like_the_stream, changes_are_sorted)
