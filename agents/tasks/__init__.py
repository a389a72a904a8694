"""What devices see: data sets and synthetic laws, each a stream that drifts. One row of the table each.

The table imports neither torch nor a data set; :mod:`agents.tasks.making` builds a task.
"""

from __future__ import annotations

from agents.tasks.file_options import (
    ArffOptions,
    CifarOptions,
    CsvOptions,
    DatedImagesOptions,
    DigitPairsOptions,
    DigitsOptions,
    FrameOptions,
    HuggingfaceOptions,
    IdxOptions,
    ImageFolderOptions,
    JsonOptions,
    LibsvmOptions,
    NpzOptions,
    OpenmlOptions,
    ParquetOptions,
    RowsOptions,
    TableOptions,
)
from agents.tasks.recommendation.options import InteractionsOptions, SyntheticInteractionsOptions
from agents.tasks.row import IMAGE_TRANSFORMS, TaskRow
from agents.tasks.synthetic.options import GaussiansOptions, HyperplaneOptions, RiverOptions, SeaOptions

_IMAGES = frozenset({"classes", "oracle_head", "severities", "images"})
_LAW = frozenset({"classes", "oracle_bayes"})
_FEATURES_DECIDE = "its features decide the class"


def _rows(options: type[RowsOptions]) -> TaskRow:
    """Return the row of a format of tables: one reader and one task stand behind all of them."""
    return TaskRow(
        options,
        "agents.tasks.tables.task:Tables",
        gives=frozenset({"classes", "oracle_head", "recorded"}),
        transforms=("scale", "shift", "noise"),
        priorless="its rows are replayed as they come",
    )


#: Name in a scenario -> data; the code takes a FleetSpec.
TASKS: dict[str, TaskRow] = {
    "digits": TaskRow(
        DigitsOptions,
        "agents.tasks.images.digits:Digits",
        gives=_IMAGES,
        transforms=IMAGE_TRANSFORMS,
        classes=10,
    ),
    "digit_pairs": TaskRow(
        DigitPairsOptions,
        "agents.tasks.images.digit_pairs:DigitPairs",
        # Both views are laid side by side, so that a net is shown numbers and no image.
        gives=_IMAGES - {"images"},
        transforms=(*IMAGE_TRANSFORMS, "missing"),
        classes=10,
    ),
    "gaussians": TaskRow(
        GaussiansOptions,
        "agents.tasks.synthetic.gaussians:Gaussians",
        gives=_LAW,
        quick={"history": 300},
        transforms=("rotate", "noise", "shift"),
        classes="classes",
    ),
    "idx": TaskRow(
        IdxOptions, "agents.tasks.images.image_files:ImageFiles", gives=_IMAGES, transforms=IMAGE_TRANSFORMS
    ),
    "cifar": TaskRow(
        CifarOptions,
        "agents.tasks.images.image_files:ImageFiles",
        gives=_IMAGES,
        transforms=IMAGE_TRANSFORMS,
        pretrain={"mirror": True, "shift": 2},
    ),
    "npz": TaskRow(
        NpzOptions, "agents.tasks.images.image_files:ImageFiles", gives=_IMAGES, transforms=IMAGE_TRANSFORMS
    ),
    "image_folder": TaskRow(
        ImageFolderOptions, "agents.tasks.images.image_files:ImageFiles", gives=_IMAGES, transforms=IMAGE_TRANSFORMS
    ),
    "dated_images": TaskRow(
        DatedImagesOptions,
        "agents.tasks.images.dated:DatedImages",
        gives=frozenset({"classes", "oracle_head", "recorded", "images"}),
        transforms=IMAGE_TRANSFORMS,
        priorless="its pictures are replayed as they come",
    ),
    "table": _rows(TableOptions),
    "csv": _rows(CsvOptions),
    "arff": _rows(ArffOptions),
    "libsvm": _rows(LibsvmOptions),
    "json": _rows(JsonOptions),
    "parquet": _rows(ParquetOptions),
    "frame": _rows(FrameOptions),
    "openml": _rows(OpenmlOptions),
    "huggingface": _rows(HuggingfaceOptions),
    "interactions": TaskRow(
        InteractionsOptions,
        "agents.tasks.recommendation.interactions:Interactions",
        gives=frozenset({"items", "oracle_head", "recorded"}),
    ),
    "synthetic_interactions": TaskRow(
        SyntheticInteractionsOptions,
        "agents.tasks.recommendation.synthetic_interactions:SyntheticInteractions",
        gives=frozenset({"items", "oracle_bayes"}),
        quick={"users": 30, "items": 120, "clicks": 4},
        transforms=("interest", "popularity"),
    ),
    "sea": TaskRow(
        SeaOptions,
        "agents.tasks.synthetic.sea:Sea",
        paper="Street and Kim, A streaming ensemble algorithm, KDD 2001",
        gives=_LAW,
        quick={"history": 300},
        transforms=("sea", "threshold"),
        classes=2,
        priorless=_FEATURES_DECIDE,
    ),
    "hyperplane": TaskRow(
        HyperplaneOptions,
        "agents.tasks.synthetic.hyperplane:Hyperplane",
        paper="Hulten, Spencer and Domingos, Mining time-changing data streams, KDD 2001",
        gives=_LAW,
        quick={"history": 300},
        transforms=("boundary",),
        classes=2,
        priorless=_FEATURES_DECIDE,
    ),
    "river": TaskRow(
        RiverOptions,
        "agents.tasks.synthetic.river_stream:river_streams",
        paper="Montiel et al., River: machine learning for streaming data, JMLR 2021",
        gives=frozenset({"classes"}),
        quick={"stream": "Agrawal", "history": 100},
        priorless="its streams decide the class",
    ),
}
