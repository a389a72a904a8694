from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.metrics import Ranking
from agents.models.base import Base
from agents.models.fitting import fit_heads, gradient
from agents.models.making import make_net
from agents.models.ranking import RankingTrunk, ScoringHead
from agents.models.training import generator, initial_head, initialise
from agents.seeding import Purpose

ITEMS, WINDOW, CANDIDATES = 50, 10, 20
OPTIONS = {"items": ITEMS, "window": WINDOW}
NETS = ("din", "gru4rec", "sasrec")
#: Trunk without embeddings, table of positions, head: the sizes of the published nets at width 32.
SIZES = {"din": (5_184, 0, 16_641), "gru4rec": (9_504, 0, 2_112), "sasrec": (15_872, 32_768, 2_112)}


def base_of(name: str) -> Base:
    net = make_net(name, (WINDOW + CANDIDATES,), CANDIDATES, {}, OPTIONS)
    trunk, chance = net.build_trunk(), generator(1, Purpose.PRETRAIN)
    initialise(trunk, chance)
    return Base(net, trunk.eval(), net.head.unpack(initial_head(net.head, chance)))


def raw_rows(rows: int, candidates: int = CANDIDATES) -> torch.Tensor:
    """Windows of every length from none to full, and candidates."""
    chance = np.random.default_rng(0)
    window = chance.integers(1, ITEMS + 1, (rows, WINDOW))
    window[np.arange(WINDOW) >= (np.arange(rows) % (WINDOW + 1))[:, None]] = 0
    shown = chance.integers(1, ITEMS + 1, (rows, candidates))
    return torch.from_numpy(np.concatenate([window, shown], 1))


@pytest.mark.parametrize("name", NETS)
def test_nets_have_the_size_of_the_published_ones(name: str) -> None:
    net = make_net(name, (WINDOW + CANDIDATES,), CANDIDATES, {}, {"items": 899, "window": WINDOW})
    trunk, positions, head = SIZES[name]
    assert net.head.params == head
    assert sum(weights.numel() for weights in net.build_trunk().parameters()) == trunk + positions + 900 * 32


@pytest.mark.parametrize("name", NETS)
def test_what_stands_in_the_padding_changes_nothing(name: str) -> None:
    base, raw = base_of(name), raw_rows(33)
    trunk = base.trunk
    assert isinstance(trunk, RankingTrunk)
    before = base.features(raw).clone()
    spoiled = torch.nn.Embedding(ITEMS + 1, 32)
    spoiled.weight.data = trunk.embedding.weight.detach().clone()
    spoiled.weight.data[0] += 5.0
    trunk.embedding = spoiled
    length = (raw[:, :WINDOW] > 0).sum(1)
    after = base.features(raw)
    assert torch.allclose(before[length > 0], after[length > 0], atol=1e-6)
    assert not torch.allclose(before[length == 0], after[length == 0])
    assert torch.isfinite(before).all()


@pytest.mark.parametrize("name", NETS)
def test_the_latest_click_and_the_order_of_the_others_count_as_they_should(name: str) -> None:
    base, raw = base_of(name), raw_rows(11)[-1:]
    last, first = raw.clone(), raw.clone()
    last[0, WINDOW - 1] = raw[0, WINDOW - 1] % ITEMS + 1
    first[0, :2] = raw[0, :2].flip(0)
    assert not torch.equal(base.features(raw), base.features(last))
    # DIN weighs its clicks without regard to their order; the others read a sequence.
    same = torch.allclose(base.features(raw), base.features(first), atol=1e-6)
    assert same == (name == "din")


@pytest.mark.parametrize("name", NETS)
def test_a_score_belongs_to_its_candidate_alone(name: str) -> None:
    base, raw = base_of(name), raw_rows(22)
    scores = logits(base, raw)
    order = torch.randperm(CANDIDATES, generator=generator(2, Purpose.METHOD))
    shuffled = torch.cat([raw[:, :WINDOW], raw[:, WINDOW:][:, order]], 1)
    assert torch.allclose(logits(base, shuffled), scores[:, order], atol=1e-5)
    assert torch.allclose(logits(base, raw[:, : WINDOW + 5]), scores[:, :5], atol=1e-5)


@pytest.mark.parametrize("name", NETS)
def test_bits_of_scores_do_not_depend_on_the_batch(name: str) -> None:
    base = base_of(name)
    x = base.features(raw_rows(64)).view(8, 8, -1)
    layers = {key: value.expand(8, -1, -1).contiguous() for key, value in base.layers.items()}
    together = base.head.forward(layers, x)
    for device in (0, 5):
        alone = {key: value[device : device + 1] for key, value in layers.items()}
        assert torch.equal(base.head.forward(alone, x[device : device + 1]), together[device : device + 1])
    fewer = base.head.forward({key: value[2:5] for key, value in layers.items()}, x[2:5])
    assert torch.equal(fewer, together[2:5])


@pytest.mark.parametrize("name", NETS)
def test_gradients_of_ranking_heads_are_those_of_the_general_machinery(name: str) -> None:
    base = base_of(name)
    head = base.head
    x = base.features(raw_rows(24)).view(3, 8, -1).detach()
    label = torch.from_numpy(np.random.default_rng(4).integers(CANDIDATES, size=(3, 8)))
    share = torch.rand(3, 8, 1, generator=generator(5, Purpose.METHOD))
    packed = head.pack(base.layers).repeat(3, 1).detach()
    packed = (packed + 0.3 * torch.randn(packed.shape, generator=generator(6, Purpose.METHOD))).requires_grad_()
    loss = Ranking().loss_nats(head.forward(head.unpack(packed), x), label)
    (loss * share[..., 0]).sum().backward()
    by_hand = gradient(head, head.unpack(packed.detach()), x, label, share)
    assert packed.grad is not None
    assert torch.allclose(head.pack(by_hand), packed.grad, atol=1e-5)


@pytest.mark.parametrize("name", NETS)
def test_a_head_can_learn_what_its_user_clicks(name: str) -> None:
    base = base_of(name)
    x, label = base.features(raw_rows(24)).view(1, 24, -1), torch.zeros(1, 24, dtype=torch.int64)
    before = Ranking().training_loss(base.head.forward(base.layers, x), label)
    fitted = fit_heads(base.head, base.head.pack(base.layers), x, label, steps=60, rate=1e-2)
    assert Ranking().training_loss(base.head.forward(base.head.unpack(fitted), x), label) < 0.8 * before


def test_what_methods_see_of_the_world_comes_first_in_the_features() -> None:
    for name in NETS:
        base, raw = base_of(name), raw_rows(11)
        assert isinstance(base.head, ScoringHead)
        other = raw.clone()
        other[:, WINDOW:] = raw[:, WINDOW:].flip(1)
        context = base.head.context
        assert torch.equal(base.features(raw)[:, :context], base.features(other)[:, :context])
        assert not torch.equal(base.features(raw)[:, context:], base.features(other)[:, context:])


@pytest.mark.parametrize("name", NETS)
def test_a_ranker_refuses_data_without_items_and_options_of_others(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} ranks items; the data have none"):
        make_net(name, (64,), 10, {})
    with pytest.raises(ValueError, match=f"{name} has no option 'hidden'"):
        make_net(name, (64,), 10, {"hidden": 3}, OPTIONS)


def test_sasrec_has_no_place_for_endless_windows() -> None:
    with pytest.raises(ValueError, match="a window of 1025 clicks is above 1024"):
        make_net("sasrec", (1125,), 100, {}, {"items": 10, "window": 1025})


def logits(base: Base, raw: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return base.head.forward(base.layers, base.features(raw).unsqueeze(0))[0]
