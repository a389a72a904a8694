"""What drift does to samples: one row of the table each, in the order in which images pass through them.

The table imports no torch. The code of a transform of images is a function ``(images, strength, noise) -> images`` of
float32 [n, channels, h, w]; the other transforms are done by the tasks that know them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import KeyedRow, NoOptions
from agents.contract.forms import Angle, Count, Form, Fraction, Number, PositiveNumber

#: A number from 0 on, or ``{severity: 1..5}`` of the common-corruptions benchmark.
Strength = Annotated[Any, Form("strength")]
#: Two numbers, along the axes.
Pair = Annotated[list[float], Form("pair")]
#: Any finite number.
Real = Annotated[float, Form("real")]

_MOVE = "agents.drift.image_geometry:move"
_CLICKS = "agents.tasks.recommendation.synthetic_interactions:SyntheticInteractions"
_CORRUPTIONS = "Hendrycks and Dietterich, ICLR 2019"


@dataclass(frozen=True)
class TransformRow(KeyedRow):
    """One transform: a key of a concept.

    Attributes:
        neutral: the strength that leaves images as they are; None where it is not for images.
        parts: names of its strengths where it has two.
        choice: whether it is a choice and no amount, so that there is no value half way.
        by_factors: whether it moves by equal factors, not by equal steps: half way to 4 times is 2 times.
        yes: whether it is only done or not done.
        moves: whether it moves what is in an image: all that do are done first, in one resampling.
    """

    neutral: float | None = None
    parts: tuple[str, ...] = ()
    choice: bool = False
    by_factors: bool = False
    yes: bool = False
    moves: bool = False


def _row(summary: str, value: Any, loads: str, paper: str = "", **more: Any) -> TransformRow:
    return TransformRow(NoOptions, loads, paper, summary=summary, value=value, **more)


#: Key of a concept -> transform. Those of images stand in the order in which they are done.
TRANSFORMS: dict[str, TransformRow] = {
    "rotate": _row("turn images (or the plane of gaussians) by this angle", Angle, _MOVE, neutral=0.0, moves=True),
    "translate": _row(
        "move images right and down, in shares of their size",
        Pair,
        _MOVE,
        neutral=0.0,
        moves=True,
        parts=("translate_x", "translate_y"),
    ),
    "scale": _row("zoom; 1 changes nothing", PositiveNumber, _MOVE, neutral=1.0, moves=True, by_factors=True),
    "shear": _row("slant; positive leans the upper half to the right", Angle, _MOVE, neutral=0.0, moves=True),
    "blur": _row(
        "standard deviation of a Gaussian blur, in pixels",
        Strength,
        "agents.drift.image_corruptions:blur",
        _CORRUPTIONS,
        neutral=0.0,
    ),
    "contrast": _row(
        "factor around the mean; 1 changes nothing",
        Strength,
        "agents.drift.image_corruptions:contrast",
        _CORRUPTIONS,
        neutral=1.0,
    ),
    "brightness": _row(
        "added to the value (largest channel) of every pixel; 0 changes nothing",
        Strength,
        "agents.drift.image_corruptions:brighten",
        _CORRUPTIONS,
        neutral=0.0,
    ),
    "invert": _row(
        "dark becomes light", bool, "agents.drift.image_corruptions:invert", neutral=0.0, choice=True, yes=True
    ),
    "occlusion": _row(
        "share of the width and height hidden by a square",
        Fraction,
        "agents.drift.image_corruptions:occlude",
        neutral=0.0,
    ),
    "noise": _row(
        "standard deviation of Gaussian noise; pixels run from 0 to 1, and are clipped",
        Strength,
        "agents.drift.image_corruptions:spoil",
        _CORRUPTIONS,
        neutral=0.0,
    ),
    "permute_pixels": _row(
        "pixels shuffled alike everywhere; the number picks the permutation",
        Count,
        "agents.drift.image_corruptions:permute_pixels",
        neutral=-1.0,
        choice=True,
    ),
    "shift": _row("gaussians: move all means along the first axis", Real, "agents.tasks.synthetic.gaussians:Gaussians"),
    "boundary": _row("turn the true boundary between classes", Angle, "agents.tasks.synthetic.hyperplane:Hyperplane"),
    "threshold": _row("sea: what two features sum to at most in class 1", Number, "agents.tasks.synthetic.sea:Sea"),
    "interest": _row("how far a user's interest moves to another user's", Fraction, _CLICKS),
    "popularity": _row("how far all items' popularity moves to another one", Fraction, _CLICKS),
    "missing": _row(
        "views that devices lack, of digit_pairs or of a stream of your own",
        list[str],
        "agents.tasks.custom.task:CustomTask",
        choice=True,
    ),
}


def of_images() -> tuple[str, ...]:
    """Return the keys of a concept that images know."""
    return tuple(name for name, row in TRANSFORMS.items() if row.neutral is not None)


def neutral_of_images() -> dict[str, float]:
    """Return the strength at which each transform leaves images as they are; a pair has two."""
    rows = {name: row for name, row in TRANSFORMS.items() if row.neutral is not None}
    return {part: row.neutral or 0.0 for name, row in rows.items() for part in row.parts or (name,)}
