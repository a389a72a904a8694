"""Pictures with times: class folders of dated files, WILDS' tables, and archives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from agents.contract import CohortSpec, FleetSpec
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk
from agents.tasks.formats.dated_images import DatedReading, read_dated_images
from agents.tasks.images.dated import DatedImages

PIXELS = np.random.default_rng(3).integers(0, 256, (40, 6, 6, 3), np.uint8)
YEARS = np.array([1990 - (7 * n) % 40 for n in range(40)])
BLOCK = BlockId(0, 0, 4)


def portraits(folder: Path, name: Callable[[int], str] = lambda n: f"{YEARS[n]}_Ohio_{n}.png") -> Path:
    """Write Yearbook's layout: M and F, file names that begin with a year."""
    for number, pixels in enumerate(PIXELS):
        place = folder / "MF"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / name(number))
    return folder


def camera_traps(folder: Path, **other: str) -> Path:
    """Write WILDS' layout: a table of files, classes, times and places, in no order."""
    (folder / "train").mkdir(parents=True)
    rows = ["split,location_id,y,datetime,filename"]
    for number, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(folder / "train" / f"{number}.png")
        day = other.get(str(number), f"2013-06-{1 + (7 * number) % 30:02d} 10:00:00")
        rows.append(f"train,{number % 3},{('deer', 'fox')[number % 2]},{day},{number}.png")
    (folder / "metadata.csv").write_text("\n".join(rows) + "\n")
    return folder


TABLE = DatedReading("filename", "y", "datetime", table="metadata.csv", pictures="train")


def test_folders_are_classes_and_names_begin_with_the_year(tmp_path: Path) -> None:
    found = read_dated_images(portraits(tmp_path), DatedReading())
    order = sorted(range(40), key=lambda n: YEARS[n])
    assert found.classes == ("F", "M")
    assert found.times.tolist() == sorted(YEARS.tolist())
    assert {tuple(image.ravel()) for image in found.images[:5]} == {
        tuple(np.moveaxis(PIXELS[n], 2, 0).ravel()) for n in order[:5]
    }
    first = next(n for n in range(40) if (np.moveaxis(PIXELS[n], 2, 0) == found.images[0]).all())
    assert found.classes[found.labels[0]] == "MF"[first % 2]


def test_whole_dates_in_names_are_seconds(tmp_path: Path) -> None:
    found = read_dated_images(
        portraits(tmp_path, lambda n: f"2013-05-{1 + n % 30:02d} at noon {n}.png"), DatedReading()
    )
    assert found.times[-1] - found.times[0] == 29 * 86400.0


def test_a_table_names_files_classes_times_and_places(tmp_path: Path) -> None:
    how = DatedReading("filename", "y", "datetime", "location_id", "metadata.csv", "train", size=4, grey=True)
    found = read_dated_images(camera_traps(tmp_path), how)
    assert found.classes == ("deer", "fox")
    assert found.images.shape == (40, 1, 4, 4)
    assert (np.diff(found.times) >= 0).all()
    assert found.owners is not None
    assert sorted(found.owners.tolist()) == sorted(n % 3 for n in range(40))


@pytest.mark.parametrize("packed", [np.savez, np.savez_compressed])
def test_an_archive_has_arrays_of_images_labels_and_times(tmp_path: Path, packed: Callable[..., None]) -> None:
    file = tmp_path / "yearbook.npz"
    packed(file, images=PIXELS, labels=np.arange(40) % 2, years=YEARS)
    found = read_dated_images(file, DatedReading("images", "labels", "years"))
    assert found.times.tolist() == sorted(YEARS.tolist())
    assert (found.images[0] == np.moveaxis(PIXELS[YEARS.argmin()], 2, 0)).all()
    packed(file, images=PIXELS, labels=np.arange(40) % 2, years=YEARS.astype(str).astype("datetime64[Y]"))
    dated = read_dated_images(file, DatedReading("images", "labels", "years"))
    assert (dated.images == found.images).all()


def undated(folder: Path) -> tuple[Path, DatedReading]:
    portraits(folder)
    Image.fromarray(PIXELS[0]).save(folder / "F" / "someone.png")
    return folder, DatedReading()


def two_ways(folder: Path) -> tuple[Path, DatedReading]:
    portraits(folder)
    Image.fromarray(PIXELS[0]).save(folder / "F" / "1990-02-03.png")
    return folder, DatedReading()


def no_day(folder: Path) -> tuple[Path, DatedReading]:
    return portraits(folder, lambda n: f"20130231-{n}.png"), DatedReading()


def no_picture(folder: Path) -> tuple[Path, DatedReading]:
    return camera_traps(folder), DatedReading("filename", "y", "datetime", table="metadata.csv")


def no_time(folder: Path) -> tuple[Path, DatedReading]:
    return camera_traps(folder, **{"4": "soon"}), TABLE


def unnamed(folder: Path) -> tuple[Path, DatedReading]:
    return camera_traps(folder), DatedReading(table="metadata.csv")


def pickled(folder: Path) -> tuple[Path, DatedReading]:
    (folder / "yearbook.pkl").write_bytes(b"\x80\x04.")
    return folder / "yearbook.pkl", DatedReading()


def short_years(folder: Path) -> tuple[Path, DatedReading]:
    np.savez(folder / "a.npz", images=PIXELS, labels=np.arange(40) % 2, years=YEARS[:-1])
    return folder / "a.npz", DatedReading("images", "labels", "years")


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (undated, r"someone.png: its name begins with no year"),
        (two_ways, r"its name has a year or a date where"),
        (no_day, r"'20130231' is no date"),
        (no_picture, r"metadata.csv:2: there is no picture '0.png'.*'pictures' names the folder"),
        (no_time, r"metadata.csv:6: column 'datetime': 'soon'"),
        (unnamed, r"which column is the image\? write 'image: NAME'; columns are split"),
        (pickled, r"a pickle is not read.*numpy.savez"),
        (short_years, r"a.npz!years: shape 39 of int64; wanted: a number .* for each of 40 images"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, spoilt: Callable[[Path], tuple[Path, DatedReading]], said: str
) -> None:
    path, how = spoilt(tmp_path)
    with pytest.raises(ValueError, match=said):
        read_dated_images(path, how)


def task_of(fleet_spec: Callable[..., FleetSpec], path: Path, **options: Any) -> DatedImages:
    cohort = CohortSpec("c", 3, 1.0, "recorded", 1.0, lambda uniform: uniform, 0)
    given = {"path": path, "history": 0.5, **options}
    return DatedImages(fleet_spec(data="dated_images", data_options=given, cohorts=(cohort,)))


def test_the_past_is_what_was_taken_first_and_devices_see_the_rest_in_order(
    fleet_spec: Callable[..., FleetSpec], tmp_path: Path
) -> None:
    options = {"image": "filename", "target": "y", "time": "datetime", "metadata": "metadata.csv", "pictures": "train"}
    task = task_of(fleet_spec, camera_traps(tmp_path), deal="column", column="location_id", **options)
    found = read_dated_images(tmp_path, TABLE)
    past = task.history()
    assert len(past.train.label) + len(past.validation.label) == 20
    assert np.allclose(task.pool(0).numpy(), found.images[20:] / 255.0)
    assert (task.raw_pool(0).numpy() == found.images[20:]).all()
    count = task.supply.count(BLOCK)
    ordinal = np.broadcast_to(np.arange(count.max()), (4, count.max()))
    valid = ordinal < count[:, None]
    seen = task.draw(Chunk(BLOCK, 0, np.where(valid, ordinal, np.inf), valid, ordinal), rng(0, Purpose.CONTENT))
    assert sorted(seen.ref[valid].tolist()) == list(range(20))
    assert all((np.diff(row[there]) > 0).all() for row, there in zip(seen.ref, valid, strict=True))
    # Those who ask for recorded arrivals see the pictures as far apart as they were taken.
    assert task.supply.times_s(BLOCK)[0][0] >= 0.0
