"""Options of first aid on the device until the cloud has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, OneOf

#: Methods that adapt on the device, and methods whose cloud answers.
FIRST_AID = ("bn_adapt", "tent", "eata", "sar", "rdumb", "t3a", "lame", "foa", "zoa", "device_ft")
CLOUDS = ("cloud_ft", "group_ft", "persona")


@dataclass(frozen=True)
class FirstAidOptions:
    """A device adapts by itself until the first update of the cloud lands, and uses that from then on."""

    first_aid: Annotated[str, OneOf(*FIRST_AID)] = option("foa", "method on the device, with its own defaults")
    cloud: Annotated[str, OneOf(*CLOUDS)] = option("cloud_ft", "method of the cloud, with its own defaults")
    window: Annotated[int, Interval(ge=1, le=255)] = option(32, "newest samples that either is given")
