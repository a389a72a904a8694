"""Signals: one number a sample that says how the deployed model does, or how strange the sample is.

The table needs no torch; how a signal is computed is imported where samples are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents.plugins import load_class


@dataclass(frozen=True)
class Signal:
    """A number for each sample.

    Attributes:
        description: what it says.
        loads: the function that computes it, as ``module:name``; it takes :class:`agents.signals.values.Predicted`.
        labelled: whether it needs the label, so that it is visible only once the label is due.
        binary: whether it is 0 or 1.
    """

    description: str
    loads: str
    labelled: bool = False
    binary: bool = False

    def function(self) -> Callable[[Any], Any]:
        """Import the function that computes the signal."""
        found: Callable[[Any], Any] = load_class(self.loads)
        return found


#: Name in a scenario -> signal.
SIGNALS: dict[str, Signal] = {
    "error": Signal("1 if the prediction is wrong, else 0", "agents.signals.values:error", True, True),
    "loss": Signal("loss of the prediction [nats]", "agents.signals.values:loss", True),
    "entropy": Signal("entropy of the predicted distribution [nats]", "agents.signals.values:entropy"),
    "margin": Signal("how far the first class leads the second, in probability", "agents.signals.values:margin"),
    "score": Signal(
        "how far out of distribution a sample is; by default its energy (Liu et al. 2020)",
        "agents.signals.values:score",
    ),
    "embedding_distance": Signal(
        "distance of the features to the mean of the past, in standard deviations",
        "agents.signals.values:embedding_distance",
    ),
}
