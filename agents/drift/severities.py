"""Severities 1 to 5 of the common-corruptions benchmark, as strengths of the transforms that it has too.

Hendrycks and Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR
2019: the parameters of its small images (CIFAR-10-C, 32x32), for pixels from 0 to 1. They are used for images of
every size here; a blur of as many pixels is milder on larger images, and far harsher on 8x8 ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Transform -> strength at severity 1, 2, 3, 4, 5. ``noise`` and ``blur`` are the benchmark's Gaussian ones.
SEVERITIES: dict[str, tuple[float, ...]] = {
    "noise": (0.04, 0.06, 0.08, 0.09, 0.10),
    "blur": (0.4, 0.6, 0.7, 0.8, 1.0),
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
}


def strength(name: str, written: Any) -> float:
    """Return the strength of a transform as a number: ``0.3``, or ``{severity: 3}`` looked up.

    Raises:
        ValueError: a severity that the benchmark does not have.
    """
    if not isinstance(written, Mapping):
        return float(written)
    severity = written.get("severity")
    if name not in SEVERITIES or not isinstance(severity, int) or severity not in range(1, 6):
        raise ValueError(f"{name} has no severity {severity}; 1 to 5 are there for {', '.join(SEVERITIES)}")
    return SEVERITIES[name][severity - 1]
