"""DUET, its first version and APG: what is generated, how many weights that takes, and what comes down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from quick_methods import QUICK, recent, whose

from agents.conformance.methods import CLICKS, ITEMS, ranked_history
from agents.methods.apg.cores import Factors
from agents.methods.base import Method
from agents.methods.duet.generator import Duet, MetaNetwork, StableLayer
from agents.methods.generated import GeneratedHeads
from agents.methods.making import make_method
from agents.methods.past_windows import windows_of
from agents.methods.persona.method import Persona
from agents.methods.recent import Recent
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.models.making import make_net
from agents.models.training import generator, pretrain
from agents.seeding import Purpose
from agents.streams.base import History

NAMES = ("duet", "metanetwork", "apg", "cdc_mmpg")
SASREC, DIN = HeadShape((32, 32, 32)), HeadShape((64, 128, 64, 1))
DEVICES = 13


def made(name: str, net: Net, **options: Any) -> GeneratedHeads:
    method = make_method(name, {**QUICK[name], **options}, "fp32", net)
    assert isinstance(method, GeneratedHeads)
    return method


def net_of(head: HeadShape) -> Net:
    return Net("head", (head.dims[0],), head, torch.nn.Identity, 1.0, {})


def sizes(module: torch.nn.Module) -> int:
    return sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize(("head", "weights", "nbytes"), [(SASREC, 69_696, 8_448), (DIN, 549_153, 66_564)])
def test_all_maps_of_the_generator_are_weights_that_learn(head: HeadShape, weights: int, nbytes: int) -> None:
    network = MetaNetwork(head, 32, 64, "mean_std")
    assert sizes(network.generator) == weights
    assert made("metanetwork", net_of(head)).update_bytes == nbytes
    assert made("duet", net_of(head)).update_bytes == nbytes


@pytest.mark.parametrize(("head", "nbytes"), [(SASREC, 2_048), (DIN, 2_052)])
def test_cores_of_rank_16_cost_a_kilobyte_a_layer_unless_it_is_narrower(head: HeadShape, nbytes: int) -> None:
    assert made("apg", net_of(head)).update_bytes == nbytes


def test_a_head_moves_within_the_rank_of_the_bottleneck(net: Net, base: Base) -> None:
    network, packed = Duet(net.head, 32, 16, "mean_std", 3, 2, 1.0), base.head.pack(base.layers)
    network.begin(packed[0], torch.Generator().manual_seed(0))
    with torch.no_grad():
        heads = network(torch.randn(40, 8, 16), torch.full((40,), 8))[0]
    moved = (heads - packed)[:, : 16 * 16]
    assert torch.linalg.matrix_rank(moved - moved.mean(0), atol=1e-5) <= 3


def test_the_mixture_favours_the_layer_that_is_most_like_all() -> None:
    layer = StableLayer(3, 2, 2, 1.0)
    own = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [0.0, 0.0]]])
    layer.stack.data.copy_(own)
    # Row sums of W W^T: 2 + 2 - 1, the same, and -1 - 1 + 1.
    assert torch.allclose(layer.shares(), torch.softmax(torch.tensor([3.0, 3.0, -1.0]), 0))
    assert StableLayer(4, 2, 2, 1.0).shares().tolist() == [0.25] * 4


def test_a_high_temperature_mixes_evenly_and_one_layer_is_itself() -> None:
    layer = StableLayer(3, 4, 2, 1e6)
    layer.first_weights(torch.Generator().manual_seed(0))
    assert torch.allclose(layer.shares(), torch.full((3,), 1 / 3), atol=1e-4)
    alone = StableLayer(1, 4, 2, 1.0)
    alone.first_weights(torch.Generator().manual_seed(0))
    code = torch.randn(5, 4)
    assert torch.allclose(alone(code), code @ alone.stack[0], atol=1e-6)


def test_identities_of_full_rank_give_the_head_of_the_base_and_less_rank_the_nearest_one(net: Net, base: Base) -> None:
    packed = base.head.pack(base.layers)
    for rank, near in ((16, 1e-4), (2, None)):
        factors = Factors(net.head, rank)
        factors.begin(packed)
        cores = torch.cat([torch.eye(own).flatten() for own in factors.ranks])[None]
        with torch.no_grad():
            gap = (factors(cores) - packed)[:, : 16 * 16]
        left = torch.linalg.svdvals(base.layers["w0"][0])[rank:]
        assert gap.norm() <= near if near else torch.isclose(gap.norm(), left.norm(), rtol=1e-3)


def test_the_device_makes_of_cores_what_the_cloud_trained(net: Net, history: History, base: Base) -> None:
    method = made("apg", net)
    cloud = method.prepare(history, base, 3)
    state, window = method.start(cloud, DEVICES), recent(method, DEVICES)
    _, updates = method.adapt(cloud, method.collect(state, window)[1], whose(DEVICES))
    installed = method.head.pack(method.install(state, updates))
    network = method._network.of(cloud)
    with torch.no_grad():
        heads = network(window.features, window.count)[1]
    some = window.count > 0
    assert torch.allclose(installed[some], heads[some], atol=1e-5)


@pytest.mark.parametrize("name", [*NAMES, "solid"])
def test_what_expires_leaves_the_head_that_devices_began_with_and_changes_no_training(
    name: str, net: Net, history: History, base: Base
) -> None:
    method = made(name, net, expires=60.0)
    assert method.expires_s == 60.0
    assert made(name, net).expires_s is None
    cloud = method.prepare(history, base, 3)
    kept = made(name, net).prepare(history, base, 3)
    assert all(torch.equal(kept[part], value) for part, value in cloud.items())
    fresh = method.start(cloud, DEVICES)
    window = recent(method, DEVICES)
    installed = method.install(fresh, method.adapt(cloud, method.collect(fresh, window)[1], whose(DEVICES))[1])
    began, later = (method.head.pack(state) for state in (fresh, method.expired(installed)))
    assert torch.equal(later, began)
    assert not torch.equal(method.head.pack(installed), began)


@pytest.mark.parametrize("name", NAMES)
def test_generated_heads_fit_what_follows_a_window_better_than_the_base(
    name: str, net: Net, history: History, base: Base
) -> None:
    method = made(name, net, steps=300, noise=0.0)
    cloud = method.prepare(history, base, 3)
    windows = windows_of(history.validation, base).draw(200, 8, generator(9, Purpose.METHOD))
    with torch.no_grad():
        heads = method._network.of(cloud)(windows.window, windows.real)[1]
    correct = [
        (base.head.forward(base.head.unpack(head), windows.query).argmax(2) == windows.label).float().mean()
        for head in (heads, base.head.pack(base.layers).expand(200, -1))
    ]
    assert correct[0] > correct[1] + 0.02


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_window_calls_for_no_change(name: str, net: Net, history: History, base: Base) -> None:
    method = made(name, net, **({"rank": 16} if name == "apg" else {}))
    cloud = method.prepare(history, base, 3)
    nothing = Recent(torch.zeros(2, 8, 16), torch.full((2, 8), -1), torch.zeros(2, dtype=torch.int64))
    state = method.start(cloud, 2)
    _, updates = method.adapt(cloud, method.collect(state, nothing)[1], whose(2))
    head = method.head.pack(method.install(state, updates))
    if name == "apg":
        factors = method._network.of(cloud).factors
        expected = factors(method.nothing(cloud))
    else:
        expected = base.head.pack(base.layers)
    assert torch.equal(head, expected.expand(2, -1))


def weights(method: Any, history: History, base: Base, steps: int) -> dict[str, torch.Tensor]:
    """Return what is kept of a network, or of persona's first adapter, after so many steps; 0: as it is drawn."""
    method.options = replace(method.options, steps=steps)
    if isinstance(method, Persona):
        return method._first(history, base, 3)
    return {name.removeprefix("frozen.network."): one for name, one in method.trained(history, base, 3).items()}


@pytest.mark.parametrize("name", [*NAMES, "solid", "persona"])
def test_every_weight_of_a_generator_is_trained(name: str, net: Net, history: History, base: Base) -> None:
    method = make_method(name, QUICK[name], "fp32", net)
    network = method._fresh_adapter() if isinstance(method, Persona) else method.fresh_network()
    first, later = (weights(method, history, base, steps) for steps in (0, 30))
    moved = {one: first[one] != later[one] for one, _ in network.named_parameters()}
    assert [one for one, where in moved.items() if not where.any()] == []
    # The maps that make weights are most of all weights, and those that the published code leaves as they are drawn.
    maps = [where for one, where in moved.items() if ".maps." in one or ".offsets." in one or one.startswith("maps.")]
    assert maps
    assert all(where.float().mean() > 0.9 for where in maps)


def joint_recent(method: Method, devices: int) -> Recent:
    window = recent(method, devices)
    raw = torch.randn(devices, method.window, 12, generator=torch.Generator().manual_seed(3))
    real = torch.arange(method.window) < window.count[:, None]
    return Recent(torch.zeros(0), window.label, window.count, raw=raw * real.unsqueeze(2))


def test_a_joint_trunk_is_the_devices_own_and_no_row_depends_on_others(net: Net, history: History, base: Base) -> None:
    method = made("duet", net, trunk="joint", steps=60)
    cloud = method.prepare(history, base, 3)
    assert method.sees == "raw"
    trunk = method.uplink.trunk.module  # type: ignore[attr-defined]
    assert not torch.equal(next(iter(trunk.state_dict().values())), next(iter(base.trunk.state_dict().values())))
    state, window = method.start(cloud, DEVICES), joint_recent(method, DEVICES)
    payload = method.collect(state, window)[1]
    with torch.no_grad():
        assert torch.equal(payload["features"][2, 0], trunk(window.raw[2, :1])[0] * (window.count[2] > 0))
    updates = method.adapt(cloud, payload, whose(DEVICES))[1]
    alone = method.adapt(cloud, {name: one[4:5] for name, one in payload.items()}, whose(1))[1]
    assert torch.equal(alone["head"], updates["head"][4:5])


def test_a_joint_trunk_learns_from_lists_shorter_than_those_that_devices_show() -> None:
    history, known = ranked_history(), {"items": ITEMS, "window": CLICKS}
    net = make_net("gru4rec", (CLICKS + ITEMS,), ITEMS, {}, known)
    base = pretrain(history, net, {"epochs": 1}, 3)
    method = made("duet", net, trunk="joint", steps=3)
    cloud = method.prepare(history, base, 3)
    assert history.train.x.shape[1] < CLICKS + ITEMS
    assert torch.isfinite(cloud["base"]).all()
