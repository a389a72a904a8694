"""What every codec keeps: sizes are those of the bytes written, and messages know nothing of each other."""

from __future__ import annotations

import torch

from agents.codecs.base import Codec, Rows, fresh, roundtrip
from agents.codecs.message import Field, Tensors
from agents.contract.laws import Law

MESSAGE = (
    Field("bounded", (4, 3), bound=1.0),
    Field("free", (5,)),
    Field("label", (4,), "int32"),
    Field("version", (), "int16"),
)


def rows(messages: int = 6) -> dict[str, torch.Tensor]:
    """Return messages as methods send them, a silent one among them."""
    generator = torch.Generator().manual_seed(0)
    free = torch.randn(messages, 5, generator=generator)
    free[0] = 0.0
    return {
        "bounded": torch.rand(messages, 4, 3, generator=generator) * 2 - 1,
        "free": free,
        "label": torch.randint(-1, 10, (messages, 4), dtype=torch.int32, generator=generator),
        "version": torch.randint(0, 999, (messages,), dtype=torch.int16, generator=generator),
    }


def written_size(codec: Codec) -> str | None:
    """A message takes as many bytes as the codec says, and no more than it promised."""
    wire, sizes = _second(codec), codec.nbytes(MESSAGE, _second(codec)).tolist()
    for number, said in enumerate(sizes):
        written = len(codec.write(MESSAGE, wire, number))
        if written != said:
            return f"message {number}: {said} bytes said, {written} written"
        if said > codec.most_bytes(MESSAGE) or (codec.fixed and said != codec.most_bytes(MESSAGE)):
            return f"message {number}: {said} bytes, where {codec.most_bytes(MESSAGE)} were promised"
    return None


def alone_or_together(codec: Codec) -> str | None:
    """A message means the same alone and among others."""
    sent = rows()
    whole = roundtrip(codec, MESSAGE, sent)
    memory, read = (fresh(codec, MESSAGE, end, len(sent["free"])) for end in ("sender", "receiver"))
    for number in range(len(sent["free"])):
        wire, _ = codec.encode(MESSAGE, _row(sent, number), _row(memory, number))
        alone, _ = codec.decode(MESSAGE, wire, _row(read, number))
        if wrong := _differs(_row(whole, number), alone):
            return f"'{wrong}' of message {number} differs"
    return None


def bytes_say_all(codec: Codec) -> str | None:
    """Bytes decode to what the receiver computes with."""
    sent, memory = _row(rows(), 1), fresh(codec, MESSAGE, "receiver", 2)
    wire, _ = codec.encode(MESSAGE, sent, _row(fresh(codec, MESSAGE, "sender", 2), 1))
    arrived, _ = codec.decode(MESSAGE, wire, _row(memory, 1))
    read, _ = codec.decode(MESSAGE, codec.read(MESSAGE, codec.write(MESSAGE, wire, 0)), _row(memory, 1))
    wrong = _differs(arrived, read)
    return f"'{wrong}' differs" if wrong else None


def shapes_and_types(codec: Codec) -> str | None:
    """What arrives has the shape that was sent, whole numbers are exact, and all is finite."""
    sent = rows()
    for name, value in roundtrip(codec, MESSAGE, sent).items():
        if value.shape != sent[name].shape:
            return f"'{name}' is {list(value.shape)}, was {list(sent[name].shape)}"
        if not torch.isfinite(value.float()).all():
            return f"'{name}' is not finite"
        if not sent[name].is_floating_point() and not torch.equal(value, sent[name]):
            return f"'{name}' holds whole numbers, and they changed"
    return None


def memory_is_not_written_to(codec: Codec) -> str | None:
    """A memory that is given is never written to: an exchange may be lost."""
    held = fresh(codec, MESSAGE, "sender", 6)
    before = {name: values.clone() for name, values in held.items()}
    codec.encode(MESSAGE, rows(), held)
    wrong = _differs(before, held)
    return f"'{wrong}' was changed in place" if wrong else None


def _second(codec: Codec) -> Tensors:
    """Return the wire of second messages: both ends remember the first."""
    _, later = codec.encode(MESSAGE, rows(), fresh(codec, MESSAGE, "sender", 6))
    return codec.encode(MESSAGE, {name: values.flip(0) for name, values in rows().items()}, later)[0]


def _row(tensors: Rows, number: int) -> Tensors:
    return {name: value[number : number + 1] for name, value in tensors.items()}


def _differs(first: Rows, second: Rows) -> str | None:
    return next((name for name, value in first.items() if not torch.equal(value, second[name])), None)


LAWS: tuple[Law, ...] = (written_size, alone_or_together, bytes_say_all, shapes_and_types, memory_is_not_written_to)
