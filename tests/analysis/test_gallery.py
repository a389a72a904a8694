from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from analysis.gallery import draw_drift, draw_transforms


@dataclass
class Sheet:
    name: str
    labels: list[str]
    images: np.ndarray


@dataclass
class Shape:
    kind: str
    onset: str
    edges_s: np.ndarray
    strength: np.ndarray


def sheets(channels: int) -> list[Sheet]:
    generator = np.random.default_rng(channels)
    looks = {"original": [""], "rotate": ["1°", "2°", "3°", "4°", "5°"], "permute_pixels": ["0"]}
    return [Sheet(name, labels, generator.random((len(labels), 6, 6, channels))) for name, labels in looks.items()]


def test_transforms_are_drawn_for_each_data_set_side_by_side(tmp_path: Path) -> None:
    one = imread(draw_transforms(tmp_path / "one.png", {"grey": sheets(1)}))
    two = imread(draw_transforms(tmp_path / "two.png", {"grey": sheets(1), "colour": sheets(3)}))
    assert two.shape[0] == one.shape[0]
    assert two.shape[1] > 1.6 * one.shape[1]
    left, right = two[:, : two.shape[1] // 2, :3], two[:, two.shape[1] // 2 :, :3]
    assert np.ptp(left, axis=2).max() < 0.02
    assert np.ptp(right, axis=2).max() > 0.3


def test_shapes_are_drawn_with_gaps_where_nothing_was_seen(tmp_path: Path) -> None:
    strength = np.tile(np.linspace(0, 1, 12), (8, 1))
    strength[2, 3] = np.nan
    edges_s = np.arange(13) * 10.0
    drawn = [Shape(kind, onset, edges_s, strength) for kind in ("a", "b") for onset in ("x", "y")]
    picture = imread(draw_drift(tmp_path / "drift.png", drawn))
    assert picture.shape[0] < picture.shape[1]
    assert (np.abs(picture[..., :3] - np.array([213, 94, 0]) / 255).max(axis=2) < 0.02).sum() > 200
