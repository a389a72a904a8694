"""A small fleet without images: three blocks, in two cohorts of unlike rates; and what happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from agents.build import draw_blueprint
from agents.contract import (
    COHORT_COLUMNS,
    CohortSpec,
    DriftSpec,
    ExchangeKind,
    Exchanges,
    FleetSpec,
    MessageSizes,
    Outcome,
    Stage,
)
from agents.data_plane import Fleet
from agents.fleet.cloud_half import CloudHalf
from agents.pools import BlockPool, Cloud
from agents.pools.blueprint import Blueprint

TICK_S = 10.0


def small_blueprint() -> Blueprint:
    """Return the plan of the fleet's blocks."""
    cohorts = (
        CohortSpec("phones", 300, 1.0, "poisson", 0.7, lambda uniform: 4.0 * uniform),
        CohortSpec("watches", 40, 3.0, "periodic", 1.0, lambda uniform: 0.0 * uniform, _nights),
    )
    drift = (DriftSpec("sudden", 25.0, to={"rotate": 90.0}), DriftSpec("sudden", 85.0, share=0.5, to={}))
    spec = FleetSpec(
        seed=11,
        duration_s=400.0,
        tick_s=TICK_S,
        data="gaussians",
        data_options={"history": 300},
        model="logistic",
        model_options={},
        pretrain={"epochs": 1},
        cohorts=cohorts,
        drift=drift,
        adapter="cloud_ft",
        adapter_options={"steps": 2, "window": 8},
        codec="int8",
        references=("static", "oracle_bayes"),
    )
    return draw_blueprint(spec)


def cloud_of(blueprint: Blueprint) -> CloudHalf:
    """Return the cloud half that belongs to the blocks."""
    return CloudHalf(blueprint.parts[0].method, blueprint.cloud)


def fleet_of(pool: BlockPool, cloud: Cloud) -> Fleet:
    """Return a data plane whose blocks are in ``pool``."""
    return Fleet(pool, cloud, MessageSizes(0, 0), COHORT_COLUMNS)


def _nights(device: int, from_s: float, until_s: float) -> list[tuple[float, float]]:
    return [(away, away + 20.0) for away in np.arange(device % 30, until_s, 50.0).tolist() if away + 20.0 > from_s]


def history(seed: int = 0, devices: int = 340) -> Iterator[tuple[Exchanges, float]]:
    """Yield (exchanges, end of the tick): some devices collect, and install one tick later."""
    generator, tickets, under_way = np.random.default_rng(seed), count(), list[tuple[int, int]]()
    for tick in count(1):
        until_s = tick * TICK_S
        served = {Stage.REACHED: until_s - 9.0, Stage.SERVED: until_s - 8.0, Stage.ENDED: until_s - 7.0}
        rows = [_row(ticket, device, Outcome.INSTALLED, served) for ticket, device in under_way]
        asking = generator.choice(devices, 60, replace=False)
        under_way = [(next(tickets), int(device)) for device in asking]
        # Some of them have just installed: their orders must be cut into waves.
        rows += [_row(ticket, device, Outcome.IN_FLIGHT, {Stage.SENT: until_s - 2.0}) for ticket, device in under_way]
        yield Exchanges.of(rows), until_s


def _row(ticket: int, device: int, outcome: Outcome, reached_s: dict[Stage, float]) -> tuple[object, ...]:
    at_s = tuple(reached_s.get(stage, np.inf) for stage in Stage)
    news = sum(1 << stage for stage in reached_s)
    return ExchangeKind.UPDATE, ticket, device, 0, ticket, at_s, outcome, news
