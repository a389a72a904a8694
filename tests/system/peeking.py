"""A world whose samples say when they came, and a method that writes down what it is shown of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from agents.codecs.message import Field
from agents.methods.base import Context, Deployed, DeviceState, Payload, Recent, Who
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream

#: Times are carried by float32 inputs: whole units of this, and the rest.
UNIT_S = 2.0**-6


class Clock(Stream):
    """Samples are (row, whole part, rest of the time); the label is a coin thrown for each."""

    classes, input_shape, concepts, pool_size = 2, (3,), ("original",), 0

    def __init__(self, spec: Any) -> None:
        self.spec = spec

    def history(self) -> History:
        x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
        past = Past(x, (x[:, 0] > 0).long(), torch.zeros(64, dtype=torch.int64))
        return History(past, past)

    def past_under(self, concept: int, split: str = "train") -> Past:
        return self.history().train

    def draw(self, cell: Chunk, rng: np.random.Generator) -> Content:
        label = np.where(cell.valid, rng.random(cell.valid.shape) < 0.5, 0).astype(np.int16)
        time_s = np.where(cell.valid, cell.time_s, 0.0)
        whole = np.floor(time_s / UNIT_S)
        row = np.broadcast_to(np.arange(len(time_s))[:, None], time_s.shape)
        x = np.stack([row, whole, time_s / UNIT_S - whole], -1).astype(np.float32)
        nothing = np.zeros(cell.valid.shape, np.int64)
        return Content(nothing, label, nothing.astype(np.int16), x, label)

    def changes(self, place: BlockId) -> list[np.ndarray]:
        return [np.zeros(0)] * place.width


@dataclass(frozen=True)
class Shown:
    """What one device was about to send with, at one moment: arrays [samples]."""

    at_s: float
    row: int
    time_s: np.ndarray
    label: np.ndarray


@dataclass
class Log:
    """Everything that methods were shown, and when it is now for those that are being asked."""

    now_s: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)

    def asks(self, rows: np.ndarray, at_s: np.ndarray) -> None:
        self.rows, self.now_s = rows.tolist(), at_s.tolist()

    def write(self, recent: Recent) -> None:
        features, label = recent.features.double().numpy(), recent.label.numpy()
        for number, (count, at_s, row) in enumerate(zip(recent.count.tolist(), self.now_s, self.rows, strict=True)):
            x = features[number, :count]
            assert (x[:, 0] == row).all()
            self.shown.append(Shown(at_s, row, (x[:, 1] + x[:, 2]) * UNIT_S, label[number, :count].copy()))
            assert (label[number, count:] == -1).all()


LOG = Log()


class Spy(Deployed):
    """Looks at everything it is given and sends a byte."""

    name = "spy"
    payload_fields = (Field("nothing", (1,)),)
    update_fields = (Field("nothing", (1,)),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.window, self.needs_labels = int(context.options["window"]), bool(context.options["labels"])

    def prepare(self, history: History, base: Any, seed: int) -> dict[str, torch.Tensor]:
        return dict(base.layers)

    def start(self, cloud: dict[str, torch.Tensor], devices: int) -> dict[str, torch.Tensor]:
        return {name: values.repeat(devices, 1, 1) for name, values in cloud.items()}

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        LOG.write(recent)
        return state, {"nothing": torch.zeros(len(recent.count), 1)}

    def adapt(
        self, cloud: dict[str, torch.Tensor], payloads: dict[str, torch.Tensor], who: Who
    ) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        return cloud, payloads

    def install(self, state: dict[str, torch.Tensor], updates: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return state
