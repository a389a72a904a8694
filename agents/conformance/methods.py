"""What every method keeps: declared bytes, devices that know nothing of each other, state that survives."""

from __future__ import annotations

from functools import cached_property

import torch

from agents.codecs.base import fresh
from agents.contract.laws import Law
from agents.methods.base import CloudState, DeviceState, Method, OfFeatures, Payload, Recent, Who
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.streams.base import History, Past

CLASSES, CONTEXTS, INPUTS, DEVICES = 4, 3, 12, 9


def small_net() -> Net:
    """Return the net that methods are examined with."""
    return make_net("mlp", (INPUTS,), CLASSES, {"hidden": [16, 16]})


def small_history() -> History:
    """Return a past of three contexts, in which the labels of four clusters turn."""
    generator = torch.Generator().manual_seed(0)

    def past(rows: int) -> Past:
        concept = torch.randint(CONTEXTS, (rows,), generator=generator)
        cluster = torch.randint(CLASSES, (rows,), generator=generator)
        x = torch.randn(rows, INPUTS, generator=generator)
        x[:, :CONTEXTS] += torch.eye(CONTEXTS)[concept]
        x[:, CONTEXTS : CONTEXTS + CLASSES] += 3.0 * torch.eye(CLASSES)[cluster]
        return Past(x, (cluster + concept) % CLASSES, concept)

    return History(past(600), past(300))


class Subject:
    """A method, ready to serve some devices."""

    def __init__(self, method: Method) -> None:
        self.method = method

    @cached_property
    def base(self) -> Base:
        return pretrain(small_history(), self.method.net, {"epochs": 2}, 3)  # type: ignore[attr-defined]

    @cached_property
    def cloud(self) -> CloudState:
        return self.method.prepare(small_history(), self.base, 3)

    @property
    def state(self) -> DeviceState:
        return self.method.start(self.cloud, DEVICES)

    def recent(self) -> Recent:
        """Return windows as devices have them, some not full, some labels not due."""
        generator, window = torch.Generator().manual_seed(5), self.method.window
        count = torch.randint(0, window + 1, (DEVICES,), generator=generator)
        real = torch.arange(window) < count[:, None]
        features = torch.randn(DEVICES, window, 16, generator=generator).tanh() * real.unsqueeze(2)
        label = torch.randint(-1, CLASSES, (DEVICES, window), generator=generator)
        return Recent(features=features, label=torch.where(real, label, -1), count=count)

    def payloads(self) -> Payload:
        """Return what devices hand over."""
        return self.method.collect(self.state, self.recent())[1]

    def who(self) -> Who:
        """Return whose payloads these are: device n with ticket n, each served alone."""
        number = torch.arange(DEVICES)
        return Who(number, number, number.double(), number)


def declared_bytes(subject: Subject) -> str | None:
    """Messages take as many bytes as declared."""
    method = subject.method
    if not method.payload_bytes and not method.update_bytes:
        return None
    payloads = subject.payloads()
    _, updates = method.adapt(subject.cloud, payloads, subject.who())
    for what, codec, fields, tensors, declared in (
        ("payload", method.payload_codec, method.payload_fields, payloads, method.payload_bytes),
        ("update", method.update_codec, method.update_fields, updates, method.update_bytes),
    ):
        if not tensors:
            continue
        wire, _ = codec.encode(fields, tensors, fresh(codec, fields, "sender", DEVICES))
        written = len(codec.write(fields, wire, 0))
        if written > declared or (codec.fixed and written != declared):
            return f"{what}: {declared} bytes declared, {written} written"
    return None


def devices_apart(subject: Subject) -> str | None:
    """A device predicts the same alone and among others."""
    if subject.method.shared_rows:
        return None
    x = torch.randn(DEVICES, 16, 16, generator=torch.Generator().manual_seed(1))
    together = subject.method.predict(subject.state, OfFeatures(x))
    alone = subject.method.predict({name: value[2:3] for name, value in subject.state.items()}, OfFeatures(x[2:3]))
    return None if torch.equal(together[2:3], alone) else "logits of a device differ"


def cloud_unchanged(subject: Subject) -> str | None:
    """Adapting leaves the old state of the cloud as it was."""
    if not subject.method.payload_bytes:
        return None
    before = {name: value.clone() for name, value in subject.cloud.items()}
    subject.method.adapt(subject.cloud, subject.payloads(), subject.who())
    wrong = next((name for name, value in before.items() if not torch.equal(value, subject.cloud[name])), None)
    return f"'{wrong}' was changed in place" if wrong else None


def state_is_tensors(subject: Subject) -> str | None:
    """All state is tensors, so that it goes through a checkpoint."""
    for where, state in (("cloud", subject.cloud), ("device", subject.state)):
        wrong = next((name for name, value in state.items() if not isinstance(value, torch.Tensor)), None)
        if wrong:
            return f"'{wrong}' of the {where} is no tensor"
    return None


LAWS: tuple[Law, ...] = (declared_bytes, devices_apart, cloud_unchanged, state_is_tensors)
