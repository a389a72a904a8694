from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from agents.gallery import EXAMPLES, KINDS, ONSETS, Shape, drift_shapes, example_images, transform_sheets


@cache
def shapes() -> dict[tuple[str, str], Shape]:
    return {(shape.kind, shape.onset): shape for shape in drift_shapes()}


def test_every_transform_is_shown_and_changes_the_image() -> None:
    first, *others = transform_sheets(example_images(None)["digits"])
    assert [sheet.name for sheet in others] == list(EXAMPLES)
    for sheet in others:
        assert sheet.images.shape == (len(sheet.labels), 8, 8, 1)
        assert all(np.abs(image - first.images[0]).max() > 0.02 for image in sheet.images)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("onset", ONSETS)
def test_every_shape_begins_in_the_old_world(kind: str, onset: str) -> None:
    shape = shapes()[kind, onset]
    mean = np.nanmean(shape.strength, 0)
    assert (mean[shape.edges_s[1:] <= 90.0] == 0).all()
    assert mean.max() > 0.25
    assert np.isnan(shape.strength).mean() < 0.01


@pytest.mark.parametrize("kind", ["sudden", "gradual", "gradual, sigmoid", "incremental"])
@pytest.mark.parametrize("onset", ONSETS)
def test_what_comes_to_stay_stays(kind: str, onset: str) -> None:
    mean = np.nanmean(shapes()[kind, onset].strength, 0)
    assert mean[-1] == 1.0
    assert (np.diff(mean) > -0.06).all()


def test_a_wave_is_a_straight_line_and_groups_are_steps() -> None:
    wave, groups = (np.nanmean(shapes()["sudden", onset].strength, 0) for onset in ("wave", "groups"))
    assert np.abs(wave[18:48] - np.linspace(0.0, 1.0, 30)).max() < 0.1
    assert len(np.unique(groups.round(6))) <= 7
