"""What devices see: data sets and laws of nature, each a stream that drifts.

``TASKS`` names where each task lives; importing this package loads neither torch nor a data set.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from agents.contract import FleetSpec
from agents.plugins import is_plugin, load_class

if TYPE_CHECKING:
    from agents.tasks.base import Task

#: Name in a scenario -> where its class is, ``module:Class``; the class takes a FleetSpec.
TASKS: dict[str, str] = {
    "digits": "agents.tasks.digits:Digits",
    "idx": "agents.tasks.image_files:ImageFiles",
    "cifar": "agents.tasks.image_files:ImageFiles",
    "npz": "agents.tasks.image_files:ImageFiles",
    "sea": "agents.tasks.sea:Sea",
    "hyperplane": "agents.tasks.hyperplane:Hyperplane",
    "river": "agents.tasks.river_stream:river_streams",
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
        return _own(load_class(spec.data), spec)
    if spec.data not in TASKS:
        raise ValueError(f"task {spec.data!r} is unknown; known are {', '.join(TASKS)}")
    module, name = TASKS[spec.data].split(":")
    task: Task = getattr(import_module(module), name)(spec)
    return task


def _own(made: Any, spec: FleetSpec) -> Task:
    """Return the task of a user's class: a stream, or all of a task made from the specification."""
    from agents.tasks.own import OwnStream, options_for
    from agents.tasks.own_task import OwnTask

    if isinstance(made, type) and issubclass(made, OwnStream):
        return OwnTask(options_for(made, spec.data_options), spec)
    task: Task = made(spec)
    return task
