from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.prototypes import Cloud, Prototypes, Refinement, cluster

RULE = Refinement(rate=0.1, step=0.1, reach=0.3, every=3, hysteresis=0.1)
CENTRES = torch.tensor([[8.0, 0.0], [-8.0, 0.0], [0.0, 8.0]])
BASE = torch.tensor([1.0, 2.0, 3.0])


def blobs(windows: int = 90) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return codes around three centres, edits that tell the blob, and the blob of each window."""
    chance = torch.Generator().manual_seed(3)
    blob = torch.arange(windows) % 3
    codes = CENTRES[blob] + 0.3 * torch.randn(windows, 2, generator=chance)
    return codes, blob.float().unsqueeze(1).expand(-1, 3) * 0.1, blob


@cache
def cloud() -> Cloud:
    codes, edits, _ = blobs()
    return cluster(codes, edits, BASE, 3, seed=1)


def nearest(made: Cloud, blob: int) -> int:
    return int((made["centres"] - CENTRES[blob]).norm(dim=1).argmin())


def test_kmeans_recovers_three_blobs_and_their_mean_edits() -> None:
    made = cloud()
    assert sorted(nearest(made, blob) for blob in range(3)) == [0, 1, 2]
    for blob in range(3):
        k = nearest(made, blob)
        assert (made["centres"][k] - CENTRES[blob]).norm() < 0.3
        assert torch.allclose(made["heads"][k], BASE + 0.1 * blob)


def test_clusters_may_stay_empty() -> None:
    codes = CENTRES[[0, 0, 1, 1]]
    with pytest.warns(match="distinct clusters"):
        made = cluster(codes, torch.full((4, 3), 0.2), BASE, 3, seed=1)
    assert torch.isfinite(made["heads"]).all()
    serving = Prototypes(made, RULE)
    assert serving.assign(np.array([7.0, 0.0], np.float32), held=2) in range(3)


def test_hysteresis_stops_ping_pong_on_the_border() -> None:
    made = cloud()
    left, right = nearest(made, 1), nearest(made, 0)
    codes = [np.array([0.2 * (-1) ** turn, 0.0], np.float32) for turn in range(10)]

    def walk(rule: Refinement) -> list[int]:
        held, path = left, []
        for code in codes:
            held = Prototypes(made, rule).assign(code, held)
            path.append(held)
        return path

    assert walk(replace(RULE, hysteresis=0.1)) == [left] * 10
    assert walk(replace(RULE, hysteresis=0.0)) == [right, left] * 5


def test_a_code_far_inside_another_cluster_switches() -> None:
    made = cloud()
    assert Prototypes(made, RULE).assign(np.array([0.0, 7.0], np.float32), held=nearest(made, 0)) == nearest(made, 2)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), reach=st.floats(0.05, 1.0), tickets=st.integers(1, 300))
def test_no_prototype_goes_further_than_its_reach(seed: int, reach: float, tickets: int) -> None:
    made, chance = cloud(), np.random.default_rng(seed)
    serving = Prototypes(made, replace(RULE, rate=0.5, step=1.0, reach=reach))
    codes, heads = chance.normal(0, 8, (tickets, 2)), chance.normal(0, 9, (tickets, 3))
    serving.serve(codes.astype(np.float32), heads.astype(np.float32), [0] * tickets)
    later = serving.cloud()
    assert ((later["heads"] - made["born"]).abs() <= reach + 1e-6).all()
    assert int(later["assigned"].sum()) == int(later["refined"].sum()) == tickets


@pytest.mark.parametrize("rate", [0.02, 0.01])
def test_the_order_of_refinements_matters_only_in_second_order(rate: float) -> None:
    heads = [np.array(head, np.float32) for head in ((1.04, 2.0, 3.02), (1.0, 2.06, 2.99), (0.97, 1.98, 3.05))]
    made = cloud()
    k = nearest(made, 0)
    code = made["centres"][k].numpy()
    ends = []
    for order in permutations(heads):
        serving = Prototypes(made, replace(RULE, rate=rate))
        served = serving.serve(np.stack([code] * 3), np.stack(order), [k] * 3)
        assert served.prototype == [k] * 3
        ends.append(serving.cloud()["heads"][k])
    spread = torch.stack(ends).std(0).max().item()
    assert 0 < spread < 0.1 * rate**2 * 10


def test_versions_count_and_publish_every_so_many_refinements() -> None:
    made = cloud()
    k = nearest(made, 0)
    code, head = made["centres"][k].numpy(), (made["heads"][k] + 0.05).numpy()
    served = Prototypes(made, RULE).serve(np.stack([code] * 7), np.stack([head] * 7), [k] * 7)
    assert served.version == [0, 0, 0, 1, 1, 1, 2]
    first = [float(one[0]) for one in served.head]
    assert first[:3] == [float(made["born"][k, 0])] * 3
    assert len(set(first)) == 3
    assert torch.equal(made["published"], made["born"])


def test_a_rate_of_zero_moves_nothing() -> None:
    made = cloud()
    serving = Prototypes(made, replace(RULE, rate=0.0))
    serving.serve(np.ones((1, 2), np.float32), np.ones((1, 3), np.float32), [0])
    assert torch.equal(serving.cloud()["heads"], made["heads"])
    assert torch.equal(serving.cloud()["centres"], made["centres"])
    assert int(serving.cloud()["assigned"].sum()) == 1
