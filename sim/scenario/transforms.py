"""What drift can do to which data: the keys of a concept that a data set knows."""

from __future__ import annotations

#: What can be done to images.
IMAGE_TRANSFORMS = (
    "rotate",
    "translate",
    "scale",
    "shear",
    "noise",
    "blur",
    "contrast",
    "brightness",
    "occlusion",
    "invert",
    "permute_pixels",
)
#: Data set -> the transforms that it knows, where that is fixed.
KNOWN_TRANSFORMS: dict[str, tuple[str, ...]] = {
    "digits": IMAGE_TRANSFORMS,
    "idx": IMAGE_TRANSFORMS,
    "cifar": IMAGE_TRANSFORMS,
    "npz": IMAGE_TRANSFORMS,
    "gaussians": ("rotate", "noise", "shift"),
    "sea": ("sea", "threshold"),
    "hyperplane": ("boundary",),
    "table": ("scale", "shift", "noise"),
    "river": (),
    "interactions": (),
    "synthetic_interactions": ("interest", "popularity"),
}
#: Data sets whose samples are dealt out as recorded: drift cannot make them come faster.
RECORDED = ("table", "interactions")

#: Data sets whose classes come as they come: a prior of them cannot be set, and why.
PRIORLESS = {
    "table": "its rows are replayed as they come",
    "sea": "its features decide the class",
    "hyperplane": "its features decide the class",
    "river": "its streams decide the class",
}


def refused(data: str | None, name: str) -> str | None:
    """Return why a transform makes no sense for a kind of data, or None."""
    known = KNOWN_TRANSFORMS.get(data or "", (name,))
    return None if name in known else f"'{data}' cannot be changed that way; it knows: {', '.join(known)}, labels"


def refused_severity(data: str | None) -> str | None:
    """Return why a strength cannot be given as a severity for a kind of data, or None."""
    if data is None or ":" in data or KNOWN_TRANSFORMS.get(data) == IMAGE_TRANSFORMS:
        return None
    return f"'{data}' has no severities: they are defined for images; write a number"
