"""Raw input of a pool: what each concept looks like, in no more memory than there are different looks."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

from agents.contract import BackendError
from agents.evaluation.raw_pool import RawPool

SIZE = 5


class Pictures:
    """Bytes as they are under concepts 0 and 2, half as bright under 1."""

    concepts = ("original", "dark", "swap")
    images = torch.arange(SIZE * 4, dtype=torch.uint8).view(SIZE, 1, 2, 2)

    def raw_pool(self, concept: int) -> torch.Tensor:
        return self.images.float() / 510.0 if concept == 1 else self.images

    def looks_like(self, concept: int) -> int:
        return concept % 2


def test_samples_look_as_their_concept_says_and_bytes_are_shares_of_255() -> None:
    pool = RawPool.of_task(cast(Any, Pictures()))
    ref = np.array([[0, SIZE + 3], [2 * SIZE + 4, SIZE]])
    full = Pictures.images.float() / 255.0
    expected = torch.stack([full[0], full[3] / 2, full[4], full[0] / 2]).view(2, 2, 1, 2, 2)
    assert torch.allclose(pool.of(ref), expected)
    assert pool.nbytes == SIZE * 4 + SIZE * 4 * 4


def test_a_pool_that_would_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTBED_STATE_GB", "0.00000005")
    with pytest.raises(BackendError, match=r"raw input under 2 different looks would take .* DRIFTBED_STATE_GB"):
        RawPool.of_task(cast(Any, Pictures()))
