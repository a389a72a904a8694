from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.codecs import CODECS as TABLE
from agents.codecs.making import make_codec
from agents.codecs.message import Codec, Field, coded, decode, encode, nbytes, roundtrip

MESSAGE = (
    Field("features", (4, 3), bound=1.0),
    Field("free", (5,)),
    Field("label", (4,), "int32"),
    Field("version", (), "int16"),
    Field("prototype", (), "uint8"),
    Field("known", (2,), header=True),
)
CODECS = {name: make_codec(name, component.quick) for name, component in TABLE.items()}
SIZES = {"fp32": 12 * 4 + 5 * 4 + 19, "fp16": 12 * 2 + 5 * 2 + 19, "int8": 12 + 4 + 5 + 19}


def rows(messages: int, seed: int = 0, scale: float = 1.0) -> dict[str, torch.Tensor]:
    chance = torch.Generator().manual_seed(seed)
    return {
        "features": torch.rand(messages, 4, 3, generator=chance) * 2 - 1,
        "free": torch.randn(messages, 5, generator=chance) * scale,
        "label": torch.randint(-1, 10, (messages, 4), dtype=torch.int32, generator=chance),
        "version": torch.randint(0, 999, (messages,), dtype=torch.int16, generator=chance),
        "prototype": torch.randint(0, 255, (messages,), dtype=torch.uint8, generator=chance),
        "known": torch.randn(messages, 2, generator=chance),
    }


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest) -> Codec:
    return CODECS[request.param]


@pytest.mark.parametrize("name", CODECS)
def test_sizes_are_those_of_the_bytes_written(name: str) -> None:
    one = {key: value[0] for key, value in rows(1).items()}
    assert nbytes(CODECS[name], MESSAGE) == len(encode(CODECS[name], MESSAGE, one)) == SIZES[name]


@settings(deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([0.0, 1e-3, 1.0, 1e6]))
def test_the_fast_path_is_encoding_and_decoding(seed: int, scale: float) -> None:
    sent = rows(3, seed, scale)
    for codec in CODECS.values():
        fast = roundtrip(codec, MESSAGE, sent)
        for row in range(3):
            one = decode(codec, MESSAGE, encode(codec, MESSAGE, {key: value[row] for key, value in sent.items()}))
            assert "known" not in one
            for key, value in one.items():
                assert torch.equal(fast[key][row], value)
                assert fast[key].dtype == value.dtype


def test_what_waits_is_as_large_as_what_is_sent(codec: Codec) -> None:
    wire = coded(codec, MESSAGE, rows(3))
    sizes = {key: values[0].numel() * values.element_size() for key, values in wire.items()}
    assert sum(sizes.values()) - sizes["known"] == nbytes(codec, MESSAGE)


def test_full_precision_changes_no_bit() -> None:
    sent = rows(3)
    received = roundtrip(CODECS["fp32"], MESSAGE, sent)
    assert all(torch.equal(received[key], sent[key]) for key in sent)


def test_integers_and_headers_pass_every_codec_unchanged(codec: Codec) -> None:
    sent = rows(3)
    received = roundtrip(codec, MESSAGE, sent)
    for key in ("label", "version", "prototype", "known"):
        assert torch.equal(received[key], sent[key])


def test_int8_errs_by_half_a_step_at_most() -> None:
    sent = rows(50)
    received = roundtrip(CODECS["int8"], MESSAGE, sent)
    assert (received["features"] - sent["features"]).abs().max() <= 1.0 / 254 + 1e-7
    largest = sent["free"].abs().amax(1, keepdim=True)
    assert ((received["free"] - sent["free"]).abs() <= largest / 254 * 1.0001).all()


def test_the_largest_half_stands_for_what_is_larger() -> None:
    field = (Field("x", (2,)),)
    assert roundtrip(CODECS["fp16"], field, {"x": torch.tensor([[1e9, -1e9]])})["x"].tolist() == [[65504.0, -65504.0]]


def test_rows_are_coded_apart(codec: Codec) -> None:
    sent = rows(4)
    alone = roundtrip(codec, MESSAGE, {key: value[2:3] for key, value in sent.items()})
    together = roundtrip(codec, MESSAGE, sent)
    assert all(torch.equal(alone[key], together[key][2:3]) for key in sent)


def test_a_message_of_the_wrong_length_is_refused(codec: Codec) -> None:
    with pytest.raises(ValueError, match="expected"):
        decode(codec, MESSAGE, b"short")


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(ValueError, match="'fp8' is unknown; known are fp32, fp16, int8"):
        make_codec("fp8")
