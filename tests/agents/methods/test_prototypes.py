from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.persona.prototypes import (
    BATCH,
    NONE,
    Asked,
    Cloud,
    Prototypes,
    Refinement,
    Served,
    at_rest,
    cluster,
)

RULE = Refinement(rate=0.1, step=0.1, reach=0.3, every=3, hysteresis=0.1)
CENTRES = torch.tensor([[8.0, 0.0], [-8.0, 0.0], [0.0, 8.0]])
PARAMS = 3


def blobs(windows: int = 90) -> tuple[torch.Tensor, torch.Tensor]:
    """Return codes around three centres, and the blob of each window."""
    generator = torch.Generator().manual_seed(3)
    blob = torch.arange(windows) % 3
    return CENTRES[blob] + 0.3 * torch.randn(windows, 2, generator=generator), blob


@cache
def cloud() -> Cloud:
    return at_rest(cluster(blobs()[0], 3, seed=1)[0], PARAMS)


def nearest(made: Cloud, blob: int) -> int:
    return int((made["centres"] - CENTRES[blob]).norm(dim=1).argmin())


def test_kmeans_recovers_three_blobs() -> None:
    codes, blob = blobs()
    centres, label = cluster(codes, 3, seed=1)
    for one in range(3):
        assert (centres[label[blob == one]] - CENTRES[one]).norm(dim=1).max() < 0.3
        assert len(label[blob == one].unique()) == 1


def served(serving: Prototypes, codes: torch.Tensor, edits: torch.Tensor, held: int) -> Served:
    asked = Asked(codes, torch.full((len(codes),), held), None, torch.ones(len(codes), dtype=torch.bool))
    return serving.serve(asked, lambda _: (edits, edits))


def test_clusters_may_stay_empty() -> None:
    with pytest.warns(match="distinct clusters"):
        centres, label = cluster(CENTRES[[0, 0, 1, 1]], 3, seed=1)
    assert torch.isfinite(centres).all()
    assert len(label.unique()) == 2
    found = Prototypes(at_rest(centres, PARAMS), RULE).assign(torch.tensor([[7.0, 0.0]]), torch.tensor([2]))
    assert found.tolist()[0] in range(3)


def test_a_fresh_device_holds_no_prototype_and_gets_the_nearest() -> None:
    made = cloud()
    codes = torch.tensor([[0.2, 0.0], [-0.2, 0.0]])
    found = Prototypes(made, replace(RULE, hysteresis=0.9)).assign(codes, torch.tensor([NONE, NONE]))
    assert found.tolist() == [nearest(made, 0), nearest(made, 1)]


def test_the_prototype_that_needs_the_smallest_edit_may_decide() -> None:
    serving, codes = Prototypes(cloud(), RULE), torch.zeros(3, 2)
    sizes = torch.tensor([[3.0, 1.0, 2.0], [1.0, 0.95, 2.0], [1.0, 0.5, 0.4]])
    assert serving.assign(codes, torch.tensor([NONE, 0, 1]), sizes).tolist() == [1, 0, 2]


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
    assert (later["moved"].abs() <= reach + 1e-6).all()
    assert int(later["assigned"].sum()) == int(later["refined"].sum()) == tickets


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), calls=st.lists(st.integers(1, 70), min_size=1, max_size=6))
def test_it_does_not_matter_in_how_many_calls_tickets_come(seed: int, calls: list[int]) -> None:
    generator, tickets = torch.Generator().manual_seed(seed), sum(calls)
    codes, heads = 8 * torch.randn(tickets, 2, generator=generator), torch.randn(tickets, 3, generator=generator)
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
    code, head = made["centres"][k] + 0.5, made["moved"][k] + 0.05
    serving = Prototypes(made, replace(RULE, rate=0.01))
    served(serving, code.repeat(BATCH, 1), head.repeat(BATCH, 1), k)
    centre, own = made["centres"][k].double(), made["moved"][k].double()
    for _ in range(BATCH):
        centre, own = centre + 0.01 * (code - centre), own + 0.01 * (head - own)
    assert torch.allclose(serving.cloud()["centres"][k].double(), centre, atol=1e-5)
    assert torch.allclose(serving.cloud()["moved"][k].double(), own, atol=1e-6)


def test_tickets_of_a_batch_meet_the_same_prototypes() -> None:
    made = cloud()
    k = nearest(made, 0)
    serving = Prototypes(made, RULE)
    served(serving, made["centres"][k].repeat(BATCH - 1, 1) + 0.3, made["moved"][k].repeat(BATCH - 1, 1) + 0.05, k)
    assert torch.equal(serving.cloud()["centres"], made["centres"])
    assert torch.equal(serving.cloud()["moved"], made["moved"])
    assert int(serving.cloud()["assigned"][k]) == BATCH - 1


def test_versions_count_and_publish_every_so_many_refinements() -> None:
    made = cloud()
    k = nearest(made, 0)
    codes, edits = made["centres"][k].repeat(4 * BATCH, 1), torch.full((4 * BATCH, PARAMS), 0.05)
    serving = Prototypes(made, replace(RULE, every=2 * BATCH))
    tickets = served(serving, codes, edits, k)
    assert [part.unique().tolist() for part in tickets.version.split(BATCH)] == [[0], [0], [1], [1]]
    moved = tickets.moved.split(BATCH)
    assert not moved[0].any()
    assert not moved[1].any()
    assert torch.equal(moved[2], moved[3])
    assert moved[2].all()
    assert not made["published"].any()


def test_a_known_mean_edit_moves_a_prototype_by_the_rate_times_it() -> None:
    made, edit = cloud(), torch.tensor([0.05, -0.02, 0.08])
    k = nearest(made, 2)
    serving = Prototypes(made, replace(RULE, rate=1e-3))
    around = torch.cat([edit + 0.01 * torch.eye(3), edit - 0.01 * torch.eye(3)]).repeat(6, 1)[:BATCH]
    served(serving, made["centres"][k].repeat(BATCH, 1), around, k)
    assert torch.allclose(serving.cloud()["moved"][k], BATCH * 1e-3 * around.mean(0), rtol=0.02)


def test_refining_does_not_depend_on_the_order_to_first_order() -> None:
    made, generator = cloud(), torch.Generator().manual_seed(4)
    codes = CENTRES[0] + torch.randn(96, 2, generator=generator)
    edits = 0.05 + 0.02 * torch.randn(96, 3, generator=generator)
    order = torch.randperm(96, generator=generator)
    one, other = (Prototypes(made, replace(RULE, rate=0.01, every=1000)) for _ in range(2))
    served(one, codes, edits, NONE)
    served(other, codes[order], edits[order], NONE)
    gap = (one.cloud()["moved"] - other.cloud()["moved"]).abs().max()
    assert gap < 0.05 * one.cloud()["moved"].abs().max()


def test_what_the_order_does_shrinks_with_the_square_of_the_rate() -> None:
    made, draws = cloud(), torch.Generator().manual_seed(5)
    k = nearest(made, 0)
    # Far inside one cluster, and within all bounds: nothing but the order differs.
    codes = made["centres"][k] + 0.5 * torch.randn(4 * BATCH, 2, generator=draws)
    edits = 0.05 * torch.randn(4 * BATCH, PARAMS, generator=draws)
    order = torch.randperm(len(codes), generator=draws)

    def gap(rate: float, part: str) -> float:
        one, other = (Prototypes(made, Refinement(rate, 10.0, 10.0, 10**6, 0.0)) for _ in range(2))
        served(one, codes, edits, k)
        served(other, codes[order], edits[order], k)
        return float((one.cloud()[part] - other.cloud()[part]).double().abs().max())

    for part in ("centres", "moved"):
        for rate in (0.004, 0.002):
            assert 0 < gap(rate / 4, part) < gap(rate, part) / 8


def test_versions_go_round_and_leave_out_the_first_head() -> None:
    made = cloud() | {"refined": torch.tensor([0, 3 * 2**15, 3 * (2**15 - 1)])}
    assert Prototypes(made, RULE)._version.tolist() == [0, 1, 2**15 - 1]


def test_windows_that_say_nothing_refine_nothing() -> None:
    made = cloud()
    serving, silent = Prototypes(made, RULE), torch.zeros(BATCH, dtype=torch.bool)
    asked = Asked(torch.ones(BATCH, 2), torch.zeros(BATCH, dtype=torch.int64), None, silent)
    serving.serve(asked, lambda _: (torch.ones(BATCH, 3),) * 2)
    assert not serving.cloud()["assigned"].any()
    assert torch.equal(serving.cloud()["centres"], made["centres"])


def test_a_rate_of_zero_moves_nothing() -> None:
    made = cloud()
    serving = Prototypes(made, replace(RULE, rate=0.0))
    served(serving, torch.ones(BATCH, 2), torch.ones(BATCH, 3), 0)
    assert torch.equal(serving.cloud()["moved"], made["moved"])
    assert torch.equal(serving.cloud()["centres"], made["centres"])
    assert int(serving.cloud()["assigned"].sum()) == BATCH
