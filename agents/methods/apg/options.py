"""Options of APG."""

from __future__ import annotations

from dataclasses import dataclass

from agents.contract.component import option
from agents.contract.forms import PositiveCount
from agents.methods.generated_options import GeneratedOptions


@dataclass(frozen=True)
class ApgOptions(GeneratedOptions):
    """Unlabelled windows go up; only the small cores of low-rank layers come down, all else stays on the device."""

    rank: PositiveCount = option(16, "rows and columns of a core, as far as a layer has as many")
