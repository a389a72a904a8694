"""What devices see: data sets and laws of nature, each a stream that drifts.

``TASKS`` names where each task lives; importing this package loads neither torch nor a data set.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from agents.contract import FleetSpec
from agents.plugins import is_plugin, load_class

if TYPE_CHECKING:
    from agents.tasks.base import Task

#: Name in a scenario -> where its class is, ``module:Class``; the class takes a FleetSpec.
TASKS: dict[str, str] = {
    "digits": "agents.tasks.digits:Digits",
    "idx": "agents.tasks.image_files:Idx",
    "cifar": "agents.tasks.image_files:Cifar",
    "npz": "agents.tasks.image_files:Npz",
    "table": "agents.tasks.tables:Tables",
    "gaussians": "agents.tasks.gaussians:Gaussians",
    "interactions": "agents.tasks.interactions:Interactions",
    "synthetic_interactions": "agents.tasks.synthetic_interactions:SyntheticInteractions",
}


def make_task(spec: FleetSpec) -> Task:
    """Build the task that ``spec.data`` names.

    Raises:
        ValueError: an unknown task, option or drift; the message says which.
    """
    if is_plugin(spec.data):
        own: Task = load_class(spec.data)(spec)
        return own
    if spec.data not in TASKS:
        raise ValueError(f"task {spec.data!r} is unknown; known are {', '.join(TASKS)}")
    module, name = TASKS[spec.data].split(":")
    task: Task = getattr(import_module(module), name)(spec)
    return task
