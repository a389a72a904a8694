from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.contract import CohortSpec, DriftSpec, FleetSpec, InputError
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId, Chunk, Content
from agents.tasks.recommendation.decisions import SHOWN
from agents.tasks.recommendation.interactions import Interactions

DATA = Path(__file__).parents[5] / "shared" / "data" / "recsys"
BLOCK = BlockId(0, 0, 256)
Row = tuple[int, int, int]


def clicks(users: int = 12, items: int = 40) -> list[Row]:
    """Every user clicks every five seconds or so, over 1,000 s; user u has 30 + u clicks, the last only late ones."""
    generator = np.random.default_rng(2)
    rows = []
    for user in range(users):
        times = np.sort(generator.choice(1000, 30 + user, replace=False))
        times = times if user < users - 1 else 900 + times // 10
        rows += [(user, int(generator.integers(items)), int(at)) for at in times]
    return rows


@pytest.fixture
def task_of(fleet_spec: Callable[..., FleetSpec], tmp_path: Path) -> Callable[..., Interactions]:
    """Return a maker of tasks from rows (user, item, time); devices per cohort, then options."""

    def make(rows: list[Row], devices: tuple[int, ...] = (5,), seed: int = 7, **options: Any) -> Interactions:
        file = tmp_path / "log.csv"
        file.write_text("user,item,rating,time\n" + "".join(f"{u},{i},5,{t}\n" for u, i, t in rows))
        cohorts = tuple(
            CohortSpec(f"c{index}", count, 1.0, "recorded", 1.0, lambda uniform: uniform, index)
            for index, count in enumerate(devices)
        )
        given = {"path": file, "core": 1, "negatives": 8, "split": "time", "users": "all", **options}
        return Interactions(fleet_spec(seed=seed, data="interactions", data_options=given, cohorts=cohorts))

    return make


Maker = Callable[..., Interactions]


def all_of(task: Interactions, place: BlockId = BLOCK) -> tuple[Content, np.ndarray]:
    """Return the whole stream of a block in one cell, and which samples are there."""
    count = task.supply.count(place)
    ordinal = np.broadcast_to(np.arange(max(int(count.max()), 1)), (place.width, max(int(count.max()), 1)))
    valid = ordinal < count[:, None]
    time_s = np.where(valid, ordinal + 1.0, np.inf)
    return task.draw(Chunk(place, 0, time_s, valid, ordinal), rng(0, Purpose.CONTENT)), valid


def test_devices_are_the_users_with_most_past_clicks_in_time_order(task_of: Maker) -> None:
    rows = clicks()
    task = task_of(rows, history=0.5)
    split_s = min(t for *_, t in rows) + 0.5 * (max(t for *_, t in rows) - min(t for *_, t in rows))
    later = {user: [(t, i) for u, i, t in rows if u == user and t > split_s] for user in range(12)}
    past = {user: sum(u == user and t <= split_s for u, _, t in rows) for user in range(12)}
    ranked = sorted(later, key=lambda user: (-past[user], user))[:5]
    content, valid = all_of(task)
    names = dict(enumerate(sorted({i for _, i, _ in rows})))
    for device, user in enumerate(ranked):
        expected = [i for _, i in sorted(later[user], key=lambda click: click[0])]
        own = content.ref[device][valid[device]]
        picked = task.decisions.candidates[own, content.label[device][valid[device]]]
        assert [names[item - 1] for item in picked.tolist()] == expected
    assert not valid[5:].any()
    assert task.pool_size == valid.sum()


def test_nothing_that_a_model_sees_comes_from_the_moment_it_predicts_or_after(task_of: Maker) -> None:
    task = task_of(clicks(), devices=(12,), history=0.6, window=4)
    for device, user in enumerate(task.users.in_order("all")):
        known, items = int(task.users.known[user]), task.users.clicks(user)
        first = int(task._clicks.first(BLOCK)[device])
        for step in range(int(task.users.later[user])):
            window = task.decisions.window[first + step]
            assert window[window > 0].tolist() == (items[: known + step][-4:] + 1).tolist()
            candidates = np.delete(task.decisions.candidates[first + step], task.decisions.label[first + step])
            assert not set(candidates - 1) & set(items[: known + step + 1].tolist())


def test_the_past_ends_at_the_split_and_is_validated_on_its_end(task_of: Maker) -> None:
    task = task_of(clicks(), history=0.5)
    history, users = task.history(), task.users
    sizes = [len(history.train.x), len(history.validation.x)]
    assert sum(sizes) == users.known.sum()
    assert sizes[1] == pytest.approx(0.1 * sum(sizes), abs=2)
    for past, first in ((history.train, 0), (history.validation, sizes[0])):
        assert past.order is not None
        assert past.x.shape == (len(past.label), 10 + SHOWN)
        for user in past.concept.unique().tolist():
            own = past.concept == user
            clicked = past.x[own][torch.arange(int(own.sum())), 10 + past.label[own]]
            skipped = 0 if not first else int((history.train.concept == user).sum())
            assert clicked.tolist() == (users.clicks(user)[skipped : skipped + len(clicked)] + 1).tolist()
            assert (past.order[own].diff() > 0).all()


def test_only_the_latest_clicks_of_each_user_are_trained_on_where_asked_for(task_of: Maker) -> None:
    assert max(np.bincount(task_of(clicks(), latest=3).history().train.concept)) == 3


def test_each_user_may_have_a_split_of_its_own_and_none_is_cold_then(task_of: Maker) -> None:
    rows = clicks()
    task = task_of(rows, devices=(12,), split="user", users="warm", history=0.8)
    sizes = {user: sum(u == user for u, *_ in rows) for user in range(12)}
    assert sorted(task.users.known.tolist()) == sorted(int(0.8 * size) for size in sizes.values())
    assert (task.users.known[task._devices] > 0).all()
    assert (np.diff(task.users.known[task._devices]) <= 0).all()
    times_s = task.supply.times_s(BLOCK)
    assert all((own > 0.0).all() or (own >= 0.0).all() for own in times_s[:12])
    assert np.quantile([own[-1] for own in times_s[:12]], 0.9) == pytest.approx(1000.0, rel=1e-6)
    history = task.history()
    assert len(history.train.x) + len(history.validation.x) == task.users.known.sum()
    assert len(history.validation.x) == sum(-(-int(0.8 * size) // 10) for size in sizes.values())


@pytest.mark.parametrize(("known", "judged"), [(2, 1), (3, 1), (4, 2), (10, 2), (30, 3)])
def test_of_few_clicks_two_are_kept_to_be_judged_by(task_of: Maker, known: int, judged: int) -> None:
    rows = [(user, 100 * user + at % known, 60 * at + user) for user in range(3) for at in range(known + 2)]
    task = task_of(rows, devices=(3,), split="user", history=(known + 0.5) / (known + 2), negatives=4)
    assert task.users.known.tolist() == [known] * 3
    assert np.bincount(task.history().validation.concept, minlength=3).tolist() == [judged] * 3


def test_the_core_is_made_of_the_past_alone(task_of: Maker) -> None:
    """An item that becomes popular after the split is not known; a user who comes after it is cold."""
    early = [(user, (3 * user + item) % 20, 10 * item + user) for user in range(6) for item in range(10)]
    late = [(user, 99, 150 + user) for user in range(6)] + [(7, item, 160 + item) for item in range(5)]
    task = task_of(early + late + [(0, 0, 170), (1, 4, 171)], (2,), core=2, history=0.7, users="warm")
    assert task.items == len({item for _, item, at in early if at <= 0.7 * 171})
    assert 99 not in {item for _, item, _ in early}
    warm = task.users.in_order("warm").tolist()
    assert len(warm) == 2
    assert len(task.users.in_order("cold")) == 1
    with pytest.raises(InputError, match="only 1 cold users click after the split"):
        task_of(early + late, (2,), core=2, history=0.7, users="cold")


def test_a_new_user_starts_with_an_empty_window(task_of: Maker) -> None:
    task = task_of(clicks(), devices=(12,), history=0.8)
    newcomer = task.users.in_order("all").tolist().index(11)
    window = task.decisions.window[task._clicks.first(BLOCK)[newcomer]]
    assert not window.any()


def test_adding_devices_or_users_changes_no_other_stream(task_of: Maker) -> None:
    few, many = task_of(clicks(), (3,)), task_of(clicks(), (9,))
    small, large = all_of(few)[0], all_of(many)[0]
    for device in range(3):
        own = slice(0, int(few.supply.count(BLOCK)[device]))
        for task, content in ((few, small), (many, large)):
            assert (content.ref[device, own] == task._clicks.first(BLOCK)[device] + np.arange(own.stop)).all()
        assert (
            few.decisions.candidates[small.ref[device, own]] == many.decisions.candidates[large.ref[device, own]]
        ).all()


def test_cohorts_share_the_users_out_in_device_order(task_of: Maker) -> None:
    one, two = task_of(clicks(), (5,)), task_of(clicks(), (2, 3))
    first, second = (two.supply.times_s(BlockId(cohort, 0, 256)) for cohort in (0, 1))
    together = one.supply.times_s(BLOCK)
    for device in range(5):
        split = first[device] if device < 2 else second[device - 2]
        assert split.tolist() == together[device].tolist()
    assert [len(times_s) for times_s in first[2:5]] == [0, 0, 0]


def test_what_follows_the_past_fills_the_run_or_is_compressed_as_asked(task_of: Maker) -> None:
    times_s = np.concatenate(task_of(clicks(), (12,), history=0.5).supply.times_s(BLOCK))
    assert times_s.max() == pytest.approx(1000.0)
    assert times_s.min() > 0.0
    task = task_of(clicks(), (12,), history=0.5, compression=10.0)
    assert np.concatenate(task.supply.times_s(BLOCK)).max() == pytest.approx(
        (task.users.end_s - task.users.split_s) / 10
    )


def test_cells_of_a_replay_are_the_same_in_any_order_and_hold_every_click_once(task_of: Maker) -> None:
    task = task_of(clicks(), (12,))
    spec = CohortSpec("c0", 12, 1.0, "recorded", 1.0, lambda uniform: uniform, 0)
    arrivals, again = Arrivals(7, spec, task.supply), Arrivals(7, spec, task.supply)
    chunks = int(np.ceil(1000.0 / arrivals.chunk_s))

    def refs(source: Arrivals, index: int) -> list[int]:
        chunk, _ = source.chunk(BLOCK, index)
        return task.draw(chunk, rng(0, Purpose.CONTENT)).ref[chunk.valid].tolist()

    forwards = [refs(arrivals, index) for index in range(chunks)]
    backwards = [refs(again, index) for index in reversed(range(chunks))][::-1]
    assert forwards == backwards
    assert sorted(ref for chunk in forwards for ref in chunk) == list(range(task.pool_size))


@pytest.mark.parametrize(
    ("options", "devices", "said"),
    [
        ({"core": 100}, 5, "core: 100 leaves nothing of 12 users and 40 items: none has 100 .* in the past"),
        ({"history": 1.0}, 5, "history: 100% .* leaves no interaction after the split"),
        ({"history": 1.0, "split": "user"}, 5, "history: 100% of each user's interactions leaves none after the split"),
        ({"negatives": 39}, 5, "negatives: 39 cannot be sampled: of 40 items a user has clicked"),
        ({"negatives": 3}, 5, "negatives=3 must be at least 4"),
        ({"window": 0}, 5, "window=0 must be at least 1"),
        ({}, 13, "has 13 devices, but only 12 users click after the split"),
        ({}, 0, "has no device"),
        ({"colour": "red"}, 5, "no option 'colour'"),
        ({"path": "nowhere.csv"}, 5, "nowhere.csv"),
    ],
)
def test_what_cannot_be_replayed_is_told(task_of: Maker, options: dict[str, Any], devices: int, said: str) -> None:
    with pytest.raises((ValueError, OSError), match=said):
        task_of(clicks(), (devices,), **options)


def test_a_log_cannot_be_made_to_drift(fleet_spec: Callable[..., FleetSpec]) -> None:
    with pytest.raises(InputError, match="replayed as it was") as refusal:
        Interactions(fleet_spec(DriftSpec("sudden", 1.0, to={}), data="interactions"))
    assert refusal.value.about == "drift"


@pytest.mark.skipif(not DATA.exists(), reason="the interaction logs are not here")
@pytest.mark.parametrize(
    ("file", "core", "users", "items", "kept"),
    [("ml-100k/u.data", 30, 943, 706, 87_929), ("amazon_6170u/user_item.dat.gz", 1, 6170, 2749, 195_752)],
)
def test_real_logs_have_the_sizes_that_are_known(
    task_of: Maker, file: str, core: int, users: int, items: int, kept: int
) -> None:
    task = task_of([(0, 0, 0)], (100,), path=DATA / file, core=core, negatives=99)
    assert (len(task.users.known), task.items, len(task.users.item)) == (users, items, kept)
    content, valid = all_of(task)
    assert content.ref[valid].tolist() == list(range(task.pool_size))
    assert task.decisions.candidates.shape == (task.pool_size, 100)


@pytest.mark.parametrize("split", ["user", "time"])
def test_validation_streams_are_the_last_of_the_past_and_know_nothing_of_what_is_evaluated(
    task_of: Maker, split: str
) -> None:
    rows = clicks()
    given: dict[str, Any] = {"split": split, "history": 0.6, "devices": (8,)}
    tuned, evaluated = (task_of(rows, streams=one, **given) for one in ("validation", "evaluation"))
    past = [row for row in rows if row not in set(later_than_past(evaluated, rows))]
    alone = task_of(past, **given)
    assert tuned.facts["evaluated"] == len(rows) - len(past) > 0
    assert [tuned.users.later.sum(), tuned.pool_size] == [alone.users.later.sum(), alone.pool_size]
    assert np.array_equal(tuned.decisions.candidates, alone.decisions.candidates)
    assert torch.equal(tuned.history().train.x, alone.history().train.x)


def later_than_past(task: Interactions, rows: list[Row]) -> list[Row]:
    """Return the clicks of ``rows`` that come after each user's past, as ``task`` splits it."""
    users, found = sorted({user for user, *_ in rows}), []
    for place, user in enumerate(users):
        own = sorted((row for row in rows if row[0] == user), key=lambda row: row[2])
        found += own[int(task.users.known[place]) :]
    return found
