"""Quantities and means of laws, held against the simulator's own."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from analysis.folder import RunError
from analysis.quantities import MEANS, base_value, mean_of, share
from sim import distributions
from sim.scenario.distribution_forms import FORMS, written
from sim.scenario.units import ENERGY_PER_BYTE, POWER, TIME

LAWS = [
    distributions.Constant(0.002),
    distributions.Exponential(0.03),
    distributions.Uniform(0.001, 0.009),
    distributions.Lognormal(0.005, 0.5),
    distributions.Normal(0.01, 0.02),
    distributions.Normal(0.01, 0.0),
    distributions.Gamma(0.04, 2.5),
    distributions.Erlang(0.05, 3),
    distributions.Weibull(0.02, 0.7),
    distributions.Pareto(0.001, 1.5),
    distributions.Hyperexponential((0.001, 0.1), (0.9, 0.1)),
    distributions.Hyperexponential((0.001, 0.1), (1 / 3, 2 / 3)),
    distributions.Empirical((0.001, 0.002, 0.009)),
]


@pytest.mark.parametrize("distribution", LAWS, ids=repr)
def test_a_law_has_the_mean_that_the_simulator_gives_it(distribution: distributions.Law) -> None:
    assert mean_of(written(distribution, TIME)) == pytest.approx(distribution.mean, rel=1e-12)


def test_every_law_of_the_grammar_is_known() -> None:
    assert set(MEANS) == set(FORMS)


def test_a_tail_too_heavy_has_no_mean() -> None:
    assert mean_of(written(distributions.Pareto(0.001, 0.9), TIME)) == math.inf


@pytest.mark.parametrize("dimension", [TIME, POWER, ENERGY_PER_BYTE], ids=lambda dimension: dimension.name)
@pytest.mark.parametrize("value", [0.0, 1e-13, 4e-8, 0.06, 0.1 + 0.2, 2.0, 5400.0, 1e9])
def test_what_the_simulator_writes_is_read_back_to_the_last_bit(dimension, value: float) -> None:  # type: ignore[no-untyped-def]
    assert base_value(dimension.format(value)) == value


@pytest.mark.parametrize(("text", "value"), [("1 h 30 min", 5400.0), ("5ms", 0.005), ("7 µs", 7e-6), ("0.5 W", 0.5)])
def test_quantities_as_people_write_them(text: str, value: float) -> None:
    assert base_value(text) == value


@pytest.mark.parametrize("text", ["", "5", "W", "5 MB", "5 W or so", "five W", None])
def test_what_is_no_quantity_is_refused(text: object) -> None:
    with pytest.raises(RunError, match="no time, power, rate or energy per byte"):
        base_value(text)


def test_an_unknown_law_is_refused() -> None:
    with pytest.raises(RunError, match="'zipf' is no law"):
        mean_of({"zipf": {"mean": "1 s"}})


def test_shares_are_written_in_two_ways() -> None:
    assert (share("30 %"), share(0.125)) == (0.3, 0.125)


def test_recorded_values_come_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "times.txt"
    file.write_text("# measured\n1\n2 # slow\n\n6\n")
    distribution = {"empirical": {"file": str(file), "unit": "ms"}}
    assert mean_of(distribution) == pytest.approx(0.003)
    file.unlink()
    with pytest.raises(RunError, match=r"times\.txt: missing"):
        mean_of(distribution)
