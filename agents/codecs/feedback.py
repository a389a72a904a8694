"""Error feedback: what a codec leaves out stays with the sender, and is added to the next message.

Seide et al., "1-bit stochastic gradient descent" (Interspeech 2014); Karimireddy et al., "Error feedback fixes SignSGD"
(ICML 2019). Fields must be such as may be added up over time: differences or gradients, not states.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.around import Around
from agents.codecs.base import End, Rows
from agents.codecs.message import Message, Tensors, floats


class ErrorFeedback(Around):
    """Adds up what the inner codec has left out."""

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        if end == "receiver":
            return {}
        return {field.name: torch.zeros(len(devices), *field.shape) for field in floats(message)}

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        inside = self.inside(message)
        due = {name: values + memory[name] if name in memory else values for name, values in rows.items()}
        wire, _ = self.inner.encode(inside, due, {})
        arrives, _ = self.inner.decode(inside, wire, {})
        return wire, {name: due[name] - arrives[name] for name in memory}

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        return self.inner.decode(self.inside(message), wire, {})

    def inside(self, message: Message) -> Message:
        # Together with what was left out before, numbers may be larger than they can be alone.
        return [replace(field, bound=None) for field in message]
