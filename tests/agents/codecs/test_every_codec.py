"""What every codec must keep; a newcomer in the list passes all of it for free."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from some_messages import KINDS, MESSAGE, cut, equal, rows

from agents.codecs.around import Around
from agents.codecs.base import Codec, End, Rows, fresh, nbytes_of, roundtrip
from agents.codecs.making import make_codec
from agents.codecs.message import Field, Message, Tensors, floats

MESSAGES = 7


@pytest.fixture(params=KINDS)
def codec(request: pytest.FixtureRequest) -> Codec:
    return KINDS[request.param]


def second(codec: Codec, messages: int, seed: int = 0, scale: float = 1.0) -> tuple[Tensors, Tensors, Tensors, Tensors]:
    """Return the wire of second messages, both ends' memories before them, and the sender's after them."""
    ends = [fresh(codec, MESSAGE, end, messages) for end in ("sender", "receiver")]  # type: ignore[arg-type]
    wire, sender = codec.encode(MESSAGE, rows(messages, seed + 1, scale), ends[0])
    _, receiver = codec.decode(MESSAGE, wire, ends[1])
    wire, later = codec.encode(MESSAGE, rows(messages, seed, scale), sender)
    return wire, sender, receiver, later


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([0.0, 1e-3, 1.0, 1e6]))
def test_sizes_are_those_of_the_bytes_written_and_these_say_all(seed: int, scale: float) -> None:
    for codec in KINDS.values():
        wire, _, receiver, _ = second(codec, 3, seed, scale)
        sizes, arrived = codec.nbytes(MESSAGE, wire).tolist(), codec.decode(MESSAGE, wire, receiver)[0]
        for row in range(3):
            data = codec.write(MESSAGE, wire, row)
            assert len(data) == sizes[row] <= codec.most_bytes(MESSAGE)
            one = codec.read(MESSAGE, data) | {"known": wire["known"][row : row + 1]}
            assert equal(
                codec.decode(MESSAGE, one, cut(receiver, slice(row, row + 1)))[0], cut(arrived, slice(row, row + 1))
            )


def test_sizes_are_fixed_where_the_codec_says_so(codec: Codec) -> None:
    # Mostly small numbers, and few large ones: what there is to gain from.
    sent = rows(50) | {"features": rows(50)["features"] ** 9}
    wire, _ = codec.encode(MESSAGE, sent, fresh(codec, MESSAGE, "sender", 50))
    sizes = codec.nbytes(MESSAGE, wire)
    assert sizes.dtype == torch.int64
    assert bool((sizes == codec.most_bytes(MESSAGE)).all()) == codec.fixed


def test_one_by_one_is_many_at_once_to_the_bit(codec: Codec) -> None:
    sent = rows(MESSAGES)
    _, held, receiver, _ = second(codec, MESSAGES)
    wire, later = codec.encode(MESSAGE, sent, held)
    arrived, read = codec.decode(MESSAGE, wire, receiver)
    for row in range(MESSAGES):
        part = slice(row, row + 1)
        one, after = codec.encode(MESSAGE, cut(sent, part), cut(held, part))
        assert equal(one, cut(wire, part))
        assert equal(after, cut(later, part))
        tensors, memory = codec.decode(MESSAGE, one, cut(receiver, part))
        assert equal(tensors, cut(arrived, part))
        assert equal(memory, cut(read, part))


def test_memories_are_read_only_and_keep_their_names_and_shapes(codec: Codec) -> None:
    for end in ("sender", "receiver"):
        begun = codec.memory(MESSAGE, torch.tensor([4, 9]), end)  # type: ignore[arg-type]
        before = {name: values.clone() for name, values in begun.items()}
        wire = codec.encode(MESSAGE, rows(2), fresh(codec, MESSAGE, "sender", 2))[0]
        later = (codec.encode(MESSAGE, rows(2), begun) if end == "sender" else codec.decode(MESSAGE, wire, begun))[1]
        assert equal(begun, before)
        assert {name: (values.shape, values.dtype) for name, values in later.items()} == {
            name: (values.shape, values.dtype) for name, values in begun.items()
        }


def test_integers_and_headers_pass_unchanged(codec: Codec) -> None:
    sent = rows(3)
    received = roundtrip(codec, MESSAGE, sent)
    assert list(received) == [field.name for field in MESSAGE]
    for name in ("label", "version", "prototype", "known"):
        assert torch.equal(received[name], sent[name])


def test_messages_of_nothing_have_no_bytes(codec: Codec) -> None:
    wire, _ = codec.encode((), {}, fresh(codec, (), "sender", 3))
    assert nbytes_of(codec, (), wire, 3).tolist() == [0, 0, 0]
    assert codec.most_bytes(()) == 0
    header = (Field("known", (2,), header=True),)
    wire, _ = codec.encode(header, {"known": torch.ones(3, 2)}, fresh(codec, header, "sender", 3))
    assert nbytes_of(codec, header, wire, 3).tolist() == [0, 0, 0]
    assert codec.write(header, wire, 0) == b""


def test_a_message_of_the_wrong_length_is_refused(codec: Codec) -> None:
    wire, _, _, _ = second(codec, 1)
    data = codec.write(MESSAGE, wire, 0)
    for wrong in (b"", b"short", data[:-1], data + b"!"):
        with pytest.raises(ValueError, match="expected"):
            codec.read(MESSAGE, wrong)


def test_every_float_field_comes_back_in_its_shape(codec: Codec) -> None:
    received = roundtrip(codec, MESSAGE, rows(2))
    for field in floats(MESSAGE):
        assert received[field.name].shape == (2, *field.shape)
        assert received[field.name].dtype == torch.float32


class RandomPlaces(Around):
    """Send what a few numbers are, at places that both ends draw alike: each counts its messages, device by device."""

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        return {"device": devices.clone(), "count": torch.zeros_like(devices)}

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        wire, _ = self.inner.encode(self.inside(message), {"x": rows["x"].gather(1, self._places(memory))}, {})
        return wire, {**memory, "count": memory["count"] + 1}

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        sent = self.inner.decode(self.inside(message), wire, {})[0]["x"]
        values = sent.new_zeros(len(sent), 8).scatter_(1, self._places(memory), sent)
        return {"x": values}, {**memory, "count": memory["count"] + 1}

    def inside(self, message: Message) -> Message:
        return [Field("x", (2,))]

    def _places(self, memory: Rows) -> torch.Tensor:
        first = 5 * memory["device"] + 3 * memory["count"]
        return torch.stack([first % 8, (first + 1) % 8], 1)


def test_a_memory_may_know_its_device_so_that_both_ends_draw_alike() -> None:
    codec, message, devices = RandomPlaces(make_codec("int8")), (Field("x", (8,)),), torch.tensor([3, 11, 12])
    ends = [codec.memory(message, devices, end) for end in ("sender", "receiver")]  # type: ignore[arg-type]
    arrived, x = torch.zeros(3, 8), torch.arange(1.0, 9.0).expand(3, 8)
    for _ in range(8):
        wire, ends[0] = codec.encode(message, {"x": x}, ends[0])
        rows_, ends[1] = codec.decode(message, wire, ends[1])
        arrived += rows_["x"]
    assert torch.allclose(arrived, 2 * x, rtol=0.01)
    assert codec.most_bytes(message) == 2 + 4
