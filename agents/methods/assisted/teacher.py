"""A teacher in the cloud: a larger net that sees a sample's features and the moments of the window it came in.

What a window looks like shows which world it is from; so the teacher knows, without labels, what worlds of the past
made of such samples. It is trained on the past alone, and never changes.
"""

from __future__ import annotations

from dataclasses import asdict

import torch

from agents.cache import cached, fingerprint
from agents.methods.assisted.options import TeacherOptions
from agents.methods.base import CloudState
from agents.methods.group_ft import moments
from agents.methods.past_windows import windows_of
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.head import HeadShape
from agents.models.training import generator, one_thread
from agents.seeding import Purpose
from agents.streams.base import History

#: Windows of the past that it is trained on, and samples in each.
_WINDOWS, _WINDOW = 256, 32
_RATE, _NAME = 1e-2, "frozen.teacher"


class Teacher:
    """Dense layers on features and the moments of a window."""

    def __init__(self, head: HeadShape, options: TeacherOptions) -> None:
        self._head, self._lessons = head, options.lessons
        self.shape = HeadShape((head.shown + 2 * head.context, options.hidden, head.dims[-1]))

    @property
    def macs(self) -> float:
        """Multiply-adds of one sample."""
        return float(sum(inputs * outputs for inputs, outputs in self.shape.sizes))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        """Return the trained teacher, as the cloud keeps it."""
        key = {
            "what": "teacher",
            "shape": asdict(self.shape),
            "lessons": self._lessons,
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            return cached(key, lambda: {_NAME: self._trained(history, base, seed)})

    def labels(self, cloud: CloudState, features: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Return logits of ``features`` [tickets, n, F] that came in windows of moments ``seen`` [tickets, 2 C]."""
        x = torch.cat([features, seen[:, None].expand(-1, features.shape[1], -1)], 2)
        return self.shape.forward(self.shape.unpack(cloud[_NAME]), x)

    def _trained(self, history: History, base: Base, seed: int) -> torch.Tensor:
        rng = generator(seed, Purpose.METHOD, 21)
        drawn = windows_of(history.for_adapters, base).draw(_WINDOWS, _WINDOW, rng)
        query, seen = drawn.query[..., : self._head.shown], moments(drawn.window, drawn.real)
        x = torch.cat([query, seen[:, None].expand(-1, query.shape[1], -1)], 2).flatten(0, 1)[None]
        fan_in = self.shape.pack(
            {
                f"{kind}{layer}": torch.full((1, inputs if kind == "w" else 1, outputs), (kind == "w") / inputs**0.5)
                for layer, (inputs, outputs) in enumerate(self.shape.sizes)
                for kind in "wb"
            }
        )
        start = fan_in * torch.randn(fan_in.shape, generator=rng)
        return fit_heads(self.shape, start, x.contiguous(), drawn.label.flatten()[None], self._lessons, _RATE)
