"""Change detectors: one statistic of a stream of values for each device, and an alarm when it moves.

Nothing here needs torch: the timing plane reads the options of a detector from its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.contract.component import Component, make_component
from agents.detectors.adwin import AdwinOptions
from agents.detectors.base import Detector, State
from agents.detectors.cusum import CusumOptions
from agents.detectors.ddm import DdmOptions
from agents.detectors.ewma import EwmaOptions
from agents.detectors.hddm_a import HddmAOptions
from agents.detectors.kswin import KswinOptions
from agents.detectors.page_hinkley import PageHinkleyOptions

#: Name in a scenario -> detector. One that needs ``bits`` takes a signal that is 0 or 1.
DETECTORS: dict[str, Component] = {
    "page_hinkley": Component(
        PageHinkleyOptions, "agents.detectors.page_hinkley:PageHinkley", paper="Page, Biometrika 41, 1954"
    ),
    "ddm": Component(DdmOptions, "agents.detectors.ddm:Ddm", paper="Gama et al., SBIA 2004", needs=frozenset({"bits"})),
    "ewma": Component(
        EwmaOptions,
        "agents.detectors.ewma:Ewma",
        paper="Roberts, Technometrics 1, 1959; Ross et al., Pattern Recognition Letters 33, 2012",
    ),
    "cusum": Component(CusumOptions, "agents.detectors.cusum:Cusum", paper="Page, Biometrika 41, 1954"),
    "hddm_a": Component(
        HddmAOptions,
        "agents.detectors.hddm_a:HddmA",
        paper="Frías-Blanco et al., IEEE TKDE 27, 2015",
        needs=frozenset({"bits"}),
    ),
    "kswin": Component(
        KswinOptions, "agents.detectors.kswin:Kswin", paper="Raab, Heusinger and Schleif, Neurocomputing 416, 2020"
    ),
    "adwin": Component(AdwinOptions, "agents.detectors.adwin:Adwin", paper="Bifet and Gavaldà, SDM 2007"),
}

__all__ = ["DETECTORS", "Detector", "State", "make_detector"]


def make_detector(kind: str, options: Mapping[str, Any]) -> Detector:
    """Return the detector ``kind`` with its options.

    Raises:
        ValueError: an unknown detector, or an option that it does not have.
    """
    detector: Detector = make_component(DETECTORS, kind, "detector", options)
    return detector
