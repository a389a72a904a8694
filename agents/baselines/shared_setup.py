"""What baselines share with a run of the same scenario: its images, its trained base, its method."""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from agents.contract import FleetSpec
from agents.methods.base import CloudState, Method
from agents.methods.making import method_of
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.streams.base import PoolTask
from agents.tasks.making import make_task


@dataclass(frozen=True)
class BaselineSetup:
    """A scenario's task, trained base and method, ready for use; training comes from the cache where it can."""

    spec: FleetSpec
    task: PoolTask
    base: Base
    method: Method
    cloud: CloudState

    @classmethod
    def of(cls, spec: FleetSpec) -> BaselineSetup:
        """Build them as a run of ``spec`` would."""
        task = cast(PoolTask, make_task(spec))
        net = make_net(spec.model, task.input_shape, task.classes, spec.model_options, task.net_options)
        method = method_of(spec, net)
        history = task.history()
        base = pretrain(history, net, spec.pretrain, spec.seed)
        return cls(spec, task, base, method, method.prepare(history, base, spec.seed))


def report(measure: Callable[..., dict[str, float]]) -> None:
    """Measure in this process and print the outcome as JSON; argv: a file with a pickled ``FleetSpec``, keywords."""
    torch.set_num_threads(1)
    spec: FleetSpec = pickle.loads(Path(sys.argv[1]).read_bytes())
    keywords: dict[str, Any] = json.loads(sys.argv[2])
    setup = BaselineSetup.of(spec)
    with torch.inference_mode():
        print(json.dumps(measure(setup, **keywords)))


@dataclass
class Stopwatch:
    """Wall and processor time since it was made."""

    wall_s: float
    cpu_s: float

    @classmethod
    def started(cls) -> Stopwatch:
        """Return one that runs."""
        return cls(time.perf_counter(), time.process_time())

    def read(self, amount: float) -> dict[str, float]:
        """Return what was done, and how long it took."""
        cpu_s = time.process_time() - self.cpu_s
        return {"amount": amount, "wall_s": time.perf_counter() - self.wall_s, "cpu_s": cpu_s}
