"""What methods are shown of the recent past of devices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch

#: A tensor, or a function that computes it when it is first read.
Later = torch.Tensor | Callable[[], torch.Tensor]


class Recent:
    """The newest samples of some devices, oldest first, right padded with zeros; computed when read.

    Attributes:
        label: int64 [tickets, window]; -1 where there is none or it is not due yet.
        count: int64 [tickets], samples that are really there.
    """

    def __init__(
        self,
        features: Later,
        label: torch.Tensor,
        count: torch.Tensor,
        raw: Later | None = None,
        present: Later | None = None,
        unlabelled: Callable[[], Recent] | None = None,
    ) -> None:
        self.label, self.count = label, count
        self._features, self._raw, self._unlabelled = features, raw, unlabelled
        self._present = present

    @cached_property
    def features(self) -> torch.Tensor:
        """Trunk features, float32 [tickets, window, features]."""
        return _computed(self._features)

    @cached_property
    def raw(self) -> torch.Tensor:
        """Raw input as the task has it, [tickets, window, *input_shape]; only where the method ``sees`` raw input.

        Of a decision among items: the ids of the window, then those of the few candidates that ``label`` counts among.
        """
        if self._raw is None:
            raise TypeError("this window has no raw form; say sees = 'raw'")
        return _computed(self._raw)

    @cached_property
    def present(self) -> torch.Tensor:
        """Which views are there, uint8 [tickets, window, views]; only where the task has views."""
        if self._present is None:
            raise TypeError("the samples of this task have no views")
        return _computed(self._present)

    @cached_property
    def unlabelled(self) -> Recent:
        """The newest samples whether or not their labels are known, for methods that need labels but use more."""
        return self if self._unlabelled is None else self._unlabelled()


def _computed(values: Later) -> torch.Tensor:
    return values if isinstance(values, torch.Tensor) else values()
