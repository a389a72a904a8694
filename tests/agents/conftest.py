"""How torch computes in these tests: as in a run."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Compute on one thread, as runs do: with more, threads that wait for one another use up the other cores."""
    torch.set_num_threads(1)
