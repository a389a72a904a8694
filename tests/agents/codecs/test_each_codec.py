"""What each codec promises of the numbers that arrive, and of the bytes that they take."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from some_messages import KINDS, MESSAGE, rows

from agents.codecs import CODECS
from agents.codecs.base import fresh, roundtrip
from agents.codecs.making import make_codec
from agents.codecs.message import Field
from agents.codecs.places import pack_places, places_bytes, unpack_places
from agents.contract.plugins import PluginError

SIZES = {"fp32": 12 * 4 + 5 * 4 + 19, "fp16": 12 * 2 + 5 * 2 + 19, "int8": 12 + 4 + 5 + 4 + 19}


def message(numel: int, bound: float | None = None) -> tuple[Field]:
    return (Field("x", (numel,), bound=bound),)


@pytest.mark.parametrize("name", SIZES)
def test_dense_sizes_are_those_of_the_numbers(name: str) -> None:
    assert make_codec(name).most_bytes(MESSAGE) == SIZES[name]


@pytest.mark.parametrize("name", ["fp32", "fp16", "int8"])
def test_what_waits_is_as_large_as_what_is_sent(name: str) -> None:
    wire, _ = make_codec(name).encode(MESSAGE, rows(3), {})
    sizes = {key: values[0].numel() * values.element_size() for key, values in wire.items()}
    assert sum(sizes.values()) - sizes["known"] == SIZES[name]


def test_full_precision_changes_no_bit() -> None:
    sent = rows(3)
    received = roundtrip(KINDS["fp32"], MESSAGE, sent)
    assert all(torch.equal(received[key], sent[key]) for key in sent)


@pytest.mark.parametrize("name", ["int8", "rice"])
def test_eight_bits_err_by_half_a_step_at_most(name: str) -> None:
    sent = rows(50)
    received = roundtrip(KINDS[name], MESSAGE, sent)
    assert (received["features"] - sent["features"]).abs().max() <= 1.0 / 254 + 1e-7
    largest = sent["free"].abs().amax(1, keepdim=True)
    assert ((received["free"] - sent["free"]).abs() <= largest / 254 * 1.0001).all()


def test_the_largest_half_stands_for_what_is_larger() -> None:
    sent = {"x": torch.tensor([[1e9, -1e9]])}
    assert roundtrip(KINDS["fp16"], message(2), sent)["x"].tolist() == [[65504.0, -65504.0]]


def test_an_entropy_code_loses_nothing_and_gains_where_most_numbers_are_small() -> None:
    field = message(1000, 1.0)
    sent = {
        "x": torch.randn(3, 1000, generator=torch.Generator().manual_seed(2)) * torch.tensor([[0.01], [0.1], [9.0]])
    }
    assert torch.equal(roundtrip(KINDS["rice"], field, sent)["x"], roundtrip(KINDS["int8"], field, sent)["x"])
    sizes = KINDS["rice"].nbytes(field, KINDS["rice"].encode(field, sent, {})[0]).tolist()
    # Steps of 1 / 127: a standard deviation of 1.27 steps has an entropy of 2.4 bits, one of 12.7 steps 5.7 bits.
    assert 300 < sizes[0] < 360
    assert 710 < sizes[1] < 780
    assert sizes[2] <= 1001


def second_coder(numbers: list[int], low: int) -> bytes:
    """Return what Rice's code makes of numbers, by strings of digits and arithmetic alone."""
    folded = [2 * number if number >= 0 else -2 * number - 1 for number in numbers]
    plain = [f"{one % 2**low:0{low}b}" if low else "" for one in folded]
    text = "".join(
        ("1" * (one // 2**low) + "0" if low < 8 else "") + rest for one, rest in zip(folded, plain, strict=True)
    )
    filled = text.ljust(-(-len(text) // 8) * 8, "0")
    return int(filled, 2).to_bytes(len(filled) // 8, "big")


@pytest.mark.parametrize("scale", [0.004, 0.03, 0.2, 5.0])
def test_a_second_coder_writes_the_same_bytes_in_the_shortest_of_its_codes(scale: float) -> None:
    field, codec = message(300, 1.0), KINDS["rice"]
    values = scale * torch.randn(1, 300, generator=torch.Generator().manual_seed(8))
    wire, _ = codec.encode(field, {"x": values}, {})
    numbers = (values.clamp(-1.0, 1.0) * 127.0).round().long()[0].tolist()
    shortest = min((second_coder(numbers, low) for low in range(9)), key=len)
    written = codec.write(field, wire, 0)
    assert len(written) == 1 + len(shortest)
    assert written[1:] == second_coder(numbers, written[0])
    share = torch.unique(torch.tensor(numbers), return_counts=True)[1] / 300
    assert 8 * len(shortest) >= -300 * (share * share.log2()).sum()


def test_the_largest_numbers_arrive_and_the_rest_is_zero() -> None:
    sent = {"x": torch.tensor([[3.0, -5.0, 1.0, 0.0, 4.0, -1.0, 2.0, 0.5, 0.1, 0.2]])}
    codec = make_codec("topk", {"share": 0.3, "feedback": False})
    received = roundtrip(codec, message(10), sent)["x"]
    assert received.tolist() == [[3.0, -5.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    # The bound of a k-contraction: what is left has at most the share (1 - k/n) of the squares.
    assert float((sent["x"] - received).square().sum()) <= 0.7 * float(sent["x"].square().sum())
    assert codec.most_bytes(message(10)) == 3 * 4 + 2


def test_equal_numbers_are_sent_in_their_order() -> None:
    codec = make_codec("topk", {"share": 0.5, "feedback": False})
    assert roundtrip(codec, message(4), {"x": torch.ones(1, 4)})["x"].tolist() == [[1.0, 1.0, 0.0, 0.0]]


def test_smaller_numbers_than_the_threshold_cost_nothing() -> None:
    codec = make_codec("topk", {"share": 1.0, "threshold": 2.0, "feedback": False})
    sent = {"x": torch.tensor([[1.0, -3.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]])}
    wire, _ = codec.encode(message(4), sent, {})
    assert codec.decode(message(4), wire, {})[0]["x"].tolist() == [[0.0, -3.0, 2.0, 0.0], [0.0] * 4]
    assert codec.nbytes(message(4), wire).tolist() == [4 + 1 + 8, 4]


@pytest.mark.parametrize("numel", [1, 8, 100, 256, 257, 70_000])
def test_places_take_a_list_or_a_bitmap_whichever_is_smaller(numel: int) -> None:
    generator = np.random.default_rng(numel)
    for count in {0, 1, numel // 40, numel // 2, numel - 1, numel}:
        places = torch.from_numpy(np.sort(generator.choice(numel, count, replace=False)).astype(np.int64))
        data = pack_places(numel, places)
        listed = count * (1 if numel <= 256 else 2 if numel <= 65536 else 4)
        assert len(data) == int(places_bytes(numel, torch.tensor(count)))
        assert len(data) == (0 if count == numel else min(listed, -(-numel // 8)))
        again, size = unpack_places(numel, count, data + b"more")
        assert size == len(data)
        assert torch.equal(again, places)


def test_what_error_feedback_leaves_out_arrives_later() -> None:
    codec, field = make_codec("topk", {"share": 0.25}), message(8)
    generator = torch.Generator().manual_seed(1)
    held, sent, arrived = fresh(codec, field, "sender", 5), torch.zeros(5, 8), torch.zeros(5, 8)
    for _ in range(40):
        x = torch.randn(5, 8, generator=generator)
        wire, held = codec.encode(field, {"x": x}, held)
        sent, arrived = sent + x, arrived + codec.decode(field, wire, {})[0]["x"]
        assert torch.allclose(arrived + held["x"], sent, atol=1e-4)
    constant, arrived = torch.arange(1.0, 9.0).expand(1, 8), torch.zeros(1, 8)
    held = fresh(codec, field, "sender", 1)
    for _ in range(400):
        wire, held = codec.encode(field, {"x": constant}, held)
        arrived += codec.decode(field, wire, {})[0]["x"]
    assert torch.allclose(arrived / 400, constant, rtol=0.05)
    bare = roundtrip(make_codec("topk", {"share": 0.25, "feedback": False}), field, {"x": constant})["x"]
    assert bare[0, 0] == 0.0


@pytest.mark.parametrize("numbers", ["fp32", "fp16", "int8", "rice"])
def test_both_ends_of_a_delta_hold_the_same_and_errors_do_not_add_up(numbers: str) -> None:
    codec, field = make_codec("delta", {"numbers": numbers}), message(6)
    generator = torch.Generator().manual_seed(3)
    ends = [fresh(codec, field, end, 4) for end in ("sender", "receiver")]  # type: ignore[arg-type]
    x = torch.randn(4, 6, generator=generator)
    for step in range(200):
        x = x + 0.01 * torch.randn(4, 6, generator=generator)
        gap = (x - ends[0]["held.x"]).abs().amax(1, keepdim=True)
        wire, sender = codec.encode(field, {"x": x}, ends[0])
        arrived, receiver = codec.decode(field, wire, ends[1])
        assert torch.equal(sender["held.x"], receiver["held.x"])
        assert torch.equal(arrived["x"], receiver["held.x"])
        assert ((arrived["x"] - x).abs() <= gap / 254 + 1e-6).all()
        # Every third message is lost: both ends keep what they had.
        if step % 3:
            ends = [sender, receiver]


def test_options_reach_the_codec_and_wrong_ones_are_refused_by_name() -> None:
    assert make_codec("topk", {"share": 0.5}).most_bytes(message(100)) == 50 * 4 + 13
    for name, options, words in (
        ("fp8", {}, "'fp8' is unknown; known are fp32, fp16, bf16, int8, int4, rice"),
        ("fp32", {"share": 1}, "codec fp32 has no option 'share'; known are none"),
        ("topk", {"shares": 1}, "codec topk has no option 'shares'; known are feedback, share, threshold"),
        ("topk", {"share": 0.0}, "share"),
        ("topk", {"threshold": -1.0}, "threshold"),
        ("delta", {"numbers": "fp8"}, "codec 'fp8' is unknown; known are fp32, fp16"),
        ("delta", {"numbers": {"kind": "topk", "feedback": True}}, "numbers: delta feeds back by itself"),
        ("random_k", {"scaled": True}, "scaled: goes with 'feedback: false' only"),
    ):
        with pytest.raises(ValueError, match=words):
            make_codec(name, options)
    assert all(make_codec(name) for name in CODECS)


OWN = """
class Old:
    dtype = "<f2"

    def quantise(self, values, bound): ...

    def restore(self, coded, bound): ...

    def scale_bytes(self, bound): ...


class Nothing:
    pass
"""


def test_plugins_get_their_options_and_old_ones_are_told_what_replaces_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "own-codec.md").read_text(encoding="utf-8")
    (half,) = re.findall(r"```python[^\n]*\n([^`]*class Half.*?)```", page, re.DOTALL)
    (tmp_path / "own_codecs.py").write_text(half + OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    four = make_codec("own_codecs:Half", {"levels": 4})
    assert roundtrip(four, message(1), {"x": torch.tensor([[0.3]])})["x"].tolist() == [[0.25]]
    with pytest.raises(ValueError, match=r"own_codecs:Half does not take these options: .*'level'"):
        make_codec("own_codecs:Half", {"level": 4})
    with pytest.raises(PluginError, match=r"are no longer called; derive from .*PerField and write layout"):
        make_codec("own_codecs:Old")
    with pytest.raises(PluginError, match="'own_codecs:Nothing' is no codec: it has no 'fixed'"):
        make_codec("own_codecs:Nothing")


@pytest.mark.parametrize("name", CODECS)
def test_the_table_says_which_codecs_remember(name: str) -> None:
    row = CODECS[name]

    def remembers(**options: object) -> bool:
        return bool(fresh(make_codec(name, {**row.quick, **options}), message(100), "sender", 1))

    assert remembers() == bool(row.traits.get("remembers"))
    assert not any(remembers(**{option: value}) for option, value in row.traits.get("forgets", {}).items())
    if hasattr(row.options(**row.quick), "feedback") and "forgets" not in row.traits:
        assert remembers(feedback=False)
