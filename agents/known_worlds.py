"""What is known of a fleet whose samples are normal clouds and whose model is linear, for theory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.contract import FleetSpec, Worlds
from agents.layout import Layout
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.streams.base import BlockId
from agents.tasks.synthetic.gaussians import Gaussians

#: Worlds that are looked at, at most.
_MOST = 200_000


def known_worlds(spec: FleetSpec, at_s: Sequence[np.ndarray]) -> Worlds:
    """Return what devices meet at the times ``at_s`` [s], one array of the same length for each cohort.

    Raises:
        ValueError: devices that all differ are too many to look at one by one, or meet samples at changing rates.
    """
    torch.set_num_threads(1)
    task = Gaussians(spec)
    if (task.schedule.factors != 1.0).any():
        raise ValueError("rates of samples change")
    layout, kinds, count = Layout(spec.cohorts), [], []
    for block, devices in zip(layout.block_ids, layout.devices, strict=True):
        for worlds, alike in _kinds(task, block, devices, at_s[block.cohort]):
            kinds.append((block.cohort, *worlds))
            count.append(alike)
        if len(kinds) * len(at_s[0]) > _MOST:
            raise ValueError(f"more than {_MOST:,} worlds to look at")
    cohort, *fields = zip(*kinds, strict=True)
    return Worlds(_weights(spec, task), np.array(count), np.array(cohort), *map(np.stack, fields))


def _kinds(task: Gaussians, block: BlockId, devices: int, at_s: np.ndarray) -> list[tuple[tuple[np.ndarray, ...], int]]:
    """Return what the devices of a block meet, [times, ...], each once, with how many of them do."""
    time_s = np.broadcast_to(at_s, (block.width, len(at_s)))
    concept = task.schedule.concept(block, time_s, np.zeros(time_s.shape))[:devices]
    own = any(one.dirichlet is not None for one in task.schedule.concepts)
    path = np.column_stack([concept, np.arange(devices)]) if own else concept
    _, row, alike = np.unique(path, axis=0, return_index=True, return_counts=True)
    return [(task.worlds(block, int(one), concept[one], at_s), int(n)) for one, n in zip(row, alike, strict=True)]


def _weights(spec: FleetSpec, task: Gaussians) -> np.ndarray:
    net = make_net(spec.model, task.input_shape, task.classes, spec.model_options)
    base: Base = pretrain(task.history(), net, spec.pretrain, spec.seed)
    parts = (base.layers["w0"][0], base.layers["b0"][0])
    return np.concatenate([one.detach().cpu().numpy() for one in parts]).astype(np.float64)
