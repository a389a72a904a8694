"""From a row of the table, or a user's class, to a task."""

from __future__ import annotations

from typing import Any

from agents.contract import FleetSpec
from agents.contract.component import component_of
from agents.contract.plugins import is_plugin, load_class
from agents.streams.base import Task
from agents.tasks import TASKS


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
    from agents.tasks.custom.stream import CustomStream, options_for
    from agents.tasks.custom.task import CustomTask

    if isinstance(made, type) and issubclass(made, CustomStream):
        return CustomTask(options_for(made, spec.data_options), spec)
    task: Task = made(spec)
    return task
