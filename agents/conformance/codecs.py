"""What every codec keeps: declared sizes are those of the bytes written, and messages know nothing of each other."""

from __future__ import annotations

import torch

from agents.codecs.message import Codec, Field, decode, encode, nbytes, roundtrip
from agents.contract.laws import Law

MESSAGE = (
    Field("bounded", (4, 3), bound=1.0),
    Field("free", (5,)),
    Field("label", (4,), "int32"),
    Field("version", (), "int16"),
)


def rows(messages: int = 6) -> dict[str, torch.Tensor]:
    """Return messages as methods send them, a silent one among them."""
    chance = torch.Generator().manual_seed(0)
    free = torch.randn(messages, 5, generator=chance)
    free[0] = 0.0
    return {
        "bounded": torch.rand(messages, 4, 3, generator=chance) * 2 - 1,
        "free": free,
        "label": torch.randint(-1, 10, (messages, 4), dtype=torch.int32, generator=chance),
        "version": torch.randint(0, 999, (messages,), dtype=torch.int16, generator=chance),
    }


def declared_size(codec: Codec) -> str | None:
    """A message takes as many bytes as declared."""
    written = len(encode(codec, MESSAGE, {name: value[0] for name, value in rows().items()}))
    declared = nbytes(codec, MESSAGE)
    return None if written == declared else f"{declared} bytes declared, {written} written"


def alone_or_together(codec: Codec) -> str | None:
    """A message means the same alone and among others."""
    sent = rows()
    whole = roundtrip(codec, MESSAGE, sent)
    for number in range(len(sent["free"])):
        alone = roundtrip(codec, MESSAGE, {name: value[number : number + 1] for name, value in sent.items()})
        if wrong := _differs({name: value[number : number + 1] for name, value in whole.items()}, alone):
            return f"'{wrong}' of message {number} differs"
    return None


def bytes_and_batches(codec: Codec) -> str | None:
    """Bytes decode to what the receiver computes with."""
    sent = {name: value[1:2] for name, value in rows().items()}
    data = encode(codec, MESSAGE, {name: value[0] for name, value in sent.items()})
    decoded = {name: value[None] for name, value in decode(codec, MESSAGE, data).items()}
    wrong = _differs(roundtrip(codec, MESSAGE, sent), decoded)
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


def _differs(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> str | None:
    return next((name for name, value in first.items() if not torch.equal(value, second[name])), None)


LAWS: tuple[Law, ...] = (declared_size, alone_or_together, bytes_and_batches, shapes_and_types)
