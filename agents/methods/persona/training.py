"""How adapters learn in the cloud: from windows of the past, for the samples that follow them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from agents.methods.past_windows import Windows, noisy
from agents.methods.persona.adapter import bounded
from agents.models.base import Base

#: Windows of one step, and windows that an adapter is judged by.
DEVICES, JUDGED = 64, 1024
#: Weights of heads that are held at once where nothing else says how many.
WEIGHTS = 2**25
#: Weight of the mean squared edit; largest norm of a gradient.
_DECAY, _GRADIENT = 1e-4, 5.0
#: Steps between two looks at the validation split.
_CHECK_EVERY = 100


class Lesson(NamedTuple):
    """Windows, and the packed heads that their edits are added to: [windows, params], or one row for all."""

    windows: Windows
    start: torch.Tensor


class Course(NamedTuple):
    """How long an adapter learns: steps, rate (fading to zero), noise on queries, and the bound of its edits."""

    steps: int
    rate: float
    noise: float
    tau: float | None


def teach(
    adapter: nn.Module,
    base: Base,
    lessons: Callable[[], Lesson],
    judged: Lesson,
    course: Course,
    rng: torch.Generator,
) -> None:
    """Train ``adapter`` in place on a lesson a step; the weights that were best on ``judged`` stay."""
    optimiser = torch.optim.Adam(adapter.parameters(), lr=course.rate, fused=True)
    fading = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0 - step / max(course.steps, 1))
    best, best_weights = _judged(adapter, base, judged, course.tau), _weights(adapter)
    for step in range(1, course.steps + 1):
        windows, start = lessons()
        windows = windows._replace(query=noisy(windows.query, course.noise, rng))
        _step(adapter, optimiser, loss_of(adapter, base, Lesson(windows, start), course.tau))
        fading.step()
        if step % _CHECK_EVERY == 0 or step == course.steps:
            loss = _judged(adapter, base, judged, course.tau)
            if loss < best:
                best, best_weights = loss, _weights(adapter)
    adapter.load_state_dict(best_weights)


def loss_of(adapter: nn.Module, base: Base, lesson: Lesson, tau: float | None) -> torch.Tensor:
    """Return the mean cross-entropy of queries under heads edited for their windows, and a little decay.

    What an adapter returns beside what is sent and the edits is a loss of its own.
    """
    windows, start = lesson
    _, made, *own = adapter(windows.window, windows.real)
    edit = bounded(made, tau)
    logits = base.head.forward(base.head.unpack(start + edit), windows.query)
    decay = 0.0 if tau is None else _DECAY
    return base.net.metric.training_loss(logits, windows.label) + decay * edit.square().mean() + sum(own)


@torch.no_grad()
def _judged(adapter: nn.Module, base: Base, lesson: Lesson, tau: float | None) -> float:
    """Return the loss on a lesson, as many windows at once as memory should hold heads."""
    windows, start = lesson
    loss, at_once = 0.0, max(1, WEIGHTS // base.head.params)
    for rows in torch.arange(len(windows.real)).split(at_once):
        some = Windows(*(one[rows] for one in windows)) if len(rows) < len(windows.real) else windows
        own = Lesson(some, start if len(start) == 1 else start[rows])
        loss += float(loss_of(adapter, base, own, tau)) * len(rows) / len(windows.real)
    return loss


def _weights(adapter: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in adapter.state_dict().items()}


def _step(adapter: nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(adapter.parameters(), _GRADIENT)
    optimiser.step()
