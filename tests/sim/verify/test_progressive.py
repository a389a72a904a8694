"""The max-min oracle: its rates carry the certificate of max-min fairness."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.verify.progressive_filling import Flow, fair_rates_bps, simulate

LINKS = ["a", "b", "c", "d"]
flows = st.lists(
    st.builds(
        lambda path, cap: Flow(0.0, 1e6, tuple(sorted(path)), cap),
        st.sets(st.sampled_from(LINKS), min_size=1),
        st.sampled_from([inf, 1e5, 7e5]),
    ),
    min_size=1,
    max_size=12,
)
capacities = st.fixed_dictionaries({link: st.integers(1, 9).map(lambda n: n * 1e5) for link in LINKS})


@settings(max_examples=200, deadline=None)
@given(flows, capacities)
def test_every_flow_is_at_its_cap_or_has_a_full_link_on_which_nobody_is_faster(
    flows: list[Flow], capacities: dict[str, float]
) -> None:
    rates = fair_rates_bps(flows, capacities)
    used = {link: sum(r for r, f in zip(rates, flows, strict=True) if link in f.path) for link in LINKS}
    assert all(used[link] <= capacities[link] * (1 + 1e-9) for link in LINKS)
    for rate, flow in zip(rates, flows, strict=True):
        full = [link for link in flow.path if used[link] >= capacities[link] * (1 - 1e-9)]
        fastest = [max(r for r, f in zip(rates, flows, strict=True) if link in f.path) for link in full]
        assert rate >= flow.cap_bps * (1 - 1e-9) or any(rate >= top * (1 - 1e-9) for top in fastest)


def test_two_transfers_end_where_the_book_says() -> None:
    pair = [Flow(0.0, 10e6, ("a",)), Flow(2.0, 10e6, ("a",))]
    simulate(pair, {"a": 2e6})
    assert [flow.end_s for flow in pair] == pytest.approx([8.0, 10.0], rel=1e-12)


def test_an_idle_gap_is_crossed() -> None:
    pair = [Flow(0.0, 1e6, ("a",)), Flow(50.0, 1e6, ("a",))]
    simulate(pair, {"a": 1e6})
    assert [flow.end_s for flow in pair] == pytest.approx([1.0, 51.0], rel=1e-12)
