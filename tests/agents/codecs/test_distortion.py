"""How much of a message codecs lose: bounds that hold for all numbers, shares that Gaussian numbers lose, and means."""

from __future__ import annotations

from itertools import pairwise
from math import exp, pi, sqrt
from typing import Any

import pytest
import torch
from some_messages import KINDS, cut, equal

from agents.codecs.base import Codec, begun, fresh, roundtrip
from agents.codecs.codebook import cluster_centres
from agents.codecs.making import make_codec
from agents.codecs.message import Field, Tensors
from agents.kernels import product

#: Codecs that leave most of a message out, bare, and what they keep of Gaussian numbers at least.
PARTIAL: dict[str, tuple[dict[str, Any], float]] = {
    "topk": ({"share": 0.25}, 0.25),
    "random_k": ({"share": 0.25}, 0.0),
    "one_bit": ({}, 0.2),
    "low_rank": ({"rank": 1}, 0.0),
}
SHAPE = (8, 5)
FIELD = (Field("x", SHAPE),)


def gaussian(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def lost(sent: torch.Tensor, arrived: torch.Tensor) -> torch.Tensor:
    """Return the share of the squares of each message that is lost."""
    return (arrived - sent).square().flatten(1).sum(1) / sent.square().flatten(1).sum(1)


def bare(name: str, **options: Any) -> Codec:
    return make_codec(name, {**options, "feedback": False}, seed=3)


def messages(codec: Codec, x: torch.Tensor, count: int, field: tuple[Field, ...] = FIELD) -> torch.Tensor:
    """Return what arrives of ``x`` [devices, ...] sent again and again, [count, devices, ...]."""
    ends: list[Tensors] = [fresh(codec, field, end, len(x)) for end in ("sender", "receiver")]  # type: ignore[arg-type]
    arrived = []
    for _ in range(count):
        wire, ends[0] = codec.encode(field, {"x": x}, ends[0])
        rows, ends[1] = codec.decode(field, wire, ends[1])
        arrived.append(rows["x"])
    return torch.stack(arrived)


def test_half_a_float_keeps_its_range_and_eight_binary_digits() -> None:
    x = gaussian(4, 1000) * torch.tensor([[1e-30], [1e-3], [1.0], [1e30]])
    arrived = roundtrip(KINDS["bf16"], (Field("x", (1000,)),), {"x": x})["x"]
    assert ((arrived - x).abs() <= 2.0**-8 * x.abs()).all()
    largest = torch.tensor([[3.4e38, -3.4e38]])
    assert (
        roundtrip(KINDS["bf16"], (Field("x", (2,)),), {"x": largest})["x"].abs().max()
        == torch.finfo(torch.bfloat16).max
    )


@pytest.mark.parametrize("bound", [None, 4.0])
def test_four_bits_err_by_less_than_a_step_and_half_of_it_to_the_nearest(bound: float | None) -> None:
    field, x = (Field("x", (40,), bound=bound),), gaussian(500, 40).clamp(-4, 4)
    step = torch.full((500, 1), 4.0 / 7) if bound else x.abs().amax(1, keepdim=True) / 7
    for name, most in (("int4", 1.0), ("int4 nearest", 0.5)):
        assert ((roundtrip(KINDS[name], field, {"x": x})["x"] - x).abs() <= most * step * (1 + 1e-5)).all()
    assert KINDS["int4"].most_bytes(field) == 20 + (0 if bound else 4)
    assert KINDS["int4"].most_bytes((Field("x", (1386,)),)) == 697


def test_rounding_at_random_is_right_on_average_and_loses_twice_as_much() -> None:
    field, x = (Field("x", (200_000,)),), gaussian(1, 200_000)
    near, random = (float(lost(x, roundtrip(KINDS[name], field, {"x": x})["x"])) for name in ("int4 nearest", "int4"))
    # Steps of max / 7, and a twelfth of a step squared, is lost on average where all steps are as likely.
    step = float(x.abs().max()) / 7
    assert near == pytest.approx(step**2 / 12, rel=0.02)
    assert random == pytest.approx(2 * near, rel=0.02)
    y = gaussian(6, *SHAPE, seed=1)
    arrived, steps = messages(make_codec("int4", seed=3), y, 600), y.abs().flatten(1).amax(1).view(-1, 1, 1) / 7
    # A mean of n messages, each within a step of the truth and with a variance of a quarter of a step squared at most.
    assert ((arrived.mean(0) - y).abs() <= 5.0 * steps / 2 / sqrt(600)).all()
    assert (arrived.var(0) <= steps.square() / 4 * 1.3).all()


def test_draws_are_those_of_a_device_and_an_exchange_and_a_seed() -> None:
    codec, other = (make_codec("int4", seed=seed) for seed in (3, 4))
    x = gaussian(1, *SHAPE).expand(4, *SHAPE)
    held = codec.memory(FIELD, torch.tensor([7, 2, 7, 9]), "sender")
    wire, later = codec.encode(FIELD, {"x": x}, held)
    assert torch.equal(wire["x.numbers"][0], wire["x.numbers"][2])
    assert not torch.equal(wire["x.numbers"][0], wire["x.numbers"][1])
    assert equal(cut(codec.encode(FIELD, {"x": x}, cut(held, slice(3, 4)))[0], slice(0, 1)), cut(wire, slice(3, 4)))
    # An exchange that is lost is repeated as it was; one that counts is followed by other draws.
    assert equal(codec.encode(FIELD, {"x": x}, held)[0], wire)
    assert not equal(codec.encode(FIELD, {"x": x}, later)[0], wire)
    assert not equal(other.encode(FIELD, {"x": x}, held)[0], wire)


@pytest.mark.parametrize(("share", "gone"), [(0.01, 0.92), (0.05, 0.72), (0.1, 0.56)])
def test_the_largest_numbers_hold_more_than_their_share(share: float, gone: float) -> None:
    field, x = (Field("x", (20_000,)),), gaussian(3, 20_000)
    found = lost(x, roundtrip(bare("topk", share=share), field, {"x": x})["x"])
    assert (found <= 1 - share).all()
    assert float(found.mean()) == pytest.approx(gone, abs=0.01)


def test_random_places_lose_all_but_their_share_and_cost_no_bytes() -> None:
    codec, x = bare("random_k", share=0.2), gaussian(50, *SHAPE)
    assert codec.most_bytes(FIELD) == 8 * 4
    arrived = messages(codec, x, 200)
    assert ((arrived != 0).flatten(2).sum(2) == 8).all()
    assert float((arrived - x).square().sum() / x.square().sum() / 200) == pytest.approx(0.8, abs=0.01)
    scaled = messages(bare("random_k", share=0.2, scaled=True), x, 400)
    # Of k of d numbers, scaled: the mean is right, and the variance (d / k - 1) times the square.
    assert ((scaled.mean(0) - x).abs() <= 5.0 * x.abs() * sqrt(4.0 / 400)).all()
    assert float(scaled.var(0).sum() / x.square().sum()) == pytest.approx(4.0, rel=0.05)


def test_signs_lose_what_the_mean_does_not_explain() -> None:
    field, x = (Field("x", (20_000,)),), gaussian(4, 20_000) * torch.tensor([[1.0], [5.0], [1e-20], [0.0]])
    arrived = roundtrip(bare("one_bit"), field, {"x": x})["x"]
    kept = x[:2].abs().sum(1).square() / (20_000 * x[:2].square().sum(1))
    assert torch.allclose(lost(x[:2], arrived[:2]), 1 - kept, atol=1e-3)
    assert float(lost(x[:1], arrived[:1])) == pytest.approx(1 - 2 / pi, abs=0.01)
    assert not arrived[3].any()
    assert bare("one_bit").most_bytes((Field("x", (1386,)),)) == 178


def test_thin_matrices_find_the_largest_singular_values() -> None:
    field, x = (Field("x", (30, 20)),), gaussian(5, 30, 20)
    beyond = torch.linalg.svdvals(x)[:, 3:].square().sum(1) / x.square().flatten(1).sum(1)
    found = [lost(x, one) for one in messages(bare("low_rank", rank=3), x, 300, field)]
    # Eckart and Young (1936): no matrix of the rank is nearer; power steps come as near.
    assert all((one >= beyond * (1 - 1e-4)).all() for one in found)
    assert torch.allclose(found[-1], beyond, rtol=1e-3)
    thin = product(gaussian(5, 30, 3, seed=1), gaussian(5, 3, 20, seed=2))
    assert (lost(thin, roundtrip(bare("low_rank", rank=3), field, {"x": thin})["x"]) < 1e-9).all()
    assert bare("low_rank", rank=3).most_bytes(field) == 4 * 3 * (30 + 20)


def test_a_thin_matrix_that_found_nothing_is_looked_for_again() -> None:
    codec, field = bare("low_rank", rank=2), (Field("x", (9, 7)),)
    _, later = codec.encode(field, {"x": torch.zeros(1, 9, 7)}, fresh(codec, field, "sender", 1))
    x = product(gaussian(1, 9, 2), gaussian(1, 2, 7, seed=1))
    wire, _ = codec.encode(field, {"x": x}, later)
    assert lost(x, codec.decode(field, wire, {})[0]["x"]) < 1e-9
    line = (Field("x", (60,)),)
    assert torch.equal(roundtrip(codec, line, {"x": gaussian(2, 60)})["x"], gaussian(2, 60))


@pytest.mark.parametrize("name", PARTIAL)
def test_error_feedback_keeps_all_that_was_not_sent_and_never_much(name: str) -> None:
    options, kept = PARTIAL[name]
    codec = make_codec(name, options, seed=3)
    ends = [fresh(codec, FIELD, end, 20) for end in ("sender", "receiver")]  # type: ignore[arg-type]
    sent, arrived, largest = torch.zeros(20, *SHAPE), torch.zeros(20, *SHAPE), 0.0
    for step in range(120):
        x = gaussian(20, *SHAPE, seed=step)
        wire, ends[0] = codec.encode(FIELD, {"x": x}, ends[0])
        rows, ends[1] = codec.decode(FIELD, wire, ends[1])
        sent, arrived = sent + x, arrived + rows["x"]
        largest = max(largest, float(x.square().flatten(1).sum(1).max()))
        assert torch.allclose(arrived + ends[0]["x"], sent, atol=2e-4)
        if kept:
            # Karimireddy et al. (2019), lemma 3, for what loses at most the share (1 - kept) of the squares.
            rest = float(ends[0]["x"].square().flatten(1).sum(1).max())
            assert rest <= 4 * (1 - kept) / kept**2 * largest


@pytest.mark.parametrize("numbers", [{"kind": name, **options} for name, (options, _) in PARTIAL.items()], ids=PARTIAL)
def test_differences_bring_a_state_that_rests_whole(numbers: dict[str, Any]) -> None:
    x = gaussian(6, *SHAPE)
    arrived = messages(make_codec("delta", {"numbers": numbers}, seed=3), x, 400)
    gone = torch.stack([lost(x, one) for one in arrived])
    assert (gone[-1] < 1e-4).all()
    if numbers["kind"] == "topk":
        # EF21: what is lost shrinks by the share that is sent, exchange by exchange.
        assert all((gone[step] <= exp(-0.25 * (step + 1)) + 1e-12).all() for step in range(40))
    meant = make_codec("delta", {"numbers": numbers, "feedback": False}, seed=3)
    assert (lost(x, messages(meant, x, 400)[-1]) > 0.05).all()


def test_differences_begin_at_what_both_ends_know() -> None:
    codec, x = make_codec("delta", {"numbers": {"kind": "topk", "share": 0.1}}), gaussian(1, *SHAPE)
    held = [begun(codec, FIELD, torch.arange(3), end, {"x": x}) for end in ("sender", "receiver")]  # type: ignore[arg-type]
    near = x.expand(3, *SHAPE).clone()
    near[:, 0, 0] += 1.0
    wire, _ = codec.encode(FIELD, {"x": near}, held[0])
    assert torch.allclose(codec.decode(FIELD, wire, held[1])[0]["x"], near)


def test_signs_alone_go_nowhere_where_feedback_arrives() -> None:
    # Karimireddy et al. (2019), counter-example 2: |x + y| / 2 + |x - y|, whose signs never leave the line x + y = 2.
    def value(at: torch.Tensor) -> float:
        return float(0.5 * (at[0, 0] + at[0, 1]).abs() + (at[0, 0] - at[0, 1]).abs())

    field, ends = (Field("x", (2,)),), []
    for codec in (bare("one_bit"), make_codec("one_bit")):
        at, memory = torch.tensor([[1.0, 1.0]]), fresh(codec, field, "sender", 1)
        for step in range(3000):
            along, across = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, -1.0]])
            slope = 0.5 * along * torch.sign(at.sum() + 1e-9) + across * torch.sign(at[0, 0] - at[0, 1] + 1e-9)
            wire, memory = codec.encode(field, {"x": slope * 0.1 / sqrt(step + 1)}, memory)
            at = at - codec.decode(field, wire, {})[0]["x"]
        ends.append(value(at))
    assert ends[0] >= 0.99
    assert ends[1] < 0.05


@pytest.mark.parametrize(("codes", "least"), [(2, 0.3634), (4, 0.1175), (8, 0.03454)])
def test_clusters_lose_as_little_as_the_best_steps_for_gaussian_numbers(codes: int, least: float) -> None:
    # Max, "Quantizing for minimum distortion" (1960), table 1.
    field, x = (Field("x", (8000,)),), gaussian(2, 8000)
    found = lost(x, roundtrip(make_codec("codebook", {"codes": codes}), field, {"x": x})["x"])
    assert found.tolist() == pytest.approx([least] * 2, rel=0.1)
    even = lost(x, roundtrip(make_codec("codebook", {"codes": codes, "centres": "uniform"}), field, {"x": x})["x"])
    assert (even > found).all()


def test_even_steps_err_by_half_a_step_at_most() -> None:
    x = gaussian(9, *SHAPE)
    step = (x.flatten(1).amax(1) - x.flatten(1).amin(1)).view(-1, 1, 1) / 15
    codec = make_codec("codebook", {"centres": "uniform"})
    assert ((roundtrip(codec, FIELD, {"x": x})["x"] - x).abs() <= step / 2 * (1 + 1e-5)).all()
    assert codec.most_bytes(FIELD) == 8 + 20


@pytest.mark.parametrize("block", [1, 2])
def test_few_different_values_arrive_as_they_are(block: int) -> None:
    field, values = (Field("x", (60,)),), gaussian(4 * block)
    picked = torch.randint(4, (3, 60 // block), generator=torch.Generator().manual_seed(1))
    x = values.view(4, block)[picked].reshape(3, 60)
    codec = make_codec("codebook", {"codes": 4, "block": block})
    assert torch.equal(roundtrip(codec, field, {"x": x})["x"], x)
    assert codec.most_bytes(field) == 4 * 4 * block + -(-2 * 60 // block // 8)


def test_each_round_of_clustering_loses_less() -> None:
    blocks = gaussian(300, 3).numpy()
    gone = [((blocks[:, None] - centres) ** 2).sum(2).min(1).mean() for centres in cluster_centres(blocks, 12)]
    assert all(later <= before + 1e-12 for before, later in pairwise(gone))
    assert gone[-1] < 0.8 * gone[0]
