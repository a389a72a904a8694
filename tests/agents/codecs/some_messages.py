"""Messages as methods have them: floats with and without a bound, integers, and what rides in the header."""

from __future__ import annotations

import torch

from agents.codecs.base import Codec, Rows
from agents.codecs.making import make_codec
from agents.codecs.message import Field, Tensors

MESSAGE = (
    Field("features", (4, 3), bound=1.0),
    Field("free", (5,)),
    Field("label", (4,), "int32"),
    Field("version", (), "int16"),
    Field("prototype", (), "uint8"),
    Field("known", (2,), header=True),
    Field("nothing", (0,)),
)
#: Every codec, with the options that change how it works.
KINDS: dict[str, Codec] = {
    "fp32": make_codec("fp32"),
    "fp16": make_codec("fp16"),
    "int8": make_codec("int8"),
    "rice": make_codec("rice"),
    "topk 40 %": make_codec("topk", {"share": 0.4}),
    "topk 1 %": make_codec("topk", {"share": 0.01, "feedback": False}),
    "topk 100 %": make_codec("topk", {"share": 1.0}),
    "topk above": make_codec("topk", {"share": 0.7, "threshold": 0.5}),
    "topk all above": make_codec("topk", {"share": 1.0, "threshold": 0.5, "feedback": False}),
    "bf16": make_codec("bf16"),
    "int4": make_codec("int4", seed=5),
    "int4 nearest": make_codec("int4", {"rounding": "nearest"}),
    "random_k": make_codec("random_k", {"share": 0.3}, seed=5),
    "random_k scaled": make_codec("random_k", {"share": 0.3, "feedback": False, "scaled": True}),
    "codebook": make_codec("codebook", {"codes": 5}),
    "codebook blocks": make_codec("codebook", {"codes": 4, "block": 2}),
    "codebook even": make_codec("codebook", {"codes": 8, "centres": "uniform"}),
    "one_bit": make_codec("one_bit"),
    "one_bit bare": make_codec("one_bit", {"feedback": False}),
    "low_rank": make_codec("low_rank", {"rank": 1}),
    "low_rank bare": make_codec("low_rank", {"rank": 1, "feedback": False}),
    "delta topk": make_codec("delta", {"numbers": {"kind": "topk", "share": 0.4}}),
    "delta topk above": make_codec("delta", {"numbers": {"kind": "topk", "share": 0.4, "threshold": 0.3}}),
    "delta random_k": make_codec("delta", {"numbers": {"kind": "random_k", "share": 0.4}}, seed=2),
    "delta int4": make_codec("delta", {"numbers": "int4"}, seed=2),
    "delta low_rank": make_codec("delta", {"numbers": {"kind": "low_rank", "rank": 1}}),
    "delta lost": make_codec("delta", {"numbers": {"kind": "topk", "share": 0.4}, "feedback": False}),
    "delta fp32": make_codec("delta", {"numbers": "fp32"}),
    "delta int8": make_codec("delta"),
    "delta rice": make_codec("delta", {"numbers": "rice"}),
}


def rows(messages: int, seed: int = 0, scale: float = 1.0) -> Tensors:
    """Return messages to send."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "features": torch.rand(messages, 4, 3, generator=generator) * 2 - 1,
        "free": torch.randn(messages, 5, generator=generator) * scale,
        "label": torch.randint(-1, 10, (messages, 4), dtype=torch.int32, generator=generator),
        "version": torch.randint(0, 999, (messages,), dtype=torch.int16, generator=generator),
        "prototype": torch.randint(0, 255, (messages,), dtype=torch.uint8, generator=generator),
        "known": torch.randn(messages, 2, generator=generator),
        "nothing": torch.zeros(messages, 0),
    }


def cut(tensors: Rows, part: slice) -> Tensors:
    """Return some rows."""
    return {name: values[part] for name, values in tensors.items()}


def equal(one: Rows, other: Rows) -> bool:
    """Return whether tensors by name are the same bits and types."""
    same = all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)
    return one.keys() == other.keys() and same
