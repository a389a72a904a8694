"""Options of data that are read from files: images and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import OptionError, option
from agents.contract.forms import (
    Column,
    ConceptForm,
    Count,
    DataPath,
    Interval,
    Length,
    Missing,
    OneOf,
    PositiveCount,
    PositiveNumber,
    Share,
)

#: Which looks of images the cloud's past holds: a continuous range of each transform, or a few fixed ones, which the
#: shipped drifts meet, pass between, or leave.
PASTS = ("broad", "seen", "between", "unseen")
#: The split whose images devices see.
STREAMS = ("evaluation", "validation")


@dataclass(frozen=True)
class DigitsOptions:
    """scikit-learn's 1,797 real 8x8 images of digits; embedded."""

    past: Annotated[str, OneOf(*PASTS)] = option(
        "broad",
        "angles of the past: all; multiples of 45 deg, as drifts have; half way between these; up to 45 deg only",
    )
    streams: Annotated[str, OneOf(*STREAMS)] = option(
        "evaluation", "images that devices see; validation: to tune methods by"
    )


@dataclass(frozen=True)
class DigitPairsOptions(DigitsOptions):
    """Pairs of scikit-learn's digits: what a front and a side camera see of one class; either view may go missing."""

    side_noise: Annotated[float, Interval(ge=0)] = option(
        0.3, "standard deviation of the side camera's noise, the same at every look; pixels run from 0 to 1"
    )
    drifts: Annotated[str, OneOf("both", "front", "side")] = option("both", "views that transforms of drift reach")
    past_missing: Share = option(0.1, "share of the past that lacks one of the views")


@dataclass(frozen=True)
class ImageOptions:
    """Images from files."""

    path: DataPath = option(description="file or folder")
    evaluation: PositiveCount | None = option(
        None, "images that devices see; default: the test split, or a quarter, up to 10,000"
    )
    train: PositiveCount | None = option(None, "images that the base learns from; default: all others, up to 20,000")
    validation: PositiveCount | None = option(None, "images that the base is chosen by; default: a tenth, up to 2,000")
    held_out: PositiveCount | None = option(
        None, "images that the base never sees, for adapters and the oracle; default: a fifth, up to 4,000"
    )
    past: Annotated[str, OneOf(*PASTS)] | None = option(
        None, "looks of the past: a broad range of all transforms, or a few; default: 'contexts', or broad"
    )
    contexts: Annotated[list[ConceptForm], Length(1)] | None = option(
        None, "how the past looked, the commonest first; the looks of 'past', if it is given, come behind"
    )
    streams: Annotated[str, OneOf(*STREAMS)] = option(
        "evaluation", "images that devices see; validation: to tune methods by"
    )


@dataclass(frozen=True)
class NpzOptions(ImageOptions):
    """A NumPy archive of images and labels, and of a test split if ``x_test`` and ``y_test`` are there."""

    x: str = option("x", "array of the images, as in x_train or train_images")
    y: str = option("y", "array of the labels")
    x_test: str | None = option(None, "array of the images of the test split; default: x_test, if it is there")
    y_test: str | None = option(None, "array of its labels; default: y_test, if it is there")

    def __post_init__(self) -> None:
        if (self.x_test is None) != (self.y_test is None):
            raise OptionError("goes with its partner: x_test and y_test are one split", "x_test")


@dataclass(frozen=True)
class IdxOptions(ImageOptions):
    """A folder of the MNIST family (idx files, gzipped or not)."""

    prefix: str | None = option(None, "of several sets in the folder: how the wanted names begin")


@dataclass(frozen=True)
class CifarOptions(ImageOptions):
    """CIFAR-10 or CIFAR-100 binary records, a file or a folder of them, gzipped or not."""

    labels: Annotated[str, OneOf("fine", "coarse")] = option("fine", "which labels of CIFAR-100")


@dataclass(frozen=True)
class ImageFolderOptions(ImageOptions):
    """A folder of pictures for each class, and so for ``train`` and ``test``, if these are there."""

    size: Annotated[int, Interval(ge=4, le=1024)] | None = option(
        None, "pixels a side that pictures are scaled to; default: they have one size"
    )
    grey: bool = option(False, "one channel in place of three")


@dataclass(frozen=True)
class OrderedOptions:
    """Samples in an order of their own; the first are the cloud's past, the others the devices' streams."""

    path: DataPath = option(description="file or folder")
    target: Column | None = option(None, "the class, by name or number from 0; default: last column")
    history: Share = option(0.2, "share of the rows, from the first, that is the cloud's past")
    deal: Annotated[str, OneOf("round_robin", "contiguous", "column")] = option(
        "round_robin", "how rows are dealt to devices: in turn, a stretch each, or by their owner"
    )
    column: Column | None = option(None, "with 'deal: column': whose value names the device")
    among: PositiveCount | None = option(
        None, "how many shares are dealt, so that streams do not depend on the fleet's size"
    )
    time: Column | None = option(None, "when a row was recorded: numbers or dates, in order")
    compression: PositiveNumber | None = option(
        None, "units of 'time' (s of a date) in a second of the run; default: it fills the run"
    )
    at_end: Annotated[str, OneOf("stop", "repeat")] = option("stop", "what a device does whose rows are out")
    time_format: str | None = option(None, "how times are laid out, as in '%d/%m/%Y'; default: numbers or ISO dates")
    contexts: PositiveCount = option(8, "stretches of the past, as adapters see it")
    segments: PositiveCount = option(20, "stretches of the streams, one oracle head pair in each")

    def __post_init__(self) -> None:
        if self.time_format is not None and "%" not in self.time_format:
            raise OptionError(f"{self.time_format!r} is no layout; write for example '%d/%m/%Y %H:%M'", "time_format")
        if self.deal == "column" and self.column is None:
            said = "is missing; with 'deal: column' it names the column of the device that a row belongs to"
            raise OptionError(said, "column")
        if self.deal != "column" and self.column is not None:
            raise OptionError("goes with 'deal: column'", "column")
        if self.deal == "column" and self.among is not None:
            raise OptionError("goes with 'deal: round_robin' or 'contiguous'; owners share nothing", "among")


@dataclass(frozen=True)
class DatedImagesOptions(OrderedOptions):
    """Pictures in the order in which they were taken, as in Yearbook, WILDS or Wild-Time.

    A folder for each class with file names that begin with a date (``1905_...``); or a folder with a table that names
    each picture; or a NumPy archive with arrays of images, labels and times. The first pictures are the cloud's past.
    """

    target: Column | None = option(None, "the class: column of the table, or array of the archive")
    time: Column | None = option(None, "when a picture was taken, likewise, in any order; else by the files' names")
    metadata: str | None = option(
        None, "file in the folder with a row for each picture, as metadata.csv; default: folders are classes"
    )
    image: Column | None = option(None, "column of that table with the files' names, or array of the images")
    pictures: str | None = option(None, "folder in which the names of that table begin; default: 'path'")
    size: Annotated[int, Interval(ge=4, le=1024)] | None = option(
        None, "pixels a side that pictures are scaled to; default: they have one size"
    )
    grey: bool = option(False, "one channel in place of three")


@dataclass(frozen=True)
class RowsOptions(OrderedOptions):
    """Rows in the order of a file; the first are the cloud's past, the others the devices' streams."""

    missing: Missing = option(
        "refuse",
        "features that are missing: an error (refuse), or the mean of the past (mean); or a list of the cells that "
        "stand for no value, as in [NA, '?']; or both: {cells: [...], fill: mean}",
    )
    scaling: Annotated[str, OneOf("standard", "robust")] = option(
        "standard", "of numbers, by mean and deviation of the past, or by its median and middle half, against outliers"
    )
    ignore: list[Column] = option(factory=list, description="columns to leave out")
    nominal: list[Column] = option(
        factory=list, description="columns whose numbers are categories: one feature for each"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.compression is not None and self.time is None:
            raise OptionError("goes with 'time': it is how fast the times of that column pass", "compression")


@dataclass(frozen=True)
class TextOptions(RowsOptions):
    """Rows of text in columns."""

    delimiter: str | None = option(None, "between columns; default: what the file uses")
    decimal: Annotated[str, OneOf(".", ",")] = option(".", "between the whole part of a number and its fraction")
    thousands: str | None = option(None, "between groups of three digits; default: nothing")
    header: bool | None = option(None, "whether the first line names columns; default: found out")
    skip: Count = option(0, "lines before the table that are left out")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            said = f"{self.delimiter!r} is no delimiter; write one sign, for example ';' or a tab as \"\\t\""
            raise OptionError(said, "delimiter")
        if self.thousands is not None and (len(self.thousands) != 1 or self.thousands in '0123456789+-eE"\r\n'):
            raise OptionError(
                f"{self.thousands!r} stands between no groups of digits; write for example ','", "thousands"
            )
        if self.thousands == self.decimal:
            raise OptionError(f"is {self.thousands!r}, as decimal is; they have to differ", "thousands")


@dataclass(frozen=True)
class TableOptions(TextOptions):
    """A table in any format below; first rows are the cloud's past, the others the devices' streams."""


@dataclass(frozen=True)
class CsvOptions(TextOptions):
    """A table in a CSV file, packed or not."""


@dataclass(frozen=True)
class ArffOptions(RowsOptions):
    """A table in an ARFF file of Weka or MOA, packed or not."""


@dataclass(frozen=True)
class LibsvmOptions(RowsOptions):
    """A table in a LIBSVM or SVMlight file, packed or not."""


@dataclass(frozen=True)
class JsonOptions(RowsOptions):
    """A table in JSON: a row a line, a list of rows, or a map of columns; packed or not."""


@dataclass(frozen=True)
class ParquetOptions(RowsOptions):
    """A table in a Parquet file."""


@dataclass(frozen=True)
class FrameOptions(RowsOptions):
    """A data frame in an Arrow (Feather) file, as ``agents.tasks.frames.as_data`` writes it."""


@dataclass(frozen=True)
class OpenmlOptions(RowsOptions):
    """A data set in OpenML's cache: a folder of dataset.pq or dataset.arff, and description.xml for the target."""


@dataclass(frozen=True)
class HuggingfaceOptions(RowsOptions):
    """A table of Hugging Face, saved by save_to_disk or copied from the hub."""

    split: str | None = option(None, "which one, where the folder has several")
