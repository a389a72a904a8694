from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.contract import CohortSpec, DriftSpec, FleetSpec, InputError
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId, Chunk, Content
from agents.tasks.making import make_task
from agents.tasks.tables.row_assignment import Scaling
from agents.tasks.tables.task import Tables

SpecMaker = Callable[..., FleetSpec]
Maker = Callable[..., Tables]
ROWS = 500
WIDTH = 256


def cohort(name: str, devices: int, index: int = 0, arrivals: str = "periodic") -> CohortSpec:
    return CohortSpec(name, devices, 1.0, arrivals, 1.0, lambda uniform: uniform, index)


@pytest.fixture
def table(tmp_path: Path, fleet_spec: SpecMaker) -> Maker:
    """Return a maker of tasks over 500 rows: ``place`` counts, ``flat`` is constant, ``who`` and ``when`` are apart."""

    def make(
        *drift: DriftSpec, cohorts: tuple[CohortSpec, ...] = (cohort("a", 7), cohort("b", 6, 1)), **options: Any
    ) -> Tables:
        lines = [f"{row},3,w{row * 7 % 13},{100 + 2 * row},{row % 3}" for row in range(ROWS)]
        (tmp_path / "t.csv").write_text("place,flat,who,when,y\n" + "\n".join(lines))
        chosen = {"path": tmp_path / "t.csv", "ignore": ["who", "when"], **options}
        return Tables(fleet_spec(*drift, data="table", data_options=chosen, cohorts=cohorts, duration_s=300.0))

    return make


def chunk(place: BlockId, first: int, samples: int, count: np.ndarray) -> Chunk:
    """Return a cell that asks for samples ``first`` on of every device that has them, one a second."""
    ordinal = np.broadcast_to(first + np.arange(samples), (place.width, samples))
    valid = ordinal < count[:, None]
    return Chunk(place, 0, np.where(valid, ordinal + 0.5, np.inf), valid, ordinal)


def drawn(task: Tables, place: BlockId, first: int = 0, samples: int = 50) -> tuple[Content, np.ndarray]:
    assert task.supply is not None
    asked = chunk(place, first, samples, task.supply.count(place))
    return task.draw(asked, rng(1, Purpose.CONTENT, first)), asked.valid


def rows_of(task: Tables, place: BlockId, **asked: int) -> list[list[int]]:
    """Return the rows of the file that each device of the block sees."""
    content, valid = drawn(task, place, **asked)
    row = content.ref % task.pool_size + ROWS // 5
    return [one[there].tolist() for one, there in zip(row, valid, strict=True)]


def test_rows_after_the_past_are_dealt_in_turn(table: Maker) -> None:
    task = table()
    first, second = rows_of(task, BlockId(0, 0, WIDTH)), rows_of(task, BlockId(1, 0, WIDTH))
    devices = first[:7] + second[:6]
    assert all(devices[number] == list(range(100 + number, ROWS, 13)) for number in range(13))
    assert not any(first[7:]), "padding rows see nothing"
    assert sorted(chain(*devices)) == list(range(100, ROWS))


def test_stretches_are_contiguous_and_all_rows_are_dealt(table: Maker) -> None:
    task = table(deal="contiguous")
    devices = rows_of(task, BlockId(0, 0, WIDTH))[:7] + rows_of(task, BlockId(1, 0, WIDTH))[:6]
    assert list(chain(*devices)) == list(range(100, ROWS))
    assert {len(rows) for rows in devices} == {400 // 13, 400 // 13 + 1}


def test_rows_go_to_their_owners(table: Maker) -> None:
    task = table(deal="column", column="who", ignore=["when"])
    devices = rows_of(task, BlockId(0, 0, WIDTH))[:7] + rows_of(task, BlockId(1, 0, WIDTH))[:6]
    owners = [100 * 7 % 13, 101 * 7 % 13]
    assert devices[0] == [row for row in range(100, ROWS) if row * 7 % 13 == owners[0]]
    assert devices[1] == [row for row in range(100, ROWS) if row * 7 % 13 == owners[1]]


@pytest.mark.parametrize("options", [{"among": 20}, {"among": 20, "deal": "contiguous"}])
def test_one_device_more_changes_no_other_where_shares_are_fixed(table: Maker, options: dict[str, Any]) -> None:
    few, more = (rows_of(table(cohorts=(cohort("a", n),), **options), BlockId(0, 0, WIDTH)) for n in (7, 8))
    assert few[:7] == more[:7]
    assert more[7]
    assert not few[7]


def test_samples_are_the_same_in_any_order_of_cells(table: Maker) -> None:
    task, place = table(), BlockId(0, 0, WIDTH)
    whole = rows_of(task, place, first=0, samples=30)
    parts = {first: rows_of(task, place, first=first, samples=10) for first in (20, 0, 10)}
    assert [parts[0][d] + parts[10][d] + parts[20][d] for d in range(7)] == whole[:7]


def test_poisson_arrivals_replay_every_row_once_and_fall_silent(table: Maker) -> None:
    task, place = table(cohorts=(cohort("a", 7, arrivals="poisson"),)), BlockId(0, 0, WIDTH)
    arrivals = Arrivals(7, cohort("a", 7, arrivals="poisson"), task.supply)
    seen: list[list[int]] = [[] for _ in range(7)]
    for index in range(12):
        asked, _ = arrivals.chunk(place, index)
        content = task.draw(asked, rng(1, Purpose.CONTENT, index))
        for device in range(7):
            seen[device] += content.ref[device, asked.valid[device]].tolist()
    assert seen == [list(range(device, 400, 7)) for device in range(7)]


def test_a_device_may_begin_again(table: Maker) -> None:
    task = table(at_end="repeat")
    rows = rows_of(task, BlockId(0, 0, WIDTH), samples=100)
    assert rows[0] == (list(range(100, ROWS, 13)) * 4)[:100]
    assert not rows[7]


def test_features_are_standardised_on_the_past_alone(table: Maker) -> None:
    task = table()
    past = np.arange(100.0)
    expected = (np.arange(100.0, ROWS) - past.mean()) / past.std()
    pool = task.pool(0).numpy()
    assert pool.dtype == np.float32
    assert np.allclose(pool[:, 0], expected, atol=1e-5)
    assert not pool[:, 1].any(), "a constant column is moved to 0"
    x = np.concatenate([part.x.numpy() for part in (task.history().train, task.history().validation)])
    assert abs(x[:, 0].mean()) < 1e-6
    assert abs(x[:, 0].std() - 1.0) < 1e-6


def test_scaling_is_safe_with_constants_gaps_and_categories() -> None:
    past = np.array([[0.1, np.nan, 1.0, np.nan], [0.1, 4.0, 0.0, np.nan], [0.1, 6.0, 1.0, np.nan]])
    scaling = Scaling.of(past, np.array([True, True, False, True]))
    scaled = scaling(np.array([[0.1, np.nan, np.nan, np.nan], [7.1, 7.0, 1.0, 2.0]]))
    assert np.allclose(scaled, [[0.0, 0.0, 2 / 3, 0.0], [7.0, 2.0, 1.0, 2.0]])


def test_robust_scaling_is_not_moved_by_outliers() -> None:
    draws = np.random.default_rng(0)
    past, numeric = draws.normal(3.0, 2.0, (20_000, 3)), np.array([True, True, False])
    past[:, 2] = draws.integers(0, 2, len(past))
    past[:200, 0] = 1e9
    past[5:9, 1] = np.nan
    scaling = Scaling.robust(past, numeric)
    assert np.allclose(scaling.centre[:2], 3.0, atol=0.1)
    assert np.allclose(scaling.spread, [2.0, 2.0, 1.0], rtol=0.05)
    assert Scaling.of(past, numeric).spread[0] > 1e6
    gap = scaling(np.full((1, 3), np.nan))
    assert np.allclose(gap[0, :2], 0.0, atol=1e-6)


def test_robust_scaling_is_safe_where_the_middle_half_is_one_value_or_nothing() -> None:
    past = np.zeros((100, 2))
    past[:10, 0], past[:, 1] = 5.0, np.nan
    scaling = Scaling.robust(past, np.array([True, True]))
    assert np.isclose(scaling.spread[0], past[:, 0].std())
    assert (scaling.centre[1], scaling.spread[1]) == (0.0, 1.0)


def test_classes_that_only_come_later_are_known(tmp_path: Path, fleet_spec: SpecMaker) -> None:
    rows = [f"{row},{'new' if row > 80 else 'ab'[row % 2]}" for row in range(100)]
    (tmp_path / "t.csv").write_text("x,y\n" + "\n".join(rows))
    task = Tables(fleet_spec(data="table", data_options={"path": tmp_path / "t.csv"}, cohorts=(cohort("a", 2),)))
    assert task.class_names == ("a", "b", "new")
    assert int(task.history().train.label.max()) == 1
    assert set(task.pool_labels[0]) == {0, 1, 2}


def test_validation_sees_every_class_of_a_periodic_table(table: Maker) -> None:
    task = table(history=0.8)
    assert set(task.history().validation.label.tolist()) == {0, 1, 2}
    assert set(task.history().train.label.tolist()) == {0, 1, 2}


def test_contexts_are_stretches_of_the_past(table: Maker) -> None:
    history = table(history=0.8, contexts=4).history()
    assert set(history.train.concept.tolist()) == {0, 1, 2, 3}
    assert (np.diff(history.train.concept.numpy()) >= 0).all()
    assert len(history.train.x) + len(history.validation.x) == 400
    assert len(history.validation.x) == 80


def test_drift_changes_looks_and_names_but_not_which_row_comes(table: Maker) -> None:
    drift = (
        DriftSpec("sudden", 10.0, to={"noise": 0.5}),
        DriftSpec("sudden", 20.0, to={"labels": {"swap": [[0, 2]]}, "shift": 1.5, "scale": 2.0}),
    )
    task, place = table(*drift), BlockId(0, 0, WIDTH)
    content, valid = drawn(task, place, samples=30)
    assert content.concept[0, [5, 15, 25]].tolist() == [0, 1, 2]
    row = content.ref % task.pool_size
    assert (row[0, :30] == np.arange(0, 390, 13)).all()
    assert (content.label[0, 21:30] == 2 - (100 + row[0, 21:30]) % 3).all()
    plain, noisy, moved = (task.pool(concept).numpy() for concept in range(3))
    assert np.allclose(moved, 2.0 * plain + 1.5, atol=1e-5)
    assert abs((noisy - plain).std() - 0.5) < 0.05
    assert not content.label[~valid].any()


def test_categories_are_never_noisy(tmp_path: Path, fleet_spec: SpecMaker) -> None:
    (tmp_path / "t.csv").write_text("x,c,y\n" + "\n".join(f"{row},{'ab'[row % 2]},{row % 2}" for row in range(60)))
    drift = DriftSpec("sudden", 10.0, to={"noise": 0.5, "shift": 3.0})
    task = Tables(fleet_spec(drift, data="table", data_options={"path": tmp_path / "t.csv"}, cohorts=(cohort("a", 2),)))
    assert set(np.unique(task.pool(1).numpy()[:, 1:])) == {0.0, 1.0}
    assert (task.pool(1).numpy()[:, 0] != task.pool(0).numpy()[:, 0]).all()


def test_recorded_rows_come_when_they_were_recorded(table: Maker) -> None:
    recorded = (cohort("a", 7, arrivals="recorded"),)
    task = table(cohorts=recorded, time="when", ignore=["who"], compression=4.0)
    assert task.supply is not None
    times_s = task.supply.times_s(BlockId(0, 0, WIDTH))
    assert np.allclose(times_s[3], np.arange(3, 400, 7) * 2.0 / 4.0)
    assert len(times_s[7]) == 0
    arrivals = Arrivals(7, recorded[0], task.supply)
    asked, _ = arrivals.chunk(BlockId(0, 0, WIDTH), 1)
    content = task.draw(asked, rng(1, Purpose.CONTENT, 1))
    first = asked.valid[0]
    assert np.allclose(asked.time_s[0, first], content.ref[0, first] * 0.5)


def test_without_compression_a_record_fills_the_run(table: Maker) -> None:
    task = table(cohorts=(cohort("a", 1, arrivals="recorded"),), time="when", ignore=["who"])
    assert task.supply is not None
    times_s = task.supply.times_s(BlockId(0, 0, WIDTH))[0]
    assert times_s[0] == 0.0
    assert times_s[-1] == pytest.approx(300.0)


RECORDED = (cohort("a", 7, arrivals="recorded"),)


@pytest.mark.parametrize(
    ("changed", "about", "said"),
    [
        ({"cohorts": RECORDED}, "fleet.0.samples.arrivals", "the table has no times"),
        ({"cohorts": RECORDED, "time": "when", "at_end": "repeat"}, "fleet.0.samples.arrivals", "a record comes once"),
        ({"cohorts": (cohort("a", 0),)}, "fleet", "no device"),
        ({"cohorts": (cohort("a", 401),)}, "fleet", "has 401 devices, but the table's rows are dealt to 400 only"),
        ({"cohorts": (cohort("a", 14),), "deal": "column", "column": "who"}, "fleet", "dealt to 13 only"),
        ({"cohorts": (cohort("a", 8),), "among": 7}, "fleet", "dealt to 7 only"),
    ],
)
def test_what_cannot_be_dealt_is_refused(table: Maker, changed: dict[str, Any], about: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        table(**{"ignore": [name for name in ("who", "when") if name not in changed.values()], **changed})
    assert caught.value.about == about
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"histori": 0.2}, "'histori'"),
        ({"history": 0.001}, "history of 0 of 500 rows"),
        ({"history": 1.0}, "history of 500 of 500 rows"),
        ({"deal": "column"}, "column: is missing; with 'deal: column'"),
        ({"column": "who"}, "column: goes with 'deal: column'"),
        ({"deal": "column", "column": "who", "among": 3}, "among: goes with"),
        ({"path": None}, "path is missing"),
        ({"path": "nowhere.csv"}, "nowhere.csv: cannot be read"),
    ],
)
def test_bad_options_of_a_table_are_refused(table: Maker, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        table(**options)


@pytest.mark.parametrize("labels", [{"prior": [0.5, 0.3, 0.2]}, {"dirichlet": 1.0}])
def test_a_prior_of_replayed_rows_is_refused(table: Maker, labels: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="prior"):
        table(DriftSpec("sudden", 1.0, to={"labels": labels}))


def test_a_table_is_a_task_by_name(table: Maker, tmp_path: Path, fleet_spec: SpecMaker) -> None:
    table()
    options = {"path": tmp_path / "t.csv", "ignore": ["who", "when"]}
    task = make_task(fleet_spec(data="table", data_options=options, cohorts=(cohort("a", 3),)))
    assert task.classes == 3
    assert task.input_shape == (2,)


def test_a_compression_of_times_that_are_not_replayed_is_refused(table: Maker) -> None:
    with pytest.raises(ValueError, match="compression: goes with 'time'"):
        table(compression=4.0)
    with pytest.raises(InputError, match="no cohort replays the times of the file") as caught:
        table(time="when", ignore=["who"], compression=4.0)
    assert caught.value.about == "task.data.compression"
