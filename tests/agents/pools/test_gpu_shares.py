"""How GPUs of a cluster are shared out among workers."""

from __future__ import annotations

import pytest

from agents.contract import BackendError
from agents.pools.ray.session import Session


def session(gpus: float, address: str | None = None) -> Session:
    return Session(address, 8.0, 1, own=True, gpus=gpus)


@pytest.mark.parametrize(
    ("gpus", "workers", "share"), [(1, 1, 1.0), (1, 3, 0.3333), (2, 3, 0.5), (4, 3, 1.0), (2, 7, 0.25), (1, 6, 0.1666)]
)
def test_workers_share_gpus_evenly_and_the_last_finds_room(gpus: int, workers: int, share: float) -> None:
    assert session(gpus).gpu_share(workers) == share
    on_each = int(1.0 / share)
    assert on_each * gpus >= workers


@pytest.mark.parametrize(("address", "where"), [(None, "on this machine"), ("h:6379", "on the cluster at 'h:6379'")])
def test_no_gpu_is_told_at_once(address: str | None, where: str) -> None:
    with pytest.raises(BackendError, match=f"execution.device: cuda was asked for, but Ray knows of no GPU {where}; "):
        session(0.0, address).gpu_share(2)
