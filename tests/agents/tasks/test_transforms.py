from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.tasks.transforms import NEUTRAL, Chance, blur, contrast, occlude, rotate, transform, warp

IMAGES = torch.from_numpy(np.random.default_rng(0).random((6, 2, 8, 12), np.float32))
CHANCE = Chance.draw(IMAGES, np.random.default_rng(1))


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_quarter_turns_of_squares_are_exact_and_counter_clockwise(quarter: int) -> None:
    square = IMAGES[..., :8]
    assert torch.allclose(rotate(square, 90.0 * quarter), torch.rot90(square, quarter, (2, 3)), atol=1e-5)


def test_half_a_turn_of_an_oblong_is_exact() -> None:
    assert torch.allclose(rotate(IMAGES, 180.0), torch.rot90(IMAGES, 2, (2, 3)), atol=1e-5)


def test_each_image_may_be_turned_its_own_way() -> None:
    degrees = torch.tensor([0.0, 45.0, 90.0, 135.0, 200.0, 315.0], dtype=torch.float64)
    apart = torch.cat([rotate(IMAGES[i : i + 1], float(degrees[i])) for i in range(6)])
    together = warp(IMAGES, degrees, torch.ones(6, dtype=torch.float64), torch.zeros(6, 2, dtype=torch.float64))
    assert torch.equal(together, apart)


def test_a_shift_moves_right_and_down_and_a_zoom_enlarges() -> None:
    still, own_size = torch.zeros(6, dtype=torch.float64), torch.ones(6, dtype=torch.float64)
    by_pixels = torch.tensor([[2 / 12, 1 / 8]], dtype=torch.float64).expand(6, 2)
    moved = warp(IMAGES, still, own_size, by_pixels)
    assert torch.allclose(moved[..., 1:, 2:], IMAGES[..., :-1, :-2], atol=1e-5)
    dot = torch.zeros(6, 1, 8, 12)
    dot[..., 3:5, 5:7] = 1.0
    doubled = warp(dot, still, 2.0 * own_size, torch.zeros(6, 2, dtype=torch.float64))
    assert doubled.sum().item() == pytest.approx(4.0 * dot.sum().item(), rel=0.01)
    shifted = warp(dot, still, 2.0 * own_size, 0.5 * by_pixels)
    assert torch.allclose(shifted[..., 1:, 2:], doubled[..., :-1, :-2], atol=1e-5)


def test_blur_keeps_a_flat_image_and_lowers_variance() -> None:
    flat = torch.full((1, 2, 8, 12), 0.3)
    assert torch.allclose(blur(flat, 2.0), flat, atol=1e-6)
    assert blur(IMAGES, 1.0).var() < 0.3 * IMAGES.var()


def test_blur_is_the_same_along_both_axes() -> None:
    turned = IMAGES.transpose(2, 3)
    assert torch.allclose(blur(turned, 1.2), blur(IMAGES, 1.2).transpose(2, 3), atol=1e-6)


def test_contrast_scales_about_each_images_mean() -> None:
    changed = contrast(IMAGES, 0.5)
    assert torch.allclose(changed.mean((1, 2, 3)), IMAGES.mean((1, 2, 3)), atol=1e-6)
    assert torch.allclose(changed.std((1, 2, 3)), 0.5 * IMAGES.std((1, 2, 3)), atol=1e-6)


def test_occlusion_blacks_out_one_rectangle_of_the_asked_size() -> None:
    covered = occlude(torch.ones(6, 2, 8, 12), 0.5, CHANCE.corner) == 0
    assert covered.sum((2, 3)).tolist() == [[24, 24]] * 6
    rows, columns = covered[:, 0].any(2).sum(1), covered[:, 0].any(1).sum(1)
    assert rows.tolist() == [4] * 6
    assert columns.tolist() == [6] * 6
    assert len({tuple(one.flatten().tolist()) for one in covered[:, 0]}) > 1


def test_noise_has_the_asked_spread_and_is_the_same_for_every_concept() -> None:
    weak, strong = (transform(IMAGES, {"noise": strength}, CHANCE) - IMAGES for strength in (0.1, 0.4))
    assert torch.allclose(strong, 4 * weak, atol=1e-5)
    assert strong.std().item() == pytest.approx(0.4, rel=0.1)


def test_neutral_strengths_change_no_bit() -> None:
    assert torch.equal(transform(IMAGES, NEUTRAL, CHANCE), IMAGES)
    assert torch.equal(transform(IMAGES, {}, CHANCE), IMAGES)


def test_composition_has_one_order_however_it_is_written() -> None:
    forward = {"rotate": 30.0, "blur": 0.8, "contrast": 0.7, "occlusion": 0.3, "noise": 0.2}
    backward = dict(reversed(forward.items()))
    assert torch.equal(transform(IMAGES, forward, CHANCE), transform(IMAGES, backward, CHANCE))
    by_hand = contrast(blur(rotate(IMAGES, 30.0), 0.8), 0.7)
    by_hand = occlude(by_hand, 0.3, CHANCE.corner) + 0.2 * CHANCE.noise
    assert torch.equal(transform(IMAGES, forward, CHANCE), by_hand)
