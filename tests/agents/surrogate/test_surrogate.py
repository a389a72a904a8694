"""A surrogate counts what a table says: known laws, known logs, and nothing that depends on how time is cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from agents.contract import CohortSpec, Costs, ExchangeKind, Exchanges, InputError, MessageSizes, Outcome
from agents.surrogate.concepts_in_force import ConceptsInForce
from agents.surrogate.counting import whole_parts
from agents.surrogate.measuring import counted
from agents.surrogate.plane import SurrogatePlane
from agents.surrogate.table import EDGES_S, PARTS, SurrogateTable, read_table

END_S, DEVICES = 640.0, 6
#: All follow concept 0 to 200 s, then concept 1.
TRUTH = {
    "device": np.repeat(np.arange(DEVICES), 2),
    "from_s": np.tile([0.0, 200.0], DEVICES),
    "until_s": np.tile([200.0, END_S], DEVICES),
    "concept": np.tile(np.array([0, 1], np.int16), DEVICES),
    "share_from": np.ones(2 * DEVICES),
    "share_until": np.ones(2 * DEVICES),
}
COHORT = CohortSpec("phones", DEVICES, 0.01, "poisson", 1.0, lambda uniform: 0.0 * uniform)
MANY = 1e9


def table(static: np.ndarray, deployed: np.ndarray) -> SurrogateTable:
    """Return a table with so many samples that each cell stands for itself; shares as given."""
    fixed = np.stack([static, np.ones_like(static)])
    cells = [np.stack([np.full(shares.shape, MANY), MANY * shares], axis=-1) for shares in (fixed, deployed)]
    return SurrogateTable(("calm", "turned"), END_S, *cells, MessageSizes(100, 200), Costs())


def plain() -> SurrogateTable:
    """Return one in which only the concepts and the age matter."""
    static = np.tile(np.array([[0.9], [0.4]]), (1, PARTS))
    deployed = np.full((2, 2, len(EDGES_S), len(EDGES_S)), 0.5)
    deployed[0, 0], deployed[1, 1], deployed[1, 0] = 0.95, 0.8, 0.3
    return table(static, deployed)


def made(known: SurrogateTable) -> SurrogatePlane:
    return SurrogatePlane(known, [COHORT], TRUTH, np.ones(2))


def exchanges(*rows: tuple[int, int, float, float]) -> Exchanges:
    """Return requests that were installed: (ticket, device, sent, installed)."""
    return Exchanges.of(
        [
            (ExchangeKind.UPDATE, ticket, device, 0, ticket, (sent, sent, sent, ended, ended), Outcome.INSTALLED, 31)
            for ticket, device, sent, ended in rows
        ]
    )


def test_base_follows_normal_tail_of_turning_classes() -> None:
    middles_s = (np.arange(PARTS) + 0.5) * END_S / PARTS
    law = ndtr(1.5 * np.cos(np.deg2rad(0.25 * middles_s)))
    plane = made(table(np.stack([law, law]), np.zeros((2, 2, len(EDGES_S), len(EDGES_S)))))
    rows = [plane.settle(exchanges(), end).cohorts[0] for end in np.arange(10.0, END_S + 1, 10.0)]
    samples, correct = np.sum([row[[0, 2]] for row in rows], axis=0)
    at_s = (np.arange(100_000) + 0.5) / 100_000 * END_S
    assert samples == round(DEVICES * END_S / 0.01)
    assert correct / samples == pytest.approx(float(ndtr(1.5 * np.cos(np.deg2rad(0.25 * at_s))).mean()), abs=2e-5)


def test_models_are_as_good_as_their_world_and_their_age() -> None:
    plane = made(plain())
    plane.settle(exchanges(), 100.0)
    # Device 0 has a model of the old concept from 150 s on, device 1 one of the new one from 260 s on.
    own = plane.settle(exchanges((1, 0, 120.0, 150.0), (2, 1, 250.0, 260.0)), 300.0)
    expected = [
        (9000 + 0.9 * 5000 + 0.95 * 5000 + 0.3 * 10_000),
        (9000 + 0.9 * 10_000 + 0.4 * 6000 + 0.8 * 4000),
        *[9000 + 0.9 * 10_000 + 0.4 * 10_000] * (DEVICES - 2),
    ]
    assert plane.totals().counts[:, 1].tolist() == pytest.approx(expected, abs=1)
    columns = dict(zip(plane.columns, own.cohorts[0].tolist(), strict=True))
    regret = columns["correct_oracle"] - columns["correct"]
    assert sum(value for name, value in columns.items() if name.startswith("samples_age")) == columns["samples"]
    assert sum(value for name, value in columns.items() if name.startswith("regret_age")) == regret
    assert sum(value for name, value in columns.items() if name.startswith("regret_") and "age" not in name) == regret


def test_accuracy_is_integrated_over_the_age() -> None:
    deployed = np.full((2, 2, len(EDGES_S), len(EDGES_S)), 0.0)
    deployed[...] = np.linspace(1.0, 0.0, len(EDGES_S))
    known = table(np.ones((2, PARTS)), deployed)
    zero = np.zeros(1, np.int64)
    ages_s = np.linspace(3.0, 77.0, 200_001)
    middles_s = (ages_s[1:] + ages_s[:-1]) / 2
    fine = known.deployed_share(*(np.zeros(len(middles_s), np.int64),) * 2, 0 * middles_s, middles_s, middles_s + 1e-9)
    whole = known.deployed_share(zero, zero, np.zeros(1), np.array([3.0]), np.array([77.0]))
    assert whole[0] == pytest.approx(fine.mean(), abs=1e-4)


def test_counts_do_not_depend_on_where_time_is_cut() -> None:
    rows = exchanges((1, 0, 120.0, 150.0), (2, 1, 230.0, 260.0), (3, 0, 210.0, 290.0), (4, 0, 295.0, 296.0))
    coarse, fine = made(plain()), made(plain())
    coarse.settle(rows, 300.0)
    known = np.zeros(len(rows), np.uint8)
    for end in (40.0, 155.0, 220.0, 262.0, 291.0, 300.0):
        bits = (rows.at_s <= end).astype(np.uint8) << np.arange(5, dtype=np.uint8)[:, None]
        news = np.bitwise_or.reduce(bits, axis=0) & ~known
        fine.settle(replace(rows, news=news).take(np.flatnonzero(news)), end)
        known |= news
    assert np.array_equal(coarse.totals().counts, fine.totals().counts)


def test_expired_model_gives_way_to_the_base() -> None:
    plane = made(plain())
    plane.settle(exchanges((1, 0, 220.0, 230.0)), 300.0)
    gone = (ExchangeKind.EXPIRY, 2, 0, 0, 2, (np.nan, np.nan, np.nan, np.nan, 350.0), Outcome.INSTALLED, 16)
    plane.settle(Exchanges.of([gone]), 400.0)
    assert plane.totals().counts[0, 1] == pytest.approx(0.9 * 20_000 + 0.4 * 3000 + 0.8 * 12_000 + 0.4 * 5000, abs=1)


def test_checkpoint_goes_on_alike() -> None:
    first, second = made(plain()), made(plain())
    rows = exchanges((1, 0, 120.0, 150.0), (2, 1, 230.0, 260.0))
    sent = replace(rows, news=np.where(rows.at_s[0] < 240, 1, 0).astype(np.uint8))
    first.settle(sent, 240.0)
    second.restore(first.checkpoint())
    left = replace(rows, news=np.full(2, 30, np.uint8))
    tallies = [plane.settle(left, 300.0).cohorts for plane in (first, second)]
    assert np.array_equal(*tallies)
    assert np.array_equal(first.totals().counts, second.totals().counts)


def test_log_fills_the_cells_it_is_about() -> None:
    nothing = replace(plain(), fixed=np.zeros((2, 2, PARTS, 2)), deployed=np.zeros((2, 2, 17, 17, 2)))
    log = {
        "device": np.array([0, 0, 3]),
        "time_s": np.array([105.0, 230.0, 230.0]),
        "age_s": np.array([105.0, 50.0, 9.0]),
        "correct": np.array([True, False, True]),
        "correct_static": np.array([True, False, False]),
        "correct_oracle": np.array([True, True, True]),
    }
    found = counted(nothing, log, TRUTH)
    assert found.fixed[0, 0, 10].tolist() == [1, 1]
    assert found.fixed[0, 1, 23].tolist() == [2, 0]
    # Made at 180 s in the old concept, which had been in force for 180 s; at 221 s in the new one, 21 s old.
    assert np.argwhere(found.deployed[..., 0]).tolist() == [[1, 0, 8, 6], [1, 1, 5, 4]]
    assert found.deployed[..., 1].sum() == 1


def test_concept_begins_after_its_moment() -> None:
    concepts = ConceptsInForce(TRUTH)
    device, at_s = np.zeros(3, np.int64), np.array([1.0, 200.0, 200.1])
    assert concepts.at(device, at_s)[0].tolist() == [0, 0, 1]
    assert concepts.at(device, at_s)[1].tolist() == [0.0, 0.0, 200.0]


def test_parts_are_whole_and_sum_up() -> None:
    assert whole_parts(np.array([0.4, 0.4, 0.4, 5.2]), 6).sum() == 6
    assert whole_parts(np.array([-0.6, 1.6]), 1).tolist() == [-1, 2]


def test_table_survives_its_file(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(plain().written())
    read = read_table(file)
    assert np.array_equal(read.deployed, plain().deployed)
    assert np.array_equal(read.fixed, plain().fixed)
    assert (read.sizes, read.costs) == (plain().sizes, plain().costs)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"surrogate": 99}', '{"surrogate": 1, "concepts": []}', "nonsense"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "table.json"
    file.write_text(text)
    with pytest.raises(InputError, match="surrogate FILE"):
        read_table(file)
