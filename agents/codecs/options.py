"""Options of codecs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, OneOf, Share


@dataclass(frozen=True)
class TopKOptions:
    """Only the largest numbers; what is left out stays with the sender, and is sent later."""

    share: Annotated[Share, Interval(gt=0.0)] = option(0.01, "share of the numbers of a field that is sent")
    threshold: Annotated[float, Interval(gt=0.0)] | None = option(
        None, "smaller numbers are not sent either; sizes then depend on the data"
    )
    feedback: bool = option(True, "whether what is left out is kept, and added to what is to be sent next")


@dataclass(frozen=True)
class DeltaOptions:
    """Differences from what both ends hold since the last update that was installed."""

    numbers: Annotated[str, OneOf("fp32", "fp16", "int8", "rice")] = option("int8", "how differences are written")
