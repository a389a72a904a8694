"""``task.data``: data sets and laws of nature that feed the devices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from sim.scenario.clause import Clause
from sim.scenario.concepts import ConceptField
from sim.scenario.data_laws import Gaussians, Hyperplane, River, Sea
from sim.scenario.data_tables import Files, Table
from sim.scenario.quantities import (
    Column,
    Count,
    PositiveCount,
    PositiveNumber,
    Share,
    choice,
)
from sim.scenario.units import shown
from sim.scenario.variants import Plugin, Shorthand, Variants

#: Items beside the clicked one: so many, or every item there is.
Negatives = Annotated[int, Field(ge=4)] | Literal["all"]


class Digits(Clause):
    """scikit-learn's 1,797 real 8x8 images of digits; embedded."""

    kind: Literal["digits"] = "digits"


class ImageFiles(Files):
    """Images from files, dealt into four parts that share none."""

    evaluation: PositiveCount | None = Field(
        default=None, description="images that devices see; default: the test split, or a quarter, up to 10,000"
    )
    train: PositiveCount | None = Field(
        default=None, description="images that the base learns from; default: all others, up to 20,000"
    )
    validation: PositiveCount | None = Field(
        default=None, description="images that the base is chosen by; default: a tenth, up to 2,000"
    )
    held_out: PositiveCount | None = Field(
        default=None,
        description="images that the base never sees, for adapters and the oracle; default: a fifth, up to 4,000",
    )
    contexts: list[ConceptField] | None = Field(
        default=None,
        min_length=1,
        description="how the past looked, the commonest first; default: original, quarter turns, noise, blur, contrast",
    )


class Idx(ImageFiles):
    """A folder of the MNIST family (idx files, gzipped or not)."""

    kind: Literal["idx"] = "idx"
    prefix: str | None = Field(default=None, description="of several sets in the folder: how the wanted names begin")


class Cifar(ImageFiles):
    """CIFAR-10 or CIFAR-100 binary records, a file or a folder of them, gzipped or not."""

    kind: Literal["cifar"] = "cifar"
    labels: Annotated[str, choice("fine", "coarse")] = Field(default="fine", description="which labels of CIFAR-100")


class Npz(ImageFiles):
    """A NumPy archive with arrays ``x`` and ``y``, and ``x_test`` and ``y_test`` if there is a test split."""

    kind: Literal["npz"] = "npz"


class InteractionColumns(Clause):
    """Columns of an interaction log, by name or number from 0. A rating is only checked to be a number."""

    user: Column = 0
    item: Column = 1
    rating: Column | None = None
    timestamp: Column = 3


class Interactions(Files):
    """A log of user, item, rating, timestamp; one user is one device, clicks replayed in time order."""

    kind: Literal["interactions"] = "interactions"
    separator: str | None = Field(default=None, description="between columns; default: what the file uses")
    columns: InteractionColumns = Field(
        default=InteractionColumns(rating=2), description="where to find what; default: user, item, rating, timestamp"
    )
    core: Count = Field(default=5, description="keep users and items with at least so many interactions")
    history: Share = Field(default=0.8, description="share of the time span that is the cloud's past")
    compression: PositiveNumber | None = Field(
        default=None,
        description="seconds of the log per second of the run; default: all that follows fills the run",
    )
    negatives: Negatives = Field(default=99, description="items sampled against each clicked one; all: every item")
    window: PositiveCount = Field(default=10, description="latest clicks that the model sees")
    latest: PositiveCount = Field(default=100, description="latest clicks of each user that the cloud trains on")

    @field_validator("separator", mode="after")
    @classmethod
    def _separates(cls, separator: str | None) -> str | None:
        if separator is not None and (not separator or separator in '"\r\n'):
            raise ValueError(f"{shown(separator)} cannot separate columns")
        return separator


class SyntheticInteractions(Clause):
    """Users whose interests drift; the oracle ranking is known."""

    kind: Literal["synthetic_interactions"] = "synthetic_interactions"
    users: PositiveCount = Field(default=1000, description="users of the cloud's past; devices are others")
    items: PositiveCount = Field(default=500, description="items of the shop")
    negatives: Negatives = Field(default=99, description="items beside the one that is chosen; all: every item")
    window: PositiveCount = Field(default=10, description="latest clicks that the model sees")
    clicks: Annotated[int, Field(ge=2)] = Field(default=40, description="choices of each past user")
    sharpness: PositiveNumber = Field(default=4.0, description="how much interest decides; small: chance does")


DATA: dict[str, type[Clause]] = {
    "digits": Digits,
    "gaussians": Gaussians,
    "idx": Idx,
    "cifar": Cifar,
    "npz": Npz,
    "table": Table,
    "interactions": Interactions,
    "synthetic_interactions": SyntheticInteractions,
    "sea": Sea,
    "hyperplane": Hyperplane,
    "river": River,
}

#: Data whose samples are decisions among items.
RANKED = ("interactions", "synthetic_interactions")


def _prefixed(value: Any) -> Any:
    """Turn ``idx:DIR`` into the long form; ``pkg.mod:Class`` is somebody's own."""
    kind, colon, path = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or kind not in DATA or not issubclass(DATA[kind], Files):
        return value
    return {"kind": kind, "path": type(value)(path, value.folder) if hasattr(value, "folder") else path}


Data = Annotated[
    Digits | Gaussians | Files | SyntheticInteractions | Sea | Hyperplane | River | Plugin,
    Variants("data", DATA, "task.data", Plugin),
    Shorthand(_prefixed, {"type": "string"}),
]
