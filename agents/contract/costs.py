"""What computing costs, in multiply-adds, and how long the cloud takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Multiply-adds of a method.

    Attributes:
        inference: of one sample on a device.
        learning: of one learning step on a device, for each of its ``step_samples`` samples.
        fixed, each: of the cloud; adapting to n requests at once costs ``fixed + each * n``.
    """

    inference: float = 0.0
    learning: float = 0.0
    step_samples: int = 1
    fixed: float = 0.0
    each: float = 0.0

    def adapt(self, requests: int) -> float:
        """Return what the cloud computes for so many requests that it serves together."""
        return self.fixed + self.each * requests


@dataclass(frozen=True)
class ServiceTime:
    """How long the cloud serves n requests together: ``fixed_s + each_s * n``.

    ``measured`` are the pairs (requests, median seconds) that this was fitted on; none where it was computed.
    """

    fixed_s: float
    each_s: float
    measured: tuple[tuple[int, float], ...] = ()

    def of(self, requests: int) -> float:
        """Return the time for so many requests [s]."""
        return self.fixed_s + self.each_s * requests
