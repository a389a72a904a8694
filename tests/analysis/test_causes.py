"""Causes: gains alone, together, interactions and Shapley values, on forks whose gains are made up."""

from __future__ import annotations

import json
import shutil
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest

from analysis.causes import causes_of, causes_record, shapley, value_of
from analysis.causes_layout import rows
from analysis.folder import RunError
from analysis.runs import open_run
from analysis.sweeps import Group, open_sweep
from analysis.windows import accuracy

NAMES = ("uplink", "downlink", "service")


def gain(without: frozenset[str]) -> float:
    """Up and down are worth a point each and another one only together; service is worth nothing."""
    return 0.01 * len(without & {"uplink", "downlink"}) + 0.01 * ({"uplink", "downlink"} <= without)


def write_forks(folder: Path, sizes: tuple[int, ...] = (1, 2, 3), more: float = 0.0) -> None:
    base = accuracy(open_run(folder)) or 0.0
    chosen = [subset for size in sizes for subset in combinations(NAMES, size)]
    forks = [{"without": list(names), "accuracy": base + gain(frozenset(names)) + more} for names in chosen]
    (folder / "explain").mkdir(exist_ok=True)
    (folder / "explain" / "explain.json").write_text(json.dumps({"factors": {}, "forks": forks}))


@pytest.fixture
def folder(run_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_folder, tmp_path / "run"))


def test_what_forks_gain_is_what_comes_back(folder: Path) -> None:
    write_forks(folder, (1, 3))
    found = causes_of(Group("x", {}, (open_run(folder),)))
    assert found is not None
    alone = {cause.factor: cause.alone.mean for cause in found.causes}
    assert alone == {"uplink": pytest.approx(0.01), "downlink": pytest.approx(0.01), "service": pytest.approx(0.0)}
    assert found.together.mean == pytest.approx(0.03)
    assert found.interaction.mean == pytest.approx(0.01)
    assert all(cause.shapley is None for cause in found.causes)
    run = open_run(folder)
    assert found.left is not None
    assert found.left.mean == pytest.approx((accuracy(run, "oracle") or 0) - (accuracy(run) or 0) - 0.03)


def test_shapley_values_are_means_over_all_orders(folder: Path) -> None:
    write_forks(folder)
    value = value_of(open_run(folder))
    assert value is not None
    for name in NAMES:
        orders = [frozenset(order[: order.index(name)]) for order in permutations(NAMES)]
        expected = np.mean([gain(before | {name}) - gain(before) for before in orders])
        assert shapley(value, name) == pytest.approx(expected)
    assert sum(shapley(value, name) or 0.0 for name in NAMES) == pytest.approx(0.03)
    assert shapley(value, "service") == pytest.approx(0.0)


def test_seeds_give_intervals(sweep_folder: Path, tmp_path: Path) -> None:
    whole = Path(shutil.copytree(sweep_folder, tmp_path / "sweep"))
    for place, folder in enumerate(sorted(whole.glob("point-0-*"))):
        write_forks(folder, (1, 3), more=0.001 * place)
    group = open_sweep(whole).groups[0]
    found = causes_of(group)
    assert found is not None
    assert found.causes[0].alone.n == 3
    assert found.causes[0].alone.mean == pytest.approx(0.011)
    assert found.causes[0].alone.clear_of_zero
    assert causes_of(open_sweep(whole).groups[1]) is None
    head, lines = rows(found)
    assert head == ["taken away", "booked", "comes back"]
    assert [line[0].partition(":")[0] for line in lines[:4]] == [*NAMES, "all of these"]
    assert causes_record(found)["factors"]["uplink"]["alone"]["n"] == 3


def test_forks_of_other_factors_are_not_mixed(sweep_folder: Path, tmp_path: Path) -> None:
    whole = Path(shutil.copytree(sweep_folder, tmp_path / "sweep"))
    folders = sorted(whole.glob("point-0-*"))
    write_forks(folders[0], (1, 3))
    write_forks(folders[1], (1, 3))
    record = json.loads((folders[1] / "explain" / "explain.json").read_text())
    record["forks"] = [fork for fork in record["forks"] if "service" not in fork["without"]]
    (folders[1] / "explain" / "explain.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match="explained by different factors"):
        causes_of(open_sweep(whole).groups[0])
