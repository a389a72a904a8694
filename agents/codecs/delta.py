"""Only the difference is sent from what both ends hold since the last exchange that went well.

What is lost changes nothing: both ends go on from what they held before it. The difference is taken from what the
receiver really has, so that what coding leaves out of one message is in the next difference: for codecs that send a
part of the numbers this is EF21 (Richtárik, Sokolov and Fatkhullin, NeurIPS 2021).
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs import NUMBERS
from agents.codecs.around import Around
from agents.codecs.base import HELD, Codec, End, Rows
from agents.codecs.making import made_of
from agents.codecs.message import Message, Tensors, floats
from agents.codecs.options import DeltaOptions, FeedbackOptions
from agents.contract.component import component_of


class Delta(Around):
    """Adds up differences at both ends."""

    def __init__(self, seed: int, options: DeltaOptions) -> None:
        super().__init__(_numbers(options, seed))
        self._feedback = options.feedback

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        own = {f"{HELD}{field.name}": torch.zeros(len(devices), *field.shape) for field in floats(message)}
        return own | self.inner_memory(message, devices, end)

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        gap = {
            name: values - memory[held] if (held := HELD + name) in memory else values for name, values in rows.items()
        }
        wire, arrives, later = self.encode_inside(message, gap, memory)
        return wire, (_sums(memory, arrives) if self._feedback else _same(memory, rows)) | later

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        gap, later = self.decode_inside(message, wire, memory)
        held = _sums(memory, gap)
        return {name: held.get(HELD + name, values) for name, values in gap.items()}, held | later

    def inside(self, message: Message) -> Message:
        # A difference may be twice as large as the numbers may be, and is mostly much smaller.
        return [replace(field, bound=None) for field in message]


def _sums(memory: Rows, gap: Rows) -> Tensors:
    """Return what is held once differences are added."""
    return {f"{HELD}{name}": memory[HELD + name] + values for name, values in gap.items() if HELD + name in memory}


def _same(memory: Rows, rows: Rows) -> Tensors:
    """Return what is held by a sender that takes for granted that all arrives."""
    return {f"{HELD}{name}": values for name, values in rows.items() if HELD + name in memory}


def _numbers(options: DeltaOptions, seed: int) -> Codec:
    """Return the codec of differences; what it leaves out is not fed back twice."""
    given = options.inner
    kind = given.pop("kind")
    row = component_of(NUMBERS, kind, "codec")
    feeds_back = isinstance(row.options, type) and issubclass(row.options, FeedbackOptions)
    return made_of(NUMBERS, kind, given | ({"feedback": False} if feeds_back else {}), seed)
