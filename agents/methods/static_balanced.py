"""The base as it would be had the past been balanced: what adapters gain beside it is not their training data."""

from __future__ import annotations

from dataclasses import asdict

import torch

from agents.cache import cached, fingerprint
from agents.methods.base import CloudState, Context
from agents.methods.baseline_options import StaticBalancedOptions
from agents.methods.past_windows import Windows, noisy, windows_of
from agents.methods.static import Static
from agents.models.adam import Adam
from agents.models.base import Base
from agents.models.training import generator, one_thread
from agents.progress import counted
from agents.seeding import Purpose
from agents.streams.base import History

#: Windows a step and in the exam, as for adapters.
_DEVICES, _JUDGED = 64, 1024
#: Steps between two looks at the validation split.
_CHECK_EVERY = 100


class StaticBalanced(Static):
    """See :class:`StaticBalancedOptions`: the same contexts, labelled samples, steps and noise as adapters get."""

    name = "static_balanced"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: StaticBalancedOptions = context.options

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        key = {
            "what": self.name,
            "options": asdict(self.options),
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            return base.head.unpack(cached(key, lambda: {"head": self._refitted(history, base, seed)})["head"])

    def _refitted(self, history: History, base: Base, seed: int) -> torch.Tensor:
        """Return the head [1, params] that was best on the validation split."""
        options, rng = self.options, generator(seed, Purpose.METHOD, 0)
        past = windows_of(history.for_adapters, base)
        exam = windows_of(history.validation, base).draw(_JUDGED, 1, generator(seed, Purpose.METHOD, 1))
        head = base.head.pack(base.layers).clone().requires_grad_()
        optimiser = Adam([head], options.rate)
        best, kept = _loss(base, head, exam).item(), head.detach().clone()
        for step in counted("balanced head", options.steps):
            windows = past.draw(_DEVICES, 1, rng)
            optimiser.zero_grad()
            _loss(base, head, windows._replace(query=noisy(windows.query, options.noise, rng))).backward()
            optimiser.step(1.0 - (step - 1) / options.steps)
            looked = step % _CHECK_EVERY == 0 or step == options.steps
            if looked and (loss := _loss(base, head, exam).item()) < best:
                best, kept = loss, head.detach().clone()
        return kept


def _loss(base: Base, head: torch.Tensor, windows: Windows) -> torch.Tensor:
    logits = base.head.forward(base.head.unpack(head), windows.query)
    return base.net.metric.training_loss(logits, windows.label)
