"""From a row of the table, or a user's class, to a task."""

from __future__ import annotations

from typing import Any

from agents.contract import FleetSpec
from agents.contract.component import component_of
from agents.plugins import is_plugin, load_class
from agents.tasks import TASKS
from agents.tasks.base import Task


def make_task(spec: FleetSpec) -> Task:
    """Build the task that ``spec.data`` names.

    Raises:
        ValueError: an unknown task, option or drift; the message says which.
    """
    if is_plugin(spec.data):
        return _own(load_class(spec.data), spec)
    component = component_of(TASKS, spec.data, "task")
    component.read(spec.data_options, f"task {spec.data}")
    task: Task = component.load()(spec)
    return task


def _own(made: Any, spec: FleetSpec) -> Task:
    """Return the task of a user's class: a stream, or all of a task made from the specification."""
    from agents.tasks.own import OwnStream, options_for
    from agents.tasks.own_task import OwnTask

    if isinstance(made, type) and issubclass(made, OwnStream):
        return OwnTask(options_for(made, spec.data_options), spec)
    task: Task = made(spec)
    return task
