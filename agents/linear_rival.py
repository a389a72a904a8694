"""Is the base model worth its layers? It stands beside a linear model that is trained on the same past."""

from __future__ import annotations

from math import sqrt

import torch

from agents.build import known_of
from agents.contract import FleetSpec, LinearRival
from agents.contract.errors import error_location
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.ranking import ScoringHead
from agents.models.training import pretrain
from agents.progress import Report
from agents.streams.base import Past
from agents.tasks.making import make_task

#: Standard errors on each side of a 95 % interval.
_WIDE = 1.96


def linear_rival(spec: FleetSpec, report: Report | None = None) -> LinearRival | None:
    """Train what a scenario's devices start with, and a linear model beside it, or take both from the cache.

    Returns None for recommenders: what they rank has no inputs that a linear model could read.

    Raises:
        InputError: data or options that cannot be used; it names their path in the scenario.
    """
    torch.set_num_threads(1)
    with error_location("task.data"):
        task = make_task(spec)
    with error_location("task.model"):
        net = make_net(spec.model, task.input_shape, task.classes, spec.model_options, known_of(spec, task))
    if isinstance(net.head, ScoringHead):
        return None
    history, linear = task.history(), make_net("logistic", task.input_shape, task.classes, {})
    base = pretrain(history, net, spec.pretrain, spec.seed, report)
    rival = pretrain(history, linear, {}, spec.seed, report)
    return compared(_right(base, history.validation), _right(rival, history.validation))


def compared(base: torch.Tensor, linear: torch.Tensor) -> LinearRival:
    """Compare what two models got right of the same samples, bool [samples] each."""
    gain, samples = linear.double() - base.double(), len(base)
    wide = _WIDE * float(gain.std()) / sqrt(samples) if samples > 1 else float("inf")
    middle = float(gain.mean())
    return LinearRival(
        float(base.double().mean()), float(linear.double().mean()), middle - wide, middle + wide, samples
    )


@torch.no_grad()
def _right(base: Base, past: Past) -> torch.Tensor:
    logits = base.head.forward(base.layers, base.features(past.x).unsqueeze(0))[0]
    return logits.argmax(1) == past.label
