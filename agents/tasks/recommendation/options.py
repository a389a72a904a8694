"""Options of interaction logs, and of their synthetic twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import OptionError, option
from agents.contract.forms import (
    Column,
    Count,
    DataPath,
    Form,
    Interval,
    OneOf,
    PositiveCount,
    PositiveNumber,
    Share,
)
from agents.tasks.file_options import STREAMS

#: Items beside the right one, or ``all`` of them: sampled negatives can reorder methods (Krichene, Rendle, KDD 2020).
Negatives = Annotated[int | str, Form("negatives")]


@dataclass(frozen=True)
class InteractionColumns:
    """Columns of an interaction log, by name or number from 0; default: by the header's names.

    Without a header a log is user, item, rating, timestamp.
    """

    user: Column | None = option(None, "who")
    item: Column | None = option(None, "what")
    rating: Column | None = option(None, "how much it was liked; only checked to be a number")
    timestamp: Column | None = option(None, "when")
    weight: Column | None = option(
        None, "how much the cloud learns from a row of the past, such as a count of plays; default: all alike"
    )


@dataclass(frozen=True)
class InteractionsOptions:
    """A log of user, item, rating, timestamp; one user is one device, clicks replayed in time order."""

    path: DataPath = option(description="file or folder")
    separator: str | None = option(None, "between columns; default: what the file uses")
    header: bool | None = option(None, "whether the first line names columns; default: found out")
    skip: Count = option(0, "lines before the log that are left out")
    columns: InteractionColumns = option(
        InteractionColumns(), "where to find what; default: by the header, else user, item, rating, timestamp"
    )
    time_format: str | None = option(None, "how times are laid out, as in '%d/%m/%Y'; default: numbers or ISO dates")
    time_unit: Annotated[str, OneOf("ns", "us", "ms", "s", "min", "h", "d")] | None = option(
        None, "of times that are numbers; default: s"
    )
    duplicates: Annotated[str, OneOf("keep", "merge", "count")] = option(
        "keep",
        "what the same user, item and time once more is: one more click, or the same (merge), or the same with the "
        "weights of all (count)",
    )
    core: Count = option(5, "keep users and items with at least so many interactions in the past")
    split: Annotated[str, OneOf("user", "time")] = option(
        "user", "where the past ends: at a share of each user's clicks, or of the log's time span, for all at once"
    )
    history: Share = option(0.8, "that share")
    streams: Annotated[str, OneOf(*STREAMS)] = option(
        "evaluation",
        "clicks that devices meet; validation: to tune methods by, the last ones of the past, split alike once more; "
        "what evaluation meets is left out",
    )
    users: Annotated[str, OneOf("warm", "cold", "all")] = option(
        "warm", "who the devices are: users whom the past knows (see 'core'), by past clicks; all others; or both"
    )
    compression: PositiveNumber | None = option(
        None,
        "seconds of the log per second of the run; default: what follows fills the run (split: user: for nine in ten)",
    )
    negatives: Negatives = option(99, "items sampled against each clicked one; all: every item")
    window: PositiveCount = option(10, "latest clicks that the model sees")
    latest: PositiveCount = option(100, "latest clicks of each user that the cloud trains on")

    def __post_init__(self) -> None:
        if self.separator is not None and (not self.separator or self.separator in '"\r\n'):
            raise OptionError(f"{self.separator!r} cannot separate columns", "separator")


#: Choices of all past users, items, or clicks in a window.
_MOST_CHOICES = 10_000_000


@dataclass(frozen=True)
class SyntheticInteractionsOptions:
    """Users whose interests drift; the oracle ranking is known."""

    users: PositiveCount = option(1000, "users of the cloud's past; devices are others")
    items: PositiveCount = option(500, "items of the shop")
    negatives: Negatives = option(99, "items beside the one that is chosen; all: every item")
    window: PositiveCount = option(10, "latest clicks that the model sees")
    clicks: Annotated[int, Interval(ge=2)] = option(40, "choices of each past user")
    sharpness: PositiveNumber = option(4.0, "how much interest decides; small: chance does")

    def __post_init__(self) -> None:
        if not isinstance(self.negatives, str) and self.items <= self.negatives:
            said = f"{self.items} leave no {self.negatives} beside the one that is chosen"
            raise OptionError(said, "items")
        for name, count in (("users", self.users * self.clicks), ("items", self.items), ("window", self.window)):
            if count > _MOST_CHOICES:
                raise OptionError(f"makes {count:,} choices or items; {_MOST_CHOICES:,} at most", name)
