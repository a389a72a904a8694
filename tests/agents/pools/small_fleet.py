"""A small fleet without images: three blocks, in two cohorts of unlike rates; and what happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from agents.building import draw_blueprint
from agents.cloud_half import CloudHalf
from agents.contract import (
    COHORT_COLUMNS,
    Adapt,
    CohortSpec,
    Collect,
    DriftSpec,
    FleetSpec,
    Install,
    MessageSizes,
    Order,
    Phase,
    Progress,
)
from agents.fleet import Fleet
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
        references=("static", "oracle"),
    )
    return draw_blueprint(spec)


def cloud_of(blueprint: Blueprint) -> CloudHalf:
    """Return the cloud half that belongs to the blocks."""
    return CloudHalf(blueprint.parts[0].method, blueprint.cloud)


def fleet_of(pool: BlockPool, cloud: Cloud) -> Fleet:
    """Return a data plane whose blocks are in ``pool``."""
    return Fleet(pool, cloud, MessageSizes(0, 0), COHORT_COLUMNS, ())


def _nights(device: int, from_s: float, until_s: float) -> list[tuple[float, float]]:
    return [(away, away + 20.0) for away in np.arange(device % 30, until_s, 50.0).tolist() if away + 20.0 > from_s]


def itinerary(seed: int = 0, devices: int = 340) -> Iterator[tuple[list[Order], float]]:
    """Yield (orders, end of the tick): some devices collect, and install one tick later."""
    chance, tickets, under_way = np.random.default_rng(seed), count(), list[tuple[int, int]]()
    for tick in count(1):
        until_s = tick * TICK_S
        orders: list[Order] = [Progress(ticket, device, until_s - 9.0, Phase.UPLINK) for ticket, device in under_way]
        orders += [Adapt((ticket,), until_s - 8.0) for ticket, _ in under_way]
        orders += [Install(ticket, device, until_s - 7.0) for ticket, device in under_way]
        asking = chance.choice(devices, 60, replace=False)
        under_way = [(next(tickets), int(device)) for device in asking]
        # Some of them have just installed: the itinerary must be cut into waves.
        orders += [Collect(ticket, device, until_s - 2.0) for ticket, device in under_way]
        yield orders, until_s
