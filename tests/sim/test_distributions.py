"""Laws against scipy: quantiles invert the distribution function, moments are the textbook's."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from sim import distributions
from sim.distributions import Distribution

overhead = st.floats(1e-4, 1e4)
shapes = st.floats(0.2, 20)
uniforms = st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=20).map(np.array)


def _truncated(centre: float, sd: float) -> Any:
    return stats.truncnorm(-centre / sd, np.inf, centre, sd)


#: law -> (strategy of its parameters, the law, the same law in scipy)
FAMILIES: dict[str, tuple[st.SearchStrategy, Callable[..., Distribution], Callable[..., Any]]] = {
    "exponential": (st.tuples(overhead), distributions.Exponential, lambda mean: stats.expon(scale=mean)),
    "uniform": (
        st.tuples(overhead, overhead).map(lambda p: (p[0], p[0] + p[1])),
        distributions.Uniform,
        lambda low, high: stats.uniform(low, high - low),
    ),
    "lognormal": (
        st.tuples(overhead, st.floats(0.01, 2)),
        distributions.Lognormal,
        lambda median, sigma: stats.lognorm(sigma, scale=median),
    ),
    "normal": (
        st.tuples(overhead, st.floats(0.1, 3)).map(lambda p: (p[0], p[0] * p[1])),
        distributions.Normal,
        _truncated,
    ),
    "gamma": (st.tuples(overhead, shapes), distributions.Gamma, lambda mean, k: stats.gamma(k, scale=mean / k)),
    "erlang": (
        st.tuples(overhead, st.integers(1, 30)),
        distributions.Erlang,
        lambda mean, k: stats.gamma(k, scale=mean / k),
    ),
    "weibull": (
        st.tuples(overhead, shapes),
        distributions.Weibull,
        lambda scale, k: stats.weibull_min(k, scale=scale),
    ),
    "pareto": (
        st.tuples(overhead, st.floats(0.3, 20)),
        distributions.Pareto,
        lambda minimum, k: stats.pareto(k, scale=minimum),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=50)
@given(data=st.data(), u=uniforms)
def test_the_quantile_inverts_the_distribution_function(family: str, data: st.DataObject, u: np.ndarray) -> None:
    parameters, make, oracle = FAMILIES[family]
    drawn = data.draw(parameters)
    got = make(*drawn).quantile(u)
    assert got.shape == u.shape
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, oracle(*drawn).ppf(u), rtol=1e-7, atol=1e-12 * max(drawn))


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_moments_are_those_of_scipy(family: str, data: st.DataObject) -> None:
    parameters, make, oracle = FAMILIES[family]
    drawn = data.draw(parameters)
    distribution, (mean, variance) = make(*drawn), oracle(*drawn).stats("mv")
    if np.isfinite(mean):
        assert distribution.mean == pytest.approx(mean, rel=1e-6)
    else:
        assert distribution.mean == math.inf
    if np.isfinite(mean) and np.isfinite(variance):
        assert distribution.squared_cv == pytest.approx(variance / mean**2, rel=1e-5, abs=1e-9)
    else:
        assert distribution.squared_cv == math.inf


@st.composite
def hyperexponentials(draw: st.DrawFn) -> distributions.Hyperexponential:
    means = draw(st.lists(overhead, min_size=1, max_size=4))
    raw = draw(st.lists(st.floats(0.01, 1), min_size=len(means), max_size=len(means)))
    return distributions.Hyperexponential(tuple(means), tuple(weight / sum(raw) for weight in raw))


@settings(deadline=None, max_examples=100)
@given(distribution=hyperexponentials(), u=uniforms)
def test_hyperexponential_quantiles_solve_their_equation(
    distribution: distributions.Hyperexponential, u: np.ndarray
) -> None:
    t = distribution.quantile(u)
    weights, means = np.array(distribution.weights), np.array(distribution.means)
    above = (weights * np.exp(-t[:, None] / means)).sum(1)
    np.testing.assert_allclose(above, 1 - u, rtol=1e-9)


@settings(deadline=None, max_examples=20)
@given(distribution=hyperexponentials())
def test_hyperexponential_moments_are_integrals_of_its_quantile(distribution: distributions.Hyperexponential) -> None:
    def moment(power: int) -> float:
        def integrand(t: float) -> float:
            return (
                power
                * t ** (power - 1)
                * sum(w * math.exp(-t / m) for w, m in zip(distribution.weights, distribution.means, strict=True))
            )

        # One integral per decade: scales may lie eight decades apart.
        edges = [0.0, *np.logspace(-8, 6, 60)]
        return sum(integrate.quad(integrand, low, high)[0] for low, high in pairwise(edges))

    assert distribution.mean == pytest.approx(moment(1), rel=1e-6)
    assert distribution.squared_cv == pytest.approx(moment(2) / moment(1) ** 2 - 1, rel=1e-5, abs=1e-6)


@given(value=overhead, u=uniforms)
def test_a_constant_never_varies(value: float, u: np.ndarray) -> None:
    distribution = distributions.Constant(value)
    assert (distribution.quantile(u) == value).all()
    assert (distribution.mean, distribution.squared_cv) == (value, 0.0)


@given(values=st.lists(overhead, min_size=1, max_size=9))
def test_recorded_values_come_equally_often(values: list[float]) -> None:
    distribution = distributions.Empirical(tuple(values))
    n = len(values)
    u = (np.arange(7 * n) + 0.5) / (7 * n)
    drawn, counts = np.unique(distribution.quantile(u), return_counts=True)
    expected, times = np.unique(values, return_counts=True)
    np.testing.assert_array_equal(drawn, expected)
    np.testing.assert_array_equal(counts, 7 * times)
    assert distribution.mean == pytest.approx(np.mean(values))
    assert distribution.squared_cv == pytest.approx(np.var(values) / np.mean(values) ** 2, abs=1e-12)


@pytest.mark.parametrize(
    "distribution",
    [
        distributions.Constant(0.0),
        distributions.Exponential(0.0),
        distributions.Uniform(0.0, 0.0),
        distributions.Lognormal(0.0, 0.5),
        distributions.Normal(0.0, 0.0),
        distributions.Normal(3.0, 0.0),
        distributions.Gamma(0.0, 2.0),
        distributions.Erlang(0.0, 2),
        distributions.Weibull(0.0, 0.5),
        distributions.Empirical((0.0,)),
    ],
)
def test_degenerate_laws_have_no_spread_beyond_their_kind(distribution: Distribution) -> None:
    drawn = distribution.quantile(np.array([0.1, 0.9]))
    assert drawn[0] == drawn[1] == distribution.mean
    assert distribution.squared_cv in (0.0, 1.0)


@settings(deadline=None)
@given(data=st.data(), u=uniforms)
def test_nothing_is_ever_negative(data: st.DataObject, u: np.ndarray) -> None:
    family = data.draw(st.sampled_from(sorted(FAMILIES)))
    parameters, make, _ = FAMILIES[family]
    assert (make(*data.draw(parameters)).quantile(u) >= 0).all()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: distributions.Uniform(2.0, 1.0), "low is above high"),
        (lambda: distributions.Empirical(()), "no values"),
        (lambda: distributions.Hyperexponential((1.0,), (0.5, 0.5)), "1 means but 2 weights"),
        (lambda: distributions.Hyperexponential((1.0, 2.0), (0.5, 0.6)), "sum to 1.1"),
    ],
)
def test_parameters_that_make_no_law_are_refused(make: Callable[[], Distribution], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
