"""Options of LSC4Rec."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

from agents.contract.component import OptionError, option, refuse_without_effect
from agents.contract.forms import DataPath, Interval, OneOf, PositiveCount, PositiveNumber, Share, Steps


@dataclass(frozen=True)
class Lsc4RecOptions:
    """Recent clicks go up, a list of candidates by a large recommender comes down; the device ranks by both."""

    candidates: Annotated[int, Interval(ge=2, le=1000)] = option(50, "items of a list")
    fusion: Annotated[int, Interval(ge=1, le=5)] = option(
        3,
        "rule of the paper: 1 the list alone, 2 the list where the small recommender is not sure, 3 and 4 the sum of "
        "both, the small one once or twice, 5 the small recommender alone",
    )
    history: Annotated[int, Interval(ge=1, le=255)] = option(30, "clicks that the large recommender is shown")
    training: Annotated[str, OneOf("independent", "collaborative")] = option(
        "independent", "of the small recommender: by itself, or its head then also on lists of the large one"
    )
    unseen: Share = option(0.1, "newest share of each user's past that the large recommender has not seen")
    large: Annotated[str, OneOf("sasrec", "t5")] = option(
        "sasrec", "the large recommender: a causal SASRec, or a T5 of transformers that reads items (extra llm)"
    )
    weights: DataPath | None = option(None, "folder of a T5 to begin with, as transformers saves it; default: drawn")
    large_width: PositiveCount = option(64, "width of the large recommender")
    large_layers: Annotated[int, Interval(ge=1, le=12)] = option(2, "layers of the large recommender")
    large_heads: PositiveCount = option(2, "heads of its attention")
    steps: Steps = option(600, "training steps of the large recommender")
    batch: PositiveCount = option(64, "sequences of a step")
    rate: PositiveNumber = option(1e-3, "learning rate")
    collaborative_steps: Steps = option(300, "steps of the head on lists, with 'training: collaborative'")

    def __post_init__(self) -> None:
        if self.large == "t5" and find_spec("transformers") is None:
            raise OptionError("'large: t5' needs the extra 'llm': pip install 'driftbed[llm]'", "large")
        if self.large == "sasrec" and self.large_width % self.large_heads:
            said = f"does not divide 'large_width: {self.large_width}', which heads share evenly"
            raise OptionError(said, "large_heads")
        if self.large != "t5":
            refuse_without_effect(self, "'large: sasrec'; write 'large: t5'", "weights")
        if self.training == "independent":
            refuse_without_effect(
                self, "'training: independent'; write 'training: collaborative'", "collaborative_steps"
            )
