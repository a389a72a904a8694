"""A teacher in the cloud: a larger net that sees a sample's features and the moments of the window it came in.

What a window looks like shows which world it is from; so the teacher knows, without labels, what worlds of the past
made of such samples. It corrects what the base says, by nothing before its lessons: so it begins as good as a student
does. It is trained on the past alone, each lesson on windows newly drawn, and never changes.
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
from agents.models.fitting import Adam, backward
from agents.models.head import HeadShape, Layers
from agents.models.training import generator, one_thread
from agents.progress import counted
from agents.seeding import Purpose
from agents.streams.base import History

#: Windows of the past in a lesson, and samples in each window.
_WINDOWS, _WINDOW = 128, 32
_RATE, _NAME, _BASE = 3e-3, "frozen.teacher", "frozen.teacher.base"


class Teacher:
    """Dense layers on features and the moments of a window."""

    def __init__(self, head: HeadShape, options: TeacherOptions) -> None:
        self._head, self._lessons = head, options.lessons
        self.shape = HeadShape((head.shown + 2 * head.context, options.hidden, head.dims[-1]))

    @property
    def macs(self) -> float:
        """Multiply-adds of one sample."""
        return float(sum(inputs * outputs for inputs, outputs in (*self.shape.sizes, *self._head.sizes)))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        """Return the trained teacher, as the cloud keeps it."""
        key = {
            "what": "teacher that corrects the base",
            "shape": asdict(self.shape),
            "lessons": self._lessons,
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            trained = cached(key, lambda: {_NAME: self._trained(history, base, seed)})
        return {**trained, _BASE: base.head.pack(base.layers)}

    def labels(self, cloud: CloudState, features: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Return logits of ``features`` [tickets, n, F] that came in windows of moments ``seen`` [tickets, 2 C]."""
        said = self._head.forward(self._head.unpack(cloud[_BASE]), features)
        return said + self.shape.forward(self.shape.unpack(cloud[_NAME]), _beside(features, seen))

    def _trained(self, history: History, base: Base, seed: int) -> torch.Tensor:
        rng, past = generator(seed, Purpose.METHOD, 21), windows_of(history.for_adapters, base)
        layers = {name: part.contiguous() for name, part in self.shape.unpack(self._untrained(rng)).items()}
        adam = Adam(layers, _RATE)
        for _ in counted("teacher", self._lessons):
            drawn = past.draw(_WINDOWS, _WINDOW, rng, stale=0.0)
            query = drawn.query[..., : self._head.shown]
            x = _beside(query, moments(drawn.window, drawn.real)).flatten(0, 1)[None]
            said = base.head.forward(base.layers, query).flatten(0, 1)[None]
            adam.step(self._slopes(layers, x, said, drawn.label.flatten()[None]))
        return self.shape.pack(layers)

    def _slopes(self, layers: Layers, x: torch.Tensor, said: torch.Tensor, label: torch.Tensor) -> Layers:
        share = x.new_full((*label.shape, 1), 1.0 / label.shape[1])
        return backward(self.shape, layers, x, lambda out: self.shape.error(out + said, x, label, share))[0]

    def _untrained(self, rng: torch.Generator) -> torch.Tensor:
        """Return a net [1, params] that says nothing: its last layer is zero."""
        last = len(self.shape.sizes) - 1
        scale = {
            f"{kind}{layer}": torch.full(
                (1, inputs if kind == "w" else 1, outputs), (kind == "w" and layer < last) / inputs**0.5
            )
            for layer, (inputs, outputs) in enumerate(self.shape.sizes)
            for kind in "wb"
        }
        packed = self.shape.pack(scale)
        return packed * torch.randn(packed.shape, generator=rng)


def _beside(features: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Return samples [tickets, n, F + 2 C], each with the moments of its window beside it."""
    return torch.cat([features, seen[:, None].expand(-1, features.shape[1], -1)], 2).contiguous()
