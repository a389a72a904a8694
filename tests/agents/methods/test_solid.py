"""SOLID: what codes stand for, how the codebook follows, what goes up, and what the branch may add."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import QUICK, recent, whose

from agents.conformance.methods import CLICKS, ITEMS, ranked_history, ranked_net
from agents.methods.making import make_method
from agents.methods.recent import Recent
from agents.methods.solid.codebook import MovingBook, nearest
from agents.methods.solid.method import Solid
from agents.methods.solid.network import SemanticNetwork
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.training import generator, pretrain
from agents.seeding import Purpose
from agents.streams.base import History, Past

DEVICES = 11


def made(net: Net, **options: Any) -> Solid:
    method = make_method("solid", {**QUICK["solid"], **options}, "fp32", net)
    assert isinstance(method, Solid)
    return method


@pytest.fixture(scope="module")
def ranked() -> tuple[Net, History, Base]:
    net, history = ranked_net(), ranked_history()
    return net, history, pretrain(history, net, {"epochs": 2}, 3)


def test_the_nearest_vector_of_a_table_is_found() -> None:
    table, rows = torch.randn(9, 5), torch.randn(7, 3, 5)
    assert torch.equal(nearest(rows, table), torch.cdist(rows, table[None]).argmin(2))


def test_gradients_pass_a_codebook_as_if_it_were_not_there() -> None:
    book, rows = MovingBook(4, 3, moves=False), torch.randn(5, 2, 3, requires_grad=True)
    book.sums.copy_(torch.randn(4, 3))
    chosen, codes = book(rows, torch.ones(5, 2, dtype=torch.bool))
    slope = torch.randn(5, 2, 3)
    (chosen * slope).sum().backward()
    assert torch.allclose(chosen.detach(), book.table[codes], atol=1e-6)
    assert torch.equal(rows.grad, slope)


def test_a_moving_codebook_ends_at_the_means_of_what_chooses_it_and_unused_codes_stay() -> None:
    book = MovingBook(3, 2, moves=True)
    book.sums.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 50.0]]))
    draws = torch.Generator().manual_seed(0)
    for _ in range(1500):
        side = torch.randint(2, (64, 1), generator=draws) * 2.0 - 1.0
        rows = side * torch.tensor([3.0, 0.5]) + 0.1 * torch.randn(64, 2, generator=draws)
        book(rows, torch.ones(64, dtype=torch.bool))
    assert torch.allclose(book.table[:2], torch.tensor([[3.0, 0.5], [-3.0, -0.5]]), atol=0.02)
    assert torch.equal(book.table[2], torch.tensor([0.0, 50.0]))


def test_padding_moves_no_code() -> None:
    book, still = MovingBook(2, 2, moves=True), MovingBook(2, 2, moves=True)
    rows = torch.randn(4, 2)
    book(torch.cat([rows, torch.full((3, 2), 9.0)]), torch.arange(7) < 4)
    still(rows, torch.ones(4, dtype=torch.bool))
    assert torch.equal(book.table, still.table)


def test_ten_clicks_go_up_in_twenty_bytes_and_ten_where_codes_take_one() -> None:
    net = make_net("gru4rec", (10 + 5,), 5, {}, {"items": 500, "window": 10})
    assert made(net, codes=450).payload_bytes == 20
    assert made(net, codes=64).payload_bytes == 10
    assert made(net, codes=64, uplink="whole").payload_bytes == 21
    assert made(net).update_bytes == 8_448


def test_devices_send_the_clusters_of_the_items_that_were_clicked(ranked: tuple[Net, History, Base]) -> None:
    net, history, base = ranked
    method = made(net, codes=8)
    cloud = method.prepare(history, base, 3)
    ids = torch.randint(1, ITEMS + 1, (DEVICES, 1, net.input_shape[0]))
    ids[0, 0, 3:CLICKS] = 0
    window = Recent(torch.zeros(0), torch.full((DEVICES, 1), -1), torch.ones(DEVICES, dtype=torch.int64), raw=ids)
    _, payload = method.collect(method.start(cloud, DEVICES), window)
    embedding = base.trunk.embedding.weight[ids[:, 0, :CLICKS]]
    codes = torch.cdist(embedding, cloud["frozen.network.centres.table"][None]).argmin(2) + 1
    assert torch.equal(payload["codes"][:, :, 0].long(), codes * (ids[:, 0, :CLICKS] > 0))


def test_an_image_is_cut_into_patches_row_by_row_and_must_be_divided() -> None:
    net = make_net("cnn", (1, 8, 8), 4, {})
    method = made(net, patch=4, window=3, codes=9)
    image = torch.arange(64.0).view(1, 1, 1, 8, 8)
    vectors = method.source.vectors(image)
    assert vectors.shape == (1, 1, 4, 16)
    assert torch.equal(vectors[0, 0, 1] * 255.0, image[0, 0, 0, :4, 4:].flatten())
    assert method.payload_bytes == 3 * 4
    with pytest.raises(ValueError, match="'patch: 3' does not divide images of 8 x 8"):
        made(net, patch=3)


def test_patches_of_images_are_learnt_and_served() -> None:
    net, draws = make_net("cnn", (1, 8, 8), 4, {"channels": [4], "hidden": [8, 8]}), torch.Generator().manual_seed(1)

    def past(rows: int) -> Past:
        label = torch.randint(4, (rows,), generator=draws)
        return Past(torch.rand(rows, 1, 8, 8, generator=draws), label, torch.randint(2, (rows,), generator=draws))

    history = History(past(200), past(100))
    base, method = pretrain(history, net, {"epochs": 1}, 3), made(net, patch=4, window=4, codes=5, steps=3)
    cloud = method.prepare(history, base, 3)
    raw = torch.rand(2, 4, 1, 8, 8, generator=draws)
    window = Recent(torch.zeros(0), torch.full((2, 4), -1), torch.tensor([4, 0]), raw=raw)
    state = method.start(cloud, 2)
    _, payload = method.collect(state, window)
    assert payload["codes"].shape == (2, 4, 4)
    _, updates = method.adapt(cloud, payload, whose(2))
    assert torch.isfinite(updates["head"]).all()
    assert torch.equal(updates["head"][1], cloud["base"][0])


def test_a_patch_is_refused_where_there_is_no_image(net: Net) -> None:
    with pytest.raises(ValueError, match="only images have patches"):
        made(net, patch=2)
    with pytest.raises(ValueError, match="ranks items"):
        made(ranked_net(), patch=2)


def test_the_branch_adds_no_more_than_its_bound(net: Net, history: History, base: Base) -> None:
    method = made(net, branch=0.02, uplink="whole")
    network = method._network.of(method.prepare(history, base, 3))
    assert isinstance(network, SemanticNetwork)
    assert network.item is not None
    window, count = torch.randn(20, 8, 1, 16) * 30.0, torch.full((20,), 8)
    with torch.no_grad():
        whole = network(window, count)[0]
        trunk = network.trunk(network.meaning[network.centres(window)].flatten(2), count)
    assert 0.0 < (whole - trunk).abs().max() <= 0.02 + 1e-6
    assert made(net, branch=0).fresh_network().item is None


def test_codes_alone_give_what_all_gives_where_samples_are_centres(net: Net, history: History, base: Base) -> None:
    method = made(net)
    cloud = method.prepare(history, base, 3)
    network, window = method._network.of(cloud), recent(method, DEVICES)
    _, updates = method.adapt(cloud, method.collect(method.start(cloud, DEVICES), window)[1], whose(DEVICES))
    vectors = network.centres.of(network.centres(window.features.unsqueeze(2)))
    with torch.no_grad():
        heads = network(vectors, window.count)[0]
    some = window.count > 0
    assert torch.allclose(updates["head"][some], heads[some], atol=1e-5)
    assert torch.equal(updates["head"][~some], cloud["base"].expand(int((~some).sum()), -1))


@pytest.mark.parametrize("book", ["moving", "fixed", "none"])
def test_heads_from_codes_fit_what_follows_better_than_the_base(
    book: str, net: Net, history: History, base: Base
) -> None:
    method = made(net, steps=400, noise=0.0, codes=48, book=book)
    network = method._network.of(method.prepare(history, base, 3))
    windows = method.windows_of(history.validation, base).draw(300, 8, generator(9, Purpose.METHOD))
    with torch.no_grad():
        heads = network(windows.window, windows.real)[1]
    correct = [
        (base.head.forward(base.head.unpack(head), windows.query).argmax(2) == windows.label).float().mean()
        for head in (heads, base.head.pack(base.layers).expand(300, -1))
    ]
    assert correct[0] > correct[1] + 0.02


def test_codes_of_few_different_vectors_leave_the_rest_unused(ranked: tuple[Net, History, Base]) -> None:
    net, history, base = ranked
    method = made(net, codes=ITEMS + 30)
    centres = method.prepare(history, base, 3)["frozen.network.centres.table"]
    embedding = base.trunk.embedding.weight[1:]
    assert torch.cdist(embedding, centres).amin(1).max() < 1e-3
    assert int((centres > 1e5).all(1).sum()) >= 30
