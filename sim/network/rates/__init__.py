"""Rates over time as pure functions: what a link carries. One row of the table each.

A row's code is called with its value and a :class:`sim.network.rates.rate.RatePlace`, and returns the rate of each
instance of the link.
"""

from __future__ import annotations

from agents.contract.component import KeyedRow, NoOptions
from agents.contract.forms import Rate
from sim.network.rates.options import FittedOptions, MarkovOptions, RateTrace

#: Key of a link's ``up`` or ``down`` -> rate.
RATES: dict[str, KeyedRow] = {
    "rate": KeyedRow(
        NoOptions,
        "sim.links.link_rates:constant",
        summary="constant [bit/s]; 0 bit/s: nothing ever arrives",
        value=Rate,
    ),
    "trace": KeyedRow(NoOptions, "sim.links.link_rates:recorded", summary="recorded in a file", value=RateTrace),
    "markov": KeyedRow(
        MarkovOptions,
        "sim.links.link_rates:wandering",
        summary="random: jumps between given rates",
        quick={"states": [1e6, 2e6], "stay": [1.0, 1.0]},
    ),
    "fitted": KeyedRow(
        FittedOptions, "sim.links.link_rates:fitted", summary="random: jumps between rates fitted to a trace"
    ),
}
