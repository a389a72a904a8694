"""Random scenarios with a model: devices that learn, rounds, updates that expire, sizes that follow from the data."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from random_scenarios import clouds, rough_links, times

TASK = {
    "data": {"kind": "gaussians", "dimensions": 4, "distance": 2.0, "history": 60},
    "model": "logistic",
    "pretrain": {"epochs": 1},
}


def requests() -> st.SearchStrategy[dict[str, Any]]:
    """Return triggers by which devices ask, some of them at the same moments as they learn."""
    return st.sampled_from(
        [
            {"kind": "periodic", "every": "7 s", "phase": "0 s"},
            {"kind": "periodic", "every": "11 s"},
            {"kind": "poisson", "rate": "6 /min"},
            {"kind": "at", "times": ["5 s", "10 s", "10 s", "20 s"]},
        ]
    )


def learning() -> st.SearchStrategy[dict[str, Any]]:
    """Return when devices learn by themselves, and what becomes of requests meanwhile."""
    return st.fixed_dictionaries({"trigger": requests(), "requests": st.sampled_from(["wait", "at_once"])})


def rounds() -> st.SearchStrategy[dict[str, Any]]:
    """Return rounds that wait for all, for the first, or for a time; some call more devices than there are."""
    return st.fixed_dictionaries(
        {"kind": st.just("rounds"), "every": st.sampled_from(["3 s", "9 s"]), "cohort_size": st.integers(1, 9)},
        optional={
            "over_select": st.sampled_from([1.5, 3.0]),
            "wait_for": st.sampled_from(["30 %", "80 %"]),
            "timeout": st.sampled_from(["2 s", "9 s"]),
        },
    )


def methods() -> st.SearchStrategy[dict[str, Any]]:
    """Return methods with what only models bring."""
    own = st.sampled_from(["own_methods:LocalHead", "own_methods:Patient", "own_methods:Fading"])
    return st.one_of(
        st.fixed_dictionaries({"adapter": own, "learning": learning(), "trigger": requests()}),
        st.fixed_dictionaries(
            {"adapter": st.just("own_methods:Averaging"), "trigger": rounds()},
            optional={"learning": learning(), "codec": st.sampled_from(["rice", "delta"])},
        ),
        st.fixed_dictionaries({"adapter": st.just("own_methods:Fading"), "trigger": requests()}),
        st.fixed_dictionaries(
            {"adapter": st.just("cloud_ft"), "trigger": requests(), "codec": st.sampled_from(["rice", "delta"])}
        ),
    )


def learning_worlds() -> st.SearchStrategy[dict[str, Any]]:
    """Return scenarios of two cohorts on rough links, with a small model and one of those methods."""
    sharing = st.sampled_from([{}, {"shared": True}, {"shared_by": "3 devices"}])
    away = st.sampled_from(["always", "always", {"on": {"exponential": "30 s"}, "off": {"exponential": "9 s"}}])
    return st.builds(
        _world,
        seed=st.integers(0, 1000),
        sizes=st.tuples(st.integers(1, 9), st.integers(0, 4)),
        step=times(),
        away=away,
        offline=st.sampled_from([{"transfers": "pause"}, {"transfers": "abort"}]),
        near=st.builds(_merged, rough_links(), sharing),
        far=st.builds(_merged, rough_links(), sharing),
        via=st.sampled_from([{}, {"via": ["far"]}]),
        cloud=clouds(),
        method=methods(),
        in_flight=st.sampled_from(["drop", "replace", "queue"]),
    )


def _merged(some: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return some | more


def _world(
    seed: int,
    sizes: tuple[int, int],
    step: Any,
    away: Any,
    offline: dict[str, Any],
    near: dict[str, Any],
    far: dict[str, Any],
    via: dict[str, Any],
    cloud: dict[str, Any],
    method: dict[str, Any],
    in_flight: str,
) -> dict[str, Any]:
    every = {"samples": {"rate": "1 /s"}, "labels": {"share": "70 %", "after": "1 s"}, "availability": away}
    fleet = [
        {"cohort": name, "devices": count, "link": name, "compute": {"training_step": step}, "offline": offline} | every
        for name, count in zip(("near", "far"), sizes, strict=True)
    ]
    joined = far | ({"shared": True} if via and not {"shared", "shared_by"} & far.keys() else {})
    return {
        "version": 1,
        "seed": seed,
        "duration": "50 s",
        "tick": "10 s",
        "task": TASK,
        "fleet": fleet,
        "links": {"near": near | via, "far": joined},
        "cloud": cloud,
        "method": method | {"in_flight": in_flight},
    }
