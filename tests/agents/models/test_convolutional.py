from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from agents.models.base import Base
from agents.models.channels import scaled
from agents.models.known_features import known_features
from agents.models.making import make_net
from agents.models.training import augmented, generator, initial_head, initialise, pretrain
from agents.seeding import Purpose
from agents.streams.base import History, Past

NAMES = ("cnn", "mobilenet_v3_small", "mobilenet_v3_large")
#: The large one is made of the blocks of the small one: what takes seconds is tried with it in the long tail.
LARGE_IS_SLOW = (*NAMES[:2], pytest.param(NAMES[2], marks=pytest.mark.slow))


#: Nets of few channels, by name.
SMALL_NETS = {
    "cnn": {"channels": [4, 8], "hidden": [16, 16]},
    "mobilenet_v3_small": {"width": 0.25, "hidden": 32},
    "mobilenet_v3_large": {"width": 0.25, "hidden": 32},
}


def params(trunk: nn.Module) -> int:
    return sum(one.numel() for one in trunk.parameters())


def fresh(name: str, shape: tuple[int, ...] = (3, 32, 32), **options: Any) -> Base:
    """Return a net with first weights, its statistics frozen."""
    net, chance = make_net(name, shape, 10, options), generator(1, Purpose.PRETRAIN)
    trunk = net.build_trunk()
    initialise(trunk, chance)
    return Base(net, trunk.eval(), net.head.unpack(initial_head(net.head, chance)))


def images(count: int, shape: tuple[int, ...] = (3, 32, 32)) -> torch.Tensor:
    return torch.rand(count, *shape, generator=generator(2, Purpose.PRETRAIN))


def test_mobilenet_v3_small_has_as_many_parameters_as_the_known_one() -> None:
    net = make_net("mobilenet_v3_small", (3, 224, 224), 1000, {})
    assert params(net.build_trunk()) + net.head.params == 2_542_856


def test_mobilenet_v3_large_has_as_many_parameters_as_the_known_one() -> None:
    net = make_net("mobilenet_v3_large", (3, 224, 224), 1000, {})
    assert params(net.build_trunk()) + net.head.params == 5_483_032


@pytest.mark.parametrize(("name", "nbytes"), [("small", 2_995_232), ("large", 4_961_312)])
def test_heads_of_two_layers_are_as_large_as_those_of_the_papers_faces(name: str, nbytes: int) -> None:
    net = make_net(f"mobilenet_v3_{name}", (3, 48, 48), 8, {"layers": 2, "hidden": 1280})
    assert 4 * net.head.params == nbytes
    one = make_net(f"mobilenet_v3_{name}", (3, 48, 48), 8, {"hidden": 1280})
    assert params(net.build_trunk()) + net.head.params == params(one.build_trunk()) + one.head.params


def test_the_width_scales_channels_to_multiples_of_eight() -> None:
    assert [scaled(channels, 1.0) for channels in (16, 88, 576)] == [16, 88, 576]
    assert [scaled(channels, 0.25) for channels in (16, 72, 96, 240)] == [8, 24, 24, 64]
    narrow = make_net("mobilenet_v3_small", (3, 32, 32), 10, {"width": 0.5, "hidden": 64})
    assert params(narrow.build_trunk()) < 300_000
    assert narrow.head.dims == (64, 10)


def test_a_cnn_has_the_parameters_of_its_layers() -> None:
    net = make_net("cnn", (3, 32, 32), 10, {"channels": [8, 16], "hidden": [20, 12], "layers": 1})
    convolutions = 3 * 8 * 9 + 8 * 16 * 9
    normalisations = 2 * (8 + 16)
    # Two blocks halve 32 to 8; what the dense layers see is averaged down to 4.
    dense = (16 * 4 * 4 * 20 + 20) + (20 * 12 + 12)
    assert params(net.build_trunk()) == convolutions + normalisations + dense
    assert net.head.dims == (12, 10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 45, 30)])
def test_images_of_any_size_become_features(name: str, shape: tuple[int, ...]) -> None:
    base = fresh(name, shape, **SMALL_NETS[name])
    features = base.features(images(5, shape))
    assert features.shape == (5, base.head.dims[0])
    assert torch.isfinite(features).all()
    assert (features.std(0) > 0).any(), "images that differ have features that differ"


@pytest.mark.parametrize("name", LARGE_IS_SLOW)
def test_features_depend_on_no_other_image_nor_on_how_many_there_are(name: str) -> None:
    base = fresh(name)
    some = images(300)
    whole = base.features(some)
    assert torch.equal(base.features(some[:7]), whole[:7])
    among_others = torch.cat([some[:7], images(200).flip(0)])
    assert torch.equal(base.features(among_others)[:7], whole[:7])
    assert torch.equal(base.features(some.view(3, 100, 3, 32, 32)).flatten(0, 1), whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_net_is_the_same_after_a_trip_through_a_cache(name: str) -> None:
    base = fresh(name, **SMALL_NETS[name])
    again = Base.load(base.net, base.tensors())
    assert again.digest() == base.digest()
    assert torch.equal(again.features(images(9)), base.features(images(9)))
    assert not again.trunk.training
    assert not any(one.requires_grad for one in again.trunk.parameters())


def test_features_are_kept_between_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    base, some = fresh("cnn"), images(20)
    first = known_features(base, some)
    monkeypatch.setattr("agents.models.known_features.trunk_features", lambda base, raw: 1 / 0)
    assert torch.equal(known_features(base, some), first)
    with pytest.raises(ZeroDivisionError):
        known_features(base, some + 0.1)


def bright_rows(count: int) -> Past:
    """Return pictures whose class is the place of a bright row."""
    x, label = 0.3 * images(count, (1, 8, 8)), torch.arange(count) % 4
    x[torch.arange(count), 0, 2 * label] = 1.0
    return Past(x, label, torch.zeros(count, dtype=torch.int64))


RECIPE = {"epochs": 8, "batch": 20, "rate": 5e-3, "fading": True, "shift": 0}


@pytest.mark.parametrize("name", [NAMES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[1:])])
def test_training_learns_and_freezes_statistics(name: str) -> None:
    history = History(bright_rows(200), bright_rows(80))
    base = pretrain(history, make_net(name, (1, 8, 8), 4, SMALL_NETS[name]), RECIPE, 3)
    past = history.validation
    logits = base.head.forward(base.layers, base.features(past.x)[None])[0]
    assert (logits.argmax(1) == past.label).float().mean() > 0.9
    assert torch.equal(base.features(past.x), base.features(past.x)), "looking changes no statistics"


@pytest.mark.parametrize("name", LARGE_IS_SLOW)
def test_training_again_gives_the_same_bits_on_any_number_of_threads(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, history = make_net(name, (1, 8, 8), 4, SMALL_NETS[name]), History(bright_rows(60), bright_rows(20))
    recipe = RECIPE | {"epochs": 2}
    first = pretrain(history, net, recipe, 3)
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "another"))
    torch.set_num_threads(1)
    assert pretrain(history, net, recipe, 3).digest() == first.digest()


def test_augmenting_mirrors_half_and_moves_within_bounds() -> None:
    some, chance = images(400, (2, 6, 5)), generator(4, Purpose.PRETRAIN)
    assert augmented(some, False, 0, chance) is some
    mirrored = augmented(some, True, 0, chance)
    kept, turned = (mirrored == some).flatten(1).all(1), (mirrored == some.flip(3)).flatten(1).all(1)
    assert (kept ^ turned).all()
    assert 150 < turned.sum() < 250


def test_a_moved_image_is_the_image_moved() -> None:
    some = images(300, (1, 6, 6)) + 1.0
    moved = augmented(some, False, 2, generator(5, Purpose.PRETRAIN))
    ways = set()
    for before, after in zip(some[:, 0], moved[:, 0], strict=True):
        padded = nn.functional.pad(before, (2, 2, 2, 2))
        found = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if torch.equal(padded[down : down + 6, right : right + 6], after)
        ]
        assert len(found) == 1
        ways.update(found)
    assert len(ways) == 25


@pytest.mark.parametrize(
    ("name", "shape", "options", "said"),
    [
        ("cnn", (1, 8, 8), {"depth": 3}, "'depth'; known are channels"),
        ("cnn", (1, 8, 8), {"channels": [8, 0]}, "sizes >= 1"),
        ("cnn", (1, 8, 8), {"hidden": []}, "sizes >= 1"),
        ("cnn", (1, 8, 8), {"layers": 3}, "1 to 2"),
        ("cnn", (1, 8, 8), {"activation": "gelu"}, "'gelu'"),
        ("cnn", (2,), {}, "not inputs of 2"),
        ("mobilenet_v3_small", (1, 8, 8), {"layers": 3}, "layers"),
        ("mobilenet_v3_small", (1, 8, 8), {"width": 0.0}, "above 0"),
        ("mobilenet_v3_small", (12,), {}, "not inputs of 12"),
    ],
)
def test_what_makes_no_net_is_refused(name: str, shape: tuple[int, ...], options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make_net(name, shape, 4, options)
