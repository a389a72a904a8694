"""Change detectors: one statistic of a stream of values for each device, and an alarm when it moves.

Nothing here needs torch: the timing plane reads the options of a detector from its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.detectors.base import Detector, State
from agents.detectors.ddm import Ddm
from agents.detectors.ewma import Ewma
from agents.detectors.page_hinkley import PageHinkley
from agents.plugins import is_plugin, load_class

#: Name in a scenario -> detector; its fields are its options.
DETECTORS: dict[str, type[Detector]] = {
    "page_hinkley": PageHinkley,
    "ddm": Ddm,
    "ewma": Ewma,
}

__all__ = ["DETECTORS", "Detector", "State", "make_detector"]


def make_detector(kind: str, options: Mapping[str, Any]) -> Detector:
    """Return the detector ``kind`` with its options.

    Raises:
        ValueError: an unknown detector, or an option that it does not have.
    """
    if kind not in DETECTORS and not is_plugin(kind):
        raise ValueError(f"detector {kind!r} is unknown; known are {', '.join(DETECTORS)}")
    make: type[Detector] = load_class(kind) if is_plugin(kind) else DETECTORS[kind]
    try:
        return make(**options)
    except TypeError as error:
        raise ValueError(f"detector {kind}: {error}") from error
