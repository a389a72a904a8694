"""Claims: findings that a sweep is to show, as values that can be checked. One row of the table a kind.

A row's code takes the claim, the metric of each of its points by seed, the points' coordinates, and what theory says;
it lives in ``analysis.claims``.
"""

from __future__ import annotations

from agents.contract.component import Component
from sim.scenario.claims.kinds import Above, Agrees, Beats, BestNear, Equivalent, Monotone, Order, Ratio

__all__ = ["CLAIMS"]

#: Name in a scenario -> kind of claim.
CLAIMS: dict[str, Component] = {
    "lies": Component(Above, "analysis.claims.laws:lies"),
    "beats": Component(Beats, "analysis.claims.laws:beats"),
    "equivalent": Component(
        Equivalent, "analysis.claims.laws:equivalent", paper="Schuirmann, J. Pharmacokinet. Biopharm. 1987"
    ),
    "ratio": Component(Ratio, "analysis.claims.laws:ratio"),
    "order": Component(Order, "analysis.claims.laws:order"),
    "monotone": Component(Monotone, "analysis.claims.laws:monotone"),
    "best_near": Component(BestNear, "analysis.claims.laws:best_near"),
    "agrees": Component(Agrees, "analysis.claims.laws:agrees"),
}
