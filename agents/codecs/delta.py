"""Only the difference is sent from what both ends hold since the last exchange that went well.

What is lost changes nothing: both ends go on from what they held before it. The difference is taken from what the
receiver really has, so that what rounding leaves of one message is in the next difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from agents.codecs.around import Around
from agents.codecs.base import Codec, End, Rows
from agents.codecs.dense import Fp16, Fp32, Int8
from agents.codecs.message import Message, Tensors, floats
from agents.codecs.options import DeltaOptions
from agents.codecs.rice import Rice

#: How differences may be written.
NUMBERS: Mapping[str, Callable[[], Codec]] = {"fp32": Fp32, "fp16": Fp16, "int8": Int8, "rice": Rice}


class Delta(Around):
    """Adds up differences at both ends."""

    def __init__(self, options: DeltaOptions) -> None:
        super().__init__(NUMBERS[options.numbers]())

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        return {field.name: torch.zeros(len(devices), *field.shape) for field in floats(message)}

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        gap = {name: values - memory[name] if name in memory else values for name, values in rows.items()}
        wire, _ = self.inner.encode(self.inside(message), gap, {})
        return wire, self.decode(message, wire, memory)[1]

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        gap, _ = self.inner.decode(self.inside(message), wire, {})
        rows = {name: values + memory[name] if name in memory else values for name, values in gap.items()}
        return rows, {name: rows[name] for name in memory}

    def inside(self, message: Message) -> Message:
        # A difference may be twice as large as the numbers may be, and is mostly much smaller.
        return [replace(field, bound=None) for field in message]
