"""How a linear model compares with the base model that devices start with."""

from __future__ import annotations

from typing import NamedTuple


class LinearRival(NamedTuple):
    """Accuracy of base and linear model on the validation split, and the 95 % interval of linear minus base.

    Both are paired sample by sample; samples count as independent of each other, which those of a series are not.
    """

    base: float
    linear: float
    low: float
    high: float
    samples: int

    @property
    def middle(self) -> float:
        """Linear minus base."""
        return self.linear - self.base

    @property
    def ahead(self) -> bool:
        """Whether the linear model is better beyond chance."""
        return self.low > 0.0
