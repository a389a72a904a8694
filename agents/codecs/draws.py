"""Random numbers of codecs: of each device, exchange, field and place its own, alike at both ends and in any batch."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import torch

from agents.codecs.base import Rows
from agents.codecs.message import Field, Tensors
from agents.seeding import Purpose, uniforms

_PLACE_BITS = 32


def not_drawn_yet(devices: torch.Tensor) -> Tensors:
    """Return what an end must remember to draw: who it is, and how many exchanges have counted."""
    return {"device": devices.clone(), "exchange": torch.zeros_like(devices)}


def drawn(memory: Rows) -> Tensors:
    """Return what it remembers after an exchange."""
    return {"device": memory["device"], "exchange": memory["exchange"] + 1}


def draws(seed: int, purpose: Purpose, field: Field, memory: Rows, count: int) -> torch.Tensor:
    """Return uniforms in (0, 1) for so many places of a field, float64 [messages, count], on the processor."""
    device, exchange = (memory[name].cpu().numpy()[:, None] for name in ("device", "exchange"))
    key = seed ^ crc32(field.name.encode()) << _PLACE_BITS
    return torch.from_numpy(uniforms(key, purpose, device, (exchange << _PLACE_BITS) + np.arange(count)))
