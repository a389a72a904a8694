"""How adapters learn in the cloud: from windows of the past, for the samples that follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import nn

from agents.methods.past_windows import Windows, noisy
from agents.methods.persona.adapter import bounded
from agents.models.adam import Adam
from agents.models.base import Base
from agents.progress import counted

#: Windows of one step, and windows that an adapter is judged by.
DEVICES, JUDGED = 64, 1024
#: Weights of heads that are held at once. Of larger heads so few windows go through together that their memory is used
#: again and again: blocks of more than 32 MB are given back and asked for each time, which took twice as long as sums.
_WEIGHTS, _FEW = 2**25, 2**20
#: Weights of all heads that one look makes: of the largest heads fewer windows are judged.
_LOOKED_AT, _JUDGED_LEAST = 2**28, 128
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
    named: str = "adapter",
) -> None:
    """Train ``adapter`` in place on a lesson a step; the weights that were best on ``judged`` stay.

    ``named`` says to who watches what learns.
    """
    optimiser = Adam(adapter.parameters(), course.rate, fused=True)
    best, best_weights = _judged(adapter, base, judged, course.tau), _weights(adapter)
    for step in counted(named, course.steps):
        windows, start = lessons()
        windows = windows._replace(query=noisy(windows.query, course.noise, rng))
        _gradients(adapter, optimiser, base, Lesson(windows, start), course.tau)
        optimiser.step(1.0 - (step - 1) / course.steps)
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
    # A product: torch goes backwards through a square by a power of each element, which takes longer.
    return base.net.metric.training_loss(logits, windows.label) + decay * (edit * edit).mean() + sum(own)


def judged_windows(params: int, most: int = JUDGED) -> int:
    """Return how many windows an adapter of heads with ``params`` weights is judged by."""
    return max(min(most, _LOOKED_AT // params), _JUDGED_LEAST)


def heads_at_once(windows: int, params: int) -> int:
    """Return for how many of ``windows`` heads of ``params`` weights are made at once."""
    return windows if windows * params <= _WEIGHTS else max(1, _FEW // params)


@torch.no_grad()
def _judged(adapter: nn.Module, base: Base, lesson: Lesson, tau: float | None) -> float:
    """Return the loss on a lesson."""
    return sum(float(loss_of(adapter, base, part, tau)) * share for part, share in _parts(lesson, base.head.params))


def _parts(lesson: Lesson, params: int) -> Iterator[tuple[Lesson, float]]:
    """Yield a lesson in parts that memory should hold the heads of, and the share of its windows in each."""
    windows, start = lesson
    number = len(windows.real)
    at_once = heads_at_once(number, params)
    if at_once >= number:
        yield lesson, 1.0
        return
    for rows in torch.arange(number).split(at_once):
        some = Windows(*(one[rows] for one in windows))
        yield Lesson(some, start if len(start) == 1 else start[rows]), len(rows) / number


def _weights(adapter: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in adapter.state_dict().items()}


def _gradients(adapter: nn.Module, optimiser: Adam, base: Base, lesson: Lesson, tau: float | None) -> None:
    optimiser.zero_grad()
    for part, share in _parts(lesson, base.head.params):
        (loss_of(adapter, base, part, tau) * share).backward()
    torch.nn.utils.clip_grad_norm_(adapter.parameters(), _GRADIENT)
