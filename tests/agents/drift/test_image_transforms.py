from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from agents.drift.image_corruptions import ImageNoise, blur, contrast, occlude
from agents.drift.image_geometry import rotate, warp
from agents.drift.image_transforms import NEUTRAL, transform
from agents.drift.severities import SEVERITIES, strength

IMAGES = torch.from_numpy(np.random.default_rng(0).random((6, 2, 8, 12), np.float32))
NOISE = ImageNoise.draw(IMAGES, np.random.default_rng(1))


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


def test_contrast_scales_about_the_mean_of_each_channel() -> None:
    changed = contrast(IMAGES, 0.5)
    assert torch.allclose(changed.mean((2, 3)), IMAGES.mean((2, 3)), atol=1e-6)
    assert torch.allclose(changed.std((2, 3)), 0.5 * IMAGES.std((2, 3)), atol=1e-6)
    stretched = contrast(IMAGES, 5.0)
    assert stretched.min() == 0.0
    assert stretched.max() == 1.0


def test_occlusion_blacks_out_one_rectangle_of_the_asked_size() -> None:
    covered = occlude(torch.ones(6, 2, 8, 12), 0.5, NOISE) == 0
    assert covered.sum((2, 3)).tolist() == [[24, 24]] * 6
    rows, columns = covered[:, 0].any(2).sum(1), covered[:, 0].any(1).sum(1)
    assert rows.tolist() == [4] * 6
    assert columns.tolist() == [6] * 6
    assert len({tuple(one.flatten().tolist()) for one in covered[:, 0]}) > 1


def test_noise_has_the_asked_spread_is_clipped_and_the_same_for_every_concept() -> None:
    grey = torch.full_like(IMAGES, 0.5)
    weak, strong = (transform(grey, {"noise": strength}, NOISE) - grey for strength in (0.02, 0.08))
    assert torch.allclose(strong, 4 * weak, atol=1e-5)
    assert strong.std().item() == pytest.approx(0.08, rel=0.1)
    wild = transform(IMAGES, {"noise": 2.0}, NOISE)
    assert wild.min() == 0.0
    assert wild.max() == 1.0


def test_neutral_strengths_change_no_bit() -> None:
    assert torch.equal(transform(IMAGES, NEUTRAL, NOISE), IMAGES)
    assert torch.equal(transform(IMAGES, {}, NOISE), IMAGES)


def test_composition_has_one_order_however_it_is_written() -> None:
    forward = {"rotate": 30.0, "blur": 0.8, "contrast": 0.7, "occlusion": 0.3, "noise": 0.2}
    backward = dict(reversed(forward.items()))
    assert torch.equal(transform(IMAGES, forward, NOISE), transform(IMAGES, backward, NOISE))
    by_hand = contrast(blur(rotate(IMAGES, 30.0), 0.8), 0.7)
    by_hand = (occlude(by_hand, 0.3, NOISE) + 0.2 * NOISE.noise).clamp(0.0, 1.0)
    assert torch.equal(transform(IMAGES, forward, NOISE), by_hand)


def test_a_shear_leans_the_upper_half_to_the_right_and_moves_no_row_up_or_down() -> None:
    bar = torch.zeros(1, 1, 9, 21)
    bar[..., 10] = 1.0
    leaning = transform(bar, {"shear": 45.0}, NOISE)[0, 0]
    assert leaning.argmax(1).tolist() == [14, 13, 12, 11, 10, 9, 8, 7, 6]
    assert torch.allclose(leaning.sum(1), torch.ones(9), atol=1e-5)


def test_the_object_is_shifted_last_by_shares_of_the_image() -> None:
    dot = torch.zeros(1, 1, 9, 9)
    dot[..., 4, 4] = 1.0
    moved = transform(dot, {"translate_x": 2 / 9, "translate_y": -1 / 9, "rotate": 90.0, "scale": 1.5}, NOISE)
    assert divmod(int(moved[0, 0].argmax()), 9) == (3, 6)


def test_scale_shear_and_rotation_compose_in_that_order() -> None:
    corner = torch.zeros(1, 1, 41, 41)
    corner[..., 20, 25] = 1.0
    # Five to the right of the centre: doubled to ten, turned a quarter counter-clockwise to ten above.
    moved = transform(corner, {"scale": 2.0, "rotate": 90.0, "shear": 30.0}, NOISE)
    assert divmod(int(moved[0, 0].argmax()), 41) == (10, 20)


def test_brightness_adds_to_the_value_and_keeps_hue_and_saturation() -> None:
    colours = torch.from_numpy(np.random.default_rng(2).random((5, 3, 4, 4), np.float32)) * 0.8 + 0.01
    brighter = transform(colours, {"brightness": 0.1}, NOISE)
    before, after = (colorsys.rgb_to_hsv(*image[0, :, 0, 0].tolist()) for image in (colours, brighter))
    assert after == pytest.approx((before[0], before[1], before[2] + 0.1), abs=1e-5)
    grey = torch.full((1, 3, 2, 2), 0.4)
    assert torch.allclose(transform(grey, {"brightness": 0.2}, NOISE), grey + 0.2)
    assert torch.allclose(transform(torch.zeros(1, 3, 2, 2), {"brightness": 0.2}, NOISE), torch.full((1,), 0.2))
    assert transform(grey, {"brightness": 0.9}, NOISE).max() == 1.0


def test_inverting_twice_is_nothing_and_black_becomes_white() -> None:
    assert torch.allclose(transform(transform(IMAGES, {"invert": 1.0}, NOISE), {"invert": 1.0}, NOISE), IMAGES)
    assert transform(torch.zeros(1, 1, 2, 2), {"invert": 1.0}, NOISE).min() == 1.0


def test_a_permutation_of_pixels_is_one_for_all_images_and_each_number_has_its_own() -> None:
    ramp = torch.arange(96.0).view(1, 1, 8, 12).expand(3, 2, 8, 12)
    first, again, other = (transform(ramp, {"permute_pixels": number}, NOISE) for number in (0.0, 0.0, 1.0))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first[0, 0].flatten().sort().values.tolist() == list(range(96))
    assert torch.equal(first[0, 0], first[2, 1])


def test_severities_grow_and_are_those_of_the_benchmark() -> None:
    assert [strength("noise", {"severity": n}) for n in range(1, 6)] == [0.04, 0.06, 0.08, 0.09, 0.10]
    for name in SEVERITIES:
        spoilt = [transform(IMAGES, {name: strength(name, {"severity": n})}, NOISE) for n in range(1, 6)]
        harm = [(one - IMAGES).square().mean().item() for one in spoilt]
        assert harm == sorted(harm)
        assert harm[0] > 0
    with pytest.raises(ValueError, match="rotate has no severity 3"):
        strength("rotate", {"severity": 3})


def test_blur_is_that_of_the_benchmark() -> None:
    image = np.random.default_rng(3).random((16, 16))
    for sigma in SEVERITIES["blur"]:
        wanted = gaussian_filter(image, sigma, mode="nearest", truncate=4.0)
        assert np.allclose(blur(torch.from_numpy(image)[None, None], sigma)[0, 0].numpy(), wanted, atol=1e-12)
