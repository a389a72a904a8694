"""Quantities and means of laws, held against the simulator's own."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from analysis.folder import RunError
from analysis.quantities import MEANS, base_value, mean_of, share
from sim import laws
from sim.scenario.law_forms import FORMS, written
from sim.scenario.units import ENERGY_PER_BYTE, POWER, TIME

LAWS = [
    laws.Constant(0.002),
    laws.Exponential(0.03),
    laws.Uniform(0.001, 0.009),
    laws.Lognormal(0.005, 0.5),
    laws.Normal(0.01, 0.02),
    laws.Normal(0.01, 0.0),
    laws.Gamma(0.04, 2.5),
    laws.Erlang(0.05, 3),
    laws.Weibull(0.02, 0.7),
    laws.Pareto(0.001, 1.5),
    laws.Hyperexponential((0.001, 0.1), (0.9, 0.1)),
    laws.Hyperexponential((0.001, 0.1), (1 / 3, 2 / 3)),
    laws.Empirical((0.001, 0.002, 0.009)),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_a_law_has_the_mean_that_the_simulator_gives_it(law: laws.Law) -> None:
    assert mean_of(written(law, TIME)) == pytest.approx(law.mean, rel=1e-12)


def test_every_law_of_the_grammar_is_known() -> None:
    assert set(MEANS) == set(FORMS)


def test_a_tail_too_heavy_has_no_mean() -> None:
    assert mean_of(written(laws.Pareto(0.001, 0.9), TIME)) == math.inf


@pytest.mark.parametrize("dimension", [TIME, POWER, ENERGY_PER_BYTE], ids=lambda dimension: dimension.name)
@pytest.mark.parametrize("value", [0.0, 1e-13, 4e-8, 0.06, 0.1 + 0.2, 2.0, 5400.0, 1e9])
def test_what_the_simulator_writes_is_read_back_to_the_last_bit(dimension, value: float) -> None:  # type: ignore[no-untyped-def]
    assert base_value(dimension.format(value)) == value


@pytest.mark.parametrize(("text", "value"), [("1 h 30 min", 5400.0), ("5ms", 0.005), ("7 µs", 7e-6), ("0.5 W", 0.5)])
def test_quantities_as_people_write_them(text: str, value: float) -> None:
    assert base_value(text) == value


@pytest.mark.parametrize("text", ["", "5", "W", "5 Mbit/s", "5 W or so", "five W", None])
def test_what_is_no_quantity_is_refused(text: object) -> None:
    with pytest.raises(RunError, match="no time, power or energy per byte"):
        base_value(text)


def test_an_unknown_law_is_refused() -> None:
    with pytest.raises(RunError, match="'zipf' is no law"):
        mean_of({"zipf": {"mean": "1 s"}})


def test_shares_are_written_in_two_ways() -> None:
    assert (share("30 %"), share(0.125)) == (0.3, 0.125)


def test_recorded_values_come_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "times.txt"
    file.write_text("# measured\n1\n2 # slow\n\n6\n")
    law = {"empirical": {"file": str(file), "unit": "ms"}}
    assert mean_of(law) == pytest.approx(0.003)
    file.unlink()
    with pytest.raises(RunError, match=r"times\.txt: missing"):
        mean_of(law)
