"""The command that draws the kinds of drift: every transform on real images, every shape of drift over time."""

from __future__ import annotations

import argparse
from pathlib import Path

from agents.gallery import drift_shapes, example_images, transform_sheets
from analysis.gallery import draw_drift, draw_transforms
from sim.commands.exits import OK, CommandError


def draw_gallery(folder: Path, cifar: Path | None = None) -> list[Path]:
    """Draw ``gallery_transforms.png`` and ``gallery_drift.png`` into ``folder``; return their paths."""
    try:
        images = example_images(cifar)
    except (OSError, ValueError, IndexError) as error:
        why = getattr(error, "strerror", None) or error
        raise CommandError(f"--cifar: {cifar}: cannot be read as images of CIFAR ({why})") from error
    folder.mkdir(parents=True, exist_ok=True)
    sheets = {name: transform_sheets(image) for name, image in images.items()}
    return [
        draw_transforms(folder / "gallery_transforms.png", sheets),
        draw_drift(folder / "gallery_drift.png", drift_shapes()),
    ]


def gallery(options: argparse.Namespace) -> int:
    """Draw the gallery into the folder ``options.folder``; on CIFAR too, if ``options.cifar`` names a file of it."""
    for figure in draw_gallery(Path(options.folder), None if options.cifar is None else Path(options.cifar)):
        print(figure)
    return OK
