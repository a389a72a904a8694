from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.prototypes import BATCH, Cloud, Prototypes, Refinement, Served, at_rest, cluster

RULE = Refinement(rate=0.1, step=0.1, reach=0.3, every=3, hysteresis=0.1)
CENTRES = torch.tensor([[8.0, 0.0], [-8.0, 0.0], [0.0, 8.0]])
BASE = torch.tensor([1.0, 2.0, 3.0])


def blobs(windows: int = 90) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return codes around three centres, edits that identify the blob, and the blob of each window."""
    generator = torch.Generator().manual_seed(3)
    blob = torch.arange(windows) % 3
    codes = CENTRES[blob] + 0.3 * torch.randn(windows, 2, generator=generator)
    return codes, blob.float().unsqueeze(1).expand(-1, 3) * 0.1, blob


@cache
def cloud() -> Cloud:
    codes, edits, _ = blobs()
    made = cluster(codes, edits, BASE, 3, seed=1)
    return made | at_rest(made)


def nearest(made: Cloud, blob: int) -> int:
    return int((made["centres"] - CENTRES[blob]).norm(dim=1).argmin())


def test_kmeans_recovers_three_blobs_and_their_mean_edits() -> None:
    made = cloud()
    assert sorted(nearest(made, blob) for blob in range(3)) == [0, 1, 2]
    for blob in range(3):
        k = nearest(made, blob)
        assert (made["centres"][k] - CENTRES[blob]).norm() < 0.3
        assert torch.allclose(made["heads"][k], BASE + 0.1 * blob)


def served(serving: Prototypes, codes: torch.Tensor, heads: torch.Tensor, held: int) -> Served:
    parts = [part for _, part in serving.serve(codes, heads, torch.full((len(codes),), held))]
    return Served(*map(torch.cat, zip(*parts, strict=True)))


def test_clusters_may_stay_empty() -> None:
    codes = CENTRES[[0, 0, 1, 1]]
    with pytest.warns(match="distinct clusters"):
        made = cluster(codes, torch.full((4, 3), 0.2), BASE, 3, seed=1)
    assert torch.isfinite(made["heads"]).all()
    found = Prototypes(made | at_rest(made), RULE).assign(torch.tensor([[7.0, 0.0]]), torch.tensor([2]))
    assert found.tolist()[0] in range(3)


def test_hysteresis_stops_ping_pong_on_the_border() -> None:
    made = cloud()
    left, right = nearest(made, 1), nearest(made, 0)
    codes = [torch.tensor([[0.2 * (-1) ** turn, 0.0]]) for turn in range(10)]

    def walk(rule: Refinement) -> list[int]:
        held, path = left, []
        for code in codes:
            held = int(Prototypes(made, rule).assign(code, torch.tensor([held])))
            path.append(held)
        return path

    assert walk(replace(RULE, hysteresis=0.1)) == [left] * 10
    assert walk(replace(RULE, hysteresis=0.0)) == [right, left] * 5


def test_a_code_far_inside_another_cluster_switches() -> None:
    made = cloud()
    found = Prototypes(made, RULE).assign(torch.tensor([[0.0, 7.0]]), torch.tensor([nearest(made, 0)]))
    assert found.tolist() == [nearest(made, 2)]


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), reach=st.floats(0.05, 1.0), batches=st.integers(1, 9))
def test_no_prototype_goes_further_than_its_reach(seed: int, reach: float, batches: int) -> None:
    made, generator, tickets = cloud(), torch.Generator().manual_seed(seed), BATCH * batches
    serving = Prototypes(made, replace(RULE, rate=0.5, step=1.0, reach=reach))
    served(
        serving, 8 * torch.randn(tickets, 2, generator=generator), 9 * torch.randn(tickets, 3, generator=generator), 0
    )
    later = serving.cloud()
    assert ((later["heads"] - made["born"]).abs() <= reach + 1e-6).all()
    assert int(later["assigned"].sum()) == int(later["refined"].sum()) == tickets


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), calls=st.lists(st.integers(1, 70), min_size=1, max_size=6))
def test_it_does_not_matter_in_how_many_calls_tickets_come(seed: int, calls: list[int]) -> None:
    generator, tickets = torch.Generator().manual_seed(seed), sum(calls)
    codes, heads = 8 * torch.randn(tickets, 2, generator=generator), BASE + torch.randn(tickets, 3, generator=generator)
    at_once = Prototypes(cloud(), RULE)
    expected, later, parts = served(at_once, codes, heads, 0), cloud(), []
    for some_codes, some_heads in zip(codes.split(calls), heads.split(calls), strict=True):
        serving = Prototypes(later, RULE)
        parts.append(served(serving, some_codes, some_heads, 0))
        later = later | serving.cloud()
    assert all(
        torch.equal(torch.cat(some), all_) for some, all_ in zip(zip(*parts, strict=True), expected, strict=True)
    )
    assert all(torch.equal(values, later[name]) for name, values in at_once.cloud().items())


def test_a_full_batch_moves_its_prototype_as_far_as_so_many_steps_towards_one_target() -> None:
    made = cloud()
    k = nearest(made, 0)
    code, head = made["centres"][k] + 0.5, made["heads"][k] + 0.05
    serving = Prototypes(made, replace(RULE, rate=0.01))
    served(serving, code.repeat(BATCH, 1), head.repeat(BATCH, 1), k)
    centre, own = made["centres"][k].double(), made["heads"][k].double()
    for _ in range(BATCH):
        centre, own = centre + 0.01 * (code - centre), own + 0.01 * (head - own)
    assert torch.allclose(serving.cloud()["centres"][k].double(), centre, atol=1e-5)
    assert torch.allclose(serving.cloud()["heads"][k].double(), own, atol=1e-6)


def test_tickets_of_a_batch_meet_the_same_prototypes() -> None:
    made = cloud()
    k = nearest(made, 0)
    serving = Prototypes(made, RULE)
    served(serving, made["centres"][k].repeat(BATCH - 1, 1) + 0.3, made["heads"][k].repeat(BATCH - 1, 1) + 0.05, k)
    assert torch.equal(serving.cloud()["centres"], made["centres"])
    assert torch.equal(serving.cloud()["heads"], made["heads"])
    assert int(serving.cloud()["assigned"][k]) == BATCH - 1


def test_versions_count_and_publish_every_so_many_refinements() -> None:
    made = cloud()
    k = nearest(made, 0)
    codes, heads = made["centres"][k].repeat(4 * BATCH, 1), (made["heads"][k] + 0.05).repeat(4 * BATCH, 1)
    serving = Prototypes(made, replace(RULE, every=2 * BATCH))
    versions, published = [], []
    for _, part in serving.serve(codes, heads, torch.full((4 * BATCH,), k)):
        versions.append(part.version.unique().tolist())
        published.append(serving.published[k].clone())
    assert versions == [[0], [0], [1], [1]]
    assert torch.equal(published[0], made["born"][k])
    assert torch.equal(published[1], made["born"][k])
    assert torch.equal(published[2], published[3])
    assert not torch.equal(published[2], made["born"][k])
    assert torch.equal(made["published"], made["born"])


def test_a_rate_of_zero_moves_nothing() -> None:
    made = cloud()
    serving = Prototypes(made, replace(RULE, rate=0.0))
    served(serving, torch.ones(BATCH, 2), torch.ones(BATCH, 3), 0)
    assert torch.equal(serving.cloud()["heads"], made["heads"])
    assert torch.equal(serving.cloud()["centres"], made["centres"])
    assert int(serving.cloud()["assigned"].sum()) == BATCH
