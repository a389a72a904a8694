"""Reads and checks what a scenario's data and drift are, exactly as building them does, but without torch.

Our own tasks need no tensor to be built, and images stop before they become tensors. Streams of River and of a user's
own class are built and tried out, with all that they import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.contract import FleetSpec
from agents.contract.errors import error_location
from agents.drift.rate_modulation import make_arrivals
from agents.tasks.facts import image_facts
from agents.tasks.image_reading import image_schedule, read_images
from agents.tasks.making import make_task

#: scikit-learn's digits: how many, their shape, and in how many classes (see :mod:`agents.tasks.images.digits`).
DIGITS: Mapping[str, Any] = {"images": 1797, "shape": [1, 8, 8], "classes": 10}


def read_data(spec: FleetSpec) -> dict[str, Any]:
    """Return the facts of a scenario's data: plain values, with ``kind`` first.

    Raises:
        InputError: data, drift or arrivals that building the task refuses; the same error.
    """
    with error_location("task.data"):
        read = _READERS.get(spec.data, _built)(spec)
    return {"kind": spec.data, **read}


def _built(spec: FleetSpec) -> Mapping[str, Any]:
    task = make_task(spec)
    for cohort in spec.cohorts:
        make_arrivals(spec.seed, cohort, task)
    views = {"views": list(task.views)} if task.views else {}
    return {"classes": task.classes, "inputs": list(task.input_shape), **views, **getattr(task, "facts", {})}


def _images(spec: FleetSpec) -> Mapping[str, Any]:
    return {"path": str(spec.data_options["path"]), **image_facts(read_images(spec))}


def _digits(spec: FleetSpec) -> Mapping[str, Any]:
    image_schedule(spec, DIGITS["classes"])
    return DIGITS


_READERS: dict[str, Callable[[FleetSpec], Mapping[str, Any]]] = {
    "digits": _digits,
    **dict.fromkeys(("idx", "cifar", "image_folder", "npz"), _images),
}
